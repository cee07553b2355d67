"""Two partitions given as polygons, compared grid by grid.

Old and new grids share ground and the households on it; from that follow what became of each grid,
what moved, and which codes changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.codes.lineage import crosswalk_of, lineage_names, lineage_pairs, unique_codes
from gridgeo.config import REDRAWN_M, TOLERANCE_M
from gridgeo.errors import InputError
from gridgeo.geometry import (
    CHANGE_CODES,
    Overlap,
    assign_points,
    change_codes,
    narrow,
    same_outline,
    successors,
)
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: Two grids that share no household share ground where it is no less than this.
_LEAST_M2 = 1.0


def overlap_of_grids(
    old: NDArray[Any],
    new: NDArray[Any],
    *,
    household_points: gpd.GeoDataFrame | None = None,
    households: NDArray[Any] | None = None,
    tolerance_m: float = TOLERANCE_M,
    redrawn_m: float = REDRAWN_M,
) -> Overlap:
    """Return what old and new grids share.

    Pairs that share neither a household nor 1 m², or ground nowhere wider than `tolerance_m`, are
    left out. Two grids are the same where their outlines are nowhere further apart than that, and
    near where they are nowhere further apart than `redrawn_m`. A household within `tolerance_m`
    of a new border stays with the ground that its old grid has there.

    Parameters
    ----------
    old, new
        Polygons in one projected metre CRS; invalid ones are made valid first.
    household_points
        Points with households. Without them the old grids' `households` are spread over their
        ground by area, in whole households; those of a grid that is there again stay in it.
    households
        int[g]: the households of the old grids, 0 where None.

    Examples
    --------
    >>> from shapely import box
    >>> before, after = np.array([box(0, 0, 4, 1)]), np.array([box(0, 0, 3, 1), box(3, 0, 4, 1)])
    >>> overlap_of_grids(before, after, households=np.array([100])).households.tolist()
    [75, 25]
    """
    old, new = shapely.make_valid(old), shapely.make_valid(new)
    first, second, area = _common(old, new, tolerance_m)
    old_area, new_area = shapely.area(old), shapely.area(new)
    if household_points is None:
        near = same_outline(old[first], new[second], redrawn_m)
        total = np.zeros(len(old)) if households is None else households
        leaving = ~np.isin(first, first[near])
        weight = np.where(near, old_area[first], area * leaving)
        inside = _spread(total.astype(np.int64), first, weight, old_area)
        old_households = total.astype(np.int64)
        new_households = np.bincount(second, inside, len(new)).astype(np.int64)
    else:
        points, count = (
            household_points.geometry.to_numpy(),
            household_points["households"].to_numpy(dtype=np.int64),
        )
        was = assign_points(points, old, rim_m=tolerance_m)
        is_ = _staying(points, was, new, (first, second, area), tolerance_m)
        old_households, new_households = (
            _sum_by_piece(was, count, len(old)),
            _sum_by_piece(is_, count, len(new)),
        )
        first, second, area, inside = _joined((first, second, area), (was, is_, count), len(new))
    real = (inside > 0) | (area >= _LEAST_M2)
    first, second, area = first[real], second[real], area[real]
    same, near = (
        same_outline(old[first], new[second], width) for width in (tolerance_m, redrawn_m)
    )
    return Overlap(
        old=first,
        new=second,
        households=inside[real],
        area=area,
        same=same,
        near=near,
        old_households=old_households,
        old_area=old_area,
        new_households=new_households,
        new_area=new_area,
    )


def _common(
    old: NDArray[Any], new: NDArray[Any], tolerance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the pairs that share ground, sorted, and how much.

    Only pairs whose insides meet are overlaid (neighbours touch), and no grid with its copy.
    """
    first, second = shapely.STRtree(new).query(old)
    order = np.lexsort((second, first))
    first, second = first[order], second[order]
    equal = shapely.equals_identical(old[first], new[second])
    area = np.where(equal, shapely.area(old[first]), 0.0)
    shapely.prepare(old)
    meet = np.flatnonzero(~equal)
    meet = meet[shapely.relate_pattern(old[first[meet]], new[second[meet]], "T********")]
    shared = shapely.intersection(old[first[meet]], new[second[meet]])
    area[meet] = np.where(narrow(shared, tolerance_m), 0.0, shapely.area(shared))
    some = area > 0
    return first[some], second[some], area[some]


