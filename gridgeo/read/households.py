"""Households: points with counts, from a layer, a table with coordinates, or a table with keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.config import ReadRules
from gridgeo.errors import InputError
from gridgeo.read.areas import Area
from gridgeo.read.columns import find_all, missing_column, normal, understand
from gridgeo.read.context import Ground, RawLayer
from gridgeo.read.crs import label, parse_crs
from gridgeo.read.geometry import gather, inner_points, place
from gridgeo.read.joining import match, spread
from gridgeo.read.values import counts, parse_numbers, texts
from gridgeo.text import Text

HOUSEHOLD_COLUMNS = ("households", "residents", "group", "name")
_DEGREES = ("lon", "lng", "long", "longitude", "经度", "lat", "latitude", "纬度")
_SOURCES = ("households", "buildings", "compounds")


def household_source(raws: Mapping[str, Sequence[RawLayer]], rules: ReadRules) -> str:
    """Return the role that says how many households there are, ``""`` where none does.

    The household layers; without them the buildings if they carry a count, else the compounds.
    """
    if raws.get("households"):
        return "households"
    for role in _SOURCES[1:]:
        if any(find_all(raw, "households", rules) for raw in raws.get(role, ())):
            return role
    return ""


def say_source(role: str, raws: Mapping[str, Sequence[RawLayer]], ground: Ground) -> None:
    """Say which layer is counted, and which layers with counts are not."""
    others = [
        str(raw)
        for other in _SOURCES
        if other != role
        for raw in raws.get(other, ())
        if find_all(raw, "households", ground.rules)
    ]
    if role != "households" or others:
        counted = ", ".join(str(raw) for raw in raws[role])
        beside = ", ".join(others)
        ground.journal.say(
            "households",
            Text(
                f"households are counted from {counted}"
                + (f"; the counts of {beside} are not used" if beside else ""),
                f"户数取自 {counted}" + (f"；{beside} 中的户数不重复使用" if beside else ""),
            ),
        )


def clean_households(
    raws: Sequence[RawLayer], areas: Mapping[str, Sequence[Area]], ground: Ground
) -> tuple[gpd.GeoDataFrame, int]:
    """Return the household points of layers of one role, and the households of all their rows.

    Rows without households and residents are left out and counted in a note.
    """
    frames, total = [], 0
    for raw in raws:
        counted, attributes = _attributes(raw, ground)
        total += int(attributes["households"].sum())
        frames.append(_located(counted, attributes, areas, ground))
    gathered = gather(frames, HOUSEHOLD_COLUMNS, ground.crs)
    return gathered.astype({"households": "int64", "residents": "float64"}), total


def _attributes(raw: RawLayer, ground: Ground) -> tuple[RawLayer, pd.DataFrame]:
    """Return the layer with its counts, and the counts and texts of its rows."""
    fields = [f for f in ("households", "residents", "group", "name") if f in _known(raw.role)]
    found = understand(raw, fields, ground.rules, ground.journal)
    if "households" not in found:
        raise missing_column(raw, "households")
    households = counts(raw, found["households"], ground.journal)
    attributes = pd.DataFrame(
        {
            "households": households,
            "residents": residents_of(raw, found.get("residents"), ground),
            "group": texts(raw, found.get("group"), ground.journal),
            "name": texts(raw, found.get("name"), ground.journal),
        }
    )
    if raw.role != "households":
        attributes["group"] = attributes["name"] if raw.role == "compounds" else ""
    counted = replace(raw, counts=households.fillna(0).astype("int64"))
    return counted, _without_empty(counted, found["households"], attributes, ground)


def _known(role: str) -> tuple[str, ...]:
    return ("households", "residents", "name") + (("group",) if role == "households" else ())


def residents_of(raw: RawLayer, column: str | None, ground: Ground) -> pd.Series[float]:
    """Return the residents of each row: NaN without a column, empty cells of one are 0 and noted."""
    if column is None:
        return pd.Series(np.nan, index=raw.frame.index)
    residents = counts(raw, column, ground.journal, whole=False)
    empty = int(residents.isna().sum())
    if empty:
        ground.journal.say(
            "households",
            Text(
                f"{raw}: {empty} rows without residents count as 0 residents",
                f"{raw}：{empty} 行没有人口数，按 0 人计",
            ),
        )
    return residents.fillna(0.0)


def _without_empty(
    raw: RawLayer, column: str, attributes: pd.DataFrame, ground: Ground
) -> pd.DataFrame:
    """Return the rows with a count; rows with an empty one are rejects or what the rules say."""
    empty = attributes["households"].isna()
    meant = ground.rules.missing_households
    if raw.role == "households" and meant is None:
        if 2 * empty.sum() > len(empty):
            raise _mostly_empty(raw, column, int(empty.sum()))
        reason = Text("the household count is empty", "户数为空")
        rows = attributes.index[empty]
        ground.journal.reject(raw, rows, field=column, values=[""] * len(rows), reason=reason)
        return attributes[~empty]
    if empty.any():
        told = meant or 0
        ground.journal.say(
            "households",
            Text(
                f"{raw}: {empty.sum()} rows without a count hold {told} households each",
                f"{raw}：{empty.sum()} 行户数为空，每行按 {told} 户计",
            ),
        )
    return attributes.assign(households=attributes["households"].fillna(meant or 0))


def _mostly_empty(raw: RawLayer, column: str, empty: int) -> InputError:
    return InputError(
        Text(
            f"{empty} of {len(raw.frame)} rows have no household count",
            f"{len(raw.frame)} 行中有 {empty} 行户数为空",
        ),
        remedy=Text(
            "Name the right column, or set missing_households = 0 if an empty cell means none",
            "请指明正确的户数字段；若空白表示没有住户，请设置 missing_households = 0",
        ),
        **raw.place,
        field=column,
    )


def _located(
    raw: RawLayer, attributes: pd.DataFrame, areas: Mapping[str, Sequence[Area]], ground: Ground
) -> gpd.GeoDataFrame:
    """Return the rows that hold anybody, as points."""
    kept = _inhabited(raw, attributes, ground)
    raw = replace(raw, frame=raw.frame.loc[kept.index])
    if isinstance(raw.frame, gpd.GeoDataFrame):
        if raw.role == "compounds" and areas.get("buildings"):
            return _over_buildings(raw, kept, areas, ground)
        points = inner_points(place(raw, ground), raw, ground)
        return points[["geometry"]].join(kept)
    columns = {f: c[0] for f in ("x", "y") if (c := find_all(raw, f, ground.rules))}
    if len(columns) == 2 and "households.key" not in ground.rules.columns:
        points = _from_coordinates(raw, columns["x"], columns["y"], ground)
        return inner_points(place(points, ground), points, ground)[["geometry"]].join(kept)
    placed, targets = match(raw, areas, ground)
    return spread(raw, kept.loc[placed.index], placed, targets, areas, ground)


def _over_buildings(
    raw: RawLayer, attributes: pd.DataFrame, areas: Mapping[str, Sequence[Area]], ground: Ground
) -> gpd.GeoDataFrame:
    area = next(
        area
        for area in areas["compounds"]
        if area.raw.frame is raw.frame or str(area.raw) == str(raw)
    )
    here = attributes.index.intersection(area.frame.index)
    placed = pd.Series(here, index=here)
    return spread(raw, attributes.loc[here], placed, area, areas, ground)


def _inhabited(raw: RawLayer, attributes: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    nobody = (attributes["households"] == 0) & ~(attributes["residents"] > 0)
    if nobody.all():
        raise InputError(
            Text("no row holds any household", "所有行的户数均为 0"),
            remedy=Text("Name the right column of counts", "请指明正确的户数字段"),
            **raw.place,
        )
    if nobody.any():
        ground.journal.say(
            "households",
            Text(
                f"{raw}: {nobody.sum()} rows with 0 households left out",
                f"{raw}：略去 {nobody.sum()} 行 0 户的记录",
            ),
        )
    return attributes[~nobody]


def _from_coordinates(raw: RawLayer, x: str, y: str, ground: Ground) -> RawLayer:
    """Return a table with coordinates as a point layer; longitudes and latitudes are WGS 84."""
    numbers = [parse_numbers(raw.frame[column])[0] for column in (x, y)]
    readable = numbers[0].notna() & numbers[1].notna()
    lost = raw.frame.index[~readable]
    values = raw.frame.loc[lost, x].astype(str) + ", " + raw.frame.loc[lost, y].astype(str)
    reason = Text("no coordinates", "没有坐标")
    ground.journal.reject(raw, lost, field=f"{x}, {y}", values=values, reason=reason)
    given = ground.rules.crs.get("households")
    degrees = normal(x) in _DEGREES and normal(y) in _DEGREES
    crs = (
        parse_crs("households", given)
        if given
        else parse_crs("households", "4326")
        if degrees
        else None
    )
    if crs is not None:
        ground.journal.say(
            "crs",
            Text(
                f"{raw}: {x}, {y} are taken as {label(crs)}",
                f"{raw}：{x}、{y} 按 {label(crs)} 读取",
            ),
        )
    geometry = shapely.points(numbers[0][readable], numbers[1][readable])
    frame = gpd.GeoDataFrame(raw.frame[readable], geometry=geometry, crs=crs)
    return replace(raw, frame=frame)
