"""Towns whose grids are to be adjusted, and what became of them."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from builders_city import (
    CODES,
    City,
    block_city,
    frame,
    settings,
)
from shapely import box
from shapely.geometry.base import BaseGeometry

from gridgeo.config import Band, ReadRules, Settings, Source
from gridgeo.model import Adjustment
from gridgeo.report import save_adjusted

SMALL, LARGE = box(0, 0, 400, 200), box(400, 0, 1200, 200)
NORTH = [box(0, 200, 600, 400), box(600, 200, 1200, 400)]


def code(number: int, community: int = 0) -> str:
    return f"{CODES[community]}{number:03d}"


def town(
    folder: Path, *shapes: BaseGeometry, city: City | None = None, **columns: object
) -> tuple[Source, Settings]:
    """Write a town of 6 x 2 blocks of 120 households and its grids; return both to be read."""
    city = city or block_city(6, 2, per_block=120)
    written = city.write(folder)
    inputs = {
        role: (Source(path=str(folder / source.path)),) for role, (source,) in written.items()
    }
    columns = {"编码": [code(n) for n in range(1, len(shapes) + 1)]} | columns
    frame(shapes, **columns).to_file(folder / "old.gpkg", layer="old", engine="pyogrio")
    told = settings(read=ReadRules(inputs=inputs), band=Band(profile="households"), lang="en")
    return Source(path=str(folder / "old.gpkg")), told


def layer_options(rules: Settings) -> list[str]:
    """Return the layers that `rules` read as options of a command."""
    inputs = rules.read.inputs.items()
    return [word for role, (one,) in inputs for word in (f"--{role}", one.path)]


def saved(adjusted: Adjustment, folder: Path) -> Source:
    return Source(path=str(save_adjusted(adjusted, folder) / "plan.gpkg"), layer="grids")


def drawn(source: Source) -> dict[str, bytes]:
    return outlines(gpd.read_file(source.path).rename(columns={"编码": "code"}))


def outlines(grids: gpd.GeoDataFrame) -> dict[str, bytes]:
    shapes = shapely.get_geometry(grids.geometry.to_numpy(), 0)
    return dict(zip(grids["code"], shapely.to_wkb(shapes), strict=True))


def told(adjusted: Adjustment, column: str) -> list[Any]:
    return adjusted.proposals[column].tolist()


def two_proposals(folder: Path) -> tuple[Source, Settings]:
    south, north = [SMALL, LARGE], [box(0, 200, 400, 400), box(400, 200, 1200, 400)]
    return town(folder, *south, *north)
