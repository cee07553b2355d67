"""The areas and lines of the map: each function takes a plan and gives a layer, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import folium
import geopandas as gpd
import pandas as pd

from gridgeo.maps.escape import esc
from gridgeo.maps.features import borders_once, features, one_line
from gridgeo.maps.popups import escaped, numbers, popup_of, tooltip_of
from gridgeo.maps.style import (
    COMMUNITY_LINE,
    GRID_LINE,
    LINE_STYLES,
    barrier_style,
    grid_style,
    line_style,
    soundness_style,
    street_style,
)
from gridgeo.model import Plan
from gridgeo.text import Lang, Text
from gridgeo.words import KINDS, SOUNDNESS, VERDICTS, word

_QUIET: dict[str, Any] = {"interactive": False, "smooth_factor": 1.0}
_GRID_FIELDS = [
    "code",
    "name",
    "community",
    "kind",
    "households",
    "residents",
    "area",
    "told",
    "soundness",
    "facility",
    "bounded_by",
    "contains",
]
_HOVER = {"weight": 3.5, "color": "#101010"}


def barrier_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw water, railways and walls, below everything else."""
    drawn = plan.barriers[["street_class", "geometry"]]
    if drawn.empty:
        return None
    return folium.GeoJson(
        features(drawn.geometry, {"class": escaped(drawn["street_class"])}),
        name=Text("Water, railways, walls", "水域、铁路、围墙").say(plan.settings.lang),
        style_function=lambda feature: barrier_style(feature["properties"]["class"]),
        **_QUIET,
    )


def grid_layer(plan: Plan) -> folium.GeoJson:
    """Draw the grids, coloured by verdict, with all that is known of each in its popup."""
    lang, grids = plan.settings.lang, plan.grids
    rows = {
        "verdict": escaped(grids["verdict"]),
        "code": escaped(grids["code"]),
        "name": escaped(grids["name"]),
        "community": escaped(grids["community_name"]),
        "kind": [esc(word(KINDS, kind, lang)) for kind in grids["kind"]],
        "households": numbers(grids["households"]),
        "residents": numbers(grids["residents"]),
        "area": [f"{area / 10_000:,.1f}" for area in grids["area_m2"]],
        "told": _told(VERDICTS, grids["verdict"], grids["reason"], lang),
        "soundness": _told(SOUNDNESS, grids["soundness"], grids["soundness_reason"], lang),
        "facility": escaped(grids["facility"]),
        "bounded_by": escaped(grids["bounded_by"]),
        "contains": escaped(grids["contains"]),
    }
    return folium.GeoJson(
        features(grids.geometry, rows),
        name=Text("Grids", "网格").say(lang),
        style_function=lambda feature: grid_style(feature["properties"]["verdict"]),
        highlight_function=lambda _feature: _HOVER,
        popup=popup_of(_GRID_FIELDS, lang) if len(grids) else None,
        tooltip=tooltip_of(["name", "households"], lang) if len(grids) else None,
        smooth_factor=0.6,
    )


def soundness_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the grids that are not sound over the others, hidden at first."""
    wrong = plan.grids[plan.grids["soundness"].isin(["adjust", "must_adjust"])]
    if wrong.empty:
        return None
    lang, told = plan.settings.lang, wrong["soundness"]
    counts = (
        Text(", ", "，")
        .say(lang)
        .join(
            f"{word(SOUNDNESS, key, lang)} {count:,}"
            for key in ("must_adjust", "adjust")
            if (count := int((told == key).sum()))
        )
    )
    return folium.GeoJson(
        features(wrong.geometry, {"soundness": escaped(told)}),
        name=Text("Checks: ", "核查结论：").say(lang) + counts,
        style_function=lambda feature: soundness_style(feature["properties"]["soundness"]),
        show=False,
        **_QUIET,
    )


def outline_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the borders of the grids, each once, above the streets that they follow."""
    if plan.grids.empty:
        return None
    borders = one_line(borders_once(plan.grids.geometry.to_numpy()))
    return folium.GeoJson(
        features(gpd.GeoSeries([borders], crs=plan.grids.crs)),
        name=Text("Grid borders", "网格界").say(plan.settings.lang),
        style_function=lambda _feature: line_style(GRID_LINE, 1.8, 0.95),
        **_QUIET,
    )


def _told(
    terms: Mapping[str, Text], keys: pd.Series[str], reasons: pd.Series[str], lang: Lang
) -> list[str]:
    """Return each word with its reason, where there is one, as inert text."""
    colon = Text(": ", "：").say(lang)
    return [
        esc(word(terms, key, lang) + (colon + reason if key and reason else ""))
        for key, reason in zip(keys, reasons, strict=True)
    ]


def street_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the streets, one line a class, the great ones on top."""
    found = plan.streets["street_class"]
    classes = [name for name in reversed(list(LINE_STYLES)) if (found == name).any()]
    if not classes:
        return None
    lines = [
        one_line(plan.streets.geometry.to_numpy()[(found == name).to_numpy()]) for name in classes
    ]
    return folium.GeoJson(
        features(gpd.GeoSeries(lines, crs=plan.streets.crs), {"class": classes}),
        name=Text("Streets", "道路").say(plan.settings.lang),
        style_function=lambda feature: street_style(feature["properties"]["class"]),
        **_QUIET,
    )


def community_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the outlines of the communities, as lines that do not catch clicks."""
    if plan.communities.empty:
        return None
    borders = one_line(borders_once(plan.communities.geometry.to_numpy()))
    return folium.GeoJson(
        features(gpd.GeoSeries([borders], crs=plan.communities.crs)),
        name=Text("Communities", "社区（村）界").say(plan.settings.lang),
        style_function=lambda _feature: line_style(COMMUNITY_LINE, 2.6, 0.85),
        **_QUIET,
    )
