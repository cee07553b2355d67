"""The grid on which overlays are exact and sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

#: Near the last digit of a coordinate. Without a grid GEOS may return the whole of a polygon for
#: a difference that is empty (3 of some 800 real communities).
FINE_M = 1e-8
#: Where coordinates carry a zone number (39,500,000 m) a double holds no finer digit.
COARSE_M = 1e-7
_FAR_M = 1e7


def grain_m(*ground: Any) -> float:
    """Return the grid size for overlays of `ground` (geometries or arrays of them), in metres.

    Examples
    --------
    >>> grain_m(shapely.Point(500_000, 4_000_000)), grain_m([shapely.Point(39_500_000, 0)])
    (1e-08, 1e-07)
    """
    bounds = np.concatenate([np.ravel(shapely.bounds(one)) for one in ground])
    reach = np.abs(bounds[~np.isnan(bounds)]).max(initial=0.0)
    return COARSE_M if reach > _FAR_M else FINE_M
