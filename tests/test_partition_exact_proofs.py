"""What is claimed of small problems is true: checked against every partition there is."""

import numpy as np
import pytest
from builders_problem import BANDS, labels_of, partitions, problems
from hypothesis import given, settings

from gridgeo.config import Search
from gridgeo.partition import Cancellation, Problem, Solution, solve
from gridgeo.partition.certificates import certificate_of, certify
from gridgeo.partition.connected_subgraphs import EnumerationBudget, list_if_few
from gridgeo.partition.kernel import build_csr_graph, evaluate_labels, objective_of
from gridgeo.partition.problem import canonical_order

FAST = Search(effort="fast")
BUDGET = EnumerationBudget(seen=20_000, kept=20_000, nodes=100_000)


@pytest.fixture
def street():
    row = np.arange(24)
    return Problem(
        households=np.full(24, 50),
        residents=np.full(24, np.nan),
        edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
        cut_m=np.full(23, 50.0),
        straddle_m=np.zeros(23),
        linked=np.ones(23, dtype=bool),
        x=row * 100.0,
        y=np.zeros(24),
        area=np.full(24, 1e4),
        balance_m=100.0,
    )


def unproved(problem, band):
    """Return a solution as a search without proofs leaves it: all atoms in one grid."""
    graph = build_csr_graph(problem)
    labels = np.zeros(problem.households.size, dtype=np.int32)
    cost, missed, distance = evaluate_labels(graph, objective_of(problem, band), labels, 1)
    return Solution(
        labels=labels, grids=1, missed=int(missed), distance=distance, cost=cost, moves=0
    )


def cheapest(problem, band):
    """Return the least cost for each number of grids."""
    graph, objective = build_csr_graph(problem), objective_of(problem, band)
    costs = {}
    for grids in partitions(band, problem):
        k = len(grids)
        cost = evaluate_labels(graph, objective, labels_of(grids, problem.households.size), k)[0]
        costs[k] = min(cost + problem.straddle_m.sum(), costs.get(k, np.inf))
    return costs


@pytest.mark.parametrize("band", BANDS, ids=lambda band: band.profile)
@settings(max_examples=60, deadline=None)
@given(problem=problems())
def test_a_miss_is_met_or_proved_and_never_proved_wrongly(band, problem):
    problem, _ = canonical_order(problem)
    costs = cheapest(problem, band)
    start = unproved(problem, band)
    if not start.missed:
        return
    told = certify(problem, band, FAST, start, Cancellation(), subgraphs=None)
    if told.missed:
        assert not costs
        return
    assert told.cost == pytest.approx(costs[told.grids], abs=2e-3)
    assert told.certificate == "optimal"
    assert told.bound == told.cost


@pytest.mark.parametrize("band", BANDS, ids=lambda band: band.profile)
@settings(max_examples=40, deadline=None)
@given(problem=problems())
def test_optimal_is_claimed_only_of_the_least_cost(band, problem):
    problem, _ = canonical_order(problem)
    costs = cheapest(problem, band)
    told = solve(problem, band, FAST)
    assert bool(told.missed) == (not costs)
    if costs:
        assert told.certificate == "optimal"
        assert told.cost == pytest.approx(costs[told.grids], abs=2e-3)


def test_a_better_solution_replaces_one_that_is_not_the_best(street):
    poor = solve(street, BANDS[0], FAST)
    labels = np.repeat(np.arange(3), [8, 6, 10]).astype(np.int32)
    cost = evaluate_labels(build_csr_graph(street), objective_of(street, BANDS[0]), labels, 3)[0]
    given_labels = Solution(labels=labels, grids=3, missed=0, distance=0.0, cost=cost, moves=5)
    subgraphs = list_if_few(street, BANDS[0], BUDGET, Cancellation())
    told = certify(street, BANDS[0], Search(), given_labels, Cancellation(), subgraphs=subgraphs)
    assert told.cost == pytest.approx(poor.cost)
    assert told.cost < cost
    assert (told.certificate, told.moves) == ("optimal", 5)


def test_a_stopped_proof_claims_nothing(street):
    cancellation = Cancellation()
    cancellation.cancel()
    labels = np.repeat(np.arange(3), [8, 6, 10]).astype(np.int32)
    given_labels = Solution(labels=labels, grids=3, missed=0, distance=0.0, cost=900.0, moves=5)
    subgraphs = list_if_few(street, BANDS[0], BUDGET, cancellation)
    told = certify(street, BANDS[0], Search(), given_labels, cancellation, subgraphs=subgraphs)
    assert told == given_labels


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        ([("optimal", 100.0), ("optimal", 100.0)], ("optimal", 0.0)),
        ([("optimal", 100.0), ("gap", 90.0)], ("gap", 0.05)),
        ([("gap", 80.0), ("pairwise", 90.0)], ("gap", 0.15)),
        ([("optimal", 100.0), ("pairwise", 90.0)], ("pairwise", 0.05)),
        ([("optimal", 100.0), ("pairwise", -np.inf)], ("pairwise", None)),
        ([("optimal", 100.0), ("", -np.inf)], ("", None)),
    ],
)
def test_the_certificate_of_a_community_is_that_of_its_weakest_piece(pieces, told):
    solutions = [
        Solution(
            labels=np.zeros(1, dtype=np.int32),
            grids=1,
            missed=0,
            distance=0.0,
            cost=100.0,
            moves=0,
            certificate=certificate,
            bound=bound,
        )
        for certificate, bound in pieces
    ]
    certificate, gap = certificate_of(solutions)
    assert certificate == told[0]
    assert gap == pytest.approx(told[1]) if told[1] is not None else np.isnan(gap)
