"""Thin parts of atoms (medians, strips between tracks, tails of outlines) join what is beside them.

A thin part is cut off where it begins, and across where the ground beside it changes; each piece
joins the neighbour with which it is wide enough. Grids are unions of atoms, and opening a union
takes away no more than opening its parts: where atoms have no thin parts, grids have none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.atoms.faces import Faces, Index, PieceCoverage, cut_areas, is_thin, merge_faces
from gridgeo.atoms.lines import Lines
from gridgeo.config import AtomRules
from gridgeo.geometry import (
    Edges,
    assign_points,
    coverage_edges,
    households_in,
    lines_across,
    thin_parts,
)

if TYPE_CHECKING:
    import geopandas as gpd

#: Parts of atoms count from this share of ``thin_part_m2``: some lie beside each other in a grid.
_LEAST_SHARE = 0.25
#: A part is wide enough with a neighbour where no more than this share of it stays thin.
_STILL_THIN = 0.25
#: What is cut off in one round may leave another thin part.
_ROUNDS = 3
#: The line where a thin part begins is found this far away from the outline ...
_OFF_RIM_M = 0.05
#: ... and ends at a corner of the outline as near as this, else as far behind the outline.
_TO_CORNER_M = 0.2
#: Water, rail and motorways are given up at less than this weight a metre.
_BARRED = 0.2
#: Parts are cut across where they are longer than so many widths.
_LONG = 3.0


#: Says how gladly each edge is given up.
_Weigh = Callable[[Edges], NDArray[np.float64]]


def give_away_thin_parts(
    ground: PieceCoverage,
    weigh: _Weigh,
    rules: AtomRules,
    *,
    locked: NDArray[np.bool_],
    area: Index,
    households: gpd.GeoDataFrame,
) -> PieceCoverage:
    """Return the pieces without thin parts that could join a neighbour of their community.

    Parameters
    ----------
    ground
        A valid coverage.
    weigh
        Says how gladly an edge is given up.
    locked
        Which pieces lie in a grid that planners locked: they neither give nor take.
    area
        The area (community, drawn grid) of each piece: a part leaves it only where it must.
    households
        A part with any does not join a dedicated facility.
    """
    fresh = np.ones(len(ground), dtype=bool)
    left_over = np.zeros(len(ground), dtype=bool)
    for _ in range(_ROUNDS if rules.thin_part_m else 0):
        movable = ground.free & ~locked
        site = _Site(
            ground=ground,
            movable=movable,
            narrow=movable & fresh,
            left_over=movable & left_over,
            area=area,
            households=households,
        )
        again, origin = _round(site, weigh, rules)
        if again is ground:
            break
        fresh = ~shapely.equals_identical(again.polygons, ground.polygons[origin])
        left_over = _left_over(again, fresh, households, rules)
        ground, locked, area = again, locked[origin], area[origin]
    return ground


def _left_over(
    ground: PieceCoverage, fresh: NDArray[np.bool_], households: gpd.GeoDataFrame, rules: AtomRules
) -> NDArray[np.bool_]:
    """Return which `fresh` pieces are no blocks any more, as slivers between streets are none."""
    rows = np.flatnonzero(fresh & (ground.facility < 0) & (ground.compound < 0))
    rows = rows[is_thin(ground.polygons[rows], rules)]
    few = households_in(households, ground.polygons[rows]) < rules.sliver_households
    left_over = np.zeros(len(ground), dtype=bool)
    left_over[rows[few]] = True
    return left_over


@dataclass(frozen=True, kw_only=True)
class _Site:
    """The ground of one round.

    ``movable``: which pieces may give and take; ``narrow``: of which thin parts are to move;
    ``left_over``: which are to move as a whole.
    """

    ground: PieceCoverage
    movable: NDArray[np.bool_]
    narrow: NDArray[np.bool_]
    left_over: NDArray[np.bool_]
    area: Index
    households: gpd.GeoDataFrame


def _round(site: _Site, weigh: _Weigh, rules: AtomRules) -> tuple[PieceCoverage, Index]:
    """Return the ground after one round, the same where nothing moved; and each piece's origin."""
    ground = site.ground
    unmoved = ground, np.arange(len(ground))
    rows = np.flatnonzero(site.narrow & ~site.left_over)
    least = _LEAST_SHARE * rules.thin_part_m2
    parts, row = thin_parts(ground.polygons[rows], rules.thin_part_m, least)
    if not len(parts) and not site.left_over.any():
        return unmoved
    piece = rows[row]
    cuts = _cuts(ground.polygons, parts, piece, rules.thin_part_m)
    faces = Faces(polygons=ground.polygons, parent=np.arange(len(ground)))
    faces = cut_areas(ground.polygons, cuts) if len(cuts) else faces
    loose = _loose(ground, faces, parts, piece, rules) | site.left_over[faces.parent]
    pairs = _pairs(site, faces, loose, weigh)
    target = _receivers(site, faces, loose, pairs, rules)
    if (target == np.arange(len(faces))).all():
        return unmoved
    known, group = np.unique(_home(faces, loose, target, pairs), return_inverse=True)
    polygons, number = shapely.get_parts(merge_faces(faces.polygons, group), return_index=True)
    origin = faces.parent[known][number]
    return ground.divided(polygons, origin), origin


