"""Enclaves: what a grid encloses costs it, and the solver looks for a division without."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from builders_problem import BANDS, problems
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, Search, Weights
from gridgeo.partition import Problem, solve
from gridgeo.partition.kernel import cost_of_labels
from gridgeo.partition.problem import restrict_problem


def enclosed(problem, labels, grid):
    """Pieces of the other atoms that reach no outer atom, by networkx."""
    graph = nx.Graph(problem.edges.tolist())
    graph.add_nodes_from(range(labels.size))
    others = graph.subgraph(np.flatnonzero(labels != grid).tolist())
    pieces = nx.connected_components(others)
    return sum(not any(problem.outer[v] for v in piece) for piece in pieces)


@settings(max_examples=60, deadline=None)
@given(problem=problems(least=3), data=st.data())
def test_a_labelling_costs_what_its_grids_enclose(problem, data):
    n = problem.households.size
    drawn = data.draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    labels = np.unique(drawn, return_inverse=True)[1].astype(np.int32)
    free = replace(problem, enclave_m=0.0)
    more = cost_of_labels(problem, BANDS[0], labels) - cost_of_labels(free, BANDS[0], labels)
    pieces = sum(enclosed(problem, labels, grid) for grid in np.unique(labels))
    assert more == pytest.approx(problem.enclave_m * pieces, abs=1e-6)


def test_where_it_is_not_known_what_is_outside_nothing_is_enclosed():
    problem = replace(tower(5), outer=None)
    ring = (np.arange(25) != 12).astype(np.int32)
    assert cost_of_labels(problem, Band(), ring) == cost_of_labels(
        replace(problem, enclave_m=0.0), Band(), ring
    )


def test_of_a_part_the_atoms_beside_the_rest_are_outer():
    part = restrict_problem(tower(5), np.array([6, 7, 11, 12]), None)
    assert part.outer.tolist() == [True, True, True, True]
    part = restrict_problem(tower(5), np.flatnonzero(np.arange(25) != 0), None)
    assert np.flatnonzero(~part.outer).tolist() == [6 - 1, 7 - 1, 8 - 1, 10, 11, 12, 15, 16, 17]


@pytest.mark.parametrize("side", [5, 9], ids=["enumerated", "searched"])
@pytest.mark.parametrize(("enclave_m", "alone"), [(0.0, True), (1000.0, False)])
def test_a_tower_gets_no_hole_of_its_own(side, enclave_m, alone):
    """The tower in the middle fills a grid, and the borders around it are cheap."""
    problem = replace(tower(side), enclave_m=enclave_m)
    found = solve(problem, Band(profile="households"), Search())
    middle = found.labels == found.labels[side * side // 2]
    assert found.missed == 0
    assert (middle.sum() == 1) == alone
    assert sum(enclosed(problem, found.labels, g) for g in range(found.grids)) == int(alone)


def tower(side):
    """A lattice of light blocks around a tower of 350 households, 400 in the others."""
    place = np.arange(side * side).reshape(side, side)
    edges = np.concatenate(
        [
            np.column_stack([place[:, :-1].ravel(), place[:, 1:].ravel()]),
            np.column_stack([place[:-1].ravel(), place[1:].ravel()]),
        ]
    ).astype(np.int32)
    middle = side * side // 2
    households = np.full(side * side, 400 // (side * side - 1))
    households[middle] = 350
    row, column = np.divmod(place.ravel(), side)
    rim = (row == 0) | (column == 0) | (row == side - 1) | (column == side - 1)
    return Problem(
        households=households,
        residents=np.full(side * side, np.nan),
        edges=edges,
        cut_m=np.where((edges == middle).any(axis=1), 10.0, 100.0),
        straddle_m=np.zeros(len(edges)),
        linked=np.ones(len(edges), dtype=bool),
        x=column * 100.0,
        y=row * 100.0,
        area=np.full(side * side, 1e4),
        outer=rim,
        enclave_m=Weights().enclave_m,
    )
