"""Tables without coordinates: rows find their compound, building, parcel or address by a key."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.errors import InputError
from gridgeo.read.areas import Area
from gridgeo.read.columns import ALIASES, find_all, missing_column
from gridgeo.read.context import Ground, RawLayer
from gridgeo.read.values import apportion, codes
from gridgeo.text import Text

_TARGETS = ("compounds", "buildings", "parcels", "addresses")


def match(
    raw: RawLayer, areas: Mapping[str, Sequence[Area]], ground: Ground
) -> tuple[pd.Series[int], Area]:
    """Return for each row of `raw` that finds one place the row of that place, and its layer.

    The layer and column that know most of the keys are taken (compounds before buildings,
    parcels and addresses). Keys that match nothing or several places go to the rejects.
    """
    columns = find_all(raw, "key", ground.rules)
    candidates = [
        (area, column)
        for role in _TARGETS
        for area in areas.get(role, ())
        for column in find_all(area.raw, "key", ground.rules)
    ]
    if not columns:
        raise missing_column(raw, "key")
    if not candidates:
        raise _nothing_to_join(raw, areas)
    keys = {column: _keys(raw, column, ground) for column in columns}
    known = [(area, column, _keys(area.raw, column, ground)) for area, column in candidates]
    scores = [
        (-int(keys[own].isin(theirs[theirs != ""]).sum()), rank, position)
        for rank, own in enumerate(columns)
        for position, (_, _, theirs) in enumerate(known)
    ]
    missed, rank, position = min(scores)
    own, (area, column, theirs) = columns[rank], known[position]
    if missed == 0:
        raise _no_key_fits(raw, own, keys[own])
    ground.journal.say(
        "columns",
        Text(
            f"{raw}: joined by {own} to {column} of {area.raw}",
            f"{raw}：按“{own}”与 {area.raw} 的“{column}”关联",
        ),
    )
    return _unique_places(raw, own, keys[own], theirs, area, ground), area


def _unique_places(
    raw: RawLayer,
    own: str,
    keys: pd.Series[str],
    theirs: pd.Series[str],
    area: Area,
    ground: Ground,
) -> pd.Series[int]:
    usable = theirs.loc[area.frame.index]
    several = set(usable[usable.duplicated(keep=False)])
    once = pd.Series(usable.index, index=usable.to_numpy())
    once = once[~once.index.duplicated(keep=False) & (once.index != "")]
    found = keys.map(once)
    ambiguous = keys.isin(several) & (keys != "")
    lost = found.isna() & ~ambiguous
    for mask, reason in (
        (lost, Text("the key matches no place", "关联字段找不到对应的图形")),
        (ambiguous, Text("the key matches several places", "关联字段对应多个图形")),
    ):
        rows = keys.index[mask]
        ground.journal.reject(raw, rows, field=own, values=raw.frame.loc[rows, own], reason=reason)
    return found[found.notna()].astype("int64")


def _keys(raw: RawLayer, column: str, ground: Ground) -> pd.Series[str]:
    """Return the cells of a key column without case, width and spaces."""
    cells = codes(raw, column, ground.journal)
    return cells.map(lambda cell: unicodedata.normalize("NFKC", cell).casefold())


def _nothing_to_join(raw: RawLayer, areas: Mapping[str, Sequence[Area]]) -> InputError:
    given = ", ".join(str(area.raw) for role in _TARGETS for area in areas.get(role, ()))
    aliases = ", ".join(ALIASES["compounds"]["key"][:6])
    return InputError(
        Text(
            "the table has no coordinates, and no layer has a key to join it to"
            + (f" ({given})" if given else ""),
            "表中没有坐标，也没有可关联的图层或关联字段" + (f"（{given}）" if given else ""),
        ),
        remedy=Text(
            f"Add coordinate columns (lon, lat), or give --compounds, --buildings or --addresses "
            f"with a column such as {aliases}",
            f"请补上坐标列（经度、纬度），或提供小区、建筑、地址图层，并含 {aliases} 等字段",
        ),
        **raw.place,
    )


def _no_key_fits(raw: RawLayer, column: str, keys: pd.Series[str]) -> InputError:
    first = keys.index[0]
    return InputError(
        Text("no key of the table is known to any layer", "表中的关联字段与各图层均对应不上"),
        remedy=Text(
            "Name the columns with --column households.key=NAME and --column compounds.key=NAME",
            "请用 --column households.key=字段名 和 --column compounds.key=字段名 指明",
        ),
        **raw.place,
        row=int(first) + 1,
        field=column,
        value=raw.frame.at[first, column],
    )


def spread(
    raw: RawLayer,
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
    return _over_buildings(raw, rows, places, pd.concat(buildings, ignore_index=True), ground)


def _common(values: pd.Series[str]) -> str:
    """Return the one value that all rows share, ``""`` where they differ."""
    return str(values.iloc[0]) if values.nunique() == 1 else ""


def _at_inner_points(rows: pd.DataFrame, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    inner = shapely.point_on_surface(places.geometry.to_numpy())
    return gpd.GeoDataFrame(rows, geometry=inner, crs=places.crs)


def _over_buildings(
    raw: RawLayer,
    rows: pd.DataFrame,
    places: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame,
    ground: Ground,
) -> gpd.GeoDataFrame:
    inner = shapely.point_on_surface(buildings.geometry.to_numpy())
    weight = (buildings.area * buildings["floors"].fillna(1.0)).to_numpy()
    tree = shapely.STRtree(inner)
    at, inside = tree.query(places.geometry.to_numpy(), predicate="intersects")
    order = np.lexsort((shapely.get_y(inner[inside]), shapely.get_x(inner[inside]), at))
    at, inside = at[order], inside[order]
    number = np.bincount(at, minlength=len(places))
    parts = [
        _share(rows.iloc[[place]], weight[inside[at == place]])
        for place in np.flatnonzero(number > 1)
    ]
    whole = _at_inner_points(rows[number <= 1], places[number <= 1])
    if not parts:
        return whole
    chosen = inside[number[at] > 1]
    shared = gpd.GeoDataFrame(
        pd.concat(parts, ignore_index=True), geometry=inner[chosen], crs=places.crs
    )
    names = buildings["name"].to_numpy()[chosen]
    shared["name"] = np.where(names != "", names, shared["name"])
    ground.journal.say(
        "households",
        Text(
            f"{raw}: the households of {len(parts)} compounds are spread over {len(chosen)} "
            "buildings inside them, by footprint and storeys",
            f"{raw}：{len(parts)} 个小区的户数按占地面积和层数分摊到其中 {len(chosen)} 栋楼",
        ),
    )
    inhabited = (shared["households"] > 0) | (shared["residents"] > 0)
    return gpd.GeoDataFrame(
        pd.concat([whole, shared[inhabited]], ignore_index=True), crs=places.crs
    )


def _share(
    row: pd.DataFrame, weights: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> pd.DataFrame:
    """Return one row for each weight, with the counts of `row` split between them."""
    out = row.loc[row.index.repeat(len(weights))].copy()
    out["households"] = apportion(int(row["households"].iloc[0]), weights)
    residents = row["residents"].iloc[0]
    if not np.isnan(residents):
        out["residents"] = apportion(round(residents), weights).astype(float)
    return out
