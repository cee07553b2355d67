"""The cheapest way to cover all atoms with a number of given sets: an exact set partitioning.

Prices of the atoms (Lagrangian multipliers) give a lower bound; sets that could only take part
in a dearer cover than the best known are dropped, and the few that are left are searched.
"""

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.partition.kernel import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: two covers whose costs differ by less are alike, metres
ALIKE_M = 1e-3
#: turns of the prices; turns without progress before steps are halved; turns between two sweeps
TURNS = 400
PATIENCE = 12
SWEEP = 4
#: sets so few that the prices need no more turns
FEW_SETS = 40


class Pool(NamedTuple):
    """Sets of atoms, ordered by their lowest atom: bits, atoms one after another, costs."""

    bits: NDArray[np.int64]
    #: atoms of set i stand at ``start[i]:start[i + 1]``
    start: NDArray[np.int64]
    atoms: NDArray[np.int8]
    cost: NDArray[np.float64]


@compiled
def pool_of(sets: NDArray[np.int64], cost: NDArray[np.float64], n: int) -> Pool:
    """Return the pool of some sets."""
    size = 0
    for i in range(sets.size):
        for v in range(n):
            size += sets[i] >> v & 1
    start, atoms = np.zeros(sets.size + 1, np.int64), np.empty(size, np.int8)
    place = 0
    for i in range(sets.size):
        for v in range(n):
            if sets[i] >> v & 1:
                atoms[place] = v
                place += 1
        start[i + 1] = place
    return Pool(sets, start, atoms, cost)


@compiled
def best_cover(
    pool: Pool, n: int, k: int, known: float, nodes: int, halt: NDArray[np.uint8]
) -> tuple[bool, NDArray[np.int64], float]:
    """Return whether the search was complete, the best cover cheaper than `known`, a lower bound.

    The cover is `k` sets that hold each of the `n` atoms once; it is empty where none of them
    costs less than `known` (and none does, where the search was complete). The bound holds for
    every cover by `k` sets of the pool.
    """
    price = np.full(n, known / n)
    turn, least = np.full(n, np.inf), -np.inf
    best_price = price.copy()
    step, idle = 1.0, 0
    for turns in range(TURNS):
        reduced = reduce_costs(pool, price)
        value, slope, turn, worst = bound(pool, reduced, price, n, k)
        if value == np.inf:
            return True, np.empty(0, np.int64), np.inf
        if value > least:
            least, idle = value, 0
            best_price[:] = price
        else:
            idle += 1
        if least >= known - ALIKE_M:
            return True, np.empty(0, np.int64), least
        if turns % SWEEP == 0:
            pool = sweep(pool, reduced, turn, worst, value, known, n)
        if pool.bits.size <= FEW_SETS or halt[0]:
            break
        if idle == PATIENCE:
            step, idle = step / 2.0, 0
            price[:] = best_price
            continue
        square = (slope * slope).sum()
        if square == 0.0 or step < 1e-3:
            break
        price += step * (known - value) / square * slope
    complete, cover = search(pool, best_price, n, k, known, 0 if halt[0] else nodes)
    return complete, cover, least


@compiled
def reduce_costs(pool: Pool, price: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cost of each set less the prices of its atoms."""
    reduced = pool.cost.copy()
    for i in range(reduced.size):
        for p in range(pool.start[i], pool.start[i + 1]):
            reduced[i] -= price[pool.atoms[p]]
    return reduced


@compiled
def bound(
    pool: Pool, reduced: NDArray[np.float64], price: NDArray[np.float64], n: int, k: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float]:
    """Return the lower bound of these prices, its slope, and what each lowest atom adds at least.

    The sets of a cover have different lowest atoms, and atom 0 is one of them. The last number
    is the largest that was added for an atom other than 0.
    """
    lowest, chosen = np.full(n, np.inf), np.full(n, -1)
    for i in range(reduced.size):
        v = pool.atoms[pool.start[i]]
        if reduced[i] < lowest[v]:
            lowest[v], chosen[v] = reduced[i], i
    order = np.argsort(lowest[1:]) + 1
    value, slope, worst = price.sum() + lowest[0], np.ones(n), -np.inf
    taken = [chosen[0]]
    for j in range(k - 1):
        if j >= n - 1:
            return np.inf, slope, lowest, worst
        worst = lowest[order[j]]
        value += worst
        taken.append(chosen[order[j]])
    if value == np.inf:
        return np.inf, slope, lowest, worst
    for i in taken:
        for p in range(pool.start[i], pool.start[i + 1]):
            slope[pool.atoms[p]] -= 1.0
    return value, slope, lowest, worst


@compiled
def sweep(
    pool: Pool,
    reduced: NDArray[np.float64],
    lowest: NDArray[np.float64],
    worst: float,
    value: float,
    known: float,
    n: int,
) -> Pool:
    """Return the pool without the sets that only a cover as dear as `known` could hold."""
    kept = np.zeros(reduced.size, np.bool_)
    for i in range(reduced.size):
        v = pool.atoms[pool.start[i]]
        replaced = lowest[v] if v == 0 or lowest[v] <= worst else worst
        kept[i] = value - replaced + reduced[i] < known - ALIKE_M
    if kept.sum() > 0.8 * kept.size:
        return pool
    return pool_of(pool.bits[kept], pool.cost[kept], n)


@compiled
def search(
    pool: Pool, price: NDArray[np.float64], n: int, k: int, known: float, nodes: int
) -> tuple[bool, NDArray[np.int64]]:
    """Return whether all covers by `k` sets were seen in so many nodes, and the best one.

    The lowest atom that is left takes each of its sets in turn, the cheapest first.
    """
    reduced = reduce_costs(pool, price)
    order, first, least = by_lowest(pool, reduced, n)
    base, others = price.sum(), least[1:].min()
    best, path = np.empty(0, np.int64), np.zeros(k, np.int64)
    left, place, low = np.zeros((3, k), np.int64)
    spent = np.zeros(k)
    left[0], depth = (1 << n) - 1, 0
    while depth >= 0:
        i, grids = -1, k - depth - 1
        if place[depth] < first[low[depth] + 1]:
            i = order[place[depth]]
        later = others * grids if grids else 0.0
        if i < 0 or base + spent[depth] + reduced[i] + later >= known - ALIKE_M:
            depth -= 1
            continue
        place[depth] += 1
        if pool.bits[i] & ~left[depth]:
            continue
        nodes -= 1
        if nodes < 0:
            return False, best
        path[depth] = pool.bits[i]
        rest, paid = left[depth] ^ pool.bits[i], spent[depth] + reduced[i]
        if grids == 0 and rest == 0:
            known, best = base + paid, path.copy()
        if grids and rest:
            depth += 1
            left[depth], spent[depth], low[depth] = rest, paid, lowest_atom(rest)
            place[depth] = first[low[depth]]
    return True, best


@compiled
def lowest_atom(grid: int) -> int:
    """Return the lowest atom of a set that is not empty."""
    v = 0
    while not grid >> v & 1:
        v += 1
    return v


@compiled
def by_lowest(
    pool: Pool, reduced: NDArray[np.float64], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the sets by lowest atom, then reduced cost; where each atom begins; its least cost."""
    order = np.argsort(reduced)
    lowest = pool.atoms[pool.start[:-1]][order]
    order = order[np.argsort(lowest, kind="mergesort")]
    first, least = np.zeros(n + 1, np.int64), np.full(n + 1, np.inf)
    for i in range(order.size):
        v = pool.atoms[pool.start[i]]
        first[v + 1] += 1
        least[v] = min(least[v], reduced[i])
    return order, np.cumsum(first), least
