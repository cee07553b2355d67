"""Check on thin parts: no wire, tongue or strip in a grid that its community does not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgeo.geometry import format_m2, intersection, thin_parts, union
from gridgeo.model import Finding
from gridgeo.validate.case import Case
from gridgeo.wording import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A tip lies between streets that run as near as this to both of its sides ...
_ON_STREET_M = 1.0
#: ... and meet under less than this.
_TIP_DEGREES = 15.0


def no_thin_part(case: Case) -> Iterator[Finding]:
    """No grid has a part too narrow to be ground of its own: a wire, tongue or strip.

    A thin part is what an opening of the grid (8 m wide, mitred) takes away, 200 m2 or more of
    it in one piece, and more than half of it not thin in the community itself. A tip between two
    streets that meet under 15 degrees is listed, not found.
    """
    subject = case.subject
    if not subject.thin_part_m:
        return
    parts, grid = thin_parts(case.ground, subject.thin_part_m, subject.thin_part_m2)
    own = _own(case, parts, case.parents[grid])
    parts, grid = parts[own], grid[own]
    tip = _tips(parts, subject.streets)
    for which, severity in ((~tip, "warning"), (tip, "info")):
        for row in np.unique(grid[which]).tolist():
            yield _thin_part(case, row, parts[which & (grid == row)], warn=severity == "warning")


def _thin_part(case: Case, row: int, parts: NDArray[Any], *, warn: bool) -> Finding:
    width, area = f"{case.subject.thin_part_m:g}", shapely.area(parts)
    length, handle = float(_lengths(parts).max()), case.handles[row]
    large, some = format_m2(area.sum()), f"{len(parts)} parts" if len(parts) > 1 else "a part"
    tip = Text(
        ": a tip between two streets that meet under 15 degrees", "：位于两条街道的锐角夹角内"
    )
    return Finding(
        rule="no_thin_part",
        severity="warning" if warn else "info",
        message=Text(
            f"grid {handle} has {some} narrower than {width} m: {large} m2, {length:,.0f} m long",
            f"网格 {handle} 有 {len(parts)} 处窄于 {width} 米的狭长部分：{large} 平方米，"
            f"长 {length:,.0f} 米",
        )
        + (Text("", "") if warn else tip),
        grids=(handle,),
        where=shapely.union_all(parts),
        amount=float(area.sum()),
        unit="m2",
    )


def _own(case: Case, parts: NDArray[Any], place: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return which parts are not thin for the most part in their community itself."""
    own = np.ones(len(parts), dtype=np.bool_)
    for community in np.unique(place[place >= 0]).tolist():
        rows = np.flatnonzero(place == community)
        thin, _ = thin_parts(case.outlines[[community]], case.subject.thin_part_m)
        shared = shapely.area(intersection(parts[rows], np.full(len(rows), union(thin))))
        own[rows] = 2 * shared < shapely.area(parts[rows])
    return own


def _lengths(parts: NDArray[Any]) -> NDArray[np.float64]:
    """Return the longer side of the rectangle with the area and the perimeter of each part."""
    half = shapely.length(parts) / 4
    root = np.sqrt(np.maximum(half**2 - shapely.area(parts), 0.0))
    return np.asarray(half + root, dtype=np.float64)


def _tips(parts: NDArray[Any], streets: Any) -> NDArray[np.bool_]:
    """Return which parts end in a corner of less than 15 degrees, a street on both of its sides."""
    tips = np.zeros(len(parts), dtype=np.bool_)
    if streets is None or not len(streets):
        return tips
    tree = shapely.STRtree(streets.geometry.to_numpy())
    for number, part in enumerate(shapely.simplify(parts, _ON_STREET_M / 2)):
        xy = shapely.get_coordinates(shapely.get_exterior_ring(part))[:-1]
        before, after = np.roll(xy, 1, axis=0) - xy, np.roll(xy, -1, axis=0) - xy
        sides = np.hypot(*before.T) * np.hypot(*after.T)
        angle = np.degrees(np.arccos(np.clip((before * after).sum(axis=1) / sides, -1.0, 1.0)))
        sharp = int(np.argmin(angle))
        middles = shapely.points(xy[sharp] + np.stack([before[sharp], after[sharp]]) / 2)
        near = np.unique(tree.query(middles, predicate="dwithin", distance=_ON_STREET_M)[0])
        tips[number] = angle[sharp] < _TIP_DEGREES and len(near) == 2
    return tips
