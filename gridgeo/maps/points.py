"""The layers above the map: facilities, households, findings."""

from __future__ import annotations

from typing import Any

import folium
import geopandas as gpd
import shapely

from gridgeo.maps.escape import esc
from gridgeo.maps.features import features
from gridgeo.maps.popups import escaped, popup_of
from gridgeo.maps.style import SEVERITY_COLOURS, facility_style
from gridgeo.model import SEVERITIES, Plan
from gridgeo.text import Text
from gridgeo.words import FACILITIES, word
from gridgeo.words import SEVERITIES as SEVERITY_WORDS


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
