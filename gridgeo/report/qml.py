"""The parts of a QGIS style: symbols, categories and labels as QML text."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from gridgeo.maps.style import FACILITY_MARK

HEAD = (
    "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    '<qgis version="3.22.0" styleCategories="Symbology|Labeling">'
)


def categories(column: str, shape: str, symbols: list[tuple[str, str, str]]) -> str:
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


def single(shape: str, layer: str) -> str:
    """Return a renderer that draws all features alike."""
    return (
        '<renderer-v2 type="singleSymbol" symbollevels="0">'
        f"<symbols>{_symbol(0, shape, layer)}</symbols></renderer-v2>"
    )


def labels(expression: str, *, size: int, bold: bool = False) -> str:
    """Return labels with a white halo; `expression` is in the language of QGIS."""
    return (
        '<labeling type="simple"><settings>'
        f'<text-style fieldName={quoteattr(expression)} isExpression="1" fontSize="{size}" '
        f'fontWeight="{75 if bold else 50}" textColor="40,40,40,255">'
        '<text-buffer bufferDraw="1" bufferSize="0.8" bufferColor="255,255,255,220"/>'
        '</text-style><placement placement="1"/>'
        '<rendering obstacle="1" drawLabels="1" scaleVisibility="0"/></settings></labeling>'
    )


def fill(colour: str, edge: str = "", width_mm: float = 0.0, *, hatched: bool = False) -> str:
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


def line(colour: str, width_mm: float) -> str:
    """Return the layer of a line symbol."""
    return _layer(
        "SimpleLine",
        line_color=_rgba(colour),
        line_width=f"{width_mm:.2f}",
        line_width_unit="MM",
        capstyle="round",
        joinstyle="round",
    )


def marker(colour: str, size_mm: float) -> str:
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
    told = "".join(f"<prop k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in props.items())
    return f'<layer class="{kind}" enabled="1" locked="0" pass="0">{told}</layer>'


def _rgba(colour: str, alpha: int = 255) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + f",{alpha}"
