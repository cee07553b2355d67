"""Settings of the partition: the band, the atoms, dedicated grids, open ground, cost and search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Literal

from gridgeo.config.checks import FrozenMapping, at_least, check_fields, one_of
from gridgeo.errors import SettingsError
from gridgeo.wording import Text

Profile = Literal["either", "households", "residents"]
PROFILES = ("either", "households", "residents")


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """The range that a basic grid should lie in, by households or by residents.

    300-500 households or about 1,000 residents (±20 %), by the municipal notice §2.2. Under
    ``either`` a grid is in band when it meets one of the two measures; residents count only
    where they are known.

    ``most_area_ha`` and ``most_walk_m`` say what a basic grid should not exceed, for the
    countryside; 0 for no limit: its hectares, and the metres between its two households that are
    farthest apart (a straight line). They come after the band.
    """

    lower: int = 300
    upper: int = 500
    residents_lower: int = 800
    residents_upper: int = 1200
    profile: Profile = "either"
    most_area_ha: float = 0.0
    most_walk_m: float = 0.0

    def __post_init__(self) -> None:
        check_fields(self, "band")
        for limit in ("most_area_ha", "most_walk_m"):
            at_least(f"band.{limit}", getattr(self, limit), 0)
        for low, high in (("lower", "upper"), ("residents_lower", "residents_upper")):
            at_least(f"band.{low}", getattr(self, low), 1)
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
    most_area_ha: float | None = None
    most_walk_m: float | None = None
    grids: int | None = None

    def __post_init__(self) -> None:
        check_fields(self, "community")
        self.of(Band(lower=1, upper=10**9, residents_lower=1, residents_upper=10**9))
        if self.grids is not None:
            at_least("community.grids", self.grids, 1)

    def of(self, band: Band) -> Band:
        """Return `band` with what this community has of its own.

        Examples
        --------
        >>> Override(lower=290).of(Band()).lower
        290
        """
        named = {f.name: getattr(self, f.name) for f in fields(Band)}
        return replace(band, **{k: value for k, value in named.items() if value is not None})


#: Categories of facilities that may become dedicated grids (专属网格).
CATEGORIES = (
    "office",
    "business_park",
    "shopping",
    "school",
    "hospital",
    "institution",
    "green_park",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class AtomRules:
    """How street lines become atoms. Lengths in metres, areas in m²."""

    #: undershoots up to this length are closed and counted
    close_gap_m: float = 5.0
    #: a covered stretch of a street (underpass, short tunnel) up to this length cuts as it does
    covered_m: float = 150.0
    #: a face is a sliver when its inscribed circle or its area is smaller than these ...
    sliver_radius_m: float = 12.5
    sliver_area_m2: float = 1000.0
    #: ... and has fewer households than this
    sliver_households: int = 10
    #: a block is cut into cells when it has more than this share of the upper limit ...
    heavy_share: float = 0.5
    #: ... or when it is larger than this
    heavy_area_m2: float = 4_000_000.0
    #: cells have at most this share of the upper limit, where buildings and groups allow
    cell_share: float = 0.2
    #: communities that cannot be met with these atoms get finer ones: blocks with more than this
    #: share of the upper limit are cut, into cells of at most half as much
    finer_share: float = 0.1
    #: a compound stays whole up to this share of the upper limit
    compound_share: float = 1.0
    #: a strip thinner than this between an outline and the street belongs to the outline
    strip_m: float = 15.0
    #: parts of grids narrower than this (0: none) and no smaller than that are thin: they go to
    #: the ground beside them, and are a finding
    thin_part_m: float = 8.0
    thin_part_m2: float = 200.0
    #: communities are repaired with this snapping distance and closed over gaps this wide
    repair_snap_m: float = 0.05
    repair_gap_m: float = 2.0
    #: ready-made atoms that do not touch grow over gaps (streets) up to this width; 0: never
    grow_m: float = 40.0
    #: ready-made atoms take the class of a street that lies within this distance of the border
    match_street_m: float = 12.0

    def __post_init__(self) -> None:
        check_fields(self, "atoms")
        for name in self.__slots__:
            at_least(f"atoms.{name}", getattr(self, name), 0)
        for name in ("heavy_share", "cell_share", "finer_share", "compound_share"):
            if getattr(self, name) == 0:
                at_least(f"atoms.{name}", 0, 0.01)


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """A facility becomes a dedicated grid when it reaches any one of the first three.

    Not where more than `homes` households live in what becomes its grid, and not where the
    compactness of its outline (4π area / perimeter², holes filled) is below `compactness`. None
    never counts.
    """

    area_m2: float | None = None
    floor_area_m2: float | None = None
    people: float | None = None
    homes: int | None = None
    compactness: float | None = None

    def __post_init__(self) -> None:
        check_fields(self, "dedicated.thresholds")


#: "Larger" is not quantified by any rule we know of: these are defaults, not law.
DEFAULT_THRESHOLDS: Mapping[str, Threshold] = MappingProxyType(
    {
        "office": Threshold(area_m2=5_000, floor_area_m2=20_000, people=500, homes=50),
        "business_park": Threshold(area_m2=30_000, floor_area_m2=30_000, people=500, homes=100),
        "shopping": Threshold(area_m2=8_000, floor_area_m2=20_000, people=500, homes=50),
        "school": Threshold(area_m2=8_000, floor_area_m2=10_000, people=500),
        "hospital": Threshold(area_m2=8_000, floor_area_m2=10_000, people=300),
        "institution": Threshold(area_m2=20_000, floor_area_m2=20_000, people=500, homes=50),
        "green_park": Threshold(area_m2=30_000, homes=50, compactness=0.1),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DedicatedRules:
    """Which facilities become dedicated grids (专属网格)."""

    thresholds: Mapping[str, Threshold] = field(default_factory=lambda: DEFAULT_THRESHOLDS)
    #: a point facility takes the block it stands on only if that has no more households
    #: and is no larger
    point_block_households: int = 20
    point_block_area_m2: float = 100_000.0
    #: more households than this in a dedicated grid are a finding
    homes: int = 50
    #: a facility of whose outline less than this share can become its grid gets none
    least_share: float = 0.3

    def __post_init__(self) -> None:
        check_fields(self, "dedicated")
        for name in ("point_block_households", "point_block_area_m2", "homes", "least_share"):
            at_least(f"dedicated.{name}", getattr(self, name), 0)
        for name in self.thresholds:
            one_of("dedicated.thresholds", name, CATEGORIES)
        merged = {**DEFAULT_THRESHOLDS, **self.thresholds}
        object.__setattr__(self, "thresholds", FrozenMapping(merged))


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenGround:
    """When ground without households, cut off by water or a park, is a grid of kind ``open``."""

    #: a smaller piece joins the neighbour across the barrier
    area_m2: float = 20_000.0

    def __post_init__(self) -> None:
        check_fields(self, "open_ground")
        at_least("open_ground.area_m2", self.area_m2, 0)


EffortName = Literal["fast", "normal", "best"]
EFFORT_NAMES = ("fast", "normal", "best")


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
        "compound": 1.2,
        "parcel": 1.2,
        "building_gap": 1.4,
        "none": 2.0,
    }
)
DEFAULT_STRADDLE: Mapping[str, float] = MappingProxyType(
    {"water": 1.0, "rail": 1.0, "motorway": 1.0}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """What a partition costs, in metres.

    A cut border costs its metres times ``cut[class]``, off the streets times ``cut`` of what it
    follows, and ``beside_street`` more for each metre through open ground although a street lies
    beside it; a border of water, rail or motorway that
    a grid straddles costs its metres times ``straddle[class]``. ``balance_m`` is what a grid at
    an end of the band costs against one in the middle; ``compactness`` weighs how far a grid is
    from a disc, as a share of the side of a square of its area; ``enclave_m`` is what it costs
    that a grid encloses others, so that these border on it alone. Neighbours that share less than
    ``least_link_m`` have their costs but do not connect, unless ground would fall apart.
    """

    cut: Mapping[str, float] = field(default_factory=lambda: DEFAULT_CUT)
    straddle: Mapping[str, float] = field(default_factory=lambda: DEFAULT_STRADDLE)
    beside_street: float = 2.0
    balance_m: float = 100.0
    compactness: float = 0.5
    enclave_m: float = 1000.0
    least_link_m: float = 1.0

    def __post_init__(self) -> None:
        check_fields(self, "weights")
        for key, value, default in (
            ("cut", self.cut, DEFAULT_CUT),
            ("straddle", self.straddle, DEFAULT_STRADDLE),
        ):
            for name, weight in value.items():
                one_of(f"weights.{key}", name, tuple(default))
                at_least(f"weights.{key}.{name}", weight, 0)
            object.__setattr__(self, key, FrozenMapping({**default, **value}))
        at_least("weights.beside_street", self.beside_street, 0)
        at_least("weights.balance_m", self.balance_m, 0)
        at_least("weights.compactness", self.compactness, 0)
        at_least("weights.enclave_m", self.enclave_m, 0)
        at_least("weights.least_link_m", self.least_link_m, 0)


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
        check_fields(self, "search")
        at_least("search.seed", self.seed, 0)
        if self.seconds is not None:
            at_least("search.seconds", self.seconds, 0)
