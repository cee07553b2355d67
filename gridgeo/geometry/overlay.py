"""Overlays of polygonal ground that give valid polygons for any input.

Overlays run on a fixed precision near the last digit of the coordinates: GEOS is robust there,
and nothing that a survey can measure is lost. Invalid rings are made valid first, lines and
points are dropped.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

#: Near the last digit of a coordinate. Without a grid GEOS may return the whole of a polygon for
#: a difference that is empty (3 of some 800 real communities).
_FINE_M = 1e-8
#: Where coordinates carry a zone number (39,500,000 m) a double has no finer digit.
_COARSE_M = 1e-7
_FAR_M = 1e7


def precision_m(*ground: Any) -> float:
    """Return the grid size for overlays of `ground` (geometries or arrays of them), in metres.

    Examples
    --------
    >>> precision_m(shapely.Point(500_000, 4_000_000)), precision_m([shapely.Point(39_500_000, 0)])
    (1e-08, 1e-07)
    """
    bounds = np.concatenate([np.ravel(shapely.bounds(one)) for one in ground])
    reach = np.abs(bounds[~np.isnan(bounds)]).max(initial=0.0)
    return _COARSE_M if reach > _FAR_M else _FINE_M


#: Areas up to this are counted together, not one by one: below the accuracy of a survey.
TOLERANCE_M2 = 0.01
#: Below this total an area is rounding of the coordinates, not ground.
NOISE_M2 = 1e-5
#: Pieces this near to each other are one place; points this near to a border lie on it.
TOUCH_M = 0.01

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def finite(geometry: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which geometries are there, with every coordinate a number."""
    coordinates, owner = shapely.get_coordinates(geometry, return_index=True)
    sound = ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
    sound[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return np.asarray(sound, dtype=np.bool_)


def polygonal(geometry: Any) -> NDArray[Any]:
    """Return the valid polygonal ground of each geometry, an empty polygon where there is none.

    Invalid rings are read by ``make_valid(method="structure")``; lines and points are dropped.

    Examples
    --------
    >>> from shapely import Point, box
    >>> [piece.area for piece in polygonal([box(0, 0, 1, 2), None, Point(0, 0)])]
    [2.0, 0.0, 0.0]
    """
    pieces = np.array(geometry, dtype=object)
    pieces[~finite(pieces)] = shapely.Polygon()
    invalid = ~shapely.is_valid(pieces)
    pieces[invalid] = shapely.make_valid(pieces[invalid], method="structure")
    return _polygons_of(pieces)


def _polygons_of(pieces: NDArray[Any]) -> NDArray[Any]:
    """Return the polygons among the parts of each geometry, as one geometry each.

    The parts must not overlap, as those of an overlay or of ``make_valid`` do not.
    """
    rows = np.flatnonzero(~np.isin(shapely.get_type_id(pieces), _POLYGONS))
    if len(rows) == 0:
        return pieces
    parts, owner = shapely.get_parts(pieces[rows], return_index=True)
    keep = np.isin(shapely.get_type_id(parts), _POLYGONS)
    parts, inner = shapely.get_parts(parts[keep], return_index=True)
    out = pieces.copy()
    out[rows] = shapely.Polygon()
    if len(parts):
        shapely.multipolygons(parts, indices=rows[owner[keep][inner]], out=out)
    return out


def connected_pieces(ground: Any) -> list[Any]:
    """Return the pieces of polygonal `ground`, those that touch as one geometry, largest first.

    Examples
    --------
    >>> from shapely import MultiPolygon, box
    >>> apart = MultiPolygon([box(0, 0, 1, 1), box(9, 0, 12, 1), box(1, 1, 2, 2)])
    >>> [place.area for place in connected_pieces(apart)]
    [3.0, 2.0]
    """
    parts = shapely.get_parts(ground)
    label = _touching(parts)
    order = np.argsort(label, kind="stable")
    groups = np.split(parts[order], np.flatnonzero(np.diff(label[order])) + 1) if len(parts) else []
    found = [group[0] if len(group) == 1 else shapely.MultiPolygon(list(group)) for group in groups]
    return sorted(found, key=lambda place: (-place.area, place.bounds))


def _touching(parts: NDArray[Any]) -> NDArray[np.intp]:
    """Return for each part the number of the group of touching parts that it belongs to."""
    if len(parts) < 2:
        return np.zeros(len(parts), dtype=np.intp)
    left, right = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=TOUCH_M)
    return connected_groups(len(parts), left, right)


