"""Frames as GeoJSON features in longitude and latitude, small enough for a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

#: Six decimals of a degree are about 10 cm.
DECIMALS = 6
#: A coverage with more vertices than this is simplified by this many metres.
MANY_VERTICES = 100_000
TOLERANCE_M = 2.0


def features(
    shapes: gpd.GeoSeries, properties: Mapping[str, Sequence[Any]] | None = None
) -> dict[str, Any]:
    """Return a GeoJSON feature collection of `shapes` in EPSG:4326, rounded to `DECIMALS`.

    `properties` holds one sequence a name, as long as `shapes`; what comes from data is escaped
    by the caller. Rows without geometry are left out.

    Examples
    --------
    >>> from shapely import Point
    >>> made = features(gpd.GeoSeries([Point(1, 2)], crs=4326), {"name": ["a"]})
    >>> made["features"][0]["geometry"]
    {'type': 'Point', 'coordinates': [1.0, 2.0]}
    """
    degrees = shapely.transform(in_degrees(shapes), _rounded)
    drawn = np.flatnonzero(~(shapely.is_missing(degrees) | shapely.is_empty(degrees)))
    names = {} if properties is None else properties
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": str(row),
                "properties": {name: values[row] for name, values in names.items()},
                "geometry": json.loads(geometry),
            }
            for row, geometry in zip(
                drawn.tolist(), shapely.to_geojson(degrees[drawn]), strict=True
            )
        ],
    }


def in_degrees(shapes: gpd.GeoSeries) -> NDArray[Any]:
    """Return the geometries of `shapes` in EPSG:4326, without heights."""
    degrees = shapes.to_crs(4326) if shapes.crs is not None else shapes
    return shapely.force_2d(degrees.to_numpy())


def light_coverage(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return a coverage as it is, or simplified as a coverage where it has `MANY_VERTICES`."""
    found = shapes.to_numpy()
    if shapely.get_num_coordinates(found).sum() <= MANY_VERTICES:
        return shapes
    simple = shapely.coverage_simplify(found, TOLERANCE_M)
    return gpd.GeoSeries(simple, index=shapes.index, crs=shapes.crs)


def one_line(shapes: NDArray[Any]) -> Any:
    """Return lines as one multi-line, simplified by half a metre, by more where they are many."""
    lines = shapely.get_parts(shapely.line_merge(shapes))
    many = shapely.get_num_coordinates(lines).sum() > MANY_VERTICES
    return shapely.multilinestrings(shapely.simplify(lines, TOLERANCE_M if many else 0.5))


def _rounded(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.round(coordinates, DECIMALS)
    return rounded
