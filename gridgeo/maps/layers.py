"""The layers of the map, from the ground up: each takes a plan and gives a layer, or none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.maps.escape import esc
from gridgeo.maps.features import features, light_coverage, one_line
from gridgeo.maps.style import (
    COMMUNITY_LINE,
    FACILITY_MARK,
    GRID_LINE,
    HOUSEHOLD_DOT,
    LINE_STYLES,
    SEVERITY_COLOURS,
    STREET_CASING,
    VERDICT_COLOURS,
)
from gridgeo.model import SEVERITIES, Plan
from gridgeo.text import Lang, Text
from gridgeo.words import FACILITIES, KINDS, VERDICTS, word
from gridgeo.words import SEVERITIES as SEVERITY_WORDS

#: More household points than this are drawn as counts per atom.
MANY_POINTS = 20_000
_QUIET: dict[str, Any] = {"interactive": False, "smooth_factor": 1.0}
_HOVER = {"weight": 3.5, "color": "#101010"}


def barrier_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw water, railways and walls, below everything else."""
    drawn = plan.barriers[["street_class", "geometry"]]
    if drawn.empty:
        return None
    return folium.GeoJson(
        features(drawn.geometry, {"class": _escaped(drawn["street_class"])}),
        name=Text("Water, railways, walls", "水域、铁路、围墙").say(plan.settings.lang),
        style_function=lambda feature: _barrier_style(feature["properties"]["class"]),
        **_QUIET,
    )


def grid_layer(plan: Plan) -> folium.GeoJson:
    """Draw the grids, coloured by verdict, with all that is known of each in its popup."""
    lang, grids = plan.settings.lang, plan.grids
    rows = {
        "verdict": _escaped(grids["verdict"]),
        "code": _escaped(grids["code"]),
        "name": _escaped(grids["name"]),
        "community": _escaped(grids["community_name"]),
        "kind": [esc(word(KINDS, kind, lang)) for kind in grids["kind"]],
        "households": _numbers(grids["households"]),
        "residents": _numbers(grids["residents"]),
        "area": [f"{area / 10_000:,.1f}" for area in grids["area_m2"]],
        "told": [
            esc(
                word(VERDICTS, verdict, lang)
                + (Text(": ", "：").say(lang) + reason if reason else "")
            )
            for verdict, reason in zip(grids["verdict"], grids["reason"], strict=True)
        ],
        "facility": [esc(word(FACILITIES, kind, lang)) for kind in grids["facility"]],
        "bounded_by": _escaped(grids["bounded_by"]),
        "contains": _escaped(grids["contains"]),
    }
    return folium.GeoJson(
        features(light_coverage(grids.geometry), rows),
        name=Text("Grids", "网格").say(lang),
        style_function=lambda feature: _grid_style(feature["properties"]["verdict"]),
        highlight_function=lambda _feature: _HOVER,
        popup=_popup(_GRID_FIELDS, lang) if len(grids) else None,
        tooltip=_tooltip(["name", "households"], lang) if len(grids) else None,
        smooth_factor=0.6,
    )


def outline_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the borders of the grids, each once, above the streets that they follow."""
    if plan.grids.empty:
        return None
    borders = one_line(_borders(plan.grids.geometry))
    return folium.GeoJson(
        features(gpd.GeoSeries([borders], crs=plan.grids.crs)),
        name=Text("Grid borders", "网格界").say(plan.settings.lang),
        style_function=lambda _feature: _line(GRID_LINE, 1.8, 0.95),
        **_QUIET,
    )


def atom_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the borders between atoms, each once; off at first."""
    if plan.borders.empty:
        return None
    classes = [name for name in LINE_STYLES if (plan.borders["street_class"] == name).any()]
    lines = [
        one_line(
            plan.borders.geometry.to_numpy()[(plan.borders["street_class"] == name).to_numpy()]
        )
        for name in classes
    ]
    count = f"{len(plan.atoms):,}"
    return folium.GeoJson(
        features(gpd.GeoSeries(lines, crs=plan.borders.crs), {"class": classes}),
        name=Text(f"Atoms ({count})", f"基本单元（{count}）").say(plan.settings.lang),
        style_function=lambda _feature: {"color": "#6d7a80", "weight": 0.9, "dashArray": "3 3"},
        show=False,
        **_QUIET,
    )


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
        style_function=lambda feature: _street_style(feature["properties"]["class"]),
        **_QUIET,
    )


