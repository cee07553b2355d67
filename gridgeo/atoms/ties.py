"""Cells that a group or a building ties together are joined, with what lies between them."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.atoms.faces import Faces, merge_faces
from gridgeo.atoms.segments import Polygons
from gridgeo.place import place_points

Index = NDArray[np.int64]


def tie_cells(cells: Faces, cell: Index, unit: Index, places: NDArray[Any]) -> Index:
    """Return for each cell the number of the group of cells that it is joined into.

    Cells that hold things of one unit are joined. Where two of them share no border, so are the
    cells of the same parent on the straight line between the things.

    Parameters
    ----------
    cells
        A noded coverage.
    cell, unit, places
        Of each thing the cell that it lies in, the unit that it belongs to, and a point.
    """
    order = np.lexsort((cell, unit))
    cell, unit, places = cell[order], unit[order], places[order]
    divided = np.flatnonzero((unit[1:] == unit[:-1]) & (cell[1:] != cell[:-1]))
    here, there = cell[divided], cell[divided + 1]
    shared = shapely.intersection(cells.polygons[here], cells.polygons[there])
    apart = np.flatnonzero(shapely.length(shared) == 0)
    ways = _lines(places[divided[apart]], places[divided[apart] + 1])
    way, between = shapely.STRtree(cells.polygons).query(ways, predicate="intersects")
    near = here[apart][way]
    same = cells.parent[between] == cells.parent[near]
    ends = np.concatenate([here, near[same]]), np.concatenate([there, between[same]])
    size = len(cells)
    _, group = connected_components(coo_array((np.ones(len(ends[0])), ends), shape=(size, size)))
    return np.asarray(group, dtype=np.int64)


def join_groups(
    faces: Faces, points: NDArray[Any], households: Index, groups: NDArray[Any], *, limits: Index
) -> Faces:
    """Join the faces of one parent that divide a group; `limits` say up to how many households.

    There is a limit for each face.
    """
    placed = place_points(points, faces.polygons)
    told = (placed >= 0) & (groups != "")
    face = placed[told]
    names = [f"{p} {g}" for p, g in zip(faces.parent[face], groups[told], strict=True)]
    _, unit = np.unique(np.array(names, dtype=str), return_inverse=True)
    fits = np.bincount(unit, households[told], len(unit))[unit] <= limits[face]
    return merge_tied(faces, tie_cells(faces, face[fits], unit[fits], points[told][fits]))


def merge_tied(faces: Faces, group: Index) -> Faces:
    """Return the faces in the groups that `tie_cells` returned."""
    _, first = np.unique(group, return_index=True)
    joined, origin = shapely.get_parts(merge_faces(faces.polygons, group), return_index=True)
    return Faces(polygons=joined, parent=faces.parent[first][origin])


def _lines(start: NDArray[Any], end: NDArray[Any]) -> Polygons:
    ends = np.stack([shapely.get_coordinates(start), shapely.get_coordinates(end)], axis=1)
    return np.asarray(shapely.linestrings(ends), dtype=object)
