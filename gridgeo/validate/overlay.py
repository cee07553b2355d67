"""Overlays of polygonal ground, exact and sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.grain import grain_m
from gridgeo.validate.ground import polygons_of


def minus(ground: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return the polygonal ground of each geometry that is not in the other one."""
    return polygons_of(shapely.difference(ground, other, grid_size=grain_m(ground, other)))


def common(ground: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return the polygonal ground that each geometry shares with the other one."""
    return polygons_of(shapely.intersection(ground, other, grid_size=grain_m(ground, other)))


def united(pieces: Any) -> Any:
    """Return the ground of all `pieces` as one geometry."""
    return shapely.union_all(pieces, grid_size=grain_m(pieces))


def taken_off(pieces: NDArray[Any], piece: NDArray[np.intp], others: NDArray[Any]) -> NDArray[Any]:
    """Return each piece less its `others`: the n-th of all pieces at once, then the next."""
    left = pieces.copy()
    turn = pd.Series(piece).groupby(piece).cumcount().to_numpy()
    for n in range(turn.max(initial=-1) + 1):
        rows = piece[turn == n]
        left[rows] = minus(left[rows], others[turn == n])
    return left


def largest_overlap(ground: NDArray[Any], outlines: NDArray[Any]) -> NDArray[np.intp]:
    """Return for each piece the outline that it shares most area with, -1 where it shares none."""
    best = np.full(len(ground), -1, dtype=np.intp)
    piece, outline = shapely.STRtree(outlines).query(ground, predicate="intersects")
    area = shapely.area(common(ground[piece], outlines[outline]))
    order = np.lexsort((-outline, area))
    order = order[area[order] > 0]
    best[piece[order]] = outline[order]
    return best
