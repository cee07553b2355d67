"""GCJ-02 (Amap, Tencent) and BD-09 (Baidu): the shifts, and their exact inverse by iteration.

The formulas are the published ones (eviltransform, MIT; prcoords, public domain); outside
the box of China GCJ-02 shifts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Degrees = NDArray[np.float64]
_AXIS, _ECCENTRICITY2 = 6_378_245.0, 0.006_693_421_622_965_943


def to_wgs84(geometry: NDArray[Any], datum: str) -> NDArray[Any]:
    """Return geometry in degrees of WGS 84, given in degrees of ``gcj02`` or ``bd09``."""
    forward = _FORWARD[datum]
    return np.asarray(shapely.transform(geometry, lambda shifted: invert(forward, shifted)))


def gcj02(lonlat: Degrees) -> Degrees:
    """Return WGS 84 degrees (n, 2) as GCJ-02.

    Examples
    --------
    >>> gcj02(np.array([[117.0, 36.65]])).round(6).tolist()
    [[117.00584, 36.650252]]
    """
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    x, y = lon - 105.0, lat - 35.0
    wave = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    north = (
        -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
        + (wave + 20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3)
           + 160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30)) * 2 / 3
    )  # fmt: skip
    east = (
        300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
        + (wave + 20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3)
           + 150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30)) * 2 / 3
    )  # fmt: skip
    phi = np.radians(lat)
    magic = 1 - _ECCENTRICITY2 * np.sin(phi) ** 2
    d_lat = np.degrees(north * magic**1.5 / (_AXIS * (1 - _ECCENTRICITY2)))
    d_lon = np.degrees(east * np.sqrt(magic) / (_AXIS * np.cos(phi)))
    inside = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)
    return lonlat + np.where(inside[:, None], np.column_stack([d_lon, d_lat]), 0.0)


def bd09(lonlat: Degrees) -> Degrees:
    """Return WGS 84 degrees (n, 2) as BD-09, which shifts GCJ-02 once more."""
    x, y = gcj02(lonlat).T
    turn = np.pi * 3000 / 180
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * turn)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * turn)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


def invert(forward: Callable[[Degrees], Degrees], shifted: Degrees) -> Degrees:
    """Return the degrees that `forward` shifts to `shifted`, to 1e-12 degrees (0.1 µm)."""
    guess = np.array(shifted, dtype=float)
    for _ in range(30):
        miss = shifted - forward(guess)
        guess += miss
        if np.abs(miss).max(initial=0.0) < 1e-12:
            break
    return guess


_FORWARD = {"gcj02": gcj02, "bd09": bd09}
