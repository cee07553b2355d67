"""Assign points to polygons, each to exactly one: households to atoms, facilities to ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A point this near to the rim of all communities lies on it.
_ON_RIM_M = 0.01
#: A border belongs to the polygon on this side of it: south-west, along no street.
_SIDE_M = (-0.0091, -0.0041)


def assign_points(
    points: NDArray[Any], polygons: NDArray[Any], *, rim_m: float = _ON_RIM_M
) -> NDArray[np.int64]:
    """Return for each point the position of the polygon that it lies in, -1 outside all.

    A point on a shared border belongs to the polygon south-west of it, so that atoms, grids and
    communities place it alike, in any order of rows. Where polygons overlap it belongs to the
    smallest, then to the most western. One within `rim_m` outside the rim belongs to a polygon
    there.

    Examples
    --------
    >>> left, right = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    >>> assign_points(shapely.points([(1, 0.5), (1.5, 0.5), (9, 9)]), np.array([left, right]))
    array([ 0,  1, -1])
    """
    assigned = np.full(len(points), -1)
    if not len(points) or not len(polygons):
        return assigned
    tree = shapely.STRtree(polygons)
    point, polygon = tree.query(points, predicate="intersects")
    several = np.bincount(point, minlength=len(points))[point] > 1
    assigned[point[~several]] = polygon[~several]
    _decide(assigned, points, polygons, point[several], polygon[several])
    outside = np.flatnonzero(assigned < 0)
    near, polygon = tree.query(points[outside], predicate="dwithin", distance=rim_m)
    _decide(assigned, points, polygons, outside[near], polygon)
    return assigned


def points_of(atoms: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one point in each atom, with its households."""
    return gpd.GeoDataFrame(
        {"households": atoms["households"].to_numpy()},
        geometry=atoms.geometry.representative_point().array,
        crs=atoms.crs,
    )


def count_in(assigned: NDArray[np.int64], amount: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return the sum of `amount` per polygon, leaving out what lies outside."""
    inside = assigned >= 0
    return np.bincount(assigned[inside], amount[inside], size).astype(np.float64)


def households_in(points: gpd.GeoDataFrame, polygons: NDArray[Any]) -> NDArray[np.int64]:
    """Return the households of `points` (points with a count) in each polygon.

    Examples
    --------
    >>> import geopandas as gpd
    >>> points = gpd.GeoDataFrame(
    ...     {"households": [3, 4]}, geometry=[shapely.Point(0, 0), shapely.Point(9, 9)])
    >>> households_in(points, np.array([shapely.box(-1, -1, 1, 1)]))
    array([3])
    """
    assigned = assign_points(points.geometry.to_numpy(), polygons)
    return count_in(assigned, points["households"].to_numpy(), len(polygons)).astype(np.int64)


def _decide(
    assigned: NDArray[np.int64],
    points: NDArray[Any],
    polygons: NDArray[Any],
    point: NDArray[np.int64],
    polygon: NDArray[np.int64],
) -> None:
    """Assign each point to one of the polygons that it is paired with, by their ground alone."""
    beside = shapely.transform(points[point], lambda xy: xy + _SIDE_M)
    there = shapely.intersects(polygons[polygon], beside)
    known, which = np.unique(polygon, return_inverse=True)
    west, south, east, north = np.round(shapely.bounds(polygons[known]), 3).T
    area = np.round(shapely.area(polygons[known]), 1)
    rank = np.empty(len(known), dtype=np.int64)
    rank[np.lexsort((north, east, south, west, area))] = np.arange(len(known))
    order = np.lexsort((rank[which], ~there, point))
    point, first = np.unique(point[order], return_index=True)
    assigned[point] = polygon[order][first]
