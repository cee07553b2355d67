"""Households: which layer counts them, and their points with counts.

Which layer says how many households there are.

Households: points with counts, from a layer, a table with coordinates, or a table with keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from gridgeo.config import ReadRules
from gridgeo.errors import InputError
from gridgeo.read.areas import Area
from gridgeo.read.columns import find_all, missing_column, understand
from gridgeo.read.context import RawLayer, StudyArea
from gridgeo.read.geometry import gather, inner_points, to_study_area
from gridgeo.read.joining import match, spread
from gridgeo.read.tables import points_from
from gridgeo.read.values import counts, texts, with_counts
from gridgeo.wording import Text, join

_SOURCES = ("households", "atoms", "buildings", "compounds")


def household_source(raws: Mapping[str, Sequence[RawLayer]], rules: ReadRules) -> str:
    """Return the role that says how many households there are, ``""`` where none does.

    The household layers; without them the atoms, the buildings or the compounds, whichever
    first carry a count.
    """
    if raws.get("households"):
        return "households"
    for role in _SOURCES[1:]:
        if any(find_all(raw, "households", rules) for raw in raws.get(role, ())):
            return role
    return ""


def say_source(role: str, raws: Mapping[str, Sequence[RawLayer]], ground: StudyArea) -> None:
    """Say which layer is counted, and which layers with counts are not; nothing without one."""
    if not role:
        return
    others = [
        raw
        for other in _SOURCES
        if other != role
        for raw in raws.get(other, ())
        if find_all(raw, "households", ground.rules)
    ]
    if role not in ("households", "atoms") or others:
        counted, beside = _listed(raws[role]), _listed(others)
        ground.journal.say(
            "households",
            Text(
                f"households are counted from {counted.en}"
                + (f"; the counts of {beside.en} are not used" if others else ""),
                f"户数取自 {counted.zh}" + (f"；{beside.zh} 中的户数不重复使用" if others else ""),
            ),
        )


def _listed(raws: Sequence[RawLayer]) -> Text:
    return join([Text(str(raw), raw.zh) for raw in raws], en=", ", zh="、")


HOUSEHOLD_COLUMNS = ("households", "residents", "group", "name")


def clean_households(
    raws: Sequence[RawLayer], areas: Mapping[str, Sequence[Area]], ground: StudyArea
) -> tuple[gpd.GeoDataFrame, int]:
    """Return the household points of layers of one role, and the households of all their rows.

    Rows without households and residents are left out and counted in a note. Rows of household
    layers whose count is no number are rejects (shapes of other layers are needed whole: an error).
    """
    frames, total = [], 0
    readable = [_readable(raw, ground) for raw in raws]
    for position, raw in enumerate(count_rows(readable, ground)):
        if raw.counts is None and raw.role != "households":
            continue  # shapes without counts beside others that have them
        attributes = _attributes(raw, ground)
        total += int(attributes["households"].sum())
        kept = _inhabited(raw, attributes, ground)
        if raw.role == "households":
            frames.append(_located(raw, kept, areas, ground))
        else:
            frames.append(_at_places(kept, areas[raw.role][position], areas, ground))
    return gather(frames, HOUSEHOLD_COLUMNS, ground.crs), total


def _readable(raw: RawLayer, ground: StudyArea) -> RawLayer:
    column = find_all(raw, "households", ground.rules)
    own = raw.role == "households" and column
    return with_counts(raw, column[0], ground.journal) if own else raw


def count_rows(raws: Sequence[RawLayer], ground: StudyArea) -> list[RawLayer]:
    """Return the layers with the households of their rows, where they have such a column.

    With them every row that is put aside later is counted.
    """
    return [
        replace(raw, counts=_filled(raw, column[0], ground))
        if (column := find_all(raw, "households", ground.rules))
        else raw
        for raw in raws
    ]


def _filled(raw: RawLayer, column: str, ground: StudyArea) -> pd.Series[int]:
    meant = ground.rules.missing_households or 0
    return counts(raw, column, ground.journal).fillna(meant).astype("int64")


def _attributes(raw: RawLayer, ground: StudyArea) -> pd.DataFrame:
    """Return households, residents, group and name of the rows that have a count."""
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
    return _without_empty(raw, found["households"], attributes, ground)


def _known(role: str) -> tuple[str, ...]:
    return ("households", "residents", "name") + (("group",) if role == "households" else ())


def residents_of(raw: RawLayer, column: str | None, ground: StudyArea) -> pd.Series[float]:
    """Return the residents of each row: NaN without any; beside others empty cells are 0."""
    if column is None:
        return pd.Series(np.nan, index=raw.frame.index)
    residents = counts(raw, column, ground.journal, whole=False)
    empty = int(residents.isna().sum())
    if empty == len(residents):
        return residents
    if empty:
        ground.journal.say(
            "households",
            Text(
                f"{raw}: {empty} rows without residents count as 0 residents",
                f"{raw.zh}：{empty} 行没有人口数，按 0 人计",
            ),
        )
    return residents.fillna(0.0)


def _without_empty(
    raw: RawLayer, column: str, attributes: pd.DataFrame, ground: StudyArea
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
                f"{raw.zh}：{empty.sum()} 行户数为空，每行按 {told} 户计",
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
    raw: RawLayer, attributes: pd.DataFrame, areas: Mapping[str, Sequence[Area]], ground: StudyArea
) -> gpd.GeoDataFrame:
    """Return the rows of a household layer as points: its own, by coordinates, or by key."""
    raw = replace(raw, frame=raw.frame.loc[attributes.index])
    keyed = ground.rules.columns.get("households.key") in raw.columns
    if keyed or not isinstance(raw.frame, gpd.GeoDataFrame):
        columns = {f: c[0] for f in ("x", "y") if (c := find_all(raw, f, ground.rules))}
        if keyed or len(columns) < 2:
            placed, area = match(raw, areas, ground)
            return spread(attributes.loc[placed.index], placed, area, areas, ground)
        raw = points_from(raw, columns["x"], columns["y"], ground)
    return inner_points(to_study_area(raw, ground), raw, ground)[["geometry"]].join(attributes)


def _at_places(
    attributes: pd.DataFrame, area: Area, areas: Mapping[str, Sequence[Area]], ground: StudyArea
) -> gpd.GeoDataFrame:
    """Return the counts of compounds or buildings, each at its own place."""
    here = attributes.index.intersection(area.frame.index)
    return spread(attributes.loc[here], pd.Series(here, index=here), area, areas, ground)


def _inhabited(raw: RawLayer, attributes: pd.DataFrame, ground: StudyArea) -> pd.DataFrame:
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
                f"{raw.zh}：略去 {nobody.sum()} 行 0 户的记录",
            ),
        )
    return attributes[~nobody]
