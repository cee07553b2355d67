"""Check on people: every household is in one grid, the one that it states."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.model import Finding, Severity
from gridgeo.text import Text
from gridgeo.validate.case import Case, not_checked
from gridgeo.validate.ground import TOUCH_M
from gridgeo.validate.placing import NONE, UNKNOWN, Placing

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

_ERROR: Severity = "error"
_WARNING: Severity = "warning"
_POINTS = Text("household points", "住户点")


def households_once(case: Case) -> Iterator[Finding]:
    """Every household point lies in exactly one grid, the one that it states.

    A point within 0.01 m of a border may belong to either side. Points in no grid are a warning
    where they state none and lie outside every community, or are listed (others state a grid);
    else they are an error.
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
    for rows, severity, said in (
        (lost, _ERROR, Text("lie in no grid", "不在任何网格内")),
        (beyond, _WARNING, Text("lie outside every community", "位于所有社区之外")),
        (listed, _WARNING, Text("are listed as in no grid", "列为不在网格内")),
    ):
        yield from _told(points, np.flatnonzero(rows), severity, said)
    yield from _several(case, points, placing)
    if speaks:
        yield from _misplaced(case, points, placing)


def _beyond(case: Case, points: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which points lie outside every community."""
    near = case.outline_tree.query(
        points.geometry.to_numpy(), predicate="dwithin", distance=TOUCH_M
    )
    return ~np.isin(np.arange(len(points)), near[0])


def _told(
    points: gpd.GeoDataFrame,
    rows: NDArray[np.intp],
    severity: Severity,
    said: Text,
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
        + said,
        grids=grids,
        where=shapely.union_all(points.geometry.to_numpy()[rows]),
        amount=households,
        unit="households",
    )


def _several(case: Case, points: gpd.GeoDataFrame, placing: Placing) -> Iterator[Finding]:
    order = np.lexsort((placing.grid, placing.point))
    point, grid = placing.point[order], placing.grid[order]
    rows, firsts, times = np.unique(point, return_index=True, return_counts=True)
    held = defaultdict(list)
    for row, first, count in zip(rows[times > 1], firsts[times > 1], times[times > 1], strict=True):
        held[tuple(grid[first : first + count])].append(row)
    for grids, own in sorted(held.items()):
        named = case.named(grids)
        said = Text(f"lie in each of {', '.join(named)}", f"同时位于网格 {'、'.join(named)}")
        yield from _told(points, np.array(own), "error", said, named)


def _misplaced(case: Case, points: gpd.GeoDataFrame, placing: Placing) -> Iterator[Finding]:
    wrong = np.flatnonzero((placing.inside != NONE) & ~placing.agrees)
    pairs = np.stack([placing.stated[wrong], placing.inside[wrong]], axis=1)
    kinds, kind = np.unique(pairs, axis=0, return_inverse=True)
    for number, (stated, inside) in enumerate(kinds):
        own = case.handles[inside]
        named = case.named([inside, stated] if stated >= 0 else [inside])
        said = Text(f"lie in grid {own} but ", f"位于网格 {own} 内，却") + _statement(case, stated)
        yield from _told(points, wrong[kind == number], "error", said, named)


def _statement(case: Case, stated: int) -> Text:
    if stated == NONE:
        return Text("state none", "未标注网格")
    if stated == UNKNOWN:
        return Text("state one that is not there", "标注了不存在的网格")
    return Text(f"state {case.handles[stated]}", f"标注为 {case.handles[stated]}")
