"""Rows that lie where the rest of their layer does not: swapped, shifted, in another zone."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.errors import InputError
from gridgeo.read.context import RawLayer, StudyArea, rows_of, spatial_frame
from gridgeo.read.crs import NEAR_M, declared_crs, misplaced
from gridgeo.wording import Text

#: so many rows, or this share, are strays; more are a layer of a wider area
_FEW, _SHARE = 3, 0.01
#: communities lie within so many times the usual distance from their middle
_SPREAD = 20


def impossible_rows(frame: gpd.GeoDataFrame, crs: CRS) -> list[int]:
    """Return the numbers (from 1) of rows whose coordinates cannot be those of `crs`."""
    return [int(row) + 1 for row in frame.index[_impossible(frame, crs)]]


def _impossible(frame: gpd.GeoDataFrame, crs: CRS) -> NDArray[np.bool_]:
    bounds = shapely.bounds(frame.geometry.to_numpy())
    bad: NDArray[np.bool_] = np.asarray(~np.isfinite(bounds).all(axis=1))
    if crs.is_geographic:
        return np.asarray(
            bad
            | (np.abs(bounds[:, 1::2]) > 90).any(axis=1)
            | (np.abs(bounds[:, ::2]) > 360).any(axis=1)
        )
    degrees = gpd.GeoSeries(shapely.points(bounds[:, :2]), crs=crs).to_crs(4326)
    places = shapely.get_coordinates(degrees.to_numpy())
    bad |= ~np.isfinite(places).all(axis=1)
    area = crs.area_of_use
    if area is not None and area.west < area.east:
        x, y = places.T
        bad |= ~((x >= area.west - 6) & (x <= area.east + 6))
        bad |= ~((y >= area.south - 6) & (y <= area.north + 6))
    return np.asarray(bad)


def without_strays(
    raw: RawLayer, projected: gpd.GeoDataFrame, study_area: StudyArea
) -> gpd.GeoDataFrame:
    """Return the rows of a reprojected layer that lie where they can.

    Rows at impossible places, and a few far from the communities, go to the rejects. Raises
    InputError where most rows are at fault, and where a row of the communities is.
    """
    bounds = shapely.bounds(projected.geometry.to_numpy())
    original = rows_of(spatial_frame(raw), raw.frame.index.isin(projected.index))
    source = declared_crs(raw, study_area.rules)
    lost: NDArray[np.bool_] = np.asarray(~np.isfinite(bounds).all(axis=1))
    if source.is_geographic:
        lost |= _impossible(original, source)
    far = np.asarray(~lost & _far(bounds, study_area.bounds, lost))
    bad = np.asarray(lost | far)
    if not bad.any():
        return projected
    if 2 * lost.sum() > len(bad) or (far.all() and study_area.bounds is not None):
        raise _misplaced(raw, original, source, bad, study_area)
    if study_area.bounds is None and raw.role == "communities":
        raise _misplaced(raw, original, source, bad, study_area)
    if far.sum() > max(_FEW, _SHARE * len(bad)):
        far, bad = np.zeros_like(far), lost
        if not bad.any():
            return projected
    _reject(raw, original, bad, study_area)
    return rows_of(projected, ~bad)


def _far(bounds: NDArray[Any], other: Any, lost: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which rows lie far from the communities, or from the middle of the communities."""
    if other is not None:
        dx = np.maximum(np.maximum(other[0] - bounds[:, 2], bounds[:, 0] - other[2]), 0)
        dy = np.maximum(np.maximum(other[1] - bounds[:, 3], bounds[:, 1] - other[3]), 0)
        return np.asarray(np.hypot(dx, dy) > NEAR_M)
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    if (~lost).sum() < 3:
        return np.zeros(len(bounds), dtype=bool)
    away = np.hypot(*(middle - np.median(middle[~lost], axis=0)).T)
    return np.asarray(away > max(NEAR_M, _SPREAD * float(np.median(away[~lost]))))


def _misplaced(
    raw: RawLayer,
    original: gpd.GeoDataFrame,
    source: CRS,
    bad: NDArray[np.bool_],
    study_area: StudyArea,
) -> InputError:
    near = None if study_area.bounds is None else (study_area.crs, study_area.bounds)
    rows = [int(row) + 1 for row in original.index[bad]]
    return misplaced(raw, source, original[bad].total_bounds, near, rows)


def _reject(
    raw: RawLayer, original: gpd.GeoDataFrame, bad: NDArray[np.bool_], study_area: StudyArea
) -> None:
    rows = original.index[bad]
    shown = shapely.to_wkt(original.geometry.to_numpy()[bad], rounding_precision=5)
    study_area.log.reject(
        raw,
        rows,
        field="geometry",
        values=[str(text)[:60] for text in np.atleast_1d(shown)],
        reason=Text(
            "the coordinates are far from the others: swapped, shifted or of another zone",
            "坐标远离其余各行：疑似经纬度颠倒、偏移或分带不同",
        ),
    )
    listed = ", ".join(str(int(row) + 1) for row in rows[:10]) + (", ..." if len(rows) > 10 else "")
    study_area.log.caution(
        "geometry",
        Text(
            f"{raw}: {len(rows)} rows lie far from the others and are not used: rows {listed}",
            f"{raw.zh}：{len(rows)} 行的坐标远离其余各行，未使用：第 {listed} 行",
        ),
    )
