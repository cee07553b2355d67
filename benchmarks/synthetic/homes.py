"""Who lives and works in the cells of a synthetic township."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.synthetic.ground import CRS
from benchmarks.synthetic.streets import BANK, BESIDE_RAIL
from benchmarks.synthetic.township import Township

#: Shares of the cells: facilities, towers; the rest are low houses along lanes.
FACILITIES, TOWERS = 0.07, 0.32
#: Share of the low-rise cells that are a compound (小区) with a wall around it.
WALLED = 0.3
#: Nothing is built this near to the edge of a cell (in cells).
MARGIN = 0.13
#: Half the sides of houses, in cells: low houses lie along v, towers are square.
LOW_HOUSE, TOWER = (0.05, 0.07), (0.09, 0.09)
KINDS = ("小学", "公园", "医院", "写字楼", "购物中心", "产业园区")
KIND_SHARES = (0.3, 0.55, 0.62, 0.75, 0.85, 1.0)


@dataclass(frozen=True)
class Use:
    """What the cells of a township are used for (masks over its cells), and where they are free.

    ``west``, ``south``, ``east``, ``north`` bound the ground of each cell that can be built on.
    """

    town: Township
    facility: NDArray[np.bool_]
    towers: NDArray[np.bool_]
    low: NDArray[np.bool_]
    walled: NDArray[np.bool_]
    west: NDArray[np.float64]
    south: NDArray[np.float64]
    east: NDArray[np.float64]
    north: NDArray[np.float64]

    @classmethod
    def of(cls, town: Township) -> Use:
        """Decide the use of the cells."""
        u, v = town.cells
        drawn = town.ground.chance("use", u, v)
        low = drawn >= TOWERS
        rail, bank = BESIDE_RAIL + 0.05, BANK + 0.05
        return cls(
            town=town,
            facility=drawn < FACILITIES,
            towers=(drawn >= FACILITIES) & ~low,
            low=low,
            walled=low & (town.ground.chance("walled", u, v) < WALLED),
            west=u + np.where(town.has_railway(u), rail, MARGIN),
            south=v + np.where(town.has_river(v), bank, MARGIN),
            east=u + 1 - np.where(town.has_railway(u + 1), rail, MARGIN),
            north=v + 1 - np.where(town.has_river(v + 1), bank, MARGIN),
        )

    def boxes(self, which: NDArray[np.bool_]) -> NDArray[Any]:
        """Return the ground that can be built on of some cells, in metres."""
        sides = (self.west, self.south, self.east, self.north)
        return self.town.ground.bend_all(shapely.box(*(side[which] for side in sides)))


def compounds_of(use: Use) -> gpd.GeoDataFrame:
    """Return the compounds: towers, and walled low houses."""
    which = use.towers | use.walled
    numbers = np.flatnonzero(which) + 1
    names = [f"{use.town.number + 1}街{number}号小区" for number in numbers]
    return gpd.GeoDataFrame({"小区名称": names}, geometry=use.boxes(which), crs=CRS)


def facilities_of(use: Use) -> gpd.GeoDataFrame:
    """Return schools, parks, hospitals, offices, shops and parks of industry."""
    u, v = use.town.cells
    drawn = use.town.ground.chance("kind", u[use.facility], v[use.facility])
    kind = np.array(KINDS, dtype=object)[np.searchsorted(KIND_SHARES, drawn, side="right")]
    names = [f"{use.town.number + 1}街第{n + 1}{k}" for n, k in enumerate(kind)]
    people = np.where(kind == "小学", (200 + 1500 * drawn).astype(np.int64), 0)
    return gpd.GeoDataFrame(
        {"设施名称": names, "类别": kind, "学生数": people},
        geometry=use.boxes(use.facility),
        crs=CRS,
    )


def houses_of(use: Use) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the households, a point with a count for each house, and the houses themselves."""
    low, towers = _low_houses(use), _towers(use)
    place, households, floors, half = (
        np.concatenate(parts) for parts in zip(low, towers, strict=True)
    )
    homes = gpd.GeoDataFrame(
        {
            "地址": [f"{use.town.number + 1}街{n + 1}号楼" for n in range(len(place))],
            "户数": households,
            "常住人口": np.round(2.6 * households).astype(np.int64),
        },
        geometry=shapely.points(use.town.ground.bend(place)),
        crs=CRS,
    )
    outlines = use.town.ground.bend_all(shapely.box(*(place - half).T, *(place + half).T))
    buildings = gpd.GeoDataFrame(
        {"楼栋名称": homes["地址"], "层数": floors}, geometry=outlines, crs=CRS
    )
    return homes, buildings


def _low_houses(use: Use) -> tuple[Any, Any, Any, Any]:
    """Return places, households, floors and half sides of two rows of five houses in a cell."""
    cells = np.flatnonzero(use.low)
    cell, slot = np.repeat(cells, 10), np.tile(np.arange(10), len(cells))
    row, rank = slot // 5, slot % 5
    chance, u, v = use.town.ground.chance, *(c[cell] for c in use.town.cells)
    share = np.where(row == 0, 0.18, 0.82) + 0.04 * (chance("aside", u, v, slot) - 0.5)
    along = 0.1 + 0.2 * rank + 0.02 * (chance("along", u, v, slot) - 0.5)
    households = (4 + 14 * chance("count", u, v, slot) * use.town.density).astype(np.int64)
    stands = chance("stands", u, v, slot) < 0.9
    place = _within(use, cell, share, along)[stands]
    size = len(place)
    return place, households[stands], np.full(size, 6), np.tile(LOW_HOUSE, (size, 1))


def _towers(use: Use) -> tuple[Any, Any, Any, Any]:
    """Return places, households, floors and half sides of up to three towers in a cell."""
    cells = np.flatnonzero(use.towers)
    cell, slot = np.repeat(cells, 3), np.tile(np.arange(3), len(cells))
    chance, u, v = use.town.ground.chance, *(c[cell] for c in use.town.cells)
    drawn = chance("count", u, v, slot)
    households = ((50 + 110 * drawn) * use.town.density).astype(np.int64)
    households = np.where(drawn > 0.98, 2 * households, households)
    stands = chance("stands", u, v, slot) < 0.83
    share = np.array([0.22, 0.78, 0.5])[slot]
    along = np.array([0.25, 0.3, 0.78])[slot] + 0.06 * (chance("along", u, v, slot) - 0.5)
    place = _within(use, cell, share, along)[stands]
    floors = (18 + 15 * drawn[stands]).astype(np.int64)
    return place, households[stands], floors, np.tile(TOWER, (len(place), 1))


def _within(use: Use, cell: Any, share: Any, along: Any) -> NDArray[np.float64]:
    """Return positions on the plane by their share of the free ground of their cell."""
    u = use.west[cell] + share * (use.east - use.west)[cell]
    v = use.south[cell] + along * (use.north - use.south)[cell]
    return np.column_stack([u, v])
