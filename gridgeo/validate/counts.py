"""Checks on counts: the band, every household in one grid, sums conserved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from gridgeo.model import Finding, JudgedCount, Severity, judge_counts
from gridgeo.validate.assignment import NONE, UNKNOWN, PointAssignment, sums, texts
from gridgeo.validate.case import Case, not_checked
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


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
        judged = judge_counts(band, households[row], residents[row])
        if judged.verdict in {"in_band", ""}:
            continue
        small = (
            judged.verdict == "under"
            and case.parents[row] >= 0
            and bool(alone[case.parents[row] + 1])
        )
        yield Finding(
            rule="in_band",
            severity="info" if small else "warning",
            message=Text(f"grid {case.handles[row]} holds ", f"网格 {case.handles[row]} 有 ")
            + _counts_text(households[row], residents[row])
            + _missed(judged)
            + (_SMALL if small else Text("", "")),
            grids=(case.handles[row],),
            where=case.place(row),
            amount=abs(judged.off),
            unit=judged.measure,
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


_SMALL = Text(
    ": the only grid of a small community, allowed", "：该社区规模较小，单独成网格，规则允许"
)


def _counts_text(households: float, residents: float) -> Text:
    en, zh = [], []
    if not np.isnan(households):
        en.append(f"{households:,.0f} households")
        zh.append(f"{households:,.0f} 户")
    if not np.isnan(residents):
        en.append(f"{residents:,.0f} residents")
        zh.append(f"{residents:,.0f} 人")
    return Text(" and ".join(en), "、".join(zh))


def _missed(judged: JudgedCount) -> Text:
    side = Text("above", "高于") if judged.verdict == "over" else Text("below", "低于")
    noun = Text(judged.measure, "户" if judged.measure == "households" else "人")
    low, high, off = judged.lower, judged.upper, abs(judged.off)
    return Text(
        f", {off:,.0f} {noun.en} {side.en} the band of {low} to {high}",
        f"，{side.zh} {low}-{high} {noun.zh}的范围 {off:,.0f} {noun.zh}",
    )


_ERROR: Severity = "error"
_WARNING: Severity = "warning"
_POINTS = Text("household points", "住户点")


def households_once(case: Case) -> Iterator[Finding]:
    """Every household point lies in exactly one grid, the one that it states.

    A point within the tolerance of a border may belong to either side. Points in no grid are a
    warning where they state none and lie outside every community, or are listed (others state a
    grid); else they are an error.
    """
    points, placing = case.points, case.placing
    if points is None or placing is None:
        yield not_checked("households_once", _POINTS)
        return
    speaks = "grid" in points.columns
    outside, silent = placing.inside == NONE, placing.stated == NONE
    beyond = outside & silent & _beyond(case, points)
    listed = outside & silent & ~beyond & speaks
    lost = outside & ~beyond & ~listed
    for rows, severity, text in (
        (lost, _ERROR, Text("lie in no grid", "不在任何网格内")),
        (beyond, _WARNING, Text("lie outside every community", "位于所有社区之外")),
        (listed, _WARNING, Text("are listed as in no grid", "列为不在网格内")),
    ):
        yield from _report_points(points, np.flatnonzero(rows), severity, text)
    yield from _several(case, points, placing)
    if speaks:
        yield from _misplaced(case, points, placing)


def _beyond(case: Case, points: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which points lie outside every community."""
    near = case.outline_tree.query(
        points.geometry.to_numpy(), predicate="dwithin", distance=case.subject.tolerance_m
    )
    return ~np.isin(np.arange(len(points)), near[0])


def _report_points(
    points: gpd.GeoDataFrame,
    rows: NDArray[np.intp],
    severity: Severity,
    text: Text,
    grids: tuple[str, ...] = (),
) -> Iterator[Finding]:
    """Yield one finding on the points at `rows`, where there are any."""
    if len(rows) == 0:
        return
    households = float(points["households"].to_numpy(dtype=np.float64)[rows].sum())
    yield Finding(
        rule="households_once",
        severity=severity,
        message=Text(
            f"{len(rows)} points with {households:,.0f} households ",
            f"{len(rows)} 个住户点（{households:,.0f} 户）",
        )
        + text,
        grids=grids,
        where=shapely.union_all(points.geometry.to_numpy()[rows]),
        amount=households,
        unit="households",
    )


def _several(case: Case, points: gpd.GeoDataFrame, placing: PointAssignment) -> Iterator[Finding]:
    order = np.lexsort((placing.grid, placing.point))
    point, grid = placing.point[order], placing.grid[order]
    rows, firsts, times = np.unique(point, return_index=True, return_counts=True)
    rows_of = defaultdict(list)
    for row, first, count in zip(rows[times > 1], firsts[times > 1], times[times > 1], strict=True):
        rows_of[tuple(grid[first : first + count])].append(row)
    for grids, members in sorted(rows_of.items()):
        named = case.named(grids)
        text = Text(f"lie in each of {', '.join(named)}", f"同时位于网格 {'、'.join(named)}")
        yield from _report_points(points, np.array(members), "error", text, named)