def community_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the outlines of the communities, as lines that do not catch clicks."""
    if plan.communities.empty:
        return None
    borders = one_line(_borders(plan.communities.geometry))
    return folium.GeoJson(
        features(gpd.GeoSeries([borders], crs=plan.communities.crs)),
        name=Text("Communities", "社区（村）界").say(plan.settings.lang),
        style_function=lambda _feature: _line(COMMUNITY_LINE, 2.6, 0.85),
        **_QUIET,
    )


def facility_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the facilities that were considered, with the reason; off at first."""
    lang, facilities = plan.settings.lang, plan.considered
    if facilities.empty:
        return None
    rows: dict[str, list[Any]] = {
        "dedicated": facilities["dedicated"].astype(bool).tolist(),
        "name": _escaped(facilities["name"]),
        "kind": [esc(word(FACILITIES, kind, lang)) for kind in facilities["kind"]],
        "grid": _escaped(facilities["grid"]),
        "reason": _escaped(facilities["reason"]),
    }
    count = f"{len(facilities):,}"
    return folium.GeoJson(
        features(facilities.geometry, rows),
        name=Text(f"Facilities considered ({count})", f"评估的设施（{count}）").say(lang),
        marker=folium.CircleMarker(radius=5),
        style_function=lambda feature: _facility_style(feature["properties"]["dedicated"]),
        popup=_popup(["name", "kind", "grid", "reason"], lang),
        show=False,
    )


def household_layer(plan: Plan) -> folium.GeoJson | None:
    """Draw the households as dots sized by count; off at first.

    Above `MANY_POINTS` points, or where only counts per atom were given, one dot an atom, and the
    name of the layer says so.
    """
    lang = plan.settings.lang
    per_atom = len(plan.households) > MANY_POINTS or plan.households.empty
    frame = plan.atoms[plan.atoms["households"] > 0] if per_atom else plan.households
    if frame.empty:
        return None
    name = Text("Households", "住户")
    if per_atom:
        name += Text(" (count per atom)", "（按基本单元汇总）")
    points = gpd.GeoSeries(shapely.point_on_surface(frame.geometry.to_numpy()), crs=frame.crs)
    rows = {
        "count": frame["households"].tolist(),
        "listed": (frame["grid"] == "").tolist(),
        "grid": _escaped(frame["grid"]),
        "reason": _escaped(frame["reason"]) if "reason" in frame else [""] * len(frame),
    }
    return folium.GeoJson(
        features(points, rows),
        name=name.say(lang),
        marker=folium.CircleMarker(radius=3),
        style_function=lambda feature: _household_style(feature["properties"]),
        popup=_popup(["count", "grid", "reason"], lang),
        show=False,
    )


def finding_layers(plan: Plan) -> list[folium.GeoJson]:
    """Draw one layer of findings a severity; errors are on at first, the others off."""
    lang = plan.settings.lang
    by_code = pd.Series(plan.grids.geometry.to_numpy(), index=plan.grids["code"].to_numpy())
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
        popup=_popup(["rule", "message", "grid"], plan.settings.lang),
        show=severity == "error",
    )


def _borders(shapes: gpd.GeoSeries) -> Any:
    """Return the borders of a coverage, each stretch once."""
    return shapely.union_all(shapely.boundary(light_coverage(shapes).to_numpy()))


def _place(where: Any, grids: tuple[str, ...], by_code: pd.Series[Any]) -> Any:
    if where is None and grids and grids[0] in by_code.index:
        where = by_code.loc[grids[0]]
    return None if where is None or where.is_empty else shapely.point_on_surface(where)