def _cuts(polygons: NDArray[Any], parts: NDArray[Any], piece: Index, width_m: float) -> Lines:
    """Return the lines that cut parts off, and those across parts between their neighbours."""
    meeting = _meeting_points(polygons)
    lines: list[Any] = []
    for part, whole in zip(parts, polygons[piece], strict=True):
        lines += _necks(part, whole)
        if part.length > 2 * _LONG * width_m:
            lines += lines_across(part, meeting, 1.5 * width_m, past_m=_OFF_RIM_M)
    return np.array(lines, dtype=object)


def _meeting_points(polygons: NDArray[Any]) -> NDArray[np.complex128]:
    """Return the vertices (``x + iy``, sorted) at which three edges of a coverage meet."""
    edges = coverage_edges(polygons)
    ends = np.concatenate([edges.start, edges.end])
    known, count = np.unique(ends[:, 0] + 1j * ends[:, 1], return_counts=True)
    meeting: NDArray[np.complex128] = known[count > 2]
    return meeting


def _necks(part: Any, whole: Any) -> list[Any]:
    """Return straight lines where a part is attached to the rest of its piece."""
    rim = shapely.buffer(shapely.boundary(whole), _OFF_RIM_M)
    inside = shapely.difference(shapely.boundary(part), rim)
    necks = shapely.get_parts(shapely.line_merge(inside))
    corners = shapely.get_coordinates(whole)
    lines = []
    for neck in necks[shapely.length(necks) > _TO_CORNER_M]:
        start, end = shapely.get_coordinates(neck)[[0, -1]]
        step = end - start
        length = float(np.hypot(*step))
        if length <= _TO_CORNER_M:
            continue
        past = step / length * _TO_CORNER_M
        lines.append(
            shapely.LineString(
                [_at_corner(start, start - past, corners), _at_corner(end, end + past, corners)]
            )
        )
    return lines


