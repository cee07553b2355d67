"""Defect sites: grids with defects near to each other; and rings that cross themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from gridgeo.config import RepairRules
from gridgeo.geometry import lines_across
from gridgeo.repair.faces import (
    TOUCH_M,
    DrawnPartition,
    RepairRecord,
    above_noise,
    restore_vertices,
    segments,
    small,
)
from gridgeo.wording import Text

_NEAR_M = 0.5
#: A grid along this share of the rim of narrow ground lies along all of it: it can take it whole.
_ONE_SIDE = 0.4


@dataclass(frozen=True, kw_only=True)
class DefectSite:
    """Grids whose borders do not match, and lines that divide what lies between them.

    ``lines``: borders of communities beside the gaps, and lines across long gaps.
    """

    rows: NDArray[np.intp]
    lines: NDArray[Any]


def gaps(partition: DrawnPartition) -> NDArray[Any]:
    """Return the ground that belongs to no grid, largest gap first.

    With communities that is their ground less the grids; without, the holes of the partition.
    Allowed gaps are taken off.
    """
    covered = shapely.union_all(partition.grids, grid_size=partition.precision)
    if len(partition.outlines):
        outline = shapely.union_all(partition.outlines, grid_size=partition.precision)
        free = shapely.get_parts(
            shapely.difference(outline, covered, grid_size=partition.precision)
        )
    else:
        free = shapely.get_parts(
            shapely.difference(_holes(covered), covered, grid_size=partition.precision)
        )
    free = shapely.get_parts(
        shapely.difference(free, partition.allowed, grid_size=partition.precision)
    )
    return _sorted_areas(free)


def _outside(partition: DrawnPartition) -> NDArray[Any]:
    """Return the ground of grids that lies outside the community of the grid."""
    rows = np.flatnonzero(partition.community >= 0)
    outline = partition.outlines[partition.community[rows]]
    beyond = shapely.difference(partition.grids[rows], outline, grid_size=partition.precision)
    return _sorted_areas(shapely.get_parts(beyond))


def find_sites(partition: DrawnPartition, rules: RepairRules) -> list[DefectSite]:
    """Return the defect sites of a partition, in a stable order.

    A grid belongs to a site when its borders do not match its neighbours' (overlap, crossing or
    a vertex without partner), or when it touches a small gap or small ground outside.
    """
    tree = partition.tree
    pieces = np.concatenate([gaps(partition), _outside(partition)])
    pieces = pieces[small(pieces, rules)]
    piece, grid = tree.query(pieces, predicate="dwithin", distance=TOUCH_M)
    involved = ~shapely.is_empty(shapely.coverage_invalid_edges(partition.grids))
    involved[grid] = True
    left, right = tree.query(partition.grids, predicate="intersects")
    involved[right[_overlapping_pairs(partition, left, right, involved)]] = True
    near = involved[left] & involved[right]
    size = len(partition.grids)
    group = _groups(size + len(pieces), np.r_[left[near], size + piece], np.r_[right[near], grid])
    found = []
    for number in np.unique(group[:size][involved]):
        rows = np.flatnonzero(involved & (group[:size] == number))
        beside = pieces[group[size:] == number]
        between = _between_grids(partition, beside, rules)
        lines = np.concatenate([_community_lines(partition, beside), between])
        found.append(DefectSite(rows=rows, lines=lines))
    return found


def _between_grids(
    partition: DrawnPartition, pieces: NDArray[Any], rules: RepairRules
) -> NDArray[Any]:
    """Return lines across narrow ground where two grids beside it meet: each may take its part.

    Ground that one grid lies all along is not divided.
    """
    lines: list[Any] = []
    for piece in pieces[shapely.area(pieces) > rules.area_m2]:
        near = partition.grids[partition.tree.query(piece, predicate="dwithin", distance=TOUCH_M)]
        rim = shapely.intersection(shapely.boundary(piece), shapely.buffer(near, TOUCH_M))
        if shapely.length(rim).max(initial=0.0) > _ONE_SIDE * piece.length:
            continue
        xy = np.unique(shapely.get_coordinates(piece), axis=0)
        beside = shapely.dwithin(near[:, None], shapely.points(xy), TOUCH_M).sum(axis=0) > 1
        corner, (x, y) = shapely.get_coordinates(near), xy[beside].T
        for line in lines_across(piece, x + 1j * y, 2 * rules.width_m):
            start, end = shapely.get_coordinates(line)
            distance, at = cKDTree(corner).query(start)
            lines.append(shapely.LineString([corner[at] if distance < TOUCH_M else start, end]))
    return np.array(lines, dtype=object)


def _overlapping_pairs(
    partition: DrawnPartition,
    left: NDArray[np.intp],
    right: NDArray[np.intp],
    involved: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """Return the pairs of an involved grid and another one that overlap.

    ``coverage_invalid_edges`` marks only one of two grids whose edges cross in one corner.
    """
    pair = np.flatnonzero(involved[left] & ~involved[right])
    shared = shapely.intersection(partition.grids[left[pair]], partition.grids[right[pair]])
    both: NDArray[np.intp] = pair[above_noise(shared)]
    return both


def _holes(ground: Any) -> NDArray[Any]:
    parts = shapely.get_parts(ground)
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.r_[False, part[1:] == part[:-1]] if len(part) else np.zeros(0, dtype=np.bool_)
    return np.asarray(shapely.polygons(rings[inner]), dtype=object)


def _sorted_areas(pieces: NDArray[Any]) -> NDArray[Any]:
    order = np.lexsort((*shapely.bounds(pieces).T, -shapely.area(pieces)))
    return np.asarray(pieces[order][above_noise(pieces[order])], dtype=object)


def _groups(size: int, left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.intp]:
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)


def _community_lines(partition: DrawnPartition, pieces: NDArray[Any]) -> NDArray[Any]:
    """Return the segments of community borders within half a metre of `pieces`."""
    if not len(partition.outlines) or not len(pieces):
        return np.zeros(0, dtype=object)
    near = shapely.STRtree(partition.outlines).query(pieces, predicate="dwithin", distance=_NEAR_M)[
        1
    ]
    _, start, end = segments(partition.outlines[np.unique(near)])
    ends = np.stack([start, end], axis=1)
    lines = np.asarray(shapely.linestrings(np.stack([ends.real, ends.imag], axis=2)), dtype=object)
    beside = shapely.STRtree(lines).query(pieces, predicate="dwithin", distance=_NEAR_M)[1]
    found: NDArray[Any] = lines[np.unique(beside)]
    return found


_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_UNTANGLED = Text("the ring crossed itself", "环线自相交，已理顺")
_FILLED = Text(
    "its geometry cannot be used: it takes the only ground that the others leave free",
    "图形无法使用，已取其他网格留出的唯一空缺范围",
)
_UNREADABLE = Text(
    "its rings can be read in several ways: draw the grid anew", "环线有多种读法，请重新绘制"
)
_MISSING = Text("it has no geometry: draw the grid", "没有几何图形，请补绘")


def repair_rings(
    partition: DrawnPartition, rules: RepairRules
) -> tuple[DrawnPartition, list[RepairRecord]]:
    """Return the partition with valid polygonal ground for every grid, and what was changed.

    A ring that crosses itself is made valid where that changes its area by at most
    ``ring_share``. Of the grids that then cannot be read, one that is alone in its community takes
    the one large piece of ground that the others leave free there: every place belongs to a grid,
    so it can only be its. Otherwise it is frozen, with what can be read of it, and listed.
    """
    grids = partition.grids
    there = ~shapely.is_missing(grids) & ~shapely.is_empty(grids)
    there &= np.isin(shapely.get_type_id(grids), _POLYGONS)
    ground = grids.copy()
    ground[~there] = shapely.Polygon()
    invalid = np.flatnonzero(~shapely.is_valid(ground))
    stated = shapely.area(ground[invalid])
    ground[invalid] = _polygons(shapely.make_valid(ground[invalid], method="structure"))
    close = np.abs(shapely.area(ground[invalid]) - stated) <= rules.ring_share * stated
    records = [_ring(row, ground[row], _UNTANGLED, done=True) for row in invalid[close]]
    frozen = ~there
    frozen[invalid[~close]] = True
    now = replace(partition, grids=ground, frozen=frozen)
    return _fill_free_pieces(now, records, rules)


def _fill_free_pieces(
    partition: DrawnPartition, records: list[RepairRecord], rules: RepairRules
) -> tuple[DrawnPartition, list[RepairRecord]]:
    """Return the partition with unreadable grids placed where only one free piece is left."""
    grids, frozen = partition.grids.copy(), partition.frozen.copy()
    unread = np.flatnonzero(frozen)
    grids[unread] = shapely.Polygon()
    now = replace(partition, grids=grids)
    free = gaps(now) if len(unread) else unread
    free = free[~small(free, rules)]
    community = _containing_community(partition, free)
    for row in unread:
        room = _only_free_piece(partition, row, free, community)
        read = partition.grids[row]
        if room is not None and (read.is_empty or room.intersects(read)):
            (grids[row],) = restore_vertices(np.array([room]), shapely.boundary(now.grids))
            frozen[row] = False
            records.append(_ring(row, room, _FILLED, done=True))
        else:
            reason = _MISSING if read.is_empty else _UNREADABLE
            records.append(_ring(row, read, reason, done=False))
    unreadable = shapely.union_all(partition.grids[frozen])
    return replace(partition, grids=grids, frozen=frozen, unreadable=unreadable), records


def _only_free_piece(
    partition: DrawnPartition, row: np.intp, free: NDArray[Any], community_of: NDArray[np.intp]
) -> Any | None:
    """Return the one free piece that can only be the grid's at `row`, None where there is none."""
    rivals = np.flatnonzero(partition.frozen)
    if len(rivals) == 1 and len(free) == 1:
        return free[0]
    community = partition.community[row]
    candidates = free[community_of == community]
    alone = community >= 0 and (partition.community[rivals] == community).sum() == 1
    return candidates[0] if alone and len(candidates) == 1 else None


def _containing_community(partition: DrawnPartition, pieces: NDArray[Any]) -> NDArray[np.intp]:
    """Return the community that contains each piece, -1 where none does."""
    community = np.full(len(pieces), -1, dtype=np.intp)
    if len(partition.outlines):
        piece, place = shapely.STRtree(partition.outlines).query(
            shapely.buffer(pieces, -TOUCH_M), predicate="within"
        )
        community[piece] = place
    return community


def _polygons(pieces: NDArray[Any]) -> NDArray[Any]:
    parts = [shapely.get_parts(piece) for piece in pieces]
    keep = [members[shapely.get_dimensions(members) == 2] for members in parts]
    joined = [shapely.union_all(members) for members in keep]
    return np.array([*joined, None], dtype=object)[:-1]


def _ring(row: np.intp, ground: Any, reason: Text, *, done: bool) -> RepairRecord:
    return RepairRecord(
        what="ring",
        grids=(int(row),),
        done=done,
        amount=float(ground.area),
        unit="m2",
        where=ground,
        reason=reason,
    )
