"""A small town for the tests of reading: two communities, a street between, three houses."""

from pathlib import Path
from typing import Any

import geopandas as gpd
from shapely import LineString, Point, box

from gridgeo.config import ReadRules, Source
from gridgeo.model import Layers
from gridgeo.read import layers_from_frames, read_layers

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_000_000.0


def communities(**columns: list[object]) -> gpd.GeoDataFrame:
    data = columns or {"编码": ["370102001001", "370102001002"], "名称": ["甲社区", "乙社区"]}
    shapes = [box(X, Y, X + 100, Y + 100), box(X + 100, Y, X + 200, Y + 100)]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=CRS)


def streets(**columns: list[object]) -> gpd.GeoDataFrame:
    data = columns or {"等级": ["主干路", "支路"], "路名": ["大路", "小街"]}
    lines = [
        LineString([(X + 50 * n, Y), (X + 50 * n, Y + 100)])
        for n in range(1, 1 + len(next(iter(data.values()))))
    ]
    return gpd.GeoDataFrame(data, geometry=lines, crs=CRS)


def households(**columns: list[object]) -> gpd.GeoDataFrame:
    data = columns or {"户数": [120, 80, 7]}
    points = [Point(X + 20 + 30 * n, Y + 40) for n in range(len(next(iter(data.values()))))]
    return gpd.GeoDataFrame(data, geometry=points, crs=CRS)


def compounds(**columns: list[object]) -> gpd.GeoDataFrame:
    data = columns or {"小区名称": ["东苑", "西苑"]}
    shapes = [box(X + 60 * n, Y + 10, X + 60 * n + 50, Y + 60) for n in (1, 0)]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=CRS)


def buildings(**columns: list[object]) -> gpd.GeoDataFrame:
    data = columns or {"层数": [6, 3, 6]}
    shapes = [box(X + dx, Y + 20, X + dx + 10, Y + 30) for dx in (5, 25, 70)]
    return gpd.GeoDataFrame(data, geometry=shapes, crs=CRS)


def town(**layers: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return the frames of the town; `layers` replace or add some."""
    whole = {"communities": communities(), "streets": streets(), "households": households()}
    return whole | layers


def read(rules: dict[str, Any] | None = None, **layers: Any) -> Layers:
    """Read the town with these layers in place of its own."""
    return layers_from_frames(town(**layers), ReadRules(**(rules or {})))


def write_town(folder: Path, **layers: gpd.GeoDataFrame) -> dict[str, tuple[Source, ...]]:
    """Write the town as one file a layer and return its inputs."""
    inputs: dict[str, tuple[Source, ...]] = {}
    for role, frame in town(**layers).items():
        path = folder / f"town_{role}.parquet"
        frame.to_parquet(path)
        inputs[role] = (Source(path=str(path)),)
    return inputs


def read_town(
    folder: Path, rules: dict[str, Any] | None = None, **sources: Path | str | Source | None
) -> Layers:
    """Read the town from files, with layers taken from elsewhere, or (None) left out."""
    inputs = write_town(folder)
    for role, given in sources.items():
        if given is None:
            del inputs[role]
        else:
            inputs[role] = (given if isinstance(given, Source) else Source.parse(str(given)),)
    return read_layers(ReadRules(inputs=inputs, **(rules or {})))


def notes(layers: Layers, topic: str = "") -> str:
    """Return the notes of a topic as one text."""
    return "\n".join(note.message.en for note in layers.notes if topic in ("", note.topic))
