"""The exact answer for a few atoms: every set of them is looked at, so it is also a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.kernel import CSRGraph, Objective, compiled, evaluate_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: the most atoms for which all sets are looked at
MAX_ATOMS = 16


@compiled
def solve_by_subsets(
    web: CSRGraph, rule: Objective, numbers: NDArray[np.int64], halt: NDArray[np.uint8]
) -> NDArray[np.int32]:
    """Return the best labelling of at most `MAX_ATOMS` atoms; labels of -1 where it was told to stop.

    Sets of atoms are bits of a number. The first of these `numbers` of grids that can be in band
    is taken, at its least cost. Where none can, whatever number misses fewest bands, then the
    least distance, then costs least.
    """
    n = web.mass.shape[0]
    worth = subset_values(web, rule, without_cannot_links(web, connected_subsets(web)))
    labels = np.full(n, -1, np.int32)
    if halt[0]:
        return labels
    taken = steps_by_grid_count(worth, n, int(numbers.max()), halt)
    for grids in numbers:
        if taken[grids, 0]:
            return labels_from_steps(taken[: grids + 1], labels)
    if not halt[0]:
        taken = lexicographic_steps(worth, worth[:, 0] < np.inf, n).reshape((1, 1 << n))
    return labels if halt[0] else labels_from_steps(taken, labels)


@compiled
def labels_from_steps(taken: NDArray[np.int64], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the labels that sets taken one after another give, from the last one on.

    One row of `taken` for each number of grids, or one for all.
    """
    left, number = 0, 0
    row = taken.shape[0] - 1
    while left != taken.shape[1] - 1:
        grid = taken[row, left]
        for v in range(labels.size):
            if grid >> v & 1:
                labels[v] = number
        left |= grid
        number += 1
        row = max(row - 1, 0)
    return labels


