"""A city whose houses stand beside its streets, and layers in GCJ-02."""

import geopandas as gpd
import numpy as np
import shapely
from builders_read import X, Y
from shapely import LineString, box

from gridgeo.read.datums import _gcj02


def city(seed: int = 3, houses: int = 400) -> dict[str, gpd.GeoDataFrame]:
    """Return streets with irregular spacing, and houses beside them, 9 to 30 m off."""
    random = np.random.default_rng(seed)
    at = np.cumsum(random.uniform(60, 180, 30))
    size = at[-1]
    lines = [LineString([(X + x, Y), (X + x, Y + size)]) for x in at]
    lines += [LineString([(X, Y + y), (X + size, Y + y)]) for y in at]
    ways = gpd.GeoDataFrame({"等级": ["支路"] * len(lines)}, geometry=lines, crs="EPSG:4548")
    along = random.uniform(0, size, houses)
    beside = random.choice(at, houses) + random.choice([-1, 1], houses) * random.uniform(
        9, 30, houses
    )
    points = gpd.points_from_xy(X + beside, Y + along)
    keep = shapely.distance(points, shapely.union_all(lines)) > 8
    homes = gpd.GeoDataFrame({"户数": 10}, index=range(houses), geometry=points, crs="EPSG:4548")
    ground = gpd.GeoDataFrame(
        {"名称": ["甲"]}, geometry=[box(X, Y, X + size, Y + size)], crs="EPSG:4548"
    )
    return {"communities": ground, "streets": ways,
            "households": homes[keep].reset_index(drop=True)}  # fmt: skip


def shifted(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer as it stands in GCJ-02, under its own CRS."""
    degrees = frame.to_crs(4326)
    shapes = shapely.transform(degrees.geometry.to_numpy(), _gcj02)
    return degrees.set_geometry(gpd.GeoSeries(shapes, crs=4326)).to_crs("EPSG:4548")
