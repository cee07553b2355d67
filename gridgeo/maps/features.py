"""Frames as GeoJSON features in longitude and latitude, small enough for a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.maps.packed import can_pack, packed_shapes

#: Six decimals of a degree are about 10 cm.
DECIMALS = 6
#: A coverage with more vertices than this is simplified by this many metres.
MANY_VERTICES = 100_000
TOLERANCE_M = 2.0


def features(
    shapes: gpd.GeoSeries, properties: Mapping[str, Sequence[Any]] | None = None
) -> dict[str, Any]:
    """Return a GeoJSON feature collection of `shapes` in EPSG:4326, rounded to `DECIMALS`.

    Lines and areas are packed as `packed_shapes` does, which the page undoes.

    `properties` holds one sequence a name, as long as `shapes`; what comes from data is escaped
    by the caller. Rows without geometry are left out.

    Examples
    --------
    >>> from shapely import Point
    >>> made = features(gpd.GeoSeries([Point(1, 2)], crs=4326), {"name": ["a"]})
    >>> made["features"][0]["geometry"]
    {'type': 'Point', 'coordinates': [1.0, 2.0]}
    """
    degrees = in_degrees(shapes)
    drawn = np.flatnonzero(~(shapely.is_missing(degrees) | shapely.is_empty(degrees)))
    names = {} if properties is None else properties
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": str(row),
                "properties": {name: values[row] for name, values in names.items()},
                "geometry": geometry,
            }
            for row, geometry in zip(drawn.tolist(), _geometries(degrees[drawn]), strict=True)
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


def borders_once(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return the borders of areas as lines; what two of them share vertex by vertex is drawn once.

    Examples
    --------
    >>> squares = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)])
    >>> float(shapely.length(borders_once(squares)).sum())
    7.0
    """
    xy, ring = shapely.get_coordinates(
        shapely.get_parts(shapely.boundary(shapes)), return_index=True
    )
    _, vertex = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    ends = np.sort(np.column_stack([vertex[:-1], vertex[1:]]), axis=1)
    edges = np.flatnonzero(ring[1:] == ring[:-1])
    _, first = np.unique(ends[edges] @ [len(xy), 1], return_index=True)
    drawn = np.zeros(len(xy) + 1, dtype=bool)  # of each vertex: is the edge before it drawn?
    drawn[edges[first] + 1] = True
    before, after = drawn[:-1], drawn[1:]
    line = np.cumsum(after & ~before)
    there = before | after
    return np.asarray(shapely.linestrings(xy[there], indices=line[there] - 1), dtype=object)


def one_line(shapes: NDArray[Any]) -> Any:
    """Return lines as one multi-line, simplified by half a metre, by more where they are many."""
    lines = shapely.get_parts(shapely.line_merge(shapes))
    many = shapely.get_num_coordinates(lines).sum() > MANY_VERTICES
    return shapely.multilinestrings(shapely.simplify(lines, TOLERANCE_M if many else 0.5))


def _geometries(degrees: NDArray[Any]) -> list[dict[str, Any]]:
    """Return geometries as GeoJSON, lines and areas packed."""
    packed = can_pack(degrees)
    made = np.empty(len(degrees), dtype=object)
    made[packed] = packed_shapes(degrees[packed])
    plain = shapely.transform(degrees[~packed], _rounded)
    made[~packed] = [json.loads(text) for text in shapely.to_geojson(plain)]
    geometries: list[dict[str, Any]] = made.tolist()
    return geometries


def _rounded(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.round(coordinates, DECIMALS)
    return rounded
