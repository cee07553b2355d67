"""From lines and communities to faces, each in one community."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.lines import Lines, explode, polygonise
from gridgeo.atoms.segments import Polygons, coverage_edges


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
    of the areas. Faces outside every area are dropped, so faces fill the areas exactly.

    Examples
    --------
    >>> street = np.array([shapely.LineString([(1, -1), (1, 3)])])
    >>> faces = cut_areas(np.array([shapely.box(0, 0, 2, 2)]), street)
    >>> len(faces)
    2
    """
    edges = coverage_edges(areas).lines
    near = _touching(lines, areas)
    polygons = polygonise(np.concatenate([edges, explode(near)]))
    inner = shapely.point_on_surface(polygons)
    face, area = shapely.STRtree(areas).query(inner, predicate="intersects")
    face, first = np.unique(face, return_index=True)
    return sort_faces(Faces(polygons=polygons[face], parent=area[first]))


def sort_faces(faces: Faces) -> Faces:
    """Order faces by parent, then from south-west to north-east, whatever order they came in."""
    x, y = np.round(shapely.get_coordinates(shapely.centroid(faces.polygons)), 2).T
    order = np.lexsort((np.round(shapely.area(faces.polygons), 2), x, y, faces.parent))
    return Faces(polygons=faces.polygons[order], parent=faces.parent[order])


def merge_faces(polygons: Polygons, group: NDArray[np.int64]) -> Polygons:
    """Return the union of each group 0..g-1 of polygons of a valid coverage."""
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    groups = np.split(polygons[order], np.cumsum(sizes)[:-1])
    merged = [g[0] if len(g) == 1 else shapely.coverage_union_all(g) for g in groups]
    return np.array(merged, dtype=object)


def _touching(lines: Lines, areas: Polygons) -> Lines:
    if not len(lines):
        return lines
    hit, _ = shapely.STRtree(areas).query(lines, predicate="intersects")
    touched: Lines = lines[np.unique(hit)]
    return touched
