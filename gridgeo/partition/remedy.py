"""The nearest remedy for a community that cannot be in band: computed, never guessed.

What is moved between communities is the least that the totals ask for, and only to or from a
neighbour that stays in band itself. A limit is relaxed to the nearest value for which a partition
is found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gridgeo.model import deciding_counts
from gridgeo.partition.band import (
    exceeds_band,
    possible_grid_counts,
    residents_known,
    total_residents,
)
from gridgeo.partition.connected_subgraphs import (
    ATOMS_IN_MASK,
    ConnectedSubgraphs,
    EnumerationBudget,
    list_subgraphs,
)
from gridgeo.partition.problem import Cancellation
from gridgeo.partition.proofs import unit_values
from gridgeo.wording import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.pieces import SolvedPiece
    from gridgeo.partition.problem import Problem
    from gridgeo.partition.verdicts import CommunityBorders, NeighbourCommunity, Verdict

_Side = Literal["lower", "upper"]
#: one enumeration of the subgraphs of a piece
_RELAXATION_BUDGET = EnumerationBudget(seen=100_000, kept=50_000, nodes=100_000)
#: a limit is relaxed by at most this share of itself
_MAX_RELAXATION = 0.5


@dataclass(frozen=True, kw_only=True)
class _RelaxedLimits:
    """The nearest lower and upper limit that suffice, each alone; None where none was found."""

    lower: int | None
    upper: int | None
    unit: str


def _nearest_limits(band: Band, pieces: list[SolvedPiece]) -> _RelaxedLimits:
    """Return the nearest limits for which every piece that misses the band has a partition.

    A partition within such a limit was found, so it suffices; it is the nearest one where all
    connected subgraphs could be listed.
    """
    missing = [piece for piece in pieces if piece.solution.missed]
    residents = [total_residents(p.problem.households, p.problem.residents) for p in missing]
    people = band.profile == "residents" and not np.isnan(residents).any()
    by_side: dict[_Side, int | None] = {}
    sides: tuple[_Side, ...] = ("lower", "upper")
    for side in sides:
        needs = [_needed_relaxation(band, piece, side, people=people) for piece in missing]
        most = max((need for need in needs if need is not None), default=None)
        limit = getattr(band, f"residents_{side}" if people else side)
        found = most is not None and None not in needs
        by_side[side] = (
            (limit - most if side == "lower" else limit + most) if found and most else None
        )
    unit = "residents" if people else "households"
    return _RelaxedLimits(lower=by_side["lower"], upper=by_side["upper"], unit=unit)


def _needed_relaxation(band: Band, piece: SolvedPiece, side: _Side, *, people: bool) -> int | None:
    """Return by how much a limit must be relaxed for one piece, None where that is not known."""
    problem = piece.problem
    name = f"residents_{side}" if people else side
    limit = getattr(band, name)
    widest = int(limit * (1 - _MAX_RELAXATION if side == "lower" else 1 + _MAX_RELAXATION))
    relaxed: dict[str, Any] = {name: max(widest, 1)}
    wide = replace(band, **relaxed)
    if problem.households.size > ATOMS_IN_MASK:
        return None
    subgraphs = list_subgraphs(problem, wide, _RELAXATION_BUDGET, Cancellation())
    need = np.ceil(_distances(band, problem, subgraphs, people=people)).astype(np.int64)
    numbers = possible_grid_counts(wide, problem.households, problem.residents)
    if problem.grids is not None:
        numbers = (problem.grids,)
    steps = np.unique(need)
    low, high = 0, steps.size
    while low < high:
        middle = (low + high) // 2
        if _partition_exists(subgraphs, need <= steps[middle], numbers):
            high = middle
        else:
            low = middle + 1
    return int(steps[low]) if low < steps.size else None


def _partition_exists(
    subgraphs: ConnectedSubgraphs, chosen: NDArray[np.bool_], numbers: tuple[int, ...]
) -> bool:
    some = replace(subgraphs, masks=subgraphs.masks[chosen], cost=subgraphs.cost[chosen])
    return any(some.cheapest_partition(k, np.inf)[1] is not None for k in numbers)


def _distances(
    band: Band, problem: Problem, subgraphs: ConnectedSubgraphs, *, people: bool
) -> NDArray[np.float64]:
    """Return by how much each subgraph misses the band in the measure that is relaxed."""
    order = subgraphs.order
    inside = (subgraphs.masks[:, None] >> np.arange(order.size)) & 1
    households = (inside @ problem.households[order]).astype(np.float64)
    residents = inside @ np.nan_to_num(problem.residents[order])
    is_known = ~(inside @ ~residents_known(problem.households, problem.residents)[order]).astype(
        bool
    )
    by_residents = is_known & (residents >= band.residents_lower)
    by_residents &= (residents <= band.residents_upper) & (band.profile != "households")
    amount = residents if people else households
    lower, upper = (getattr(band, f"residents_{s}" if people else s) for s in ("lower", "upper"))
    off = np.maximum(np.maximum(lower - amount, amount - upper), 0.0)
    return np.where(by_residents, 0.0, off)


@dataclass(frozen=True, kw_only=True)
class _BandedAmount:
    """An amount of households or residents, its unit and its limits."""

    amount: int
    lower: int
    upper: int
    unit: str

    def fits(self, amount: int) -> bool:
        """Tell whether some number of grids within the limits adds up to the amount."""
        return math.ceil(amount / self.upper) <= amount // self.lower and amount > 0


def _banded_amount(band: Band, households: int, residents: float) -> _BandedAmount:
    """Return residents where the profile asks for them and they are known, else households."""
    count = deciding_counts(band, households, residents)[0]
    return _BandedAmount(
        amount=round(count.amount), lower=count.lower, upper=count.upper, unit=count.measure
    )


def remedies(
    band: Band, verdict: Verdict, pieces: list[SolvedPiece], borders: CommunityBorders
) -> tuple[Reason, ...]:
    """Return what would bring the community into the band, nothing where nothing was found.

    Parameters
    ----------
    verdict
        ``impossible`` or ``not_found``; for others the answer is empty.
    pieces
        The solved pieces of the community.
    """
    if verdict.name not in {"impossible", "not_found"} or not pieces:
        return ()
    if verdict.proof == "arithmetic":
        return tuple(_by_totals(band, pieces, borders))
    if verdict.proof == "disconnected":
        return tuple(way for piece in pieces for way in _by_link(band, piece, pieces, borders))
    return tuple(_by_splitting(band, pieces) or _by_limits(band, pieces))


def _by_totals(band: Band, pieces: list[SolvedPiece], borders: CommunityBorders) -> list[Reason]:
    total = _total(band, pieces)
    full = total.amount // total.lower
    if full == 0 or total.fits(total.amount):
        return []
    around = borders.around(np.concatenate([piece.members for piece in pieces]))
    surplus, lack = total.amount - full * total.upper, (full + 1) * total.lower - total.amount
    moves = sorted([("move_out", -surplus), ("take_in", lack)], key=lambda move: abs(move[1]))
    ways = [way for code, change in moves if (way := _move(code, total, change, around))]
    ways = ways or _merge(total, around)
    if ways:
        ways[-1] = Reason("by_totals", {"way": ways[-1]})
    limits = {
        "above": math.ceil(total.amount / full),
        "full": full,
        "below": total.amount // (full + 1),
        "more": full + 1,
        "unit": total.unit,
    }
    return [*ways, Reason("other_number_of_grids", limits)]


def _total(band: Band, pieces: list[SolvedPiece]) -> _BandedAmount:
    """Return the amount of several pieces together."""
    households = np.concatenate([piece.problem.households for piece in pieces])
    residents = np.concatenate([piece.problem.residents for piece in pieces])
    return _banded_amount(band, int(households.sum()), total_residents(households, residents))


def _move(
    code: str, total: _BandedAmount, change: int, around: list[NeighbourCommunity]
) -> Reason | None:
    """Return the move by which the total changes, None where no neighbour can be its other end."""
    there = _able_neighbour(total, -change, around)
    if there is None:
        return None
    stated = {"number": abs(change), "here": total.amount + change}
    return Reason(code, {"name": there[0], "there": there[1], "unit": total.unit} | stated)


def _able_neighbour(
    total: _BandedAmount, change: int, around: list[NeighbourCommunity]
) -> tuple[str, int] | None:
    """Return the neighbour that stays in band after such a change, and its amount then."""
    for neighbour in around:
        theirs = _banded_amount(neighbour.band, neighbour.households, neighbour.residents)
        if theirs.unit == total.unit and theirs.fits(theirs.amount + change):
            return neighbour.name, theirs.amount + change
    return None


def _merge(total: _BandedAmount, around: list[NeighbourCommunity]) -> list[Reason]:
    for neighbour in around:
        theirs = _banded_amount(neighbour.band, neighbour.households, neighbour.residents)
        both = total.amount + theirs.amount
        if theirs.unit == total.unit and total.fits(both):
            stated = {"name": neighbour.name, "number": both, "unit": total.unit}
            return [Reason("merge", stated)]
    return []


def _by_link(
    band: Band, piece: SolvedPiece, pieces: list[SolvedPiece], borders: CommunityBorders
) -> list[Reason]:
    """Return a link to the rest, or the neighbour that could take the piece, as totals allow."""
    problem = piece.problem
    if possible_grid_counts(band, problem.households, problem.residents):
        return []
    ways = []
    amount = _total(band, [piece])
    stated = {"number": amount.amount, "unit": amount.unit}
    if _fits_together(band, pieces):
        code = "link" if piece.cut_off_by else "link_exclave"
        ways.append(Reason("by_totals", {"way": Reason(code, stated)}))
    given = _able_neighbour(amount, amount.amount, borders.around(piece.members))
    if given is not None:
        there = {"name": given[0], "there": given[1], "unit": amount.unit}
        ways.append(Reason("give_piece", there))
    if amount.amount < amount.lower:
        ways.append(Reason("allow_piece", stated))
    return ways


def _fits_together(band: Band, pieces: list[SolvedPiece]) -> bool:
    households = np.concatenate([piece.problem.households for piece in pieces])
    residents = np.concatenate([piece.problem.residents for piece in pieces])
    return bool(possible_grid_counts(band, households, residents))


def _by_splitting(band: Band, pieces: list[SolvedPiece]) -> list[Reason]:
    """Return into how many parts the oversized units would have to be divided."""
    return [
        _split(band, piece, v)
        for piece in pieces
        for v in np.flatnonzero(
            exceeds_band(band, piece.problem.households, piece.problem.residents)
        ).tolist()
    ][:3]


def _split(band: Band, piece: SolvedPiece, v: int) -> Reason:
    values = unit_values(piece, v)
    size = _banded_amount(band, values["households"], values["residents"])
    parts = math.ceil(size.amount / size.upper)
    each = round(size.amount / parts)
    code = "split_group" if piece.contracted[v] else "split_atom"
    way = Reason(code, values | {"parts": parts, "each": each, "unit": size.unit})
    return Reason("each_joins", {"way": way}) if each < size.lower else way


def _by_limits(band: Band, pieces: list[SolvedPiece]) -> list[Reason]:
    """Return the nearest limits for which a division exists."""
    limits = _nearest_limits(band, pieces)
    by_code = {"allow_fewer": limits.lower, "allow_more": limits.upper}
    return [
        Reason(code, {"number": limit, "unit": limits.unit})
        for code, limit in by_code.items()
        if limit is not None
    ]
