"""Sets below a limit against every set of small graphs."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.partition.certificates.branch_and_bound import (
    FREE,
    OUTSIDE,
    PricingGraph,
    price_subgraphs,
)

LOWER, UPPER = 300.0, 500.0
GO = np.zeros(1, dtype=np.uint8)


def random_pricing_graph(seed):
    """Return a small connected graph with weights, barriers, barred atoms and a pair apart."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 9))
    tree = {(int(rng.integers(0, v)), v) for v in range(1, n)}
    more = {tuple(sorted(rng.choice(n, 2, replace=False).tolist())) for _ in range(n)}
    edges = np.array(sorted(tree | more))
    half_weight, linked = rng.integers(1, 150, len(edges)) * 1.0, rng.random(len(edges)) < 0.85
    source, other = np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]]
    order = np.lexsort((other, source))
    reverse = np.empty_like(order)
    reverse[np.lexsort((source, other))] = order
    place = np.argsort(order)
    edge = np.tile(np.arange(len(edges)), 2)[order]
    pairs = [sorted(rng.choice(n, 2, replace=False).tolist())] if seed % 3 == 0 else []
    pricing_graph = PricingGraph(
        indptr=np.r_[0, np.cumsum(np.bincount(source, minlength=n))].astype(np.int32),
        neighbour=other[order].astype(np.int32),
        reverse=place[(np.arange(order.size) + len(edges)) % order.size][order],
        half_weight=half_weight[edge],
        linked=linked[edge].astype(np.uint8),
        allowed=np.where(rng.random(n) < 0.1, OUTSIDE, FREE).astype(np.int8),
        cannot_links=np.array(pairs, dtype=np.int32).reshape(-1, 2),
        amount=rng.choice([0, 5, 40, 90, 120, 150, 210, 290, 480], n).astype(float),
        lower=LOWER,
        upper=UPPER,
    )
    return pricing_graph, edges, half_weight, linked, rng.normal(60, 150, n)


def all_sets(pricing_graph, edges, half_weight, linked, dual):
    """Return every connected set in band with what it costs beyond its prices."""
    graph = nx.Graph()
    graph.add_nodes_from(range(dual.size))
    graph.add_edges_from(edges[linked].tolist())
    found = {}
    for size in range(1, dual.size + 1):
        for atoms in combinations(range(dual.size), size):
            inside = np.isin(np.arange(dual.size), atoms)
            if not LOWER <= pricing_graph.amount[inside].sum() <= UPPER:
                continue
            if (pricing_graph.allowed[inside] == OUTSIDE).any() or inside[
                pricing_graph.cannot_links
            ].all(1).any():
                continue
            if nx.is_connected(graph.subgraph(atoms)):
                cut = inside[edges[:, 0]] != inside[edges[:, 1]]
                found[atoms] = half_weight[cut].sum() - dual[inside].sum()
    return found


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.sampled_from([np.inf, 50.0, 0.0, -100.0]))
def test_exactly_the_sets_below_the_limit_are_found(seed, limit):
    pricing_graph, *graph, dual = random_pricing_graph(seed)
    wanted = {s: c for s, c in all_sets(pricing_graph, *graph, dual).items() if c < limit}
    complete, sets, least = price_subgraphs(pricing_graph, dual, limit, np.inf, 5000, 10**6, GO)
    assert complete
    assert sorted(tuple(np.flatnonzero(s).tolist()) for s in sets) == sorted(wanted)
    assert least == pytest.approx(min(wanted.values(), default=np.inf))
    complete, sets, cheapest = price_subgraphs(pricing_graph, dual, limit, 0.0, 5000, 10**6, GO)
    assert (complete, cheapest) == (True, least)


def test_a_search_that_ends_early_says_so():
    pricing_graph, *_, dual = random_pricing_graph(7)
    assert not price_subgraphs(pricing_graph, dual, np.inf, np.inf, 5000, 1, GO)[0]
    assert not price_subgraphs(
        pricing_graph, dual, np.inf, np.inf, 5000, 10**6, np.ones(1, np.uint8)
    )[0]
