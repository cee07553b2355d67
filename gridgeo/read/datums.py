"""Datums: GCJ-02 (Amap, Tencent) and BD-09 (Baidu) taken out, and shifts that are not known.

The formulas are the published ones (eviltransform, MIT; prcoords, public domain), inverted
exactly by iteration; outside the box of China GCJ-02 shifts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from gridgeo.read.context import RawLayer, ReadLog, spatial_frame
from gridgeo.wording import Text

#: how the datums that shift coordinates are written
DATUM_NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09"}
_Degrees = NDArray[np.float64]
_AXIS, _ECCENTRICITY2 = 6_378_245.0, 0.006_693_421_622_965_943


def to_wgs84(geometry: NDArray[Any], datum: str) -> NDArray[Any]:
    """Return geometry in degrees of WGS 84, given in degrees of ``_gcj02`` or ``_bd09``."""
    forward = _FORWARD[datum]
    return np.asarray(shapely.transform(geometry, lambda shifted: _invert(forward, shifted)))


def _gcj02(lonlat: _Degrees) -> _Degrees:
    """Return WGS 84 degrees (n, 2) as GCJ-02.

    Examples
    --------
    >>> _gcj02(np.array([[117.0, 36.65]])).round(6).tolist()
    [[117.00584, 36.650252]]
    """
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    inside = (lon > 72.004) & (lon < 137.8347) & (lat > 0.8293) & (lat < 55.8271)
    return lonlat + np.where(inside[:, None], gcj02_shift(lonlat), 0.0)


def gcj02_shift(lonlat: _Degrees) -> _Degrees:
    """Return by how many degrees GCJ-02 shifts WGS 84, by the formula and without its box."""
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
    return np.column_stack([d_lon, d_lat])


def _bd09(lonlat: _Degrees) -> _Degrees:
    """Return WGS 84 degrees (n, 2) as BD-09, which shifts GCJ-02 once more."""
    x, y = _gcj02(lonlat).T
    turn = np.pi * 3000 / 180
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * turn)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * turn)
    return np.column_stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006])


def _invert(forward: Callable[[_Degrees], _Degrees], shifted: _Degrees) -> _Degrees:
    """Return the degrees that `forward` shifts to `shifted`, to 1e-12 degrees (0.1 µm)."""
    guess = np.array(shifted, dtype=float)
    for _ in range(30):
        miss = shifted - forward(guess)
        guess += miss
        if np.abs(miss).max(initial=0.0) < 1e-12:
            break
    return guess


_FORWARD = {"gcj02": _gcj02, "bd09": _bd09}

#: metres that datums of one ellipsoid axis (WGS 84, CGCS2000, ETRS89) differ by at most: little
_MODERN_AXIS = 6_378_137.0


def note_ballpark(raw: RawLayer, source: CRS, crs: CRS, log: ReadLog) -> None:
    """Warn where no exact conversion between two datums is known at this place."""
    old, new = source.geodetic_crs, crs.geodetic_crs
    if source.is_bound or old is None or new is None or _modern(old) == _modern(new):
        return
    try:
        exact = _is_exact(source, old, new, spatial_frame(raw).total_bounds)
    except ProjError:
        exact = False
    if exact:
        return
    log.caution(
        "datum",
        Text(
            f"{raw}: {old.name} is another datum than {new.name}, and no exact conversion is known "
            "here: positions may be off by 100 m and more. Convert the layer with the parameters "
            "of the surveying office and give it in CGCS2000",
            f"{raw.zh}：{old.name} 与 {new.name} 基准不同，且此处没有精确的转换参数，位置可能偏差 "
            "100 米以上。请用当地测绘部门的参数转换为 CGCS2000 后再提供",
        ),
    )


def _modern(crs: CRS) -> bool:
    ellipsoid = crs.ellipsoid
    return ellipsoid is not None and abs(ellipsoid.semi_major_metre - _MODERN_AXIS) < 1


def _is_exact(source: CRS, old: CRS, new: CRS, bounds: Any) -> bool:
    """Return whether the first conversion that PROJ has here is more than a ballpark."""
    box = shapely.box(*bounds)
    place = TransformerGroup(source, old, always_xy=True).transformers[0]
    west, south, east, north = place.transform_bounds(*box.bounds)
    if not np.isfinite([west, south, east, north]).all():
        return True  # in the wrong place: that is said elsewhere
    area: Any = AreaOfInterest(west, south, east, north)
    ways = TransformerGroup(old, new, always_xy=True, area_of_interest=area).transformers
    return bool(ways) and "ballpark" not in ways[0].description.lower()
