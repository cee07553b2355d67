"""Cells: blocks with too many households are cut between their buildings.

A cell border divides no building, group, hamlet or household point. Blocks are halved by straight
lines between these units until each piece holds few enough households.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.atoms.faces import Faces, cut_areas, link_cells, merge_faces
from gridgeo.atoms.lines import OVERSHOOT_M
from gridgeo.atoms.middle import move_to_gaps
from gridgeo.geometry import Polygons, assign_points, coverage_edges, polygonise

#: A clipped building smaller than this is left out.
_LEAST_BUILDING_M2 = 5.0
#: Houses of a hamlet are no farther apart than this.
_HAMLET_M = 60.0

_Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class _Units:
    """The indivisible units of one block.

    ``households`` is the sum of each unit; ``buildings`` are clipped to the block, ``points``
    are the household points outside them; ``building_unit`` and ``point_unit`` are the unit they
    are.
    """

    households: _Index
    buildings: NDArray[Any]
    building_unit: _Index
    points: NDArray[Any]
    point_unit: _Index

    def corners(self) -> tuple[NDArray[np.float64], _Index]:
        """Return the coordinates (m, 2) of everything and the unit of each, sorted by unit."""
        things = np.concatenate([self.buildings, self.points])
        xy, thing = shapely.get_coordinates(things, return_index=True)
        unit = np.concatenate([self.building_unit, self.point_unit])[thing]
        order = np.argsort(unit, kind="stable")
        return xy[order], unit[order]


def _gather_units(
    block: Any,
    points: NDArray[Any],
    households: _Index,
    groups: NDArray[Any],
    buildings: NDArray[Any],
    *,
    limit: int,
) -> _Units:
    """Return the units of a block; a group larger than `limit` does not hold together."""
    clipped = shapely.intersection(buildings, block)
    clipped = clipped[shapely.area(clipped) >= _LEAST_BUILDING_M2]
    building = assign_points(points, clipped)
    xy = shapely.get_coordinates(points)
    _, spot = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    item = np.where(building >= 0, building, len(clipped) + spot)
    size = len(clipped) + (int(spot.max()) + 1 if len(spot) else 0)
    member = _linked_items(item, groups, households, size, limit)
    outdoors = building < 0
    used, number = np.unique(
        np.concatenate([member[: len(clipped)], member[item]]), return_inverse=True
    )
    building_unit, unit = number[: len(clipped)], number[len(clipped) :]
    return _Units(
        households=np.bincount(unit, households, len(used)).astype(np.int64),
        buildings=clipped,
        building_unit=building_unit,
        points=points[outdoors],
        point_unit=unit[outdoors],
    )


def find_hamlets(points: NDArray[Any]) -> NDArray[Any]:
    """Return a group name for each point of a settlement, ``""`` for houses that stand alone.

    A natural hamlet (自然村) is houses less than `_HAMLET_M` apart, whatever shape it has.
    """
    from sklearn.cluster import DBSCAN  # noqa: PLC0415  (2.6 s to import; few towns need it)

    xy = shapely.get_coordinates(points)
    found = DBSCAN(eps=_HAMLET_M, min_samples=3).fit_predict(xy - xy.mean(axis=0))
    return np.array([f"hamlet {n}" if n >= 0 else "" for n in found], dtype=object)


def _linked_items(
    item: _Index, groups: NDArray[Any], households: _Index, size: int, limit: int
) -> _Index:
    """Return for each of `size` items the lowest item that its groups tie it to.

    Row by row, `item`, `groups` and `households` give the place of a household; a group of
    more than `limit` households, or without a name, links nothing.
    """
    names, number = np.unique(groups.astype(str), return_inverse=True)
    total = np.bincount(number, households, len(names))
    bound = (total[number] <= limit) & (names[number] != "")
    first = np.full(len(names), size)
    np.minimum.at(first, number[bound], item[bound])
    links = coo_array(
        (np.ones(bound.sum()), (item[bound], first[number[bound]])), shape=(size, size)
    )
    _, component = connected_components(links, directed=False)
    lowest = np.full(size, size)
    np.minimum.at(lowest, component, np.arange(size))
    return np.asarray(lowest[component])


#: What a cut costs: how uneven it is (0 to 1), each unit that it crosses, and its length as a
#: multiple of the side of a square as large as the piece.
UNEVEN, CROSSED, LONG = 2.0, 0.3, 0.4
#: A gap this wide between two rows of buildings is as good as one can be.
_WIDE_GAP_M = 30.0
_GAP = 0.3
#: Units whose middles are nearer to each other than this are treated as one along an axis.
_SAME_SPOT_M = 1e-3


def _bisect(block: Any, units: _Units, *, cap: int) -> NDArray[Any]:
    """Return the lines that cut `block` into pieces of at most `cap` households.

    Every piece is halved across one of the two axes of its smallest rectangle, where the halves
    are even, the gap between the units is wide and the cut is short. Where that would leave all
    units on one side, it is halved evenly, whatever the line crosses. The lines run `OVERSHOOT_M`
    past the pieces that they cut.

    Coordinates count from the corner of the block: far from the origin an axis that is off by a
    rounding error would move its lines by a tenth of a millimetre.
    """
    corner = np.array(block.bounds[:2])
    block = shapely.transform(block, lambda xy: xy - corner)
    xy, owner = units.corners()
    xy = xy - corner
    count = np.bincount(owner)
    anchor = np.column_stack([np.bincount(owner, xy[:, i]) / count for i in (0, 1)])
    lines: list[Any] = []
    waiting = [(block, np.arange(len(count)))]
    while waiting:
        piece, members = waiting.pop()
        if units.households[members].sum() <= cap or len(members) == 1:
            continue
        rows = np.isin(owner, members)
        cuts = _cuts(piece, xy[rows], owner[rows], units.households[members])
        places = np.asarray(shapely.points(anchor[members]), dtype=object)
        even = _even_cuts(piece, anchor[members], units.households[members])
        tried = ((cut, *_split(piece, cut, places)) for cut in chain(cuts, even))
        for line, parts, nearest in tried:
            if len(np.unique(nearest)) > 1:
                lines.append(shapely.intersection(line, shapely.buffer(piece, OVERSHOOT_M)))
                waiting += [(part, members[nearest == i]) for i, part in enumerate(parts)]
                break
    return shapely.transform(np.array(lines, dtype=object), lambda xy: xy + corner)


def _cuts(piece: Any, xy: NDArray[np.float64], owner: _Index, households: _Index) -> list[Any]:
    """Return the best line across each axis, the better one first."""
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    cuts: list[tuple[float, int, Any]] = []
    for axis in _axes(piece):
        along = xy @ axis
        low, high = np.minimum.reduceat(along, first), np.maximum.reduceat(along, first)
        at, cost = _best_position(low, high, households)
        line = _across(piece, axis, at)
        length = shapely.length(shapely.intersection(line, piece)) / np.sqrt(piece.area)
        cuts.append((round(cost + LONG * length, 6), len(cuts), line))
    return [line for *_, line in sorted(cuts)]


def _even_cuts(piece: Any, anchor: NDArray[np.float64], households: _Index) -> Iterator[Any]:
    """Yield the line across each axis that halves the households most evenly."""
    for axis in _axes(piece):
        along = anchor @ axis
        order = np.argsort(np.round(along, 3), kind="stable")
        along = along[order]
        share = np.cumsum(households[order])[:-1] / max(1, households.sum())
        same_spot = along[1:] - along[:-1] < _SAME_SPOT_M
        best = int(np.argmin(np.round(np.abs(share - 0.5) + same_spot, 6)))
        if not same_spot[best]:
            yield _across(piece, axis, float(along[best] + along[best + 1]) / 2)


def _split(piece: Any, line: Any, places: NDArray[Any]) -> tuple[NDArray[Any], _Index]:
    """Return the parts of a cut piece, and for each place the part that it is nearest to."""
    parts = polygonise(np.array([shapely.boundary(piece), line]))
    inside = shapely.covers(shapely.buffer(piece, 1e-3), shapely.point_on_surface(parts))
    kept = parts[inside]
    return kept, shapely.STRtree(kept).nearest(places)


def _axes(piece: Any) -> NDArray[np.float64]:
    """Return the two directions of the smallest rectangle around `piece`, as unit vectors."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(piece))
    side = corners[1] - corners[0]
    u = side / np.hypot(*side)
    return np.array([u, (-u[1], u[0])])


