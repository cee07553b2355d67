"""The nearest limits for which a community that misses the band could be divided."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gridgeo.partition.band import known, numbers_of_grids
from gridgeo.partition.columns import ATOMS_IN_SETS
from gridgeo.partition.halt import Halt
from gridgeo.partition.say import people_of
from gridgeo.partition.sets import Budget, Sets, list_sets
from gridgeo.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.pieces import Solved
    from gridgeo.partition.problem import Problem

Side = Literal["lower", "upper"]
#: one look at the sets of a piece
LOOK = Budget(seen=100_000, kept=50_000, nodes=100_000)
#: the lower limit is relaxed to half, the upper to half more, at most
HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The nearest lower and upper limit that suffice, each alone; None where none was found."""

    lower: int | None
    upper: int | None
    unit: Text


def least_relaxed(band: Band, pieces: list[Solved]) -> Limits:
    """Return the nearest limits for which every piece that misses the band has a division.

    A division within such a limit was found, so it suffices; it is the nearest one where all
    sets of atoms could be listed.
    """
    missing = [piece for piece in pieces if piece.solution.missed]
    residents = [people_of(p.problem.households, p.problem.residents) for p in missing]
    people = band.profile == "residents" and not np.isnan(residents).any()
    by_side: dict[Side, int | None] = {}
    sides: tuple[Side, ...] = ("lower", "upper")
    for side in sides:
        needs = [_need(band, piece, side, people=people) for piece in missing]
        most = max((need for need in needs if need is not None), default=None)
        limit = getattr(band, f"residents_{side}" if people else side)
        found = most is not None and None not in needs
        by_side[side] = (
            (limit - most if side == "lower" else limit + most) if found and most else None
        )
    unit = Text(" residents", " 人") if people else Text(" households", " 户")
    return Limits(lower=by_side["lower"], upper=by_side["upper"], unit=unit)


def _need(band: Band, piece: Solved, side: Side, *, people: bool) -> int | None:
    """Return by how much a limit must be relaxed for one piece, None where that is not known."""
    problem = piece.problem
    name = f"residents_{side}" if people else side
    limit = getattr(band, name)
    widest = int(limit * (1 - HALF if side == "lower" else 1 + HALF))
    relaxed: dict[str, Any] = {name: max(widest, 1)}
    wide = replace(band, **relaxed)
    if problem.households.size > ATOMS_IN_SETS:
        return None
    sets = list_sets(problem, wide, LOOK, Halt())
    need = np.ceil(_distances(band, problem, sets, people=people)).astype(np.int64)
    numbers = numbers_of_grids(wide, problem.households, problem.residents)
    if problem.grids is not None:
        numbers = (problem.grids,)
    steps = np.unique(need)
    low, high = 0, steps.size
    while low < high:
        middle = (low + high) // 2
        if _covered(sets, need <= steps[middle], numbers):
            high = middle
        else:
            low = middle + 1
    return int(steps[low]) if low < steps.size else None


def _covered(sets: Sets, chosen: NDArray[np.bool_], numbers: tuple[int, ...]) -> bool:
    some = replace(sets, bits=sets.bits[chosen], cost=sets.cost[chosen])
    return any(some.cheapest(k, np.inf)[1] is not None for k in numbers)


def _distances(band: Band, problem: Problem, sets: Sets, *, people: bool) -> NDArray[np.float64]:
    """Return by how much each set misses the band in the measure that is relaxed."""
    order = sets.order
    inside = (sets.bits[:, None] >> np.arange(order.size)) & 1
    households = (inside @ problem.households[order]).astype(np.float64)
    residents = inside @ np.nan_to_num(problem.residents[order])
    told = ~(inside @ ~known(problem.households, problem.residents)[order]).astype(bool)
    by_residents = told & (residents >= band.residents_lower)
    by_residents &= (residents <= band.residents_upper) & (band.profile != "households")
    amount = residents if people else households
    lower, upper = (getattr(band, f"residents_{s}" if people else s) for s in ("lower", "upper"))
    off = np.maximum(np.maximum(lower - amount, amount - upper), 0.0)
    return np.where(by_residents, 0.0, off)
