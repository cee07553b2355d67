"""Background tiles of the map page, off unless the settings name them: one host, and its credit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from folium.map import Layer
from folium.template import Template

from gridgeo.config import MapRules
from gridgeo.maps.escape import as_script
from gridgeo.text import Lang, Text


@dataclass(frozen=True)
class Tiles:
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
KNOWN: Mapping[str, Tiles] = MappingProxyType(
    {
        "tianditu": Tiles((_tianditu("vec"), _tianditu("cva")), "wgs84", _TIANDITU),
        "tianditu-image": Tiles((_tianditu("img"), _tianditu("cia")), "wgs84", _TIANDITU),
        "gaode": Tiles((_GAODE,), "gcj02", Text("Amap", "高德地图")),
    }
)


def tiles_of(rules: MapRules) -> Tiles | None:
    """Return the tiles that the settings ask for with their key in place, None for none.

    Examples
    --------
    >>> tiles_of(MapRules(tiles="http://10.1.2.3:8080/t/{z}/{x}/{y}.png")).host
    'http://10.1.2.3:8080'
    """
    if not rules.tiles:
        return None
    own = Tiles((rules.tiles,), rules.tiles_datum, Text("", ""))
    found = KNOWN.get(rules.tiles, own)
    key = quote(rules.tiles_key, safe="")
    credit = Text(rules.tiles_credit, rules.tiles_credit) if rules.tiles_credit else found.credit
    addresses = tuple(address.replace("{key}", key) for address in found.addresses)
    return Tiles(addresses, found.datum, credit)


def tile_scripts(tiles: Tiles | None) -> tuple[str, ...]:
    """Return the names of the scripts that tiles need beside those of every page."""
    if tiles is None:
        return ()
    return ("tiles.js", "gcj02.js") if tiles.datum == "gcj02" else ("tiles.js",)


class TileLayer(Layer):
    """The tiles below everything else, with their credit at the edge of the map."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = gridgeo.tiles({{ this.data }});"
        "{% endmacro %}"
    )

    def __init__(self, tiles: Tiles, lang: Lang) -> None:
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
