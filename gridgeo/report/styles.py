"""QGIS styles (QML) for the layers of ``plan.gpkg``, stored in its ``layer_styles`` table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

import pandas as pd

from gridgeo.maps import (
    COMMUNITY_LINE,
    FACILITY_MARK,
    GRID_LINE,
    HOUSEHOLD_DOT,
    LINE_STYLES,
    SEVERITY_COLOURS,
    VERDICT_COLOURS,
)
from gridgeo.wording import SEVERITIES, STREETS, VERDICTS, Lang, Text

if TYPE_CHECKING:
    import geopandas as gpd

_HEAD = (
    "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    '<qgis version="3.22.0" styleCategories="Symbology|Labeling">'
)


def _categories(column: str, shape: str, symbols: list[tuple[str, str, str]]) -> str:
    """Return a renderer by the values of `column`; `symbols` are value, label and symbol layers."""
    listed = "".join(
        f'<category symbol="{i}" value={quoteattr(value)} label={quoteattr(label)} '
        f'type="{"bool" if value in ("true", "false") else "string"}" render="true"/>'
        for i, (value, label, _) in enumerate(symbols)
    )
    drawn = "".join(_symbol(i, shape, layer) for i, (_, _, layer) in enumerate(symbols))
    return (
        f'<renderer-v2 type="categorizedSymbol" attr={quoteattr(column)} symbollevels="0">'
        f"<categories>{listed}</categories><symbols>{drawn}</symbols></renderer-v2>"
    )


def _single(shape: str, layer: str) -> str:
    """Return a renderer that draws all features alike."""
    return (
        '<renderer-v2 type="singleSymbol" symbollevels="0">'
        f"<symbols>{_symbol(0, shape, layer)}</symbols></renderer-v2>"
    )


def _labels(expression: str, *, size: int, bold: bool = False) -> str:
    """Return labels with a white halo; `expression` is in the language of QGIS."""
    return (
        '<labeling type="simple"><settings>'
        f'<text-style fieldName={quoteattr(expression)} isExpression="1" fontSize="{size}" '
        f'fontWeight="{75 if bold else 50}" textColor="40,40,40,255">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferColor="255,255,255,220"/>'
        '</text-style><placement placement="1"/>'
        '<rendering obstacle="1" drawLabels="1" scaleVisibility="0"/></settings></labeling>'
    )


def _fill(colour: str, edge: str = "", width_mm: float = 0.0, *, hatched: bool = False) -> str:
    """Return the layers of a polygon symbol; without `colour` only the edge is drawn."""
    plain = _layer(
        "SimpleFill",
        color=_rgba(colour or "#ffffff", 190),
        style="solid" if colour else "no",
        outline_color=_rgba(edge or colour),
        outline_style="solid" if edge else "no",
        outline_width=f"{width_mm:g}",
        outline_width_unit="MM",
        joinstyle="round",
    )
    hatch = _layer(
        "SimpleFill", color=_rgba(FACILITY_MARK, 150), style="b_diagonal", outline_style="no"
    )
    return plain + hatch if hatched else plain


def _line(colour: str, width_mm: float) -> str:
    """Return the layer of a line symbol."""
    return _layer(
        "SimpleLine",
        line_color=_rgba(colour),
        line_width=f"{width_mm:.2f}",
        line_width_unit="MM",
        capstyle="round",
        joinstyle="round",
    )


def _marker(colour: str, size_mm: float) -> str:
    """Return the layer of a point symbol: a dot with a white rim."""
    return _layer(
        "SimpleMarker",
        name="circle",
        color=_rgba(colour),
        outline_color=_rgba("#ffffff"),
        outline_width="0.2",
        size=f"{size_mm:g}",
        size_unit="MM",
    )


def _symbol(number: int, shape: str, layer: str) -> str:
    return f'<symbol name="{number}" type="{shape}" alpha="1" clip_to_extent="1">{layer}</symbol>'


def _layer(kind: str, **props: str) -> str:
    options = "".join(f"<prop k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in props.items())
    return f'<layer class="{kind}" enabled="1" locked="0" pass="0">{options}</layer>'


def _rgba(colour: str, alpha: int = 255) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + f",{alpha}"


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
            rows.append(_row(name, _HEAD + STYLES[name](shape, lang) + "</qgis>"))
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
            _fill(colour, GRID_LINE, 0.4, hatched=verdict == "dedicated"),
        )
        for verdict, colour in VERDICT_COLOURS.items()
        if verdict not in ("impossible", "not_found")
    ]
    return _categories("verdict", "fill", symbols) + _labels(_SEQUENCE, size=8)


def _communities(_shape: str, _lang: Lang) -> str:
    return _single("fill", _fill("", COMMUNITY_LINE, 0.8)) + _labels('"name"', size=10, bold=True)


def _atoms(_shape: str, _lang: Lang) -> str:
    return _single("fill", _fill("", "#8a8a8a", 0.15))


def _lines(shape: str, lang: Lang) -> str:
    drawn = {"#ffffff": "#9a9a94", "#e2ded2": "#c9c6bd"}  # white lines need the fill of our page
    symbols = [
        (
            name,
            STREETS[name].say(lang),
            _line(drawn.get(colour, colour), width * 0.25) if shape == "line" else _fill(colour),
        )
        for name, (colour, width) in LINE_STYLES.items()
    ]
    return _categories("street_class", shape, symbols)


def _households(_shape: str, _lang: Lang) -> str:
    return _single("marker", _marker(HOUSEHOLD_DOT, 1.2))


def _considered(shape: str, lang: Lang) -> str:
    texts = {"true": Text("dedicated", "设为专属网格"), "false": Text("considered", "未设专属网格")}
    symbols = [
        (
            value,
            texts[value].say(lang),
            _marker(colour, 2.4) if shape == "marker" else _fill(colour, FACILITY_MARK, 0.3),
        )
        for value, colour in (("true", VERDICT_COLOURS["dedicated"]), ("false", "#efe6f0"))
    ]
    return _categories("dedicated", shape, symbols)


def _findings(shape: str, lang: Lang) -> str:
    draw: dict[str, Callable[[str], str]] = {
        "marker": lambda colour: _marker(colour, 3.0),
        "line": lambda colour: _line(colour, 0.8),
        "fill": lambda colour: _fill("", colour, 0.8),
    }
    symbols = [(n, SEVERITIES[n].say(lang), draw[shape](c)) for n, c in SEVERITY_COLOURS.items()]
    return _categories("severity", shape, symbols)


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