def _misplaced(case: Case, points: gpd.GeoDataFrame, placing: PointAssignment) -> Iterator[Finding]:
    wrong = np.flatnonzero((placing.inside != NONE) & ~placing.agrees)
    pairs = np.stack([placing.stated[wrong], placing.inside[wrong]], axis=1)
    kinds, kind = np.unique(pairs, axis=0, return_inverse=True)
    for number, (stated, inside) in enumerate(kinds):
        lying_in = case.handles[inside]
        named = case.named([inside, stated] if stated >= 0 else [inside])
        text = Text(f"lie in grid {lying_in} but ", f"位于网格 {lying_in} 内，却") + _statement(
            case, stated
        )
        yield from _report_points(points, wrong[kind == number], "error", text, named)


def _statement(case: Case, stated: int) -> Text:
    if stated == NONE:
        return Text("state none", "未标注网格")
    if stated == UNKNOWN:
        return Text("state one that is not there", "标注了不存在的网格")
    return Text(f"state {case.handles[stated]}", f"标注为 {case.handles[stated]}")


def totals_conserved(case: Case) -> Iterator[Finding]:
    """Grids state what is in them, and all that came in is in a grid or listed.

    Sums are over household points and over atoms, by the grid that each states, else by the
    grid that it lies in; a point on a border may be counted on either side.
    """
    sources = _sources(case)
    if not sources and case.subject.households_in is None:
        yield not_checked("totals_conserved", Text("household points", "住户点"))
    for frame, grid in sources:
        yield from _unknown_grids(frame, grid)
        for measure, noun in _MEASURES:
            counted = sums(frame[measure], grid, len(case.handles))
            least, most = counted, counted
            if frame is case.points and "grid" not in frame.columns:
                least, most = _range_with_borders(case, frame[measure], counted)
            yield from _unequal(case, measure, noun, (least, counted, most))
    yield from _balance(case)


def _range_with_borders(
    case: Case, values: pd.Series[float], counted: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the least and the most that each grid may count, by where border points go."""
    placing = case.placing
    if placing is None or not len(placing.border_point):
        return counted, counted
    size, known = len(counted), np.nan_to_num(values.to_numpy(np.float64, na_value=np.nan))
    points = np.unique(placing.border_point)
    inside = np.bincount(placing.inside[points], known[points], minlength=size)
    beside = np.bincount(placing.border_grid, known[placing.border_point], minlength=size)
    return counted - inside, counted - inside + beside


_MEASURES = (("households", Text("households", "户")), ("residents", Text("residents", "人")))


def _sources(case: Case) -> list[tuple[gpd.GeoDataFrame, NDArray[np.intp]]]:
    """Return the layers that carry counts, each with the grid of its rows."""
    found = []
    if case.points is not None and case.placing is not None:
        speaks = "grid" in case.points.columns
        found.append((case.points, case.placing.stated if speaks else case.placing.inside))
    atoms = case.subject.atoms
    if atoms is not None and len(atoms):
        found.append((atoms, case.atom_grids))
    return found


def _unknown_grids(frame: gpd.GeoDataFrame, grid: NDArray[np.intp]) -> Iterator[Finding]:
    if "grid" not in frame.columns:
        return
    rows = np.flatnonzero(grid == UNKNOWN)
    codes = pd.Series(texts(frame["grid"])).to_numpy()[rows]
    for code in sorted(set(codes)):
        members = rows[codes == code]
        households = float(frame["households"].to_numpy(dtype=np.float64)[members].sum())
        yield Finding(
            rule="totals_conserved",
            severity="error",
            message=Text(
                f"grid {code} is not there; {households:,.0f} households state it",
                f"网格 {code} 不存在，却有 {households:,.0f} 户标注属于它",
            ),
            grids=(code,),
            where=shapely.union_all(shapely.point_on_surface(frame.geometry.to_numpy()[members])),
            amount=households,
            unit="households",
        )


def _unequal(
    case: Case,
    measure: str,
    noun: Text,
    counts: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> Iterator[Finding]:
    least, counted, most = counts
    stated = case.subject.grids[measure].to_numpy(dtype=np.float64, na_value=np.nan)
    off = stated - np.clip(stated, least, most)
    for row in np.flatnonzero(np.abs(off) >= 0.5):
        handle = case.handles[row]
        yield Finding(
            rule="totals_conserved",
            severity="error",
            message=Text(
                f"grid {handle} states {stated[row]:,.0f} {noun.en}, {counted[row]:,.0f} are in it",
                f"网格 {handle} 标注 {stated[row]:,.0f} {noun.zh}，"
                f"实际为 {counted[row]:,.0f} {noun.zh}",
            ),
            grids=(handle,),
            where=case.place(row),
            amount=float(abs(off[row])),
            unit=measure,
        )


def _balance(case: Case) -> Iterator[Finding]:
    came_in, listed = case.subject.households_in, case.subject.households_listed or 0
    if came_in is None:
        return
    within = int(np.nansum(case.count("households")))
    if came_in != within + listed:
        yield Finding(
            rule="totals_conserved",
            severity="error",
            message=Text(
                f"{came_in:,} households came in, but {within:,} are in grids and {listed:,} "
                "are listed",
                f"输入 {came_in:,} 户，而网格内 {within:,} 户、另列 {listed:,} 户，合计不符",
            ),
            amount=float(abs(came_in - within - listed)),
            unit="households",
        )
