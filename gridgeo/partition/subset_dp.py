"""The exact solution for at most 16 atoms: dynamic programming over all subsets.

A subset is a bit mask. All connected subsets are valued; then the best sequence of subsets that
partitions the atoms is found, so the result is also a proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.kernel import CSRGraph, Objective, compiled, evaluate_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: pieces of up to so many atoms are solved by dynamic programming
MAX_ATOMS = 16


@compiled
def solve_by_subsets(
    graph: CSRGraph,
    objective: Objective,
    numbers: NDArray[np.int64],
    cancel_flag: NDArray[np.uint8],
) -> NDArray[np.int32]:
    """Return the best labelling of at most `MAX_ATOMS` atoms; labels of -1 if cancelled.

    Of the `numbers` of grids, the first that can be in band is taken, at its least cost. Where
    none can, any number of grids: fewest bands missed, then least distance, then least cost.
    """
    n = graph.attributes.shape[0]
    value = _subset_values(
        graph, objective, _without_cannot_links(graph, _connected_subsets(graph))
    )
    labels = np.full(n, -1, np.int32)
    if cancel_flag[0]:
        return labels
    steps = _steps_by_grid_count(value, n, int(numbers.max()), cancel_flag)
    for grids in numbers:
        if steps[grids, 0]:
            return _labels_from_steps(steps[: grids + 1], labels)
    if not cancel_flag[0]:
        steps = _lexicographic_steps(value, value[:, 0] < np.inf, n).reshape((1, 1 << n))
    return labels if cancel_flag[0] else _labels_from_steps(steps, labels)


@compiled
def _labels_from_steps(steps: NDArray[np.int64], labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the labels of a partition from the last subset taken at each remainder.

    `steps` has one row for each number of grids, or one row for all.
    """
    left, number = 0, 0
    row = steps.shape[0] - 1
    while left != steps.shape[1] - 1:
        subset = steps[row, left]
        for v in range(labels.size):
            if subset >> v & 1:
                labels[v] = number
        left |= subset
        number += 1
        row = max(row - 1, 0)
    return labels


