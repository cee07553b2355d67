from dataclasses import replace
from itertools import pairwise

import hypothesis
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, Search
from gridgeo.partition import Cancellation, Problem, search, solve, warm_up
from gridgeo.partition.anneal import anneal
from gridgeo.partition.band import exceeds_band, possible_grid_counts
from gridgeo.partition.kernel import build_csr_graph, default_schedule, objective_of
from gridgeo.partition.problem import EFFORTS, canonical_order
from gridgeo.partition.search import run_start
from gridgeo.partition.search_context import (
    GridPool,
    SearchContext,
    improve_from_pool,
    solution_of,
)

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


def searched(problem, band, effort, **more):
    return solve(problem, band, effort, certificate=False, **more)


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
    solution = searched(problem, HOUSEHOLDS, Search())
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
    best = searched(problem, HOUSEHOLDS, Search())
    assert best.exact
    found = searched(replace(problem, grids=best.grids), HOUSEHOLDS, Search(effort="normal"))
    assert not found.exact
    assert found.grids == best.grids
    assert (found.missed, found.distance) == (best.missed, best.distance)
    assert best.cost - 1e-6 <= found.cost <= 1.05 * best.cost


def test_all_ways_to_cut_in_two_are_a_proof():
    street = [32] * 9 + [24] + [31] * 9 + [9]
    problem = lattice(street, width=20)
    assert sum(street) == 600
    solution = solve(problem, HOUSEHOLDS, Search(effort="fast"))
    assert solution.exact
    assert solution.missed == 1
    street[8:10] = [44, 12]
    solution = searched(lattice(street, width=20), HOUSEHOLDS, Search(effort="fast"))
    assert (solution.missed, solution.distance) == (0, 0)


@pytest.mark.parametrize("seed", range(3))
def test_heavy_atoms_are_brought_into_band(seed):
    households = np.random.default_rng(seed).integers(10, 150, 120)
    problem = lattice(households, width=10, seed=seed)
    solution = searched(problem, HOUSEHOLDS, Search(effort="fast"))
    assert (solution.missed, solution.distance) == (0, 0)
    assert misses(problem, solution.labels) == (0, 0)
    assert is_connected(problem, solution.labels)


def stopped():
    cancellation = Cancellation()
    cancellation.cancel()
    return cancellation


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from([0, 40, 90, 150, 260]), min_size=1, max_size=40))
def test_a_search_that_is_told_to_stop_answers_with_connected_grids(households):
    problem = lattice(households, width=5)
    solution = searched(problem, HOUSEHOLDS, Search(effort="best"), cancellation=stopped())
    assert solution.interrupted
    assert solution.grids == 1 or not solution.exact
    assert is_connected(problem, solution.labels)
    assert sorted(set(solution.labels.tolist())) == list(range(solution.grids))
    assert (solution.missed, solution.distance) == misses(problem, solution.labels)


def test_a_search_that_goes_on_costs_less():
    problem = lattice(np.full(400, 20), width=20, grids=20)
    early = searched(problem, HOUSEHOLDS, Search(), cancellation=stopped())
    late = searched(problem, HOUSEHOLDS, Search())
    assert late.cost < early.cost
    assert late.cost <= late.first_cost
    assert not late.interrupted


