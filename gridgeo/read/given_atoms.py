"""Ready-made atoms: statistical areas, compounds or parcels that carry their own counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from gridgeo.errors import InputError
from gridgeo.read.columns import find_all, missing_column, say_columns
from gridgeo.read.context import Ground, RawLayer, first, tally
from gridgeo.read.figures import counts
from gridgeo.read.geometry import place
from gridgeo.read.households import residents_of
from gridgeo.read.shapes import gather, polygons
from gridgeo.read.values import codes, texts
from gridgeo.text import Text

ATOM_COLUMNS = ("households", "residents", "community", "name")


def clean_atoms(
    raws: Sequence[RawLayer],
    communities: gpd.GeoDataFrame,
    named_by: Sequence[str],
    ground: Ground,
) -> tuple[gpd.GeoDataFrame, int]:
    """Return the atoms and their households, those of unusable rows included.

    `named_by` are the columns that hold code and name in the communities' own layer: the same
    column of the atoms names the community that an atom belongs to. Atoms without households
    are kept.
    """
    frames, total = [], 0
    for raw in raws:
        frame, households = _clean(raw, communities, named_by, ground)
        frames.append(frame)
        total += households
    return gather(frames, ATOM_COLUMNS, ground.crs), total


def _clean(
    raw: RawLayer, communities: gpd.GeoDataFrame, named_by: Sequence[str], ground: Ground
) -> tuple[gpd.GeoDataFrame, int]:
    rules, journal = ground.rules, ground.journal
    fields = ("households", "residents", "name")
    found = {field: columns[0] for field in fields if (columns := find_all(raw, field, rules))}
    if "households" not in found:
        raise missing_column(raw, "households")
    community, column = _community(raw, communities, named_by, ground)
    say_columns(raw, found | ({"community": column} if column else {}), journal)
    households = _households(raw, found["households"], ground)
    attributes = pd.DataFrame(
        {
            "households": households,
            "residents": residents_of(raw, found.get("residents"), ground),
            "community": community,
            "name": texts(raw, found.get("name"), journal),
        }
    )
    counted = replace(raw, counts=households)
    kept = polygons(place(counted, ground), counted, ground, strict=True)
    return kept[["geometry"]].join(attributes), int(households.sum())


def _households(raw: RawLayer, column: str, ground: Ground) -> pd.Series[int]:
    households = counts(raw, column, ground.journal)
    empty = households.isna()
    meant = ground.rules.missing_households
    if empty.any() and meant is None:
        raise InputError(
            Text(f"{empty.sum()} atoms have no household count", f"{empty.sum()} 个单元户数为空"),
            remedy=Text(
                "Fill them, or set missing_households = 0 if an empty cell means none",
                "请补齐；若空白表示没有住户，请设置 missing_households = 0",
            ),
            **raw.place,
            row=first(empty) + 1,
            field=column,
        )
    return households.fillna(meant or 0).astype("int64")


def _community(
    raw: RawLayer, communities: gpd.GeoDataFrame, named_by: Sequence[str], ground: Ground
) -> tuple[pd.Series[str], str]:
    """Return the community that each atom names, and the column that says so (``""`` for none)."""
    explicit = "atoms.community" in ground.rules.columns
    fitting = find_all(raw, "community", ground.rules)
    same = () if explicit else tuple(name for name in named_by if name in raw.columns)
    known = (set(communities["code"]) | set(communities["name"])) - {""}
    best, column, hits = texts(raw, None, ground.journal), "", 0
    for name in dict.fromkeys((*same, *fitting)):
        cells = codes(raw, name, ground.journal)
        if (score := int(cells.isin(known).sum())) > hits:
            best, column, hits = cells, name, score
    if explicit and not hits:
        raise InputError(
            Text(
                f"no value of {fitting[0]!r} is a community",
                f"字段“{fitting[0]}”的值都不是已有社区",
            ),
            remedy=Text(
                "Name the column that holds the code or the name of the community",
                "请指明含社区编码或名称的字段",
            ),
            **raw.place,
            field=fitting[0],
        )
    strangers = best[~best.isin(known) & (best != "")]
    if len(strangers):
        ground.journal.say(
            "atoms",
            Text(
                f"{raw}: {len(strangers)} atoms name a community that is not given; they go by "
                f"overlap: {tally(strangers)}",
                f"{raw}：{len(strangers)} 个单元所属社区不在社区图层中，改按重叠面积归属："
                f"{tally(strangers)}",
            ),
        )
    return best.where(best.isin(known), ""), column
