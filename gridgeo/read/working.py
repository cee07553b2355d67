"""The metre CRS that the whole job is done in."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS

from gridgeo.config import ReadRules
from gridgeo.read.context import Journal, RawLayer, spatial_frame
from gridgeo.read.crs import WGS84, declared_crs, is_metric, label, misplaced
from gridgeo.read.geometry import have_geometry
from gridgeo.text import Text


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
    bounds = spatial_frame(raw)[have_geometry(raw)].total_bounds
    degrees = gpd.GeoSeries([shapely.box(*bounds)], crs=crs).to_crs(WGS84).total_bounds
    possible = np.isfinite(degrees).all() and np.abs(degrees[1::2]).max() <= 90
    area = crs.area_of_use
    if possible and area is not None and crs.is_projected and area.west < area.east:
        x, y = (degrees[0] + degrees[2]) / 2, (degrees[1] + degrees[3]) / 2
        possible = area.west - 6 <= x <= area.east + 6 and area.south - 6 <= y <= area.north + 6
    if not possible:
        raise misplaced(raw, crs, bounds)
    west, south, east, north = (float(value) for value in degrees)
    return west, south, east, north
