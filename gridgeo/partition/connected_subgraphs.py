"""Enumeration of all connected subgraphs in band: the candidate grids of every partition.

A connected subgraph is a bit mask, so pieces have at most `ATOMS_IN_MASK` atoms. Each is met once,
from its lowest atom, by the usual include-or-exclude enumeration. `ConnectedSubgraphs` then finds
the cheapest partition into k of them by set partitioning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import exceeds_band, grid_counts_of
from gridgeo.partition.connectivity import compiled
from gridgeo.partition.kernel import (
    BY_HOUSEHOLDS,
    BY_RESIDENTS,
    CANNOT_LINK_M,
    COST,
    DISTANCE,
    HOUSEHOLDS,
    MISSED,
    RESIDENTS,
    UNKNOWN,
    CSRGraph,
    Objective,
    build_csr_graph,
    cost_constant,
    evaluate_grid,
    evaluate_labels,
    objective_of,
)
from gridgeo.partition.problem import Solution, canonical_order
from gridgeo.partition.set_partitioning import index_sets, solve_set_partitioning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Cancellation, Problem

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: atoms in a bit mask of 64 bits, with room for sign and carry
ATOMS_IN_MASK = 62
#: which connected subgraphs are enumerated: all, or those that grids in band can be
ALL, IN_BAND = range(2)


@compiled
def enumerate_subgraphs(
    graph: CSRGraph,
    objective: Objective,
    which: int,
    seen: int,
    kept: int,
    cancel_flag: NDArray[np.uint8],
) -> tuple[bool, NDArray[np.int64], NDArray[np.float64]]:
    """Return whether the enumeration is complete, the subgraphs, and the value of each.

    At most `seen` connected subgraphs are visited, fewer if cancelled, and at most `kept` are
    returned, ordered by their lowest atom. A subgraph is left out if it contains a cannot-link
    pair; with `IN_BAND`, also if it is out of band or cuts off atoms that no grids in band can
    partition. Values are as those of grids, but a cost counts half of each border that is cut, so
    the costs of a partition add up to its own. That a subgraph encloses others is its cost.
    """
    n, width = graph.attributes.shape
    full = (1 << n) - 1
    in_band = which == IN_BAND
    masks, value, count, visited = np.empty(kept, np.int64), np.empty((kept, 3)), 0, 0
    neighbours, touching = _neighbour_masks(graph), _touching_masks(graph)
    outer = _outer_mask(graph)
    stack, stack_sums = np.zeros((n * n + 2, 3), np.int64), np.zeros((n * n + 2, width))
    sums = np.zeros((1, width))
    for root in range(n):
        stack[0] = 1 << root, (1 << root) - 1, neighbours[root]
        stack_sums[0] = graph.attributes[root]
        size = 1
        while size:
            size -= 1
            visited += 1
            if visited > seen or (visited & 1023 == 1 and cancel_flag[0]):
                return False, masks[:count], value[:count]
            grid, excluded, frontier = stack[size]
            sums[0] = stack_sums[size]
            if _breaks_cannot_link(graph.cannot_links, grid) or (
                in_band
                and _cuts_off_light_part(graph, objective, neighbours, full ^ grid, excluded)
            ):
                continue
            cost, missed, distance = evaluate_grid(objective, sums, 0, sums, 0, 0.0)
            if not in_band or (
                missed == 0.0 and _rest_may_be_divisible(graph, objective, neighbours, full ^ grid)
            ):
                if count == kept:
                    return False, masks[:count], value[:count]
                masks[count] = grid
                cost += _enclave_cost(objective, touching, outer, full ^ grid)
                value[count, COST] = cost + _half_cut_weight(graph, grid)
                value[count, MISSED], value[count, DISTANCE] = missed, distance
                count += 1
            if in_band and not may_grow(objective, sums):
                continue
            free = frontier & ~grid & ~excluded
            for v in range(root + 1, n):
                if free >> v & 1:
                    stack[size] = grid | 1 << v, excluded, frontier | neighbours[v]
                    stack_sums[size] = sums[0] + graph.attributes[v]
                    excluded |= 1 << v
                    size += 1
    return True, masks[:count], value[:count]


@compiled
def may_grow(objective: Objective, sums: NDArray[np.float64]) -> bool:
    """Tell whether a superset could be in band."""
    counted = objective.profile != BY_HOUSEHOLDS and sums[0, UNKNOWN] == 0.0
    if counted and sums[0, RESIDENTS] <= objective.residents_upper:
        return True
    return bool(sums[0, HOUSEHOLDS] <= objective.upper)


@compiled
def _half_cut_weight(graph: CSRGraph, grid: int) -> float:
    """Return half the weight of the borders that a subgraph cuts."""
    cut = 0.0
    for v in range(graph.attributes.shape[0]):
        if grid >> v & 1:
            for p in range(graph.indptr[v], graph.indptr[v + 1]):
                if not grid >> graph.neighbour[p] & 1:
                    cut += graph.weight[p]
    return cut / 2.0


@compiled
def _breaks_cannot_link(cannot_links: NDArray[np.int32], grid: int) -> bool:
    """Tell whether a subgraph contains both atoms of a cannot-link pair."""
    found = False
    for u, v in cannot_links:
        found |= bool(grid >> u & 1) and bool(grid >> v & 1)
    return found


@compiled
def _cuts_off_light_part(
    graph: CSRGraph, objective: Objective, neighbours: NDArray[np.int64], rest: int, excluded: int
) -> bool:
    """Tell whether an atom of `excluded` lies in a component of `rest` too light for a grid.

    The subgraph can only take atoms from such a component, never add any.
    """
    left = rest & excluded
    while left:
        part = _reachable_mask(neighbours, left & -left, rest)
        left &= ~part
        households, residents, _ = _amounts_in(graph, part)
        if households < objective.lower and (
            objective.profile == BY_HOUSEHOLDS or residents < objective.residents_lower
        ):
            return True
    return False


@compiled
def _rest_may_be_divisible(
    graph: CSRGraph, objective: Objective, neighbours: NDArray[np.int64], rest: int
) -> bool:
    """Tell whether the totals of each component of `rest` allow grids in band."""
    while rest:
        part = _reachable_mask(neighbours, rest & -rest, rest)
        rest ^= part
        households, residents, unknown = _amounts_in(graph, part)
        if objective.profile == BY_HOUSEHOLDS:
            fits = _is_divisible(households, objective.lower, objective.upper)
        elif objective.profile == BY_RESIDENTS and unknown == 0.0:
            fits = _is_divisible(residents, objective.residents_lower, objective.residents_upper)
        else:
            fits = households >= objective.lower or residents >= objective.residents_lower
        if not fits:
            return False
    return True


@compiled
def _is_divisible(amount: float, lower: float, upper: float) -> bool:
    """Tell whether some number of shares within the limits adds up to the amount."""
    return bool(np.ceil(amount / upper) <= np.floor(amount / lower))


@compiled
def _amounts_in(graph: CSRGraph, part: int) -> tuple[float, float, float]:
    """Return households, residents and the number of atoms with unknown residents of a mask."""
    households, residents, unknown = 0.0, 0.0, 0.0
    for v in range(graph.attributes.shape[0]):
        if part >> v & 1:
            households += graph.attributes[v, HOUSEHOLDS]
            residents += graph.attributes[v, RESIDENTS]
            unknown += graph.attributes[v, UNKNOWN]
    return households, residents, unknown


@compiled
def _neighbour_masks(graph: CSRGraph) -> NDArray[np.int64]:
    """Return the linked neighbours of each atom as a bit mask."""
    neighbours = np.zeros(graph.attributes.shape[0], np.int64)
    for v in range(neighbours.size):
        for p in range(graph.indptr[v], graph.indptr[v + 1]):
            if graph.linked[p]:
                neighbours[v] |= 1 << graph.neighbour[p]
    return neighbours


@compiled
def _touching_masks(graph: CSRGraph) -> NDArray[np.int64]:
    """Return the atoms that each atom shares a border with as a bit mask."""
    touching = np.zeros(graph.attributes.shape[0], np.int64)
    for v in range(touching.size):
        for p in range(graph.indptr[v], graph.indptr[v + 1]):
            if graph.weight[p] > -CANNOT_LINK_M:
                touching[v] |= 1 << graph.neighbour[p]
    return touching


@compiled
def _outer_mask(graph: CSRGraph) -> int:
    """Return the outer atoms as a bit mask."""
    outer = 0
    for v in range(graph.outer.size):
        if graph.outer[v]:
            outer |= 1 << v
    return outer


@compiled
def _enclave_cost(
    objective: Objective, touching: NDArray[np.int64], outer: int, rest: int
) -> float:
    """Return what the connected pieces of `rest` without an outer atom cost."""
    cost = 0.0
    if objective.enclave_m > 0.0:
        rest &= ~_reachable_mask(touching, rest & outer, rest)
        while rest:
            cost += objective.enclave_m
            rest &= ~_reachable_mask(touching, rest & -rest, rest)
    return cost


@compiled
def _reachable_mask(neighbours: NDArray[np.int64], seeds: int, within: int) -> int:
    """Return the atoms that links reach from `seeds` inside `within`."""
    reached = fresh = seeds
    while fresh:
        frontier = 0
        for v in range(neighbours.size):
            if fresh >> v & 1:
                frontier |= neighbours[v]
        fresh = frontier & within & ~reached
        reached |= fresh
    return reached


@dataclass(frozen=True, kw_only=True, slots=True)
class EnumerationBudget:
    """The limits of an enumeration: subgraphs visited and kept, nodes of set partitioning."""

    seen: int
    kept: int
    nodes: int


@dataclass(frozen=True, kw_only=True)
class ConnectedSubgraphs:
    """Connected subgraphs in band of a problem in canonical order; `complete` if these are all."""

    masks: NDArray[np.int64]
    cost: NDArray[np.float64]
    complete: bool
    #: the numbers of grids that can be in band, nearest to the middle of the band first
    counts: tuple[int, ...]
    order: NDArray[np.int64]
    graph: CSRGraph
    objective: Objective
    #: what a solution costs beyond its subgraphs, metres
    constant: float
    budget: EnumerationBudget
    cancellation: Cancellation

    def first_partition(self) -> tuple[Solution | None, bool]:
        """Return the cheapest solution of the first of `counts` with one, and whether that is sure.

        The certificate is ``optimal`` where no partition into as many grids costs less. What is
        sure is that no earlier number has a solution; without one, that none has.
        """
        sure = self.complete
        for k in self.counts:
            complete, labels, cost = self.cheapest_partition(k, np.inf)
            if labels is None:
                sure &= complete
                continue
            optimal = complete and self.complete
            return Solution(
                labels=labels,
                grids=k,
                missed=0,
                distance=0.0,
                cost=cost,
                moves=0,
                exact=optimal,
                starts=0,
                first_cost=cost,
                certificate="optimal" if optimal else "",
                bound=cost if optimal else -np.inf,
            ), sure and optimal
        return None, sure

    def cheapest_partition(
        self, k: int, upper_bound: float
    ) -> tuple[bool, NDArray[np.int32] | None, float]:
        """Return whether the search was complete, the labels of `k` grids, and their cost.

        The labels are None where no partition cheaper than `upper_bound` was found.
        """
        n = self.order.size
        most = k * float(np.max(self.cost, initial=0.0)) + 1.0
        complete, partition, _ = solve_set_partitioning(
            index_sets(self.masks, self.cost, n),
            n,
            k,
            min(upper_bound - self.constant, most),
            self.budget.nodes,
            self.cancellation.flag,
        )
        if not partition.size:
            return complete, None, np.inf
        labels = np.empty(n, dtype=np.int32)
        for number, grid in enumerate(partition.tolist()):
            labels[self.order[grid >> np.arange(n) & 1 == 1]] = number
        return complete, labels, self.cost_of(labels, k)

    def cost_of(self, labels: NDArray[np.int32], k: int) -> float:
        """Return the cost of labels of `k` grids, as `Solution` counts it."""
        cost = evaluate_labels(self.graph, self.objective, labels[self.order], k)[0]
        return float(cost) + self.constant


def list_if_few(
    problem: Problem, band: Band, budget: EnumerationBudget | None, cancellation: Cancellation
) -> ConnectedSubgraphs | None:
    """Return the connected subgraphs in band of a piece whose totals and atoms allow the band.

    None for other pieces, and for those with too many atoms.
    """
    if budget is None or problem.households.size > ATOMS_IN_MASK:
        return None
    heavy = exceeds_band(band, problem.households, problem.residents)
    if heavy.any() or not grid_counts_of(problem, band):
        return None
    return list_subgraphs(problem, band, budget, cancellation)


def list_subgraphs(
    problem: Problem, band: Band, budget: EnumerationBudget, cancellation: Cancellation
) -> ConnectedSubgraphs:
    """Return the connected subgraphs in band of a piece, as many as the budget allows."""
    ordered, order = canonical_order(problem)
    graph, objective = build_csr_graph(ordered), objective_of(ordered, band)
    complete, masks, value = enumerate_subgraphs(
        graph, objective, IN_BAND, budget.seen, budget.kept, cancellation.flag
    )
    return ConnectedSubgraphs(
        masks=masks,
        cost=value[:, COST].copy(),
        complete=complete,
        counts=grid_counts_of(problem, band),
        order=order,
        graph=graph,
        objective=objective,
        constant=cost_constant(problem),
        budget=budget,
        cancellation=cancellation,
    )
