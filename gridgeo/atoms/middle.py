"""Borders of cells moved to the middle of the gaps between buildings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.faces import cut_areas, merge_faces
from gridgeo.geometry import (
    Polygons,
    coverage_edges,
    midway_between,
    simplify_coverage,
)
from gridgeo.ground import STEP_M, Segments

#: Buildings this near to each other face each other.
_FACING_M = 100.0
#: A border off the gaps is held in place by a site this far on either side of it.
_BESIDE_M = 0.5
#: The middle lines are straightened by triangles of this many metres squared at most.
_STRAIGHT_M = 10.0

_Index = NDArray[np.int64]


def move_to_gaps(
    cells: Polygons,
    block: Any,
    buildings: tuple[NDArray[Any], _Index],
    points: tuple[NDArray[Any], _Index],
) -> Polygons:
    """Return the cells of a block with borders midway between facing buildings.

    Where buildings of two cells face each other over at most 100 m, the border between the cells
    runs in the middle between the footprints, straightened; elsewhere it stays, as do the borders
    of a cell that would fall apart.

    Parameters
    ----------
    cells
        A coverage of `block`.
    buildings, points
        What lies in the block, and the cell that each belongs to.
    """
    things = np.concatenate([buildings[0], points[0]])
    thing_cell = np.concatenate([buildings[1], points[1]])
    steps, left, right = _inner_steps(cells)
    facing = _facing(steps, left, right, buildings)
    while facing.any():
        held, held_cell = _sites_beside(steps, left, right, ~facing, buildings[0])
        shapes = np.concatenate([things, shapely.points(held)])
        owner = np.concatenate([thing_cell, held_cell])
        between = midway_between(shapes, owner)
        parts = cut_areas(np.array([block]), between.lines).polygons
        cell = between.owner_at(shapely.point_on_surface(parts))
        cell = _without_strays(parts, cell, things, thing_cell)
        if len(np.unique(cell)) < len(cells):
            return cells
        moved = merge_faces(parts, cell)
        apart = np.flatnonzero(shapely.get_num_geometries(moved) > 1)
        if not len(apart):
            return simplify_coverage(moved, _STRAIGHT_M, rim=False)
        beside = np.isin(left, apart) | np.isin(right, apart)
        facing &= ~beside & (facing & beside).any()
    return cells


def _without_strays(
    parts: Polygons, cell: _Index, things: NDArray[Any], thing_cell: _Index
) -> _Index:
    """Return the cell of each part, strays with a neighbour: detached, and nothing stands there.

    A stray goes to the cell that it shares most of its border with. The largest part of a cell
    without anything is none.
    """
    thing, part = shapely.STRtree(parts).query(things, predicate="intersects")
    used = np.zeros(len(parts), dtype=bool)
    used[part[cell[part] == thing_cell[thing]]] = True
    order = np.lexsort((np.round(shapely.area(parts), 3), used, cell))
    used[order[np.r_[cell[order][1:] != cell[order][:-1], True]]] = True
    edges = coverage_edges(parts)
    pairs = pd.DataFrame(
        {
            "part": np.concatenate([edges.left, edges.right]),
            "other": np.concatenate([edges.right, edges.left]),
            "border_m": np.tile(edges.length, 2),
        }
    )
    pairs = pairs[(pairs["part"] >= 0) & (pairs["other"] >= 0)]
    pairs = pairs[~used[pairs["part"]] & used[pairs["other"]]]
    shared = pairs.groupby(["part", "other"])["border_m"].sum().round(3).reset_index()
    best = shared.sort_values(["part", "border_m", "other"], ascending=[True, False, True])
    best = best.drop_duplicates("part")
    joined = cell.copy()
    joined[best["part"]] = cell[best["other"]]
    return joined


def _inner_steps(cells: Polygons) -> tuple[Segments, _Index, _Index]:
    """Return the borders between cells in steps, with the cells on their left and right."""
    edges = coverage_edges(cells)
    edges = edges.take(edges.inner)
    ends = np.stack([edges.start, edges.end], axis=1)
    steps = Segments(ends, np.arange(len(ends))).in_steps(STEP_M)
    return steps, edges.left[steps.line], edges.right[steps.line]


def _facing(
    steps: Segments, left: _Index, right: _Index, buildings: tuple[NDArray[Any], _Index]
) -> NDArray[np.bool_]:
    """Tell at which steps a building of either cell stands, near enough to face the other."""
    footprints, cell = buildings
    middle = np.asarray(shapely.points(steps.middle), dtype=object)
    step, building = shapely.STRtree(footprints).query(middle, "dwithin", _FACING_M)
    far = shapely.distance(middle[step], footprints[building])
    nearest = []
    for side in (left, right):
        of_side = cell[building] == side[step]
        best = np.full(len(middle), np.inf)
        np.minimum.at(best, step[of_side], far[of_side])
        nearest.append(best)
    return np.asarray(nearest[0] + nearest[1] <= _FACING_M, dtype=np.bool_)


def _sites_beside(
    steps: Segments, left: _Index, right: _Index, there: NDArray[np.bool_], buildings: NDArray[Any]
) -> tuple[NDArray[np.float64], _Index]:
    """Return a site of either cell beside each of some steps, but none in a building."""
    middle, course = steps.middle[there], steps.course[there]
    across = np.column_stack([-course[:, 1], course[:, 0]]) * _BESIDE_M
    xy = np.concatenate([middle + across, middle - across])
    cell = np.concatenate([left[there], right[there]])
    near, _ = shapely.STRtree(buildings).query(shapely.points(xy), "dwithin", _BESIDE_M)
    free = np.setdiff1d(np.arange(len(xy)), near)
    return xy[free], cell[free]
