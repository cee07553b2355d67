"""The base of every map: a page that loads nothing, its panels, its background tiles.

Background tiles are off unless the settings name a provider; then the page asks that one host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import folium
import geopandas as gpd
import numpy as np
from branca.element import Element, Figure, MacroElement
from folium.map import Layer
from folium.template import Template

from gridgeo.config import MapRules
from gridgeo.maps.assets import as_script, esc, head
from gridgeo.maps.bundle import GCJ02, MAP, TILES, linked
from gridgeo.maps.features import in_degrees
from gridgeo.wording import Lang, Text


@dataclass(frozen=True)
class _Tiles:
    """Addresses of tiles in Web Mercator, the lowest layer first; the datum they are drawn in."""

    addresses: tuple[str, ...]
    datum: str
    credit: Text

    @property
    def host(self) -> str:
        """Scheme, host and port: what the page may ask."""
        found = re.match(r"https?://[^/]+", self.addresses[0])
        assert found is not None  # noqa: S101  (the settings refuse other addresses)
        return found[0]


def _tianditu(layer: str) -> str:
    return (
        f"https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        "&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={key}"
    )


_GAODE = (
    "https://webrd01.is.autonavi.com/appmaptile?lang=zh_cn&size=1&scale=1&style=8&x={x}&y={y}&z={z}"
)
_TIANDITU = Text("Tianditu", "天地图")
#: Tianditu draws in CGCS2000, which is WGS 84 here; the matrix set ``w`` is Web Mercator.
_KNOWN: Mapping[str, _Tiles] = MappingProxyType(
    {
        "tianditu": _Tiles((_tianditu("vec"), _tianditu("cva")), "wgs84", _TIANDITU),
        "tianditu-image": _Tiles((_tianditu("img"), _tianditu("cia")), "wgs84", _TIANDITU),
        "gaode": _Tiles((_GAODE,), "gcj02", Text("Amap", "高德地图")),
    }
)


def tiles_of(rules: MapRules) -> _Tiles | None:
    """Return the tiles that the settings ask for with their key in place, None for none.

    Examples
    --------
    >>> tiles_of(MapRules(tiles="http://10.1.2.3:8080/t/{z}/{x}/{y}.png")).host
    'http://10.1.2.3:8080'
    """
    if not rules.tiles:
        return None
    custom = _Tiles((rules.tiles,), rules.tiles_datum, Text("", ""))
    found = _KNOWN.get(rules.tiles, custom)
    key = quote(rules.tiles_key, safe="")
    credit = Text(rules.tiles_credit, rules.tiles_credit) if rules.tiles_credit else found.credit
    addresses = tuple(address.replace("{key}", key) for address in found.addresses)
    return _Tiles(addresses, found.datum, credit)


def _page_script(tiles: _Tiles | None) -> str:
    """Return our own script of a page, with what its tiles need."""
    if tiles is None:
        return linked("gridgeo", (MAP,))
    if tiles.datum == "gcj02":
        return linked("gridgeo", (MAP, TILES, GCJ02)) + "gridgeo.drawInGcj02();\n"
    return linked("gridgeo", (MAP, TILES))


class TileLayer(Layer):
    """The tiles below everything else, with their credit at the edge of the map."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gridgeo.tiles({{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(self, tiles: _Tiles, lang: Lang) -> None:
        super().__init__(name=Text("Background", "底图").say(lang), overlay=True, show=True)
        self._name = "TileLayer"
        failed = Text(
            "The background cannot be loaded; all else works", "底图未能加载，其余功能不受影响"
        )
        self.data = as_script(
            {
                "addresses": tiles.addresses,
                "credit": tiles.credit.say(lang),
                "failed": failed.say(lang),
            }
        )


class Panels(MacroElement):
    """The title with the figures, the legend, and the order of the layers.

    Parameters
    ----------
    title, figures, credit
        The panel above the map; `credit` names the sources of the data, ``""`` for none.
    legend
        Title and groups of entries.
    bounds
        What the map shows at first, as `gridgeo.maps.base.bounds_of` returns it.
    layers
        From the lowest to the uppermost.
    named
        The layers that the tools of the page work on, by name; None for a page without tools.
    """

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "{% set map = this._parent.get_name() %}"
        "gridgeo.title({{ map }}, {{ this.title }});"
        "gridgeo.legend({{ map }}, {{ this.legend }});"
        "gridgeo.fit({{ map }}, {{ this.bounds|tojson }});"
        "gridgeo.keepOrder({{ map }}, ["
        "{% for layer in this.layers %}{{ layer.get_name() }}, {% endfor %}]);"
        "{% if this.named is not none %}"
        "gridgeo.page = gridgeo.work({{ map }}, { "
        "{% for key, layer in this.named.items() %}{{ key }}: {{ layer.get_name() }}, {% endfor %} "
        "});"
        "{% endif %}"
        "{% endmacro %}"
    )

    def __init__(
        self,
        *,
        title: str,
        figures: Sequence[tuple[str, str]],
        credit: str,
        legend: Mapping[str, Any],
        bounds: list[list[float]],
        layers: Sequence[folium.GeoJson],
        named: Mapping[str, Layer] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Panels"
        lines = [credit] if credit else []
        rows = [{"label": label, "value": value} for label, value in figures]
        self.title = as_script({"title": title, "figures": rows, "lines": lines})
        self.legend = as_script(legend)
        self.bounds = bounds
        self.layers = layers
        self.named = named


def blank_map(title: str, data: str = "", tiles: _Tiles | None = None) -> folium.Map:
    """Return a map without layers that carries Leaflet, our scripts and the blocks of `data`.

    It may ask the host of `tiles`, and nobody where there are none.
    """
    made = folium.Map(
        location=[0, 0],
        tiles=None,
        prefer_canvas=True,
        control_scale=True,
        zoom_control="bottomleft",
        attributionControl=False,
        font_size="13px",
        max_zoom=20,
        zoomSnap=0.25,
        zoomDelta=0.5,
    )
    made.default_js, made.default_css = [], []
    figure = _figure(made)
    figure.title = esc(title)
    header = head(_page_script(tiles), images=tiles.host if tiles else "")
    figure.header.add_child(_Verbatim(header), name="gridgeo_head", index=0)
    if data:
        figure.header.add_child(_Verbatim(data), name="gridgeo_data")
    return made


def bounds_of(shapes: gpd.GeoSeries) -> list[list[float]]:
    """Return south, west and north, east of `shapes` in degrees; the world where there are none."""
    if shapes.empty:
        return [[-60.0, -180.0], [75.0, 180.0]]
    west, south, east, north = gpd.GeoSeries(in_degrees(shapes)).total_bounds
    bounds: list[list[float]] = np.round([[south, west], [north, east]], 6).tolist()
    return bounds


def numbered(made: folium.Map) -> folium.Map:
    """Replace the random ids of folium by numbers, so that equal data give equal pages."""
    waiting: list[Element] = [_figure(made)]
    number = 0
    while waiting:
        element = waiting.pop()
        element._id = f"{number:04d}"
        number += 1
        waiting += reversed(element._children.values())
    return made


def _figure(made: folium.Map) -> Figure:
    figure = made.get_root()
    assert isinstance(figure, Figure)  # noqa: S101  (folium always makes one)
    return figure


class _Verbatim(Element):
    """Text that stands in the page as it is: long data are not read as a template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self.text = text
