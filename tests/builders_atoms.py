"""A community of 400 m by 200 m that tests of atoms draw streets into."""

from typing import Any

import geopandas as gpd
from builders_city import City, communities, households, lattice, settings, streets
from shapely import box

from gridgeo.model import Atoms
from gridgeo.pipeline.stages import make_atoms

WEST, EAST = (100, 100, 40), (300, 100, 50)
PASSING = ("支路", "外路", [(-50, -50), (-50, 250)])
DENSE = lattice(0, 0, 400, 200, step=20, count=4)  # 200 points, 800 households


def town(*lines: Any, homes: Any = (WEST, EAST), **layers: Any) -> City:
    """Return a community of 400 m by 200 m with these streets."""
    return City(
        {
            "communities": communities(box(0, 0, 400, 200)),
            "streets": streets(*(lines or (PASSING,))),
            "households": households(*homes),
        }
        | layers
    )


def cut(city: City, **parts: Any) -> Atoms:
    return make_atoms(city.layers(), settings(**parts))


def middle(kind: str = "支路", name: str = "中路", south: float = 0.0, north: float = 200.0) -> Any:
    return (kind, name, [(200, south), (200, north)])


def inner_borders(atoms: Atoms) -> gpd.GeoDataFrame:
    return atoms.borders[atoms.borders["right"] >= 0]
