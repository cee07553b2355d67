"""Geometry of input rows: usable, repaired or rejected, reprojected, in a fixed order.

The metre CRS of a run is that of the communities, else one chosen by their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.config import ReadRules
from gridgeo.errors import InputError
from gridgeo.read.context import RawLayer, ReadLog, StudyArea, rows_of, spatial_frame, tally
from gridgeo.read.crs import WGS84, declared_crs, fits, is_metric, label, misplaced, reproject
from gridgeo.read.strays import impossible_rows, without_strays
from gridgeo.wording import Text, join

#: type ids of shapely
POINTS, LINES, POLYGONS = (0, 4), (1, 2, 5), (3, 6)
_COLLECTION = 7


def to_study_area(raw: RawLayer, study_area: StudyArea) -> gpd.GeoDataFrame:
    """Return the usable rows of `raw` in the CRS of the `study_area`, flat, with their row index.

    Rows without geometry go to the rejects, and so do the few whose coordinates are not where the
    others are. Raises InputError for coordinates that are no numbers, for a layer far from the
    communities and for one without any usable row.
    """
    frame = _with_geometry(raw, study_area)
    projected = reproject(
        replace(raw, frame=frame), study_area.crs, study_area.rules, study_area.log
    )
    projected = without_strays(raw, projected, study_area)
    geometry = projected.geometry.to_numpy()
    is_flat = not (shapely.has_z(geometry) | shapely.has_m(geometry)).any()
    return projected if is_flat else _replaced(projected, shapely.force_2d(geometry))


def _with_geometry(raw: RawLayer, study_area: StudyArea) -> gpd.GeoDataFrame:
    """Return the rows of `raw` that have geometry; the others go to the rejects."""
    here = have_geometry(raw)
    _reject(raw, study_area, ~here, Text("no geometry", "没有几何图形"))
    return rows_of(spatial_frame(raw), here)


def have_geometry(raw: RawLayer) -> NDArray[np.bool_]:
    """Return which rows have geometry.

    Raises InputError for coordinates that are no numbers, and where no row has geometry.
    """
    geometry = spatial_frame(raw).geometry.to_numpy()
    coordinates, at = shapely.get_coordinates(geometry, return_index=True)
    bad = np.unique(at[~np.isfinite(coordinates).all(axis=1)])
    if bad.size:
        rows = [str(row + 1) for row in raw.frame.index[bad[:10]]]
        raise InputError(
            Text(
                f"{bad.size} rows have coordinates that are no numbers",
                f"{bad.size} 行的坐标不是有效数值",
            ),
            remedy=Text("Correct or delete these rows", "请更正或删除这些行"),
            **raw.place,
            rows=", ".join(rows) + (", ..." if bad.size > 10 else ""),
        )
    here: NDArray[np.bool_] = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    if not here.any():
        raise _nothing_usable(raw)
    return here


def _replaced(frame: gpd.GeoDataFrame, geometry: NDArray[Any]) -> gpd.GeoDataFrame:
    """Return `frame` with other geometry in the same CRS."""
    series = gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs)
    out: gpd.GeoDataFrame = frame.assign(geometry=series)
    return out


def _reject(raw: RawLayer, study_area: StudyArea, mask: NDArray[np.bool_], reason: Text) -> None:
    rows = np.flatnonzero(mask)
    values = shapely.to_wkt(raw.frame.geometry.to_numpy()[rows], rounding_precision=1)
    shown = [str(text or "NULL")[:60] for text in np.atleast_1d(values)]
    study_area.log.reject(raw, raw.frame.index[rows], field="geometry", values=shown, reason=reason)


#: what types of geometry are called
_SHAPES = {0: Text("points", "点"), 1: Text("lines", "线"), 3: Text("polygons", "面")}


def _nothing_usable(raw: RawLayer, types: Sequence[int] = ()) -> InputError:
    kinds = tally(raw.frame.geom_type.fillna("NULL"))
    shapes = join([text for kind, text in _SHAPES.items() if kind in types], en=" or ", zh="或")
    needs = Text(f": {shapes.en}", f"（{shapes.zh}）") if types else Text("", "")
    return InputError(
        Text(f"no row has usable geometry: {kinds}", f"没有可用的几何图形：{kinds}"),
        remedy=Text(
            f"Check that this is the layer meant for {raw.role}{needs.en}",
            f"请确认该图层可用作 {raw.role}{needs.zh}",
        ),
        **raw.place,
    )


def of_type(
    frame: gpd.GeoDataFrame, raw: RawLayer, study_area: StudyArea, types: Sequence[int]
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
    study_area.log.reject(
        raw,
        lost,
        field="geometry",
        values=raw.frame.geom_type.loc[lost],
        reason=Text("wrong type of geometry", "几何类型不符"),
    )
    if not right.any():
        raise _nothing_usable(raw, types)
    return rows_of(_replaced(frame, geometry), right)


def _parts_of(geometry: Any, types: Sequence[int]) -> Any:
    if geometry.geom_type != "GeometryCollection":
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry))
    kept = parts[np.isin(shapely.get_type_id(parts), types)]
    return shapely.union_all(kept) if len(kept) else geometry


#: a repair that changes the area by more than this share is no repair
_REPAIR_SHARE = 0.01


def polygons(
    frame: gpd.GeoDataFrame, raw: RawLayer, study_area: StudyArea, *, strict: bool = False
) -> gpd.GeoDataFrame:
    """Return the polygonal rows, valid; repairs are noted with the area before and after.

    A repair that changes the area by more than 1 % is an InputError when `strict`, else the
    row goes to the rejects.
    """
    kept = of_type(frame, raw, study_area, POLYGONS)
    before = kept.geometry.to_numpy()
    broken = ~shapely.is_valid(before)
    if not broken.any():
        return kept
    after = before.copy()
    after[broken] = shapely.make_valid(before[broken], method="structure", keep_collapsed=False)
    area, repaired = shapely.area(before), shapely.area(after)
    ruined = broken & ((np.abs(repaired - area) > _REPAIR_SHARE * area) | (repaired == 0))
    change = [f"{old:,.1f} -> {new:,.1f} m2" for old, new in zip(area, repaired, strict=True)]
    _report_ruined(raw, study_area, pd.Series(change, index=kept.index)[ruined], strict=strict)
    fixed = broken & ~ruined
    if fixed.any():
        old, new = area[fixed].sum(), repaired[fixed].sum()
        study_area.log.note(
            "geometry",
            Text(
                f"{raw}: {fixed.sum()} invalid polygons repaired, {old:,.2f} m2 before, "
                f"{new:,.2f} m2 after",
                f"{raw.zh}：修复 {fixed.sum()} 个无效多边形，面积由 {old:,.2f} 平方米变为 "
                f"{new:,.2f} 平方米",
            ),
        )
    return rows_of(_replaced(kept, after), ~ruined)


def _report_ruined(
    raw: RawLayer, study_area: StudyArea, change: pd.Series[str], *, strict: bool
) -> None:
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
    study_area.log.reject(raw, change.index, field="geometry", values=change, reason=reason)


def lines(frame: gpd.GeoDataFrame, raw: RawLayer, study_area: StudyArea) -> gpd.GeoDataFrame:
    """Return the lines, one LineString a row; lines without length are left out and counted."""
    kept = of_type(frame, raw, study_area, LINES)
    single = kept.explode(index_parts=False)
    nought = single.length.to_numpy() == 0
    if nought.any():
        study_area.log.note(
            "geometry",
            Text(
                f"{raw}: {nought.sum()} lines without length left out",
                f"{raw.zh}：略去 {nought.sum()} 条长度为零的线",
            ),
        )
    return rows_of(single, ~nought)


def inner_points(frame: gpd.GeoDataFrame, raw: RawLayer, study_area: StudyArea) -> gpd.GeoDataFrame:
    """Return points as they are, and polygons and multipoints as a point inside them."""
    kept = of_type(frame, raw, study_area, (*POINTS, *POLYGONS))
    geometry = kept.geometry.to_numpy()
    wide = shapely.get_type_id(geometry) != 0
    inner = geometry.copy()
    inner[wide] = shapely.point_on_surface(geometry[wide])
    _note_several(geometry, kept, raw, study_area)
    areas = np.isin(shapely.get_type_id(geometry), POLYGONS).sum()
    if areas:
        study_area.log.note(
            "geometry",
            Text(
                f"{raw}: {areas} polygons count at a point inside them",
                f"{raw.zh}：{areas} 个面状户数按其内部一点计",
            ),
        )
    return _replaced(kept, inner)


def _note_several(
    geometry: NDArray[Any], kept: gpd.GeoDataFrame, raw: RawLayer, study_area: StudyArea
) -> None:
    """Warn of rows with several points: all their households count at one of them."""
    several = (shapely.get_type_id(geometry) == 4) & (shapely.get_num_geometries(geometry) > 1)
    rows = [str(int(row) + 1) for row in kept.index[several]]
    if rows:
        listed = ", ".join(rows[:10]) + (", ..." if len(rows) > 10 else "")
        study_area.log.caution(
            "geometry",
            Text(
                f"{raw}: {len(rows)} rows have several points, and their households count at one "
                f"of them: rows {listed}",
                f"{raw.zh}：{len(rows)} 行含多个点，其户数计在其中一点：第 {listed} 行",
            ),
        )


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
    bounds = np.round(shapely.bounds(geometry), 3)
    order = np.lexsort(bounds.T[::-1])
    if not (np.diff(bounds[order], axis=0) != 0).any(axis=1).all():
        keys = pd.DataFrame(bounds).assign(wkb=shapely.to_wkb(geometry, hex=True))
        keys = keys.join(joined[list(columns)].astype(str))
        order = keys.sort_values(list(keys.columns), kind="stable").index.to_numpy()
    return gpd.GeoDataFrame(joined.take(order).reset_index(drop=True).astype(typed), crs=crs)


def working_crs(raw: RawLayer, rules: ReadRules, log: ReadLog) -> CRS:
    """Return the metre CRS of the job: the communities' own, else one chosen from where they lie.

    In China (longitude 73 to 135, latitude 3 to 54, Taiwan left out) that is the 3-degree zone
    of CGCS2000 without zone prefix (EPSG 4534 + (central meridian - 75) / 3), elsewhere UTM.
    """
    crs = declared_crs(raw, rules)
    west, south, east, north = _lonlat_bounds(raw, crs)
    if is_metric(crs):
        log.note("crs", Text(f"work in {label(crs)}", f"计算坐标系：{label(crs)}"))
        return crs
    lon, lat = (west + east) / 2, (south + north) / 2
    chosen = _choose_crs(lon, lat)
    rule = Text(
        "the CGCS2000 3-degree zone" if _in_china(lon, lat) else "the UTM zone",
        "CGCS2000 三度带" if _in_china(lon, lat) else "UTM 分带",
    )
    log.note(
        "crs",
        Text(
            f"the communities are in {label(crs)}, which does not measure metres: work in "
            f"{label(chosen)}, {rule.en} at {lon:.2f}, {lat:.2f}",
            f"社区图层坐标系为 {label(crs)}，不便量测；改在 {label(chosen)} 中计算"
            f"（{lon:.2f}，{lat:.2f} 所在的{rule.zh}）",
        ),
    )
    return chosen


def _choose_crs(lon: float, lat: float) -> CRS:
    """Return the metre CRS for a place.

    Examples
    --------
    >>> _choose_crs(117.0, 36.65).to_epsg(), _choose_crs(7.42, 43.74).to_epsg()
    (4548, 32632)
    """
    if _in_china(lon, lat):
        meridian = max(3 * round(lon / 3), 75)
        return CRS.from_epsg(4534 + (meridian - 75) // 3)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def _in_china(lon: float, lat: float) -> bool:
    taiwan = 119.3 <= lon <= 122.1 and 21.8 <= lat <= 25.4
    return 73 <= lon <= 135 and 3 <= lat <= 54 and not taiwan


def _lonlat_bounds(raw: RawLayer, crs: CRS) -> tuple[float, float, float, float]:
    """Return the bounds in degrees; raises InputError where they cannot be right for `crs`."""
    frame = spatial_frame(raw)[have_geometry(raw)]
    bounds = frame.total_bounds
    if not fits(bounds, crs, None):
        rows = impossible_rows(frame, crs)
        raise misplaced(raw, crs, bounds, rows=rows if len(rows) < len(frame) else ())
    degrees = gpd.GeoSeries([shapely.box(*bounds)], crs=crs).to_crs(WGS84).total_bounds
    west, south, east, north = (float(value) for value in degrees)
    return west, south, east, north
