"""What stands on the map page: households, and tiles below the grids."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from gridgeo.config.limits import at_least, one_of
from gridgeo.errors import SettingsError
from gridgeo.text import Text

#: Providers with addresses of their own; anything else is the address of tiles.
PROVIDERS = ("tianditu", "tianditu-image", "gaode")
TILE_DATUMS = ("wgs84", "gcj02")
#: One host, so that the page may be allowed to ask this host and no other.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?/[^\s\"'<>\\]*", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class MapRules:
    """How households are drawn, and background tiles: none, of a provider, or of one's own address.

    The key is written into the page as it is: whoever has the page can read it.
    """

    #: more household points than this are shown as counts per atom
    household_points: int = 20_000
    #: ``""`` none; a provider; or an address with ``{z}``, ``{x}``, ``{y}`` and perhaps ``{key}``
    tiles: str = ""
    tiles_key: str = ""
    #: where an address of one's own draws its tiles; the grids are drawn to fit
    tiles_datum: Literal["wgs84", "gcj02"] = "wgs84"
    #: whom the tiles are owed to, shown on the map; a provider has a line of its own
    tiles_credit: str = ""

    def __post_init__(self) -> None:
        at_least("map.household_points", self.household_points, 0)
        one_of("map.tiles_datum", self.tiles_datum, TILE_DATUMS)
        if self.tiles and self.tiles not in PROVIDERS:
            self._check_address()
        needs_key = self.tiles.startswith("tianditu") or "{key}" in self.tiles
        if needs_key and not self.tiles_key:
            raise SettingsError(
                Text("these tiles need a key", "该底图需要密钥"),
                key="map.tiles_key",
                remedy=Text("Ask the provider for a key", "请向底图服务方申请密钥（如天地图 tk）"),
            )

    def _check_address(self) -> None:
        placed = all(part in self.tiles for part in ("{z}", "{x}", "{y}"))
        others = set(re.findall(r"\{(.*?)\}", self.tiles)) - {"z", "x", "y", "key"}
        if placed and not others and _ADDRESS.fullmatch(self.tiles):
            return
        known = ", ".join(PROVIDERS)
        raise SettingsError(
            Text("no provider and no address of tiles", "既不是已知的底图服务，也不是瓦片地址"),
            key="map.tiles",
            value=self.tiles,
            remedy=Text(
                f"Write one of {known}, or http(s)://host/{{z}}/{{x}}/{{y}}.png (one host)",
                f"可写 {known}，或 http(s)://主机/{{z}}/{{x}}/{{y}}.png（只能是一个主机）",
            ),
        )
