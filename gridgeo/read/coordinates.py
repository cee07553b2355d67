"""Tables with coordinate columns as layers of points."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import shapely

from gridgeo.read.columns import normal
from gridgeo.read.context import Ground, RawLayer
from gridgeo.read.crs import label, parse_crs
from gridgeo.read.figures import parse_numbers
from gridgeo.text import Text

_DEGREES = ("lon", "lng", "long", "longitude", "经度", "lat", "latitude", "纬度")


def points_from(raw: RawLayer, x: str, y: str, ground: Ground) -> RawLayer:
    """Return a table with coordinates as a point layer; longitudes and latitudes are WGS 84."""
    numbers = [parse_numbers(raw.frame[column])[0] for column in (x, y)]
    readable = numbers[0].notna() & numbers[1].notna()
    lost = raw.frame.index[~readable]
    values = raw.frame.loc[lost, x].astype(str) + ", " + raw.frame.loc[lost, y].astype(str)
    reason = Text("no coordinates", "没有坐标")
    ground.journal.reject(raw, lost, field=f"{x}, {y}", values=values, reason=reason)
    given = ground.rules.crs.get("households")
    degrees = normal(x) in _DEGREES and normal(y) in _DEGREES
    crs = (
        parse_crs("households", given)
        if given
        else parse_crs("households", "4326")
        if degrees
        else None
    )
    if crs is not None:
        ground.journal.say(
            "crs",
            Text(
                f"{raw}: {x}, {y} are taken as {label(crs)}",
                f"{raw.zh}：{x}、{y} 按 {label(crs)} 读取",
            ),
        )
    geometry = shapely.points(numbers[0][readable], numbers[1][readable])
    frame = gpd.GeoDataFrame(raw.frame[readable], geometry=geometry, crs=crs)
    return replace(raw, frame=frame)