def _staying(
    points: NDArray[Any],
    was: NDArray[np.int64],
    new: NDArray[Any],
    shared: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    tolerance_m: float,
) -> NDArray[np.int64]:
    """Return the new grid of each point; at a border the one with most of the old grid's ground."""
    is_ = assign_points(points, new, rim_m=tolerance_m)
    first, second, area = shared
    order = np.lexsort((second, -area, first))
    known, top = np.unique(first[order], return_index=True)
    most = np.full(int(max(was.max(initial=-1), known.max(initial=-1))) + 2, -1)
    most[known] = second[order][top]
    doubtful = np.flatnonzero((was >= 0) & (is_ != most[was]))
    near, grid = shapely.STRtree(new).query(
        points[doubtful], predicate="dwithin", distance=tolerance_m
    )
    point = doubtful[near]
    pair, key = was[point] * len(new) + grid, first * len(new) + second
    place = np.searchsorted(key, pair)
    there = np.append(key, -1)[place] == pair
    held = np.where(there, np.append(area, 0.0)[place], 0.0)
    order = np.lexsort((grid, is_[point] != grid, -held, point))
    order = order[held[order] > 0]
    point, best = np.unique(point[order], return_index=True)
    is_[point] = grid[order][best]
    return is_


def _joined(
    ground: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    shared_households: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    news: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the pairs that share ground or households, with both."""
    (first, second, area), (was, is_, count) = ground, shared_households
    both = (was >= 0) & (is_ >= 0)
    shared, lived = first * news + second, was[both] * news + is_[both]
    key = np.union1d(shared, lived)
    all_area = np.zeros(len(key))
    all_area[np.searchsorted(key, shared)] = area
    inside = _sum_by_piece(np.searchsorted(key, lived), count[both], len(key))
    return key // news, key % news, all_area, inside


def _spread(
    households: NDArray[np.int64],
    grid: NDArray[np.int64],
    area: NDArray[np.float64],
    totals: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return whole households of each piece of a grid: by area, the largest remainders first.

    What stands on ground that no piece covers is in no piece.
    """
    covered = np.maximum(np.bincount(grid, area, len(totals)), totals)
    exact = households[grid] * area / np.maximum(covered[grid], 1e-9)
    given = np.floor(exact + 1e-9).astype(np.int64)
    total = np.floor(np.bincount(grid, exact, len(totals)) + 0.5 + 1e-9).astype(np.int64)
    left = total - _sum_by_piece(grid, given, len(totals))
    order = np.lexsort((given - exact, grid))
    starts = np.searchsorted(grid[order], np.arange(len(totals)))
    place = np.arange(len(order)) - starts[grid[order]]
    given[order] += place < left[grid[order]]
    return given


def _sum_by_piece(place: NDArray[Any], amount: NDArray[Any], size: int) -> NDArray[np.int64]:
    inside = place >= 0
    return np.bincount(place[inside], amount[inside], size).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What became of the grids of one partition in another.

    ============ =======================================================================
    old          code, change, goes_on_as (the code of the grid that continues it, ``""``),
                 households, area_m2, households_out, area_out_m2 (in other grids now, or in
                 none), successors (tuple of codes), geometry; rows as given
    new          code, change, was (the code of the grid that it continues, ``""``), households,
                 area_m2, households_in, area_in_m2 (from other grids, or from none),
                 predecessors (tuple of codes), geometry; rows as given
    crosswalk    old_code, new_code, households, area_m2; see `crosswalk_of`
    summary      grids of each change by name (``old`` and ``new``); households and area_m2 moved;
                 households_share moved; codes_changed: grids that continue one of another code
    ============ =======================================================================
    """

    old: gpd.GeoDataFrame
    new: gpd.GeoDataFrame
    crosswalk: pd.DataFrame
    summary: dict[str, Any]


def compare(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    *,
    household_points: gpd.GeoDataFrame | None = None,
    tolerance_m: float = TOLERANCE_M,
    redrawn_m: float = REDRAWN_M,
) -> Difference:
    """Return the difference between two partitions of one area.

    Parameters
    ----------
    old, new
        code (unique), geometry in one projected metre CRS; without `household_points` the
        households of `old` are spread by area.
    household_points
        Points with households.
    tolerance_m, redrawn_m
        As for `overlap_of_grids`.

    Raises
    ------
    InputError
        A code is missing or there twice, or the CRS differ.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> before = gpd.GeoDataFrame({"code": ["1"], "households": [90]}, geometry=[box(0, 0, 9, 1)])
    >>> after = gpd.GeoDataFrame({"code": ["1", "2"]}, geometry=[box(0, 0, 6, 1), box(6, 0, 9, 1)])
    >>> difference = compare(before, after)
    >>> difference.new[["code", "change", "was"]].to_numpy().tolist()
    [['1', 'split', '1'], ['2', 'split', '']]
    >>> difference.summary["households_moved"]
    30
    """
    if old.crs != new.crs:
        raise InputError(
            Text(
                f"one is in {old.crs}, the other in {new.crs}", f"坐标系不同：{old.crs}、{new.crs}"
            ),
            layer="grids",
        )
    before, after = unique_codes(old["code"].tolist()), unique_codes(new["code"].tolist())
    shared = overlap_of_grids(
        old.geometry.to_numpy(),
        new.geometry.to_numpy(),
        household_points=household_points,
        households=old["households"].to_numpy() if "households" in old.columns else None,
        tolerance_m=tolerance_m,
        redrawn_m=redrawn_m,
    )
    successor = successors(shared)
    olds, news = np.array([*before, ""], dtype=object), np.array([*after, ""], dtype=object)
    was = np.full(len(after), -1)
    was[successor[successor >= 0]] = np.flatnonzero(successor >= 0)
    left, right = _sides(old, new, shared, successor)
    left, right = left.assign(goes_on_as=news[successor]), right.assign(was=olds[was])
    return Difference(
        old=left,
        new=right,
        crosswalk=crosswalk_of(before, after, shared),
        summary=_summary(left, right),
    )


def _sides(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    shared: Overlap,
    successor: NDArray[np.int64],
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    was, become = change_codes(shared, successor)
    pairs = lineage_pairs(shared, successor, was, become)
    first, second, moved = shared.old[pairs], shared.new[pairs], shared.households[pairs]
    before, after = old["code"].to_numpy(dtype=object), new["code"].to_numpy(dtype=object)
    stays = successor[shared.old] == shared.new
    out, out_m2 = _unshared(shared.old, shared, stays, shared.old_households, shared.old_area)
    come, come_m2 = _unshared(shared.new, shared, stays, shared.new_households, shared.new_area)
    left = old[["code", old.geometry.name]].assign(
        change=was,
        households=shared.old_households,
        area_m2=shared.old_area,
        households_out=out,
        area_out_m2=out_m2,
        successors=_cells(lineage_names(before, first, after[second], moved), old),
    )
    right = new[["code", new.geometry.name]].assign(
        change=become,
        households=shared.new_households,
        area_m2=shared.new_area,
        households_in=come,
        area_in_m2=come_m2,
        predecessors=_cells(lineage_names(after, second, before[first], moved), new),
    )
    return left, right


def _unshared(
    side: NDArray[np.int64],
    shared: Overlap,
    stays: NDArray[np.bool_],
    households: NDArray[np.int64],
    area: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return what each grid of one side does not share with the one that continues it."""
    kept = np.bincount(side[stays], shared.households[stays], len(households))
    ground = np.bincount(side[stays], shared.area[stays], len(households))
    return households - kept.astype(np.int64), np.maximum(area - ground, 0.0)


def _cells(names: list[tuple[str, ...]], frame: pd.DataFrame) -> pd.Series[Any]:
    return pd.Series(names, index=frame.index, dtype=object)


def _summary(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, Any]:
    households, moved = int(old["households"].sum()), int(old["households_out"].sum())
    return {
        "old": {name: int((old["change"] == name).sum()) for name in CHANGE_CODES},
        "new": {name: int((new["change"] == name).sum()) for name in CHANGE_CODES},
        "households_moved": moved,
        "households_share": moved / households if households else 0.0,
        "area_moved_m2": float(old["area_out_m2"].sum()),
        "codes_changed": int(((new["was"] != "") & (new["was"] != new["code"])).sum()),
    }
