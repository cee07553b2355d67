"""Where something is to be repaired: defects near to each other, and rings that cross themselves.

Where something is to be mended: defects that are near to each other make one site.

Rings that cross themselves, read in the one way that they can be.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.config import RepairRules
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


@dataclass(frozen=True, kw_only=True)
class DefectSite:
    """Grids whose borders do not match, and the lines of community borders beside their gaps."""

    rows: NDArray[np.intp]
    lines: NDArray[Any]


def gaps(town: DrawnPartition) -> NDArray[Any]:
    """Return the ground that belongs to no grid, largest gap first.

    With communities that is their ground less the grids; without, the holes of the partition.
    Allowed gaps are taken off.
    """
    held = shapely.union_all(town.grids, grid_size=town.grain)
    if len(town.outlines):
        outline = shapely.union_all(town.outlines, grid_size=town.grain)
        free = shapely.get_parts(shapely.difference(outline, held, grid_size=town.grain))
    else:
        free = shapely.get_parts(shapely.difference(_holes(held), held, grid_size=town.grain))
    free = shapely.get_parts(shapely.difference(free, town.allowed, grid_size=town.grain))
    return _sorted_areas(free)


def outside(town: DrawnPartition) -> NDArray[Any]:
    """Return the ground of grids that lies outside the community of the grid."""
    rows = np.flatnonzero(town.community >= 0)
    own = town.outlines[town.community[rows]]
    beyond = shapely.difference(town.grids[rows], own, grid_size=town.grain)
    return _sorted_areas(shapely.get_parts(beyond))


def find_sites(town: DrawnPartition, rules: RepairRules) -> list[DefectSite]:
    """Return the sites of a town, in a stable order.

    A grid belongs to a site when its borders do not match its neighbours' (overlap, crossing or
    a vertex without partner), or when it touches a small gap or small ground outside.
    """
    tree = town.tree
    pieces = np.concatenate([gaps(town), outside(town)])
    pieces = pieces[small(pieces, rules)]
    piece, grid = tree.query(pieces, predicate="dwithin", distance=TOUCH_M)
    involved = ~shapely.is_empty(shapely.coverage_invalid_edges(town.grids))
    involved[grid] = True
    left, right = tree.query(town.grids, predicate="intersects")
    involved[right[_overlapping_pairs(town, left, right, involved)]] = True
    near = involved[left] & involved[right]
    size = len(town.grids)
    group = _groups(size + len(pieces), np.r_[left[near], size + piece], np.r_[right[near], grid])
    found = []
    for number in np.unique(group[:size][involved]):
        rows = np.flatnonzero(involved & (group[:size] == number))
        beside = pieces[group[size:] == number]
        found.append(DefectSite(rows=rows, lines=_community_lines(town, beside)))
    return found


def _overlapping_pairs(
    town: DrawnPartition,
    left: NDArray[np.intp],
    right: NDArray[np.intp],
    involved: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """Return the pairs of an involved grid and another one that overlap.

    ``coverage_invalid_edges`` marks only one of two grids whose edges cross in one corner.
    """
    pair = np.flatnonzero(involved[left] & ~involved[right])
    shared = shapely.intersection(town.grids[left[pair]], town.grids[right[pair]])
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


def _community_lines(town: DrawnPartition, pieces: NDArray[Any]) -> NDArray[Any]:
    """Return the segments of community borders within half a metre of `pieces`."""
    if not len(town.outlines) or not len(pieces):
        return np.zeros(0, dtype=object)
    near = shapely.STRtree(town.outlines).query(pieces, predicate="dwithin", distance=_NEAR_M)[1]
    _, start, end = segments(town.outlines[np.unique(near)])
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
    town: DrawnPartition, rules: RepairRules
) -> tuple[DrawnPartition, list[RepairRecord]]:
    """Return the town with valid polygonal ground for every grid, and what was changed.

    A ring that crosses itself is made valid where that changes its area by at most
    ``ring_share``. Of the grids that then cannot be read, one that is alone in its community takes
    the one large piece of ground that the others leave free there: every place belongs to a grid,
    so it can only be its. Otherwise it is frozen, with what can be read of it, and listed.
    """
    grids = town.grids
    there = ~shapely.is_missing(grids) & ~shapely.is_empty(grids)
    there &= np.isin(shapely.get_type_id(grids), _POLYGONS)
    ground = grids.copy()
    ground[~there] = shapely.Polygon()
    invalid = np.flatnonzero(~shapely.is_valid(ground))
    stated = shapely.area(ground[invalid])
    ground[invalid] = _polygons(shapely.make_valid(ground[invalid], method="structure"))
    close = np.abs(shapely.area(ground[invalid]) - stated) <= rules.ring_share * stated
    mends = [_ring(row, ground[row], _UNTANGLED, done=True) for row in invalid[close]]
    frozen = ~there
    frozen[invalid[~close]] = True
    now = replace(town, grids=ground, frozen=frozen)
    return _fill_free_pieces(now, mends, rules)


def _fill_free_pieces(
    town: DrawnPartition, mends: list[RepairRecord], rules: RepairRules
) -> tuple[DrawnPartition, list[RepairRecord]]:
    """Return the town with the unreadable grids that only one place is left for."""
    grids, frozen = town.grids.copy(), town.frozen.copy()
    unread = np.flatnonzero(frozen)
    grids[unread] = shapely.Polygon()
    now = replace(town, grids=grids)
    free = gaps(now) if len(unread) else unread
    free = free[~small(free, rules)]
    home = _containing_community(town, free)
    for row in unread:
        room = _only_free_piece(town, row, free, home)
        read = town.grids[row]
        if room is not None and (read.is_empty or room.intersects(read)):
            (grids[row],) = restore_vertices(np.array([room]), shapely.boundary(now.grids))
            frozen[row] = False
            mends.append(_ring(row, room, _FILLED, done=True))
        else:
            said = _MISSING if read.is_empty else _UNREADABLE
            mends.append(_ring(row, read, said, done=False))
    unreadable = shapely.union_all(town.grids[frozen])
    return replace(town, grids=grids, frozen=frozen, unreadable=unreadable), mends


def _only_free_piece(
    town: DrawnPartition, row: np.intp, free: NDArray[Any], home: NDArray[np.intp]
) -> Any | None:
    """Return the one free piece that can only be the grid's at `row`, None where there is none."""
    rivals = np.flatnonzero(town.frozen)
    if len(rivals) == 1 and len(free) == 1:
        return free[0]
    community = town.community[row]
    own = free[home == community]
    alone = community >= 0 and (town.community[rivals] == community).sum() == 1
    return own[0] if alone and len(own) == 1 else None


def _containing_community(town: DrawnPartition, pieces: NDArray[Any]) -> NDArray[np.intp]:
    """Return the community that holds each piece wholly, -1 where none does."""
    home = np.full(len(pieces), -1, dtype=np.intp)
    if len(town.outlines):
        piece, place = shapely.STRtree(town.outlines).query(
            shapely.buffer(pieces, -TOUCH_M), predicate="within"
        )
        home[piece] = place
    return home


def _polygons(pieces: NDArray[Any]) -> NDArray[Any]:
    parts = [shapely.get_parts(piece) for piece in pieces]
    keep = [own[shapely.get_dimensions(own) == 2] for own in parts]
    joined = [shapely.union_all(own) for own in keep]
    return np.array([*joined, None], dtype=object)[:-1]


def _ring(row: np.intp, ground: Any, said: Text, *, done: bool) -> RepairRecord:
    return RepairRecord(
        what="ring",
        grids=(int(row),),
        done=done,
        amount=float(ground.area),
        unit="m2",
        where=ground,
        reason=said,
    )
