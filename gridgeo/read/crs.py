"""Where the work is done: CRS of layers as declared, the metre CRS of the job, the datum."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gridgeo.config import ReadRules
from gridgeo.errors import InputError, SettingsError
from gridgeo.read.context import Journal, RawLayer
from gridgeo.read.datum import to_wgs84
from gridgeo.text import Text

_WGS84 = CRS.from_epsg(4326)


def declared_crs(raw: RawLayer, rules: ReadRules) -> CRS:
    """Return the CRS of a layer: that of its file, else that of the settings.

    Raises InputError where neither says one, and where the settings contradict the file.
    """
    frame = _frame(raw)
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
    whole = CRS.from_user_input(crs)
    return whole.sub_crs_list[0] if whole.is_compound else whole.to_2d()


def label(crs: CRS) -> str:
    """Return ``EPSG:4490 (China Geodetic Coordinate System 2000)``."""
    code = crs.to_epsg()
    return f"EPSG:{code} ({crs.name})" if code else crs.name


def is_metric(crs: CRS) -> bool:
    """Say whether lengths and areas can be measured in `crs`: projected, metres, not Web Mercator."""
    if not crs.is_projected or "Pseudo Mercator" in crs.coordinate_operation.method_name:
        return False
    return all(abs(axis.unit_conversion_factor - 1) < 1e-9 for axis in crs.axis_info)


def working_crs(raw: RawLayer, rules: ReadRules, journal: Journal) -> CRS:
    """Return the metre CRS of the job: the communities' own, else one chosen from where they lie.

    In China (longitude 73 to 135, latitude 3 to 54, Taiwan left out) that is the 3-degree zone
    of CGCS2000 without zone prefix (EPSG 4534 + (central meridian - 75) / 3), elsewhere UTM.
    """
    crs = declared_crs(raw, rules)
    west, south, east, north = _lonlat_bounds(raw, crs)
    if is_metric(crs):
        journal.say("crs", Text(f"work in {label(crs)}", f"计算坐标系：{label(crs)}"))
        return crs
    lon, lat = (west + east) / 2, (south + north) / 2
    chosen = choose_crs(lon, lat)
    rule = Text(
        "the CGCS2000 3-degree zone" if _in_china(lon, lat) else "the UTM zone",
        "CGCS2000 三度带" if _in_china(lon, lat) else "UTM 分带",
    )
    journal.say(
        "crs",
        Text(
            f"the communities are in {label(crs)}, which does not measure metres: work in "
            f"{label(chosen)}, {rule.en} at {lon:.2f}, {lat:.2f}",
            f"社区图层坐标系为 {label(crs)}，不便量测；改在 {label(chosen)} 中计算"
            f"（{lon:.2f}，{lat:.2f} 所在的{rule.zh}）",
        ),
    )
    return chosen


def choose_crs(lon: float, lat: float) -> CRS:
    """Return the metre CRS for a place.

    Examples
    --------
    >>> choose_crs(117.0, 36.65).to_epsg(), choose_crs(7.42, 43.74).to_epsg()
    (4548, 32632)
    """
    if _in_china(lon, lat):
        meridian = max(3 * round(lon / 3), 75)
        return CRS.from_epsg(4534 + (meridian - 75) // 3)
    zone = min(int((lon + 180) // 6) + 1, 60)
    return CRS.from_epsg((32600 if lat >= 0 else 32700) + zone)


def _in_china(lon: float, lat: float) -> bool:
    taiwan = 119.3 <= lon <= 122.1 and 21.8 <= lat <= 25.4
    return 73 <= lon <= 135 and 3 <= lat <= 54 and not taiwan


def _lonlat_bounds(raw: RawLayer, crs: CRS) -> tuple[float, float, float, float]:
    """Return the bounds in degrees; raises InputError where they cannot be right for `crs`."""
    bounds = _frame(raw).total_bounds
    try:
        transform = Transformer.from_crs(crs, _WGS84, always_xy=True)
        degrees = np.array(transform.transform_bounds(*bounds))
    except ProjError:
        degrees = np.full(4, np.inf)
    possible = np.isfinite(degrees).all() and np.abs(degrees[1::2]).max() <= 90
    area = crs.area_of_use
    if possible and area is not None and crs.is_projected and area.west < area.east:
        x, y = (degrees[0] + degrees[2]) / 2, (degrees[1] + degrees[3]) / 2
        possible = area.west - 6 <= x <= area.east + 6 and area.south - 6 <= y <= area.north + 6
    if not possible:
        raise misplaced(raw, crs, bounds)
    west, south, east, north = (float(value) for value in degrees)
    return west, south, east, north


def misplaced(raw: RawLayer, crs: CRS, bounds: Any) -> InputError:
    """Say that the coordinates of a layer cannot be those of its CRS."""
    told = ", ".join(f"{value:.7g}" for value in bounds)
    return InputError(
        Text(
            f"the coordinates ({told}) are not where {label(crs)} applies or where the "
            "communities lie: longitude and latitude swapped, a zone-prefixed easting, or the "
            "wrong coordinate reference system?",
            f"坐标（{told}）不在 {label(crs)} 的适用范围内，或与社区相距过远：坐标疑似经纬度颠倒、"
            "带有带号前缀，或坐标系有误",
        ),
        remedy=Text(
            f"Correct the coordinates, or declare the right one with --crs {raw.role}=EPSG",
            f"请更正坐标，或用 --crs {raw.role}=EPSG 指明正确的坐标系",
        ),
        **raw.place,
    )


def reproject(raw: RawLayer, crs: CRS, rules: ReadRules, journal: Journal) -> gpd.GeoDataFrame:
    """Return the frame of `raw` in `crs`; a declared GCJ-02 or BD-09 datum is taken out."""
    frame = _frame(raw)
    source = declared_crs(raw, rules)
    frame = frame.set_crs(source, allow_override=True)
    if source.is_geographic and np.abs(frame.total_bounds[1::2]).max() > 90:
        raise misplaced(raw, source, frame.total_bounds)
    datum = rules.datum.get(raw.role)
    if datum:
        degrees = frame.to_crs(_WGS84)
        shifted = to_wgs84(degrees.geometry.to_numpy(), datum)
        frame = degrees.set_geometry(gpd.GeoSeries(shifted, index=frame.index, crs=_WGS84))
        named = {"gcj02": "GCJ-02", "bd09": "BD-09"}[datum]
        journal.say(
            "datum",
            Text(f"{raw}: converted from {named}", f"{raw}：已由 {named} 坐标转换"),
        )
    return frame if crs.equals(flat(frame.crs), ignore_axis_order=True) else frame.to_crs(crs)


def _frame(raw: RawLayer) -> gpd.GeoDataFrame:
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        raise InputError(
            Text("the layer has no geometry", "图层没有几何图形"),
            remedy=Text("Give a layer with geometry", "请提供含几何图形的图层"),
            **raw.place,
        )
    return raw.frame