def _best_position(
    low: NDArray[np.float64], high: NDArray[np.float64], households: _Index
) -> tuple[float, float]:
    """Return where along an axis to cut between units of extent low..high, and what it costs."""
    middle = (low + high) / 2
    order = np.argsort(np.round(middle, 3), kind="stable")
    low, high, middle = low[order], high[order], middle[order]
    before = np.maximum.accumulate(high)[:-1]
    after = np.minimum.accumulate(low[::-1])[::-1][1:]
    clean = after >= before
    at = np.where(clean, (before + after) / 2, (middle[:-1] + middle[1:]) / 2)
    crossed = ((low[None, :] < at[:, None]) & (high[None, :] > at[:, None])).sum(axis=1)
    share = np.cumsum(households[order])[:-1] / max(1, households.sum())
    gap = np.clip(np.where(clean, after - before, 0) / _WIDE_GAP_M, 0, 1)
    same_spot = middle[1:] - middle[:-1] < _SAME_SPOT_M
    cost = UNEVEN * np.abs(share - 0.5) + CROSSED * crossed - _GAP * gap + 100.0 * same_spot
    best = int(np.argmin(np.round(cost, 6)))
    return float(at[best]), float(cost[best])


def _across(piece: Any, axis: NDArray[np.float64], at: float) -> Any:
    """Return the line through position `at` of `axis`, at right angles to it, past the piece."""
    normal = np.array([-axis[1], axis[0]])
    reach = shapely.get_coordinates(shapely.envelope(piece)) @ normal
    ends = [at * axis + (reach.min() - 1) * normal, at * axis + (reach.max() + 1) * normal]
    return shapely.linestrings(ends)