def connected_groups(size: int, left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.intp]:
    """Return the group of each of `size` nodes that the links `left` - `right` connect."""
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)


def format_m2(area: float) -> str:
    """Return an area as text, with more digits the smaller it is.

    Examples
    --------
    >>> format_m2(12345.67), format_m2(1.234), format_m2(0.00001234)
    ('12,345.7', '1.23', '1.23e-05')
    """
    return f"{area:,.1f}" if area >= 10 else f"{area:.3g}"


#: geometries that one thread takes at a time: GEOS works without the interpreter lock
_BATCH = 256


def difference(ground: NDArray[Any], other: NDArray[Any] | BaseGeometry) -> NDArray[Any]:
    """Return the polygonal ground of each geometry that is not in the other one."""
    return _overlay(shapely.difference, ground, other)


def intersection(ground: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return the polygonal ground that each geometry shares with the other one."""
    return _overlay(shapely.intersection, ground, other)


def _overlay(
    overlay: Callable[..., NDArray[Any]], ground: NDArray[Any], other: NDArray[Any] | BaseGeometry
) -> NDArray[Any]:
    precision = precision_m(ground, other)
    others = np.broadcast_to(np.asarray(other, dtype=object), ground.shape)
    batches = [slice(at, at + _BATCH) for at in range(0, len(ground), _BATCH)]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = pool.map(
            lambda rows: overlay(ground[rows], others[rows], grid_size=precision), batches
        )
    return _polygons_of(np.concatenate([np.empty(0, dtype=object), *found]))


def union(pieces: Any) -> Any:
    """Return the ground of all `pieces` as one geometry."""
    return shapely.union_all(pieces, grid_size=precision_m(pieces))


def subtract_others(
    pieces: NDArray[Any], piece: NDArray[np.intp], others: NDArray[Any]
) -> NDArray[Any]:
    """Return each piece less its `others`: the n-th of all pieces at once, then the next."""
    left = pieces.copy()
    turn = pd.Series(piece).groupby(piece).cumcount().to_numpy()
    for n in range(turn.max(initial=-1) + 1):
        rows = piece[turn == n]
        left[rows] = difference(left[rows], others[turn == n])
    return left


def simplify_coverage(shapes: NDArray[Any], tolerance: float, *, rim: bool = True) -> NDArray[Any]:
    """Return polygons simplified as a coverage; those without ground, or missing, are empty.

    Without `rim` the outline of the whole stays as it is. Somebody's grids may hold collapsed
    rings, at which the simplification itself fails.
    """
    solid = shapes.copy()
    solid[shapely.is_missing(shapes) | (shapely.area(shapes) == 0)] = shapely.Polygon()
    simple: NDArray[Any] = shapely.coverage_simplify(solid, tolerance, simplify_boundary=rim)
    return simple


def largest_overlap(ground: NDArray[Any], outlines: NDArray[Any]) -> NDArray[np.intp]:
    """Return for each piece the outline that it shares most area with, -1 where it shares none."""
    best = np.full(len(ground), -1, dtype=np.intp)
    piece, outline = shapely.STRtree(outlines).query(ground, predicate="intersects")
    area = shapely.area(intersection(ground[piece], outlines[outline]))
    order = np.lexsort((-outline, area))
    order = order[area[order] > 0]
    best[piece[order]] = outline[order]
    return best
