"""What a grid contains: compounds, groups, buildings or address ranges."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.describe.addresses import street_ranges
from gridgeo.text import Lang, Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: Beyond this number the rest is counted.
MOST_LISTED = 8


def contains(
    grids: gpd.GeoDataFrame,
    compounds: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    households: gpd.GeoDataFrame,
    *,
    lang: Lang,
) -> pd.Series[str]:
    """Return what each grid contains, in a few names; the index is that of `grids`.

    The first of these that gives any name: compounds (小区) whose inner point lies in the grid,
    largest first; groups of its household points, most households first; its named buildings,
    largest first; the addresses of its household points as one range by street. Beyond eight
    names the rest is counted. A point on a border counts for the first grid that it touches.

    Parameters
    ----------
    grids
        Polygons; the other layers are in the same projected CRS.
    compounds, buildings
        name and polygons.
    households
        households, group, name and points.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import Point, box
    >>> grids = gpd.GeoDataFrame(geometry=[box(0, 0, 9, 9)])
    >>> nothing = gpd.GeoDataFrame({"name": []}, geometry=[])
    >>> doors = {"households": [3, 2], "group": "", "name": ["7 Elm St", "11 Elm St"]}
    >>> doors = gpd.GeoDataFrame(doors, geometry=[Point(1, 1), Point(2, 2)])
    >>> contains(grids, nothing, nothing, doors, lang="en").tolist()
    ['Elm St 7-11']
    """
    tree = shapely.STRtree(grids.geometry.to_numpy())
    home = _grid_of(tree, households.geometry.to_numpy())
    size = households["households"].to_numpy(dtype=np.float64)
    sources = (
        _polygons(tree, compounds),
        _ranked(home, households["group"], size),
        _polygons(tree, buildings),
        _addresses(home, households["name"], size),
    )
    told: dict[Hashable, str] = {}
    for rows in sources:
        grid, first = np.unique(rows["grid"].to_numpy(dtype=np.intp), return_index=True)
        names = np.split(rows["name"].to_numpy(dtype=object), first[1:])
        for row, own in zip(grid.tolist(), names, strict=False):
            told.setdefault(row, _listed(own.tolist(), lang))
    texts = [told.get(row, "") for row in range(len(grids))]
    return pd.Series(texts, index=grids.index, name="contains", dtype=object)


def _grid_of(tree: shapely.STRtree, points: NDArray[Any]) -> NDArray[np.intp]:
    """Return the first grid that each point touches, -1 for none."""
    point, grid = tree.query(points, predicate="intersects")
    order = np.lexsort((grid, point))[::-1]
    home = np.full(len(points), -1, dtype=np.intp)
    home[point[order]] = grid[order]
    return home


def _polygons(tree: shapely.STRtree, layer: gpd.GeoDataFrame) -> pd.DataFrame:
    geometry = layer.geometry.to_numpy()
    home = _grid_of(tree, shapely.point_on_surface(geometry))
    return _ranked(home, layer["name"], np.rint(shapely.area(geometry)))


def _ranked(home: NDArray[np.intp], names: pd.Series[str], size: NDArray[Any]) -> pd.DataFrame:
    """Return grid and name once each, the greatest first."""
    rows = pd.DataFrame({"grid": home, "name": names.to_numpy(), "size": size})
    rows = rows[(rows["grid"] >= 0) & (rows["name"] != "")]
    once = rows.groupby(["grid", "name"])["size"].sum().reset_index()
    return once.sort_values(["grid", "size", "name"], ascending=[True, False, True])


def _addresses(home: NDArray[np.intp], names: pd.Series[str], size: NDArray[Any]) -> pd.DataFrame:
    rows = pd.DataFrame({"grid": home, "name": names.to_numpy(), "size": size})
    rows = rows[(rows["grid"] >= 0) & (rows["name"] != "")]
    ranges = [
        (grid, text, households)
        for grid, own in rows.groupby("grid")
        for text, households in street_ranges(own["name"].tolist(), own["size"].tolist())
    ]
    told = pd.DataFrame(ranges, columns=["grid", "name", "size"])
    return told.sort_values(["grid", "size", "name"], ascending=[True, False, True])


def _listed(names: list[str], lang: Lang) -> str:
    shown, more = names[:MOST_LISTED], len(names) - MOST_LISTED
    en = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    zh = "、".join(shown) + (f"等 {len(names)} 处" if more > 0 else "")
    return Text(en, zh).say(lang)
