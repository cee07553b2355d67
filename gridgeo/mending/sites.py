"""Where something is to be mended: defects that are near to each other make one site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.config import RepairRules
from gridgeo.mending.faces import segments
from gridgeo.mending.town import TOUCH_M, Town, real, small

_NEAR_M = 0.5


@dataclass(frozen=True, kw_only=True)
class Site:
    """Grids whose borders do not match, and the lines of community borders beside their gaps."""

    rows: NDArray[np.intp]
    lines: NDArray[Any]


def gaps(town: Town) -> NDArray[Any]:
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
    return _real(free)


def outside(town: Town) -> NDArray[Any]:
    """Return the ground of grids that lies outside the community of the grid."""
    rows = np.flatnonzero(town.community >= 0)
    own = town.outlines[town.community[rows]]
    beyond = shapely.difference(town.grids[rows], own, grid_size=town.grain)
    return _real(shapely.get_parts(beyond))


def find_sites(town: Town, rules: RepairRules) -> list[Site]:
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
    involved[right[_hold_both(town, left, right, involved)]] = True
    near = involved[left] & involved[right]
    size = len(town.grids)
    group = _groups(size + len(pieces), np.r_[left[near], size + piece], np.r_[right[near], grid])
    found = []
    for number in np.unique(group[:size][involved]):
        rows = np.flatnonzero(involved & (group[:size] == number))
        beside = pieces[group[size:] == number]
        found.append(Site(rows=rows, lines=_community_lines(town, beside)))
    return found


def _hold_both(
    town: Town, left: NDArray[np.intp], right: NDArray[np.intp], involved: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return the pairs of an involved grid and another one that overlap.

    ``coverage_invalid_edges`` marks only one of two grids whose edges cross in one corner.
    """
    pair = np.flatnonzero(involved[left] & ~involved[right])
    shared = shapely.intersection(town.grids[left[pair]], town.grids[right[pair]])
    both: NDArray[np.intp] = pair[real(shared)]
    return both


def _holes(ground: Any) -> NDArray[Any]:
    parts = shapely.get_parts(ground)
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.r_[False, part[1:] == part[:-1]] if len(part) else np.zeros(0, dtype=np.bool_)
    return np.asarray(shapely.polygons(rings[inner]), dtype=object)


def _real(pieces: NDArray[Any]) -> NDArray[Any]:
    order = np.lexsort((*shapely.bounds(pieces).T, -shapely.area(pieces)))
    return np.asarray(pieces[order][real(pieces[order])], dtype=object)


def _groups(size: int, left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.intp]:
    links = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    return np.asarray(connected_components(links, directed=False)[1], dtype=np.intp)


def _community_lines(town: Town, pieces: NDArray[Any]) -> NDArray[Any]:
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
