from dataclasses import replace

import numpy as np
import pytest
from builders_problem import BANDS, in_band, labels_of, partitions, problems
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.partition import Cancellation, Problem, Solution
from gridgeo.partition.certificates import certify_by_bound
from gridgeo.partition.kernel import build_csr_graph, evaluate_labels, objective_of
from gridgeo.partition.problem import canonical_order


def every_solution(problem, band):
    n = problem.households.size
    for grids in partitions(band, problem):
        labels = labels_of(grids, n)
        found = Solution(labels=labels, grids=len(grids), missed=0, distance=0.0, cost=0.0, moves=0)
        yield replace(found, cost=cost_of_labels(problem, band, found))


def cost_of_labels(problem, band, told):
    graph, objective = build_csr_graph(problem), objective_of(problem, band)
    return evaluate_labels(graph, objective, told.labels, told.grids)[0] + problem.straddle_m.sum()


@pytest.mark.parametrize("band", BANDS, ids=lambda band: band.profile)
@settings(max_examples=15, deadline=None)
@given(problem=problems(most=7), pick=st.integers(0, 10**6))
def test_nothing_costs_less_than_the_bound_and_optimal_is_the_least(band, problem, pick):
    problem, _ = canonical_order(problem)
    by_number = {}
    for solution in every_solution(problem, band):
        by_number.setdefault(solution.grids, []).append(solution)
    for solutions in by_number.values():
        least = min(solution.cost for solution in solutions)
        known = solutions[pick % len(solutions)]
        for turns in (0, 1, 30):
            told = certify_by_bound(problem, band, known, turns, Cancellation())
            assert told.bound <= least + 1e-3
            assert least - 1e-3 <= told.cost <= known.cost
            assert (told.certificate == "optimal") == (told.cost == pytest.approx(told.bound))
            assert told.cost == pytest.approx(cost_of_labels(problem, band, told), abs=1e-3)


def test_a_known_division_of_a_street_gives_way_to_the_cheapest(street):
    three = [found for found in every_solution(street, BANDS[0]) if found.grids == 3]
    by_cost = sorted(three, key=lambda solution: solution.cost)
    assert by_cost[0].cost < by_cost[-1].cost
    told = certify_by_bound(street, BANDS[0], by_cost[-1], 60, Cancellation())
    assert (told.certificate, told.cost) == ("optimal", pytest.approx(by_cost[0].cost))


def test_the_least_keeps_a_pair_apart(street):
    three = [found for found in every_solution(street, BANDS[0]) if found.grids == 3]
    parted = [found for found in three if found.labels[4] != found.labels[5]]
    by_cost = sorted(parted, key=lambda solution: solution.cost)
    assert min(found.cost for found in three) < by_cost[0].cost < by_cost[-1].cost
    apart = replace(street, cannot_links=np.array([[4, 5]], dtype=np.int32))
    told = certify_by_bound(apart, BANDS[0], by_cost[-1], 60, Cancellation())
    assert (told.certificate, told.cost) == ("optimal", pytest.approx(by_cost[0].cost))
    assert told.labels[4] != told.labels[5]


def test_a_border_dearer_uncut_than_cut_is_bounded_too(street):
    dear = replace(street, straddle_m=np.where(np.arange(11) == 5, 500.0, 0.0))
    three = [found for found in every_solution(dear, BANDS[0]) if found.grids == 3]
    least = min(three, key=lambda solution: solution.cost)
    told = certify_by_bound(dear, BANDS[0], least, 30, Cancellation())
    assert told.bound <= told.cost == least.cost


def test_residents_that_are_known_count_where_the_profile_asks_for_them():
    problem = Problem(
        households=np.array([0, 0, 120, 150, 210, 330]),
        residents=np.array([0.0, 0.0, 240.0, 300.0, 714.0, np.nan]),
        edges=np.array([[0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [2, 4]], dtype=np.int32),
        cut_m=np.ones(6),
        straddle_m=np.zeros(6),
        linked=np.ones(6, dtype=bool),
        x=np.arange(6) * 100.0,
        y=np.zeros(6),
        area=np.full(6, 1e4),
    )
    solutions = list(every_solution(problem, BANDS[1]))
    assert solutions
    for known in solutions:
        told = certify_by_bound(problem, BANDS[1], known, 30, Cancellation())
        for grid in range(told.grids):
            assert in_band(BANDS[1], problem, np.flatnonzero(told.labels == grid))


def test_a_bound_that_is_told_to_stop_claims_nothing(street):
    three = next(found for found in every_solution(street, BANDS[0]) if found.grids == 3)
    cancellation = Cancellation()
    cancellation.cancel()
    told = certify_by_bound(street, BANDS[0], three, 30, cancellation)
    assert (told.certificate, told.bound) == ("gap", -np.inf)


@pytest.fixture
def street():
    row = np.arange(12)
    return Problem(
        households=np.full(12, 100),
        residents=np.full(12, np.nan),
        edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
        cut_m=30.0 + 7.0 * (row[1:] % 3),
        straddle_m=np.zeros(11),
        linked=np.ones(11, dtype=bool),
        x=row * 100.0,
        y=np.zeros(12),
        area=np.full(12, 1e4),
        grids=3,
    )
