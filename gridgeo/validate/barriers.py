"""Check that no grid straddles water, rail or a motorway that no street crosses inside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import connected_groups, difference, format_m2, polygonal, union
from gridgeo.ground import classes_of, shapes_of
from gridgeo.model import CROSSED_BY_STREETS_ONLY, Finding
from gridgeo.validate.case import Case
from gridgeo.wording import STREETS, Text, join

#: A railway or motorway line is taken to be this wide on either side.
_HALF_M = 2.0
#: A street this near to a side of a barrier reaches it.
_REACH_M = 1.0
#: Streets along the outline, bridges at a corner of the grid: they join its sides, too.
_ALONG_M = 12.0
#: What a barrier cuts off is a side of the grid from this share of it on.
_LEAST_SHARE = 0.05


def barriers_respected(case: Case) -> Iterator[Finding]:
    """No basic grid lies on two sides of a barrier that no street crosses there.

    Barriers are water, rail and motorways. A warning where people live on both sides, or nobody
    knows; else an info. What a barrier cuts off counts from 5 % of the grid on.
    """
    ground, names, ways = _barriers(case)
    if not len(ground):
        return
    tree, streets = shapely.STRtree(ground), shapely.STRtree(ways)
    place, barrier = tree.query(case.ground, predicate="intersects")
    for row in np.unique(place[case.basic[place]]).tolist():
        near = barrier[place == row]
        sides = _sides(case.ground[row], ground[near], ways, streets, case.link_lines)
        if len(sides) > 1:
            yield _straddling(case, row, sides, sorted({names[one] for one in near.tolist()}))


def _barriers(case: Case) -> tuple[NDArray[Any], list[str], NDArray[Any]]:
    """Return the ground of each barrier with its class, and the streets that may cross it."""
    layers = case.subject.barriers, case.subject.streets
    barriers, streets = (shapes_of(layer) for layer in layers)
    shapes = np.concatenate([barriers, streets])
    classes = np.concatenate([classes_of(layers[0], unknown="water"), classes_of(layers[1])])
    there = ~shapely.is_empty(shapes)
    divides = there & np.isin(classes, CROSSED_BY_STREETS_ONLY)
    is_street = np.arange(len(shapes)) >= len(barriers)
    ground = np.array([_flat(shape) for shape in shapes[divides]], dtype=object)
    return ground, classes[divides].tolist(), shapes[there & ~divides & is_street]


def _flat(shape: Any) -> Any:
    if shapely.get_dimensions(shape) == 2:
        return polygonal([shape])[0]
    return shapely.buffer(shape, _HALF_M, cap_style="flat")


def _sides(
    grid: Any,
    barriers: NDArray[Any],
    ways: NDArray[Any],
    streets: shapely.STRtree,
    links: NDArray[Any],
) -> list[Any]:
    """Return the large parts of a grid without the barriers, those that streets or links join."""
    left = difference(np.array([grid], dtype=object), union(barriers))[0]
    parts = shapely.get_parts(left)
    parts = parts[shapely.area(parts) >= _LEAST_SHARE * grid.area]
    if len(parts) < 2:
        return list(parts)
    here = streets.query(grid, predicate="dwithin", distance=_ALONG_M)
    lines = shapely.intersection(ways[here], shapely.buffer(grid, _ALONG_M))
    whole = links[shapely.dwithin(links, grid, _ALONG_M)]  # between parts of a grid, too
    lines = np.concatenate([shapely.get_parts(lines), whole])
    both = np.concatenate([parts, lines])
    one, other = shapely.STRtree(both).query(both, predicate="dwithin", distance=_REACH_M)
    linked = (one >= len(parts)) | (other >= len(parts))
    group = connected_groups(len(both), one[linked], other[linked])[: len(parts)]
    return [shapely.union_all(parts[group == number]) for number in np.unique(group)]


def _straddling(case: Case, row: int, sides: list[Any], names: list[str]) -> Finding:
    sides = sorted(sides, key=lambda side: (-side.area, side.bounds))
    known, inhabited = case.points is not None, 0
    if case.points is not None:
        homes = case.points["households"].to_numpy(dtype=np.float64, na_value=0.0)
        points = case.points.geometry.to_numpy()
        inhabited = sum(bool(homes[shapely.intersects(side, points)].any()) for side in sides)
    kinds = join([STREETS[name] for name in names], en=" and ", zh="、")
    areas = ", ".join(format_m2(side.area) for side in sides)
    handle = case.handles[row]
    return Finding(
        rule="barriers_respected",
        severity="info" if known and inhabited < 2 else "warning",
        message=Text(
            f"grid {handle} straddles {kinds.en} that no street crosses in it: {areas} m2",
            f"网格 {handle} 跨越{kinds.zh}，其内没有道路相通（{areas} 平方米）",
        ),
        grids=(handle,),
        where=shapely.union_all(sides[1:]),
        amount=float(sum(side.area for side in sides[1:])),
        unit="m2",
    )
