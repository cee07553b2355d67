"""The CRS of a layer as declared, its datum, and the reprojection into the CRS of the run.

Datums are WGS 84, GCJ-02 (Amap, Tencent) and BD-09 (Baidu). The formulas are the published ones
(eviltransform, MIT; prcoords, public domain), inverted exactly by iteration; outside the box of
China GCJ-02 shifts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from gridgeo.config import ReadRules
from gridgeo.errors import InputError, SettingsError
from gridgeo.read.context import RawLayer, ReadLog, spatial_frame
from gridgeo.wording import Text

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


WGS84 = CRS.from_epsg(4326)


def declared_crs(raw: RawLayer, rules: ReadRules) -> CRS:
    """Return the CRS of a layer: that of its file, else that of the settings.

    Raises InputError where neither names one, and where the settings contradict the file.
    """
    frame = spatial_frame(raw)
    given = rules.crs.get(raw.role)
    named = parse_crs(raw.role, given) if given else None
    found = flat(frame.crs) if frame.crs is not None else None
    if found is None or (raw.crs_assumed and named is not None):
        if named is None:
            raise InputError(
                Text("the layer has no coordinate reference system", "图层没有坐标系"),
                remedy=Text(
                    f"Say which it is, such as --crs {raw.role}=4490 (CGCS2000 degrees) or "
                    f"--crs {raw.role}=4547",
                    f"请指明坐标系，例如 --crs {raw.role}=4490（CGCS2000 经纬度）或 "
                    f"--crs {raw.role}=4547",
                ),
                **raw.place,
            )
        return named
    if named is not None and not named.equals(found, ignore_axis_order=True):
        raise InputError(
            Text(
                f"the settings say {label(named)}, the file says {label(found)}",
                f"设置的坐标系为 {label(named)}，文件自带的为 {label(found)}",
            ),
            remedy=Text(
                f"Leave out --crs {raw.role}, or correct the file",
                f"请去掉 --crs {raw.role}，或更正文件",
            ),
            **raw.place,
        )
    return found


def parse_crs(role: str, text: str) -> CRS:
    """Return the CRS named by ``4547``, ``EPSG:4547`` or WKT; raises SettingsError."""
    try:
        return flat(CRS.from_user_input(int(text) if text.strip().isdigit() else text))
    except CRSError as error:
        raise SettingsError(
            Text(f"no such coordinate reference system: {text}", f"没有此坐标系：{text}"),
            key=f"crs.{role}",
            remedy=Text("Give an EPSG number such as 4490", "请给出 EPSG 编号，如 4490"),
        ) from error


def flat(crs: Any) -> CRS:
    """Return the horizontal part of `crs`."""
    crs_given = CRS.from_user_input(crs)
    return crs_given.sub_crs_list[0] if crs_given.is_compound else crs_given.to_2d()


def label(crs: CRS) -> str:
    """Return ``EPSG:4490 (China Geodetic Coordinate System 2000)``."""
    code = crs.to_epsg()
    return f"EPSG:{code} ({crs.name})" if code else crs.name


def is_metric(crs: CRS) -> bool:
    """Return whether `crs` measures metres: projected, but not Web Mercator."""
    operation = crs.coordinate_operation
    if not crs.is_projected or operation is None or "Pseudo Mercator" in operation.method_name:
        return False
    return all(abs(axis.unit_conversion_factor - 1) < 1e-9 for axis in crs.axis_info)


def misplaced(raw: RawLayer, crs: CRS, bounds: Any) -> InputError:
    """Return the error that the coordinates of a layer cannot be those of its CRS."""
    text = ", ".join(f"{value:.7g}" for value in bounds)
    return InputError(
        Text(
            f"the coordinates ({text}) are not where {label(crs)} applies or where the "
            "communities lie: longitude and latitude swapped, a zone-prefixed easting, or the "
            "wrong coordinate reference system?",
            f"坐标（{text}）不在 {label(crs)} 的适用范围内，或与社区相距过远：坐标疑似经纬度颠倒、"
            "带有带号前缀，或坐标系有误",
        ),
        remedy=Text(
            f"Correct the coordinates, or declare the right one with --crs {raw.role}=EPSG",
            f"请更正坐标，或用 --crs {raw.role}=EPSG 指明正确的坐标系",
        ),
        **raw.place,
    )


def reproject(raw: RawLayer, crs: CRS, rules: ReadRules, log: ReadLog) -> gpd.GeoDataFrame:
    """Return the frame of `raw` in `crs`; a declared GCJ-02 or BD-09 datum is taken out."""
    frame = spatial_frame(raw)
    source = declared_crs(raw, rules)
    frame = frame.set_crs(source, allow_override=True)
    if source.is_geographic and np.abs(frame.total_bounds[1::2]).max() > 90:
        raise misplaced(raw, source, frame.total_bounds)
    datum = rules.datum.get(raw.role)
    if datum:
        degrees = frame.to_crs(WGS84)
        shifted = to_wgs84(degrees.geometry.to_numpy(), datum)
        frame = degrees.set_geometry(gpd.GeoSeries(shifted, index=frame.index, crs=WGS84))
        named = {"gcj02": "GCJ-02", "bd09": "BD-09"}[datum]
        log.note(
            "datum",
            Text(f"{raw}: converted from {named}", f"{raw.zh}：已由 {named} 坐标转换"),
        )
    return frame if crs.equals(flat(frame.crs), ignore_axis_order=True) else frame.to_crs(crs)
