"""Frames as GeoJSON or packed coordinates in longitude and latitude, small enough for a page.

Packed coordinates are short texts that ``packed.js`` reads: the step from each vertex to the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import simplify_coverage

#: Whole units of one in so many parts of a degree are stored, about 10 cm ...
PER_DEGREE = 1_000_000
#: ... in digits of this many bits, the lowest first; one more bit is set where another follows.
_BITS = 5
#: The letters of the digits 0 to 63: inert in HTML, in JavaScript and in Jinja templates.
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


_NAMES = {
    shapely.GeometryType.LINESTRING: "LineString",
    shapely.GeometryType.MULTILINESTRING: "MultiLineString",
    shapely.GeometryType.POLYGON: "Polygon",
    shapely.GeometryType.MULTIPOLYGON: "MultiPolygon",
}
_AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def _can_pack(degrees: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which geometries `_packed_shapes` takes: lines and areas, not points or mixtures."""
    return np.isin(shapely.get_type_id(degrees), tuple(_NAMES))


def _packed_shapes(degrees: NDArray[Any]) -> list[dict[str, Any]]:
    """Return lines and areas in degrees as geometries of GeoJSON, but with `packed` coordinates.

    Under ``packed`` the text of each line or ring stands where GeoJSON has its positions.

    Examples
    --------
    >>> _packed_shapes(np.array([shapely.LineString([(0, 0), (0.000001, -0.000001)])]))
    [{'type': 'LineString', 'packed': 'AACB'}]
    """
    kinds = shapely.get_type_id(degrees)
    parts, shape = shapely.get_parts(degrees, return_index=True)
    area = np.isin(kinds, _AREAS)[shape]
    lines, part = shapely.get_parts(
        np.where(area, shapely.boundary(parts), parts), return_index=True
    )
    texts = _grouped(packed_lines(*whole_units(lines), len(lines)), part, len(parts))
    nested = [text if is_area else text[0] for text, is_area in zip(texts, area, strict=True)]
    names = [_NAMES[kind] for kind in kinds.tolist()]
    return [
        {"type": name, "packed": text if name.startswith("Multi") else text[0]}
        for name, text in zip(names, _grouped(nested, shape, len(degrees)), strict=True)
    ]


def whole_units(degrees: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return the vertices of lines in whole units, and the position of the line of each."""
    points, line = shapely.get_coordinates(degrees, return_index=True)
    return np.rint(points * PER_DEGREE).astype(np.int64), line


def packed_lines(units: NDArray[np.int64], line: NDArray[np.intp], size: int) -> list[str]:
    """Return the text of each of `size` lines: its first vertex, then the step to each next."""
    first = np.diff(line, prepend=-1) != 0
    steps = np.where(first[:, None], units, np.diff(units, axis=0, prepend=0))
    return _packed_numbers(steps.ravel(), 2 * np.bincount(line, minlength=size))


def _packed_numbers(numbers: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[str]:
    """Return `numbers` as texts of `sizes` numbers each: 0, -1, 1, -2 ... as 0, 1, 2, 3 ...

    Examples
    --------
    >>> _packed_numbers(np.array([0, -1, 1, 16, 17]), np.array([3, 2]))
    ['ABC', 'gBiB']
    """
    plain = (numbers << 1) ^ (numbers >> 63)
    digits = np.ones(len(plain), dtype=np.int64)
    while (longer := plain >> (_BITS * digits) > 0).any():
        digits += longer
    end = np.cumsum(digits)
    letters = np.empty(end[-1] if len(end) else 0, dtype=np.uint8)
    alphabet = np.frombuffer(_LETTERS.encode(), dtype=np.uint8)
    for place in range(digits.max(initial=0)):
        there = digits > place
        more = (digits[there] > place + 1) << _BITS
        digit = (plain[there] >> (_BITS * place)) & ((1 << _BITS) - 1)
        letters[(end - digits)[there] + place] = alphabet[digit | more]
    text = letters.tobytes().decode()
    ends = np.r_[0, end][np.r_[0, np.cumsum(sizes)]].tolist()
    return [text[start:stop] for start, stop in pairwise(ends)]


def _grouped(values: list[Any], place: NDArray[np.intp], size: int) -> list[list[Any]]:
    groups: list[list[Any]] = [[] for _ in range(size)]
    for value, group in zip(values, place.tolist(), strict=True):
        groups[group].append(value)
    return groups


#: Six decimals of a degree are about 10 cm.
DECIMALS = 6
#: A coverage with more vertices than this is simplified by this many metres.
_MANY_VERTICES = 100_000
_TOLERANCE_M = 2.0


def features(
    shapes: gpd.GeoSeries, properties: Mapping[str, Sequence[Any]] | None = None
) -> dict[str, Any]:
    """Return a GeoJSON feature collection of `shapes` in EPSG:4326, rounded to `DECIMALS`.

    Lines and areas are packed as `_packed_shapes` does, which the page undoes.

    `properties` has one sequence a name, as long as `shapes`; what comes from data is escaped
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
    """Return a coverage as it is, or simplified as a coverage where it has `_MANY_VERTICES`."""
    found = shapes.to_numpy()
    if shapely.get_num_coordinates(found).sum() <= _MANY_VERTICES:
        return shapes
    simple = simplify_coverage(found, _TOLERANCE_M)
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
    many = shapely.get_num_coordinates(lines).sum() > _MANY_VERTICES
    return shapely.multilinestrings(shapely.simplify(lines, _TOLERANCE_M if many else 0.5))


def _geometries(degrees: NDArray[Any]) -> list[dict[str, Any]]:
    """Return geometries as GeoJSON, lines and areas packed."""
    packed = _can_pack(degrees)
    made = np.empty(len(degrees), dtype=object)
    made[packed] = _packed_shapes(degrees[packed])
    plain = shapely.transform(degrees[~packed], _rounded)
    made[~packed] = [json.loads(text) for text in shapely.to_geojson(plain)]
    geometries: list[dict[str, Any]] = made.tolist()
    return geometries


def _rounded(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.round(coordinates, DECIMALS)
    return rounded
