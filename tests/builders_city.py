"""Small towns as frames by role, as a county would deliver them: drawn by hand or at random.

Lengths are metres from `ORIGIN`, so that a test can write `box(0, 0, 600, 400)`. Moving a town
by whole metres is exact there: no coordinate crosses a power of two.
"""

from collections.abc import ItemsView, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon, box
from shapely.affinity import rotate, translate
from shapely.geometry.base import BaseGeometry

from gridgeo.config import ReadRules, Settings, Source
from gridgeo.model import Atoms, Layers, Plan
from gridgeo.read import layers_from_frames

CRS = "EPSG:4547"
ORIGIN = (600_000.0, 3_386_000.0)
#: 12-digit codes of the communities, in the order in which they are given.
CODES = tuple(f"420102001{n:03d}" for n in range(1, 10))


@dataclass(frozen=True)
class City:
    """Frames by role. Every household has a name of its own: it can be told apart."""

    frames: dict[str, gpd.GeoDataFrame]

    def with_layers(self, **frames: gpd.GeoDataFrame) -> "City":
        return City(self.frames | frames)

    def without(self, *roles: str) -> "City":
        return City({role: frame for role, frame in self.frames.items() if role not in roles})

    def moved(self, dx: int, dy: int) -> "City":
        return City(
            {role: frame.set_geometry(frame.translate(dx, dy)) for role, frame in self.items()}
        )

    def shuffled(self, seed: int) -> "City":
        """Return the town with the rows of every layer in another order."""
        return City(
            {
                role: frame.sample(frac=1, random_state=seed + n).reset_index(drop=True)
                for n, (role, frame) in enumerate(self.items())
            }
        )

    def items(self) -> ItemsView[str, gpd.GeoDataFrame]:
        return self.frames.items()

    def layers(self, **rules: Any) -> Layers:
        return layers_from_frames(self.frames, ReadRules(**rules))

    def write(self, folder: Path, ending: str = "gpkg") -> dict[str, tuple[Source, ...]]:
        """Write one file a layer and return the inputs, relative to the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for role, frame in self.items():
            path = folder / f"{role}.{ending}"
            if ending == "gpkg":
                frame.to_file(path, layer=role, engine="pyogrio")
            else:
                frame.to_parquet(path)
        return {role: (Source(path=f"{role}.{ending}"),) for role in self.frames}


def frame(shapes: Sequence[BaseGeometry], **columns: object) -> gpd.GeoDataFrame:
    """Return a frame of `shapes` (metres from `ORIGIN`); a single value stands for all rows."""
    placed = [translate(shape, *ORIGIN) for shape in shapes]
    return gpd.GeoDataFrame(
        pd.DataFrame(columns, index=range(len(placed))), geometry=placed, crs=CRS
    )


def communities(
    *shapes: BaseGeometry, names: Sequence[str] = ("甲社区", "乙社区", "丙社区", "丁社区")
) -> gpd.GeoDataFrame:
    size = len(shapes)
    return frame(shapes, 编码=list(CODES[:size]), 名称=list(names[:size]))


def streets(*lines: tuple[str, str, Sequence[Any]]) -> gpd.GeoDataFrame:
    """Return streets of ``(class, name, coordinates)``; the class 隧道 is a local street in one."""
    return frame(
        [LineString(points) for _, _, points in lines],
        等级=["支路" if kind == "隧道" else kind for kind, _, _ in lines],
        路名=[name for _, name, _ in lines],
        隧道=["yes" if kind == "隧道" else "no" for kind, _, _ in lines],
    )


def households(
    *rows: tuple[float, float, int],
    residents: Sequence[float] | None = None,
    groups: Sequence[str] | None = None,
) -> gpd.GeoDataFrame:
    """Return household points of ``(x, y, count)``, named 1号, 2号 ..."""
    counts = [count for _, _, count in rows]
    told: dict[str, object] = {"户数": counts, "地址": [f"{n}号" for n in range(1, len(rows) + 1)]}
    told |= {} if residents is None else {"常住人口": list(residents)}
    told |= {} if groups is None else {"小组": list(groups)}
    return frame([Point(x, y) for x, y, _ in rows], **told)


def lattice(
    west: float, south: float, east: float, north: float, *, step: float, count: int
) -> list[tuple[float, float, int]]:
    """Return household points inside a rectangle, half a step from its edges."""
    return [
        (float(x), float(y), count)
        for y in np.arange(south + step / 2, north, step)
        for x in np.arange(west + step / 2, east, step)
    ]


def facilities(*rows: Any) -> gpd.GeoDataFrame:
    """Return facilities of ``(category, name, shape)`` or ``(category, name, shape, measures)``."""
    measures = [dict(*row[3:]) for row in rows]
    return frame(
        [row[2] for row in rows],
        类别=[row[0] for row in rows],
        设施名称=[row[1] for row in rows],
        **{
            name: [float(told.get(name, np.nan)) for told in measures]
            for name in ("占地面积", "建筑面积", "学生数")
        },
    )


def areas(*shapes: BaseGeometry, names: Sequence[str] | None = None) -> gpd.GeoDataFrame:
    """Return compounds, buildings or parcels."""
    return frame(shapes, 名称=names or [f"{n}" for n in range(1, len(shapes) + 1)])


def barriers(*rows: tuple[str, str, BaseGeometry]) -> gpd.GeoDataFrame:
    """Return barriers of ``(class, name, shape)``."""
    return frame(
        [row[2] for row in rows], 类型=[row[0] for row in rows], 名称=[row[1] for row in rows]
    )


def block_city(
    columns: int = 3, rows: int = 2, *, side: float = 200.0, per_block: int = 60
) -> City:
    """Return one community of square blocks between local streets, the outer ones on its rim."""
    width, height = columns * side, rows * side
    lines = [
        ("支路", f"纵{n}路", [(n * side, 0), (n * side, height)]) for n in range(columns + 1)
    ] + [("支路", f"横{n}路", [(0, n * side), (width, n * side)]) for n in range(rows + 1)]
    homes = lattice(0, 0, width, height, step=side / 2, count=per_block // 4)
    return City(
        {
            "communities": communities(box(0, 0, width, height)),
            "streets": streets(*lines),
            "households": households(*homes),
        }
    )


def random_city(
    seed: int,
    *,
    river: bool = False,
    carriageways: bool = False,
    compounds: bool = False,
    buildings: bool = False,
    schools: bool = False,
    residents: bool = False,
) -> City:
    """Return two communities of crooked streets and several thousand households.

    Parameters
    ----------
    seed
        The same seed gives the same town, turned by some angle.
    river
        A river with one bridge; the other streets end at its banks.
    carriageways
        One street as two carriageways of 12 m with a roundabout.
    """
    rng = np.random.default_rng(seed)
    width, height = rng.uniform(650, 1000), rng.uniform(500, 800)
    split, bend = width * rng.uniform(0.4, 0.6), rng.uniform(-25, 25)
    middle = [(split, 0), (split + bend, height / 2), (split, height)]
    left = shapely.Polygon([(0, 0), *middle, (0, height)])
    right = shapely.Polygon([*middle, (width, height), (width, 0)])
    bank = width * rng.uniform(0.7, 0.8)
    water = box(bank, -20, bank + 35, height + 20) if river else None
    layers = {
        "communities": communities(left, right),
        "streets": _random_streets(rng, width, height, water, carriageways=carriageways),
        "households": _random_homes(rng, width, height, water, residents=residents),
    }
    if water is not None:
        layers["barriers"] = barriers(("河流", "清河", water))
    layers |= {"compounds": _random_compounds(rng, width, height)} if compounds else {}
    layers |= {"buildings": _houses(layers["households"])} if buildings else {}
    layers |= {"facilities": _random_schools(rng, width, height)} if schools else {}
    angle = rng.uniform(-40, 40)
    return City({role: _turned(told, angle) for role, told in layers.items()})


def _turned(told: gpd.GeoDataFrame, angle: float) -> gpd.GeoDataFrame:
    return told.set_geometry([rotate(shape, angle, origin=ORIGIN) for shape in told.geometry])


def _positions(rng: np.random.Generator, length: float) -> list[float]:
    """Return where streets cross a side: 90 to 260 m apart."""
    at = np.cumsum(rng.uniform(90, 260, size=20))
    return [float(x) for x in at if x < length - 60]


def _random_streets(
    rng: np.random.Generator,
    width: float,
    height: float,
    water: Polygon | None,
    *,
    carriageways: bool,
) -> gpd.GeoDataFrame:
    kinds = ["主干路", "次干路", "支路", "支路", "小区路"]
    lines: list[tuple[str, str, Any]] = []
    for n, x in enumerate(_positions(rng, width)):
        lean = rng.uniform(-20, 20)
        lines.append((str(rng.choice(kinds)), f"纵{n}路", [(x, -15), (x + lean, height + 15)]))
    for n, y in enumerate(_positions(rng, height)):
        lean = rng.uniform(-20, 20)
        road = LineString([(-15, y), (width + 15, y + lean)])
        dry = road.difference(water) if water is not None and n else road
        lines += [
            (str(rng.choice(kinds)), f"横{n}路", list(part.coords))
            for part in shapely.get_parts(dry)
        ]
    if carriageways:
        y = height / 2 + 7.3
        lines += [
            ("主干路", "大道", [(-15, y), (width + 15, y)]),
            ("主干路", "大道", [(width + 15, y + 12), (-15, y + 12)]),
            ("主干路", "环岛", shapely.get_coordinates(Point(width * 0.3, y + 6).buffer(18))),
        ]
    return streets(*lines)


def _random_homes(
    rng: np.random.Generator, width: float, height: float, water: Polygon | None, *, residents: bool
) -> gpd.GeoDataFrame:
    rows = lattice(0, 0, width, height, step=36, count=1)
    xy = np.array([row[:2] for row in rows]) + rng.uniform(-14, 14, size=(len(rows), 2))
    points = shapely.points(xy)
    dry = np.ones(len(rows), dtype=bool) if water is None else ~shapely.dwithin(points, water, 5)
    counts = rng.integers(1, 13, size=len(rows))
    kept = [(*xy[i], int(counts[i])) for i in np.flatnonzero(dry)]
    kept += [(-70.0, -80.0, 5), (width + 90.0, 40.0, 3)]
    people = [round(2.6 * count) for *_, count in kept] if residents else None
    return households(*kept, residents=people)


def _random_compounds(rng: np.random.Generator, width: float, height: float) -> gpd.GeoDataFrame:
    """Return four yards that do not overlap, one in each strip of the town."""
    size, side = 4, 90
    strip = width / size
    shapes = [
        box(x, y, x + min(side, strip - 30), y + side)
        for x, y in zip(
            np.arange(size) * strip + rng.uniform(0, 20, size),
            rng.uniform(10, height - side - 10, size),
            strict=True,
        )
    ]
    return areas(*shapes, names=[f"{n}苑" for n in range(1, size + 1)])


def _houses(homes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a building of 12 m by 9 m around every second household point."""
    x, y = shapely.get_coordinates(homes.geometry.to_numpy()[::2]).T
    shapes = shapely.box(x - 6, y - 4, x + 6, y + 5)
    return gpd.GeoDataFrame(
        {"名称": [f"{n}栋" for n in range(len(shapes))]}, geometry=shapes, crs=CRS
    )


