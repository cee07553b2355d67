"""Cheap connected sets of atoms for given prices, found by annealing one set at a time.

What `bargains` proves takes seconds where hundreds of atoms are left; most prices are shown to be
too good by a set that lies near a known one.
"""

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.anneal import accepted
from gridgeo.partition.bargains import OUTSIDE, Ground
from gridgeo.partition.kernel import compiled, draw, stays_connected

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def haggle(
    ground: Ground,
    price: NDArray[np.float64],
    known: NDArray[np.bool_],
    warmth: float,
    moves: int,
    rng: NDArray[np.uint64],
) -> tuple[NDArray[np.bool_], float]:
    """Return the cheapest set met on a walk of `moves` proposals from a `known` one, and its cost.

    A set costs half of the borders that it cuts, less the prices of its atoms. Each step puts one
    atom in or out, and keeps the set connected, in band and without pairs that must be apart. The
    temperature falls from `warmth`, metres, to 0.
    """
    n = known.size
    side = known.astype(np.int32)
    work = np.zeros(2 * n, np.int32)
    held, cost = 0.0, 0.0
    for v in range(n):
        if side[v]:
            held += ground.amount[v]
            cost += worth(ground, price, side, v)
    best, least = known.copy(), cost
    for move in range(moves):
        v = min(int(draw(rng) * n), n - 1)
        sign = -1.0 if side[v] else 1.0
        amount = held + sign * ground.amount[v]
        if not (ground.lower <= amount <= ground.upper and on_rim(ground, side, v)):
            continue
        change = sign * change_of(ground, price, side, v)
        heat = warmth * (1.0 - move / moves)
        if not (accepted(change, heat, rng) and sound(ground, side, work, v)):
            continue
        side[v] = 1 - side[v]
        held, cost = amount, cost + change
        if cost < least:
            least = cost
            best[:] = side == 1
    return best, least


@compiled
def worth(ground: Ground, price: NDArray[np.float64], side: NDArray[np.int32], v: int) -> float:
    """Return what an atom inside adds to the cost of its set."""
    cost = -price[v]
    for p in range(ground.start[v], ground.start[v + 1]):
        if not side[ground.neighbour[p]]:
            cost += ground.half[p]
    return float(cost)


@compiled
def change_of(ground: Ground, price: NDArray[np.float64], side: NDArray[np.int32], v: int) -> float:
    """Return what the set costs more with `v` inside than with it outside."""
    cost = -price[v]
    for p in range(ground.start[v], ground.start[v + 1]):
        cost += -ground.half[p] if side[ground.neighbour[p]] else ground.half[p]
    return float(cost)


@compiled
def on_rim(ground: Ground, side: NDArray[np.int32], v: int) -> bool:
    """Tell whether an atom has a link to the other side of the border of the set."""
    for p in range(ground.start[v], ground.start[v + 1]):
        if ground.linked[p] and side[ground.neighbour[p]] != side[v]:
            return True
    return False


@compiled
def sound(ground: Ground, side: NDArray[np.int32], work: NDArray[np.int32], v: int) -> bool:
    """Tell whether `v` may change sides: the set stays connected, and nothing meets its enemy."""
    if side[v]:
        return bool(stays_connected(ground.start, ground.neighbour, ground.linked, side, work, v))
    good = ground.allowed[v] != OUTSIDE
    for u, w in ground.apart:
        good &= not ((u == v and side[w]) or (w == v and side[u]))
    return bool(good)
