"""Set partitioning: the best choice of connected subgraphs that has every atom exactly once.

Subgraphs are bit masks. `solve_set_partitioning` finds the cheapest for a number of grids:
subgradient steps on the Lagrangian multipliers of the atoms give a lower bound, candidates are
removed by their reduced costs, and a depth-first search ends it. `partition_few_atoms` also
answers where no partition is in band: by dynamic programming over all subsets of a few atoms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.partition.connectivity import compiled
from gridgeo.partition.kernel import COST, DISTANCE, MISSED

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: costs that differ by less are equal, metres
_TOLERANCE_M = 1e-3
#: subgradient steps; steps without progress before their size is halved; steps between fixings
_SUBGRADIENT_STEPS = 400
_STEPS_BEFORE_HALVING = 12
_STEPS_BETWEEN_FIXINGS = 4
#: so few candidates are searched without further steps
_FEW_SETS = 40


class _CandidateSets(NamedTuple):
    """Candidate sets ordered by their lowest atom: masks, atoms in CSR form, costs."""

    masks: NDArray[np.int64]
    #: atoms of set i are at ``indptr[i]:indptr[i + 1]``
    indptr: NDArray[np.int64]
    atoms: NDArray[np.int8]
    cost: NDArray[np.float64]


@compiled
def index_sets(sets: NDArray[np.int64], cost: NDArray[np.float64], n: int) -> _CandidateSets:
    """Return the candidate sets of some masks."""
    size = 0
    for i in range(sets.size):
        for v in range(n):
            size += sets[i] >> v & 1
    indptr, atoms = np.zeros(sets.size + 1, np.int64), np.empty(size, np.int8)
    position = 0
    for i in range(sets.size):
        for v in range(n):
            if sets[i] >> v & 1:
                atoms[position] = v
                position += 1
        indptr[i + 1] = position
    return _CandidateSets(sets, indptr, atoms, cost)


@compiled
def solve_set_partitioning(
    pool: _CandidateSets,
    n: int,
    k: int,
    upper_bound: float,
    nodes: int,
    cancel_flag: NDArray[np.uint8],
) -> tuple[bool, NDArray[np.int64], float]:
    """Return whether the search was complete, the best partition, and a lower bound.

    The partition is `k` candidates with each of the `n` atoms once. It is empty where none cheaper
    than `upper_bound` was found; where the search was complete, none exists. The bound holds for
    every partition into `k` candidates.
    """
    multipliers = np.full(n, upper_bound / n)
    lowest, lower_bound = np.full(n, np.inf), -np.inf
    best_multipliers = multipliers.copy()
    step_size, idle = 1.0, 0
    for step_number in range(_SUBGRADIENT_STEPS):
        reduced = _reduced_costs(pool, multipliers)
        value, subgradient, lowest, last_added = _lagrangian_bound(pool, reduced, multipliers, n, k)
        if value == np.inf:
            return True, np.empty(0, np.int64), np.inf
        if value > lower_bound:
            lower_bound, idle = value, 0
            best_multipliers[:] = multipliers
        else:
            idle += 1
        if lower_bound >= upper_bound - _TOLERANCE_M:
            return True, np.empty(0, np.int64), lower_bound
        if step_number % _STEPS_BETWEEN_FIXINGS == 0:
            pool = _fix_by_reduced_cost(pool, reduced, lowest, last_added, value, upper_bound, n)
        if pool.masks.size <= _FEW_SETS or cancel_flag[0]:
            break
        if idle == _STEPS_BEFORE_HALVING:
            step_size, idle = step_size / 2.0, 0
            multipliers[:] = best_multipliers
            continue
        square = (subgradient * subgradient).sum()
        if square == 0.0 or step_size < 1e-3:
            break
        multipliers += step_size * (upper_bound - value) / square * subgradient
    complete, partition = _depth_first_search(
        pool, best_multipliers, n, k, upper_bound, 0 if cancel_flag[0] else nodes
    )
    return complete, partition, lower_bound


@compiled
def _reduced_costs(pool: _CandidateSets, multipliers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cost of each candidate less the multipliers of its atoms."""
    reduced = pool.cost.copy()
    for i in range(reduced.size):
        for p in range(pool.indptr[i], pool.indptr[i + 1]):
            reduced[i] -= multipliers[pool.atoms[p]]
    return reduced


