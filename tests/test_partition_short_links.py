"""Least links: short borders do not hold grids together, and nothing falls apart by that."""

from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
from builders_town import town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, OpenGround, Search, Weights
from gridgeo.partition import build_atom_graph, partition_atoms
from gridgeo.partition.atom_graph import _drop_short_links

SHORT = st.sampled_from([0.0, 0.2, 0.2, 0.7, 1.0, 30.0, 80.0])


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_the_same_atoms_hang_together_and_each_short_link_is_needed(data):
    n = data.draw(st.integers(2, 9))
    everything = [(a, b) for a in range(n) for b in range(a + 1, n)]
    ends = np.array(data.draw(st.lists(st.sampled_from(everything), min_size=1, unique=True)))
    link_m = np.array(data.draw(st.lists(SHORT, min_size=len(ends), max_size=len(ends))))
    place = np.column_stack([np.arange(len(ends)), np.zeros(len(ends))])
    holds = _drop_short_links(ends, link_m, place, 1.0)
    every, kept = nx.empty_graph(n), nx.empty_graph(n)
    every.add_edges_from(ends[link_m > 0].tolist())
    kept.add_edges_from(ends[holds].tolist())
    parts = {frozenset(part) for part in nx.connected_components(every)}
    assert {frozenset(part) for part in nx.connected_components(kept)} == parts
    assert holds[link_m >= 1.0].all()
    assert not holds[link_m == 0].any()
    bridges = {frozenset(bridge) for bridge in nx.bridges(kept)}
    assert {frozenset(pair) for pair in ends[holds & (link_m < 1.0)].tolist()} <= bridges


def test_no_grid_hangs_by_a_thread_where_another_way_exists():
    atoms = town([[150, 150], [150, 150]])
    between = atoms.borders[["left", "right"]].apply(tuple, axis=1)
    short = atoms.borders.assign(border_m=np.where(between == (0, 1), 0.4, 100.0))
    thread = replace(atoms, borders=short)
    stage = {"band": Band(), "search": Search(effort="fast"), "open_ground": OpenGround()}
    weights = Weights(cut={"local": 1.0}, compactness=0.0)
    labels = partition_atoms(thread, weights=weights, **stage).labels
    assert labels[0] == labels[2] != labels[1]
    ground = build_atom_graph(thread, weights)
    assert ground.linked.tolist() == [False, True, True, True]
    assert ground.cut_m.tolist() == [0.4, 100, 100, 100]


def test_a_thread_that_alone_joins_two_sides_is_kept():
    atoms = town([[150, 150]])
    thread = replace(atoms, borders=atoms.borders.assign(border_m=0.4))
    assert build_atom_graph(thread, Weights()).linked.tolist() == [True]


def test_a_metre_beside_a_river_is_no_crossing():
    atoms = town([[90, 90], [90, 90]])
    river = atoms.borders.iloc[[0]].assign(street_class="water", passable=False)
    short = atoms.borders.assign(border_m=np.where(atoms.borders.index == 0, 0.4, 100.0))
    thread = replace(atoms, borders=gpd.GeoDataFrame(pd.concat([short, river])))
    ground = build_atom_graph(thread, Weights())
    assert ground.linked.tolist() == [False, True, True, True]
    assert ground.barrier.tolist() == [0, -1, -1, -1]
