"""Households: which layer counts them, and their points with counts.

Counts come from a layer, a table with coordinates, or a table joined to places by a key.
"""

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
from gridgeo.read.columns import find_all, missing_column, understand
from gridgeo.read.context import RawLayer, ReadLog, StudyArea
from gridgeo.read.coordinates import axes_of, points_from
from gridgeo.read.counts import counts, with_counts
from gridgeo.read.geometry import gather, inner_points, to_study_area
from gridgeo.read.groups import group_of
from gridgeo.read.joining import match, spread
from gridgeo.read.repeats import Homes, without_repeated_homes
from gridgeo.read.totals import without_totals
from gridgeo.read.values import texts
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


#: The column of layers that count residents alone; notes on columns name it.
_NOT_COUNTED = "户数（不统计 not counted）"


def with_residents_alone(
    raws: Mapping[str, Sequence[RawLayer]], rules: ReadRules, log: ReadLog
) -> dict[str, list[RawLayer]]:
    """Return the layers, those that count residents and no households with 0 households a row."""
    counting = [raw for role in _SOURCES for raw in raws.get(role, ())]
    if not rules.residents_alone or any(find_all(raw, "households", rules) for raw in counting):
        return {role: list(given) for role, given in raws.items()}
    found = [raw for raw in counting if find_all(raw, "residents", rules)]
    if found:
        log.note(
            "households",
            Text(
                f"{_listed(found).en}: residents and no households; households are not counted",
                f"{_listed(found).zh}：只有人口、没有户数，不统计户数",
            ),
        )
    return {
        role: [
            replace(raw, frame=raw.frame.assign(**{_NOT_COUNTED: 0}))
            if any(raw is one for one in found)
            else raw
            for raw in given
        ]
        for role, given in raws.items()
    }


def note_source(role: str, raws: Mapping[str, Sequence[RawLayer]], study_area: StudyArea) -> None:
    """Note which layer is counted, and which layers with counts are not; nothing without one."""
    if not role:
        return
    others = [
        raw
        for other in _SOURCES
        if other != role
        for raw in raws.get(other, ())
        if find_all(raw, "households", study_area.rules)
    ]
    if role not in ("households", "atoms") or others:
        counted, beside = _listed(raws[role]), _listed(others)
        study_area.log.note(
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
    raws: Sequence[RawLayer], areas: Mapping[str, Sequence[Area]], study_area: StudyArea
) -> tuple[gpd.GeoDataFrame, int]:
    """Return the household points of layers of one role, and the households of all their rows.

    Rows without households and residents are left out and counted in a note. Rows of household
    layers whose count is no number are rejects (shapes of other layers are needed whole: an error).
    """
    homes: list[Homes] = []
    total = 0
    readable = [_readable(raw, study_area) for raw in raws]
    for position, raw in enumerate(count_rows(readable, study_area)):
        if raw.counts is None and raw.role != "households":
            continue  # shapes without counts beside others that have them
        attributes = _attributes(raw, study_area)
        total += int(attributes["households"].sum())
        kept = _inhabited(raw, attributes, study_area)
        if raw.role == "households":
            homes.append(_located(raw, kept, areas, study_area))
        else:
            places = _at_places(kept, areas[raw.role][position], areas, study_area)
            homes.append(Homes(raw, places, by_row=False))
    frames = without_repeated_homes(homes, study_area.log)
    for one, frame in zip(homes, frames, strict=True):
        total -= int(one.points["households"].sum() - frame["households"].sum())
    return gather(frames, HOUSEHOLD_COLUMNS, study_area.crs), total


def _readable(raw: RawLayer, study_area: StudyArea) -> RawLayer:
    raw = without_totals(raw, study_area.log)
    column = find_all(raw, "households", study_area.rules)
    countable = raw.role == "households" and column
    return with_counts(raw, column[0], study_area.log) if countable else raw


def count_rows(raws: Sequence[RawLayer], study_area: StudyArea) -> list[RawLayer]:
    """Return the layers with the households of their rows, where they have such a column.

    With them every row that is rejected later is counted.
    """
    return [
        replace(raw, counts=_filled(raw, column[0], study_area))
        if (column := find_all(raw, "households", study_area.rules))
        else raw
        for raw in raws
    ]


def _filled(raw: RawLayer, column: str, study_area: StudyArea) -> pd.Series[int]:
    meant = study_area.rules.missing_households or 0
    return counts(raw, column, study_area.log).fillna(meant).astype("int64")