@pytest.mark.parametrize(("seed", "atoms", "each"), [(0, 16, 50), (1, 100, 20), (2, 100, 20)])
def test_the_number_of_grids_is_the_nearest_to_the_middle(seed, atoms, each):
    problem = lattice(np.full(atoms, each), width=4 if atoms == 16 else 10, seed=seed)
    solution = searched(problem, HOUSEHOLDS, Search(effort="fast"))
    assert (solution.missed, solution.grids) == (0, atoms * each // 400)


def test_another_number_of_grids_is_taken_where_the_nearest_misses_the_band():
    solution = searched(lattice([290, 290, 290, 290], width=4), HOUSEHOLDS, Search())
    assert solution.missed
    solution = searched(lattice([400, 420, 480], width=3), HOUSEHOLDS, Search())
    assert (solution.missed, solution.grids) == (0, 3)
    solution = searched(lattice([450, 450, 450, 450, 10, 10], width=6), HOUSEHOLDS, Search())
    assert (solution.missed, solution.grids) == (0, 4)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from([40, 60, 90]), min_size=4, max_size=30),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 29)), min_size=1, max_size=2),
    st.booleans(),
)
def test_pairs_that_must_be_apart_are_apart(households, pairs, fixed):
    n = len(households)
    apart = [(u, v % n) for u, v in pairs if u != v % n]
    problem = lattice(households, width=4, grids=3 if fixed else None)
    problem = replace(problem, cannot_links=np.array(apart, dtype=np.int32).reshape(-1, 2))
    solution = searched(problem, HOUSEHOLDS, Search(effort="fast"))
    shared = {tuple(sorted(p)) for p in apart if len(set(solution.labels[list(p)])) == 1}
    assert solution.unmet_cannot_links == len(shared) == 0
    assert is_connected(problem, solution.labels)
    cut = solution.labels[problem.edges[:, 0]] != solution.labels[problem.edges[:, 1]]
    assert solution.cost >= problem.cut_m[cut].sum() - 1e-6


def test_another_seed_is_another_search_and_the_same_seed_is_not():
    problem = lattice(np.full(100, 20), width=10, grids=5)
    one, again, other = (
        searched(problem, HOUSEHOLDS, Search(seed=seed), cancellation=stopped())
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
    solution = searched(divided, HOUSEHOLDS, Search())
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
    numbers = possible_grid_counts(band, np.array(households), np.array(residents, dtype=float))
    assert k in numbers
    assert not exceeds_band(band, np.array(households), np.array(residents, dtype=float)).all()


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 6000))
def test_numbers_by_households_are_exactly_those_of_arithmetic(total):
    ones = np.ones(total, dtype=np.int64)
    numbers = possible_grid_counts(HOUSEHOLDS, ones, np.full(total, np.nan))
    assert sorted(numbers) == [k for k in range(1, 21) if 300 * k <= total <= 500 * k]
    distance = [abs(k - total / 400) for k in numbers]
    assert all(a <= b for a, b in pairwise(distance))


def test_warming_up_again_compiles_nothing():
    warm_up()
    compiled = len(anneal.signatures)
    warm_up()
    assert len(anneal.signatures) == compiled == 1


def broad(seed, atoms=240, grids=12):
    households = np.random.default_rng(seed).integers(2, 2 * 400 * grids // atoms - 1, atoms)
    return lattice(households, width=16, seed=seed, grids=grids)


@pytest.mark.parametrize("seed", range(2))
def test_threads_and_row_order_change_no_labels(seed):
    problem = broad(seed)
    one, two = (searched(problem, HOUSEHOLDS, Search(), jobs=jobs) for jobs in (1, 2))
    assert np.array_equal(one.labels, two.labels)
    order = np.random.default_rng(seed).permutation(240)
    place = np.argsort(order)
    shuffled = replace(
        problem,
        **{
            name: getattr(problem, name)[order]
            for name in ("households", "residents", "x", "y", "area")
        },
        edges=place[problem.edges].astype(np.int32),
    )
    again = searched(shuffled, HOUSEHOLDS, Search())
    groups = {frozenset(np.flatnonzero(one.labels == g).tolist()) for g in range(12)}
    assert {frozenset(order[again.labels == g].tolist()) for g in range(12)} == groups


@pytest.mark.parametrize("seed", range(3))
def test_rounds_never_lose_what_the_starts_had(seed):
    problem = broad(seed)
    solution = searched(problem, HOUSEHOLDS, Search())
    assert (solution.grids, solution.missed) == (12, 0)
    assert is_connected(problem, solution.labels)
    assert solution.cost <= solution.first_cost
    assert solution.starts > 4


def some_job(problem):
    ordered, _ = canonical_order(problem)
    graph = build_csr_graph(ordered)
    return SearchContext(
        graph=graph,
        objective=objective_of(ordered, HOUSEHOLDS),
        schedule=default_schedule(graph),
        seed=1,
        effort=EFFORTS["fast"],
        cancellation=Cancellation(),
        jobs=1,
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 6))
def test_a_combination_is_the_cheapest_of_all_that_were_seen(seed, starts):
    context = some_job(broad(seed, atoms=48, grids=4))
    found = [run_start(context, 4, start) for start in range(starts)]
    good = [solution for solution in found if not solution.failed]
    hypothesis.assume(good)
    seen = GridPool({})
    for solution in good:
        seen.add(context, solution.labels)
    first = max(good, key=lambda solution: solution.cost)
    combined = solution_of(context, improve_from_pool(context, first.labels, seen))
    held = np.bincount(combined.labels, weights=context.graph.attributes[:, 0])
    assert combined.missed == 0
    assert ((held >= 300) & (held <= 500)).all()
    assert combined.cost <= min(solution.cost for solution in good) + 1e-3
    grids = {np.flatnonzero(combined.labels == g).tobytes() for g in range(4)}
    assert grids <= set(seen.grids)


