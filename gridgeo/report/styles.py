"""QGIS styles (QML) for the layers of ``plan.gpkg``, stored in its ``layer_styles`` table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from gridgeo.maps.style import (
    COMMUNITY_LINE,
    FACILITY_MARK,
    GRID_LINE,
    HOUSEHOLD_DOT,
    LINE_STYLES,
    SEVERITY_COLOURS,
    VERDICT_COLOURS,
)
from gridgeo.report.qml import HEAD, categories, fill, labels, line, marker, single
from gridgeo.text import Lang, Text
from gridgeo.words import SEVERITIES, STREETS, VERDICTS

if TYPE_CHECKING:
    import geopandas as gpd

#: The last digits of a code: its number inside the community.
_SEQUENCE = """regexp_substr("code", '([0-9]{1,3})$')"""
_STAMP = "2000-01-01T00:00:00.000Z"


def style_frame(layers: Mapping[str, gpd.GeoDataFrame], lang: Lang) -> pd.DataFrame:
    """Return the rows of a ``layer_styles`` table: the default style of each layer that has one.

    A style is drawn for one kind of geometry, so a layer that mixes points with lines or
    polygons gets none and QGIS draws it as it likes.
    """
    rows = []
    for name, frame in layers.items():
        shape = _shape(frame)
        if name in STYLES and shape:
            rows.append(_row(name, HEAD + STYLES[name](shape, lang) + "</qgis>"))
    return pd.DataFrame(rows)


def _row(layer: str, qml: str) -> dict[str, object]:
    return {
        "f_table_catalog": "",
        "f_table_schema": "",
        "f_table_name": layer,
        "f_geometry_column": "geom",
        "styleName": f"gridgeo {layer}",
        "styleQML": qml,
        "styleSLD": "",
        "useAsDefault": True,
        "description": "gridgeo",
        "owner": "",
        "ui": "",
        "update_time": _STAMP,
    }


def _shape(frame: gpd.GeoDataFrame) -> str:
    shapes = {"Polygon": "fill", "LineString": "line", "Point": "marker"}
    found = sorted({kind.removeprefix("Multi") for kind in frame.geom_type.dropna()})
    return shapes.get(found[0], "") if len(found) == 1 else ""


def _grids(_shape: str, lang: Lang) -> str:
    symbols = [
        (
            verdict,
            VERDICTS[verdict].say(lang),
            fill(colour, GRID_LINE, 0.4, hatched=verdict == "dedicated"),
        )
        for verdict, colour in VERDICT_COLOURS.items()
        if verdict not in ("impossible", "not_found")
    ]
    return categories("verdict", "fill", symbols) + labels(_SEQUENCE, size=8)


def _communities(_shape: str, _lang: Lang) -> str:
    return single("fill", fill("", COMMUNITY_LINE, 0.8)) + labels('"name"', size=10, bold=True)


def _atoms(_shape: str, _lang: Lang) -> str:
    return single("fill", fill("", "#8a8a8a", 0.15))


def _lines(shape: str, lang: Lang) -> str:
    drawn = {"#ffffff": "#9a9a94", "#e2ded2": "#c9c6bd"}  # white lines need the fill of our page
    symbols = [
        (
            name,
            STREETS[name].say(lang),
            line(drawn.get(colour, colour), width * 0.25) if shape == "line" else fill(colour),
        )
        for name, (colour, width) in LINE_STYLES.items()
    ]
    return categories("street_class", shape, symbols)


def _households(_shape: str, _lang: Lang) -> str:
    return single("marker", marker(HOUSEHOLD_DOT, 1.2))


def _considered(shape: str, lang: Lang) -> str:
    told = {"true": Text("dedicated", "设为专属网格"), "false": Text("considered", "未设专属网格")}
    symbols = [
        (
            value,
            told[value].say(lang),
            marker(colour, 2.4) if shape == "marker" else fill(colour, FACILITY_MARK, 0.3),
        )
        for value, colour in (("true", VERDICT_COLOURS["dedicated"]), ("false", "#efe6f0"))
    ]
    return categories("dedicated", shape, symbols)


def _findings(shape: str, lang: Lang) -> str:
    draw: dict[str, Callable[[str], str]] = {
        "marker": lambda colour: marker(colour, 3.0),
        "line": lambda colour: line(colour, 0.8),
        "fill": lambda colour: fill("", colour, 0.8),
    }
    symbols = [(n, SEVERITIES[n].say(lang), draw[shape](c)) for n, c in SEVERITY_COLOURS.items()]
    return categories("severity", shape, symbols)


#: A new style is one function and one line here.
STYLES: dict[str, Callable[[str, Lang], str]] = {
    "grids": _grids,
    "communities": _communities,
    "atoms": _atoms,
    "borders": _lines,
    "streets": _lines,
    "barriers": _lines,
    "households": _households,
    "considered": _considered,
    "findings": _findings,
}
