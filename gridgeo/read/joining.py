"""Tables of counts without coordinates, joined to places by a key.

A row finds its compound, building, parcel or address; its count goes to a point inside it, or is
spread over the buildings that stand in it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.errors import InputError
from gridgeo.read.areas import Area
from gridgeo.read.columns import ALIASES, find_all
from gridgeo.read.context import RawLayer, StudyArea
from gridgeo.read.counts import apportion
from gridgeo.read.values import codes
from gridgeo.wording import Text, join

_TARGETS = ("compounds", "buildings", "parcels", "addresses")


@dataclass(frozen=True, slots=True)
class _Keys:
    """A key column of a layer, as text without case, width and spaces."""

    area: Area
    column: str
    cells: pd.Series[str]


def match(
    raw: RawLayer, areas: Mapping[str, Sequence[Area]], study_area: StudyArea
) -> tuple[pd.Series[int], Area]:
    """Return for each row of `raw` that finds one place the row of that place, and its layer.

    The layer and column that know most of the keys are taken (compounds before buildings,
    parcels and addresses). Keys that match nothing or several places go to the rejects.
    """
    columns = find_all(raw, "key", study_area.rules)
    targets = [
        _Keys(area, column, _keys(area.raw, column, study_area))
        for role in _TARGETS
        for area in areas.get(role, ())
        for column in find_all(area.raw, "key", study_area.rules)
    ]
    if not columns:
        raise _no_key(raw)
    if not targets:
        raise _nothing_to_join(raw, areas)
    key, keys, target = _best_pair(raw, columns, targets, study_area)
    study_area.log.note(
        "columns",
        Text(
            f"{raw}: joined by {key} to {target.column} of {target.area.raw}",
            f"{raw.zh}：按“{key}”与 {target.area.raw.zh} 的“{target.column}”关联",
        ),
    )
    return _unique_places(raw, key, keys, target, study_area), target.area


def _best_pair(
    raw: RawLayer, columns: Sequence[str], targets: Sequence[_Keys], study_area: StudyArea
) -> tuple[str, pd.Series[str], _Keys]:
    """Return the columns that match best: by keys with one place, then by keys with any."""
    keys = [_keys(raw, column, study_area) for column in columns]
    scores = []
    for rank, key in enumerate(keys):
        for position, target in enumerate(targets):
            known = target.cells[target.cells != ""]
            single = known[~known.duplicated(keep=False)]
            hits = (-int(key.isin(single).sum()), -int(key.isin(known).sum()))
            scores.append((*hits, rank, position))
    _, found, rank, position = min(scores)
    if found == 0:
        raise _no_key_fits(raw, columns[rank], keys[rank], targets[position].area.raw.role)
    return columns[rank], keys[rank], targets[position]


def _unique_places(
    raw: RawLayer, column: str, keys: pd.Series[str], target: _Keys, study_area: StudyArea
) -> pd.Series[int]:
    usable = target.cells.loc[target.area.frame.index]
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
        study_area.log.reject(
            raw, rows, field=column, values=raw.frame.loc[rows, column], reason=reason
        )
    return found[found.notna()].astype("int64")


def _keys(raw: RawLayer, column: str, study_area: StudyArea) -> pd.Series[str]:
    """Return the cells of a key column without case, width and spaces."""
    cells = codes(raw, column, study_area.log)
    return cells.map(lambda cell: unicodedata.normalize("NFKC", cell).casefold())


def _nothing_to_join(raw: RawLayer, areas: Mapping[str, Sequence[Area]]) -> InputError:
    raws = [area.raw for role in _TARGETS for area in areas.get(role, ())]
    given = join([Text(str(raw), raw.zh) for raw in raws], en=", ", zh="、")
    aliases = ", ".join(ALIASES["compounds"]["key"][:6])
    return InputError(
        Text(
            "the table has no coordinates, and no layer has a key to join it to"
            + (f" ({given.en})" if raws else ""),
            "表中没有坐标，也没有可关联的图层或关联字段" + (f"（{given.zh}）" if raws else ""),
        ),
        remedy=Text(
            f"Add coordinate columns (lon, lat), or give --compounds, --buildings or --addresses "
            f"with a column such as {aliases}",
            f"请补上坐标列（经度、纬度），或提供小区、建筑、地址图层，并含 {aliases} 等字段",
        ),
        **raw.place,
    )


def _no_key(raw: RawLayer) -> InputError:
    has = ", ".join(raw.columns) or "-"
    return InputError(
        Text(
            f"the table has no coordinates, and no key to join it to a layer; the columns are: "
            f"{has}",
            f"表中没有坐标，也没有可与小区、楼栋或门牌关联的名称、编码列；现有的列：{has}",
        ),
        remedy=Text(
            "Name the key with --column households.key=NAME, or add coordinate columns (lon, lat)",
            "请用 --column households.key=列名 指明关联列，或补上坐标列（经度、纬度）",
        ),
        **raw.place,
    )


def _no_key_fits(raw: RawLayer, column: str, keys: pd.Series[str], role: str) -> InputError:
    first = keys.index[0]
    return InputError(
        Text("no key of the table is known to any layer", "表中的关联字段与各图层均对应不上"),
        remedy=Text(
            f"Name the columns with --column households.key=NAME and --column {role}.key=NAME",
            f"请用 --column households.key=字段名 和 --column {role}.key=字段名 指明",
        ),
        **raw.place,
        row=int(first) + 1,
        field=column,
        value=raw.frame.at[first, column],
    )


def spread(
    attributes: pd.DataFrame,
    place: pd.Series[int],
    area: Area,
    areas: Mapping[str, Sequence[Area]],
    study_area: StudyArea,
) -> gpd.GeoDataFrame:
    """Return the counts at their places, one row for each place or each building in it.

    Rows of one place are added up. A compound with several buildings inside is
    spread over them by footprint times storeys (largest remainder, so nothing is lost); any
    other place counts at a point inside it.
    """
    sums = attributes.groupby(place)[["households", "residents"]].sum(min_count=1)
    texts = attributes.groupby(place)[["group", "name"]].agg(_common)
    places = area.frame.loc[sums.index]
    rows = sums.join(texts)
    rows["name"] = rows["name"].where(rows["name"] != "", places["name"])
    if area.raw.role == "compounds":
        rows["group"] = rows["group"].where(rows["group"] != "", places["name"])
    buildings = [found.frame for found in areas.get("buildings", ())]
    if area.raw.role != "compounds" or not buildings:
        return _at_inner_points(rows, places)
    return _over_buildings(rows, places, pd.concat(buildings, ignore_index=True), study_area)


def _common(values: pd.Series[str]) -> str:
    """Return the one value that all rows share, ``""`` where they differ."""
    return str(values.iloc[0]) if values.nunique() == 1 else ""


def _at_inner_points(rows: pd.DataFrame, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    inner = shapely.point_on_surface(places.geometry.to_numpy())
    return gpd.GeoDataFrame(rows, geometry=inner, crs=places.crs)


def _over_buildings(
    rows: pd.DataFrame, places: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame, study_area: StudyArea
) -> gpd.GeoDataFrame:
    inner = shapely.point_on_surface(buildings.geometry.to_numpy())
    at, inside = _buildings_of(places, inner)
    number = np.bincount(at, minlength=len(places))
    at, inside = at[number[at] > 1], inside[number[at] > 1]
    single = _at_inner_points(rows[number <= 1], places[number <= 1])
    if not len(at):
        return single
    shared = rows.take(at).reset_index(drop=True)
    weight = _floor_area(buildings)[inside]
    for name in ("households", "residents"):
        shared[name] = _split(shared[name].to_numpy(dtype=np.float64), at, weight)
    names = buildings["name"].to_numpy()[inside]
    shared["name"] = np.where(names != "", names, shared["name"])
    study_area.log.note(
        "households",
        Text(
            f"the households of {(number > 1).sum()} compounds are spread over {len(at)} "
            "buildings inside them, by footprint and storeys",
            f"{(number > 1).sum()} 个小区的户数按占地面积和层数分摊到其中 {len(at)} 栋楼",
        ),
    )
    spread_rows = gpd.GeoDataFrame(shared, geometry=inner[inside], crs=places.crs)
    inhabited = (spread_rows["households"] > 0) | (spread_rows["residents"] > 0)
    return gpd.GeoDataFrame(pd.concat([single, spread_rows[inhabited]]), crs=places.crs)


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
            is_whole = total.is_integer()
            out[start:stop] = (
                apportion(int(total), share) if is_whole else total * share / share.sum()
            )
    return out