def _grid_style(verdict: str) -> dict[str, Any]:
    style = {
        "fillColor": VERDICT_COLOURS.get(verdict, "#ffffff"),
        "fillOpacity": 0.72,
        "color": GRID_LINE,
        "weight": 0.6,
        "opacity": 0.6,
    }
    if verdict == "dedicated":
        style |= {"hatch": FACILITY_MARK + "88", "color": FACILITY_MARK}
    return style


def _line(colour: str, width: float, opacity: float) -> dict[str, Any]:
    return {"color": colour, "weight": width, "opacity": opacity, "swell": True}


def _street_style(name: str) -> dict[str, Any]:
    colour, width = LINE_STYLES[name]
    return _line(colour, width, 1) | (
        {"casing": STREET_CASING} if width > 1 and name != "rail" else {}
    )


def _barrier_style(name: str) -> dict[str, Any]:
    colour, width = LINE_STYLES.get(name, LINE_STYLES["none"])
    style: dict[str, Any] = {"color": colour, "weight": width, "fillColor": colour}
    style["fillOpacity"] = 0.8
    return style | ({"dashArray": "7 4"} if name == "rail" else {})


def _facility_style(dedicated: bool) -> dict[str, Any]:  # noqa: FBT001  (a value, not a switch)
    return {
        "color": FACILITY_MARK,
        "weight": 1.5,
        "fill": True,
        "fillColor": FACILITY_MARK if dedicated else "#ffffff",
        "fillOpacity": 0.55,
    }


def _household_style(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "radius": float(np.clip(np.round(2 * (0.8 + 0.35 * row["count"] ** 0.5)) / 2, 1.5, 9)),
        "stroke": False,
        "fill": True,
        "fillColor": SEVERITY_COLOURS["error"] if row["listed"] else HOUSEHOLD_DOT,
        "fillOpacity": 0.6,
    }


_GRID_FIELDS = [
    "code",
    "name",
    "community",
    "kind",
    "households",
    "residents",
    "area",
    "told",
    "facility",
    "bounded_by",
    "contains",
]
_ALIASES = {
    "code": Text("Code", "编码"),
    "name": Text("Name", "名称"),
    "community": Text("Community", "社区（村）"),
    "kind": Text("Kind", "类型"),
    "households": Text("Households", "户数"),
    "residents": Text("Residents", "人口"),
    "area": Text("Area (ha)", "面积（公顷）"),
    "told": Text("Verdict", "结论"),
    "facility": Text("Facility", "设施类别"),
    "bounded_by": Text("Bounded by", "四至"),
    "contains": Text("Contains", "包含范围"),
    "count": Text("Households", "户数"),
    "grid": Text("Grid", "网格"),
    "reason": Text("Reason", "原因"),
    "rule": Text("Rule", "规则"),
    "message": Text("Finding", "问题"),
}


def _popup(fields: list[str], lang: Lang) -> folium.GeoJsonPopup:
    aliases = [_ALIASES[name].say(lang) for name in fields]
    return folium.GeoJsonPopup(fields=fields, aliases=aliases, maxWidth=360)


def _tooltip(fields: list[str], lang: Lang) -> folium.GeoJsonTooltip:
    aliases = [_ALIASES[name].say(lang) for name in fields]
    return folium.GeoJsonTooltip(fields=fields, aliases=aliases, sticky=True)


def _escaped(values: pd.Series[Any]) -> list[str]:
    return [esc(value) for value in values.fillna("")]


def _numbers(values: pd.Series[Any]) -> list[str]:
    return ["" if pd.isna(value) else f"{value:,.0f}" for value in values]


#: A new layer is one function and one line here; the order is that of drawing.
LAYERS: tuple[Callable[[Plan], folium.GeoJson | None], ...] = (
    barrier_layer,
    grid_layer,
    atom_layer,
    street_layer,
    outline_layer,
    community_layer,
    facility_layer,
    household_layer,
)
