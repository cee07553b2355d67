"""A town in which every check finds something: the messages in ``checks.md`` are about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gridgeo.config import Band
from gridgeo.validate import Subject

A, B = "420102001001", "420102001905"
CRS = 32650
#: The band, with a limit that two of its grids break.
LIMITS = Band(most_area_ha=0.95, most_walk_m=500)


def broken_town() -> Subject:
    """Return two communities of 200 x 100 m whose grids break every rule."""
    ring = Polygon(
        [(0, 0), (100, 0), (100, 100), (0, 100)], [[(40, 40), (60, 40), (60, 60), (40, 60)]]
    )
    bow_tie = Polygon([(300, 0), (400, 100), (400, 0), (300, 100)])
    corners = MultiPolygon([box(100, 0, 140, 50), box(140, 50, 197, 100)])
    grids: list[tuple[Any, ...]] = [
        (A + "001", "甲1", "basic", A, 620, ring),
        (A + "002", "甲2", "basic", A, 120, box(40, 40, 60, 60)),
        (A + "002", "甲2", "basic", A, 400, corners),
        (A + "111", "甲4", "office", A, 350, box(140, 0, 200, 50)),
        (B + "001", "乙1", "basic", B, 390, box(195, 0, 300, 100)),
        (A + "009", "乙2", "basic", B, 400, bow_tie),
        ("7", "", "basic", "", np.nan, box(395, 0, 410, 20)),
        (B + "801", "校园", "dedicated", B, 80, box(380, 50, 387, 90)),
    ]
    columns = ["code", "name", "kind", "community", "households", "geometry"]
    frame = _frame({n: [row[k] for row in grids] for k, n in enumerate(columns)})
    return Subject(
        grids=frame.assign(
            residents=np.nan,
            area_stated=[9600.0, 400.0, np.nan, 3000.0, 9000.0, np.nan, 300.0, 280.0],
            counted_on=["2026-06", "2026-06-30", "", "2023", "2026-06", "", "旧", ""],
        ),
        communities=_frame(
            {"code": [A, B], "name": ["甲", "乙"],
             "geometry": [box(0, 0, 200, 100), box(200, 0, 400, 100)]}
        ),
        households=_points(
            [(20, 20), (197, 20), (250, 20), (250, 50), (900, 900)], [620, 60, 90, 300, 5]
        ),
        barriers=_frame({"geometry": [box(190, 30, 310, 40)]}),
        streets=_frame({"geometry": [LineString([(-9, -50), (-9, 150)])]}),
        compounds=_frame({"name": ["如意小区"], "geometry": [box(65, 5, 135, 50)]}),
        buildings=_frame({"name": ["8号楼"], "geometry": [box(90, 20, 115, 30)]}),
        facilities=_frame(
            {"name": ["市第一中学"], "dedicated": [True],
             "reason_en": ["its 8,500 m2 reach the 8,000 m2 of schools"],
             "reason_zh": ["占地 8,500 平方米，达到学校 8,000 平方米的标准"],
             "geometry": [box(205, 5, 295, 99)]}
        ),
        register=_register(),
        households_in=1200,
        households_listed=0,
    )  # fmt: skip


def _frame(columns: dict[str, Sequence[Any]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry="geometry", crs=CRS)


def _points(places: list[tuple[int, int]], households: list[int]) -> gpd.GeoDataFrame:
    stated = [A + "001", A + "111", B + "001", B + "001", ""]
    columns = {"households": households, "residents": np.nan, "grid": stated}
    return gpd.GeoDataFrame(columns, geometry=[Point(*place) for place in places], crs=CRS)


def _register() -> gpd.GeoDataFrame:
    return _frame(
        {
            "code": [A + "001", A + "002", A + "003", B + "001", B + "007"],
            "status": ["active", "retired", "active", "active", "active"],
            "valid_to": ["", "2025-06-30", "", "", ""],
            "successors": ["", A + "003", "", "", ""],
            "geometry": [box(150, 0, 200, 100), box(40, 40, 60, 60), box(0, 0, 9, 9),
                         box(200, 0, 300, 100), box(300, 0, 400, 100)],
        }
    )  # fmt: skip
