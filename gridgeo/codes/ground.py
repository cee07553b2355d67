"""What old and new grids share when both are polygons: ground, and the households on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgeo.continuity import Overlap
from gridgeo.place import place_points

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: Two grids are one ground where they differ by less than this.
SAME_M2 = 1.0


def overlap_of_grids(
    old: NDArray[Any],
    new: NDArray[Any],
    *,
    homes: gpd.GeoDataFrame | None = None,
    households: NDArray[Any] | None = None,
) -> Overlap:
    """Return what old and new grids share.

    Pairs that share neither a household nor 1 m² are left out. A household on a shared border
    belongs to the grid of the lowest position, on both sides.

    Parameters
    ----------
    old, new
        Polygons in one projected metre CRS; invalid ones are made valid first.
    homes
        Points with households. Without them the old grids' `households` are spread over their
        ground by area, in whole households; those of a grid that stays as it is stay in it.
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
    first, second, area = _common(old, new)
    old_area, new_area = shapely.area(old), shapely.area(new)
    if homes is None:
        held = np.zeros(len(old)) if households is None else households
        alone = old_area[first] + new_area[second] - 2 * area < SAME_M2
        staying = alone | ~np.isin(first, first[alone])
        inside = _spread(held.astype(np.int64), first, area * staying, old_area)
        old_held = held.astype(np.int64)
        new_held = np.bincount(second, inside, len(new)).astype(np.int64)
    else:
        points, count = homes.geometry.to_numpy(), homes["households"].to_numpy(dtype=np.int64)
        was, is_ = place_points(points, old), place_points(points, new)
        old_held, new_held = _counted(was, count, len(old)), _counted(is_, count, len(new))
        first, second, area, inside = _joined((first, second, area), (was, is_, count), len(new))
    real = (inside > 0) | (area >= SAME_M2)
    first, second, area = first[real], second[real], area[real]
    differ = old_area[first] + new_area[second] - 2 * area
    return Overlap(
        old=first,
        new=second,
        households=inside[real],
        area=area,
        same=differ < SAME_M2,
        old_households=old_held,
        old_area=old_area,
        new_households=new_held,
        new_area=new_area,
    )


def _common(
    old: NDArray[Any], new: NDArray[Any]
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
    area[meet] = shapely.area(shapely.intersection(old[first[meet]], new[second[meet]]))
    some = area > 0
    return first[some], second[some], area[some]


def _joined(
    ground: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]],
    homes: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    news: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return the pairs that share ground or households, with both."""
    (first, second, area), (was, is_, count) = ground, homes
    both = (was >= 0) & (is_ >= 0)
    shared, lived = first * news + second, was[both] * news + is_[both]
    key = np.union1d(shared, lived)
    all_area = np.zeros(len(key))
    all_area[np.searchsorted(key, shared)] = area
    inside = _counted(np.searchsorted(key, lived), count[both], len(key))
    return key // news, key % news, all_area, inside


def _spread(
    households: NDArray[np.int64],
    grid: NDArray[np.int64],
    area: NDArray[np.float64],
    whole: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return whole households of each piece of a grid: by area, the largest remainders first.

    What stands on ground that no piece covers is in no piece.
    """
    covered = np.maximum(np.bincount(grid, area, len(whole)), whole)
    exact = households[grid] * area / np.maximum(covered[grid], 1e-9)
    given = np.floor(exact + 1e-9).astype(np.int64)
    total = np.floor(np.bincount(grid, exact, len(whole)) + 0.5 + 1e-9).astype(np.int64)
    left = total - _counted(grid, given, len(whole))
    order = np.lexsort((given - exact, grid))
    starts = np.searchsorted(grid[order], np.arange(len(whole)))
    place = np.arange(len(order)) - starts[grid[order]]
    given[order] += place < left[grid[order]]
    return given


def _counted(place: NDArray[Any], amount: NDArray[Any], size: int) -> NDArray[np.int64]:
    inside = place >= 0
    return np.bincount(place[inside], amount[inside], size).astype(np.int64)
