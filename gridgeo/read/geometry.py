"""Geometry at the door: what is usable, what is repaired, what is put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.errors import InputError
from gridgeo.read.context import Ground, RawLayer, spatial_frame, tally
from gridgeo.read.crs import declared_crs, misplaced, reproject
from gridgeo.text import Text

#: a layer whose bounds are farther from the communities than this is in the wrong place
NEAR_M = 50_000.0
#: type ids of shapely
POINTS, LINES, POLYGONS = (0, 4), (1, 2, 5), (3, 6)
_COLLECTION = 7


def place(raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    """Return the usable rows of `raw` in the CRS of the `ground`, flat, with their row index.

    Rows without geometry go to the rejects. Raises InputError for coordinates that are no
    numbers, for a layer far from the communities and for one without any usable row.
    """
    frame = with_geometry(raw, ground)
    placed = reproject(replace(raw, frame=frame), ground.crs, ground.rules, ground.journal)
    if _distance(placed.total_bounds, ground.bounds) > NEAR_M:
        raise misplaced(raw, declared_crs(raw, ground.rules), frame.total_bounds)
    return replaced(placed, shapely.force_2d(placed.geometry.to_numpy()))


def with_geometry(raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    """Return the rows of `raw` that have geometry; the others go to the rejects."""
    here = have_geometry(raw)
    _put_aside(raw, ground, ~here, Text("no geometry", "没有几何图形"))
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


def replaced(frame: gpd.GeoDataFrame, geometry: NDArray[Any]) -> gpd.GeoDataFrame:
    """Return `frame` with other geometry in the same CRS."""
    series = gpd.GeoSeries(geometry, index=frame.index, crs=frame.crs)
    out: gpd.GeoDataFrame = frame.assign(geometry=series)
    return out


def _distance(bounds: NDArray[Any], other: tuple[float, ...] | None) -> float:
    if not np.isfinite(bounds).all():
        return np.inf
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


def rows_of(frame: gpd.GeoDataFrame, mask: NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """Return the rows of `frame` where `mask` holds."""
    out: gpd.GeoDataFrame = frame[mask]
    return out


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
    return rows_of(replaced(frame, geometry), right)


def _parts_of(geometry: Any, types: Sequence[int]) -> Any:
    if geometry.geom_type != "GeometryCollection":
        return geometry
    parts = shapely.get_parts(shapely.get_parts(geometry))
    kept = parts[np.isin(shapely.get_type_id(parts), types)]
    return shapely.union_all(kept) if len(kept) else geometry
