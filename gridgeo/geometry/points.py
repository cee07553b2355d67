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


def assign_points(points: NDArray[Any], polygons: NDArray[Any]) -> NDArray[np.int64]:
    """Return for each point the position of the polygon that it lies in, -1 outside all.

    A point on a shared border belongs to the polygon of the lowest position; one within 1 cm
    outside the rim belongs to the nearest.

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
    _keep_lowest(assigned, *tree.query(points, predicate="intersects"))
    outside = np.flatnonzero(assigned < 0)
    near, polygon = tree.query(points[outside], predicate="dwithin", distance=_ON_RIM_M)
    _keep_lowest(assigned, outside[near], polygon)
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


def _keep_lowest(
    assigned: NDArray[np.int64], point: NDArray[np.int64], polygon: NDArray[np.int64]
) -> None:
    order = np.lexsort((polygon, point))
    point, first = np.unique(point[order], return_index=True)
    assigned[point] = polygon[order][first]
