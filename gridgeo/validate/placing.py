"""Which grid each household point lies in, and which one it states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgeo.validate.ground import TOUCH_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A point that states no grid, and one that states a grid that is not there.
NONE, UNKNOWN = -1, -2


@dataclass(frozen=True, kw_only=True)
class Placing:
    """Points against grids; all values are positions.

    Parameters
    ----------
    stated
        The grid that each point states, `NONE`, or `UNKNOWN`.
    agrees
        Whether the grid in `inside` has the code that the point states.
    inside
        The grid that each point lies in or within 0.01 m of, the stated one before others,
        else the first one; `NONE` where there is no such grid.
    point, grid
        Pairs of points and grids that hold them, more than 0.01 m from the border.
    """

    stated: NDArray[np.intp]
    agrees: NDArray[np.bool_]
    inside: NDArray[np.intp]
    point: NDArray[np.intp]
    grid: NDArray[np.intp]


def place_points(
    ground: NDArray[Any],
    points: NDArray[Any],
    *,
    codes: Sequence[str],
    stated: Sequence[str] | None,
) -> Placing:
    """Place `points` in `ground`, whose codes are `codes`; `stated` are the codes they state."""
    grid, point = shapely.STRtree(points).query(ground, predicate="dwithin", distance=TOUCH_M)
    said = stated_positions(stated if stated is not None else [""] * len(points), codes)
    same = stated_positions(codes, codes)[grid] == said[point]
    inside = np.full(len(points), NONE, dtype=np.intp)
    agrees = said == NONE
    order = np.lexsort((grid, ~same))[::-1]
    inside[point[order]] = grid[order]
    agrees[point[order]] = same[order]
    far = _away_from_border(ground, points, grid, point)
    return Placing(stated=said, agrees=agrees, inside=inside, point=point[far], grid=grid[far])


def stated_positions(stated: Sequence[str], codes: Sequence[str]) -> NDArray[np.intp]:
    """Return the position of each stated code in `codes`, `NONE` for ``""``, else `UNKNOWN`."""
    known = {code: row for row, code in reversed(list(enumerate(codes))) if code}
    return np.array([known.get(code, UNKNOWN) if code else NONE for code in stated], dtype=np.intp)


def _away_from_border(
    ground: NDArray[Any], points: NDArray[Any], grid: NDArray[np.intp], point: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Return which pairs are clear; only points with several pairs need the exact distance."""
    several = np.bincount(point, minlength=len(points))[point] > 1
    far = np.ones(len(point), dtype=bool)
    pair_ground, pair_points = ground[grid[several]], points[point[several]]
    far[several] = shapely.contains_properly(pair_ground, pair_points) & (
        shapely.distance(shapely.boundary(pair_ground), pair_points) > TOUCH_M
    )
    return far
