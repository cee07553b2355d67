"""The grid of each household point, the grid that it states, and edges that grids share.

Grids that match edge by edge, and communities that are filled by their grids, are recognised
without an overlay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import assign_points

#: A point that states no grid, and one that states a grid that is not there.
NONE, UNKNOWN = -1, -2


@dataclass(frozen=True, kw_only=True)
class PointAssignment:
    """Points against grids; all values are positions.

    Parameters
    ----------
    stated
        The grid that each point states, `NONE`, or `UNKNOWN`.
    agrees
        Whether the grid in `inside` has the code that the point states.
    inside
        The grid that each point lies in or within the tolerance of, the stated one before others,
        else as `gridgeo.geometry.assign_points` places it; `NONE` where there is no such grid.
    point, grid
        Pairs of points and grids that contain them, further from the border than the tolerance.
    border_point, border_grid
        Pairs of points on a border and the grids within the tolerance: such a point may count in
        any.
    """

    stated: NDArray[np.intp]
    agrees: NDArray[np.bool_]
    inside: NDArray[np.intp]
    point: NDArray[np.intp]
    grid: NDArray[np.intp]
    border_point: NDArray[np.intp]
    border_grid: NDArray[np.intp]


def assign_to_grids(
    ground: NDArray[Any],
    points: NDArray[Any],
    *,
    codes: Sequence[str],
    stated: Sequence[str] | None,
    tolerance_m: float,
) -> PointAssignment:
    """Assign `points` to `ground`, whose codes are `codes`; `stated` are the codes they state.

    A point within `tolerance_m` of a border lies on it. One as near outside all ground may be in
    the grid there or, where points state their grids and it states none, in no grid.
    """
    grid, point = shapely.STRtree(points).query(ground, predicate="dwithin", distance=tolerance_m)
    position = stated_positions(stated if stated is not None else [""] * len(points), codes)
    code = stated_positions(codes, codes)
    same = code[grid] == position[point]
    inside = assign_points(points, ground, rim_m=tolerance_m)
    outside = np.ones(len(points), dtype=bool)
    shapely.prepare(ground)
    outside[point[shapely.intersects(ground[grid], points[point])]] = False
    if stated is not None:
        inside[outside & (position == NONE)] = NONE
    agrees = (inside == NONE) & (position == NONE)
    agrees[point[same]] = True
    elsewhere = same & (position[point] != NONE) & (code[inside[point]] != position[point])
    rows = np.flatnonzero(elsewhere)[::-1]
    inside[point[rows]] = grid[rows]
    several = np.bincount(point, minlength=len(points))[point] > 1
    far = _away_from_border(ground[grid], points[point], several, tolerance_m)
    border = outside[point] | (several & ~np.isin(point, point[far]))
    return PointAssignment(
        stated=position,
        agrees=agrees,
        inside=inside,
        point=point[far],
        grid=grid[far],
        border_point=point[border],
        border_grid=grid[border],
    )


def stated_positions(stated: Sequence[str], codes: Sequence[str]) -> NDArray[np.intp]:
    """Return the position of each stated code in `codes`, `NONE` for ``""``, else `UNKNOWN`."""
    known = {code: row for row, code in reversed(list(enumerate(codes))) if code}
    return np.array([known.get(code, UNKNOWN) if code else NONE for code in stated], dtype=np.intp)


def _away_from_border(
    ground: NDArray[Any], points: NDArray[Any], several: NDArray[np.bool_], tolerance_m: float
) -> NDArray[np.bool_]:
    """Return which pairs are clear; only points with several pairs need the exact distance."""
    far = np.ones(len(points), dtype=bool)
    pair_ground, pair_points = ground[several], points[several]
    far[several] = shapely.contains_properly(pair_ground, pair_points) & (
        shapely.distance(shapely.boundary(pair_ground), pair_points) > tolerance_m
    )
    return far


def texts(column: pd.Series[Any]) -> list[str]:
    """Return a column as stripped text, ``""`` where nothing is given."""
    return [
        "" if missing else str(v).strip() for v, missing in zip(column, column.isna(), strict=True)
    ]


def sums(values: pd.Series[Any], grid: NDArray[np.intp], size: int) -> NDArray[np.float64]:
    """Return the sum of `values` by grid; NaN everywhere where no value is known."""
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isnan(numbers).all():
        return np.full(size, np.nan)
    inside = grid >= 0
    known = np.nan_to_num(numbers[inside])
    return np.bincount(grid[inside], known, minlength=size).astype(np.float64)


def rows_by(group: NDArray[np.intp], size: int) -> list[NDArray[np.intp]]:
    """Return the rows of each of `size` groups; rows of group -1 are left out."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.searchsorted(group[order], np.arange(size + 1)))[1:-1]


def matching(ground: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which grids meet their neighbours vertex by vertex; two such grids share no ground.

    Examples
    --------
    >>> from shapely import box
    >>> matching(np.array([box(0, 0, 2, 1), box(2, 0, 4, 1), box(3, 0, 5, 1)])).tolist()
    [True, False, False]
    """
    sound: NDArray[np.bool_] = shapely.is_empty(shapely.coverage_invalid_edges(ground))
    return sound


def filled(
    ground: NDArray[Any],
    outlines: NDArray[Any],
    parents: NDArray[np.intp],
    matches: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return which communities are, to the last digit, the ground of their grids.

    That is so where all of their grids are `matching`, and every edge lies either
    between two of them, or at one of them and on the outline. Where it is not recognised, it may
    still be so.

    Parameters
    ----------
    parents
        Position of the community of each grid, -1 for none.
    matches
        The result of `matching` for the grids.

    Examples
    --------
    >>> from shapely import box
    >>> halves = np.array([box(0, 0, 1, 1), box(1, 0, 2, 1)])
    >>> towns = np.array([shapely.coverage_union_all(halves), box(5, 0, 6, 1)])
    >>> filled(halves, towns, np.array([0, 0]), matching(halves)).tolist()
    [True, False]
    """
    equal = np.ones(len(outlines), dtype=np.bool_)
    equal[parents[(parents >= 0) & ~matches]] = False
    edge, owner = _edges(np.concatenate([ground, outlines]))
    place = np.concatenate([parents, np.arange(len(outlines))])[owner]
    edge, owner, place = edge[place >= 0], owner[place >= 0], place[place >= 0]
    known, same = np.unique(place * (edge.max(initial=0) + 1) + edge, return_inverse=True)
    grids = np.bincount(same[owner < len(ground)], minlength=len(known))
    lines = np.bincount(same[owner >= len(ground)], minlength=len(known))
    sound = ((grids == 2) & (lines == 0)) | ((grids == 1) & (lines == 1))
    equal[place[~sound[same]]] = False
    return equal


def _edges(shapes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return for each edge of each shape a number, equal for equal edges, and the shape."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    places, vertex = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    joined = np.flatnonzero(ring[1:] == ring[:-1])
    low = np.minimum(vertex[joined], vertex[joined + 1])
    high = np.maximum(vertex[joined], vertex[joined + 1])
    _, edge = np.unique(low * len(places) + high, return_inverse=True)
    return edge.astype(np.int64), shape[part[ring[joined]]]
