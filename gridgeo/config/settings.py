"""All settings of one run, with those of inputs, map page, codes, repair and chunked runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from gridgeo.config.checks import at_least, check_fields, one_of
from gridgeo.config.cutting import (
    AtomRules,
    Band,
    DedicatedRules,
    OpenGround,
    Override,
    Search,
    Weights,
)
from gridgeo.config.schemes import CodeScheme, scheme_of
from gridgeo.errors import SettingsError
from gridgeo.wording import LANGS, Lang, Text

#: The layers that a planner may give.
ROLES = (
    "communities",
    "streets",
    "barriers",
    "links",
    "households",
    "compounds",
    "buildings",
    "parcels",
    "addresses",
    "facilities",
    "atoms",
    "allowed_gaps",
    "together",
    "apart",
    "locked",
)


DATUMS = ("gcj02", "bd09")
_HIDDEN = ("count", "skip")
#: Narrower ground is rounding of coordinates: our own GeoJSON moves a vertex by up to 8 mm.
TOLERANCE_M = 0.05
#: Outlines drawn again from the same map, or rounded to metres, are this near to each other.
REDRAWN_M = 1.5
#: The layer that `gridgeo verify` judges; it has columns and a CRS like the others.
GRIDS = "grids"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One layer of one file; `kind` is the facility category given for the whole file.

    Examples
    --------
    >>> Source.parse("city.gpkg::streets")
    Source(path='city.gpkg', layer='streets', kind='')
    """

    path: str
    layer: str = ""
    kind: str = ""

    def __post_init__(self) -> None:
        check_fields(self, "inputs")

    @classmethod
    def parse(cls, text: str, *, kind: str = "") -> Source:
        """Read ``PATH[::LAYER]``."""
        path, _, layer = text.partition("::")
        return cls(path=path, layer=layer, kind=kind)

    def __str__(self) -> str:
        return f"{self.path}::{self.layer}" if self.layer else self.path


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadRules:
    """Which layers are read, and how: columns, CRS, datum and encoding by role.

    ``columns`` maps ``role.field`` (``communities.code``, ``households.households`` ...) to the
    name of a column; ``crs`` maps a role to the CRS of its files, whatever these say; ``datum``
    to ``gcj02`` or ``bd09``; ``missing_households`` is what an empty count means (an empty count
    is a reject without it); ``hidden`` whether hidden rows and sheets of workbooks count.
    ``residents_alone``, whether layers may count residents and no households, is set by the
    profile of the band.
    """

    inputs: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    crs: Mapping[str, str] = field(default_factory=dict)
    datum: Mapping[str, str] = field(default_factory=dict)
    encoding: Mapping[str, str] = field(default_factory=dict)
    missing_households: int | None = None
    hidden: Literal["count", "skip"] = "count"
    #: an end of a link (a bridge, a village road) reaches the nearest unit as far away as this, a
    #: point of one the nearest barrier
    link_m: float = 15.0
    residents_alone: bool = False

    def __post_init__(self) -> None:
        check_fields(self, "read")
        one_of("read.hidden", self.hidden, _HIDDEN)
        at_least("read.link_m", self.link_m, 0)
        for role in self.inputs:
            one_of("inputs", role, ROLES)
        for key in ("crs", "datum", "encoding"):
            for role in getattr(self, key):
                one_of(key, role, (*ROLES, GRIDS))
        for name in self.columns:
            one_of("columns", name.partition(".")[0], (*ROLES, GRIDS))
        for role, datum in self.datum.items():
            one_of(f"datum.{role}", datum, DATUMS)


#: Providers with known addresses; anything else is the address of tiles.
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
    #: the datum of the tiles of such an address; the grids are drawn to fit
    tiles_datum: Literal["wgs84", "gcj02"] = "wgs84"
    #: the credit of the tiles, shown on the map; providers have a fixed one
    tiles_credit: str = ""

    def __post_init__(self) -> None:
        check_fields(self, "map")
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
        complete = all(part in self.tiles for part in ("{z}", "{x}", "{y}"))
        others = set(re.findall(r"\{(.*?)\}", self.tiles)) - {"z", "x", "y", "key"}
        if complete and not others and _ADDRESS.fullmatch(self.tiles):
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


