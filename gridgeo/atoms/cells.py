"""Blocks that are too heavy for a grid are cut into cells, between their buildings."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.bisect import bisect
from gridgeo.atoms.faces import Faces, cut_areas, merge_faces
from gridgeo.atoms.lines import OVERSHOOT_M
from gridgeo.atoms.segments import Polygons, coverage_edges
from gridgeo.atoms.ties import tie_cells
from gridgeo.atoms.units import Index, Units, gather_units
from gridgeo.place import place_points

#: A building counts as divided when a cell other than its own holds this much of it.
DIVIDED_M2 = 0.01
#: What is nearer than this to the rim of the block lies on it.
ON_RIM_M = 1e-4


def cell_lines(
    block: Any,
    points: NDArray[Any],
    households: Index,
    groups: NDArray[Any],
    buildings: NDArray[Any],
    *,
    cap: int,
    limit: int,
    within: Any = None,
) -> NDArray[Any]:
    """Return lines that cut `block` into cells of at most `cap` households each.

    The lines are straight, run between buildings and household points, bend around a building
    that stands in the way, and divide no group of at most `limit` households. They end
    `OVERSHOOT_M` outside the block. Empty where the block cannot be cut. Only a part of the block
    is cut where `within` is given.
    """
    units = gather_units(block, points, households, groups, buildings, limit=limit)
    lines = bisect(block, units, cap=cap)
    if not len(lines):
        return lines
    owner, cells = _hold_groups(cut_areas(np.array([block]), lines), units)
    return _lines_between(_around_buildings(cells, units.buildings, owner), within or block)


def _hold_groups(cells: Faces, units: Units) -> tuple[Index, Polygons]:
    """Join the cells that divide a unit; return the cell of each building, and the cells."""
    building_cell = _largest_share(units.buildings, cells.polygons)
    point_cell = place_points(units.points, cells.polygons)
    cell = np.concatenate([building_cell, point_cell])
    unit = np.concatenate([units.building_unit, units.point_unit])
    places = np.concatenate([shapely.point_on_surface(units.buildings), units.points])
    group = tie_cells(cells, cell, unit, places)
    return group[building_cell], merge_faces(cells.polygons, group)


def _largest_share(buildings: NDArray[Any], cells: Polygons) -> Index:
    building, cell = shapely.STRtree(cells).query(buildings, predicate="intersects")
    shared = shapely.area(shapely.intersection(buildings[building], cells[cell]))
    order = np.lexsort((cell, -np.round(shared, 3), building))
    _, first = np.unique(building[order], return_index=True)
    largest: Index = cell[order][first]
    return largest


def _around_buildings(cells: Polygons, buildings: NDArray[Any], owner: Index) -> Polygons:
    """Give each divided building wholly to its cell."""
    cells = cells.copy()
    building, cell = shapely.STRtree(cells).query(buildings, predicate="intersects")
    foreign = owner[building] != cell
    building, cell = building[foreign], cell[foreign]
    shared = shapely.area(shapely.intersection(buildings[building], cells[cell]))
    for b, c in zip(building[shared > DIVIDED_M2], cell[shared > DIVIDED_M2], strict=True):
        cells[c] = shapely.difference(cells[c], buildings[b])
        cells[owner[b]] = shapely.union(cells[owner[b]], buildings[b])
    return cells


def _lines_between(cells: Polygons, block: Any) -> NDArray[Any]:
    """Return the edges of cells inside the block, longer where they end on its rim.

    Bending around buildings leaves corners without a vertex on the other side: such edges stand
    twice, and noding makes one of them.
    """
    edges, rim = coverage_edges(cells), shapely.boundary(block)
    edges = edges.take(shapely.distance(edges.middle, rim) > ON_RIM_M)
    edges = edges.take(shapely.distance(edges.middle, block) < ON_RIM_M)
    start, end = edges.start, edges.end
    past = (end - start) * (OVERSHOOT_M / np.hypot(*(end - start).T))[:, None]
    start = start - past * _on(rim, start)
    end = end + past * _on(rim, end)
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)))


def _on(rim: Any, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
    on: NDArray[np.bool_] = shapely.distance(shapely.points(xy), rim) < ON_RIM_M
    return on[:, None]
