"""Blocks that are too heavy for a grid are cut into cells, between their buildings."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.clusters import cluster_units
from gridgeo.atoms.faces import merge_faces
from gridgeo.atoms.lines import OVERSHOOT_M
from gridgeo.atoms.segments import Polygons, coverage_edges
from gridgeo.atoms.units import Units, gather_units

#: A building counts as divided when a cell other than its own holds this much of it.
DIVIDED_M2 = 0.01


def cell_lines(
    block: Any,
    points: NDArray[Any],
    households: NDArray[np.int64],
    groups: NDArray[Any],
    buildings: NDArray[Any],
    *,
    cap: int,
    limit: int,
    straighten_m: float,
) -> NDArray[Any]:
    """Return lines that cut `block` into cells of at most `cap` households each.

    The lines run between buildings and household points (edges of their Voronoi diagram),
    straightened by at most `straighten_m`; they cross no building and divide no group of at
    most `limit` households. They end `OVERSHOOT_M` outside the block. Empty where the block
    cannot be cut.
    """
    units = gather_units(block, points, households, groups, buildings, limit=limit)
    if len(units.households) < 2:
        return np.empty(0, dtype=object)
    tiles = _tessellate(units, block)
    labels = cluster_units(
        _centres(units), units.households, _neighbours(tiles, block), cap=cap
    )
    if labels.max() == 0:
        return np.empty(0, dtype=object)
    grouped = groups.astype(str) != ""
    cells = _straighten(
        merge_faces(tiles, labels),
        points[grouped],
        labels[units.point_unit[grouped]],
        straighten_m,
    )
    cells = _around_buildings(cells, units.buildings, labels[units.building_unit])
    return _lines_between(cells, block)


def _tessellate(units: Units, block: Any) -> Polygons:
    """Return one polygon per unit: everything nearer to it than to the others."""
    around = shapely.buffer(shapely.envelope(block), 10.0)
    diagram = shapely.voronoi_polygons(
        shapely.multipoints(units.seeds), extend_to=around, ordered=True
    )
    return merge_faces(shapely.get_parts(diagram), units.unit)


def _centres(units: Units) -> NDArray[np.float64]:
    count = np.bincount(units.unit)
    x, y = (np.bincount(units.unit, units.seeds[:, axis]) / count for axis in (0, 1))
    return np.column_stack([x, y])


def _neighbours(tiles: Polygons, block: Any) -> NDArray[np.int64]:
    """Return the pairs of tiles that share a border inside the block."""
    edges = coverage_edges(tiles)
    inside = shapely.length(shapely.intersection(edges.lines, block)) > 0
    met = edges.inner & inside
    return np.unique(np.column_stack([edges.left[met], edges.right[met]]), axis=0)


def _straighten(
    cells: Polygons, points: NDArray[Any], cell: NDArray[np.int64], tolerance_m: float
) -> Polygons:
    """Straighten the cells as a coverage, less where a grouped point would change its cell."""
    for tolerance in (tolerance_m, tolerance_m / 2, tolerance_m / 4):
        straight = shapely.coverage_simplify(cells, tolerance, simplify_boundary=False)
        sound = (shapely.is_valid(straight) & ~shapely.is_empty(straight)).all()
        if sound and shapely.covers(straight[cell], points).all():
            return np.asarray(straight, dtype=object)
    return cells


def _around_buildings(
    cells: Polygons, buildings: NDArray[Any], owner: NDArray[np.int64]
) -> Polygons:
    """Give each divided building wholly to the cell of its unit."""
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
    outer = shapely.boundary(shapely.union_all(cells))
    lines = shapely.difference(shapely.union_all(shapely.boundary(cells)), outer)
    inside = shapely.intersection(lines, shapely.buffer(block, OVERSHOOT_M))
    parts: NDArray[Any] = shapely.get_parts(shapely.line_merge(inside))
    return parts[shapely.get_type_id(parts) == 1]
