"""Counts of a place at a point inside it, or spread over the buildings that stand in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.read.areas import Area
from gridgeo.read.context import Ground
from gridgeo.read.figures import apportion
from gridgeo.text import Text


def spread(
    attributes: pd.DataFrame,
    placed: pd.Series[int],
    area: Area,
    areas: Mapping[str, Sequence[Area]],
    ground: Ground,
) -> gpd.GeoDataFrame:
    """Return the counts at their places, one row for each place or each building in it.

    What several rows say of one place is added up. A compound with several buildings inside is
    spread over them by footprint times storeys (largest remainder, so nothing is lost); any
    other place counts at a point inside it.
    """
    sums = attributes.groupby(placed)[["households", "residents"]].sum(min_count=1)
    texts = attributes.groupby(placed)[["group", "name"]].agg(_common)
    places = area.frame.loc[sums.index]
    rows = sums.join(texts)
    rows["name"] = rows["name"].where(rows["name"] != "", places["name"])
    if area.raw.role == "compounds":
        rows["group"] = rows["group"].where(rows["group"] != "", places["name"])
    buildings = [found.frame for found in areas.get("buildings", ())]
    if area.raw.role != "compounds" or not buildings:
        return _at_inner_points(rows, places)
    return _over_buildings(rows, places, pd.concat(buildings, ignore_index=True), ground)


def _common(values: pd.Series[str]) -> str:
    """Return the one value that all rows share, ``""`` where they differ."""
    return str(values.iloc[0]) if values.nunique() == 1 else ""


def _at_inner_points(rows: pd.DataFrame, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    inner = shapely.point_on_surface(places.geometry.to_numpy())
    return gpd.GeoDataFrame(rows, geometry=inner, crs=places.crs)


def _over_buildings(
    rows: pd.DataFrame, places: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, ground: Ground
) -> gpd.GeoDataFrame:
    inner = shapely.point_on_surface(buildings.geometry.to_numpy())
    at, inside = _buildings_of(places, inner)
    number = np.bincount(at, minlength=len(places))
    at, inside = at[number[at] > 1], inside[number[at] > 1]
    whole = _at_inner_points(rows[number <= 1], places[number <= 1])
    if not len(at):
        return whole
    shared = rows.take(at).reset_index(drop=True)
    weight = _floor_area(buildings)[inside]
    for name in ("households", "residents"):
        shared[name] = _split(shared[name].to_numpy(dtype=np.float64), at, weight)
    names = buildings["name"].to_numpy()[inside]
    shared["name"] = np.where(names != "", names, shared["name"])
    ground.journal.say(
        "households",
        Text(
            f"the households of {(number > 1).sum()} compounds are spread over {len(at)} "
            "buildings inside them, by footprint and storeys",
            f"{(number > 1).sum()} 个小区的户数按占地面积和层数分摊到其中 {len(at)} 栋楼",
        ),
    )
    placed = gpd.GeoDataFrame(shared, geometry=inner[inside], crs=places.crs)
    inhabited = (placed["households"] > 0) | (placed["residents"] > 0)
    return gpd.GeoDataFrame(pd.concat([whole, placed[inhabited]]), crs=places.crs)


def _buildings_of(
    places: gpd.GeoDataFrame, inner: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return place and building of each building inside a place, west to east in each."""
    at, inside = shapely.STRtree(inner).query(places.geometry.to_numpy(), predicate="intersects")
    order = np.lexsort((shapely.get_y(inner[inside]), shapely.get_x(inner[inside]), at))
    return at[order], inside[order]


def _floor_area(buildings: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return footprint times storeys; unknown storeys are the median of the known ones, or 1."""
    known = buildings["floors"].dropna()
    floors = buildings["floors"].fillna(known.median() if len(known) else 1.0)
    return np.asarray(buildings.area * floors, dtype=np.float64)


def _split(
    totals: NDArray[np.float64], at: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Split the total that the rows of one place repeat between these rows."""
    out = np.full(len(at), np.nan)
    for start, stop in pairwise(np.flatnonzero(np.diff(at, prepend=-1, append=-1))):
        total, share = totals[start], weights[start:stop]
        if not np.isnan(total):
            whole = total.is_integer()
            out[start:stop] = apportion(int(total), share) if whole else total * share / share.sum()
    return out
