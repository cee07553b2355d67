"""From lines to faces, each in one community; slivers and linked faces join their neighbours.

`Faces` come from cutting communities by lines. `PieceCoverage` is a coverage on its way from
blocks to atoms. Cells that a group or a building links are joined, with what lies between them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.atoms.lines import Lines, explode
from gridgeo.config import AtomRules
from gridgeo.geometry import Edges, Polygons, assign_points, coverage_edges, polygonise

#: A line nearer to an area than this may add a vertex to its edge.
_NEAR_M = 1e-6


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
    line, area = shapely.STRtree(areas).query(lines, predicate="dwithin", distance=_NEAR_M)
    near, cutting = np.unique(area), explode(lines[np.unique(line)])
    faces = _cut_near(areas, near, cutting)
    if not shapely.coverage_is_valid(faces.polygons):
        # noding joined vertices that differ by rounding, and areas far from every line kept them
        faces = _cut_near(areas, np.arange(len(areas)), cutting)
    return sort_faces(faces)


def _cut_near(areas: Polygons, near: NDArray[np.int64], lines: Lines) -> Faces:
    """Cut the areas at the positions `near`, and return the others as they are."""
    far = np.setdiff1d(np.arange(len(areas)), near)
    edges = coverage_edges(areas[near]).lines
    polygons = polygonise(np.concatenate([edges, _through_vertices(lines, edges)]))
    inner = shapely.point_on_surface(polygons)
    face, parent = shapely.STRtree(areas[near]).query(inner, predicate="intersects")
    face, first = np.unique(face, return_index=True)
    return Faces(
        polygons=np.concatenate([areas[far], polygons[face]]),
        parent=np.concatenate([far, near[parent[first]]]),
    )


def _through_vertices(lines: Lines, edges: Lines) -> Lines:
    """Return `lines` through the vertices of `edges` on them: noding would add others there."""
    vertices = np.asarray(shapely.points(np.unique(shapely.get_coordinates(edges), axis=0)))
    line, vertex = shapely.STRtree(vertices).query(lines, predicate="dwithin", distance=_NEAR_M)
    met, number = np.unique(line, return_inverse=True)
    passed = shapely.multipoints(vertices[vertex], indices=number)
    through = lines.copy()
    through[met] = shapely.snap(lines[met], passed, _NEAR_M)
    return through


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


_Counts = NDArray[np.int64]
_Weights = NDArray[np.float64]
#: Says how much each edge weighs when a sliver chooses its neighbour.
_Weigh = Callable[[Edges], _Weights]
#: Absorbs the slivers of some faces: returns what `absorb_slivers` returns.
Tidy = Callable[[Faces, _Counts], tuple[Faces, _Counts]]
#: Weight of a border with ground of another parent, relative to one of the same parent.
_GIVES_UP_OTHER = 0.1


def is_thin(polygons: Polygons, rules: AtomRules) -> NDArray[np.bool_]:
    """Whether a polygon is too small or too narrow to be a block.

    Thin: area under ``sliver_area_m2`` or an inscribed circle under ``sliver_radius_m``. The
    circle is only computed where area and perimeter leave it open.
    """
    area, around = shapely.area(polygons), shapely.length(polygons)
    radius = rules.sliver_radius_m
    thin = (area < rules.sliver_area_m2) | (area < np.pi * radius**2)
    open_question = np.flatnonzero(~thin & (area < around * radius))
    circles = shapely.maximum_inscribed_circle(polygons[open_question], tolerance=0.5)
    thin[open_question] = shapely.length(circles) < radius
    return thin


def absorb_slivers(
    faces: Faces, area: _Counts, households: _Counts, rules: AtomRules, weigh: _Weigh
) -> tuple[Faces, _Counts]:
    """Merge thin faces with fewer than ``sliver_households`` into a neighbour of the same area.

    In rounds: every sliver beside a real face joins the one with which it shares the greatest
    `weigh`ed border, so that the border that remains is the stronger street; where no sliver has
    a real face beside it any more, slivers join each other. Slivers without any neighbour stay.
    Neighbours of the same parent are preferred; a face keeps its parent when it takes slivers.

    Returns
    -------
    tuple
        The faces left, and for each old face the position of the one that it is part of now.
    """
    member = np.arange(len(faces))
    fresh = np.ones(len(faces), dtype=bool)
    sliver = np.zeros(len(faces), dtype=bool)
    while True:
        few = fresh & (households < rules.sliver_households)
        sliver[few] = is_thin(faces.polygons[few], rules)
        target = _targets(faces, area, sliver, weigh)
        if (target < 0).all():
            return faces, member
        group = _groups(target)
        _, first = np.unique(group, return_index=True)
        keeps = np.lexsort((sliver, group))[np.cumsum(np.bincount(group)) - np.bincount(group)]
        faces = Faces(polygons=merge_faces(faces.polygons, group), parent=faces.parent[keeps])
        area = area[first]
        member = group[member]
        households = np.bincount(group, households).astype(np.int64)
        fresh = np.bincount(group) > 1
        sliver = sliver[first] & ~fresh


def _targets(faces: Faces, area: _Counts, sliver: NDArray[np.bool_], weigh: _Weigh) -> _Counts:
    """Return for each face the neighbour that it joins in this round, or -1."""
    target = np.full(len(faces), -1)
    if not sliver.any():
        return target
    edges = _edges_within(faces, area, np.isin(area, area[sliver]))
    edges = edges.take(sliver[edges.left] | sliver[edges.right])
    source = np.concatenate([edges.left, edges.right])
    beside = np.concatenate([edges.right, edges.left])
    same_parent = faces.parent[edges.left] == faces.parent[edges.right]
    weight = np.tile(weigh(edges) * np.where(same_parent, 1.0, _GIVES_UP_OTHER), 2)
    pairs = pd.DataFrame({"source": source, "beside": beside, "weight": weight})
    pairs = pairs[sliver[pairs["source"]]]
    real = pairs[~sliver[pairs["beside"]]]
    shared = (real if len(real) else pairs).groupby(["source", "beside"])["weight"].sum()
    best = shared.round(6).reset_index().sort_values(["source", "weight", "beside"])
    best = best.drop_duplicates("source", keep="last")
    target[best["source"]] = best["beside"]
    return target


def _edges_within(faces: Faces, area: _Counts, which: NDArray[np.bool_]) -> Edges:
    """Return the edges between two of the faces `which` that have the same area."""
    rows = np.flatnonzero(which)
    edges = coverage_edges(faces.polygons[rows])
    edges = edges.take(edges.inner)
    edges = replace(edges, left=rows[edges.left], right=rows[edges.right])
    return edges.take(area[edges.left] == area[edges.right])


def _groups(target: _Counts) -> _Counts:
    """Return the number of the group that each face is in after the joins."""
    joins = np.flatnonzero(target >= 0)
    size = len(target)
    links = coo_array((np.ones(len(joins)), (joins, target[joins])), shape=(size, size))
    _, group = connected_components(links, directed=False)
    return np.asarray(group, dtype=np.int64)


Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class PieceCoverage:
    """A valid coverage: of each piece the community, block, facility (-1) and compound (-1).

    ``fixed`` is -1 for pieces that may be cut; of the others it is their position in the
    ground that they come from.
    """

    polygons: Polygons
    community: Index
    block: Index
    facility: Index
    compound: Index
    fixed: Index
    is_cell: NDArray[np.bool_]

    @classmethod
    def of(cls, blocks: Faces) -> PieceCoverage:
        """Return the ground of uncut blocks; their parents are the communities."""
        nowhere = np.full(len(blocks), -1)
        return cls(
            polygons=blocks.polygons,
            community=blocks.parent,
            block=np.arange(len(blocks)),
            facility=nowhere,
            compound=nowhere,
            fixed=nowhere,
            is_cell=np.zeros(len(blocks), dtype=bool),
        )

    def __len__(self) -> int:
        return len(self.polygons)

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which pieces may be cut."""
        return self.fixed < 0

    def take(self, rows: Index | NDArray[np.bool_]) -> PieceCoverage:
        """Return some of the pieces."""
        return PieceCoverage(
            **{field.name: getattr(self, field.name)[rows] for field in fields(self)}
        )

    def beside(self, other: PieceCoverage) -> PieceCoverage:
        """Return the pieces of both."""
        return PieceCoverage(
            **{
                field.name: np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in fields(self)
            }
        )

    def divided(self, polygons: Polygons, origin: Index) -> PieceCoverage:
        """Return the ground in pieces; `origin` is the old position of each piece."""
        parts = np.bincount(origin, minlength=len(self))
        return PieceCoverage(
            polygons=polygons,
            community=self.community[origin],
            block=self.block[origin],
            facility=self.facility[origin],
            compound=self.compound[origin],
            fixed=self.fixed[origin],
            is_cell=self.is_cell[origin] | (parts[origin] > 1),
        )

    def in_reading_order(self) -> PieceCoverage:
        """Return the pieces by community, from west to east."""
        x, y = np.round(shapely.get_coordinates(shapely.centroid(self.polygons)), 2).T
        return self.take(np.lexsort((y, x, self.community)))

    def whole_blocks(self) -> PieceCoverage:
        """Return the blocks of these pieces uncut again, with every vertex of their rims."""
        block, number = np.unique(self.block, return_inverse=True)
        _, first = np.unique(number, return_index=True)
        blocks = merge_faces(self.polygons, number)
        undivided = PieceCoverage.of(Faces(polygons=blocks, parent=self.community[first]))
        return replace(undivided, block=block)


