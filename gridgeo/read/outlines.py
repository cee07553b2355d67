"""Outlines that steer a partition: communities, allowed gaps, constraints, ready-made atoms.

Constraints are locked grids, and the lines and outlines of what must or must not share a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.errors import InputError
from gridgeo.read.columns import find_all, missing_column, note_columns, understand
from gridgeo.read.context import RawLayer, StudyArea, first, tally
from gridgeo.read.counts import counts
from gridgeo.read.geometry import gather, lines, polygons, to_study_area
from gridgeo.read.households import residents_of
from gridgeo.read.values import codes, texts
from gridgeo.wording import Text

_COLUMNS = ("code", "name")


def clean_communities(
    raws: Sequence[RawLayer], study_area: StudyArea, *, township: bool = False
) -> gpd.GeoDataFrame:
    """Return code, name (and township) and geometry; raises InputError where two are the same."""
    columns = (*_COLUMNS, "township") if township else _COLUMNS
    frames = []
    for raw in raws:
        found = understand(raw, columns, study_area.rules, study_area.log)
        kept = polygons(to_study_area(raw, study_area), raw, study_area, strict=True)
        code, name = found.get("code"), found.get("name")
        frames.append(
            kept[["geometry"]].assign(
                code=codes(raw, code, study_area.log),
                name=texts(raw, name, study_area.log),
                township=texts(raw, found.get("township"), study_area.log),
                row=kept.index + 1,
                file=raw.file,
            )
        )
    _refuse_duplicates(pd.concat(frames, ignore_index=True))
    return gather(frames, columns, study_area.crs)


def _refuse_duplicates(frame: gpd.GeoDataFrame) -> None:
    shape = pd.Series(shapely.to_wkb(shapely.normalize(frame.geometry.to_numpy()), hex=True))
    for what, keys in (
        (Text("the same outline", "边界完全相同"), shape),
        (Text("the same code", "编码相同"), frame["code"].where(frame["code"] != "")),
    ):
        duplicates = keys[keys.notna() & keys.duplicated(keep=False)]
        if not duplicates.empty:
            pair = frame.loc[duplicates.index[duplicates == duplicates.iloc[0]]]
            raise _duplicate_error(pair, what)


def _duplicate_error(pair: gpd.GeoDataFrame, what: Text) -> InputError:
    rows_text = [
        " ".join(filter(None, (str(row.code), str(row.name))))
        for row in pair[["code", "name"]].itertuples(index=False, name="Row")
    ]
    named = " / ".join(text or "?" for text in rows_text)
    return InputError(
        Text(f"communities have {what.en}: {named}", f"社区{what.zh}：{named}"),
        remedy=Text(
            "Delete the copy, dissolve the parts of one community, or correct the code",
            "请删除重复记录、合并同一社区的多个部分，或更正编码",
        ),
        file=pair["file"].iloc[0] or None,
        rows=", ".join(str(row) for row in pair["row"]),
    )


def clean_gaps(raws: Sequence[RawLayer], study_area: StudyArea) -> gpd.GeoDataFrame:
    """Return name and geometry of the ground that may belong to no grid."""
    frames = []
    for raw in raws:
        found = understand(raw, ("name",), study_area.rules, study_area.log)
        kept = polygons(to_study_area(raw, study_area), raw, study_area)
        name = texts(raw, found.get("name"), study_area.log)
        frames.append(kept[["geometry"]].assign(name=name))
    return gather(frames, ("name",), study_area.crs)


CONSTRAINT_ROLES = ("together", "apart", "locked")
CONSTRAINT_COLUMNS = ("name",)


def clean_constraints(raws: Sequence[RawLayer], study_area: StudyArea) -> gpd.GeoDataFrame:
    """Return name and geometry of all layers of one role of `CONSTRAINT_ROLES`.

    Locked grids are polygons, pairs to be kept apart lines; what stays together is either.
    """
    return gather(
        [part for raw in raws for part in _clean(raw, study_area)],
        CONSTRAINT_COLUMNS,
        study_area.crs,
    )


def _clean(raw: RawLayer, study_area: StudyArea) -> list[gpd.GeoDataFrame]:
    columns = find_all(raw, "name", study_area.rules)[:1]
    note_columns(raw, {"name": columns[0]} if columns else {}, study_area.log)
    name = texts(raw, columns[0] if columns else None, study_area.log)
    projected = to_study_area(raw, study_area)
    flat = projected.geom_type.isin(["Polygon", "MultiPolygon"])
    if raw.role != "together":
        flat[:] = raw.role == "locked"
    parts = ((projected[flat], polygons), (projected[~flat], lines))
    return [
        shape(part, raw, study_area)[["geometry"]].join(name.rename("name"))
        for part, shape in parts
        if len(part)
    ]


ATOM_COLUMNS = ("households", "residents", "community", "name")


def clean_atoms(
    raws: Sequence[RawLayer],
    communities: gpd.GeoDataFrame,
    named_by: Sequence[str],
    study_area: StudyArea,
    *,
    counted: bool,
) -> tuple[gpd.GeoDataFrame, int]:
    """Return the atoms and their households, those of unusable rows included.

    Not `counted`, households are 0 and residents unknown: other layers have the counts.

    `named_by` are the columns of code and name in the layer of communities: the same
    column of the atoms names the community that an atom belongs to. Atoms without households
    are kept.
    """
    frames, total = [], 0
    for raw in raws:
        households, residents = _counts(raw, study_area) if counted else _no_households(raw)
        community = _community(raw, communities, named_by, study_area)
        attributes = pd.DataFrame(
            {
                "households": households,
                "residents": residents,
                "community": community,
                "name": _names(raw, study_area),
            }
        )
        full = replace(raw, counts=households)
        kept = polygons(to_study_area(full, study_area), full, study_area, strict=True)
        frames.append(kept[["geometry"]].join(attributes))
        total += int(households.sum())
    return gather(frames, ATOM_COLUMNS, study_area.crs), total


def _no_households(raw: RawLayer) -> tuple[pd.Series[int], pd.Series[float]]:
    index = raw.frame.index
    return pd.Series(0, index=index), pd.Series(np.nan, index=index)


def _names(raw: RawLayer, study_area: StudyArea) -> pd.Series[str]:
    found = understand(raw, ("name",), study_area.rules, study_area.log)
    return texts(raw, found.get("name"), study_area.log)


def _counts(raw: RawLayer, study_area: StudyArea) -> tuple[pd.Series[int], pd.Series[float]]:
    found = understand(raw, ("households", "residents"), study_area.rules, study_area.log)
    if "households" not in found:
        raise missing_column(raw, "households")
    residents = residents_of(raw, found.get("residents"), study_area)
    return _households(raw, found["households"], study_area), residents


def _households(raw: RawLayer, column: str, study_area: StudyArea) -> pd.Series[int]:
    households = counts(raw, column, study_area.log)
    empty = households.isna()
    meant = study_area.rules.missing_households
    if empty.any() and meant is None:
        raise InputError(
            Text(f"{empty.sum()} atoms have no household count", f"{empty.sum()} 个单元户数为空"),
            remedy=Text(
                "Fill them, or set missing_households = 0 under [read] if an empty cell means none",
                "请补齐；若空白表示没有住户，请在 [read] 中设 missing_households = 0",
            ),
            **raw.place,
            row=first(empty) + 1,
            field=column,
        )
    return households.fillna(meant or 0).astype("int64")


def _community(
    raw: RawLayer, communities: gpd.GeoDataFrame, named_by: Sequence[str], study_area: StudyArea
) -> pd.Series[str]:
    """Return the code or name of the community that each atom names, ``""`` for none."""
    explicit = bool(study_area.rules.columns.get("atoms.community"))
    fitting = find_all(raw, "community", study_area.rules)
    same = () if explicit else tuple(name for name in named_by if name in raw.columns)
    known = (set(communities["code"]) | set(communities["name"])) - {""}
    best, column, hits = texts(raw, None, study_area.log), "", 0
    for name in dict.fromkeys((*same, *fitting)):
        cells = texts(raw, name, study_area.log)
        cells = cells.where(cells.isin(known), codes(raw, name, study_area.log))
        if (score := int(cells.isin(known).sum())) > hits:
            best, column, hits = cells, name, score
    if explicit and not hits:
        raise InputError(
            Text(
                f"no value of {fitting[0]!r} is a community",
                f"字段“{fitting[0]}”的值都不是已有社区",
            ),
            remedy=Text(
                "Name the column that holds the code or the name of the community with --column "
                "atoms.community=NAME",
                "请用 --column atoms.community=列名 指明含社区编码或名称的字段",
            ),
            **raw.place,
            field=fitting[0],
        )
    strangers = best[~best.isin(known) & (best != "")]
    if len(strangers):
        study_area.log.note(
            "atoms",
            Text(
                f"{raw}: {len(strangers)} atoms name a community that is not given; they go by "
                f"overlap: {tally(strangers)}",
                f"{raw.zh}：{len(strangers)} 个单元所属社区不在社区图层中，改按重叠面积归属："
                f"{tally(strangers)}",
            ),
        )
    if column:
        note_columns(raw, {"community": column}, study_area.log)
    return best.where(best.isin(known), "")
