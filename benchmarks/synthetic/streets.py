"""Streets of a synthetic township, ranked, with omissions; its river and railway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.synthetic.ground import CRS
from benchmarks.synthetic.township import Township

#: Half the width, in cells, of an arterial road (two carriageways), of a river with its banks
#: and of a railway with the streets beside it.
CARRIAGEWAY, WATER, BANK, BESIDE_RAIL = 0.09, 0.38, 0.45, 0.2
#: Share of the local streets that were never built, and of the collectors that cross a barrier.
UNBUILT, CROSSING = 0.15, 0.5
RANKS = np.array(["", "支路", "次干路", "主干路", "巷"])
NONE, LOCAL, COLLECTOR, ARTERIAL, LANE = range(5)

Flat = NDArray[np.float64]


@dataclass(frozen=True)
class Lattice:
    """The edges of the cells along one axis: where each starts, its rank, and its number.

    For axis 0 an edge runs along u, on the line v; for axis 1 along v, on the line u.
    """

    axis: int
    line: NDArray[np.int64]
    start: NDArray[np.int64]
    rank: NDArray[np.int64]


def lattice(town: Township, axis: int) -> Lattice:
    """Return the southern (axis 0) or western (axis 1) edges of the cells of a township."""
    u, v = town.cells
    line, start = (v, u) if axis == 0 else (u, v)
    community = town.community if axis == 0 else town.community.T
    beside = np.roll(community, 1, axis=1)
    divides = (community != beside) if axis == 0 else (community != beside).T
    built = town.ground.chance("built", axis, u, v) >= UNBUILT
    rank = np.where(built, LOCAL, NONE)
    rank = np.where(divides.ravel(), COLLECTOR, rank)
    rank = np.where(line % town.side == 0, ARTERIAL, rank)
    return Lattice(axis=axis, line=line, start=start, rank=rank)


def streets_of(town: Township, lanes: NDArray[np.bool_]) -> gpd.GeoDataFrame:
    """Return the streets of a township; `lanes` says which cells have one through the middle."""
    edges = [lattice(town, axis) for axis in (0, 1)]
    u, v = town.cells
    pieces = [_pieces(town, edge) for edge in edges]
    pieces.append(_lane_pieces(u[lanes], v[lanes], town))
    drawn, rank, name = (np.concatenate(part) for part in zip(*pieces, strict=True))
    return gpd.GeoDataFrame(
        {"道路名称": name, "道路等级": RANKS[rank]},
        geometry=town.ground.bend_all(drawn),
        crs=CRS,
    )


def barriers_of(town: Township) -> gpd.GeoDataFrame:
    """Return the river and the railway along the edges of a township."""
    shapes: list[Any] = []
    names: list[str] = []
    (west, south), side = town.low, town.side
    along = np.arange(0, side + 0.1, 0.5)
    if town.has_river(south):
        near, far = (
            np.column_stack([west + along, np.full(len(along), south + d)]) for d in (-WATER, WATER)
        )
        shapes.append(shapely.polygons(np.concatenate([near, far[::-1]])))
        names.append("河流")
    if town.has_railway(west):
        rail = np.column_stack([np.full(len(along), west), south + along])
        shapes.append(shapely.linestrings(rail))
        names.append("铁路")
    drawn = town.ground.bend_all(np.array(shapes, dtype=object)) if shapes else []
    return gpd.GeoDataFrame({"类型": names}, geometry=list(drawn), crs=CRS)


def _pieces(town: Township, edges: Lattice) -> tuple[NDArray[Any], Any, Any]:
    """Return lines on the plane, their ranks and names; arterial roads as two carriageways."""
    barred = town.has_river(edges.line) if edges.axis == 0 else town.has_railway(edges.line)
    offset = BANK if edges.axis == 0 else BESIDE_RAIL
    rank = np.where(barred, COLLECTOR, edges.rank)
    double = rank == ARTERIAL
    aside = np.where(barred, offset, np.where(double, CARRIAGEWAY, 0.0))
    rows = np.flatnonzero(rank != NONE)
    both = np.concatenate([rows, rows[(double | barred)[rows]]])
    sign = np.where(np.arange(len(both)) < len(rows), 1.0, -1.0)
    low, high = _ends(town, edges, rank)
    across = edges.line[both] + sign * aside[both]
    names = _names(town, edges.axis, edges.line[both])
    return _lines(edges.axis, across, low[both], high[both]), rank[both], names


def _ends(town: Township, edges: Lattice, rank: NDArray[np.int64]) -> tuple[Flat, Flat]:
    """Return where each edge starts and ends: short of a barrier that it does not cross."""
    chosen = town.ground.chance("crosses", edges.axis, edges.line)
    crosses = (rank == ARTERIAL) | ((rank == COLLECTOR) & (chosen < CROSSING))
    barred = town.has_railway if edges.axis == 0 else town.has_river
    kept = BESIDE_RAIL if edges.axis == 0 else BANK
    gaps = []
    for corner in (edges.start, edges.start + 1):
        arterial = (corner % town.side == 0) & (rank == LOCAL)
        gaps.append(np.where(barred(corner) & ~crosses, kept, np.where(arterial, CARRIAGEWAY, 0)))
    return edges.start + gaps[0], edges.start + 1 - gaps[1]


def _lane_pieces(u: Any, v: Any, town: Township) -> tuple[NDArray[Any], Any, Any]:
    low = v + np.where(town.has_river(v), BANK, 0.0)
    high = v + 1 - np.where(town.has_river(v + 1), BANK, 0.0)
    lines = _lines(1, u + 0.5, low, high)
    names = [f"{a}里{b % town.side + 1}巷" for a, b in zip(u, v, strict=True)]
    return lines, np.full(len(u), LANE), np.array(names, dtype=object)


def _lines(axis: int, across: Flat, low: Flat, high: Flat) -> NDArray[Any]:
    """Return lines of three vertices along `axis`, from `low` to `high`."""
    along = np.column_stack([low, (low + high) / 2, high])
    beside = np.repeat(across[:, None], 3, axis=1)
    pair = (along, beside) if axis == 0 else (beside, along)
    return np.asarray(shapely.linestrings(np.stack(pair, axis=2)))


def _names(town: Township, axis: int, line: NDArray[np.int64]) -> NDArray[Any]:
    """Return the name of the street on each line: one name runs through the whole township."""
    way = ("路", "街")[axis]
    first = "东西南北中和平安康乐文明新华光复兴"
    second = "平安宁泰兴盛隆昌达通顺利和祥瑞福"
    chosen = town.ground.chance("name", axis, line, town.number)
    picked = (chosen * len(first) * len(second)).astype(np.int64)
    names = [
        f"{first[p // len(second)]}{second[p % len(second)]}{n % town.side + 1}{way}"
        for p, n in zip(picked, line, strict=True)
    ]
    return np.array(names, dtype=object)
