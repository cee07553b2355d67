"""Verdicts of communities and grids, with reasons that `gridgeo.wording` puts into words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.model import JudgedCount, deciding_counts, is_small, judge_counts
from gridgeo.partition.band import count_by, total_residents
from gridgeo.partition.proofs import Proof, prove_impossible
from gridgeo.wording import Reason, reasons_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.pieces import SolvedPiece
    from gridgeo.wording import Text


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A verdict, its proof (``""``, ``arithmetic``, ``atom``, ``disconnected``) and its reasons.

    ``remedies``: what would bring the community into the band.
    """

    name: str
    reasons: tuple[Reason, ...] = ()
    proof: str = ""
    remedies: tuple[Reason, ...] = ()

    @property
    def reason(self) -> Text:
        """The reasons and remedies in words."""
        return reasons_text(self.reasons, self.remedies)


def judge_grid(band: Band, households: int, residents: float, *, small: bool) -> Verdict:
    """Return the verdict of a basic grid; `small` when its whole community is below the limit.

    Parameters
    ----------
    households, residents
        The counts of the grid; NaN where residents are unknown.
    """
    judged = judge_counts(band, households, residents)
    if judged.verdict == "in_band":
        reason = Reason(f"by_{judged.measure}", {"number": judged.amount})
        return Verdict(name="in_band", reasons=(reason,))
    if small:
        reason = Reason("small_grid", {"households": households, "residents": residents})
        return Verdict(name="small", reasons=(reason,))
    counts = deciding_counts(band, households, residents)
    return Verdict(name=judged.verdict, reasons=tuple(_off(one) for one in counts))


def _off(judged: JudgedCount) -> Reason:
    number = round(judged.amount)
    below = number < judged.lower
    limit = judged.lower if below else judged.upper
    return Reason(
        "below_limit" if below else "above_limit",
        {"number": number, "off": abs(number - limit), "limit": limit, "unit": judged.measure},
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
        return Verdict(name="small", reasons=(Reason("nobody"),))
    households, residents = _counts_of(pieces, locked)
    people = total_residents(households, residents)
    counts = {"households": int(households.sum()), "residents": people}
    grids = sum(piece.solution.grids for piece in pieces) + len(locked)
    off = _locked_off(band, locked)
    missed = any(piece.solution.missed for piece in pieces)
    if not missed and not off:
        return Verdict(name="in_band", reasons=(Reason("all_in_band", counts | {"grids": grids}),))
    if is_small(band, float(households.sum()), people):
        return Verdict(name="small", reasons=(Reason("small_community", counts),))
    proofs = off + (prove_impossible(band, pieces) if missed else [])
    if proofs:
        reasons = tuple(reason for proof in proofs for reason in proof.reasons)
        return Verdict(name="impossible", proof=proofs[0].kind, reasons=reasons)
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
            code = "locked_grid" if grid.name else "nameless_locked_grid"
            reason = Reason(code, {"name": grid.name, "why": judged.reason})
            proofs.append(Proof(kind="atom", reasons=(reason,)))
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
    found = {"missed": missed, "grids": grids, "distance": distance, "moves": moves}
    return Verdict(name="not_found", reasons=(Reason("not_found", found),))
