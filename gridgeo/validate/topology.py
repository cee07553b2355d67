"""Checks on shape: drawable, in one piece, not around one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.model import Finding
from gridgeo.text import Text
from gridgeo.validate.case import Case
from gridgeo.validate.ground import TOLERANCE_M2, finite, groups, say_m2

_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def valid_geometry(case: Case) -> Iterator[Finding]:
    """Every grid has a geometry: polygonal, with finite coordinates and sound rings."""
    geometry = case.subject.grids.geometry.to_numpy()
    there = finite(geometry)
    polygon = np.isin(shapely.get_type_id(geometry), _POLYGONS)
    sound = shapely.is_valid(geometry)
    for row in np.flatnonzero(~(there & polygon & sound)):
        if not there[row]:
            said = _absence(geometry[row])
        elif not polygon[row]:
            kind = geometry[row].geom_type
            said = Text(f"is a {kind}, not a polygon", f"几何类型为 {kind}，不是面")
        else:
            reason = shapely.is_valid_reason(geometry[row])
            said = Text(f"has invalid rings: {reason}", f"面的环线无效：{reason}")
        yield Finding(
            rule="valid_geometry",
            severity="error",
            message=Text(f"grid {case.handles[row]} ", f"网格 {case.handles[row]} ") + said,
            grids=(case.handles[row],),
            where=case.place(row),
        )


def one_part(case: Case) -> Iterator[Finding]:
    """Every grid is one connected piece; pieces that only touch at a corner are not connected.

    Parts that one atom of several parts holds together are named, not an error.
    """
    count = shapely.get_num_geometries(case.ground)
    for row in np.flatnonzero(count > 1):
        parts = shapely.get_parts(case.ground[row])
        sizes = sorted(shapely.area(parts), reverse=True)
        inherited = _held_together(case, row, parts)
        listed = ", ".join(say_m2(size) for size in sizes[:5]) + (" ..." if len(sizes) > 5 else "")
        yield Finding(
            rule="one_part",
            severity="info" if inherited else "error",
            message=Text(
                f"grid {case.handles[row]} is in {len(parts)} parts of {listed} m2",
                f"网格 {case.handles[row]} 分为 {len(parts)} 块（{listed} 平方米）",
            )
            + (_INHERITED if inherited else Text("", "")),
            grids=(case.handles[row],),
            where=case.ground[row],
            amount=float(sum(sizes[1:])),
            unit="m2",
        )


def no_enclave(case: Case) -> Iterator[Finding]:
    """No basic grid lies in a hole of another grid; dedicated grids and open ground may.

    Grids in one hole are one finding: together they touch no grid but the one around them.
    """
    holes, owner = _holes(case.ground)
    inner = shapely.point_on_surface(case.ground)
    rows = np.flatnonzero(case.basic & ~shapely.is_empty(case.ground))
    hole, found = shapely.STRtree(inner[rows]).query(holes, predicate="contains")
    for number in np.unique(hole):
        outer, own = owner[number], np.sort(rows[found[hole == number]])
        own = own[own != outer]
        if not len(own):
            continue
        where = shapely.union_all(case.ground[own])
        yield Finding(
            rule="no_enclave",
            severity="warning",
            message=_enclosed(case, outer, own),
            grids=case.named([outer, *own]),
            where=where,
            amount=float(shapely.area(case.ground[own]).sum()),
            unit="m2",
        )


def _enclosed(case: Case, outer: np.intp, own: NDArray[np.intp]) -> Text:
    names, around = case.named(own), case.handles[outer]
    if len(own) == 1:
        said = Text(
            f"grid {names[0]} lies in a hole of grid {around}",
            f"网格 {names[0]} 被网格 {around} 完全包围",
        )
    else:
        said = Text(
            f"grids {', '.join(names)} lie together in one hole of grid {around}",
            f"网格 {'、'.join(names)} 同在网格 {around} 的一处包围之内",
        )
    joined = case.count("households")[[outer, *own]].sum()
    if np.isnan(joined):
        return said
    return said + Text(f"; {joined:,.0f} households if joined", f"；合并后共 {joined:,.0f} 户")


_INHERITED = Text(
    ": one of the pieces it is made of has several parts", "：组成它的某个单元本身即为多块"
)


def _absence(geometry: Any) -> Text:
    if geometry is None:
        return Text("has no geometry", "没有几何图形")
    if geometry.is_empty:
        return Text("has an empty geometry", "几何图形为空")
    return Text("has coordinates that are no numbers", "坐标中有非数值")


def _holes(ground: Any) -> tuple[Any, Any]:
    parts, grid = shapely.get_parts(ground, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.r_[False, part[1:] == part[:-1]] if len(part) else np.zeros(0, dtype=bool)
    holes = np.asarray(shapely.polygons(rings[inner]), dtype=object)
    large = shapely.area(holes) > TOLERANCE_M2
    return holes[large], grid[part[inner]][large]


def _held_together(case: Case, row: np.intp, parts: Any) -> bool:
    if case.subject.atoms is None:
        return False
    own = case.subject.atoms.geometry.to_numpy()[case.atom_grids == row]
    pieces, atom = shapely.get_parts(own, return_index=True)
    piece, part = shapely.STRtree(parts).query(
        shapely.point_on_surface(pieces), predicate="intersects"
    )
    size = len(parts)
    return int(groups(size + len(own), part, size + atom[piece])[:size].max()) == 0
