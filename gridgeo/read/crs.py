"""The CRS of a layer as declared, its datum, and the reprojection into the CRS of the run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gridgeo.config import ReadRules
from gridgeo.errors import InputError, SettingsError
from gridgeo.read.context import RawLayer, ReadLog, spatial_frame
from gridgeo.read.datums import DATUM_NAMES, note_ballpark, to_wgs84
from gridgeo.wording import Text

#: a layer that is farther from the communities than this is in the wrong place
NEAR_M = 50_000.0
WGS84 = CRS.from_epsg(4326)
#: how far from its meridian a place in a zone may be; what is east of this may be Web Mercator
_WIDEST_M, _LEAST_MERCATOR_M = 400_000, 8_000_000


@lru_cache(maxsize=64)
def known_crs(crs: Any) -> CRS | None:
    """Return the horizontal part of a CRS, None for one that says nothing.

    CAD programs write a local (engineering) CRS, GDAL an 'undefined' one where there is none; a
    damaged one leads nowhere.

    Examples
    --------
    >>> known_crs('LOCAL_CS["Unnamed",UNIT["Meter",1.0]]') is None, known_crs(4547).to_epsg()
    (True, 4547)
    """
    if crs is None:
        return None
    try:
        found = _flat(crs)
        ground = found.geodetic_crs
        if ground is not None:
            Transformer.from_crs(found, WGS84)
    except (CRSError, ProjError):
        return None
    if ground is None:
        return None
    datum = ground.datum.name if ground.datum is not None else ""
    says_nothing = re.fullmatch(r"(d_)?(unknown|undefined)", datum, re.IGNORECASE)
    return None if says_nothing and found.is_geographic else found


def declared_crs(raw: RawLayer, rules: ReadRules) -> CRS:
    """Return the CRS of a layer: that of the settings, else that of its file.

    Raises InputError where neither names one.
    """
    frame = spatial_frame(raw)
    given = rules.crs.get(raw.role)
    if given:
        return parse_crs(raw.role, given)
    found = known_crs(frame.crs)
    if found is None:
        fit = _fitting_crs(frame.total_bounds, None)
        such = f"{raw.role}={fit or 4547}"
        raise InputError(
            Text("the layer has no coordinate reference system", "图层没有坐标系"),
            remedy=Text(
                f"Say which it is, such as --crs {raw.role}=4490 (CGCS2000 degrees) or "
                f"--crs {such}",
                f"请指明坐标系，例如 --crs {raw.role}=4490（CGCS2000 经纬度）或 --crs {such}",
            ),
            **raw.place,
        )
    return found


def parse_crs(role: str, text: str) -> CRS:
    """Return the CRS named by ``4547``, ``EPSG:4547`` or WKT; raises SettingsError."""
    try:
        return _flat(CRS.from_user_input(int(text) if text.strip().isdigit() else text))
    except CRSError as error:
        raise SettingsError(
            Text(f"no such coordinate reference system: {text}", f"没有此坐标系：{text}"),
            key=f"crs.{role}",
            remedy=Text("Give an EPSG number such as 4490", "请给出 EPSG 编号，如 4490"),
        ) from error


def _flat(crs: Any) -> CRS:
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


def fits(bounds: Any, crs: CRS, near: tuple[CRS, Any] | None) -> bool:
    """Return whether coordinates can be those of `crs`.

    `near`: a CRS and bounds in it that they must come near to; None where none are known.
    """
    west, south, east, north = (float(value) for value in bounds)
    if not np.isfinite([west, south, east, north]).all() or (
        crs.is_geographic and (max(abs(south), abs(north)) > 90 or max(abs(west), abs(east)) > 360)
    ):
        return False
    box = gpd.GeoSeries([shapely.box(west, south, east, north)], crs=crs)
    degrees = box.to_crs(WGS84).total_bounds
    if not np.isfinite(degrees).all() or np.abs(degrees[1::2]).max() > 90:
        return False
    area = crs.area_of_use
    if area is not None and crs.is_projected and area.west < area.east:
        x, y = (degrees[0] + degrees[2]) / 2, (degrees[1] + degrees[3]) / 2
        if not (area.west - 6 <= x <= area.east + 6 and area.south - 6 <= y <= area.north + 6):
            return False
    return near is None or _distance(box.to_crs(near[0]).total_bounds, near[1]) <= NEAR_M


def _distance(bounds: Any, other: Any) -> float:
    """Return how far two bounds are apart, infinite where one has no numbers."""
    if not np.isfinite(bounds).all():
        return np.inf
    if other is None:
        return 0.0
    dx = max(other[0] - bounds[2], bounds[0] - other[2], 0.0)
    dy = max(other[1] - bounds[3], bounds[1] - other[3], 0.0)
    return float(np.hypot(dx, dy))


def _fitting_crs(bounds: Any, near: tuple[CRS, Any] | None) -> int | None:
    """Return the EPSG number of the first common CRS in China that coordinates may be in.

    Degrees; the zones whose number stands before the easting; zones without it, which only a
    place near by tells apart. None where none fits.
    """
    west, south, east, north = (float(value) for value in bounds)
    if not np.isfinite([west, south, east, north]).all():
        return None
    tried = [4490, 4326]
    if max(abs(west), abs(east)) > 360:
        zone, easting = divmod(int(west), 1_000_000)
        zone *= abs(easting - 500_000) <= _WIDEST_M
        tried = [4513 + zone - 25] * (25 <= zone <= 45) + [4491 + zone - 13] * (13 <= zone <= 23)
        if not zone:
            tried = [*range(4534, 4555), *range(4502, 4513), *range(32643, 32654), 3857]
            tried = tried if near is not None else [3857] * (west > _LEAST_MERCATOR_M)
    return next((code for code in tried if fits(bounds, CRS.from_epsg(code), near)), None)


def misplaced(
    raw: RawLayer,
    crs: CRS,
    bounds: Any,
    near: tuple[CRS, Any] | None = None,
    rows: Sequence[int] = (),
) -> InputError:
    """Return the error that the coordinates of a layer cannot be those of its CRS.

    The remedy is one that was tried on these coordinates.

    Parameters
    ----------
    near
        Where the communities lie, with their CRS.
    rows
        Rows at fault, numbered from 1, where they are not all.
    """
    text = ", ".join(f"{value:.7g}" for value in bounds)
    listed = ", ".join(map(str, rows[:10])) + (", ..." if len(rows) > 10 else "")
    return InputError(
        Text(
            f"the coordinates ({text}) are not where {label(crs)} applies or where the "
            "communities lie: longitude and latitude swapped, a zone-prefixed easting, or the "
            "wrong coordinate reference system?",
            f"坐标（{text}）不在 {label(crs)} 的适用范围内，或与社区相距过远：坐标疑似经纬度颠倒、"
            "带有带号前缀，或坐标系有误",
        ),
        remedy=_remedy(raw, crs, bounds, near),
        **raw.place,
        **({"rows": listed} if listed else {}),
    )


def _remedy(raw: RawLayer, crs: CRS, bounds: Any, near: tuple[CRS, Any] | None) -> Text:
    own = known_crs(spatial_frame(raw).crs)
    if own is not None and own != crs and not raw.crs_assumed and fits(bounds, own, near):
        return Text(
            f"Leave out --crs {raw.role}: the file says {label(own)}, and that fits",
            f"请去掉 --crs {raw.role}：文件自带的 {label(own)} 与坐标相符",
        )
    west, south, east, north = bounds
    if fits((south, west, north, east), crs, near) and (near or crs.is_geographic):
        return Text(
            "Swap longitude and latitude (x and y) in the file, and give it again",
            "请在文件中对调经度和纬度（x 与 y）后重新提供",
        )
    found = _fitting_crs(bounds, near)
    if found is not None and found != crs.to_epsg():
        name = label(CRS.from_epsg(found))
        return Text(
            f"Declare the right one with --crs {raw.role}={found} if it is {name}",
            f"请用 --crs {raw.role}={found} 指明正确的坐标系（如确为 {name}）",
        )
    return Text(
        "Correct the coordinates, or declare the right CRS with "
        f"--crs {raw.role}=EPSG (such as 4547 for CGCS2000 at 114 degrees east)",
        f"请更正坐标，或用 --crs {raw.role}=EPSG 指明正确的坐标系（如中央子午线 114 度为 4547）",
    )


def reproject(raw: RawLayer, crs: CRS, rules: ReadRules, log: ReadLog) -> gpd.GeoDataFrame:
    """Return the frame of `raw` in `crs`; a declared GCJ-02 or BD-09 datum is taken out."""
    frame = spatial_frame(raw)
    source = declared_crs(raw, rules)
    _note_contradiction(raw, source, log)
    frame = frame.set_crs(source, allow_override=True)
    datum = rules.datum.get(raw.role)
    if datum:
        degrees = frame.to_crs(WGS84)
        shifted = to_wgs84(degrees.geometry.to_numpy(), datum)
        frame = degrees.set_geometry(gpd.GeoSeries(shifted, index=frame.index, crs=WGS84))
        named = DATUM_NAMES[datum]
        log.note(
            "datum",
            Text(f"{raw}: converted from {named}", f"{raw.zh}：已由 {named} 坐标转换"),
        )
    else:
        note_ballpark(raw, source, crs, log)
    return frame if crs.equals(_flat(frame.crs), ignore_axis_order=True) else frame.to_crs(crs)


def _note_contradiction(raw: RawLayer, source: CRS, log: ReadLog) -> None:
    """Warn where the settings name another CRS than the file."""
    own = known_crs(spatial_frame(raw).crs)
    if own is None or raw.crs_assumed or source.equals(own, ignore_axis_order=True):
        return
    log.caution(
        "crs",
        Text(
            f"{raw}: read as {label(source)}, as --crs says; the file says {label(own)}",
            f"{raw.zh}：按 --crs 指定的 {label(source)} 读取；文件自带的为 {label(own)}",
        ),
    )