CHUNK_BY = ("none", "township", "tile")


@dataclass(frozen=True, kw_only=True, slots=True)
class Codes:
    """How grids are numbered: the scheme, and where dedicated and open grids start."""

    scheme: Literal["cn15", "plain", "cjt349", "template"] = "cn15"
    #: the pattern of codes, for scheme template; the 6-digit code in front, for scheme cjt349
    template: str = ""
    object_code: str = ""
    #: first sequence number of dedicated grids; 0 lets them follow the basic grids
    dedicated_start: int = 801
    open_start: int = 901
    #: CSV or XLSX with two columns, community name (or given code) and 12-digit code
    mapping: str = ""
    #: register of codes (.gpkg, .parquet, .csv): codes carry on from it, and are checked against it
    register: str = ""

    def __post_init__(self) -> None:
        check_fields(self, "codes")
        for name in ("dedicated_start", "open_start"):
            at_least(f"codes.{name}", getattr(self, name), 0)
        self.code_scheme  # noqa: B018  (an unknown scheme or wrong pattern is refused at once)

    @property
    def code_scheme(self) -> CodeScheme:
        """The scheme as a value."""
        return scheme_of(self.scheme, template=self.template, object_code=self.object_code)


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairRules:
    """What `gridgeo repair` repairs by itself; what is larger is left and listed."""

    #: gaps, overlaps and fragments narrower than this are repaired: no house fits in ...
    width_m: float = 5.0
    #: ... and so are those no larger than this
    area_m2: float = 200.0
    #: no grid gains or loses more than this share of its area
    most_share: float = 0.1
    #: rings that cross themselves are made valid where that changes the area by no more
    ring_share: float = 0.01

    def __post_init__(self) -> None:
        check_fields(self, "repair")
        for name in self.__slots__:
            at_least(f"repair.{name}", getattr(self, name), 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChunkRules:
    """How an area too large for one process is cut into parts that are done one by one.

    A ``township`` is the value of the column ``communities.township``, else the first 9 digits of
    the 12-digit community code; a community belongs to the ``tile`` of its representative point.
    """

    by: Literal["none", "township", "tile"] = "none"
    #: side of a tile
    tile_m: float = 10_000.0

    def __post_init__(self) -> None:
        check_fields(self, "parts")
        one_of("parts.by", self.by, CHUNK_BY)
        at_least("parts.tile_m", self.tile_m, 100)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All settings of one run. Stages are given the part that they need."""

    read: ReadRules = field(default_factory=ReadRules)
    band: Band = field(default_factory=Band)
    #: overrides of single communities, by code or name
    community: Mapping[str, Override] = field(default_factory=dict)
    atoms: AtomRules = field(default_factory=AtomRules)
    dedicated: DedicatedRules = field(default_factory=DedicatedRules)
    open_ground: OpenGround = field(default_factory=OpenGround)
    weights: Weights = field(default_factory=Weights)
    search: Search = field(default_factory=Search)
    codes: Codes = field(default_factory=Codes)
    parts: ChunkRules = field(default_factory=ChunkRules)
    repair: RepairRules = field(default_factory=RepairRules)
    map: MapRules = field(default_factory=MapRules)
    #: what is nowhere wider than this many metres is no gap and no overlap; outlines nowhere
    #: further apart are the same; a household as near to a border lies on it
    tolerance_m: float = TOLERANCE_M
    #: outlines nowhere further apart are redrawn, not reshaped, where no household moved
    redrawn_m: float = REDRAWN_M
    lang: Lang = "zh"
    #: what the plan is called on its pages, and whom their data is owed to
    title: str = ""
    attribution: str = ""

    def __post_init__(self) -> None:
        check_fields(self, "")
        at_least("tolerance_m", self.tolerance_m, 0)
        at_least("redrawn_m", self.redrawn_m, self.tolerance_m)
        one_of("lang", self.lang, LANGS)
        alone = self.band.profile == "residents"
        if self.read.residents_alone != alone:
            object.__setattr__(self, "read", replace(self.read, residents_alone=alone))
