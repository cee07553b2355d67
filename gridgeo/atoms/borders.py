"""The table of the borders of a coverage: the streets on them, and what they follow elsewhere."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.atoms.lines import NamedLines
from gridgeo.geometry import Edges, Polygons, coverage_edges
from gridgeo.ground import (
    BESIDE_M,
    STEP_M,
    Lines,
    beside_streets,
    follows_of,
    kind_of_class,
    segments_of,
)
from gridgeo.model import BORDER_CLASSES, CROSSED_BY_STREETS_ONLY
from gridgeo.wording import FOLLOWED

#: A border is crossed where a crossing lies this near.
_AT_BORDER_M = 0.1
#: Several necks make up no more than this share of the barrier between two atoms.
_NECKS_SHARE = 0.05
#: Two polygons that share no more than this meet at a corner that noding drew out.
_CORNER_M = 1e-6
_NONE = BORDER_CLASSES.index("none")
_COLUMNS = [
    "left",
    "right",
    "border_m",
    "street_class",
    "street_name",
    "passable",
    "follows",
    "follows_name",
    "beside_street_m",
    "link",
]


def tabulate_borders(
    polygons: Polygons,
    named: NamedLines,
    crossings: NDArray[Any],
    lines: Lines,
    *,
    crs: CRS,
    within_m: float,
    neck_m: float = 0.0,
) -> gpd.GeoDataFrame:
    """Return the borders of a coverage as described in `gridgeo.model.Atoms`.

    Two polygons with several streets between them have a row for each class and name, and off the
    streets for each kind of `lines` that they follow; those that only meet at a corner have none.
    A border of water, rail or motorway is passable where one of the `crossings` (points) lies on
    it; all others are. What two polygons share beside it, off every street and up to `neck_m`
    long, counts to it: there a thin part was given to one of them.
    """
    edges = coverage_edges(polygons)
    rank, name = named.of(edges, within_m=within_m)
    table = pd.DataFrame(
        {
            "left": edges.left,
            "right": edges.right,
            "rank": rank,
            "street_name": name,
            "border_m": edges.length,
        }
    )
    shared_m = table.groupby(["left", "right"])["border_m"].transform("sum")
    real = (shared_m > _CORNER_M).to_numpy()
    edges, table = edges.take(real), table[real]
    table = _with_necks(table, neck_m)
    table["follows"] = _follows(table, edges, lines)
    groups = table.groupby(["left", "right", "rank", "street_name", "follows"], sort=True)
    borders = groups["border_m"].sum().reset_index()
    borders["street_class"] = np.array(BORDER_CLASSES)[borders["rank"]]
    geometry = _joined(edges, groups.ngroup().to_numpy().astype(np.int64))
    borders["passable"] = _passable(borders, geometry, crossings)
    borders["follows_name"] = _names_of_followed(borders, geometry, lines)
    borders["beside_street_m"] = _beside_street_m(borders, geometry, lines)
    borders["link"] = False
    return gpd.GeoDataFrame(borders[_COLUMNS], geometry=geometry, crs=crs)


def _follows(table: pd.DataFrame, edges: Edges, lines: Lines) -> NDArray[np.object_]:
    """Return what each edge follows for most of its length, ``""`` on the rim."""
    kind = np.array([kind_of_class(name) for name in BORDER_CLASSES], dtype=object)
    follows = kind[table["rank"]]
    bare = (table["rank"] == _NONE).to_numpy()
    inner = np.flatnonzero(bare & (table["right"] >= 0).to_numpy())
    follows[bare] = ""
    if len(inner):
        most = follows_of(edges.lines[inner], lines).metres.argmax(axis=1)
        follows[inner] = np.array(list(FOLLOWED), dtype=object)[most]
    return np.asarray(follows)


def _names_of_followed(
    borders: pd.DataFrame, geometry: NDArray[Any], lines: Lines
) -> NDArray[np.object_]:
    """Return the name of what each border follows off the streets, ``""`` where it has none.

    Of gaps between buildings and of open ground it is the nearest building or compound with a
    name, up to 60 m away.
    """
    names = np.full(len(borders), "", dtype=object)
    off = (borders["street_class"] == "none").to_numpy()
    for kind, layers in (
        (("street", "path"), [lines.streets]),
        (("rail", "wall", "water"), [lines.barriers]),
        (("compound",), [lines.compounds]),
        (("building_gap", "open"), [lines.buildings, lines.compounds]),
    ):
        rows = np.flatnonzero(off & borders["follows"].isin(kind).to_numpy())
        for layer in layers:
            left = rows[names[rows] == ""]
            names[left] = _nearest_names(geometry[left], layer)
    return names


def _nearest_names(lines: NDArray[Any], layer: gpd.GeoDataFrame | None) -> NDArray[np.object_]:
    """Return the name of what lies nearest to each line among a layer, the first by name."""
    names = np.full(len(lines), "", dtype=object)
    if layer is None or "name" not in layer.columns:
        return names
    there = layer[layer["name"].fillna("").astype(str) != ""].sort_values("name", kind="stable")
    line, shape = shapely.STRtree(there.geometry.to_numpy()).query_nearest(
        lines, max_distance=BESIDE_M
    )
    first = np.lexsort((shape, line))
    _, at = np.unique(line[first], return_index=True)
    names[line[first][at]] = there["name"].to_numpy(dtype=object)[shape[first][at]]
    return names


def _beside_street_m(
    borders: pd.DataFrame, geometry: NDArray[Any], lines: Lines
) -> NDArray[np.float64]:
    """Return the metres of each border through open ground although a street lies beside it."""
    metres = np.zeros(len(borders))
    rows = np.flatnonzero(borders["follows"] == "open")
    steps = segments_of(geometry[rows]).in_steps(STEP_M)
    metres[rows] = beside_streets(steps, lines.streets).of_lines(len(rows))
    return metres


def _with_necks(table: pd.DataFrame, neck_m: float) -> pd.DataFrame:
    """Return the edges with the rank and name of the barrier that short edges beside it have."""
    bare = table["rank"] == _NONE
    barred = table["rank"].isin([BORDER_CLASSES.index(c) for c in CROSSED_BY_STREETS_ONLY])
    pair = [table["left"], table["right"]]
    bare_m, barred_m = (
        table["border_m"].where(edges, 0.0).groupby(pair).transform("sum")
        for edges in (bare, barred)
    )
    several = (bare_m <= _NECKS_SHARE * barred_m) & (table["border_m"] <= neck_m)
    barrier = table[["rank", "street_name"]].where(barred).groupby(pair).transform("first")
    neck = bare & ((bare_m <= neck_m) | several) & barrier["rank"].notna()
    return table.assign(
        rank=table["rank"].mask(neck, barrier["rank"]).astype(np.int64),
        street_name=table["street_name"].mask(neck, barrier["street_name"]),
    )


def _joined(edges: Edges, group: NDArray[np.int64]) -> NDArray[Any]:
    """Return one line (or several) per group, directed as the edges are."""
    order = np.argsort(group, kind="stable")
    bundles = shapely.multilinestrings(edges.lines[order], indices=group[order])
    return np.asarray(shapely.line_merge(bundles, directed=True), dtype=object)


def _passable(
    borders: pd.DataFrame, geometry: NDArray[Any], crossings: NDArray[Any]
) -> NDArray[np.bool_]:
    barrier = borders["street_class"].isin(CROSSED_BY_STREETS_ONLY).to_numpy()
    passable = ~barrier
    if len(crossings) and barrier.any():
        where = np.flatnonzero(barrier)
        tree = shapely.STRtree(geometry[where])
        _, hit = tree.query(crossings, predicate="dwithin", distance=_AT_BORDER_M)
        passable[where[np.unique(hit)]] = True
    return passable
