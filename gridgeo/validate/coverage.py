"""Checks on area: nothing left out, nothing held twice, nothing outside its community."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgeo.config import Band, Codes
from gridgeo.model import Finding
from gridgeo.text import Text
from gridgeo.validate.case import Case
from gridgeo.validate.ground import NOISE_M2, TOLERANCE_M2, TOUCH_M, places, say_m2
from gridgeo.validate.overlay import common
from gridgeo.validate.subject import Subject

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


def fills_community(case: Case) -> Iterator[Finding]:
    """Every place in a community belongs to a grid (无缝覆盖).

    The difference of each community and all grids is exact; pieces that touch are one gap, and
    gaps up to 0.01 m2 are counted together. Findings name the grids around the gap.
    """
    crumbs = []
    for row in np.flatnonzero(~shapely.is_empty(case.gaps)):
        name = case.community_names[row]
        for gap in places(case.gaps[row]):
            if gap.area <= TOLERANCE_M2:
                crumbs.append(gap)
                continue
            around = case.tree.query(gap, predicate="dwithin", distance=TOUCH_M)
            yield Finding(
                rule="fills_community",
                severity="error",
                message=Text(
                    f"{say_m2(gap.area)} m2 of community {name} belong to no grid",
                    f"社区“{name}”有 {say_m2(gap.area)} 平方米不属于任何网格",
                ),
                grids=case.named(around),
                where=gap,
                amount=gap.area,
                unit="m2",
            )
    yield from _crumbs("fills_community", crumbs, Text("gaps", "缝隙"))


def no_overlap(case: Case) -> Iterator[Finding]:
    """No place belongs to two grids; overlaps up to 0.01 m2 are counted together."""
    crumbs = []
    for left, right, shared in zip(*case.overlaps, strict=True):
        if shared.area <= TOLERANCE_M2:
            crumbs.append(shared)
            continue
        pair = case.named([left, right])
        yield Finding(
            rule="no_overlap",
            severity="error",
            message=Text(
                f"grids {pair[0]} and {pair[1]} both hold {say_m2(shared.area)} m2",
                f"网格 {pair[0]} 与 {pair[1]} 重叠 {say_m2(shared.area)} 平方米",
            )
            + _twice(shared.area, case.ground[[left, right]]),
            grids=pair,
            where=shared,
            amount=shared.area,
            unit="m2",
        )
    yield from _crumbs("no_overlap", crumbs, Text("overlaps", "重叠"))


def inside_community(case: Case) -> Iterator[Finding]:
    """Every grid lies in its community; up to 0.01 m2 outside are counted together."""
    crumbs = []
    area = shapely.area(case.excess)
    reached = _reached(case, np.flatnonzero(area > TOLERANCE_M2))
    for row in np.flatnonzero(area > 0):
        if area[row] <= TOLERANCE_M2 and case.parents[row] >= 0:
            crumbs.append(case.excess[row])
            continue
        yield Finding(
            rule="inside_community",
            severity="error",
            message=_outside(case, row, say_m2(area[row]), reached.get(int(row), [])),
            grids=(case.handles[row],),
            where=case.excess[row],
            amount=float(area[row]),
            unit="m2",
        )
    yield from _crumbs("inside_community", crumbs, Text("places outside", "越界处"))


def area_difference(grids: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> float:
    """Return the m2 by which `grids` are no exact partition of `communities`.

    That is the ground of the communities that no grid holds, plus the ground that two grids
    hold (for each pair), plus the ground of grids outside their community; exact, without a
    tolerance. Columns as for `Subject`.
    """
    subject = Subject(grids=grids, communities=communities)
    return difference_m2(Case(subject=subject, band=Band(), codes=Codes()))


def difference_m2(case: Case) -> float:
    """Return the m2 by which the grids of a case are no exact partition of its communities."""
    pieces = (case.gaps, case.overlaps[2], case.excess)
    return float(sum(shapely.area(piece).sum() for piece in pieces))


def _twice(area: float, pair: Any) -> Text:
    lesser, greater = sorted(shapely.area(pair))
    if area < lesser - TOLERANCE_M2:
        return Text("", "")
    if area < greater - TOLERANCE_M2:
        return Text(": one lies wholly within the other", "：其中一个完全落在另一个之内")
    return Text(": they are the same ground", "：两者为同一块地")


def _reached(case: Case, rows: NDArray[np.intp]) -> dict[int, list[str]]:
    """Return the names of the communities that grids at `rows` reach into, in their order."""
    excess, other = case.outline_tree.query(case.excess[rows], predicate="intersects")
    held = shapely.area(common(case.outlines[other], case.excess[rows[excess]])) > TOLERANCE_M2
    names: dict[int, list[str]] = {}
    for row, place in sorted(zip(rows[excess[held]].tolist(), other[held].tolist(), strict=True)):
        names.setdefault(row, []).append(case.community_names[place])
    return names


def _outside(case: Case, row: np.intp, area: str, others: list[str]) -> Text:
    handle = case.handles[row]
    if case.parents[row] < 0:
        return Text(f"grid {handle} lies in no community", f"网格 {handle} 不在任何社区之内")
    name = case.community_names[case.parents[row]]
    into = Text(f" ({', '.join(others)})", f"（{'、'.join(others)}）") if others else Text("", "")
    return (
        Text(f"{area} m2 of grid {handle} lie", f"网格 {handle} 有 {area} 平方米")
        + Text(f" outside its community {name}", f"在其所属社区“{name}”之外")
        + into
    )


def _crumbs(rule: str, crumbs: Iterable[Any], noun: Text) -> Iterator[Finding]:
    pieces = np.array(list(crumbs), dtype=object)
    total = float(shapely.area(pieces).sum())
    if total > NOISE_M2:
        yield Finding(
            rule=rule,
            severity="info",
            message=Text(
                f"{len(pieces)} {noun.en} of up to {TOLERANCE_M2} m2 each, "
                f"{say_m2(total)} m2 together",
                f"{len(pieces)} 处不超过 {TOLERANCE_M2} 平方米的{noun.zh}，"
                f"合计 {say_m2(total)} 平方米",
            ),
            where=shapely.union_all(shapely.centroid(pieces)),
            amount=total,
            unit="m2",
        )
