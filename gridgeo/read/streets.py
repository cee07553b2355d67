"""Streets: class, name, whether they cut; railways drawn among them go to the barriers."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from gridgeo.read.classify import Classes, classify
from gridgeo.read.columns import find_all, say_columns
from gridgeo.read.context import Ground, RawLayer, tally
from gridgeo.read.figures import parse_numbers
from gridgeo.read.geometry import place
from gridgeo.read.shapes import gather, lines
from gridgeo.read.values import texts, truthy
from gridgeo.read.vocabulary import NO_STREET, street_class
from gridgeo.text import Text

#: what is said of rows by their class
_SAID = {
    "": Text("of unknown class count as local", "道路等级未知，按支路处理"),
    NO_STREET: Text("are no streets on the ground and are left out", "不是地面道路，已略去"),
    "rail": Text(
        "are railways and count as barriers where they are at grade", "为铁路，地面段按屏障处理"
    ),
}
STREET_COLUMNS = ("street_class", "name", "cuts")


def clean_streets(
    raws: Sequence[RawLayer], ground: Ground
) -> tuple[gpd.GeoDataFrame, list[gpd.GeoDataFrame]]:
    """Return the streets, and the railways found among them as frames of barriers."""
    streets, rails = [], []
    for raw in raws:
        frame = _clean(raw, ground)
        rail = (frame["street_class"] == "rail").to_numpy()
        rails.append(frame.loc[rail & frame["cuts"], ["street_class", "name", "geometry"]])
        streets.append(frame[~rail & (frame["street_class"] != NO_STREET)])
    return gather(streets, STREET_COLUMNS, ground.crs), rails


def _clean(raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    rules, journal = ground.rules, ground.journal
    told = classify(raw, find_all(raw, "class", rules), street_class, journal)
    single = {field: find_all(raw, field, rules)[:1] for field in ("name", "tunnel", "level")}
    found = {"class": ", ".join(told.columns)} if told.columns else {}
    found |= {field: columns[0] for field, columns in single.items() if columns}
    say_columns(raw, found, journal)
    _say_classes(raw, told, ground)
    attributes = pd.DataFrame(
        {
            "street_class": told.classes.where(told.classes != "", "local"),
            "name": texts(raw, found.get("name"), journal),
            "cuts": ~underground(raw, found.get("tunnel"), found.get("level")),
        },
        index=raw.frame.index,
    )
    kept = lines(place(raw, ground), raw, ground)
    out = kept[["geometry"]].join(attributes)
    _say_underground(raw, out, ground)
    return out


def underground(raw: RawLayer, tunnel: str | None, level: str | None) -> pd.Series[bool]:
    """Return which rows run in a tunnel, through a building, or on a layer below the ground."""
    below = truthy(raw, tunnel)
    if level is not None:
        below = below | (parse_numbers(raw.frame[level])[0] < 0)
    return below


def _say_classes(raw: RawLayer, told: Classes, ground: Ground) -> None:
    if not told.columns:
        ground.journal.say(
            "streets",
            Text(
                f"{raw}: no column of street classes understood: all streets count as local "
                "(name one with --column streets.class=NAME)",
                f"{raw.zh}：没有识别出道路等级字段，全部按支路处理"
                "（可用 --column streets.class=字段名 指明）",
            ),
        )
        return
    for name, said in _SAID.items():
        rows = told.values[told.classes == name]
        if len(rows):
            listed = f"{len(rows)} rows {said.en}: {tally(rows)}"
            chinese = f"{len(rows)} 行{said.zh}：{tally(rows)}"
            ground.journal.say("streets", Text(f"{raw}: {listed}", f"{raw.zh}：{chinese}"))


def _say_underground(raw: RawLayer, frame: gpd.GeoDataFrame, ground: Ground) -> None:
    tunnels = int((~frame["cuts"]).sum())
    if tunnels:
        ground.journal.say(
            "streets",
            Text(
                f"{raw}: {tunnels} pieces in tunnels, passages or below ground do not cut",
                f"{raw.zh}：{tunnels} 段隧道、通道或地下路段不作为边界",
            ),
        )
