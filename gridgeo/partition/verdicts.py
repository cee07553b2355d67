"""Verdicts of communities and grids, with reasons in words for a county officer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.model import JudgedCount, deciding_counts, is_small, judge_counts
from gridgeo.partition.band import count_by, total_residents
from gridgeo.partition.proofs import Proof, prove_impossible
from gridgeo.wording import Text, count_text, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.pieces import SolvedPiece


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A verdict, its proof (``""``, ``arithmetic``, ``atom``, ``disconnected``) and its reason."""

    name: str
    reason: Text
    proof: str = ""


def judge_grid(band: Band, households: int, residents: float, *, small: bool) -> Verdict:
    """Return the verdict of a basic grid; `small` when its whole community is below the limit.

    Parameters
    ----------
    households, residents
        The counts of the grid; NaN where residents are unknown.
    """
    judged = judge_counts(band, households, residents)
    if judged.verdict == "in_band":
        return Verdict(name="in_band", reason=_within(judged))
    if small:
        return Verdict(
            name="small",
            reason=Text(
                "The whole community is below the lower limit: ",
                "整个村（社区）低于下限：",
            )
            + count_text(households, residents),
        )
    counts = deciding_counts(band, households, residents)
    return Verdict(name=judged.verdict, reason=join([_off(one) for one in counts]))


def _within(judged: JudgedCount) -> Text:
    if judged.measure == "households":
        return Text(f"By households: {judged.amount}", f"按户数：{judged.amount} 户")
    return Text(f"By residents: {judged.amount:,.0f}", f"按人口：{judged.amount:.0f} 人")


def _off(judged: JudgedCount) -> Text:
    amount, lower, upper = round(judged.amount), judged.lower, judged.upper
    en, zh = judged.measure, "户" if judged.measure == "households" else "人"
    if amount < lower:
        return Text(
            f"{amount:,} {en}: {lower - amount:,} below the lower limit {lower:,}",
            f"{amount} {zh}，比下限 {lower} 少 {lower - amount} {zh}",
        )
    return Text(
        f"{amount:,} {en}: {amount - upper:,} above the upper limit {upper:,}",
        f"{amount} {zh}，比上限 {upper} 多 {amount - upper} {zh}",
    )


@dataclass(frozen=True, kw_only=True)
class LockedGrid:
    """The counts of a locked grid, and its name (``""`` for none)."""

    households: int
    residents: float
    name: str


def judge_community(
    band: Band, pieces: list[SolvedPiece], locked: Sequence[LockedGrid] = ()
) -> Verdict:
    """Return the verdict of a community from its pieces that hold households.

    Parameters
    ----------
    pieces
        All of them, solved; none where nobody lives outside dedicated and locked grids.
    locked
        Its locked grids: one outside the band is an ``atom`` that nothing can change.
    """
    if not pieces and not locked:
        return Verdict(
            name="small",
            reason=Text("No households outside dedicated grids", "专属网格之外没有住户"),
        )
    households, residents = _counts_of(pieces, locked)
    people = total_residents(households, residents)
    amount = count_text(int(households.sum()), people)
    grids = sum(piece.solution.grids for piece in pieces) + len(locked)
    off = _locked_off(band, locked)
    missed = any(piece.solution.missed for piece in pieces)
    if not missed and not off:
        return Verdict(
            name="in_band",
            reason=amount
            + Text(f" in {grids} grids, all in the band", f"，{grids} 个网格，全部符合标准"),
        )
    if is_small(band, float(households.sum()), people):
        return Verdict(
            name="small",
            reason=amount
            + Text(", below the lower limit: one grid is allowed", "，低于下限，可划为一个网格"),
        )
    proofs = off + (prove_impossible(band, pieces) if missed else [])
    if proofs:
        return Verdict(
            name="impossible", proof=proofs[0].kind, reason=join([t.reason for t in proofs])
        )
    return _not_found(band, pieces, grids)


def _counts_of(
    pieces: list[SolvedPiece], locked: Sequence[LockedGrid]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return households and residents of all atoms of the pieces, then of the locked grids."""
    households = [piece.problem.households for piece in pieces]
    residents = [piece.problem.residents for piece in pieces]
    households.append(np.array([grid.households for grid in locked], dtype=np.int64))
    residents.append(np.array([grid.residents for grid in locked], dtype=np.float64))
    return np.concatenate(households), np.concatenate(residents)


def _locked_off(band: Band, locked: Sequence[LockedGrid]) -> list[Proof]:
    """Return the proofs by locked grids outside the band."""
    proofs = []
    for grid in locked:
        judged = judge_grid(band, grid.households, grid.residents, small=False)
        if judged.name != "in_band":
            name = Text(f"the locked grid {grid.name}".rstrip(), f"锁定网格“{grid.name}”")
            lead = name if grid.name else Text("a locked grid", "一个锁定网格")
            proofs.append(
                Proof(kind="atom", reason=lead + Text(" stays: ", "保持不变：") + judged.reason)
            )
    return proofs


def _count_out_of_band(band: Band, piece: SolvedPiece) -> int:
    """Return how many grids of a piece miss the band, each counted once however large it is."""
    found, problem = piece.solution, piece.problem
    counts = count_by(found.labels, found.grids, problem.households, problem.residents)
    counts_of_grids = zip(*(column.tolist() for column in counts), strict=True)
    judged = (judge_grid(band, *one, small=False) for one in counts_of_grids)
    return sum(one.name != "in_band" for one in judged)


def _not_found(band: Band, pieces: list[SolvedPiece], grids: int) -> Verdict:
    missed = sum(_count_out_of_band(band, piece) for piece in pieces)
    distance = math.ceil(sum(piece.solution.distance for piece in pieces))
    moves = sum(piece.solution.moves for piece in pieces)
    return Verdict(
        name="not_found",
        reason=Text(
            f"{missed} of {grids} grids miss the band, by {distance:,} households together; "
            f"nothing better was found in {moves:,} moves",
            f"{grids} 个网格中有 {missed} 个不符合标准，合计相差 {distance:,} 户；"
            f"尝试 {moves} 次调整未找到更好的划法",
        ),
    )
