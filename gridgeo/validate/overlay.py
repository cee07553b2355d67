"""Overlays of polygonal ground, exact and sound."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridgeo.grain import grain_m
from gridgeo.validate.ground import polygons_of

#: geometries that one thread takes at a time: GEOS works without the interpreter lock
BATCH = 256


def minus(ground: NDArray[Any], other: NDArray[Any] | BaseGeometry) -> NDArray[Any]:
    """Return the polygonal ground of each geometry that is not in the other one."""
    return _overlaid(shapely.difference, ground, other)


def common(ground: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    """Return the polygonal ground that each geometry shares with the other one."""
    return _overlaid(shapely.intersection, ground, other)


def _overlaid(
    overlay: Callable[..., NDArray[Any]], ground: NDArray[Any], other: NDArray[Any] | BaseGeometry
) -> NDArray[Any]:
    grain = grain_m(ground, other)
    others = np.broadcast_to(np.asarray(other, dtype=object), ground.shape)
    batches = [slice(at, at + BATCH) for at in range(0, len(ground), BATCH)]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = pool.map(lambda rows: overlay(ground[rows], others[rows], grid_size=grain), batches)
    return polygons_of(np.concatenate([np.empty(0, dtype=object), *found]))


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
