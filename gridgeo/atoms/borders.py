"""The border table: for each pair of atoms its metres, by class and name of the street on it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from gridgeo.atoms.named import NamedLines
from gridgeo.atoms.segments import Edges, Polygons, coverage_edges
from gridgeo.model import BORDER_CLASSES, CROSSED_BY_STREETS_ONLY

#: A border is crossed where a crossing lies this near.
AT_BORDER_M = 0.1
#: Two polygons that share no more than this meet at a corner that noding drew out.
CORNER_M = 1e-6


def tabulate_borders(
    polygons: Polygons,
    named: NamedLines,
    crossings: NDArray[Any],
    *,
    crs: CRS,
    within_m: float,
) -> gpd.GeoDataFrame:
    """Return the borders of a coverage as described in `gridgeo.model.Atoms`.

    Two polygons with several streets between them have a row for each class and name; those that
    only meet at a corner have none. A border
    of water, rail or motorway is passable where one of the `crossings` (points) lies on it; all
    others are.
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
    real = (shared_m > CORNER_M).to_numpy()
    edges, table = edges.take(real), table[real]
    groups = table.groupby(["left", "right", "rank", "street_name"], sort=True)
    borders = groups["border_m"].sum().reset_index()
    borders["street_class"] = np.array(BORDER_CLASSES)[borders["rank"]]
    geometry = _joined(edges, groups.ngroup().to_numpy().astype(np.int64))
    borders["passable"] = _passable(borders, geometry, crossings)
    columns = ["left", "right", "border_m", "street_class", "street_name", "passable"]
    return gpd.GeoDataFrame(borders[columns], geometry=geometry, crs=crs)


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
        _, hit = tree.query(crossings, predicate="dwithin", distance=AT_BORDER_M)
        passable[where[np.unique(hit)]] = True
    return passable