def link_cells(cells: Faces, cell: Index, unit: Index, places: NDArray[Any]) -> Index:
    """Return for each cell the number of the group of cells that it is joined into.

    Cells that contain things of one unit are joined. Where two of them share no border, so are the
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
    """Join the faces of one parent that divide a group; up to `limits` households.

    There is a limit for each face.
    """
    assigned = assign_points(points, faces.polygons)
    grouped = (assigned >= 0) & (groups != "")
    face = assigned[grouped]
    names = [f"{p} {g}" for p, g in zip(faces.parent[face], groups[grouped], strict=True)]
    _, unit = np.unique(np.array(names, dtype=str), return_inverse=True)
    fits = np.bincount(unit, households[grouped], len(unit))[unit] <= limits[face]
    return merge_linked(faces, link_cells(faces, face[fits], unit[fits], points[grouped][fits]))


def merge_linked(faces: Faces, group: Index) -> Faces:
    """Return the faces in the groups that `link_cells` returned."""
    _, first = np.unique(group, return_index=True)
    joined, origin = shapely.get_parts(merge_faces(faces.polygons, group), return_index=True)
    return Faces(polygons=joined, parent=faces.parent[first][origin])


def _lines(start: NDArray[Any], end: NDArray[Any]) -> Polygons:
    ends = np.stack([shapely.get_coordinates(start), shapely.get_coordinates(end)], axis=1)
    return np.asarray(shapely.linestrings(ends), dtype=object)
