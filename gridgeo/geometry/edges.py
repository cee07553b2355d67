"""The edges of a noded coverage, with the polygons on their left and right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Polygons = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Edges:
    """Every two-point edge of a coverage once.

    ``left`` and ``right`` are positions of polygons (right is -1 on the rim, else left < right);
    ``start`` and ``end`` are (m, 2) coordinates, directed so that `left` lies on the left.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    def take(self, which: NDArray[np.bool_]) -> Edges:
        """Return some of the edges."""
        return Edges(
            left=self.left[which],
            right=self.right[which],
            start=self.start[which],
            end=self.end[which],
        )

    @property
    def lines(self) -> Polygons:
        """The edges as two-point lines."""
        return np.asarray(shapely.linestrings(np.stack([self.start, self.end], axis=1)))

    @property
    def length(self) -> NDArray[np.float64]:
        """Metres of each edge."""
        metres: NDArray[np.float64] = np.hypot(*(self.end - self.start).T)
        return metres

    @property
    def middle(self) -> Polygons:
        """The middle of each edge as a point."""
        return np.asarray(shapely.points((self.start + self.end) / 2))

    @property
    def inner(self) -> NDArray[np.bool_]:
        """Whether an edge lies between two polygons."""
        return self.right >= 0


def coverage_edges(polygons: Polygons) -> Edges:
    """Return the edges of a valid, noded coverage.

    An edge that more than two polygons claim (an overlap) keeps its first two; coverages are
    checked before they come here.

    Examples
    --------
    >>> edges = coverage_edges(np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]))
    >>> len(edges.left), int(edges.inner.sum())
    (7, 1)
    """
    parts, polygon = shapely.get_parts(shapely.orient_polygons(polygons), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    owner = polygon[part]
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same_ring = ring[1:] == ring[:-1]
    start, end = xy[:-1][same_ring], xy[1:][same_ring]
    face = owner[ring[:-1][same_ring]]

    _, vertex = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    a, b = vertex[:-1][same_ring], vertex[1:][same_ring]
    order = np.lexsort((face, np.maximum(a, b), np.minimum(a, b)))
    low, high = np.minimum(a, b)[order], np.maximum(a, b)[order]
    repeats = np.flatnonzero(np.r_[False, (low[1:] == low[:-1]) & (high[1:] == high[:-1])])
    first = np.ones(len(order), dtype=bool)
    first[repeats] = False
    right = np.full(len(order), -1)
    right[repeats - 1] = face[order][repeats]
    keep = order[first]
    return Edges(left=face[keep], right=right[first], start=start[keep], end=end[keep])


def polygonise(lines: Polygons) -> Polygons:
    """Node `lines` with each other and return the faces between them, in no promised order."""
    noded = shapely.union_all(lines)
    faces: Polygons = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return faces


def parts_between(area: Any, lines: Polygons) -> Polygons:
    """Return the parts of an area between some lines, in no promised order.

    Examples
    --------
    >>> wall = shapely.LineString([(1, -1), (1, 2)])
    >>> sorted(part.area for part in parts_between(shapely.box(0, 0, 3, 1), np.array([wall])))
    [1.0, 2.0]
    """
    faces = polygonise(np.append(lines, shapely.boundary(area)))
    return faces[shapely.intersects(area, shapely.point_on_surface(faces))]


def cut_into_segments(lines: Polygons) -> tuple[Polygons, NDArray[np.int64]]:
    """Return the two-point segments of `lines` and the position of the line each came from."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    segments = shapely.linestrings(np.stack([xy[:-1][same], xy[1:][same]], axis=1))
    return np.asarray(segments), line[:-1][same]
