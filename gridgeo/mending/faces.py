"""The ground of some grids as faces: every border noded, every face with its owners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridgeo.mending.town import Town

#: Borders are noded on this grid, which is robust; vertices keep the coordinates that they had.
NODE_M = 1e-6


@dataclass(frozen=True, kw_only=True)
class Faces:
    """The faces that the borders of some grids divide the plane into.

    Parameters
    ----------
    polygon
        The faces: a noded, valid coverage.
    owners
        The grids that hold each face, ascending.
    community
        The community that each face lies in, -1 for none.
    left, right, border_m
        Pairs of faces that share a border, each pair both ways, and its metres.
    """

    polygon: NDArray[Any]
    owners: list[tuple[int, ...]]
    community: NDArray[np.intp]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    border_m: NDArray[np.float64]

    def neighbours(self, face: int) -> list[tuple[int, float]]:
        """Return the faces that share a border with `face`, with the metres of it."""
        own = slice(*np.searchsorted(self.left, [face, face + 1]))
        return list(zip(self.right[own].tolist(), self.border_m[own].tolist(), strict=True))


def arrange(town: Town, rows: NDArray[np.intp], lines: Iterable[Any] = ()) -> Faces:
    """Return the faces of the grids at `rows`, cut by further `lines`, in a stable order."""
    borders = np.array([*shapely.boundary(town.grids[rows]), *lines], dtype=object)
    noded = shapely.union_all(borders, grid_size=NODE_M)
    polygon = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    polygon = restored(polygon[np.lexsort(shapely.bounds(polygon).T)], borders)
    inner = shapely.point_on_surface(polygon)
    owners = _owners(town, inner)
    left, right, border_m = _shared(polygon)
    return Faces(
        polygon=polygon,
        owners=owners,
        community=_first(shapely.STRtree(town.outlines), inner),
        left=left,
        right=right,
        border_m=border_m,
    )


def restored(polygon: NDArray[Any], given: NDArray[Any]) -> NDArray[Any]:
    """Return the polygons with the vertices that an overlay has rounded as they are in `given`."""
    known = shapely.get_coordinates(given)
    tree = cKDTree(known)

    def restore(point: NDArray[np.float64]) -> NDArray[np.float64]:
        distance, at = tree.query(point, distance_upper_bound=NODE_M)
        found = np.isfinite(distance)
        out = point.copy()
        out[found] = known[at[found]]
        return out

    return np.asarray(shapely.transform(polygon, restore), dtype=object)


def _owners(town: Town, inner: NDArray[Any]) -> list[tuple[int, ...]]:
    face, grid = town.tree.query(inner, predicate="intersects")
    order = np.lexsort((grid, face))
    held = np.split(grid[order], np.searchsorted(face[order], np.arange(1, len(inner))))
    return [tuple(own.tolist()) for own in held]


def _first(tree: shapely.STRtree, points: NDArray[Any]) -> NDArray[np.intp]:
    found = np.full(len(points), -1, dtype=np.intp)
    point, place = tree.query(points, predicate="intersects")
    order = np.lexsort((place, point))[::-1]
    found[point[order]] = place[order]
    return found


def _shared(
    polygon: NDArray[Any],
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return the pairs of polygons with common segments, both ways, sorted, and the metres."""
    face, start, end = segments(polygon)
    key = np.stack([np.minimum(start, end), np.maximum(start, end)], axis=1)  # by real, then imag
    _, edge = np.unique(key, axis=0, return_inverse=True)
    order = np.argsort(edge, kind="stable")
    twice = np.flatnonzero(edge[order][1:] == edge[order][:-1])
    one, two = order[twice], order[twice + 1]
    size = len(polygon)
    pair = np.concatenate([face[one] * size + face[two], face[two] * size + face[one]])
    pairs, number = np.unique(pair, return_inverse=True)
    metres = np.bincount(number, np.tile(np.abs(end - start)[one], 2), minlength=len(pairs))
    return pairs // size, pairs % size, metres.astype(np.float64)


def segments(
    polygon: NDArray[Any],
) -> tuple[NDArray[np.intp], NDArray[np.complex128], NDArray[np.complex128]]:
    """Return the polygon, the start and the end (``x + iy``) of every segment of the rings."""
    parts, owner = shapely.get_parts(polygon, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    point, ring = shapely.get_coordinates(rings, return_index=True)
    at = point[:, 0] + 1j * point[:, 1]
    joined = np.flatnonzero(ring[1:] == ring[:-1])
    return owner[part[ring[joined]]], at[joined], at[joined + 1]
