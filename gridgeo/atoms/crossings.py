"""Where a street gets across water, rail or a motorway: bridges, underpasses, level crossings."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.named import NamedLines
from gridgeo.model import BORDER_CLASSES, CROSSED_BY_STREETS_ONLY

#: How far around a meeting point the street is followed to see on which sides it goes on.
LOOK_M = 2.0
#: A street this near to the barrier there runs along it.
ALONG_M = 0.2


def find_crossings(streets: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return the points where a street continues on both sides of a barrier.

    Streets that cut nothing (tunnels) count too. A street that ends at a barrier does not
    cross it.

    Parameters
    ----------
    streets
        street_class, name, cuts, geometry (lines, metres); motorways are barriers themselves.
    barriers
        street_class (water, rail, wall), geometry.
    """
    walls = _lines(streets[streets["cuts"]], barriers, barrier=True)
    ways = _lines(streets, barrier=False)
    if not len(ways) or not len(walls):
        return np.empty(0, dtype=object)
    way_tree, wall_tree = shapely.STRtree(ways), shapely.STRtree(walls)
    way, wall = wall_tree.query(ways, predicate="intersects")
    points = _meeting_points(ways[way], walls[wall])
    crossed = [
        _continues(
            point,
            ways[way_tree.query(point, predicate="dwithin", distance=LOOK_M)],
            walls[wall_tree.query(point, predicate="dwithin", distance=LOOK_M)],
        )
        for point in points
    ]
    crossings: NDArray[Any] = points[np.array(crossed, dtype=bool)]
    return crossings


def _lines(*frames: gpd.GeoDataFrame, barrier: bool) -> NDArray[Any]:
    named = NamedLines.gather(*frames)
    divides = np.isin(np.array(BORDER_CLASSES)[named.rank], CROSSED_BY_STREETS_ONLY)
    lines: NDArray[Any] = named.lines[divides == barrier]
    return lines


def _meeting_points(ways: NDArray[Any], walls: NDArray[Any]) -> NDArray[Any]:
    xy = shapely.get_coordinates(shapely.intersection(ways, walls))
    return np.asarray(shapely.points(np.unique(np.round(xy, 2), axis=0)), dtype=object)


def _continues(point: Any, ways: NDArray[Any], walls: NDArray[Any]) -> bool:
    """Whether streets leave a small disc around `point` on two sides of the barrier."""
    rim = shapely.boundary(shapely.buffer(point, LOOK_M))
    sides = shapely.get_parts(shapely.polygonize([shapely.union_all(np.append(walls, rim))]))
    leaving = shapely.get_parts(shapely.intersection(shapely.union_all(ways), rim))
    leaving = leaving[shapely.distance(leaving, shapely.union_all(walls)) > ALONG_M]
    if len(sides) < 2 or len(leaving) < 2:
        return False
    _, side = shapely.STRtree(sides).query(leaving, predicate="dwithin", distance=1e-6)
    return len(np.unique(side)) > 1
