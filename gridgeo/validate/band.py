"""Check on size: the band of households or residents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gridgeo.config import Band
from gridgeo.model import Finding
from gridgeo.text import Text
from gridgeo.validate.case import Case


def in_band(case: Case) -> Iterator[Finding]:
    """Every basic grid is in the band, by households or residents as the profile says.

    "In principle" (原则上): a miss is a warning with its number. A grid that is the only basic
    one of a community below the limit is allowed, and named. Counts that the grids lack are
    those of the household points inside.
    """
    households, residents = case.count("households"), case.count("residents")
    alone = np.bincount(case.parents[case.basic] + 1, minlength=len(case.outlines) + 1) == 1
    for row in np.flatnonzero(case.basic):
        band = case.bands.of(case.parents[row])
        off = outside_band(households[row], residents[row], band)
        if off == 0 or np.isnan(off):
            continue
        small = off < 0 and case.parents[row] >= 0 and bool(alone[case.parents[row] + 1])
        yield Finding(
            rule="in_band",
            severity="info" if small else "warning",
            message=Text(f"grid {case.handles[row]} holds ", f"网格 {case.handles[row]} 有 ")
            + _held(households[row], residents[row])
            + _missed(off, band)
            + (_SMALL if small else Text("", "")),
            grids=(case.handles[row],),
            where=case.place(row),
            amount=float(abs(off)),
            unit="residents" if band.profile == "residents" else "households",
            advice=_advice(case, int(case.parents[row])),
        )


def _advice(case: Case, community: int) -> Text | None:
    """Point to the remedies that were computed where a community is proved impossible."""
    frame = case.subject.communities
    if community < 0 or "verdict" not in frame or frame["verdict"].iloc[community] != "impossible":
        return None
    name = case.community_names[community]
    return Text(
        f"It is proved that no division of {name} is wholly in band: what can be done stands with "
        "this community (reason); else accept with the reason",
        f"已证明“{name}”无论怎样划分都不能全部达标：可行办法见社区表中该社区的“原因”；"
        "不调整的可登记为例外",
    )


def outside_band(households: float, residents: float, band: Band) -> float:
    """Return by how much a grid is above (positive) or below (negative) the band; 0 inside.

    Under ``either`` a grid that meets one measure is inside, and the distance is in households.
    NaN where the count that decides is not known.

    Examples
    --------
    >>> outside_band(520, float("nan"), Band()), outside_band(250, 900, Band())
    (20.0, 0.0)
    """
    by_residents = _outside(residents, band.residents_lower, band.residents_upper)
    if band.profile == "residents" or (band.profile == "either" and by_residents == 0):
        return by_residents
    return _outside(households, band.lower, band.upper)


_SMALL = Text(
    ": the only grid of a small community, allowed", "：该社区规模较小，单独成网格，规则允许"
)


def _outside(count: float, lower: float, upper: float) -> float:
    return float(count - np.clip(count, lower, upper))


def _held(households: float, residents: float) -> Text:
    en, zh = [], []
    if not np.isnan(households):
        en.append(f"{households:,.0f} households")
        zh.append(f"{households:,.0f} 户")
    if not np.isnan(residents):
        en.append(f"{residents:,.0f} residents")
        zh.append(f"{residents:,.0f} 人")
    return Text(" and ".join(en), "、".join(zh))


def _missed(off: float, band: Band) -> Text:
    side = Text("above", "高于") if off > 0 else Text("below", "低于")
    low, high, noun = band.lower, band.upper, Text("households", "户")
    if band.profile == "residents":
        low, high, noun = band.residents_lower, band.residents_upper, Text("residents", "人")
    return Text(
        f", {abs(off):,.0f} {noun.en} {side.en} the band of {low} to {high}",
        f"，{side.zh} {low}-{high} {noun.zh}的范围 {abs(off):,.0f} {noun.zh}",
    )
