"""Enumeration of all connected subgraphs in band: the candidate grids of every partition.

A connected subgraph is a bit mask, so pieces have at most `ATOMS_IN_MASK` atoms. Each is met once,
from its lowest atom, by the usual include-or-exclude enumeration. `ConnectedSubgraphs` then finds
the cheapest partition into k of them by set partitioning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import possible_grid_counts
from gridgeo.partition.kernel import (
    BY_HOUSEHOLDS,
    BY_RESIDENTS,
    HOUSEHOLDS,
    RESIDENTS,
    UNKNOWN,
    CSRGraph,
    Objective,
    build_csr_graph,
    compiled,
    cost_constant,
    evaluate_grid,
    evaluate_labels,
    objective_of,
)
from gridgeo.partition.problem import Solution, canonical_order
from gridgeo.partition.proofs import is_ruled_out
from gridgeo.partition.set_partitioning import index_sets, solve_set_partitioning
from gridgeo.partition.subset_dp import neighbour_masks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Cancellation, Problem

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: atoms in a bit mask of 64 bits, with room for sign and carry
ATOMS_IN_MASK = 62


@compiled
def _enumerate_subgraphs(
    graph: CSRGraph, objective: Objective, seen: int, kept: int, cancel_flag: NDArray[np.uint8]
) -> tuple[bool, NDArray[np.int64], NDArray[np.float64]]:
    """Return whether the enumeration is complete, the subgraphs in band, and their costs.

    At most `seen` connected subgraphs are visited, fewer if cancelled, and at most `kept` in band
    are returned, ordered by their lowest atom. A subgraph is left out if it contains a cannot-link
    pair, or cuts off atoms that no grids in band can partition. A cost counts half of each border
    that is cut, so the costs of a partition add up to its own.
    """
    n = graph.attributes.shape[0]
    sets, cost = np.empty(kept, np.int64), np.empty(kept)
    neighbours = neighbour_masks(graph)
    count, enumerated = 0, 0
    for root in range(n):
        count, enumerated = _subgraphs_from_root(
            graph, objective, neighbours, root, sets, cost, count, enumerated, seen, cancel_flag
        )
        if enumerated > seen:
            return False, sets[:count], cost[:count]
    return True, sets[:count], cost[:count]


@compiled
def _subgraphs_from_root(
    graph: CSRGraph,
    objective: Objective,
    neighbours: NDArray[np.int64],
    root: int,
    sets: NDArray[np.int64],
    cost: NDArray[np.float64],
    count: int,
    enumerated: int,
    seen: int,
    cancel_flag: NDArray[np.uint8],
) -> tuple[int, int]:
    """Add the subgraphs whose lowest atom is `root`; return how many are kept and were visited.

    The latter is more than `seen` where that limit, or the room in `sets`, did not suffice.
    """
    n, width = graph.attributes.shape
    full = (1 << n) - 1
    stack_masks, stack_excluded, stack_frontier = np.zeros((3, n * n + 2), np.int64)
    stack_sums, sums = np.zeros((n * n + 2, width)), np.zeros((1, width))
    stack_masks[0], stack_excluded[0], stack_frontier[0] = (
        1 << root,
        (1 << root) - 1,
        neighbours[root],
    )
    stack_sums[0] = graph.attributes[root]
    stack_size = 1
    while stack_size and enumerated <= seen:
        stack_size -= 1
        enumerated += 1 if enumerated & 1023 or not cancel_flag[0] else seen + 1
        grid, excluded, frontier = (
            stack_masks[stack_size],
            stack_excluded[stack_size],
            stack_frontier[stack_size],
        )
        sums[0] = stack_sums[stack_size]
        if _breaks_cannot_link(graph.cannot_links, grid) or _cuts_off_light_part(
            graph, objective, neighbours, full ^ grid, excluded
        ):
            continue
        grid_cost, missed, _ = evaluate_grid(objective, sums, 0, sums, 0, 0.0)
        if missed == 0.0 and _rest_may_be_divisible(graph, objective, neighbours, full ^ grid):
            if count == sets.size:
                return count, seen + 1
            sets[count], cost[count] = grid, grid_cost + _half_cut_weight(graph, grid)
            count += 1
        free = frontier & ~grid & ~excluded if _may_grow(objective, sums) else 0
        for v in range(root + 1, n):
            if free >> v & 1:
                stack_masks[stack_size], stack_excluded[stack_size] = grid | 1 << v, excluded
                stack_frontier[stack_size], stack_sums[stack_size] = (
                    frontier | neighbours[v],
                    sums[0] + graph.attributes[v],
                )
                excluded |= 1 << v
                stack_size += 1
    return count, enumerated


@compiled
def _may_grow(objective: Objective, sums: NDArray[np.float64]) -> bool:
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
    if is_ruled_out(problem, band):
        return None
    return list_subgraphs(problem, band, budget, cancellation)


def list_subgraphs(
    problem: Problem, band: Band, budget: EnumerationBudget, cancellation: Cancellation
) -> ConnectedSubgraphs:
    """Return the connected subgraphs in band of a piece, as many as the budget allows."""
    ordered, order = canonical_order(problem)
    graph, objective = build_csr_graph(ordered), objective_of(ordered, band)
    complete, masks, cost = _enumerate_subgraphs(
        graph, objective, budget.seen, budget.kept, cancellation.flag
    )
    counts = possible_grid_counts(band, problem.households, problem.residents)
    return ConnectedSubgraphs(
        masks=masks,
        cost=cost,
        complete=complete,
        counts=tuple(k for k in counts if problem.grids in {None, k}),
        order=order,
        graph=graph,
        objective=objective,
        constant=cost_constant(problem),
        budget=budget,
        cancellation=cancellation,
    )
