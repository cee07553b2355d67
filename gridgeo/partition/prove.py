"""Verdicts of communities and grids, with reasons as a county officer needs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import known, numbers_of_grids, too_big
from gridgeo.partition.stranded import stranded_atoms
from gridgeo.text import Text, join

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.pieces import Solved

#: units that a reason names, the heaviest first
NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A verdict, its proof (``""``, ``arithmetic``, ``atom``, ``disconnected``) and its reason."""

    name: str
    reason: Text
    proof: str = ""


def count_text(households: int, residents: float) -> Text:
    """Return households and, where known, residents in words.

    Examples
    --------
    >>> count_text(620, float("nan")).zh
    '620 户'
    >>> count_text(620, 1500).en
    '620 households, 1,500 residents'
    """
    told = Text(f"{households:,} households", f"{households} 户")
    if np.isnan(residents):
        return told
    return told + Text(f", {residents:,.0f} residents", f"、{residents:.0f} 人")


def band_text(band: Band) -> Text:
    """Return the band of the profile in words.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> band_text(Band()).zh
    '300–500 户或 800–1200 人'
    """
    households = Text(f"{band.lower:,}-{band.upper:,} households", f"{band.lower}–{band.upper} 户")
    residents = Text(
        f"{band.residents_lower:,}-{band.residents_upper:,} residents",
        f"{band.residents_lower}–{band.residents_upper} 人",
    )
    if band.profile == "either":
        return households + Text(" or ", "或 ") + residents
    return households if band.profile == "households" else residents


def judge_grid(band: Band, households: int, residents: float, *, small: bool) -> Verdict:
    """Return the verdict of a basic grid; `small` when its whole community is below the limit.

    Parameters
    ----------
    households, residents
        What the grid holds; NaN where residents are unknown.
    """
    by_households = band.profile != "residents" or np.isnan(residents)
    by_residents = band.profile != "households" and not np.isnan(residents)
    if by_households and band.lower <= households <= band.upper:
        return Verdict(
            name="in_band", reason=Text(f"By households: {households}", f"按户数：{households} 户")
        )
    if by_residents and band.residents_lower <= residents <= band.residents_upper:
        return Verdict(
            name="in_band",
            reason=Text(f"By residents: {residents:,.0f}", f"按人口：{residents:.0f} 人"),
        )
    if small:
        return Verdict(
            name="small",
            reason=Text(
                "The whole community is below the lower limit: ",
                "整个村（社区）低于下限：",
            )
            + count_text(households, residents),
        )
    reasons, signs = [], []
    if by_households:
        signs.append(households < band.lower)
        reasons.append(_off(households, band.lower, band.upper, "households", "户"))
    if by_residents:
        signs.append(residents < band.residents_lower)
        reasons.append(
            _off(round(residents), band.residents_lower, band.residents_upper, "residents", "人")
        )
    return Verdict(name="under" if signs[0] else "over", reason=join(reasons))


def _off(amount: int, lower: int, upper: int, en: str, zh: str) -> Text:
    if amount < lower:
        return Text(
            f"{amount:,} {en}: {lower - amount:,} below the lower limit {lower:,}",
            f"{amount} {zh}，比下限 {lower} 少 {lower - amount} {zh}",
        )
    return Text(
        f"{amount:,} {en}: {amount - upper:,} above the upper limit {upper:,}",
        f"{amount} {zh}，比上限 {upper} 多 {amount - upper} {zh}",
    )


def judge_community(band: Band, pieces: list[Solved]) -> Verdict:
    """Return the verdict of a community from its pieces that hold households.

    Parameters
    ----------
    pieces
        All of them, solved; none where nobody lives outside dedicated grids.
    """
    if not pieces:
        return Verdict(
            name="small",
            reason=Text("No households outside dedicated grids", "专属网格之外没有住户"),
        )
    households = np.concatenate([piece.problem.households for piece in pieces])
    residents = np.concatenate([piece.problem.residents for piece in pieces])
    amount = count_text(int(households.sum()), people_of(households, residents))
    grids = sum(piece.solution.grids for piece in pieces)
    if not any(piece.solution.missed for piece in pieces):
        return Verdict(
            name="in_band",
            reason=amount
            + Text(f" in {grids} grids, all in the band", f"，{grids} 个网格，全部符合标准"),
        )
    if is_small(band, households, residents):
        return Verdict(
            name="small",
            reason=amount
            + Text(", below the lower limit: one grid is allowed", "，低于下限，可划为一个网格"),
        )
    told = _proofs(band, pieces)
    if told:
        return Verdict(
            name="impossible", proof=told[0].proof, reason=join([t.reason for t in told])
        )
    return _not_found(pieces, grids)


def _proofs(band: Band, pieces: list[Solved]) -> list[Verdict]:
    """Return what proves that a community cannot be in band, the plainest kind only."""
    missing = [piece for piece in pieces if piece.solution.missed]
    households = np.concatenate([piece.problem.households for piece in pieces])
    residents = np.concatenate([piece.problem.residents for piece in pieces])
    told = [_arithmetic(band, households, residents), *(_oversized(band, p) for p in missing)]
    if len(pieces) > 1:
        told += [_disconnected(band, piece) for piece in missing]
    if not any(told):
        told = [_stranded(band, piece) for piece in missing]
    if not any(told) and all(piece.solution.exact for piece in missing):
        told = [_exhausted(band, pieces)]
    return [proof for proof in told if proof]


def people_of(households: NDArray[np.int64], residents: NDArray[np.float64]) -> float:
    """Return the residents of some atoms together, NaN where those of any are unknown."""
    told = known(households, residents)
    return float(np.nan_to_num(residents).sum()) if told.all() else float("nan")


