"""The connected sets of atoms in the band, of which every partition is made.

All connected sets of atoms in the band: the columns from which every partition is made.

The connected sets in band of one piece, and the cheapest division that they make.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

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
from gridgeo.partition.problem import canonical_order
from gridgeo.partition.set_partitioning import index_sets, solve_set_partitioning
from gridgeo.partition.subset_dp import neighbour_masks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Cancellation, Problem

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: the most atoms: a set of them is the bits of one number
ATOMS_IN_MASK = 62


@compiled
def enumerate_subgraphs(
    web: CSRGraph, rule: Objective, seen: int, kept: int, halt: NDArray[np.uint8]
) -> tuple[bool, NDArray[np.int64], NDArray[np.float64]]:
    """Return whether all sets were seen, those in band as bits, and what each costs.

    At most `seen` connected sets are looked at, fewer when told to stop, and `kept` in band are
    returned, ordered by their lowest atom. A set that holds a pair that must be apart, or cuts
    off a part which grids in the band cannot fill, is left out.
    Costs count half of each border that the set cuts, so those of a partition add up to its own.
    """
    n = web.mass.shape[0]
    sets, cost = np.empty(kept, np.int64), np.empty(kept)
    beside = neighbour_masks(web)
    count, looked = 0, 0
    for root in range(n):
        count, looked = subgraphs_from_root(
            web, rule, beside, root, sets, cost, count, looked, seen, halt
        )
        if looked > seen:
            return False, sets[:count], cost[:count]
    return True, sets[:count], cost[:count]


@compiled
def subgraphs_from_root(
    web: CSRGraph,
    rule: Objective,
    beside: NDArray[np.int64],
    root: int,
    sets: NDArray[np.int64],
    cost: NDArray[np.float64],
    count: int,
    looked: int,
    seen: int,
    halt: NDArray[np.uint8],
) -> tuple[int, int]:
    """Add the sets whose lowest atom is `root`; return how many there are and how many were seen.

    More than `seen` where that, or the room in `sets`, did not suffice.
    """
    n, width = web.mass.shape
    full = (1 << n) - 1
    inside, barred, rim = np.zeros((3, n * n + 2), np.int64)
    held, sums = np.zeros((n * n + 2, width)), np.zeros((1, width))
    inside[0], barred[0], rim[0] = 1 << root, (1 << root) - 1, beside[root]
    held[0] = web.mass[root]
    waiting = 1
    while waiting and looked <= seen:
        waiting -= 1
        looked += 1 if looked & 1023 or not halt[0] else seen + 1
        grid, shut, around = inside[waiting], barred[waiting], rim[waiting]
        sums[0] = held[waiting]
        if breaks_cannot_link(web.apart, grid) or cuts_off_light_part(
            web, rule, beside, full ^ grid, shut
        ):
            continue
        worth, missed, _ = evaluate_grid(rule, sums, 0, sums, 0, 0.0)
        if missed == 0.0 and rest_may_be_divisible(web, rule, beside, full ^ grid):
            if count == sets.size:
                return count, seen + 1
            sets[count], cost[count] = grid, worth + half_cut_weight(web, grid)
            count += 1
        free = around & ~grid & ~shut if may_grow(rule, sums) else 0
        for v in range(root + 1, n):
            if free >> v & 1:
                inside[waiting], barred[waiting] = grid | 1 << v, shut
                rim[waiting], held[waiting] = around | beside[v], sums[0] + web.mass[v]
                shut |= 1 << v
                waiting += 1
    return count, looked


@compiled
def may_grow(rule: Objective, sums: NDArray[np.float64]) -> bool:
    """Tell whether a larger set could be in band."""
    counted = rule.profile != BY_HOUSEHOLDS and sums[0, UNKNOWN] == 0.0
    if counted and sums[0, RESIDENTS] <= rule.residents_upper:
        return True
    return bool(sums[0, HOUSEHOLDS] <= rule.upper)


@compiled
def half_cut_weight(web: CSRGraph, grid: int) -> float:
    """Return half the weight of the borders that a set cuts."""
    cut = 0.0
    for v in range(web.mass.shape[0]):
        if grid >> v & 1:
            for p in range(web.start[v], web.start[v + 1]):
                if not grid >> web.neighbour[p] & 1:
                    cut += web.weight[p]
    return cut / 2.0


@compiled
def breaks_cannot_link(apart: NDArray[np.int32], grid: int) -> bool:
    """Tell whether a set holds both atoms of one of these pairs."""
    found = False
    for u, v in apart:
        found |= bool(grid >> u & 1) and bool(grid >> v & 1)
    return found


@compiled
def cuts_off_light_part(
    web: CSRGraph, rule: Objective, beside: NDArray[np.int64], rest: int, shut: int
) -> bool:
    """Tell whether an atom of `shut` lies in a part of `rest` that is too light for a grid.

    A set that grows takes from such a part and adds nothing to it.
    """
    left = rest & shut
    while left:
        part = reachable_mask(beside, left & -left, rest)
        left &= ~part
        households, residents, _ = amounts_in(web, part)
        if households < rule.lower and (
            rule.profile == BY_HOUSEHOLDS or residents < rule.residents_lower
        ):
            return True
    return False


@compiled
def rest_may_be_divisible(
    web: CSRGraph, rule: Objective, beside: NDArray[np.int64], rest: int
) -> bool:
    """Tell whether the amounts of each part of `rest` allow grids in the band."""
    while rest:
        part = reachable_mask(beside, rest & -rest, rest)
        rest ^= part
        households, residents, unknown = amounts_in(web, part)
        if rule.profile == BY_HOUSEHOLDS:
            fits = is_divisible(households, rule.lower, rule.upper)
        elif rule.profile == BY_RESIDENTS and unknown == 0.0:
            fits = is_divisible(residents, rule.residents_lower, rule.residents_upper)
        else:
            fits = households >= rule.lower or residents >= rule.residents_lower
        if not fits:
            return False
    return True


@compiled
def is_divisible(amount: float, lower: float, upper: float) -> bool:
    """Tell whether some number of shares within the limits makes up the amount."""
    return bool(np.ceil(amount / upper) <= np.floor(amount / lower))


@compiled
def amounts_in(web: CSRGraph, part: int) -> tuple[float, float, float]:
    """Return households, residents and atoms with unknown residents of a set."""
    households, residents, unknown = 0.0, 0.0, 0.0
    for v in range(web.mass.shape[0]):
        if part >> v & 1:
            households += web.mass[v, HOUSEHOLDS]
            residents += web.mass[v, RESIDENTS]
            unknown += web.mass[v, UNKNOWN]
    return households, residents, unknown


@compiled
def reachable_mask(beside: NDArray[np.int64], start: int, ground: int) -> int:
    """Return what links reach from the atoms `start` inside `ground`."""
    reached = fresh = start
    while fresh:
        around = 0
        for v in range(beside.size):
            if fresh >> v & 1:
                around |= beside[v]
        fresh = around & ground & ~reached
        reached |= fresh
    return reached


@dataclass(frozen=True, kw_only=True, slots=True)
class EnumerationBudget:
    """What proofs may take: connected sets looked at, sets in band kept, covers tried."""

    seen: int
    kept: int
    nodes: int


@dataclass(frozen=True, kw_only=True)
class ConnectedSubgraphs:
    """The connected sets in band of an ordered problem; `complete` where these are all."""

    bits: NDArray[np.int64]
    cost: NDArray[np.float64]
    complete: bool
    order: NDArray[np.int64]
    web: CSRGraph
    rule: Objective
    #: what a solution costs beyond its sets, metres
    constant: float
    budget: EnumerationBudget
    halt: Cancellation

    def cheapest(self, k: int, known: float) -> tuple[bool, NDArray[np.int32] | None, float]:
        """Return whether the search was complete, labels of `k` grids below `known`, their cost."""
        n = self.order.size
        most = k * float(np.max(self.cost, initial=0.0)) + 1.0
        complete, cover, _ = solve_set_partitioning(
            index_sets(self.bits, self.cost, n),
            n,
            k,
            min(known - self.constant, most),
            self.budget.nodes,
            self.halt.flag,
        )
        if not cover.size:
            return complete, None, np.inf
        labels = np.empty(n, dtype=np.int32)
        for number, grid in enumerate(cover.tolist()):
            labels[self.order[grid >> np.arange(n) & 1 == 1]] = number
        return complete, labels, self.cost_of(labels, k)

    def cost_of(self, labels: NDArray[np.int32], k: int) -> float:
        """Return what labels of `k` grids cost, as `Solution` counts it."""
        cost = evaluate_labels(self.web, self.rule, labels[self.order], k)[0]
        return float(cost) + self.constant


def list_subgraphs(
    problem: Problem, band: Band, budget: EnumerationBudget, halt: Cancellation
) -> ConnectedSubgraphs:
    """Return the connected sets in band of a piece, as many as the budget allows."""
    ordered, order = canonical_order(problem)
    web, rule = build_csr_graph(ordered), objective_of(ordered, band)
    complete, bits, cost = enumerate_subgraphs(web, rule, budget.seen, budget.kept, halt.flag)
    return ConnectedSubgraphs(
        bits=bits,
        cost=cost,
        complete=complete,
        order=order,
        web=web,
        rule=rule,
        constant=cost_constant(problem),
        budget=budget,
        halt=halt,
    )
