"""The map of a comparison: the change of each grid; ground that changed grids is hatched."""

from __future__ import annotations

from typing import Any

import folium
import geopandas as gpd
import shapely

from gridgeo.geometry import CHANGE_CODES
from gridgeo.maps.assets import esc
from gridgeo.maps.base import Panels, blank_map, bounds_of, numbered
from gridgeo.maps.data import grid_labels
from gridgeo.maps.features import features, light_coverage, one_line
from gridgeo.maps.layers import escaped, numbers, popup_of, tooltip_of
from gridgeo.maps.overlays import Labels
from gridgeo.maps.style import (
    CHANGE_COLOURS,
    CHANGE_MARK,
    GRID_LINE,
    OLD_LINE,
    change_entries,
    line_style,
)
from gridgeo.model import Comparison
from gridgeo.wording import CHANGES, Lang, Text, word

_FIELDS = ["change", "code", "was", "name", "count", "before", "came", "left", "reason"]


def changes_page(comparison: Comparison) -> str:
    """Return the map of `comparison` as one HTML page; equal data give equal bytes."""
    page: str = _changes_map(comparison).get_root().render()
    return page


def _changes_map(comparison: Comparison) -> folium.Map:
    """Return the map of a comparison; it carries Leaflet with it and fetches nothing."""
    lang = comparison.settings.lang
    made = blank_map(_title(comparison, lang))
    layers = [
        _grid_layer(comparison, lang),
        _ground_layer(comparison, lang),
        _old_layer(comparison, lang),
    ]
    for layer in layers:
        layer.add_to(made)
    _labels(comparison, lang).add_to(made)
    folium.LayerControl(collapsed=False).add_to(made)
    Panels(
        title=_title(comparison, lang),
        figures=_figures_of(comparison, lang),
        credit=comparison.settings.attribution,
        legend=_legend(comparison, lang),
        bounds=bounds_of(_now(comparison).geometry),
        layers=layers,
    ).add_to(made)
    return numbered(made)


def _grid_layer(comparison: Comparison, lang: Lang) -> folium.GeoJson:
    grids = _now(comparison)
    rows: dict[str, list[Any]] = {
        "kind": grids["change"].tolist(),
        "change": [esc(word(CHANGES, change, lang)) for change in grids["change"]],
        "code": escaped(grids["new_code"]),
        "was": escaped(grids["old_code"]),
        "name": escaped(grids["name"]),
        "count": numbers(grids["households"]),
        "before": numbers(grids["households_before"]),
        "came": numbers(grids["households_in"]),
        "left": numbers(grids["households_out"]),
        "reason": escaped(grids["reason"]),
    }
    return folium.GeoJson(
        features(light_coverage(grids.geometry), rows),
        name=Text("Grids", "网格").say(lang),
        style_function=lambda feature: {
            "fillColor": CHANGE_COLOURS[feature["properties"]["kind"]],
            "fillOpacity": 0.75,
            "color": GRID_LINE,
            "weight": 1.4,
            "opacity": 0.9,
        },
        popup=popup_of(_FIELDS, lang) if len(grids) else None,
        tooltip=tooltip_of(["code", "change"], lang) if len(grids) else None,
        smooth_factor=0.6,
    )


def _ground_layer(comparison: Comparison, lang: Lang) -> folium.GeoJson:
    """Draw the ground that lies in another grid now, or in none."""
    walk = comparison.crosswalk
    moved = walk[walk["moved"] & ~walk.geometry.is_empty]
    style = {"color": CHANGE_MARK, "weight": 1.2, "fillColor": "#ffffff", "fillOpacity": 0.15}
    rows = {
        "was": escaped(moved["old_code"]),
        "now": escaped(moved["new_code"]),
        "count": numbers(moved["households"]),
    }
    name = Text("Ground that changed grids", "归属变动的区域")
    return folium.GeoJson(
        features(moved.geometry, rows),
        name=(name + Text(f" ({len(moved):,})", f"（{len(moved):,}）")).say(lang),
        style_function=lambda _feature: style | {"hatch": CHANGE_MARK},
        popup=popup_of(["was", "now", "count"], lang) if len(moved) else None,
    )


def _old_layer(comparison: Comparison, lang: Lang) -> folium.GeoJson:
    lines = one_line(shapely.boundary(comparison.before.geometry.to_numpy()))
    return folium.GeoJson(
        features(gpd.GeoSeries([lines], crs=comparison.before.crs)),
        name=Text("Grid borders before", "原网格界").say(lang),
        style_function=lambda _feature: line_style(OLD_LINE, 1.8, 0.9) | {"dashArray": "6 5"},
        interactive=False,
    )


def _labels(comparison: Comparison, lang: Lang) -> Labels:
    """Write numbers and households of the grids."""
    grids = _now(comparison)
    return Labels(grid_labels(grids.geometry, grids["new_code"], grids["households"], lang), lang)


def _figures_of(comparison: Comparison, lang: Lang) -> list[tuple[str, str]]:
    """Return the figures of a comparison as pairs of label and value."""
    summary = comparison.summary
    figures = [
        (Text("Grids before", "原网格数"), f"{summary['grids_before']:,}"),
        (Text("Grids now", "现网格数"), f"{summary['grids']:,}"),
        (Text("Households", "户数"), f"{summary['households']:,}"),
        (Text("… that moved", "其中：变更归属"), f"{summary['households_moved']:,}"),
        (Text("Share moved", "变更占比"), f"{summary['households_share']:.1%}"),
        (Text("Area moved", "变更面积"), _hectares(summary, lang)),
        (Text("Codes changed", "改用新编码"), f"{summary['codes_changed']:,}"),
    ]
    return [(label.say(lang), value) for label, value in figures]


def _hectares(summary: dict[str, Any], lang: Lang) -> str:
    return f"{summary['area_moved_m2'] / 10_000:,.1f} " + Text("ha", "公顷").say(lang)


def _title(comparison: Comparison, lang: Lang) -> str:
    kind = Text("What changed", "网格变更图").say(lang)
    return f"{comparison.settings.title} · {kind}" if comparison.settings.title else kind


def _legend(comparison: Comparison, lang: Lang) -> dict[str, Any]:
    return {
        "title": Text("Legend", "图例").say(lang),
        "groups": [
            {"title": Text("Grids", "网格").say(lang), "entries": _grid_entries(comparison, lang)},
            {"title": Text("Changes", "变化").say(lang), "entries": change_entries(lang)},
        ],
    }


def _grid_entries(comparison: Comparison, lang: Lang) -> list[dict[str, Any]]:
    counts = comparison.changes["change"].value_counts()
    return [
        {
            "shape": "fill",
            "colour": CHANGE_COLOURS[change],
            "edge": GRID_LINE,
            "hatch": "",
            "label": word(CHANGES, change, lang),
            "count": f"{counts[change]:,}",
        }
        for change in CHANGE_CODES
        if counts.get(change, 0)
    ]


def _now(comparison: Comparison) -> gpd.GeoDataFrame:
    """Return the grids that there are now and that have ground."""
    there = (comparison.changes["new_code"] != "") & ~comparison.changes.geometry.is_empty
    return comparison.changes[there].reset_index(drop=True)