@compiled
def _steps_by_grid_count(
    value: NDArray[np.float64], n: int, max_grids: int, cancel_flag: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Return the last subset on the cheapest way to each remainder, by number of subsets in band.

    As `_lexicographic_steps`; row k of the result is for partitions into k subsets.
    """
    sets, first = _subsets_by_lowest_atom(value[:, 0] == 0.0, n)
    full = (1 << n) - 1
    best = np.full((full + 1, max_grids + 1), np.inf)
    best[full, 0] = 0.0
    steps = np.zeros((max_grids + 1, full + 1), np.int64)
    for left in range(full, 0, -1):
        if cancel_flag[0]:
            break
        v = 0
        while not left >> v & 1:
            v += 1
        counts = np.flatnonzero(best[left, :max_grids] < np.inf)
        if not counts.size:
            continue
        for i in range(first[v], first[v + 1]):
            subset = sets[i]
            if subset & ~left:
                continue
            for k in counts:
                cost = best[left, k] + value[subset, 2]
                if cost < best[left ^ subset, k + 1] - 1e-6:
                    best[left ^ subset, k + 1] = cost
                    steps[k + 1, left ^ subset] = subset
    return steps


@compiled
def _lexicographic_steps(
    value: NDArray[np.float64], allowed: NDArray[np.bool_], n: int
) -> NDArray[np.int64]:
    """Return the last subset taken on the best way to each remainder, 0 where there is none.

    From all atoms on, the lowest atom that remains is taken with each allowed subset in turn. Ways
    are compared by bands missed, then distance, then cost.
    """
    sets, first = _subsets_by_lowest_atom(allowed, n)
    full = (1 << n) - 1
    best = np.full((full + 1, 3), np.inf)
    best[full] = 0.0
    steps = np.zeros(full + 1, np.int64)
    for left in range(full, 0, -1):
        if best[left, 0] == np.inf:
            continue
        v = 0
        while not left >> v & 1:
            v += 1
        for i in range(first[v], first[v + 1]):
            subset = sets[i]
            if subset & ~left:
                continue
            rest = left ^ subset
            missed = best[left, 0] + value[subset, 0]
            distance = best[left, 1] + value[subset, 1]
            cost = best[left, 2] + value[subset, 2]
            if _is_better(missed, distance, cost, best, rest):
                best[rest, 0], best[rest, 1], best[rest, 2] = missed, distance, cost
                steps[rest] = subset
    return steps


@compiled
def _subsets_by_lowest_atom(
    allowed: NDArray[np.bool_], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the allowed subsets ordered by lowest atom, and where those of each atom begin."""
    sets = np.zeros(allowed.size, np.int64)
    first = np.zeros(n + 1, np.int64)
    count = 0
    for v in range(n):
        for subset in range(1 << v, allowed.size, 2 << v):
            if allowed[subset]:
                sets[count] = subset
                count += 1
        first[v + 1] = count
    return sets, first


@compiled
def _is_better(
    missed: float, distance: float, cost: float, best: NDArray[np.float64], rest: int
) -> bool:
    """Tell whether (bands missed, distance, cost) precede the best of a remainder."""
    if missed != best[rest, 0]:
        return bool(missed < best[rest, 0])
    if abs(distance - best[rest, 1]) > 1e-6:
        return bool(distance < best[rest, 1])
    return bool(cost < best[rest, 2] - 1e-6)


@compiled
def _connected_subsets(graph: CSRGraph) -> NDArray[np.bool_]:
    """Tell for each subset whether links connect it."""
    neighbours = neighbour_masks(graph)
    connected = np.zeros(1 << neighbours.size, np.bool_)
    for subset in range(1, connected.size):
        connected[subset] = _is_connected(neighbours, connected, subset)
    return connected


@compiled
def _is_connected(neighbours: NDArray[np.int64], connected: NDArray[np.bool_], subset: int) -> bool:
    """Tell whether a subset is one atom, or a connected subset and an atom linked to it."""
    for v in range(neighbours.size):
        rest = subset ^ (1 << v)
        if subset >> v & 1 and (rest == 0 or (connected[rest] and neighbours[v] & rest)):
            return True
    return False


@compiled
def _without_cannot_links(graph: CSRGraph, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the allowed subsets that contain no cannot-link pair."""
    for u, v in graph.cannot_links:
        pair = (1 << u) | (1 << v)
        for subset in range(allowed.size):
            if subset & pair == pair:
                allowed[subset] = False
    return allowed


@compiled
def neighbour_masks(graph: CSRGraph) -> NDArray[np.int64]:
    """Return the linked neighbours of each atom as a bit mask."""
    neighbours = np.zeros(graph.attributes.shape[0], np.int64)
    for v in range(neighbours.size):
        for p in range(graph.indptr[v], graph.indptr[v + 1]):
            if graph.linked[p]:
                neighbours[v] |= 1 << graph.neighbour[p]
    return neighbours


@compiled
def _spread(neighbours: NDArray[np.int64], grid: int) -> int:
    """Return what the lowest atom of a set reaches inside it."""
    reached, around, known = grid & -grid, 0, 0
    while reached != known:
        known = reached
        for v in range(neighbours.size):
            if reached >> v & 1:
                around |= neighbours[v]
        reached |= around & grid
    return reached


@compiled
def _subset_values(
    graph: CSRGraph, objective: Objective, allowed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return (bands missed, distance, cost) of each allowed subset, infinite for the others.

    The cost is lowered by the weights inside the subset, so that the costs of a partition add up
    to its cost less a constant.
    """
    sums = np.zeros((allowed.size, 8))
    inside = np.zeros(allowed.size)
    value = np.full((allowed.size, 3), np.inf)
    v = -1
    for subset in range(1, allowed.size):
        if subset == 1 << (v + 1):
            v += 1
        rest = subset ^ (1 << v)
        sums[subset] = sums[rest] + graph.attributes[v]
        inside[subset] = inside[rest]
        for p in range(graph.indptr[v], graph.indptr[v + 1]):
            if rest >> graph.neighbour[p] & 1:
                inside[subset] += graph.weight[p]
        if allowed[subset]:
            cost, missed, distance = evaluate_grid(objective, sums, subset, sums, subset, 0.0)
            value[subset, 0], value[subset, 1], value[subset, 2] = (
                missed,
                distance,
                cost - inside[subset],
            )
    return value