#: A building counts as divided when this much of it lies in another cell.
_DIVIDED_M2 = 0.01
#: What is nearer than this to the rim of the block lies on it.
_ON_RIM_M = 1e-4


def cell_lines(
    block: Any,
    points: NDArray[Any],
    households: _Index,
    groups: NDArray[Any],
    buildings: NDArray[Any],
    *,
    cap: int,
    limit: int,
    within: Any = None,
) -> NDArray[Any]:
    """Return lines that cut `block` into cells of at most `cap` households each.

    The lines run between buildings and household points, in the middle of gaps between facing
    buildings, else straight; they bend around a building that stands in the way, and divide no
    group of at most `limit` households. They end `OVERSHOOT_M` outside the block. Empty where the
    block cannot be cut. Only a part of the block is cut where `within` is given.
    """
    units = _gather_units(block, points, households, groups, buildings, limit=limit)
    lines = _bisect(block, units, cap=cap)
    if not len(lines):
        return lines
    owner, point_cell, cells = _keep_groups(cut_areas(np.array([block]), lines), units)
    cells = move_to_gaps(cells, block, (units.buildings, owner), (units.points, point_cell))
    return _lines_between(_around_buildings(cells, units.buildings, owner), within or block)


def _keep_groups(cells: Faces, units: _Units) -> tuple[_Index, _Index, Polygons]:
    """Join the cells that divide a unit; return those of buildings and points, and the cells."""
    building_cell = _largest_share(units.buildings, cells.polygons)
    point_cell = assign_points(units.points, cells.polygons)
    cell = np.concatenate([building_cell, point_cell])
    unit = np.concatenate([units.building_unit, units.point_unit])
    places = np.concatenate([shapely.point_on_surface(units.buildings), units.points])
    group = link_cells(cells, cell, unit, places)
    return group[building_cell], group[point_cell], merge_faces(cells.polygons, group)


def _largest_share(buildings: NDArray[Any], cells: Polygons) -> _Index:
    building, cell = shapely.STRtree(cells).query(buildings, predicate="intersects")
    shared = shapely.area(shapely.intersection(buildings[building], cells[cell]))
    order = np.lexsort((cell, -np.round(shared, 3), building))
    _, first = np.unique(building[order], return_index=True)
    largest: _Index = cell[order][first]
    return largest


def _around_buildings(cells: Polygons, buildings: NDArray[Any], owner: _Index) -> Polygons:
    """Give each divided building wholly to its cell."""
    cells = cells.copy()
    building, cell = shapely.STRtree(cells).query(buildings, predicate="intersects")
    foreign = owner[building] != cell
    building, cell = building[foreign], cell[foreign]
    shared = shapely.area(shapely.intersection(buildings[building], cells[cell]))
    for b, c in zip(building[shared > _DIVIDED_M2], cell[shared > _DIVIDED_M2], strict=True):
        cells[c] = shapely.difference(cells[c], buildings[b])
        cells[owner[b]] = shapely.union(cells[owner[b]], buildings[b])
    return cells


def _lines_between(cells: Polygons, block: Any) -> NDArray[Any]:
    """Return the edges of cells inside the block, longer where they end on its rim.

    Bending around buildings leaves corners without a vertex on the other side: such edges stand
    twice, and noding makes one of them.
    """
    edges, rim = coverage_edges(cells), shapely.boundary(block)
    edges = edges.take(shapely.distance(edges.middle, rim) > _ON_RIM_M)
    edges = edges.take(shapely.distance(edges.middle, block) < _ON_RIM_M)
    start, end = edges.start, edges.end
    past = (end - start) * (OVERSHOOT_M / np.hypot(*(end - start).T))[:, None]
    start = start - past * _on(rim, start)
    end = end + past * _on(rim, end)
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)))


def _on(rim: Any, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
    on: NDArray[np.bool_] = shapely.distance(shapely.points(xy), rim) < _ON_RIM_M
    return on[:, None]
