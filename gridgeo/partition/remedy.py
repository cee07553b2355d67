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
from gridgeo.partition.proofs import unit_name
from gridgeo.wording import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.grid_attributes import CommunityBorders, NeighbourCommunity
    from gridgeo.partition.pieces import SolvedPiece
    from gridgeo.partition.problem import Problem
    from gridgeo.partition.verdicts import Verdict

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
    unit: Text


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
    unit = Text(" residents", " 人") if people else Text(" households", " 户")
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


#: moves, merges and links are checked by the totals only
_RUN_AGAIN = Text(" (by the totals: run again to see)", "（以上按总量测算，调整后请重新运行核对）")


@dataclass(frozen=True, kw_only=True)
class _BandedAmount:
    """An amount of households or residents, its unit and its limits."""

    amount: int
    lower: int
    upper: int
    unit: Text

    def fits(self, amount: int) -> bool:
        """Tell whether some number of grids within the limits adds up to the amount."""
        return math.ceil(amount / self.upper) <= amount // self.lower and amount > 0


def _banded_amount(band: Band, households: int, residents: float) -> _BandedAmount:
    """Return residents where the profile asks for them and they are known, else households."""
    count = deciding_counts(band, households, residents)[0]
    unit = Text(f" {count.measure}", " 户" if count.measure == "households" else " 人")
    return _BandedAmount(
        amount=round(count.amount), lower=count.lower, upper=count.upper, unit=unit
    )


def remedy(
    band: Band, verdict: Verdict, pieces: list[SolvedPiece], borders: CommunityBorders
) -> Text:
    """Return what would bring the community into the band, empty where nothing was found.

    Parameters
    ----------
    verdict
        ``impossible`` or ``not_found``; for others the answer is empty.
    pieces
        The solved pieces of the community.
    """
    if verdict.name not in {"impossible", "not_found"} or not pieces:
        return Text("", "")
    if verdict.proof == "arithmetic":
        texts = _by_totals(band, pieces, borders)
    elif verdict.proof == "disconnected":
        texts = [part for piece in pieces for part in _by_link(band, piece, pieces, borders)]
    else:
        texts = _by_splitting(band, pieces) or _by_limits(band, pieces)
    if not texts:
        return Text("", "")
    return Text(
        ". Remedy: " + "; or ".join(part.en for part in texts),
        "。可行办法：" + "；或".join(part.zh for part in texts),
    )


def _by_totals(band: Band, pieces: list[SolvedPiece], borders: CommunityBorders) -> list[Text]:
    households = np.concatenate([piece.problem.households for piece in pieces])
    residents = np.concatenate([piece.problem.residents for piece in pieces])
    total = _banded_amount(band, int(households.sum()), total_residents(households, residents))
    full = total.amount // total.lower
    if full == 0 or total.fits(total.amount):
        return []
    around = borders.around(np.concatenate([piece.members for piece in pieces]))
    surplus, lack = (
        total.amount - full * total.upper,
        (full + 1) * total.lower - total.amount,
    )
    ways = [
        part
        for move, amount in sorted([(_give, surplus), (_take, lack)], key=lambda way: way[1])
        if (part := move(total, amount, around))
    ]
    ways = ways or [part for part in [_merge(total, around)] if part]
    if ways:
        ways[-1] += _RUN_AGAIN
    return [*ways, _allow_totals(total, full)]


def _give(total: _BandedAmount, amount: int, around: list[NeighbourCommunity]) -> Text | None:
    there = _able_neighbour(total, amount, around)
    if there is None:
        return None
    after = _after(total, total.amount - amount, *there)
    return (
        Text(
            f"move {amount:,}{total.unit.en} across the border to the neighbouring {there[0]}",
            f"将 {amount:,}{total.unit.zh}划入相邻的{there[0]}",
        )
        + after
    )


def _take(total: _BandedAmount, amount: int, around: list[NeighbourCommunity]) -> Text | None:
    there = _able_neighbour(total, -amount, around)
    if there is None:
        return None
    after = _after(total, total.amount + amount, *there)
    return (
        Text(
            f"take in {amount:,}{total.unit.en} across the border from the neighbouring {there[0]}",
            f"从相邻的{there[0]}划入 {amount:,}{total.unit.zh}",
        )
        + after
    )


def _after(total: _BandedAmount, here: int, name: str, there: int) -> Text:
    return Text(
        f" (then {here:,} here and {there:,} there)",
        f"（调整后本村（社区）{here:,}{total.unit.zh}、{name} {there:,}{total.unit.zh}）",
    )


def _able_neighbour(
    total: _BandedAmount, change: int, around: list[NeighbourCommunity]
) -> tuple[str, int] | None:
    """Return the neighbour that stays in band after such a change, and its amount then."""
    for neighbour in around:
        theirs = _banded_amount(neighbour.band, neighbour.households, neighbour.residents)
        if theirs.unit == total.unit and theirs.fits(theirs.amount + change):
            return neighbour.name, theirs.amount + change
    return None