@compiled
def steps_by_grid_count(
    worth: NDArray[np.float64], n: int, most: int, halt: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Return, for each number of sets in band, the last one on the cheapest way to a remainder.

    As in `lexicographic_steps`; row k of the result is for ways of k sets.
    """
    sets, first = subsets_by_lowest_atom(worth[:, 0] == 0.0, n)
    full = (1 << n) - 1
    best = np.full((full + 1, most + 1), np.inf)
    best[full, 0] = 0.0
    taken = np.zeros((most + 1, full + 1), np.int64)
    for left in range(full, 0, -1):
        if halt[0]:
            break
        v = 0
        while not left >> v & 1:
            v += 1
        ways = np.flatnonzero(best[left, :most] < np.inf)
        if not ways.size:
            continue
        for i in range(first[v], first[v + 1]):
            grid = sets[i]
            if grid & ~left:
                continue
            for k in ways:
                cost = best[left, k] + worth[grid, 2]
                if cost < best[left ^ grid, k + 1] - 1e-6:
                    best[left ^ grid, k + 1] = cost
                    taken[k + 1, left ^ grid] = grid
    return taken


@compiled
def lexicographic_steps(
    worth: NDArray[np.float64], allowed: NDArray[np.bool_], n: int
) -> NDArray[np.int64]:
    """Return the last set taken on the best way to each remainder, 0 where there is no way.

    From all atoms on, the lowest atom that is left takes with it every allowed set in turn.
    """
    sets, first = subsets_by_lowest_atom(allowed, n)
    full = (1 << n) - 1
    best = np.full((full + 1, 3), np.inf)
    best[full] = 0.0
    taken = np.zeros(full + 1, np.int64)
    for left in range(full, 0, -1):
        if best[left, 0] == np.inf:
            continue
        v = 0
        while not left >> v & 1:
            v += 1
        for i in range(first[v], first[v + 1]):
            grid = sets[i]
            if grid & ~left:
                continue
            rest = left ^ grid
            missed = best[left, 0] + worth[grid, 0]
            distance = best[left, 1] + worth[grid, 1]
            cost = best[left, 2] + worth[grid, 2]
            if is_better(missed, distance, cost, best, rest):
                best[rest, 0], best[rest, 1], best[rest, 2] = missed, distance, cost
                taken[rest] = grid
    return taken


@compiled
def subsets_by_lowest_atom(
    allowed: NDArray[np.bool_], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the allowed sets ordered by their lowest atom, and where those of each begin."""
    sets = np.zeros(allowed.size, np.int64)
    first = np.zeros(n + 1, np.int64)
    count = 0
    for v in range(n):
        for grid in range(1 << v, allowed.size, 2 << v):
            if allowed[grid]:
                sets[count] = grid
                count += 1
        first[v + 1] = count
    return sets, first


@compiled
def is_better(
    missed: float, distance: float, cost: float, best: NDArray[np.float64], rest: int
) -> bool:
    """Tell whether bands missed, distance and cost, in this order, are less than the best."""
    if missed != best[rest, 0]:
        return bool(missed < best[rest, 0])
    if abs(distance - best[rest, 1]) > 1e-6:
        return bool(distance < best[rest, 1])
    return bool(cost < best[rest, 2] - 1e-6)


@compiled
def connected_subsets(web: CSRGraph) -> NDArray[np.bool_]:
    """Tell for each set of atoms whether links connect it."""
    beside = neighbour_masks(web)
    connected = np.zeros(1 << beside.size, np.bool_)
    for grid in range(1, connected.size):
        connected[grid] = is_connected(beside, connected, grid)
    return connected


@compiled
def is_connected(beside: NDArray[np.int64], connected: NDArray[np.bool_], grid: int) -> bool:
    """Tell whether a set is one atom, or a connected set with an atom beside it."""
    for v in range(beside.size):
        rest = grid ^ (1 << v)
        if grid >> v & 1 and (rest == 0 or (connected[rest] and beside[v] & rest)):
            return True
    return False


@compiled
def without_cannot_links(web: CSRGraph, sets: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the sets that hold no pair that must be apart."""
    for u, v in web.apart:
        pair = (1 << u) | (1 << v)
        for grid in range(sets.size):
            if grid & pair == pair:
                sets[grid] = False
    return sets


@compiled
def neighbour_masks(web: CSRGraph) -> NDArray[np.int64]:
    """Return the linked neighbours of each atom as a set."""
    beside = np.zeros(web.mass.shape[0], np.int64)
    for v in range(beside.size):
        for p in range(web.start[v], web.start[v + 1]):
            if web.linked[p]:
                beside[v] |= 1 << web.neighbour[p]
    return beside


@compiled
def spread(beside: NDArray[np.int64], grid: int) -> int:
    """Return what the lowest atom of a set reaches inside it."""
    reached, around, known = grid & -grid, 0, 0
    while reached != known:
        known = reached
        for v in range(beside.size):
            if reached >> v & 1:
                around |= beside[v]
        reached |= around & grid
    return reached


@compiled
def subset_values(web: CSRGraph, rule: Objective, wanted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return (bands missed, distance, cost) of each wanted set, infinite for the others.

    The weights inside a set count against its cost, so that the costs of a partition add up to
    those of its cut borders, less a constant.
    """
    sums = np.zeros((wanted.size, 8))
    inside = np.zeros(wanted.size)
    worth = np.full((wanted.size, 3), np.inf)
    v = -1
    for grid in range(1, wanted.size):
        if grid == 1 << (v + 1):
            v += 1
        rest = grid ^ (1 << v)
        sums[grid] = sums[rest] + web.mass[v]
        inside[grid] = inside[rest]
        for p in range(web.start[v], web.start[v + 1]):
            if rest >> web.neighbour[p] & 1:
                inside[grid] += web.weight[p]
        if wanted[grid]:
            cost, missed, distance = evaluate_grid(rule, sums, grid, sums, grid, 0.0)
            worth[grid, 0], worth[grid, 1], worth[grid, 2] = missed, distance, cost - inside[grid]
    return worth
