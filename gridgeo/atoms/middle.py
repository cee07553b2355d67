"""Borders of cells moved to the middle of the gaps between buildings."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import Polygons, coverage_edges, polygonal, simplify_coverage
from gridgeo.ground import GAP_M, STEP_M, Segments

#: A border off the gaps is held in place by a site this far on either side of it.
_BESIDE_M = 0.5
#: Outlines of buildings are followed in steps of this length.
_OUTLINE_M = 2.0
#: The middle lines are straightened by triangles of this many metres squared at most.
_STRAIGHT_M = 9.0

_Index = NDArray[np.int64]


def move_to_gaps(
    cells: Polygons,
    block: Any,
    buildings: tuple[NDArray[Any], _Index],
    points: tuple[NDArray[Any], _Index],
) -> Polygons:
    """Return the cells of a block with borders midway between facing buildings.

    Where buildings of two cells face each other over at most 40 m, the border between the cells
    runs in the middle between the footprints, straightened; elsewhere it stays. The cells stay as
    they are where one of them would fall apart.

    Parameters
    ----------
    cells
        A coverage of `block`.
    buildings, points
        What lies in the block, and the cell that each belongs to.
    """
    footprints, building_cell = buildings
    steps, left, right = _inner_steps(cells)
    facing = _facing(steps, left, right, buildings)
    if not facing.any():
        return cells
    held, held_cell = _sites_beside(steps, left, right, ~facing, footprints)
    outline = shapely.segmentize(shapely.boundary(footprints), _OUTLINE_M)
    corners, building = shapely.get_coordinates(outline, return_index=True)
    xy = np.concatenate([corners, shapely.get_coordinates(points[0]), held])
    cell = np.concatenate([building_cell[building], points[1], held_cell])
    _, first = np.unique(np.round(xy, 3), axis=0, return_index=True)
    moved = _nearest_ground(xy[first], cell[first], block, len(cells))
    whole = shapely.get_num_geometries(moved) == 1
    if not (whole & ~shapely.is_empty(moved)).all():
        return cells
    return simplify_coverage(moved, _STRAIGHT_M)


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
    """Tell at which steps a building of either cell stands, no more than a gap from each other."""
    footprints, cell = buildings
    middle = np.asarray(shapely.points(steps.middle), dtype=object)
    step, building = shapely.STRtree(footprints).query(middle, "dwithin", GAP_M)
    far = shapely.distance(middle[step], footprints[building])
    nearest = []
    for side in (left, right):
        of_side = cell[building] == side[step]
        best = np.full(len(middle), np.inf)
        np.minimum.at(best, step[of_side], far[of_side])
        nearest.append(best)
    return np.asarray(nearest[0] + nearest[1] <= GAP_M, dtype=np.bool_)


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


def _nearest_ground(
    xy: NDArray[np.float64], cell: _Index, block: Any, cells: int
) -> NDArray[np.object_]:
    """Return the ground of `block` that is nearest to the sites of each cell."""
    around = shapely.voronoi_polygons(shapely.multipoints(xy), extend_to=block, ordered=True)
    parts = shapely.get_parts(around)
    ground = [
        shapely.intersection(shapely.coverage_union_all(parts[cell == number]), block)
        for number in range(cells)
    ]
    return polygonal(np.array(ground, dtype=object))