def _merge(total: _BandedAmount, around: list[NeighbourCommunity]) -> Text | None:
    for neighbour in around:
        theirs = _banded_amount(neighbour.band, neighbour.households, neighbour.residents)
        both = total.amount + theirs.amount
        if theirs.unit == total.unit and total.fits(both):
            return Text(
                f"merge with the neighbouring {neighbour.name} ({both:,}{total.unit.en} together)",
                f"与相邻的{neighbour.name}合并划分（合计 {both:,}{total.unit.zh}）",
            )
    return None


def _allow_totals(total: _BandedAmount, full: int) -> Text:
    """Return the limits that one grid fewer, or one more, would need."""
    above, below, unit = (
        math.ceil(total.amount / full),
        total.amount // (full + 1),
        total.unit,
    )
    return Text(
        f"allow up to {above:,}{unit.en} in a grid ({full} in all), or as few as {below:,} "
        f"({full + 1} in all)",
        f"将本村（社区）的上限放宽到 {above:,}{unit.zh}（划 {full} 个网格），"
        f"或将下限放宽到 {below:,}{unit.zh}（划 {full + 1} 个网格）",
    )


def _by_link(
    band: Band, piece: SolvedPiece, pieces: list[SolvedPiece], borders: CommunityBorders
) -> list[Text]:
    """Return a link to the rest, or the neighbour that could take the piece, as totals allow."""
    problem = piece.problem
    if possible_grid_counts(band, problem.households, problem.residents):
        return []
    ways = []
    amount = _banded_amount(
        band, int(problem.households.sum()), total_residents(problem.households, problem.residents)
    )
    size = Text(f"{amount.amount:,}{amount.unit.en}", f"{amount.amount:,}{amount.unit.zh}")
    if _fits_together(band, pieces):
        ways.append(
            Text(
                f"a bridge, underpass or gate that links the part with {size.en} to the rest",
                f"修建桥梁、地道或开设通道，使 {size.zh}的这一片与其余部分连通",
            )
            + _RUN_AGAIN
        )
    given = _able_neighbour(amount, amount.amount, borders.around(piece.members))
    if given is not None:
        ways.append(
            Text(
                f"give this part to the neighbouring {given[0]} (then {given[1]:,} there)",
                f"将这一片划入相邻的{given[0]}（调整后 {given[0]} {given[1]:,}{amount.unit.zh}）",
            )
        )
    if amount.amount < amount.lower:
        ways.append(Text(f"allow a grid of {size.en} here", f"允许这一片单独成为 {size.zh}的网格"))
    return ways


def _fits_together(band: Band, pieces: list[SolvedPiece]) -> bool:
    households = np.concatenate([piece.problem.households for piece in pieces])
    residents = np.concatenate([piece.problem.residents for piece in pieces])
    return bool(possible_grid_counts(band, households, residents))


def _by_splitting(band: Band, pieces: list[SolvedPiece]) -> list[Text]:
    """Return into how many parts the oversized units would have to be divided."""
    return [
        _split(band, piece, v)
        for piece in pieces
        for v in np.flatnonzero(
            exceeds_band(band, piece.problem.households, piece.problem.residents)
        ).tolist()
    ][:3]


def _split(band: Band, piece: SolvedPiece, v: int) -> Text:
    size = _banded_amount(band, int(piece.problem.households[v]), float(piece.problem.residents[v]))
    parts = math.ceil(size.amount / size.upper)
    each, name = round(size.amount / parts), unit_name(piece, v)
    join = Text(", each to join units beside it", "，再各与相邻单元合并")
    more = join if each < size.lower else Text("", "")
    if piece.contracted[v]:
        text = Text(
            f"divide the group {name.en} into {parts} parts of about {each:,}{size.unit.en}",
            f"将这一组（{name.zh}）拆成 {parts} 部分，每部分约 {each:,}{size.unit.zh}",
        )
        return text + more
    text = Text(
        f"split the unit {name.en} by stairwell into {parts} parts of about {each:,}{size.unit.en}",
        f"将{name.zh}的这一单元按楼门拆成 {parts} 部分，每部分约 {each:,}{size.unit.zh}",
    )
    return text + more


def _by_limits(band: Band, pieces: list[SolvedPiece]) -> list[Text]:
    """Return the nearest limits for which a division exists."""
    limits: _RelaxedLimits = _nearest_limits(band, pieces)
    unit = limits.unit
    ways = []
    if limits.lower is not None:
        ways.append(
            Text(
                f"allow as few as {limits.lower:,}{unit.en} in a grid here",
                f"将本村（社区）的下限放宽到 {limits.lower:,}{unit.zh}",
            )
        )
    if limits.upper is not None:
        ways.append(
            Text(
                f"allow up to {limits.upper:,}{unit.en} in a grid here",
                f"将本村（社区）的上限放宽到 {limits.upper:,}{unit.zh}",
            )
        )
    return ways
