from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
from builders_town import town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, OpenGround, Search, Weights
from gridgeo.partition import dissolve, partition_atoms
from gridgeo.partition.connectivity import stays_connected

SETTINGS = {
    "band": Band(),
    "weights": Weights(),
    "search": Search(effort="fast"),
    "open_ground": OpenGround(area_m2=15_000),
}


@st.composite
def towns(draw):
    """Towns with two communities, a river, a school or two and unknown residents."""
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 7))
    cells = rows * columns
    households = draw(
        st.lists(st.sampled_from([0, 0, 20, 60, 110, 180, 620]), min_size=cells, max_size=cells)
    )
    ratio = draw(
        st.lists(st.sampled_from([2.0, 3.1, float("nan")]), min_size=cells, max_size=cells)
    )
    school = draw(st.lists(st.sampled_from([-1, -1, -1, -1, 0, 1]), min_size=cells, max_size=cells))
    divide, river = draw(st.integers(1, 7)), draw(st.integers(0, 6))
    community = np.tile(np.arange(columns) >= divide, rows).astype(int)
    kind = draw(st.sampled_from(["water", "rail", "motorway"]))
    classes = {((r, river), (r, river + 1)): kind for r in range(rows)}
    bridges = [pair for pair in classes if draw(st.booleans()) and draw(st.booleans())]
    return town(
        np.reshape(households, (rows, columns)),
        residents=np.round(np.array(households) * ratio),
        community=community - community.min(),
        facility=school,
        classes=classes,
        passable=bridges,
    )


def links(atoms, labels, *, all_borders):
    inner = atoms.borders[atoms.borders["right"] >= 0]
    if not all_borders:
        inner = inner[inner["passable"]]
    graph = nx.Graph()
    graph.add_nodes_from(range(len(labels)))
    left, right = inner["left"].to_numpy(), inner["right"].to_numpy()
    same = labels[left] == labels[right]
    graph.add_edges_from(zip(left[same].tolist(), right[same].tolist(), strict=True))
    return graph


def groups(labels, order=None):
    order = np.arange(len(labels)) if order is None else order
    return {frozenset(order[labels == g].tolist()) for g in np.unique(labels)}


@settings(max_examples=60, deadline=None)
@given(towns())
def test_every_atom_lies_in_one_connected_grid_of_its_kind(atoms):
    part = partition_atoms(atoms, **SETTINGS)
    labels, frame = part.labels, atoms.frame
    assert np.array_equal(np.unique(labels), np.arange(len(part.grids)))
    assert np.array_equal(part.grids["community"].to_numpy()[labels], frame["community"])
    kind = part.grids["kind"].to_numpy()[labels]
    school = frame["facility"].to_numpy() >= 0
    joined = part.grids["facility"].to_numpy()[labels] >= 0
    assert (kind[school] == "dedicated").all()
    assert not frame["households"].to_numpy()[joined & ~school].any()
    assert not frame["households"].to_numpy()[kind == "open"].any()
    pieces = nx.number_connected_components
    assert pieces(links(atoms, labels, all_borders=True)) == len(part.grids)
    if not part.findings:
        basic = [int(a) for a in np.flatnonzero(kind != "dedicated")]
        graph = links(atoms, labels, all_borders=False).subgraph(basic)
        assert pieces(graph) == (part.grids["kind"] != "dedicated").sum()


@settings(max_examples=40, deadline=None)
@given(towns())
def test_grids_conserve_and_are_judged_by_what_they_hold(atoms):
    part = partition_atoms(atoms, **SETTINGS)
    grids = dissolve(atoms, part)
    assert grids["households"].sum() == atoms.frame["households"].sum()
    assert grids["area_m2"].sum() == pytest.approx(atoms.frame.area.sum())
    assert (grids["parts"] == 1).all()
    known = grids["residents"].notna().to_numpy()
    in_band = grids["households"].between(300, 500) | (
        known & grids["residents"].between(800, 1200)
    )
    basic = grids["kind"] == "basic"
    assert ((grids["verdict"] == "in_band") == (in_band & basic)).all()
    fine = part.communities["verdict"] == "in_band"
    assert (grids.loc[basic & fine.to_numpy()[grids["community"]], "verdict"] == "in_band").all()
    counted = grids[basic].groupby("community").size().reindex(part.communities.index, fill_value=0)
    assert (counted == part.communities["grids"]).all()
    assert grids["reason_zh"].str.len().min() > 0


@settings(max_examples=25, deadline=None)
@given(towns(), st.randoms(use_true_random=False))
def test_row_order_place_and_threads_change_no_grouping(atoms, random):
    plain = partition_atoms(atoms, **SETTINGS)
    assert np.array_equal(plain.labels, partition_atoms(atoms, **SETTINGS, jobs=2).labels)
    moved = replace(
        atoms, frame=atoms.frame.set_geometry(atoms.frame.translate(431_000.25, 3_380_000.5))
    )
    assert np.array_equal(plain.labels, partition_atoms(moved, **SETTINGS).labels)
    order = list(range(len(atoms.frame)))
    random.shuffle(order)
    shuffled = partition_atoms(reordered(atoms, np.array(order)), **SETTINGS)
    assert groups(shuffled.labels, np.array(order)) == groups(plain.labels)
    assert shuffled.grids["verdict"].tolist() == plain.grids["verdict"].tolist()


def reordered(atoms, order):
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    borders = atoms.borders.sample(frac=1.0, random_state=order.size).reset_index(drop=True)
    left, right = place[borders["left"]], place[borders["right"]]
    right = np.where(borders["right"] < 0, -1, right)
    swap = (right >= 0) & (left > right)
    return replace(
        atoms,
        frame=atoms.frame.iloc[order].reset_index(drop=True),
        borders=gpd.GeoDataFrame(
            borders.assign(left=np.where(swap, right, left), right=np.where(swap, left, right))
        ),
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_connectivity_test_agrees_with_networkx(data):
    n = data.draw(st.integers(2, 12))
    pairs = [(a, b) for a in range(n) for b in range(a + 1, n)]
    edges = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    labels = np.array(
        data.draw(st.lists(st.integers(0, 1), min_size=n, max_size=n)), dtype=np.int32
    )
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(n))
    start = np.cumsum([0, *(graph.degree(v) for v in range(n))]).astype(np.int32)
    neighbour = np.array([u for v in range(n) for u in graph[v]], dtype=np.int32)
    linked = np.ones(neighbour.size, dtype=np.uint8)
    work = np.zeros(2 * n, dtype=np.int32)
    for v in range(n):
        grid = [u for u in range(n) if labels[u] == labels[v]]
        if not nx.is_connected(graph.subgraph(grid)):
            continue
        rest = graph.subgraph(set(grid) - {v})
        expected = len(rest) > 0 and nx.is_connected(rest)
        assert stays_connected(start, neighbour, linked, labels, work, v) == expected
        assert not work.any()
