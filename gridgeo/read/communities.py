"""Communities (社区/村): code, name, outline; no two of them the same."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd
import shapely

from gridgeo.errors import InputError
from gridgeo.read.columns import understand
from gridgeo.read.context import Ground, RawLayer
from gridgeo.read.geometry import place
from gridgeo.read.shapes import gather, polygons
from gridgeo.read.values import codes, texts
from gridgeo.text import Text

_COLUMNS = ("code", "name")


def clean_communities(
    raws: Sequence[RawLayer], ground: Ground, *, township: bool = False
) -> gpd.GeoDataFrame:
    """Return code, name (and township) and geometry; raises InputError where two are the same."""
    columns = (*_COLUMNS, "township") if township else _COLUMNS
    frames = []
    for raw in raws:
        found = understand(raw, columns, ground.rules, ground.journal)
        kept = polygons(place(raw, ground), raw, ground, strict=True)
        code, name = found.get("code"), found.get("name")
        frames.append(
            kept[["geometry"]].assign(
                code=codes(raw, code, ground.journal),
                name=texts(raw, name, ground.journal),
                township=texts(raw, found.get("township"), ground.journal),
                row=kept.index + 1,
                file=raw.file,
            )
        )
    _refuse_twins(pd.concat(frames, ignore_index=True))
    return gather(frames, columns, ground.crs)


def _refuse_twins(frame: gpd.GeoDataFrame) -> None:
    shape = pd.Series(shapely.to_wkb(shapely.normalize(frame.geometry.to_numpy()), hex=True))
    for what, keys in (
        (Text("the same outline", "边界完全相同"), shape),
        (Text("the same code", "编码相同"), frame["code"].where(frame["code"] != "")),
    ):
        twins = keys[keys.notna() & keys.duplicated(keep=False)]
        if not twins.empty:
            pair = frame.loc[twins.index[twins == twins.iloc[0]]]
            raise _twin_error(pair, what)


def _twin_error(pair: gpd.GeoDataFrame, what: Text) -> InputError:
    told = [
        " ".join(filter(None, (str(row.code), str(row.name))))
        for row in pair[["code", "name"]].itertuples(index=False, name="Row")
    ]
    named = " / ".join(text or "?" for text in told)
    return InputError(
        Text(f"communities have {what.en}: {named}", f"社区{what.zh}：{named}"),
        remedy=Text(
            "Delete the copy, dissolve the parts of one community, or correct the code",
            "请删除重复记录、合并同一社区的多个部分，或更正编码",
        ),
        file=pair["file"].iloc[0] or None,
        rows=", ".join(str(row) for row in pair["row"]),
    )
