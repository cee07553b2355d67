"""Polygons, lines and points of usable rows, and all rows of a kind in one fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.errors import InputError
from gridgeo.read.context import Ground, RawLayer
from gridgeo.read.geometry import LINES, POINTS, POLYGONS, of_type, replaced, rows_of
from gridgeo.text import Text

#: a repair that changes the area by more than this share is no repair
#: a repair that changes the area by more than this share is no repair
_REPAIR_SHARE = 0.01


def polygons(
    frame: gpd.GeoDataFrame, raw: RawLayer, ground: Ground, *, strict: bool = False
) -> gpd.GeoDataFrame:
    """Return the polygonal rows, valid; repairs are noted with the area before and after.

    A repair that changes the area by more than 1 % is an InputError when `strict`, else the
    row goes to the rejects.
    """
    kept = of_type(frame, raw, ground, POLYGONS)
    before = kept.geometry.to_numpy()
    broken = ~shapely.is_valid(before)
    if not broken.any():
        return kept
    after = before.copy()
    after[broken] = shapely.make_valid(before[broken], method="structure", keep_collapsed=False)
    area, repaired = shapely.area(before), shapely.area(after)
    ruined = broken & ((np.abs(repaired - area) > _REPAIR_SHARE * area) | (repaired == 0))
    change = [f"{old:,.1f} -> {new:,.1f} m2" for old, new in zip(area, repaired, strict=True)]
    _report_ruined(raw, ground, pd.Series(change, index=kept.index)[ruined], strict=strict)
    mended = broken & ~ruined
    if mended.any():
        old, new = area[mended].sum(), repaired[mended].sum()
        ground.journal.say(
            "geometry",
            Text(
                f"{raw}: {mended.sum()} invalid polygons repaired, {old:,.2f} m2 before, "
                f"{new:,.2f} m2 after",
                f"{raw.zh}：修复 {mended.sum()} 个无效多边形，面积由 {old:,.2f} 平方米变为 "
                f"{new:,.2f} 平方米",
            ),
        )
    return rows_of(replaced(kept, after), ~ruined)


def _report_ruined(raw: RawLayer, ground: Ground, change: pd.Series[str], *, strict: bool) -> None:
    if change.empty:
        return
    if strict or len(change) == len(raw.frame):
        raise InputError(
            Text(
                f"the polygon crosses itself; a repair would change its area: {change.iloc[0]}",
                f"多边形自相交，修复会改变其面积：{change.iloc[0]}",
            ),
            remedy=Text("Redraw it, in QGIS for example", "请在 QGIS 等软件中重新绘制"),
            **raw.place,
            row=int(change.index[0]) + 1,
        )
    reason = Text("the polygon crosses itself or has no area", "多边形自相交或没有面积")
    ground.journal.reject(raw, change.index, field="geometry", values=change, reason=reason)


def lines(frame: gpd.GeoDataFrame, raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    """Return the lines, one LineString a row; lines without length are left out and counted."""
    kept = of_type(frame, raw, ground, LINES)
    single = kept.explode(index_parts=False)
    nought = single.length.to_numpy() == 0
    if nought.any():
        ground.journal.say(
            "geometry",
            Text(
                f"{raw}: {nought.sum()} lines without length left out",
                f"{raw.zh}：略去 {nought.sum()} 条长度为零的线",
            ),
        )
    return rows_of(single, ~nought)


def inner_points(frame: gpd.GeoDataFrame, raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    """Return points as they are, and polygons and multipoints as a point inside them."""
    kept = of_type(frame, raw, ground, (*POINTS, *POLYGONS))
    geometry = kept.geometry.to_numpy()
    wide = shapely.get_type_id(geometry) != 0
    inner = np.where(wide, shapely.point_on_surface(geometry), geometry)
    areas = np.isin(shapely.get_type_id(geometry), POLYGONS).sum()
    if areas:
        ground.journal.say(
            "geometry",
            Text(
                f"{raw}: {areas} polygons count at a point inside them",
                f"{raw.zh}：{areas} 个面状户数按其内部一点计",
            ),
        )
    return replaced(kept, inner)


#: columns that are no text
_DTYPES = {
    "households": "int64",
    "residents": "float64",
    "cuts": "bool",
    "floors": "float64",
    "area_m2": "float64",
    "floor_area_m2": "float64",
    "people": "float64",
}


def gather(
    frames: Sequence[gpd.GeoDataFrame], columns: Sequence[str], crs: Any
) -> gpd.GeoDataFrame:
    """Return the frames as one, in an order that depends on the rows alone.

    Sorted by bounds rounded to millimetres, then by geometry, then by every column.
    """
    typed = {name: _DTYPES.get(name, "object") for name in columns}
    if not frames:
        empty = pd.DataFrame({name: [] for name in columns}).astype(typed)
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs))
    joined = pd.concat([frame[[*columns, "geometry"]] for frame in frames], ignore_index=True)
    geometry = joined.geometry.to_numpy()
    keys = pd.DataFrame(np.round(shapely.bounds(geometry), 3))
    if keys.duplicated().any():
        keys["wkb"] = shapely.to_wkb(geometry, hex=True)
        keys = keys.join(joined[list(columns)].astype(str))
    order = keys.sort_values(list(keys.columns), kind="stable").index
    return gpd.GeoDataFrame(joined.loc[order].reset_index(drop=True).astype(typed), crs=crs)
