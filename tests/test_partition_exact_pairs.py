from itertools import combinations

import numpy as np
import pytest
from builders_problem import BANDS, labels_of, partitions, problems
from hypothesis import given, settings

from gridgeo.partition import Cancellation, Problem, Solution
from gridgeo.partition.certificates.certificate import _repartition_pairs
from gridgeo.partition.kernel import build_csr_graph, evaluate_labels, objective_of
from gridgeo.partition.problem import canonical_order, restrict_problem


def solution_of(problem, band, labels):
    grids = int(labels.max()) + 1
    cost, missed, distance = evaluate_labels(
        build_csr_graph(problem), objective_of(problem, band), labels, grids
    )
    cost += problem.straddle_m.sum()
    return Solution(
        labels=labels, grids=grids, missed=int(missed), distance=distance, cost=cost, moves=0
    )


@pytest.mark.parametrize("band", BANDS, ids=lambda band: band.profile)
@settings(max_examples=25, deadline=None)
@given(problem=problems(least=4))
def test_no_pair_of_a_certified_solution_can_be_divided_better(band, problem):
    problem, _ = canonical_order(problem)
    known = [labels_of(grids, problem.households.size) for grids in partitions(band, problem)]
    for labels in [labels for labels in known if labels.max() > 0][:2]:
        start = solution_of(problem, band, labels)
        told = _repartition_pairs(problem, band, start, Cancellation())
        assert told.missed == 0
        assert told.cost <= start.cost + 1e-9
        assert told.cost == pytest.approx(solution_of(problem, band, told.labels).cost, abs=1e-2)
        if problem.enclave_m and told.certificate == "":
            continue  # a pair does not see the grids that it encloses
        assert told.certificate == "pairwise"
        for pair in combinations(range(told.grids), 2):
            members = np.flatnonzero(np.isin(told.labels, pair))
            for grids in partitions(band, restrict_problem(problem, members, 2)):
                if len(grids) == 2:
                    other = told.labels.copy()
                    other[members] = np.array(pair)[labels_of(grids, members.size)]
                    assert solution_of(problem, band, other).cost >= told.cost - 1e-2


def test_pairs_of_too_many_atoms_are_not_certified():
    row = np.arange(80)
    street = Problem(
        households=np.full(80, 10),
        residents=np.full(80, np.nan),
        edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
        cut_m=np.full(79, 50.0),
        straddle_m=np.zeros(79),
        linked=np.ones(79, dtype=bool),
        x=row * 100.0,
        y=np.zeros(80),
        area=np.full(80, 1e4),
    )
    labels = np.repeat([0, 1], 40).astype(np.int32)
    told = _repartition_pairs(
        street, BANDS[0], solution_of(street, BANDS[0], labels), Cancellation()
    )
    assert (told.certificate, told.cost) == ("", 50.0)
