"""Settings: frozen values that check themselves; each default is written here and nowhere else.

What the municipal rules fix (300-500 households, about 1,000 residents) are defaults of a
profile, because "in principle" is their own wording and other cities use other numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Literal

from gridgeo.errors import SettingsError
from gridgeo.model import CATEGORIES, ROLES
from gridgeo.schemes import CodeScheme, scheme_of
from gridgeo.text import LANGS, Lang, Text

Profile = Literal["either", "households", "residents"]
PROFILES = ("either", "households", "residents")
EffortName = Literal["fast", "normal", "best"]
EFFORT_NAMES = ("fast", "normal", "best")
DATUMS = ("gcj02", "bd09")
PARTS = ("none", "township", "tile")
#: The layer that `gridgeo verify` judges; it has columns and a CRS like the others.
GRIDS = "grids"


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """The range that a basic grid should lie in, by households or by residents.

    300-500 households or about 1,000 residents (±20 %), by the municipal notice §2.2. Under
    ``either`` a grid is in band when it meets one of the two measures; residents count only
    where they are known.
    """

    lower: int = 300
    upper: int = 500
    residents_lower: int = 800
    residents_upper: int = 1200
    profile: Profile = "either"

    def __post_init__(self) -> None:
        _one_of("band.profile", self.profile, PROFILES)
        for low, high in (("lower", "upper"), ("residents_lower", "residents_upper")):
            _at_least(f"band.{low}", getattr(self, low), 1)
            if getattr(self, low) > getattr(self, high):
                raise SettingsError(
                    Text(
                        f"the lower limit {getattr(self, low)} is above the upper limit "
                        f"{getattr(self, high)}",
                        f"下限 {getattr(self, low)} 高于上限 {getattr(self, high)}",
                    ),
                    key=f"band.{low}, band.{high}",
                    remedy=Text("Swap or correct the two numbers", "请对调或更正这两个数"),
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """What one community has instead of ``[band]``; None where ``[band]`` holds.

    ``grids`` fixes its number of basic grids.
    """

    lower: int | None = None
    upper: int | None = None
    residents_lower: int | None = None
    residents_upper: int | None = None
    profile: Profile | None = None
    grids: int | None = None

    def __post_init__(self) -> None:
        self.of(Band(lower=1, upper=10**9, residents_lower=1, residents_upper=10**9))
        if self.grids is not None:
            _at_least("community.grids", self.grids, 1)

    def of(self, band: Band) -> Band:
        """Return `band` with what this community has of its own.

        Examples
        --------
        >>> Override(lower=290).of(Band()).lower
        290
        """
        named = {f.name: getattr(self, f.name) for f in fields(Band)}
        return replace(band, **{k: value for k, value in named.items() if value is not None})


@dataclass(frozen=True, kw_only=True, slots=True)
class AtomRules:
    """How street lines become atoms. Lengths in metres, areas in m²."""

    #: undershoots up to this length are closed and counted
    close_gap_m: float = 5.0
    #: a face is a sliver when its inscribed circle or its area is smaller than these ...
    sliver_radius_m: float = 12.5
    sliver_area_m2: float = 1000.0
    #: ... and it holds fewer households than this
    sliver_households: int = 10
    #: a block is cut into cells when it holds more than this share of the upper limit ...
    heavy_share: float = 0.5
    #: ... or when it is larger than this
    heavy_area_m2: float = 4_000_000.0
    #: cells hold at most this share of the upper limit, where buildings and groups allow
    cell_share: float = 0.2
    #: communities that cannot be met with these atoms get finer ones: blocks with more than this
    #: share of the upper limit are cut, into cells of at most half as much
    finer_share: float = 0.1
    #: a compound stays whole up to this share of the upper limit
    compound_share: float = 1.0
    #: a strip thinner than this between an outline and the street belongs to the outline
    strip_m: float = 15.0
    #: communities are repaired with this snapping distance and closed over gaps this wide
    repair_snap_m: float = 0.05
    repair_gap_m: float = 2.0
    #: ready-made atoms take the class of a street that lies within this distance of the border
    match_street_m: float = 12.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            _at_least(f"atoms.{name}", getattr(self, name), 0)
        for name in ("heavy_share", "cell_share", "finer_share", "compound_share"):
            if getattr(self, name) == 0:
                _at_least(f"atoms.{name}", 0, 0.01)


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """A facility becomes a dedicated grid when it reaches any one of these; None never counts."""

    area_m2: float | None = None
    floor_area_m2: float | None = None
    people: float | None = None


#: "Larger" is not quantified by any rule we know of: these are defaults, not law.
DEFAULT_THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {
        "office": Threshold(area_m2=5_000, floor_area_m2=20_000, people=500),
        "business_park": Threshold(area_m2=30_000, floor_area_m2=30_000, people=500),
        "shopping": Threshold(area_m2=8_000, floor_area_m2=20_000, people=500),
        "school": Threshold(area_m2=8_000, floor_area_m2=10_000, people=500),
        "hospital": Threshold(area_m2=8_000, floor_area_m2=10_000, people=300),
        "institution": Threshold(area_m2=20_000, floor_area_m2=20_000, people=500),
        "green_park": Threshold(area_m2=30_000),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DedicatedRules:
    """Which facilities become dedicated grids (专属网格)."""

    thresholds: Mapping[str, Threshold] = field(default_factory=lambda: DEFAULT_THRESHOLDS)
    #: a point facility takes the block it stands on only if that holds no more households
    #: and is no larger
    point_block_households: int = 30
    point_block_area_m2: float = 100_000.0

    def __post_init__(self) -> None:
        for name in ("point_block_households", "point_block_area_m2"):
            _at_least(f"dedicated.{name}", getattr(self, name), 0)
        for name in self.thresholds:
            _one_of("dedicated.thresholds", name, CATEGORIES)
        merged = {**DEFAULT_THRESHOLDS, **self.thresholds}
        object.__setattr__(self, "thresholds", MappingProxyType(merged))


DEFAULT_CUT: Mapping[str, float] = MappingProxyType(
    {
        "water": 0.2,
        "rail": 0.2,
        "motorway": 0.2,
        "arterial": 0.4,
        "collector": 0.6,
        "local": 0.8,
        "wall": 0.8,
        "lane": 1.2,
        "none": 2.0,
    }
)
DEFAULT_STRADDLE: Mapping[str, float] = MappingProxyType(
    {"water": 1.0, "rail": 1.0, "motorway": 1.0}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What a partition costs, in metres.

    A cut border costs its metres times ``cut[class]``; a border of water, rail or motorway that
    a grid straddles costs its metres times ``straddle[class]``. ``balance_m`` is what a grid at
    an end of the band costs against one in the middle; ``compactness`` weighs how far a grid is
    from a disc, as a share of the side of a square of its area. Neighbours that share less than
    ``least_link_m`` have their costs but do not connect, unless ground would fall apart.
    """

    cut: Mapping[str, float] = field(default_factory=lambda: DEFAULT_CUT)
    straddle: Mapping[str, float] = field(default_factory=lambda: DEFAULT_STRADDLE)
    balance_m: float = 100.0
    compactness: float = 0.5
    least_link_m: float = 1.0

    def __post_init__(self) -> None:
        for key, value, default in (
            ("cut", self.cut, DEFAULT_CUT),
            ("straddle", self.straddle, DEFAULT_STRADDLE),
        ):
            for name, weight in value.items():
                _one_of(f"weights.{key}", name, tuple(default))
                _at_least(f"weights.{key}.{name}", weight, 0)
            object.__setattr__(self, key, MappingProxyType({**default, **value}))
        _at_least("weights.balance_m", self.balance_m, 0)
        _at_least("weights.compactness", self.compactness, 0)
        _at_least("weights.least_link_m", self.least_link_m, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """How long the search goes on: counted in iterations, so any machine gives the same plan."""

    seed: int = 1
    #: ``fast`` for a first look, ``normal``, or ``best`` for the plan that is published
    effort: EffortName = "normal"
    #: wall-clock limit of the search; a plan that hit it depends on the machine and is marked
    #: ``interrupted``
    seconds: float | None = None

    def __post_init__(self) -> None:
        _at_least("search.seed", self.seed, 0)
        _one_of("search.effort", self.effort, EFFORT_NAMES)
        if self.seconds is not None:
            _at_least("search.seconds", self.seconds, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenGround:
    """When ground without households, cut off by water or a park, is a grid of kind ``open``."""

    #: a smaller piece joins the neighbour across the barrier
    area_m2: float = 20_000.0

    def __post_init__(self) -> None:
        _at_least("open_ground.area_m2", self.area_m2, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairRules:
    """What `gridgeo repair` mends by itself; what is larger is left and listed."""

    #: gaps, overlaps and crumbs narrower than this everywhere are mended: no house fits in ...
    width_m: float = 5.0
    #: ... and so are those no larger than this
    area_m2: float = 200.0
    #: no grid gains or loses more than this share of its area
    most_share: float = 0.1
    #: rings that cross themselves are made valid where that changes the area by no more
    ring_share: float = 0.01

    def __post_init__(self) -> None:
        for name in self.__slots__:
            _at_least(f"repair.{name}", getattr(self, name), 0)


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
    #: CSV or XLSX with two columns, community name (or own code) and 12-digit code
    mapping: str = ""

    def __post_init__(self) -> None:
        for name in ("dedicated_start", "open_start"):
            _at_least(f"codes.{name}", getattr(self, name), 0)
        self.code_scheme  # noqa: B018  (an unknown scheme or wrong pattern is told at once)

    @property
    def code_scheme(self) -> CodeScheme:
        """The scheme as a value."""
        return scheme_of(self.scheme, template=self.template, object_code=self.object_code)


@dataclass(frozen=True, kw_only=True, slots=True)
class PartRules:
    """How an area too large for one process is cut into parts that are done one by one.

    A ``township`` is what the column ``communities.township`` says, else the first 9 digits of
    the 12-digit community code; a community belongs to the ``tile`` of its representative point.
    """

    by: Literal["none", "township", "tile"] = "none"
    #: side of a tile
    tile_m: float = 10_000.0

    def __post_init__(self) -> None:
        _one_of("parts.by", self.by, PARTS)
        _at_least("parts.tile_m", self.tile_m, 100)


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
    name of a column; ``crs`` maps a role to what its files lack; ``datum`` to ``gcj02`` or
    ``bd09``; ``missing_households`` is what an empty count means (an empty count is a reject
    without it).
    """

    inputs: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    crs: Mapping[str, str] = field(default_factory=dict)
    datum: Mapping[str, str] = field(default_factory=dict)
    encoding: Mapping[str, str] = field(default_factory=dict)
    missing_households: int | None = None

    def __post_init__(self) -> None:
        for role in self.inputs:
            _one_of("inputs", role, ROLES)
        for key in ("crs", "datum", "encoding"):
            for role in getattr(self, key):
                _one_of(key, role, (*ROLES, GRIDS))
        for name in self.columns:
            _one_of("columns", name.partition(".")[0], (*ROLES, GRIDS))
        for role, datum in self.datum.items():
            _one_of(f"datum.{role}", datum, DATUMS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All settings of one run. Stages are given the part that they need."""

    read: ReadRules = field(default_factory=ReadRules)
    band: Band = field(default_factory=Band)
    #: what single communities have of their own, by code or name
    community: Mapping[str, Override] = field(default_factory=dict)
    atoms: AtomRules = field(default_factory=AtomRules)
    dedicated: DedicatedRules = field(default_factory=DedicatedRules)
    open_ground: OpenGround = field(default_factory=OpenGround)
    weights: Weights = field(default_factory=Weights)
    search: Search = field(default_factory=Search)
    codes: Codes = field(default_factory=Codes)
    parts: PartRules = field(default_factory=PartRules)
    repair: RepairRules = field(default_factory=RepairRules)
    lang: Lang = "zh"
    #: what the plan is called on its pages, and whom their data is owed to
    title: str = ""
    attribution: str = ""

    def __post_init__(self) -> None:
        _one_of("lang", self.lang, LANGS)


def _one_of(key: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SettingsError(
            Text(f"{value!r} is not known here", f"此处不认识 {value!r}"),
            key=key,
            remedy=Text(f"Choose one of {', '.join(known)}", f"可选：{'、'.join(known)}"),
        )


def _at_least(key: str, value: float, least: float) -> None:
    if not value >= least:
        raise SettingsError(
            Text(f"{value} is less than {least}", f"{value} 小于 {least}"), key=key, value=value
        )
