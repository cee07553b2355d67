"""From lines and communities to faces, each in one community."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.lines import Lines, explode, polygonise
from gridgeo.atoms.segments import Polygons, coverage_edges

#: A line nearer to an area than this may add a vertex to its edge.
NEAR_M = 1e-6


@dataclass(frozen=True, kw_only=True)
class Faces:
    """A valid, noded coverage of polygons, each with the number of the area that it lies in."""

    polygons: Polygons
    parent: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.polygons)


def cut_areas(areas: Polygons, lines: Lines) -> Faces:
    """Cut `areas` (a coverage) by `lines` into faces; `parent` is the position of the area.

    Everything is noded in floating point in one go: rounding to a grid would move the borders
    of the areas. Faces outside every area are dropped, so faces fill the areas exactly. Areas
    that no line comes near stay as they are.

    Examples
    --------
    >>> street = np.array([shapely.LineString([(1, -1), (1, 3)])])
    >>> faces = cut_areas(np.array([shapely.box(0, 0, 2, 2)]), street)
    >>> len(faces)
    2
    """
    line, area = shapely.STRtree(areas).query(lines, predicate="dwithin", distance=NEAR_M)
    near = np.unique(area)
    far = np.setdiff1d(np.arange(len(areas)), near)
    edges = coverage_edges(areas[near]).lines
    polygons = polygonise(np.concatenate([edges, explode(lines[np.unique(line)])]))
    inner = shapely.point_on_surface(polygons)
    face, parent = shapely.STRtree(areas[near]).query(inner, predicate="intersects")
    face, first = np.unique(face, return_index=True)
    return sort_faces(
        Faces(
            polygons=np.concatenate([areas[far], polygons[face]]),
            parent=np.concatenate([far, near[parent[first]]]),
        )
    )


def sort_faces(faces: Faces) -> Faces:
    """Order faces by parent, then from south-west to north-east, whatever order they came in."""
    x, y = np.round(shapely.get_coordinates(shapely.centroid(faces.polygons)), 2).T
    order = np.lexsort((np.round(shapely.area(faces.polygons), 2), x, y, faces.parent))
    return Faces(polygons=faces.polygons[order], parent=faces.parent[order])


def merge_faces(polygons: Polygons, group: NDArray[np.int64]) -> Polygons:
    """Return the union of each group 0..g-1 of polygons of a valid coverage."""
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    first = np.cumsum(sizes) - sizes
    merged: Polygons = polygons[order[first]]
    for number in np.flatnonzero(sizes > 1):
        members = order[first[number] : first[number] + sizes[number]]
        merged[number] = shapely.coverage_union_all(polygons[members])
    return merged
