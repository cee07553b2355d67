"""Buildings stay whole: where a border runs through a footprint, it follows the wall instead.

Streets and lanes pass under arcades, through passages, or are digitised a little off; outlines of
facilities cut corners. The piece of ground that holds most of a building gets all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.atoms.faces import cut_areas, merge_faces
from gridgeo.geometry import assign_points, households_in

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.atoms.faces import Index, PieceCoverage
    from gridgeo.config import AtomRules
    from gridgeo.geometry import Polygons

#: A part of a building smaller than this, or than this share of it, is rounding of the drawing.
_LEAST_PART_M2 = 1.0
_LEAST_SHARE = 0.01


def keep_buildings_whole(
    ground: PieceCoverage,
    buildings: Polygons,
    households: gpd.GeoDataFrame,
    limits: Index,
    rules: AtomRules,
) -> PieceCoverage:
    """Return the ground with each building in one piece, that which held most of it.

    A building never changes its community, nor takes ground of pieces that may not be cut. One
    with more households than a grid may have (`limits`, by community) stays divided. What a wall
    cuts off from a piece, and is no block, goes with the building.
    """
    owner = _owners(ground, buildings)
    rows = np.flatnonzero(owner >= 0)
    fits = households_in(households, buildings[rows]) <= limits[ground.community[owner[rows]]]
    rows = rows[fits]
    if not len(rows):
        return ground
    walls = shapely.boundary(buildings[rows])
    faces = cut_areas(ground.polygons, walls)
    inside = assign_points(shapely.point_on_surface(faces.polygons), buildings[rows])
    moved = np.flatnonzero(inside >= 0)
    target = owner[rows[inside[moved]]]
    parent = faces.parent[moved]
    same = (ground.community[target] == ground.community[parent]) & ground.free[parent]
    piece = faces.parent.copy()
    piece[moved[same]] = target[same]
    return _in_one_part(ground, faces.polygons, piece, rules)


def _owners(ground: PieceCoverage, buildings: Polygons) -> Index:
    """Return the piece that holds most of each building that several free pieces share, or -1."""
    owner = np.full(len(buildings), -1)
    building, piece = shapely.STRtree(ground.polygons).query(buildings, predicate="intersects")
    if not len(building):
        return owner
    part = np.round(
        shapely.area(shapely.intersection(buildings[building], ground.polygons[piece])), 3
    )
    whole = shapely.area(buildings)[building]
    real = (part > _LEAST_PART_M2) & (part > _LEAST_SHARE * whole) & ground.free[piece]
    building, piece, part = building[real], piece[real], part[real]
    order = np.lexsort((piece, -part, building))
    building, piece = building[order], piece[order]
    found, first, count = np.unique(building, return_index=True, return_counts=True)
    largest = piece[first]
    community = ground.community
    alike = community[piece] == np.repeat(community[largest], count)
    shared = np.bincount(np.repeat(np.arange(len(found)), count), alike, len(found)) > 1
    owner[found[shared]] = largest[shared]
    return owner


def _in_one_part(
    ground: PieceCoverage, polygons: Polygons, piece: Index, rules: AtomRules
) -> PieceCoverage:
    """Return the pieces merged; parts cut off that are no blocks go to the piece beside them."""
    used, number = np.unique(piece, return_inverse=True)
    parts, origin = _parts(polygons, number)
    area = np.round(shapely.area(parts), 3)
    largest = np.full(len(used), -1)
    by_size = np.lexsort((-np.arange(len(parts)), area))
    largest[origin[by_size]] = by_size
    loose = (largest[origin] != np.arange(len(parts))) & (area < rules.sliver_area_m2)
    home = origin.copy()
    tree, community = shapely.STRtree(parts), ground.community[used]
    for part in np.flatnonzero(loose).tolist():
        near = tree.query(parts[part], predicate="intersects")
        near = near[~loose[near] & (community[home[near]] == community[home[part]])]
        home[part] = _beside(parts, part, near, home)
    parts, home = _parts(parts, home)
    return ground.divided(parts, used[home])


def _parts(polygons: Polygons, group: Index) -> tuple[Polygons, Index]:
    parts, origin = shapely.get_parts(merge_faces(polygons, group), return_index=True)
    return np.asarray(parts, dtype=object), origin


def _beside(parts: Polygons, part: int, near: Index, home: Index) -> int:
    """Return the piece of that of the parts `near` with which a part shares most border."""
    shared = np.round(shapely.length(shapely.intersection(parts[part], parts[near])), 3)
    if not shared.any():
        return int(home[part])
    return int(home[near[np.lexsort((near, -shared))[0]]])
