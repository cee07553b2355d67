"""The lines midway between some footprints or points, and whose each place is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Voronoi, cKDTree

#: Outlines are followed in steps of this length, by sites that are rounded to this many digits.
_OUTLINE_M = 2.0
_DIGITS = 2
#: Sites this far around, in sizes of the whole, keep all lines finite.
_FAR = 10.0


@dataclass(frozen=True, kw_only=True)
class Midway:
    """The borders between the ground of several owners: what is nearest to the shapes of each.

    ``lines`` are two-point lines that reach past all shapes; they share their ends exactly.
    """

    lines: NDArray[Any]
    sites: NDArray[np.float64]
    owner: NDArray[np.int64]

    def owner_at(self, points: NDArray[Any]) -> NDArray[np.int64]:
        """Return the owner of the ground at each point."""
        _, site = cKDTree(self.sites).query(shapely.get_coordinates(points))
        return np.asarray(self.owner[site], dtype=np.int64)


def midway_between(shapes: NDArray[Any], owner: NDArray[np.int64]) -> Midway:
    """Return the lines midway between shapes of different owners.

    Parameters
    ----------
    shapes
        Polygons or points, in metres; polygons count by their outline, to 2 m.
    owner
        The owner of each shape, shape (len(shapes),).

    Examples
    --------
    >>> houses = shapely.box([0, 30], [0, 0], [10, 40], [10, 10])
    >>> between = midway_between(houses, np.array([0, 1]))
    >>> round(float(shapely.get_coordinates(between.lines)[:, 0].mean()), 6)
    20.0
    >>> between.owner_at(shapely.points([[19, 5], [21, 5]])).tolist()
    [0, 1]
    """
    xy, shape = shapely.get_coordinates(shapely.segmentize(shapes, _OUTLINE_M), return_index=True)
    sites, first = np.unique(np.round(xy, _DIGITS), axis=0, return_index=True)
    site_owner = np.asarray(owner[shape[first]], dtype=np.int64)
    middle, size = sites.mean(axis=0), float(np.ptp(sites, axis=0).max())
    around = middle + (size + 1.0) * _FAR * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])
    diagram = Voronoi(np.concatenate([sites, around]) - middle)
    both = np.append(site_owner, np.full(4, -1))[diagram.ridge_points]
    between = (both[:, 0] != both[:, 1]) & (both >= 0).all(axis=1)
    corners = np.array(diagram.ridge_vertices)[between]
    ends = diagram.vertices[corners[(corners >= 0).all(axis=1)]] + middle
    ends = ends[(ends[:, 0] != ends[:, 1]).any(axis=1)]
    return Midway(lines=np.asarray(shapely.linestrings(ends)), sites=sites, owner=site_owner)