def _attributes(raw: RawLayer, study_area: StudyArea) -> pd.DataFrame:
    """Return households, residents, group and name of the rows that have a count."""
    group, column = texts(raw, None, study_area.log), ""
    if raw.role == "households" and find_all(raw, "households", study_area.rules):
        group, column = group_of(raw, study_area.rules, study_area.log)
    fields = ("households", "residents", "name")
    found = understand(
        raw, fields, study_area.rules, study_area.log, {"group": column} if column else {}
    )
    if "households" not in found:
        raise missing_column(raw, "households")
    households = counts(raw, found["households"], study_area.log)
    attributes = pd.DataFrame(
        {
            "households": households,
            "residents": residents_of(raw, found.get("residents"), study_area),
            "group": group,
            "name": texts(raw, found.get("name"), study_area.log),
        }
    )
    if raw.role == "compounds":
        attributes["group"] = attributes["name"]
    return _without_empty(raw, found["households"], attributes, study_area)


def residents_of(raw: RawLayer, column: str | None, study_area: StudyArea) -> pd.Series[float]:
    """Return the residents of each row: NaN without any; beside others empty cells are 0."""
    if column is None:
        return pd.Series(np.nan, index=raw.frame.index)
    residents = counts(raw, column, study_area.log, whole=False)
    empty = int(residents.isna().sum())
    if empty == len(residents):
        return residents
    if empty:
        study_area.log.note(
            "households",
            Text(
                f"{raw}: {empty} rows without residents count as 0 residents",
                f"{raw.zh}：{empty} 行没有人口数，按 0 人计",
            ),
        )
    return residents.fillna(0.0)


def _without_empty(
    raw: RawLayer, column: str, attributes: pd.DataFrame, study_area: StudyArea
) -> pd.DataFrame:
    """Return the rows with a count; empty ones are rejects or get the default of the rules."""
    empty = attributes["households"].isna()
    meant = study_area.rules.missing_households
    if raw.role == "households" and meant is None:
        if 2 * empty.sum() > len(empty):
            raise _mostly_empty(raw, column, int(empty.sum()))
        reason = Text("the household count is empty", "户数为空")
        rows = attributes.index[empty]
        study_area.log.reject(raw, rows, field=column, values=[""] * len(rows), reason=reason)
        return attributes[~empty]
    if empty.any():
        default = meant or 0
        study_area.log.note(
            "households",
            Text(
                f"{raw}: {empty.sum()} rows without a count hold {default} households each",
                f"{raw.zh}：{empty.sum()} 行户数为空，每行按 {default} 户计",
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
            f"Name the right column with --column {raw.role}.households=NAME, or set "
            "missing_households = 0 under [read] if an empty cell means none",
            f"请用 --column {raw.role}.households=列名 指明户数字段；若空白表示没有住户，"
            "请在 [read] 中设 missing_households = 0",
        ),
        **raw.place,
        field=column,
    )


def _located(
    raw: RawLayer,
    attributes: pd.DataFrame,
    areas: Mapping[str, Sequence[Area]],
    study_area: StudyArea,
) -> Homes:
    """Return the rows of a household layer as points: its own, by coordinates, or by key."""
    raw = replace(raw, frame=raw.frame.loc[attributes.index])
    keyed = study_area.rules.columns.get("households.key") in raw.columns
    if keyed or not isinstance(raw.frame, gpd.GeoDataFrame):
        axes = axes_of(raw, study_area.rules)
        if keyed or axes is None:
            matched, area = match(raw, areas, study_area)
            rows = attributes.loc[matched.index]
            return Homes(raw, spread(rows, matched, area, areas, study_area), by_row=False)
        raw = points_from(raw, axes, study_area.rules, study_area.log)
    projected = to_study_area(raw, study_area)
    points = inner_points(projected, raw, study_area)[["geometry"]].join(attributes)
    shapes = np.asarray(projected.geometry.loc[points.index], dtype=object)
    outlines = shapes if np.isin(shapely.get_type_id(shapes), (3, 6)).all() else None
    return Homes(raw, points, by_row=True, outlines=outlines)


def _at_places(
    attributes: pd.DataFrame, area: Area, areas: Mapping[str, Sequence[Area]], study_area: StudyArea
) -> gpd.GeoDataFrame:
    """Return the counts of compounds or buildings, each at its own place."""
    here = attributes.index.intersection(area.frame.index)
    return spread(attributes.loc[here], pd.Series(here, index=here), area, areas, study_area)


def _inhabited(raw: RawLayer, attributes: pd.DataFrame, study_area: StudyArea) -> pd.DataFrame:
    nobody = (attributes["households"] == 0) & ~(attributes["residents"] > 0)
    if nobody.all():
        raise InputError(
            Text("no row holds any household", "所有行的户数均为 0"),
            remedy=Text(
                f"Name the right column of counts with --column {raw.role}.households=NAME",
                f"请用 --column {raw.role}.households=列名 指明正确的户数字段",
            ),
            **raw.place,
        )
    if nobody.any():
        study_area.log.note(
            "households",
            Text(
                f"{raw}: {nobody.sum()} rows with 0 households left out",
                f"{raw.zh}：略去 {nobody.sum()} 行 0 户的记录",
            ),
        )
    return attributes[~nobody]
