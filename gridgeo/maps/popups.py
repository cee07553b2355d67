"""What is shown of a feature when it is clicked or pointed at; every value is escaped."""

from __future__ import annotations

from typing import Any

import folium
import pandas as pd

from gridgeo.maps.escape import esc
from gridgeo.text import Lang, Text

_ALIASES = {
    "change": Text("Change", "变更"),
    "before": Text("Households before", "原户数"),
    "came": Text("Households in", "划入户数"),
    "left": Text("Households out", "划出户数"),
    "code": Text("Code", "编码"),
    "name": Text("Name", "名称"),
    "community": Text("Community", "社区（村）"),
    "kind": Text("Kind", "类型"),
    "households": Text("Households", "户数"),
    "residents": Text("Residents", "人口"),
    "area": Text("Area (ha)", "面积（公顷）"),
    "told": Text("Verdict", "结论"),
    "soundness": Text("Checks", "核查结论"),
    "facility": Text("Facility", "设施"),
    "bounded_by": Text("Bounded by", "四至"),
    "contains": Text("Contains", "包含范围"),
    "count": Text("Households", "户数"),
    "grid": Text("Grid", "网格"),
    "reason": Text("Reason", "原因"),
    "rule": Text("Rule", "规则"),
    "message": Text("Finding", "问题"),
    "was": Text("Was in", "原属网格"),
    "now": Text("Now in", "现属网格"),
}


def popup_of(fields: list[str], lang: Lang) -> folium.GeoJsonPopup:
    """Return a popup with a row for each of `fields`; empty ones are not shown."""
    aliases = [_ALIASES[name].say(lang) for name in fields]
    return folium.GeoJsonPopup(fields=fields, aliases=aliases, maxWidth=360)


def tooltip_of(fields: list[str], lang: Lang) -> folium.GeoJsonTooltip:
    """Return a tooltip with a row for each of `fields`."""
    aliases = [_ALIASES[name].say(lang) for name in fields]
    return folium.GeoJsonTooltip(fields=fields, aliases=aliases, sticky=True)


def escaped(values: pd.Series[Any]) -> list[str]:
    """Return `values` as inert text."""
    return [esc(value) for value in values.fillna("")]


def numbers(values: pd.Series[Any]) -> list[str]:
    """Return `values` as whole numbers with separators, empty where unknown."""
    return ["" if pd.isna(value) else f"{value:,.0f}" for value in values]
