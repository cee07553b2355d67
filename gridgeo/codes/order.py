"""The order in which grids are first numbered: west to east, then north to south."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

#: Height of a band, as a share of the median height of the pieces.
BAND_SHARE = 0.75


def reading_order(geometry: Sequence[Any] | NDArray[Any]) -> NDArray[np.intp]:
    """Return the positions of `geometry` in reading order.

    1. A band starts at the northernmost centroid that is in no band yet and takes every centroid
       less than the band height south of it. The band height is three quarters of the median
       height of the pieces' bounding boxes: rows of a lattice stay apart, neighbours side by
       side that are a little askew stay together.
    2. Bands follow from north to south, pieces in a band from west to east.
    3. Ties: the more northern centroid first, then the larger piece, then the given order.

    Coordinates are compared in whole millimetres from the northernmost and westernmost
    centroid, so moving the town changes nothing (Beijing DB11/T 2157-2023, 5.2).

    Parameters
    ----------
    geometry
        Polygons in a projected metre CRS.

    Examples
    --------
    >>> from shapely import box
    >>> town = [box(0, 0, 1, 1), box(1, 1, 2, 2), box(1, 0, 2, 1), box(0, 1, 1, 2)]
    >>> reading_order(town).tolist()
    [3, 1, 0, 2]
    """
    pieces = np.asarray(geometry, dtype=object)
    if len(pieces) == 0:
        return np.zeros(0, dtype=np.intp)
    centres = shapely.get_coordinates(shapely.centroid(pieces))
    east = _millimetres(centres[:, 0] - centres[:, 0].min())
    south = _millimetres(centres[:, 1].max() - centres[:, 1])
    area = _millimetres(shapely.area(pieces))
    bands = _bands(south, BAND_SHARE * _median_height(pieces))
    return np.lexsort((-area, south, east, bands))


def _millimetres(metres: NDArray[Any]) -> NDArray[np.int64]:
    return np.rint(metres * 1000.0).astype(np.int64)


def _median_height(pieces: NDArray[Any]) -> float:
    bounds = shapely.bounds(pieces)
    return float(np.median(_millimetres(bounds[:, 3] - bounds[:, 1])))


def _bands(south: NDArray[np.int64], height: float) -> NDArray[np.intp]:
    steps = np.unique(south)
    starts = [steps[0]]
    while (after := np.searchsorted(steps, max(starts[-1] + height, starts[-1] + 1))) < len(steps):
        starts.append(steps[after])
    return np.searchsorted(starts, south, side="right")
