"""The partition to repair, and its arrangement: faces with the grids that contain them.

All borders are noded; each face knows its grids and neighbours. Grids that are assembled from
faces have the vertices that their borders need, and those that they had before, and no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from gridgeo.geometry import precision_m

if TYPE_CHECKING:
    from gridgeo.config import RepairRules
    from gridgeo.wording import Text

#: Pieces narrower than this are rounding of the coordinates, not ground.
_NOISE_M = 1e-4
#: Pieces this near to each other touch.
TOUCH_M = 0.01


def _no_geometry() -> NDArray[Any]:
    return np.zeros(0, dtype=object)


@dataclass(frozen=True, kw_only=True)
class DrawnPartition:
    """A partition to repair; all geometry is in one projected metre CRS.

    Parameters
    ----------
    grids
        Geometry of each grid as delivered: null, empty and invalid ones included.
    community
        Position in `outlines` of the community of each grid, -1 where it is not known.
    outlines
        Valid polygonal ground of the communities; none where they are not given: then gaps are
        the holes of the partition.
    points
        Household points; a piece with one is never moved.
    allowed
        Ground that may belong to no grid (rivers, lakes).
    frozen, unreadable
        Which grids cannot be used (no geometry, or rings that cannot be read), and the ground
        that may be theirs: nothing is repaired there. Found by `gridgeo.repair.sites`.
    """

    grids: NDArray[Any]
    community: NDArray[np.intp]
    outlines: NDArray[Any] = field(default_factory=_no_geometry)
    points: NDArray[Any] = field(default_factory=_no_geometry)
    allowed: Any = field(default_factory=shapely.Polygon)
    frozen: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    unreadable: Any = field(default_factory=shapely.Polygon)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the grids."""
        return shapely.STRtree(self.grids)

    @cached_property
    def precision(self) -> float:
        """The precision of overlays."""
        return precision_m(self.grids, self.outlines)

    @cached_property
    def points_tree(self) -> shapely.STRtree:
        """Index of the household points."""
        return shapely.STRtree(self.points)

    @cached_property
    def rank(self) -> NDArray[np.intp]:
        """Place of each grid in an order that the order of rows does not change."""
        keys = np.column_stack([shapely.area(self.grids), shapely.bounds(self.grids)])
        rank = np.empty(len(keys), dtype=np.intp)
        rank[np.lexsort(np.nan_to_num(keys).T)] = np.arange(len(keys))
        return rank

    def inhabited(self, pieces: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which of `pieces` contain household points."""
        found = np.zeros(len(pieces), dtype=np.bool_)
        found[self.points_tree.query(pieces, predicate="intersects")[0]] = True
        return found


@dataclass(frozen=True, kw_only=True)
class RepairRecord:
    """One change of one grid, or one defect that was left as it was.

    Parameters
    ----------
    what
        ``ring``, ``gap``, ``overlap``, ``outside``, ``part`` or ``vertices``.
    grids
        Positions of the grid that was changed, then of the others concerned.
    done
        False where the defect was left.
    amount, unit
        m2, or number of vertices.
    where
        The ground or the points concerned.
    reason
        Why it was left, else what was done.
    """

    what: str
    grids: tuple[int, ...]
    done: bool
    amount: float
    unit: str
    where: Any
    reason: Text


def above_noise(pieces: Any) -> Any:
    """Return which `pieces` are ground, not rounding: their mean width is above 0.1 mm."""
    return 2 * shapely.area(pieces) > _NOISE_M * shapely.length(pieces)


def small(pieces: NDArray[Any], rules: RepairRules) -> NDArray[np.bool_]:
    """Return which `pieces` are narrower than ``width_m`` everywhere, or at most ``area_m2``.

    Examples
    --------
    >>> from gridgeo.config import RepairRules
    >>> small(shapely.box(0, 0, [900.0, 900.0, 9.0], [4.0, 6.0, 9.0]), RepairRules())
    array([ True, False,  True])
    """
    fits = shapely.area(pieces) <= rules.area_m2
    wide = np.flatnonzero(~fits)
    fits[wide] = shapely.is_empty(shapely.buffer(pieces[wide], -rules.width_m / 2))
    return np.asarray(fits, dtype=np.bool_)


#: Borders are noded on this grid, which is robust; vertices keep the coordinates that they had.
_NODE_M = 1e-6


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """The faces that the borders of some grids divide the plane into.

    Parameters
    ----------
    polygon
        The faces: a noded, valid coverage.
    owners
        The grids that contain each face, ascending.
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
        rows = slice(*np.searchsorted(self.left, [face, face + 1]))
        return list(zip(self.right[rows].tolist(), self.border_m[rows].tolist(), strict=True))


def arrange(
    partition: DrawnPartition, rows: NDArray[np.intp], lines: Iterable[Any] = ()
) -> Arrangement:
    """Return the faces of the grids at `rows`, cut by further `lines`, in a stable order."""
    borders = np.array([*shapely.boundary(partition.grids[rows]), *lines], dtype=object)
    noded = shapely.union_all(borders, grid_size=_NODE_M)
    polygon = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    polygon = restore_vertices(polygon[np.lexsort(shapely.bounds(polygon).T)], borders)
    inner = shapely.point_on_surface(polygon)
    owners = _owners(partition, inner)
    left, right, border_m = _shared(polygon)
    return Arrangement(
        polygon=polygon,
        owners=owners,
        community=_first(shapely.STRtree(partition.outlines), inner),
        left=left,
        right=right,
        border_m=border_m,
    )


def restore_vertices(polygon: NDArray[Any], given: NDArray[Any]) -> NDArray[Any]:
    """Return the polygons with the vertices that an overlay has rounded as they are in `given`."""
    known = shapely.get_coordinates(given)
    tree = cKDTree(known)

    def restore(point: NDArray[np.float64]) -> NDArray[np.float64]:
        distance, at = tree.query(point, distance_upper_bound=_NODE_M)
        found = np.isfinite(distance)
        out = point.copy()
        out[found] = known[at[found]]
        return out

    return np.asarray(shapely.transform(polygon, restore), dtype=object)


def _owners(partition: DrawnPartition, inner: NDArray[Any]) -> list[tuple[int, ...]]:
    face, grid = partition.tree.query(inner, predicate="intersects")
    order = np.lexsort((grid, face))
    grids = np.split(grid[order], np.searchsorted(face[order], np.arange(1, len(inner))))
    return [tuple(one.tolist()) for one in grids]


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


#: A vertex this near to the line between its neighbours lies on it.
_STRAIGHT_M = 1e-5
#: Two vertices this near to each other are one corner.
_DUPLICATE_M = 1e-3


def assemble(
    faces: Arrangement, owners: list[tuple[int, ...]], grids: NDArray[Any]
) -> dict[int, Any]:
    """Return the grids that `owners` (of each face) make up, by position, as MultiPolygons.

    Of the vertices that noding has put on the borders only those stay at which a border turns, or
    that a grid had there before: unchanged borders keep their vertices.

    Parameters
    ----------
    faces, owners
        The faces and the grids that contain each.
    grids
        All grids of the partition as they were.
    """
    faces_of: dict[int, list[int]] = {}
    for face, owner in enumerate(owners):
        for grid in owner:
            faces_of.setdefault(grid, []).append(face)
    rows = sorted(faces_of)
    ground = np.array(
        [shapely.union_all(faces.polygon[faces_of[row]]) for row in rows], dtype=object
    )
    return dict(zip(rows, _remove_collinear(ground, grids[rows]), strict=True))


def vertices(ground: Any) -> NDArray[np.complex128]:
    """Return the distinct vertices (``x + iy``) of `ground`."""
    point = shapely.get_coordinates(ground)
    return np.unique(point[:, 0] + 1j * point[:, 1])


def _remove_collinear(ground: NDArray[Any], before: NDArray[Any]) -> NDArray[Any]:
    parts, owner = shapely.get_parts(ground, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    point, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.r_[ring[1:] != ring[:-1], True]
    at, ring = (point[:, 0] + 1j * point[:, 1])[~last], ring[~last]
    needed = (_off_line(at, ring) > _STRAIGHT_M) | _near_duplicates(at, ring)
    for row, grid in enumerate(before):
        rows_of = np.flatnonzero(owner[part[ring]] == row)
        needed[rows_of] |= np.isin(at[rows_of], vertices(grid))
    keep = np.isin(at, at[needed])
    keep |= (np.bincount(ring, keep) < 3)[ring]
    made = _rings(at[keep], ring[keep])
    inner = np.r_[False, part[1:] == part[:-1]]
    polygons = [
        shapely.Polygon(made[rows_of[0]], [made[hole] for hole in rows_of[1:]])
        for rows_of in np.split(np.arange(len(part)), np.flatnonzero(~inner)[1:])
    ]
    out = np.array(ground, dtype=object)
    for row in range(len(ground)):
        members = [polygons[at] for at in np.flatnonzero(owner == row)]
        out[row] = shapely.MultiPolygon(members)
    return out


def _off_line(at: NDArray[np.complex128], ring: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how far each vertex lies from the line between its neighbours in its ring."""
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    final = np.r_[first[1:], len(ring)] - 1
    before, after = np.arange(len(at)) - 1, np.arange(len(at)) + 1
    before[first], after[final] = final, first
    step, arm = at[after] - at[before], at - at[before]
    along = np.clip((arm * step.conj()).real / np.maximum(np.abs(step) ** 2, 1e-300), 0.0, 1.0)
    return np.asarray(np.abs(arm - along * step), dtype=np.float64)


def _near_duplicates(at: NDArray[np.complex128], ring: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which vertices have the next one so near that each would hide the other's corner."""
    final = np.flatnonzero(np.r_[ring[1:] != ring[:-1], True])
    first = np.r_[0, final[:-1] + 1]
    after = np.arange(len(at)) + 1
    after[final] = first
    return np.asarray(np.abs(at[after] - at) < _DUPLICATE_M)


def _rings(at: NDArray[np.complex128], ring: NDArray[np.intp]) -> NDArray[Any]:
    closed = np.concatenate(
        [[*vertices_of_ring, vertices_of_ring[0]] for vertices_of_ring in _split(at, ring)]
    )
    size = np.bincount(ring)
    index = np.repeat(np.arange(len(size)), size + 1)
    xy = np.column_stack([closed.real, closed.imag])
    return np.asarray(shapely.linearrings(xy, indices=index), dtype=object)


def _split(at: NDArray[np.complex128], ring: NDArray[np.intp]) -> list[NDArray[np.complex128]]:
    return np.split(at, np.flatnonzero(ring[1:] != ring[:-1]) + 1)