def _random_schools(rng: np.random.Generator, width: float, height: float) -> gpd.GeoDataFrame:
    grounds = [
        box(x, y, x + w, y + 110)
        for x, y, w in zip(
            rng.uniform([60, width / 2 + 30], [width / 2 - 200, width - 200]),
            rng.uniform(30, height - 150, 2),
            rng.uniform(90, 130, 2),
            strict=True,
        )
    ]
    return facilities(
        ("学校", "第一中学", grounds[0]),
        ("医院", "人民医院", grounds[1]),
        ("学校", "小学堂", Point(grounds[0].centroid.x, grounds[0].bounds[1] - 20)),
    )


def settings(**parts: Any) -> Settings:
    """Return settings with a short search: laws do not need the best partition."""
    search = replace(Settings().search, effort="fast")
    return Settings(**({"search": search} | parts))


def grids_by_household(plan: Plan) -> dict[str, str]:
    """Return the grid of each household by the name of the household."""
    return dict(zip(plan.households["name"], plan.households["grid"], strict=True))


def edges_m(atoms: Atoms) -> NDArray[np.float64]:
    """Return for each atom the metres of its borders in the border table."""
    borders = atoms.borders
    ends = np.concatenate([borders["left"], borders["right"]])
    metres = np.tile(borders["border_m"].to_numpy(), 2)
    return np.bincount(ends[ends >= 0], metres[ends >= 0], len(atoms.frame)).astype(np.float64)
