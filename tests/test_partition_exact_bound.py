import numpy as np
import pytest
from builders_problem import BANDS, labels_of, partitions, problems
from hypothesis import given, settings

from gridgeo.partition.bound import lower_bound
from gridgeo.partition.halt import Halt
from gridgeo.partition.kernel import total
from gridgeo.partition.problem import Problem, Solution, in_order
from gridgeo.partition.web import rule_of, weave


def every_solution(problem, band):
    web, rule, n = weave(problem), rule_of(problem, band), problem.households.size
    for grids in partitions(band, problem):
        labels = labels_of(grids, n)
        cost = total(web, rule, labels, len(grids))[0] + problem.straddle_m.sum()
        yield Solution(labels=labels, grids=len(grids), missed=0, distance=0.0, cost=cost, moves=0)


@pytest.mark.parametrize("band", BANDS, ids=lambda band: band.profile)
@settings(max_examples=15, deadline=None)
@given(problem=problems(most=7))
def test_nothing_costs_less_than_the_bound(band, problem):
    problem, _ = in_order(problem)
    by_number = {}
    for solution in every_solution(problem, band):
        by_number.setdefault(solution.grids, []).append(solution)
    for solutions in by_number.values():
        least = min(solution.cost for solution in solutions)
        for turns in (1, 30):
            assert lower_bound(problem, band, solutions[:1], turns, Halt()) <= least + 1e-3


def test_the_bound_of_a_street_is_what_it_costs(street):
    three = (found for found in every_solution(street, BANDS[0]) if found.grids == 3)
    cheapest = min(three, key=lambda solution: solution.cost)
    assert lower_bound(street, BANDS[0], [cheapest], 60, Halt()) == pytest.approx(cheapest.cost)


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
