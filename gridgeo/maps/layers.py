"""The layers of the map: each function takes a plan and returns a layer, or None.

Every value in a popup or tooltip is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import folium
import geopandas as gpd
import pandas as pd
import shapely

from gridgeo.maps.assets import esc
from gridgeo.maps.features import borders_once, features, one_line
from gridgeo.maps.style import (
    COMMUNITY_LINE,
    GRID_LINE,
    LINE_STYLES,
    SEVERITY_COLOURS,
    barrier_style,
    facility_style,
    grid_style,
    line_style,
    soundness_style,
    street_style,
)
from gridgeo.model import SEVERITIES, Plan
from gridgeo.wording import FACILITIES, KINDS, SOUNDNESS, VERDICTS, Lang, Text, word
from gridgeo.wording import SEVERITIES as SEVERITY_WORDS

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
        "told": _with_reason(VERDICTS, grids["verdict"], grids["reason"], lang),
        "soundness": _with_reason(SOUNDNESS, grids["soundness"], grids["soundness_reason"], lang),
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
    lang, soundness = plan.settings.lang, wrong["soundness"]
    counts = (
        Text(", ", "，")
        .say(lang)
        .join(
            f"{word(SOUNDNESS, key, lang)} {count:,}"
            for key in ("must_adjust", "adjust")
            if (count := int((soundness == key).sum()))
        )
    )
    return folium.GeoJson(
        features(wrong.geometry, {"soundness": escaped(soundness)}),
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


def _with_reason(
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


def facility_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the facilities that were considered, with the reason; off at first."""
    lang, facilities = plan.settings.lang, plan.considered
    if facilities.empty:
        return None
    rows: dict[str, list[Any]] = {
        "dedicated": facilities["dedicated"].astype(bool).tolist(),
        "name": escaped(facilities["name"]),
        "kind": [esc(word(FACILITIES, kind, lang)) for kind in facilities["kind"]],
        "grid": escaped(facilities["grid"]),
        "reason": escaped(facilities["reason"]),
    }
    count = f"{len(facilities):,}"
    return folium.GeoJson(
        features(facilities.geometry, rows),
        name=Text(f"Facilities considered ({count})", f"评估的设施（{count}）").say(lang),
        marker=folium.CircleMarker(radius=5),
        style_function=lambda feature: facility_style(feature["properties"]["dedicated"]),
        popup=popup_of(["name", "kind", "grid", "reason"], lang),
        show=False,
    )


def per_atom(plan: Plan) -> bool:
    """Return whether households are drawn as counts per atom: many, or no points at all."""
    many = len(plan.households) > plan.settings.map.household_points
    return many or plan.households.empty


def household_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the households as dots sized by count; off at first.

    Where they are drawn as counts per atom (`per_atom`), only those that are in no grid.
    """
    lang = plan.settings.lang
    frame = plan.households
    name = Text("Households", "住户")
    if per_atom(plan):
        frame = frame[frame["grid"] == ""]
        name = Text("Households in no grid", "未入格住户")
    if frame.empty:
        return None
    points = gpd.GeoSeries(shapely.point_on_surface(frame.geometry.to_numpy()), crs=frame.crs)
    rows = {
        "count": frame["households"].tolist(),
        "listed": (frame["grid"] == "").tolist(),
        "grid": escaped(frame["grid"]),
        "reason": escaped(frame["reason"]) if "reason" in frame else [""] * len(frame),
    }
    return folium.GeoJson(
        features(points, rows),
        name=name.say(lang),
        point_to_layer=folium.JsCode("gridgeo.dot"),  # a style for each of many points is slow
        popup=popup_of(["count", "grid", "reason"], lang),
        show=False,
    )


def finding_layers(plan: Plan) -> list[folium.GeoJson]:
    """Draw one layer of findings a severity; errors are on at first, the others off."""
    lang = plan.settings.lang
    by_code = dict(zip(plan.grids["code"], plan.grids.geometry, strict=True))
    made = []
    for severity in SEVERITIES:
        found = [f for f in plan.findings if f.severity == severity]
        places = [_place(f.where, f.grids, by_code) for f in found]
        rows = {
            "rule": [esc(f.rule) for f in found],
            "message": [esc(f.message.say(lang)) for f in found],
            "grid": [esc(" ".join(f.grids[:8])) for f in found],
        }
        if any(place is not None for place in places):
            title = Text("Findings: ", "问题：").say(lang)
            title += f"{word(SEVERITY_WORDS, severity, lang)} ({len(found):,})"
            made.append(_finding_layer(severity, title, places, rows, plan))
    return made


def _finding_layer(
    severity: str, title: str, places: list[Any], rows: dict[str, list[str]], plan: Plan
) -> folium.GeoJson:
    style = {
        "color": "#ffffff",
        "weight": 1.5,
        "fill": True,
        "fillColor": SEVERITY_COLOURS[severity],
        "fillOpacity": 0.95,
        "radius": 6,
    }
    return folium.GeoJson(
        features(gpd.GeoSeries(places, crs=plan.grids.crs), rows),
        name=title,
        marker=folium.CircleMarker(radius=6),
        style_function=lambda _feature: style,
        popup=popup_of(["rule", "message", "grid"], plan.settings.lang),
        show=severity == "error",
    )


def _place(where: Any, grids: tuple[str, ...], by_code: dict[str, Any]) -> Any:
    if where is None and grids:
        where = by_code.get(grids[0])
    return None if where is None or where.is_empty else shapely.point_on_surface(where)