def test_a_grid_out_of_band_or_not_apart_is_not_noted():
    problem = lattice([100] * 8, width=8, grids=2)
    context = some_job(replace(problem, cannot_links=np.array([[0, 3]], dtype=np.int32)))
    seen = GridPool({})
    seen.add(context, np.array([0, 0, 0, 0, 1, 1, 1, 1], dtype=np.int32))
    seen.add(context, np.array([0, 0, 1, 1, 1, 1, 1, 1], dtype=np.int32))
    assert [atoms.tolist() for atoms, _ in seen.grids.values()] == [[4, 5, 6, 7]]


def test_a_limit_of_seconds_stops_by_itself_and_only_inside():
    cancellation = Cancellation()
    with cancellation.after(0.01):
        solution = searched(broad(1), HOUSEHOLDS, Search(effort="best"), cancellation=cancellation)
    assert solution.interrupted
    calm = Cancellation()
    with calm.after(1e6), calm.after(None):
        pass
    assert not calm.cancelled


def test_a_large_piece_that_is_ruled_out_gets_one_start():
    households = np.full(169, 20)
    households[84] = 900
    found = searched(lattice(households, width=13), HOUSEHOLDS, Search(effort="normal"))
    assert found.missed
    assert found.starts == 1 + EFFORTS["normal"].repairs
    households[84] = 20
    assert not searched(lattice(households, width=13), HOUSEHOLDS, Search(effort="normal")).failed


def test_moves_are_in_proportion_to_the_atoms_that_matter():
    wide = np.zeros(900, dtype=np.int64)
    wide[::9] = 20
    found = searched(lattice(wide, width=30, grids=5), HOUSEHOLDS, Search(effort="fast"))
    assert not found.failed
    effort = EFFORTS["fast"]
    assert found.first_missed == 0
    assert found.moves == effort.moves_per_atom(270, 5) * 270 < effort.moves_per_atom(900, 5) * 900


def test_the_last_search_of_a_stuck_piece_has_higher_penalties(monkeypatch):
    tried = []

    def fail(context, counts):
        tried.append(context.schedule.end_penalty)
        labels = np.zeros(context.atoms, dtype=np.int32)
        return [solution_of(context, labels) for _ in counts]

    monkeypatch.setattr(search, "_search_grid_counts", fail)
    large = lattice(np.full(80, 15), width=10)
    assert searched(large, HOUSEHOLDS, Search()).failed
    assert tried == pytest.approx([tried[0], search._FIRM_PENALTIES * tried[0]])
    tried.clear()
    searched(lattice(np.full(60, 20), width=10), HOUSEHOLDS, Search())
    assert len(tried) == 1
