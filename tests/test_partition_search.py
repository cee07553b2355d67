from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, Search
from gridgeo.partition import Problem, solve, warm_up
from gridgeo.partition.anneal import anneal
from gridgeo.partition.band import numbers_of_grids, too_big

HOUSEHOLDS = Band(profile="households")
PROFILES = st.sampled_from(["either", "households", "residents"])


def lattice(households, *, width, seed=0, residents=None, grids=None):
    households = np.asarray(households, dtype=np.int64)
    n = households.size
    v = np.arange(n)
    across = [(a, a + 1) for a in v if (a + 1) % width and a + 1 < n]
    edges = np.array(across + [(a, a + width) for a in v if a + width < n], dtype=np.int32)
    rng = np.random.default_rng(seed)
    return Problem(
        households=households,
        residents=np.full(n, np.nan) if residents is None else np.asarray(residents, float),
        edges=edges.reshape(-1, 2),
        cut_m=rng.uniform(20, 150, len(edges)).round(),
        straddle_m=np.zeros(len(edges)),
        linked=np.ones(len(edges), dtype=bool),
        x=(v % width) * 100.0,
        y=(v // width) * -100.0,
        area=np.full(n, 1e4),
        balance_m=100.0,
        compactness=0.5,
        grids=grids,
    )


def partitions(atoms):
    """Yield every partition of a few atoms, as labels."""
    if not atoms:
        yield []
        return
    for rest in partitions(atoms - 1):
        for label in range(max(rest, default=-1) + 2):
            yield [*rest, label]


def is_connected(problem, labels):
    graph = nx.Graph(problem.edges[problem.linked].tolist())
    graph.add_nodes_from(range(len(labels)))
    return all(
        nx.is_connected(graph.subgraph(np.flatnonzero(labels == g).tolist()))
        for g in np.unique(labels)
    )


def misses(problem, labels):
    held = np.bincount(labels, weights=problem.households)
    over = np.maximum(1, np.ceil(held / 500) - 1)
    missed = np.where(held > 500, over, held < 300)
    return missed.sum(), np.maximum(0, np.maximum(300 - held, held - 500)).sum()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0, 40, 90, 150, 260, 520]), min_size=1, max_size=7))
def test_few_atoms_are_solved_to_the_optimum(households):
    problem = lattice(households, width=3)
    solution = solve(problem, HOUSEHOLDS, Search())
    assert solution.exact
    assert is_connected(problem, solution.labels)
    assert (solution.missed, solution.distance) == misses(problem, solution.labels)
    connected = (np.array(p) for p in partitions(len(households)))
    best = min(misses(problem, p) for p in connected if is_connected(problem, p))
    assert (solution.missed, solution.distance) == best


@pytest.mark.parametrize("seed", range(8))
def test_the_search_comes_near_the_enumerated_optimum(seed):
    households = np.random.default_rng(seed).integers(20, 140, 16)
    problem = lattice(households, width=4, seed=seed)
    best = solve(problem, HOUSEHOLDS, Search())
    assert best.exact
    found = solve(replace(problem, grids=best.grids), HOUSEHOLDS, Search(moves_per_atom=600))
    assert not found.exact
    assert found.grids == best.grids
    assert (found.missed, found.distance) == (best.missed, best.distance)
    assert best.cost - 1e-6 <= found.cost <= 1.05 * best.cost


def test_all_ways_to_cut_in_two_are_a_proof():
    street = [32] * 9 + [24] + [31] * 9 + [9]
    problem = lattice(street, width=20)
    assert sum(street) == 600
    solution = solve(problem, HOUSEHOLDS, Search(moves_per_atom=50))
    assert solution.exact
    assert solution.missed == 1
    street[8:10] = [44, 12]
    solution = solve(lattice(street, width=20), HOUSEHOLDS, Search(moves_per_atom=1, starts=1))
    assert (solution.missed, solution.distance) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_heavy_atoms_are_brought_into_band(seed):
    households = np.random.default_rng(seed).integers(10, 150, 120)
    problem = lattice(households, width=10, seed=seed)
    solution = solve(problem, HOUSEHOLDS, Search(moves_per_atom=300, starts=2))
    assert (solution.missed, solution.distance) == (0, 0)
    assert misses(problem, solution.labels) == (0, 0)
    assert is_connected(problem, solution.labels)


def test_more_effort_costs_less():
    problem = lattice(np.full(400, 20), width=20, grids=20)
    costs = [
        solve(problem, HOUSEHOLDS, Search(moves_per_atom=moves, starts=1)).cost
        for moves in (5, 100, 1000)
    ]
    assert costs[0] > costs[1] > costs[2]


def test_another_seed_is_another_search_and_the_same_seed_is_not():
    problem = lattice(np.full(100, 20), width=10, grids=5)
    one, again, other = (
        solve(problem, HOUSEHOLDS, Search(moves_per_atom=5, starts=1, seed=seed))
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one.labels, again.labels)
    assert not np.array_equal(one.labels, other.labels)


def test_an_uncrossed_border_does_not_connect():
    problem = lattice(np.full(6, 100), width=3)
    linked = ~np.isin(problem.edges[:, 0], [0, 1]) | (
        problem.edges[:, 1] - problem.edges[:, 0] == 1
    )
    divided = replace(problem, linked=linked)
    solution = solve(divided, HOUSEHOLDS, Search())
    assert is_connected(divided, solution.labels)


@settings(max_examples=200, deadline=None)
@given(st.data(), PROFILES)
def test_a_number_that_some_partition_reaches_is_never_ruled_out(data, profile):
    band = Band(profile=profile)
    households, residents, k = [], [], data.draw(st.integers(1, 5))
    for _ in range(k):
        people = data.draw(st.sampled_from([np.nan, 1.0, 2.5, 4.0]))
        by_residents = profile != "households" and not np.isnan(people)
        if by_residents and (profile == "residents" or data.draw(st.booleans())):
            persons = data.draw(st.integers(800, 1200))
            held = data.draw(st.integers(1, 900))
        else:
            held = data.draw(st.integers(300, 500))
            persons = round(held * people) if not np.isnan(people) else np.nan
        share = data.draw(st.integers(0, held))
        households += [share, held - share]
        residents += [persons // 3, persons - persons // 3]
    numbers = numbers_of_grids(band, np.array(households), np.array(residents, dtype=float))
    assert k in numbers
    assert not too_big(band, np.array(households), np.array(residents, dtype=float)).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 6000))
def test_numbers_by_households_are_exactly_those_of_arithmetic(total):
    ones = np.ones(total, dtype=np.int64)
    numbers = numbers_of_grids(HOUSEHOLDS, ones, np.full(total, np.nan))
    assert sorted(numbers) == [k for k in range(1, 21) if 300 * k <= total <= 500 * k]
    distance = [abs(k - total / 400) for k in numbers]
    assert all(a <= b for a, b in pairwise(distance))


def test_warming_up_again_compiles_nothing():
    warm_up()
    compiled = len(anneal.signatures)
    warm_up()
    assert len(anneal.signatures) == compiled == 1
