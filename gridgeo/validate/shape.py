"""Checks on ground: no gap, no overlap, nothing outside, valid, in one part, no enclave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.config import Band, Codes
from gridgeo.geometry import (
    NOISE_M2,
    TOLERANCE_M2,
    TOUCH_M,
    connected_groups,
    connected_pieces,
    finite,
    format_m2,
    intersection,
    narrow,
    polygons_along,
    union,
)
from gridgeo.model import Finding
from gridgeo.validate.case import Case
from gridgeo.validate.subject import Subject
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd


def fills_community(case: Case) -> Iterator[Finding]:
    """Every place in a community belongs to a grid (无缝覆盖).

    The difference of each community and all grids is exact; pieces that touch are one gap, and
    gaps nowhere wider than the tolerance are counted together. Findings name the grids around.
    """
    fragments = []
    for row in np.flatnonzero(~shapely.is_empty(case.gaps)):
        name = case.community_names[row]
        gaps = np.array(connected_pieces(case.gaps[row]), dtype=object)
        thin = _narrow(case, gaps)
        fragments += gaps[thin].tolist()
        gaps = gaps[~thin]
        beside, grid = case.near(gaps, TOUCH_M)
        members = np.split(grid, np.searchsorted(beside, np.arange(1, len(gaps))))
        for gap, around in zip(gaps, members, strict=bool(len(gaps))):
            yield Finding(
                rule="fills_community",
                severity="error",
                message=Text(
                    f"{format_m2(gap.area)} m2 of community {name} belong to no grid",
                    f"社区“{name}”有 {format_m2(gap.area)} 平方米不属于任何网格",
                ),
                grids=case.named(around),
                where=gap,
                amount=gap.area,
                unit="m2",
            )
    yield from _report_fragments(case, "fills_community", fragments, Text("gaps", "缝隙"))


def no_overlap(case: Case) -> Iterator[Finding]:
    """No place belongs to two grids; overlaps within the tolerance are counted together."""
    fragments = []
    thin = _narrow(case, case.overlaps[2])
    for left, right, shared, small in zip(*case.overlaps, thin, strict=True):
        if small:
            fragments.append(shared)
            continue
        pair = case.named([left, right])
        yield Finding(
            rule="no_overlap",
            severity="error",
            message=Text(
                f"grids {pair[0]} and {pair[1]} both hold {format_m2(shared.area)} m2",
                f"网格 {pair[0]} 与 {pair[1]} 重叠 {format_m2(shared.area)} 平方米",
            )
            + _twice(shared.area, case.ground[[left, right]]),
            grids=pair,
            where=shared,
            amount=shared.area,
            unit="m2",
        )
    yield from _report_fragments(case, "no_overlap", fragments, Text("overlaps", "重叠"))


def inside_community(case: Case) -> Iterator[Finding]:
    """Every grid lies in its community; what is outside by the tolerance is counted together."""
    fragments = []
    area, thin = shapely.area(case.excess), _narrow(case, case.excess)
    reached = _reached(case, np.flatnonzero(~thin))
    for row in np.flatnonzero(area > 0):
        if thin[row] and case.parents[row] >= 0:
            fragments.append(case.excess[row])
            continue
        yield Finding(
            rule="inside_community",
            severity="error",
            message=_outside(case, row, format_m2(area[row]), reached.get(int(row), [])),
            grids=(case.handles[row],),
            where=case.excess[row],
            amount=float(area[row]),
            unit="m2",
        )
    yield from _report_fragments(
        case, "inside_community", fragments, Text("places outside", "越界处")
    )


def area_difference(grids: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> float:
    """Return the m2 by which `grids` are no exact partition of `communities`.

    That is the ground of the communities in no grid, plus the ground that two grids
    share (for each pair), plus the ground of grids outside their community; exact, without a
    tolerance. Columns as for `Subject`.
    """
    subject = Subject(grids=grids, communities=communities)
    return difference_m2(Case(subject=subject, band=Band(), codes=Codes()))


def difference_m2(case: Case) -> float:
    """Return the m2 by which the grids of a case are no exact partition of its communities."""
    pieces = (case.gaps, case.overlaps[2], case.excess)
    return float(sum(shapely.area(piece).sum() for piece in pieces))


def _twice(area: float, pair: Any) -> Text:
    lesser, greater = sorted(shapely.area(pair))
    if area < lesser - TOLERANCE_M2:
        return Text("", "")
    if area < greater - TOLERANCE_M2:
        return Text(": one lies wholly within the other", "：其中一个完全落在另一个之内")
    return Text(": they are the same ground", "：两者为同一块地")


def _reached(case: Case, rows: NDArray[np.intp]) -> dict[int, list[str]]:
    """Return the names of the communities that grids at `rows` reach into, in their order."""
    excess, other = case.outline_tree.query(case.excess[rows], predicate="intersects")
    reached = ~_narrow(case, intersection(case.outlines[other], case.excess[rows[excess]]))
    names: dict[int, list[str]] = {}
    for row, place in sorted(
        zip(rows[excess[reached]].tolist(), other[reached].tolist(), strict=True)
    ):
        names.setdefault(row, []).append(case.community_names[place])
    return names


def _outside(case: Case, row: np.intp, area: str, others: list[str]) -> Text:
    handle = case.handles[row]
    if case.parents[row] < 0:
        return Text(f"grid {handle} lies in no community", f"网格 {handle} 不在任何社区之内")
    name = case.community_names[case.parents[row]]
    into = Text(f" ({', '.join(others)})", f"（{'、'.join(others)}）") if others else Text("", "")
    return (
        Text(f"{area} m2 of grid {handle} lie", f"网格 {handle} 有 {area} 平方米")
        + Text(f" outside its community {name}", f"在其所属社区“{name}”之外")
        + into
    )


def _narrow(case: Case, pieces: Any) -> NDArray[np.bool_]:
    return narrow(np.array(list(pieces), dtype=object), case.subject.tolerance_m)


def _report_fragments(
    case: Case, rule: str, fragments: Iterable[Any], noun: Text
) -> Iterator[Finding]:
    pieces = np.array(list(fragments), dtype=object)
    total, width = float(shapely.area(pieces).sum()), case.subject.tolerance_m
    if total > NOISE_M2:
        yield Finding(
            rule=rule,
            severity="info",
            message=Text(
                f"{len(pieces)} {noun.en} nowhere wider than {width} m, "
                f"{format_m2(total)} m2 together",
                f"{len(pieces)} 处宽度不超过 {width} 米的{noun.zh}，合计 {format_m2(total)} 平方米",
            ),
            where=shapely.union_all(shapely.centroid(pieces)),
            amount=total,
            unit="m2",
        )


_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def valid_geometry(case: Case) -> Iterator[Finding]:
    """Every grid has a geometry: polygonal, with finite coordinates and sound rings."""
    geometry = case.subject.grids.geometry.to_numpy()
    there = finite(geometry)
    polygon = np.isin(shapely.get_type_id(geometry), _POLYGONS)
    sound = shapely.is_valid(geometry)
    for row in np.flatnonzero(~(there & polygon & sound)):
        if not there[row]:
            text = _absence(geometry[row])
        elif not polygon[row]:
            kind = geometry[row].geom_type
            text = Text(f"is a {kind}, not a polygon", f"几何类型为 {kind}，不是面")
        else:
            reason = shapely.is_valid_reason(geometry[row])
            text = Text(f"has invalid rings: {reason}", f"面的环线无效：{reason}")
        yield Finding(
            rule="valid_geometry",
            severity="error",
            message=Text(f"grid {case.handles[row]} ", f"网格 {case.handles[row]} ") + text,
            grids=(case.handles[row],),
            where=case.place(row),
        )


def one_part(case: Case) -> Iterator[Finding]:
    """Every grid is one connected piece; pieces that only touch at a corner are not connected.

    Parts that a link (bridge, underpass, village road) joins are connected. Parts that one atom of
    several parts joins are listed, not an error; parts nowhere wider than the tolerance are none.
    """
    count = shapely.get_num_geometries(case.ground)
    for row in np.flatnonzero(count > 1):
        parts = shapely.get_parts(case.ground[row])
        parts = _joined_by_links(case, parts[~_narrow(case, parts)])
        if len(parts) < 2:
            continue
        sizes = sorted(shapely.area(parts), reverse=True)
        inherited = _joined_by_atoms(case, row, parts)
        listed = ", ".join(format_m2(size) for size in sizes[:5]) + (
            " ..." if len(sizes) > 5 else ""
        )
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
    for outer, enclosed in _enclosures(case):
        where = shapely.union_all(case.ground[enclosed])
        yield Finding(
            rule="no_enclave",
            severity="warning",
            message=_enclosed(case, outer, enclosed),
            grids=case.named(np.append(enclosed, outer)),
            where=where,
            amount=float(shapely.area(case.ground[enclosed]).sum()),
            unit="m2",
            advice=_across_communities(case, outer, enclosed),
        )


def _across_communities(case: Case, outer: np.intp, enclosed: NDArray[np.intp]) -> Text | None:
    """Return what to do where they are of another community: they cannot be joined."""
    if (case.parents[enclosed] == case.parents[outer]).all():
        return None
    return Text(
        "They are of different communities and cannot be joined: check the border of the "
        "communities there",
        "分属不同社区（村），不能合并：请核对此处的社区（村）界线",
    )


def count_enclaves(case: Case) -> int:
    """Return how many basic grids lie in a hole of another grid of their community."""
    parents = case.parents
    return sum(
        int((parents[enclosed] == parents[outer]).sum()) for outer, enclosed in _enclosures(case)
    )


def _enclosures(case: Case) -> Iterator[tuple[np.intp, NDArray[np.intp]]]:
    """Yield for each hole with basic grids the grid around it, and those in it."""
    holes, owner = _holes(case)
    inner = shapely.point_on_surface(case.ground)
    rows = np.flatnonzero(case.basic & ~shapely.is_empty(case.ground))
    hole, found = shapely.STRtree(inner[rows]).query(holes, predicate="contains")
    for number in np.unique(hole):
        outer, enclosed = owner[number], np.sort(rows[found[hole == number]])
        enclosed = enclosed[enclosed != outer]
        if len(enclosed):
            yield outer, enclosed


def _enclosed(case: Case, outer: np.intp, enclosed: NDArray[np.intp]) -> Text:
    names, around = case.named(enclosed), case.handles[outer]
    if len(enclosed) == 1:
        text = Text(
            f"grid {names[0]} lies in a hole of grid {around}",
            f"网格 {names[0]} 被网格 {around} 完全包围",
        )
    else:
        text = Text(
            f"grids {', '.join(names)} lie together in one hole of grid {around}",
            f"网格 {'、'.join(names)} 同在网格 {around} 的一处包围之内",
        )
    joined = case.count("households")[[outer, *enclosed]].sum()
    if np.isnan(joined) or (case.parents[enclosed] != case.parents[outer]).any():
        return text
    return text + Text(f"; {joined:,.0f} households if joined", f"；合并后共 {joined:,.0f} 户")


_INHERITED = Text(
    ": one of the pieces it is made of has several parts", "：组成它的某个单元本身即为多块"
)


def _absence(geometry: Any) -> Text:
    if geometry is None:
        return Text("has no geometry", "没有几何图形")
    if geometry.is_empty:
        return Text("has an empty geometry", "几何图形为空")
    return Text("has coordinates that are no numbers", "坐标中有非数值")


def _holes(case: Case) -> tuple[Any, Any]:
    parts, grid = shapely.get_parts(case.ground, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    inner = np.r_[False, part[1:] == part[:-1]] if len(part) else np.zeros(0, dtype=bool)
    holes = np.asarray(shapely.polygons(rings[inner]), dtype=object)
    large = ~_narrow(case, holes)
    return holes[large], grid[part[inner]][large]


def _joined_by_links(case: Case, parts: NDArray[Any]) -> NDArray[Any]:
    """Return the parts of a grid, those that links join as one."""
    links = case.link_lines
    if len(parts) < 2 or not len(links):
        return parts
    reach_m, tree = case.subject.link_m, shapely.STRtree(parts)
    near = np.unique(shapely.STRtree(links).query(parts, "dwithin", reach_m)[1])
    along = [polygons_along(line, tree, reach_m) for line in links[near]]
    one = np.concatenate([steps[:-1] for steps in along] or [np.empty(0, np.int64)])
    other = np.concatenate([steps[1:] for steps in along] or [np.empty(0, np.int64)])
    group = connected_groups(len(parts), one, other)
    return np.array([union(parts[group == number]) for number in np.unique(group)], dtype=object)


def _joined_by_atoms(case: Case, row: np.intp, parts: Any) -> bool:
    if case.subject.atoms is None:
        return False
    atoms = case.subject.atoms.geometry.to_numpy()[case.atom_grids == row]
    pieces, atom = shapely.get_parts(atoms, return_index=True)
    piece, part = shapely.STRtree(parts).query(
        shapely.point_on_surface(pieces), predicate="intersects"
    )
    size = len(parts)
    return int(connected_groups(size + len(atoms), part, size + atom[piece])[:size].max()) == 0