@compiled
def _lagrangian_bound(
    pool: _CandidateSets,
    reduced: NDArray[np.float64],
    multipliers: NDArray[np.float64],
    n: int,
    k: int,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float]:
    """Return the Lagrangian bound, its subgradient, the least reduced costs and the last taken.

    The least reduced costs are by lowest atom. The candidates of a partition have different lowest
    atoms, and atom 0 is one of them: so the bound takes the least of atom 0 and the k - 1 least of
    the others. The last value is the largest of these.
    """
    lowest, chosen = np.full(n, np.inf), np.full(n, -1)
    for i in range(reduced.size):
        v = pool.atoms[pool.indptr[i]]
        if reduced[i] < lowest[v]:
            lowest[v], chosen[v] = reduced[i], i
    order = np.argsort(lowest[1:]) + 1
    value, subgradient, last_added = multipliers.sum() + lowest[0], np.ones(n), -np.inf
    chosen_sets = [chosen[0]]
    for j in range(k - 1):
        if j >= n - 1:
            return np.inf, subgradient, lowest, last_added
        last_added = lowest[order[j]]
        value += last_added
        chosen_sets.append(chosen[order[j]])
    if value == np.inf:
        return np.inf, subgradient, lowest, last_added
    for i in chosen_sets:
        for p in range(pool.indptr[i], pool.indptr[i + 1]):
            subgradient[pool.atoms[p]] -= 1.0
    return value, subgradient, lowest, last_added


@compiled
def _fix_by_reduced_cost(
    pool: _CandidateSets,
    reduced: NDArray[np.float64],
    lowest: NDArray[np.float64],
    last_added: float,
    value: float,
    upper_bound: float,
    n: int,
) -> _CandidateSets:
    """Return the candidates without those that no partition cheaper than `upper_bound` contains."""
    kept = np.zeros(reduced.size, np.bool_)
    for i in range(reduced.size):
        v = pool.atoms[pool.indptr[i]]
        replaced = lowest[v] if v == 0 or lowest[v] <= last_added else last_added
        kept[i] = value - replaced + reduced[i] < upper_bound - _TOLERANCE_M
    if kept.sum() > 0.8 * kept.size:
        return pool
    return index_sets(pool.masks[kept], pool.cost[kept], n)


@compiled
def _depth_first_search(
    pool: _CandidateSets,
    multipliers: NDArray[np.float64],
    n: int,
    k: int,
    upper_bound: float,
    nodes: int,
) -> tuple[bool, NDArray[np.int64]]:
    """Return whether all partitions into `k` candidates were enumerated, and the best one.

    The lowest remaining atom takes each of its candidates in turn, the least reduced cost first.
    """
    reduced = _reduced_costs(pool, multipliers)
    order, first, least = _sets_by_lowest_atom(pool, reduced, n)
    base, others = multipliers.sum(), least[1:].min()
    best, chosen = np.empty(0, np.int64), np.zeros(k, np.int64)
    left, position, lowest = np.zeros((3, k), np.int64)
    spent = np.zeros(k)
    left[0], depth = (1 << n) - 1, 0
    while depth >= 0:
        i, grids = -1, k - depth - 1
        if position[depth] < first[lowest[depth] + 1]:
            i = order[position[depth]]
        later = others * grids if grids else 0.0
        if i < 0 or base + spent[depth] + reduced[i] + later >= upper_bound - _TOLERANCE_M:
            depth -= 1
            continue
        position[depth] += 1
        if pool.masks[i] & ~left[depth]:
            continue
        nodes -= 1
        if nodes < 0:
            return False, best
        chosen[depth] = pool.masks[i]
        rest, paid = left[depth] ^ pool.masks[i], spent[depth] + reduced[i]
        if grids == 0 and rest == 0:
            upper_bound, best = base + paid, chosen.copy()
        if grids and rest:
            depth += 1
            left[depth], spent[depth], lowest[depth] = rest, paid, _lowest_atom(rest)
            position[depth] = first[lowest[depth]]
    return True, best


