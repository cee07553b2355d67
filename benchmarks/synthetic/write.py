"""A synthetic city as files: a GeoPackage and the settings to run it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyogrio import write_dataframe

from benchmarks.synthetic.ground import CRS, Ground
from benchmarks.synthetic.homes import Use, compounds_of, facilities_of, houses_of
from benchmarks.synthetic.streets import barriers_of, streets_of
from benchmarks.synthetic.township import Township, townships

#: Townships that are drawn and written together: no more are in memory at a time.
AT_ONCE = 16
SETTINGS = """\
title = "合成城市（{households} 户）"

[inputs]
communities = "city.gpkg::communities"
streets = "city.gpkg::streets"
barriers = "city.gpkg::barriers"
households = "city.gpkg::households"
compounds = "city.gpkg::compounds"
{buildings}facilities = "city.gpkg::facilities"
"""


def write_city(folder: Path, households: int, *, seed: int = 0, buildings: bool = True) -> Path:
    """Write a city of about so many households and return the path of its settings.

    The file is written township by township: memory does not grow with the city. The same
    numbers give the same city; its households are those of the layer, not the number asked for.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "city.gpkg"
    path.unlink(missing_ok=True)
    for part in draw_city(households, seed=seed):
        for layer, frame in part.items():
            if len(frame):
                write_dataframe(frame, path, layer=layer, append=path.exists())
    line = 'buildings = "city.gpkg::buildings"\n' if buildings else ""
    settings = folder / "gridgeo.toml"
    text = SETTINGS.format(households=households, buildings=line)
    settings.write_text(text, encoding="utf-8")
    return settings


def draw_city(households: int, *, seed: int = 0) -> Iterator[dict[str, gpd.GeoDataFrame]]:
    """Yield the layers of the city by role, `AT_ONCE` townships at a time."""
    towns = townships(Ground(seed), households)
    for first in range(0, len(towns), AT_ONCE):
        drawn = [_draw(town) for town in towns[first : first + AT_ONCE]]
        yield {
            layer: gpd.GeoDataFrame(
                pd.concat([layers[layer] for layers in drawn], ignore_index=True), crs=CRS
            )
            for layer in drawn[0]
        }


def _draw(town: Township) -> dict[str, gpd.GeoDataFrame]:
    use = Use.of(town)
    homes, buildings = houses_of(use)
    return {
        "communities": _communities(town),
        "streets": streets_of(town, use.low & ~use.walled),
        "barriers": barriers_of(town),
        "households": homes,
        "compounds": compounds_of(use),
        "buildings": buildings,
        "facilities": facilities_of(use),
    }


def _communities(town: Township) -> gpd.GeoDataFrame:
    u, v = town.cells
    cells = shapely.segmentize(shapely.box(u, v, u + 1, v + 1), 0.5)
    outlines = (
        gpd.GeoSeries(cells)
        .groupby(town.community.ravel())
        .agg(lambda some: shapely.coverage_union_all(some.to_numpy()))
    )
    names = [f"{town.number + 1}街{n + 1}社区" for n in range(len(outlines))]
    return gpd.GeoDataFrame(
        {"社区编码": town.codes, "社区名称": names},
        geometry=town.ground.bend_all(np.asarray(outlines)),
        crs=CRS,
    )
