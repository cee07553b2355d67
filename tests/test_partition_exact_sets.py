from itertools import chain

import numpy as np
import pytest
from builders_problem import BANDS, in_band, labels_of, partitions, problems
from hypothesis import given, settings

from gridgeo.partition import Problem
from gridgeo.partition.connected_subgraphs import IN_BAND, enumerate_subgraphs
from gridgeo.partition.kernel import COST, build_csr_graph, evaluate_labels, objective_of
from gridgeo.partition.problem import canonical_order
from gridgeo.partition.set_partitioning import index_sets, solve_set_partitioning

MANY = 100_000
GO, STOP = np.zeros(1, np.uint8), np.ones(1, np.uint8)


def as_sets(bits, atoms):
    return [frozenset(v for v in range(atoms) if grid >> v & 1) for grid in bits.tolist()]


@pytest.mark.parametrize("band", BANDS, ids=lambda band: band.profile)
@settings(max_examples=60, deadline=None)
@given(problem=problems())
def test_columns_hold_every_grid_of_every_partition_in_band(band, problem):
    ordered, _ = canonical_order(problem)
    n = ordered.households.size
    complete, bits, value = enumerate_subgraphs(
        build_csr_graph(ordered), objective_of(ordered, band), IN_BAND, MANY, MANY, GO
    )
    sets = as_sets(bits, n)
    assert complete
    assert len(set(sets)) == len(sets)
    assert all(in_band(band, ordered, list(members)) for members in sets)
    assert set(chain.from_iterable(partitions(band, ordered))) <= set(sets)
    assert np.isfinite(value).all()


@pytest.mark.parametrize("band", BANDS, ids=lambda band: band.profile)
@settings(max_examples=60, deadline=None)
@given(problem=problems())
def test_the_best_cover_is_the_cheapest_partition_of_its_number_of_grids(band, problem):
    ordered, _ = canonical_order(problem)
    graph, objective, n = (
        build_csr_graph(ordered),
        objective_of(ordered, band),
        ordered.households.size,
    )
    _, bits, value = enumerate_subgraphs(graph, objective, IN_BAND, MANY, MANY, GO)
    cost = value[:, COST].copy()
    costs = {}
    for grids in partitions(band, ordered):
        k = len(grids)
        found = evaluate_labels(graph, objective, labels_of(grids, n), k)[0]
        costs[k] = min(found, costs.get(k, np.inf))
    for k in range(1, n + 1):
        known = k * float(np.max(cost, initial=0.0)) + 1.0
        complete, cover, least = solve_set_partitioning(
            index_sets(bits, cost, n), n, k, known, MANY, GO
        )
        assert complete
        assert (cover.size == 0) == (k not in costs)
        if k in costs:
            found = evaluate_labels(graph, objective, labels_of(as_sets(cover, n), n), k)[0]
            assert found == pytest.approx(costs[k], abs=2e-3)
            assert least <= costs[k] + 2e-3
            again = solve_set_partitioning(index_sets(bits, cost, n), n, k, costs[k], MANY, GO)
            assert again[0]
            assert again[1].size == 0


def test_an_enumeration_that_was_cut_short_says_so():
    _, bits, _ = enumerate_subgraphs(*_street(20), IN_BAND, MANY, MANY, GO)
    assert enumerate_subgraphs(*_street(20), IN_BAND, 50, MANY, GO)[0] is False
    assert enumerate_subgraphs(*_street(20), IN_BAND, MANY, MANY, STOP)[0] is False
    complete, kept, _ = enumerate_subgraphs(*_street(20), IN_BAND, MANY, 5, GO)
    assert complete is False
    assert kept.tolist() == bits[:5].tolist()


def test_a_search_that_was_cut_short_says_so():
    graph, objective = _street(12)
    _, bits, value = enumerate_subgraphs(graph, objective, IN_BAND, MANY, MANY, GO)
    cost = value[:, COST].copy()
    pool = index_sets(bits, cost, 12)
    assert solve_set_partitioning(pool, 12, 3, 1e6, 1, GO)[0] is False
    assert solve_set_partitioning(pool, 12, 3, 1e6, MANY, GO)[0] is True


def _street(atoms):
    row = np.arange(atoms)
    problem = Problem(
        households=np.full(atoms, 100),
        residents=np.full(atoms, np.nan),
        edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
        cut_m=10.0 + row[1:] % 3,
        straddle_m=np.zeros(atoms - 1),
        linked=np.ones(atoms - 1, dtype=bool),
        x=row * 100.0,
        y=np.zeros(atoms),
        area=np.full(atoms, 1e4),
    )
    return build_csr_graph(problem), objective_of(problem, BANDS[0])