def is_small(band: Band, households: NDArray[np.int64], residents: NDArray[np.float64]) -> bool:
    """Tell whether a community is below the lower limit, and so may be one grid."""
    people = people_of(households, residents)
    if band.profile == "residents" and not np.isnan(people):
        return people < band.residents_lower
    return bool(households.sum() < band.lower)


def _arithmetic(
    band: Band, households: NDArray[np.int64], residents: NDArray[np.float64]
) -> Verdict | None:
    if numbers_of_grids(band, households, residents):
        return None
    amount = count_text(int(households.sum()), people_of(households, residents))
    limits = band_text(band)
    return Verdict(
        name="impossible",
        proof="arithmetic",
        reason=amount
        + Text(
            f" cannot be divided into grids of {limits.en}, whatever the number of grids",
            f"，无论划成几个网格，都不能使每个网格为 {limits.zh}",
        ),
    )


def _oversized(band: Band, piece: Solved) -> Verdict | None:
    problem = piece.problem
    big = np.flatnonzero(too_big(band, problem.households, problem.residents))
    return _of_atoms(piece, big.tolist(), lambda v: _too_big(band, piece, v))


def _stranded(band: Band, piece: Solved) -> Verdict | None:
    found = stranded_atoms(band, piece.problem)
    return _of_atoms(piece, found, lambda v: _fits_nowhere(band, piece, v))


def _of_atoms(piece: Solved, atoms: list[int], say: Callable[[int], Text]) -> Verdict | None:
    """Return the proof that some atoms give, the heaviest of them named."""
    if not atoms:
        return None
    problem = piece.problem
    ranked = sorted(atoms, key=lambda v: (-problem.households[v], problem.x[v], problem.y[v]))
    told = [say(v) for v in ranked[:NAMED]]
    if len(ranked) > NAMED:
        told.append(Text(f"{len(ranked)} such units in all", f"此类单元共 {len(ranked)} 个"))
    return Verdict(name="impossible", proof="atom", reason=join(told))


def _unit(piece: Solved, v: int) -> tuple[Text, Text]:
    """Return what an atom holds, and its name or place."""
    place = f"({piece.problem.x[v]:.0f}, {piece.problem.y[v]:.0f})"
    name = piece.names[v]
    return (
        count_text(int(piece.problem.households[v]), piece.problem.residents[v]),
        Text(name or f"at {place}", name or f"位于 {place}"),
    )


def _fits_nowhere(band: Band, piece: Solved, v: int) -> Text:
    (amount, where), limits = _unit(piece, v), band_text(band)
    return Text(
        f"one unit ({where.en}) holds {amount.en}, and no group of neighbouring units around it "
        f"holds {limits.en}",
        f"{amount.zh}的一个单元（{where.zh}）无论与哪些相邻单元合并，都不能成为 {limits.zh}的网格",
    )


def _too_big(band: Band, piece: Solved, v: int) -> Text:
    amount, where = _unit(piece, v)
    upper = _upper_text(band, piece.problem.residents[v])
    return Text(
        f"one unit ({where.en}) holds {amount.en}, above the upper limit of {upper.en}, and no "
        "street or building border divides it",
        f"{amount.zh}的一个单元（{where.zh}）超过上限 {upper.zh}，沿街道或楼栋无法再分",
    )


def _upper_text(band: Band, residents: float) -> Text:
    households = Text(f"{band.upper:,} households", f"{band.upper} 户")
    people = Text(f"{band.residents_upper:,} residents", f"{band.residents_upper} 人")
    if band.profile == "households" or np.isnan(residents):
        return households
    return people if band.profile == "residents" else households + Text(" and ", "和 ") + people


def _disconnected(band: Band, piece: Solved) -> Verdict | None:
    problem = piece.problem
    if numbers_of_grids(band, problem.households, problem.residents):
        return None
    people = people_of(problem.households, problem.residents)
    amount = count_text(int(problem.households.sum()), people)
    limits = band_text(band)
    by = piece.cut_off_by
    apart = (
        Text(f"cut off by {by.en}", f"被{by.zh}隔开")
        if by
        else Text("apart from the rest", "与其余部分不相连")
    )
    return Verdict(
        name="impossible",
        proof="disconnected",
        reason=Text(
            f"a part with {amount.en}, {apart.en}, cannot be divided into grids of {limits.en}",
            f"{apart.zh}的一片有 {amount.zh}，不能划成 {limits.zh}的网格",
        ),
    )


def _exhausted(band: Band, pieces: list[Solved]) -> Verdict:
    atoms = sum(piece.members.size for piece in pieces)
    distance = sum(piece.solution.distance for piece in pieces)
    limits = band_text(band)
    return Verdict(
        name="impossible",
        proof="exhausted",
        reason=Text(
            f"every connected way to put its {atoms} units together was tried: none gives grids "
            f"of {limits.en}; the nearest is off by {distance:,.0f} households",
            f"已穷尽 {atoms} 个单元的全部连片组合，没有一种能使每个网格为 {limits.zh}；"
            f"最接近的一种合计相差 {distance:.0f} 户",
        ),
    )


def _not_found(pieces: list[Solved], grids: int) -> Verdict:
    missed = sum(piece.solution.missed for piece in pieces)
    distance = sum(piece.solution.distance for piece in pieces)
    moves = sum(piece.solution.moves for piece in pieces)
    return Verdict(
        name="not_found",
        reason=Text(
            f"{missed} of {grids} grids miss the band, by {distance:,.0f} households together; "
            f"nothing better was found in {moves:,} moves",
            f"{grids} 个网格中有 {missed} 个不符合标准，合计相差 {distance:.0f} 户；"
            f"尝试 {moves} 次调整未找到更好的划法",
        ),
    )
