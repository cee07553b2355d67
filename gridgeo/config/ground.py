"""How ground is cut: atoms, dedicated grids, open ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from gridgeo.config.limits import at_least, one_of

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
            at_least(f"atoms.{name}", getattr(self, name), 0)
        for name in ("heavy_share", "cell_share", "finer_share", "compound_share"):
            if getattr(self, name) == 0:
                at_least(f"atoms.{name}", 0, 0.01)


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
            at_least(f"dedicated.{name}", getattr(self, name), 0)
        for name in self.thresholds:
            one_of("dedicated.thresholds", name, CATEGORIES)
        merged = {**DEFAULT_THRESHOLDS, **self.thresholds}
        object.__setattr__(self, "thresholds", MappingProxyType(merged))


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenGround:
    """When ground without households, cut off by water or a park, is a grid of kind ``open``."""

    #: a smaller piece joins the neighbour across the barrier
    area_m2: float = 20_000.0

    def __post_init__(self) -> None:
        at_least("open_ground.area_m2", self.area_m2, 0)
