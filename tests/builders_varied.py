"""Towns for the laws of the whole job: a seed chooses what is there, and what is wrong with it.

Each variation is a function from a town and a random generator to a town; its name and the
function stand in `_VARIATIONS`, in the order in which they are made.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from builders_city import CODES, CRS, City, random_city, settings
from numpy.typing import NDArray

from gridgeo.config import Band, Settings

_Points = NDArray[np.float64]
_Profile = Literal["households", "either", "residents"]
#: what `random_city` has on request
_PARTS = ("river", "carriageways", "compounds", "buildings", "schools")
_NARROW = Band(lower=150, upper=250, residents_lower=400, residents_upper=600)


@dataclass(frozen=True)
class Town:
    """A town to check laws on; `move` is how far east and north it is moved by one of them."""

    name: str
    city: City
    settings: Settings = settings()  # noqa: RUF009  (a frozen value)
    features: tuple[str, ...] = ()
    move: tuple[int, int] = (1_000, 2_000)

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.features)})"


def varied_town(seed: int) -> Town:
    """Return the town of a seed; each feature is there in a third to a half of the seeds."""
    rng = np.random.default_rng([seed, 1])
    chosen = [name for name in _PARTS if rng.random() < 0.4]
    known = rng.random() < 0.6
    chosen += ["residents"] if known else []
    varied = [name for name in _VARIATIONS if rng.random() < 0.35]
    if not known:
        varied = [name for name in varied if name != "some_residents_unknown"]
    city = random_city(seed, **dict.fromkeys(chosen, True))
    for name in varied:
        city = _VARIATIONS[name](city, rng)
    profiles: tuple[_Profile, ...] = ("households", "either", "residents")
    profile = profiles[rng.integers(3)] if known else "households"
    band = _NARROW if rng.random() < 0.4 else Band()
    return Town(
        name=f"seed {seed}",
        city=city,
        settings=settings(band=replace(band, profile=profile), lang=str(rng.choice(["zh", "en"]))),
        features=(*chosen, *varied),
        move=(int(rng.integers(-5_000, 5_000)), int(rng.integers(-5_000, 5_000))),
    )


def _corners(city: City) -> tuple[_Points, _Points]:
    """Return the corners of the communities in the west and in the east, as `random_city` has them.

    West: south-west, three on the common border from the south, north-west. East: the three,
    north-east, south-east.
    """
    west, east = (shapely.get_coordinates(g)[:-1] for g in city.frames["communities"].geometry[:2])
    return west, east


@dataclass(frozen=True)
class _Ground:
    """The rectangle of a town: places by their share of its width and height."""

    corner: _Points
    width: _Points
    height: _Points

    @classmethod
    def of(cls, city: City) -> "_Ground":
        outline = shapely.union_all(city.frames["communities"].geometry.to_numpy())
        ring = shapely.get_coordinates(shapely.minimum_rotated_rectangle(outline))
        return cls(ring[0], ring[1] - ring[0], ring[3] - ring[0])

    def at(self, places: NDArray[np.float64]) -> _Points:
        across, up = np.moveaxis(np.asarray(places, dtype=float)[..., :2, None], -2, 0)
        placed: _Points = self.corner + across * self.width + up * self.height
        return placed


def _outlines(shapes: list[_Points]) -> gpd.GeoDataFrame:
    names = ["甲社区", "乙社区", "丙社区", "丁社区"][: len(shapes)]
    return gpd.GeoDataFrame(
        {"编码": list(CODES[: len(shapes)]), "名称": names},
        geometry=[shapely.Polygon(shape) for shape in shapes],
        crs=CRS,
    )


def _four_communities(city: City, rng: np.random.Generator) -> City:
    """Divide both communities where their common border bends: four meet in a corner."""
    (south_west, low, middle, high, north_west), east = _corners(city)
    north_east, south_east = east[3:]
    west_half = south_west + (north_west - south_west) * rng.uniform(0.3, 0.7)
    east_half = south_east + (north_east - south_east) * rng.uniform(0.3, 0.7)
    shapes = [
        np.array([south_west, low, middle, west_half]),
        np.array([west_half, middle, high, north_west]),
        np.array([low, south_east, east_half, middle]),
        np.array([middle, east_half, north_east, high]),
    ]
    return city.with_layers(communities=_outlines(shapes))


def _with_corner_moved(city: City, corner: int, share: float) -> City:
    """Move a corner of the first community towards the corner before its first, by metres."""
    outlines = city.frames["communities"]
    shapes = [shapely.get_coordinates(shape)[:-1] for shape in outlines.geometry]
    west, east = shapes[0][0], shapes[0][1]
    shapes[0][corner] += (west - east) / np.hypot(*(west - east)) * share
    return city.with_layers(communities=_outlines(shapes))


def _gap(city: City, rng: np.random.Generator) -> City:
    """Open a wedge between the first community and its neighbour: closed up to 2 m, else left."""
    return _with_corner_moved(city, 1, rng.uniform(0.02, 3.0))


def _overlap(city: City, rng: np.random.Generator) -> City:
    return _with_corner_moved(city, 2, -rng.uniform(0.02, 4.0))


def _more_homes(city: City, places: _Points, counts: NDArray[np.int64], prefix: str) -> City:
    homes = city.frames["households"]
    more = pd.DataFrame({"户数": counts, "地址": [f"{prefix}{n}" for n in range(len(counts))]})
    if "常住人口" in homes:
        more["常住人口"] = counts * 2.5
    added = gpd.GeoDataFrame(more, geometry=shapely.points(places), crs=CRS)
    return city.with_layers(households=pd.concat([homes, added], ignore_index=True))


def _homes_on_borders(city: City, rng: np.random.Generator) -> City:
    """Add households on every corner and side of communities, on street corners and river banks."""
    rims = city.frames["communities"].boundary.to_numpy()
    sides = [shapely.line_interpolate_point(rims, share, normalized=True) for share in (0.2, 0.7)]
    streets = city.frames["streets"].geometry.to_numpy()
    one, other = shapely.STRtree(streets).query(streets, predicate="crosses")
    met = shapely.intersection(streets[one], streets[other])
    water: Any = city.frames["barriers"].boundary.to_numpy() if "barriers" in city.frames else []
    places = shapely.get_coordinates([*rims, *np.concatenate(sides), *met, *water])
    places = np.unique(places, axis=0)
    return _more_homes(city, places, rng.integers(0, 9, len(places)), "界")


def _towers(city: City, rng: np.random.Generator) -> City:
    """Add buildings of more households than a grid may have, each at one address."""
    places = _Ground.of(city).at(rng.uniform(0.1, 0.9, (2, 2)))
    return _more_homes(city, places, rng.integers(520, 900, 2), "塔")


def _empty_ground(city: City, rng: np.random.Generator) -> City:
    """Take away all households of one corner of the town."""
    homes, ground = city.frames["households"], _Ground.of(city)
    share = rng.uniform(0.3, 0.6, 2)
    empty = shapely.Polygon(ground.at(np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * share))
    kept = homes[~homes.intersects(empty)].reset_index(drop=True)
    return city.with_layers(households=kept)


def _some_residents_unknown(city: City, rng: np.random.Generator) -> City:
    homes = city.frames["households"]
    blank = rng.random(len(homes)) < 0.1
    return city.with_layers(households=homes.assign(常住人口=homes["常住人口"].mask(blank)))


def _rail(city: City, rng: np.random.Generator) -> City:
    """Lay a railway from the south to the north; streets cross it."""
    at = rng.uniform(0.2, 0.8, 2)
    line = shapely.LineString(_Ground.of(city).at(np.array([(at[0], -0.1), (at[1], 1.1)])))
    rail = gpd.GeoDataFrame({"类型": ["铁路"], "名称": ["京广线"]}, geometry=[line], crs=CRS)
    there = [city.frames["barriers"]] if "barriers" in city.frames else []
    return city.with_layers(barriers=pd.concat([*there, rail], ignore_index=True))


def _one_street_alone(city: City, rng: np.random.Generator) -> City:
    """Leave one street in three: dead ends, and blocks too heavy for a grid."""
    streets = city.frames["streets"]
    kept = rng.random(len(streets)) < 0.34
    kept[0] = True
    return city.with_layers(streets=streets[kept].reset_index(drop=True))


def _atoms(city: City, rng: np.random.Generator) -> City:
    """Give crooked cells as atoms; households come with them, or stay points."""
    columns, rows = rng.integers(5, 12, 2)
    places = np.stack(np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1)), -1)
    places[1:-1, 1:-1] += rng.uniform(-0.2, 0.2, places[1:-1, 1:-1].shape) / (columns, rows)
    corner = _Ground.of(city).at(places)
    ring = [corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]]
    cells: Any = shapely.polygons(np.stack(ring, axis=2).reshape(-1, 4, 2))
    atoms = gpd.GeoDataFrame(
        {"名称": [f"A{n}" for n in range(len(cells))]}, geometry=cells, crs=CRS
    )
    if rng.random() < 0.5:
        return city.with_layers(atoms=atoms)
    homes = city.frames["households"]
    home, cell = shapely.STRtree(cells).query(homes.geometry, predicate="intersects")
    cell = pd.Series(cell, index=home).groupby(level=0).first()
    for name in {"户数", "常住人口"} & set(homes):
        counted = homes[name].fillna(0).groupby(cell).sum()
        atoms[name] = counted.reindex(range(len(cells)), fill_value=0).to_numpy()
    return city.without("households").with_layers(atoms=atoms)


_VARIATIONS: dict[str, Callable[[City, np.random.Generator], City]] = {
    "four_communities": _four_communities,
    "gap": _gap,
    "overlap": _overlap,
    "few_streets": _one_street_alone,
    "rail": _rail,
    "towers": _towers,
    "empty_ground": _empty_ground,
    "homes_on_borders": _homes_on_borders,
    "some_residents_unknown": _some_residents_unknown,
    "atoms": _atoms,
}
FEATURES = (*_PARTS, "residents", *_VARIATIONS)
