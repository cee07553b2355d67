"""Geometry at the door: what is usable, what is repaired, what is put aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.errors import InputError
from gridgeo.read.context import Ground, RawLayer, tally
from gridgeo.read.crs import misplaced, reproject
from gridgeo.text import Text

#: a layer whose bounds are farther from the communities than this is in the wrong place
_NEAR_M = 50_000.0
#: a repair that changes the area by more than this share is no repair
_REPAIR_SHARE = 0.01
_POINTS, _LINES, _POLYGONS = (0, 4), (1, 2, 5), (3, 6)
_COLLECTION = 7


def place(raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    """Return the usable rows of `raw` in the CRS of the `ground`, flat, with their row index.

    Rows without geometry go to the rejects. Raises InputError for coordinates that are no
    numbers, for a layer far from the communities and for one without any usable row.
    """
    frame = with_geometry(raw, ground)
    placed = reproject(_same(raw, frame), ground.crs, ground.rules, ground.journal)
    bounds = placed.total_bounds
    if not np.isfinite(bounds).all() or _distance(bounds, ground.bounds) > _NEAR_M:
        raise misplaced(raw, frame.crs or placed.crs, frame.total_bounds)
    return placed.set_geometry(shapely.force_2d(placed.geometry.to_numpy()), crs=ground.crs)


def with_geometry(raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    """Return the rows of `raw` that have geometry; the others go to the rejects."""
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        raise InputError(
            Text("the layer has no geometry", "图层没有几何图形"),
            remedy=Text("Give a layer with geometry", "请提供含几何图形的图层"),
            **raw.place,
        )
    geometry = raw.frame.geometry.to_numpy()
    coordinates, at = shapely.get_coordinates(geometry, return_index=True)
    bad = np.unique(at[~np.isfinite(coordinates).all(axis=1)])
    if bad.size:
        raise InputError(
            Text(
                f"{bad.size} rows have coordinates that are no numbers",
                f"{bad.size} 行的坐标不是有效数值",
            ),
            remedy=Text("Correct or delete these rows", "请更正或删除这些行"),
            **raw.place,
            rows=", ".join(str(row + 1) for row in raw.frame.index[bad[:10]])
            + (", ..." if bad.size > 10 else ""),
        )
    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    _put_aside(raw, ground, absent, Text("no geometry", "没有几何图形"))
    if absent.all():
        raise _nothing_usable(raw)
    return raw.frame[~absent]


def _same(raw: RawLayer, frame: gpd.GeoDataFrame) -> RawLayer:
    return RawLayer(
        role=raw.role, frame=frame, file=raw.file, layer=raw.layer, crs_assumed=raw.crs_assumed
    )


def _distance(bounds: NDArray[Any], other: tuple[float, ...] | None) -> float:
    if other is None:
        return 0.0
    dx = max(other[0] - bounds[2], bounds[0] - other[2], 0.0)
    dy = max(other[1] - bounds[3], bounds[1] - other[3], 0.0)
    return float(np.hypot(dx, dy))


def _put_aside(raw: RawLayer, ground: Ground, mask: NDArray[np.bool_], reason: Text) -> None:
    rows = np.flatnonzero(mask)
    values = shapely.to_wkt(raw.frame.geometry.to_numpy()[rows], rounding_precision=1)
    shown = [str(text or "NULL")[:60] for text in np.atleast_1d(values)]
    ground.journal.reject(raw, raw.frame.index[rows], field="geometry", values=shown, reason=reason)


def _nothing_usable(raw: RawLayer) -> InputError:
    kinds = tally(raw.frame.geom_type.fillna("NULL"))
    return InputError(
        Text(f"no row has usable geometry: {kinds}", f"没有可用的几何图形：{kinds}"),
        remedy=Text(
            f"Check that this is the layer meant for {raw.role}",
            f"请确认该图层可用作 {raw.role}",
        ),
        **raw.place,
    )


def of_type(
    frame: gpd.GeoDataFrame, raw: RawLayer, ground: Ground, types: Sequence[int]
) -> gpd.GeoDataFrame:
    """Return the rows whose geometry is of the `types`, and put the others aside.

    Of a collection the parts of these types are kept.
    """
    geometry = frame.geometry.to_numpy()
    kinds = shapely.get_type_id(geometry)
    if (kinds == _COLLECTION).any():
        geometry = np.array([_parts_of(one, types) for one in geometry], dtype=object)
        kinds = shapely.get_type_id(geometry)
    right = np.isin(kinds, types) & ~shapely.is_empty(geometry)
    lost = frame.index[~right]
    ground.journal.reject(
        raw,
        lost,
        field="geometry",
        values=raw.frame.geom_type.loc[lost],
        reason=Text("wrong type of geometry", "几何类型不符"),
    )
    if not right.any():
        raise _nothing_usable(raw)
    return frame.set_geometry(geometry, crs=frame.crs)[right]


def _parts_of(geometry: Any, types: Sequence[int]) -> Any:
    if geometry.geom_type != "GeometryCollection":
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry))
    kept = parts[np.isin(shapely.get_type_id(parts), types)]
    return shapely.union_all(kept) if len(kept) else geometry


def polygons(
    frame: gpd.GeoDataFrame, raw: RawLayer, ground: Ground, *, strict: bool = False
) -> gpd.GeoDataFrame:
    """Return the polygonal rows, valid; repairs are noted with the area before and after.

    A repair that changes the area by more than 1 % is an InputError when `strict`, else the
    row goes to the rejects.
    """
    kept = of_type(frame, raw, ground, _POLYGONS)
    before = kept.geometry.to_numpy()
    broken = ~shapely.is_valid(before)
    if not broken.any():
        return kept
    after = before.copy()
    after[broken] = shapely.make_valid(before[broken], method="structure", keep_collapsed=False)
    area, repaired = shapely.area(before), shapely.area(after)
    ruined = broken & ((np.abs(repaired - area) > _REPAIR_SHARE * area) | (repaired == 0))
    _report_ruined(kept, raw, ground, ruined, area, repaired, strict=strict)
    mended = broken & ~ruined
    if mended.any():
        old, new = area[mended].sum(), repaired[mended].sum()
        ground.journal.say(
            "geometry",
            Text(
                f"{raw}: {mended.sum()} invalid polygons repaired, {old:,.2f} m2 before, "
                f"{new:,.2f} m2 after",
                f"{raw}：修复 {mended.sum()} 个无效多边形，面积由 {old:,.2f} 平方米变为 "
                f"{new:,.2f} 平方米",
            ),
        )
    return kept.set_geometry(after, crs=kept.crs)[~ruined]


def _report_ruined(
    frame: gpd.GeoDataFrame,
    raw: RawLayer,
    ground: Ground,
    ruined: NDArray[np.bool_],
    area: NDArray[np.float64],
    repaired: NDArray[np.float64],
    *,
    strict: bool,
) -> None:
    if not ruined.any():
        return
    first = int(np.flatnonzero(ruined)[0])
    if strict or ruined.all():
        raise InputError(
            Text(
                f"the polygon crosses itself; a repair would change its area from "
                f"{area[first]:,.1f} to {repaired[first]:,.1f} m2",
                f"多边形自相交，修复会使面积由 {area[first]:,.1f} 变为 {repaired[first]:,.1f} 平方米",
            ),
            remedy=Text("Redraw it, in QGIS for example", "请在 QGIS 等软件中重新绘制"),
            **raw.place,
            row=int(frame.index[first]) + 1,
        )
    reason = Text("the polygon crosses itself or has no area", "多边形自相交或没有面积")
    values = [
        f"{old:,.1f} -> {new:,.1f} m2"
        for old, new in zip(area[ruined], repaired[ruined], strict=True)
    ]
    ground.journal.reject(raw, frame.index[ruined], field="geometry", values=values, reason=reason)


def lines(frame: gpd.GeoDataFrame, raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    """Return the lines, one LineString a row; lines without length are left out and counted."""
    kept = of_type(frame, raw, ground, _LINES)
    single = kept.explode(index_parts=False)
    nought = single.length.to_numpy() == 0
    if nought.any():
        ground.journal.say(
            "geometry",
            Text(
                f"{raw}: {nought.sum()} lines without length left out",
                f"{raw}：略去 {nought.sum()} 条长度为零的线",
            ),
        )
    return single[~nought]


def inner_points(frame: gpd.GeoDataFrame, raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    """Return points as they are, and polygons and multipoints as a point inside them."""
    kept = of_type(frame, raw, ground, (*_POINTS, *_POLYGONS))
    geometry = kept.geometry.to_numpy()
    wide = shapely.get_type_id(geometry) != 0
    inner = np.where(wide, shapely.point_on_surface(geometry), geometry)
    areas = np.isin(shapely.get_type_id(geometry), _POLYGONS).sum()
    if areas:
        ground.journal.say(
            "geometry",
            Text(
                f"{raw}: {areas} polygons count at a point inside them",
                f"{raw}：{areas} 个面状户数按其内部一点计",
            ),
        )
    return kept.set_geometry(inner, crs=kept.crs)


def gather(
    frames: Sequence[gpd.GeoDataFrame], columns: Sequence[str], crs: Any
) -> gpd.GeoDataFrame:
    """Return the frames as one, in an order that depends on the rows alone.

    Sorted by bounds rounded to millimetres, then by geometry, then by every column.
    """
    wanted = [*columns, "geometry"]
    if not frames:
        empty = {name: pd.Series(dtype=object) for name in columns}
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([], crs=crs), crs=crs)[wanted]
    joined = pd.concat([frame[wanted] for frame in frames], ignore_index=True)
    geometry = joined.geometry.to_numpy()
    keys = pd.DataFrame(np.round(shapely.bounds(geometry), 3))
    tied = keys.duplicated(keep=False).to_numpy()
    keys["wkb"] = ""
    keys.loc[tied, "wkb"] = shapely.to_wkb(geometry[tied], hex=True)
    for name in columns:
        keys[name] = joined[name].astype(str)
    order = keys.sort_values(list(keys.columns), kind="stable").index
    return gpd.GeoDataFrame(joined.loc[order].reset_index(drop=True), crs=crs)
