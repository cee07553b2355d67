"""A small finished plan, built by hand: two communities, five grids, every layer filled."""

from collections.abc import Sequence
from typing import Literal

import geopandas as gpd
import numpy as np
from shapely import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from gridgeo.config import Band, ReadRules, Settings, Source
from gridgeo.model import Finding, Note, Plan, Reject, layer_frame
from gridgeo.wording import Text

CRS = "EPSG:4547"
X, Y = 531_000.0, 3_386_000.0
SIDE = 300.0
#: Scripts, handlers, template literals, closing tags, quotes, marks that turn the direction, Typst.
HOSTILE = (
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(2)">',
    "`${alert(3)}`",
    "</svg></style></table><b>",
    "\"';${a}\\u{41}",
    "\u202e倒\u202c",
    '#panic("x") #import "a.typ" $x$ *粗* _i_ = h @l',
)
#: column, row, width and height in squares; kind; households; verdict
_GRIDS = (
    ("420102001001001", 0, 1, 1, 1, "basic", 320, "in_band"),
    ("420102001001002", 1, 1, 1, 1, "basic", 510, "over"),
    ("420102001001003", 0, 0, 1, 1, "basic", 290, "under"),
    ("420102001001801", 1, 0, 1, 1, "dedicated", 0, "dedicated"),
    ("420102001002001", 2, 0, 1, 2, "basic", 120, "small"),
)


def square(column: float, row: float, width: float = 1, height: float = 1) -> Polygon:
    west, south = X + SIDE * column, Y + SIDE * row
    return box(west, south, west + SIDE * width, south + SIDE * height)


def build_plan(*, names: Sequence[str] = (), lang: Literal["zh", "en"] = "zh") -> Plan:
    """Return the plan; `names` replace the names of the grids."""
    codes = [grid[0] for grid in _GRIDS]
    named = [*names, *(f"第{n}网格" for n in range(len(names), 5))][:5]
    shapes = [square(*grid[1:5]) for grid in _GRIDS]
    atoms = [square(c, r) for c, r in ((0, 1), (1, 1), (0, 0), (1, 0), (2, 0), (2, 1))]
    atom_grids = [*codes, codes[-1]]
    return Plan(
        settings=Settings(
            lang=lang,
            band=Band(lower=300, upper=500),
            read=ReadRules(
                inputs={"streets": (Source(path="城.gpkg", layer="道路"),)},
                columns={"households.households": "户数"},
            ),
        ),
        communities=_frame(
            "communities",
            [square(0, 0, 2, 2), square(2, 0, 1, 2)],
            code=["420102001001", "420102001002"],
            name=["江汉社区", "临江社区"],
            households=[1120, 120],
            residents=np.nan,
            grids=[3, 1],
            verdict=["not_found", "small"],
            reason=["2 个网格未达标", "不足 300 户"],
            proof="",
            certificate="",
            gap=np.nan,
        ),
        grids=_frame(
            "grids",
            shapes,
            code=codes,
            scheme="cn15",
            name=named,
            kind=[grid[5] for grid in _GRIDS],
            community=[code[:12] for code in codes],
            community_name=["江汉社区"] * 4 + ["临江社区"],
            households=[grid[6] for grid in _GRIDS],
            residents=[900.0, 1300.0, 800.0, np.nan, 300.0],
            area_m2=[shape.area for shape in shapes],
            bounded_by="北至中山大道",
            contains="如意小区",
            verdict=[grid[7] for grid in _GRIDS],
            reason=["", "510 户", "290 户", "占地 9 公顷", "一个网格"],
            facility=["", "", "", "第一中学", ""],
        ),
        atoms=_frame(
            "atoms",
            atoms,
            grid=atom_grids,
            community=[code[:12] for code in atom_grids],
            households=[320, 510, 290, 0, 60, 60],
            residents=np.nan,
            kind="block",
            name="",
        ),
        borders=_frame(
            "borders",
            [LineString([(X + SIDE, Y + SIDE), (X + SIDE, Y + 2 * SIDE)])],
            left=[0],
            right=[1],
            border_m=[SIDE],
            street_class="local",
            street_name="江汉路",
            passable=True,
        ),
        households=_frame(
            "households",
            [shape.centroid for shape in atoms] + [Point(X - 50, Y - 50)],
            grid=[*atom_grids, ""],
            households=[320, 510, 290, 0, 60, 60, 7],
            residents=np.nan,
            group="",
            name="",
            reason=[""] * 6 + ["在所有社区之外"],
        ),
        considered=_frame(
            "considered",
            [square(1, 0), Point(X + 20, Y + 20)],
            kind=["school", "hospital"],
            name=["第一中学", "小诊所"],
            area_m2=[90_000.0, np.nan],
            dedicated=[True, False],
            grid=[codes[3], ""],
            reason=["占地达标", "未达标准"],
        ),
        streets=_frame(
            "streets",
            [
                LineString([(X, Y + SIDE), (X + 3 * SIDE, Y + SIDE)]),
                LineString([(X + SIDE, Y), (X + SIDE, Y + 2 * SIDE)]),
            ],
            street_class=["arterial", "local"],
            name=["中山大道", ""],
            cuts=True,
        ),
        barriers=_frame("barriers", [square(3, 0, 1, 2)], street_class=["water"], name=["汉江"]),
        findings=(
            Finding(
                rule="in_band",
                severity="warning",
                message=Text("510 households", "510 户"),
                grids=(codes[1],),
                where=shapes[1],
                amount=510.0,
                unit="households",
            ),
            Finding(
                rule="codes_unique",
                severity="error",
                message=Text("one code twice", "编码重复"),
                grids=(codes[0], codes[2]),
            ),
        ),
        rejects=(
            Reject("households", "户.xlsx", 3, "户数", "三百", Text("no number", "不是数字"), 0),
        ),
        notes=(Note("crs", Text("works in EPSG:4547", "工作坐标系 EPSG:4547")),),
        summary={
            "name": "江汉",
            "communities": 2,
            "in_band_share": 0.25,
            "street_share": 1.0,
            "households": {"in": 1247, "in_grids": 1240, "listed": 7},
            "area_difference_m2": 0.0,
        },
        run={"seconds": {"read": 0.1}, "inputs": {"城.gpkg::道路": "ab12"}},
    )


def _frame(layer: str, shapes: Sequence[BaseGeometry], **columns: object) -> gpd.GeoDataFrame:
    """Return a frame with the columns of `layer`; a single value stands for all rows."""
    rows = {
        name: value if isinstance(value, list) else [value] * len(shapes)
        for name, value in columns.items()
    }
    return layer_frame(layer, gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS))