@compiled
def _lowest_atom(grid: int) -> int:
    """Return the lowest atom of a mask that is not empty."""
    v = 0
    while not grid >> v & 1:
        v += 1
    return v


@compiled
def _sets_by_lowest_atom(
    pool: _CandidateSets, reduced: NDArray[np.float64], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the candidates by lowest atom, then reduced cost; the first and the least of each."""
    order = np.argsort(reduced)
    lowest = pool.atoms[pool.indptr[:-1]][order]
    order = order[np.argsort(lowest, kind="mergesort")]
    first, least = np.zeros(n + 1, np.int64), np.full(n + 1, np.inf)
    for i in range(order.size):
        v = pool.atoms[pool.indptr[i]]
        first[v + 1] += 1
        least[v] = min(least[v], reduced[i])
    return order, np.cumsum(first), least


@compiled
def partition_few_atoms(
    masks: NDArray[np.int64],
    value: NDArray[np.float64],
    n: int,
    numbers: NDArray[np.int64],
    cancel_flag: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Return the best partition of a few atoms into connected subgraphs; none if cancelled.

    Of the `numbers` of grids, the first that can be in band is taken, at its least cost. Where
    none can, any number of grids: fewest bands missed, then least distance, then least cost.
    """
    chosen = value[:, MISSED] == 0.0
    steps = _best_steps(masks[chosen], value[chosen], n, int(numbers.max()), cancel_flag)
    for grids in numbers:
        if steps[0, grids]:
            return _partition_of(steps[:, : grids + 1])
    steps = _best_steps(masks, value, n, 0, cancel_flag)
    return np.empty(0, np.int64) if cancel_flag[0] else _partition_of(steps)


@compiled
def _best_steps(
    masks: NDArray[np.int64],
    value: NDArray[np.float64],
    n: int,
    max_grids: int,
    cancel_flag: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Return the last subgraph on the best way to each remainder, 0 where there is none.

    From all atoms on, the lowest atom that remains is taken with each of its subgraphs in turn.
    Ways are compared by bands missed, then distance, then cost. Column k is for k subgraphs; with
    `max_grids` of 0 the only column is for any number of them.
    """
    first = np.zeros(n + 1, np.int64)
    for i in range(masks.size):
        first[_lowest_atom(masks[i]) + 1] = i + 1
    for v in range(n):
        first[v + 1] = max(first[v], first[v + 1])
    full = (1 << n) - 1
    best = np.full((full + 1, max_grids + 1, 3), np.inf)
    best[full, 0] = 0.0
    steps = np.zeros((full + 1, max_grids + 1), np.int64)
    more = 1 if max_grids else 0
    for left in range(full, 0, -1):
        if cancel_flag[0]:
            break
        for k in range(max_grids + 1 - more):
            if best[left, k, MISSED] == np.inf:
                continue
            v = _lowest_atom(left)
            for i in range(first[v], first[v + 1]):
                if masks[i] & ~left:
                    continue
                rest = left ^ masks[i]
                missed = best[left, k, MISSED] + value[i, MISSED]
                distance = best[left, k, DISTANCE] + value[i, DISTANCE]
                cost = best[left, k, COST] + value[i, COST]
                if _is_better(missed, distance, cost, best[rest, k + more]):
                    best[rest, k + more, MISSED] = missed
                    best[rest, k + more, DISTANCE] = distance
                    best[rest, k + more, COST] = cost
                    steps[rest, k + more] = masks[i]
    return steps


@compiled
def _is_better(missed: float, distance: float, cost: float, known: NDArray[np.float64]) -> bool:
    """Tell whether (bands missed, distance, cost) precede what is known of a remainder."""
    if missed != known[MISSED]:
        return bool(missed < known[MISSED])
    if abs(distance - known[DISTANCE]) > 1e-6:
        return bool(distance < known[DISTANCE])
    return bool(cost < known[COST] - 1e-6)


@compiled
def _partition_of(steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the subgraphs on the way to an empty remainder."""
    left, k, partition = 0, steps.shape[1] - 1, [np.int64(0) for _ in range(0)]
    while left != steps.shape[0] - 1:
        partition.append(steps[left, k])
        left |= steps[left, k]
        k = max(k - 1, 0)
    return np.array(partition)