def _at_corner(
    point: NDArray[np.float64], past: NDArray[np.float64], corners: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the corner beside a point, or what lies past it where there is none."""
    distance = np.hypot(*(corners - point).T)
    near = int(np.argmin(distance))
    found: NDArray[np.float64] = corners[near] if distance[near] <= _TO_CORNER_M else past
    return found


def _loose(
    ground: PieceCoverage, faces: Faces, parts: NDArray[Any], piece: Index, rules: AtomRules
) -> NDArray[np.bool_]:
    """Return the faces that are to move: thin parts, and what is no block once they are gone.

    A part that holds the ground of a facility together stays.
    """
    within = assign_points(shapely.point_on_surface(faces.polygons), parts)
    loose: NDArray[np.bool_] = (within >= 0) & (np.append(piece, -1)[within] == faces.parent)
    size = np.round(shapely.area(faces.polygons), 3)
    rest = pd.DataFrame({"parent": faces.parent, "size": size})[~loose]
    rest = rest.sort_values("size", ascending=False, kind="stable")
    second = rest.index[rest["parent"].duplicated()].to_numpy()
    loose[second[is_thin(faces.polygons[second], rules)]] = True
    bodies = np.bincount(faces.parent[~loose], minlength=len(ground))
    loose[((bodies > 1) & (ground.facility >= 0))[faces.parent]] = False
    return loose


@dataclass(frozen=True, kw_only=True)
class _Pairs:
    """A loose face and one of its community beside it, and the weight of their border.

    ``barred``: water, rail or motorway lies on all of it.
    """

    face: Index
    beside: Index
    weight: NDArray[np.float64]
    barred: NDArray[np.bool_]


def _pairs(site: _Site, faces: Faces, loose: NDArray[np.bool_], weigh: _Weigh) -> _Pairs:
    near = shapely.STRtree(faces.polygons).query(faces.polygons[loose], predicate="intersects")[1]
    rows = np.unique(near)
    edges = coverage_edges(faces.polygons[rows])
    edges = edges.take(edges.inner)
    edges = replace(edges, left=rows[edges.left], right=rows[edges.right])
    left, right = faces.parent[edges.left], faces.parent[edges.right]
    within = site.ground.community[left] == site.ground.community[right]
    within &= site.movable[left] & site.movable[right]
    edges = edges.take(within & (loose[edges.left] | loose[edges.right]))
    both = pd.DataFrame(
        {
            "face": np.concatenate([edges.left, edges.right]),
            "beside": np.concatenate([edges.right, edges.left]),
            "weight": np.tile(weigh(edges), 2),
            "metres": np.tile(edges.length, 2),
        }
    )
    table = both[loose[both["face"]]].groupby(["face", "beside"], as_index=False).sum()
    return _Pairs(
        face=table["face"].to_numpy(np.int64),
        beside=table["beside"].to_numpy(np.int64),
        weight=np.round(table["weight"].to_numpy(np.float64), 3),
        barred=(table["weight"] < _BARRED * table["metres"]).to_numpy(),
    )


def _receivers(
    site: _Site, faces: Faces, loose: NDArray[np.bool_], pairs: _Pairs, rules: AtomRules
) -> Index:
    """Return for each face the one that it joins: itself, where it stays.

    Nothing joins the other side of water, rail or a motorway but what lies between two of them.
    """
    ground, area = site.ground, site.area
    inhabited = np.zeros(len(faces), dtype=bool)
    inhabited[loose] = households_in(site.households, faces.polygons[loose]) > 0
    own, other = faces.parent[pairs.face], faces.parent[pairs.beside]
    inside = pairs.barred | (own == other)
    barred_in = np.bincount(pairs.face[~inside], minlength=len(faces)) == 0
    fits = ~loose[pairs.beside] & (own != other) & (~pairs.barred | barred_in[pairs.face])
    fits &= ~(inhabited[pairs.face] & (ground.facility[other] >= 0))
    face, beside, weight = pairs.face[fits], pairs.beside[fits], pairs.weight[fits]
    joined = shapely.union(faces.polygons[face], faces.polygons[beside])
    thin, row = thin_parts(joined, rules.thin_part_m)
    shared = shapely.area(shapely.intersection(thin, faces.polygons[face[row]]))
    left = np.bincount(row, shared, len(face))
    wide = left < _STILL_THIN * shapely.area(faces.polygons[face])
    giver, taker = faces.parent[face], faces.parent[beside]
    enters = (ground.compound[taker] >= 0) & (ground.compound[giver] != ground.compound[taker])
    order = np.lexsort((beside, -weight, enters, area[giver] != area[taker], face))
    order = order[wide[order]]
    mover, first = np.unique(face[order], return_index=True)
    target = np.arange(len(faces))
    target[mover] = beside[order][first]
    return target


def _home(faces: Faces, loose: NDArray[np.bool_], target: Index, pairs: _Pairs) -> Index:
    """Return the targets with every face that found no neighbour joined to what it was cut from.

    Where nothing of that is beside it, it joins the face with the greatest border.
    """
    size = len(faces)
    here = target == np.arange(size)
    same = faces.parent[pairs.face] == faces.parent[pairs.beside]
    same &= here[pairs.face] & here[pairs.beside]
    joins = [pairs.face[same]], [pairs.beside[same]]
    for _ in range(2):
        ends = np.concatenate(joins[0]), np.concatenate(joins[1])
        links = coo_array((np.ones(len(ends[0])), ends), shape=(size, size))
        _, group = connected_components(links, directed=False)
        group = group[target]
        alone = ~np.isin(group, group[here & ~loose])
        leaves = alone[pairs.face] & ~alone[pairs.beside]
        order = np.lexsort((pairs.beside, -pairs.weight, group[pairs.face]))
        order = order[leaves[order]]
        _, first = np.unique(group[pairs.face[order]], return_index=True)
        joins[0].append(pairs.face[order][first])
        joins[1].append(target[pairs.beside[order][first]])
    rank = np.arange(size) + size * np.where(here, loose, 2)
    root = np.full(size, 3 * size)
    np.minimum.at(root, group, rank)
    home: Index = root[group] % size
    return home
