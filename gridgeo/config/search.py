"""What a partition costs, and how long the search for it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from gridgeo.config.limits import at_least, one_of

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
                one_of(f"weights.{key}", name, tuple(default))
                at_least(f"weights.{key}.{name}", weight, 0)
            object.__setattr__(self, key, MappingProxyType({**default, **value}))
        at_least("weights.balance_m", self.balance_m, 0)
        at_least("weights.compactness", self.compactness, 0)
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
        at_least("search.seed", self.seed, 0)
        one_of("search.effort", self.effort, EFFORT_NAMES)
        if self.seconds is not None:
            at_least("search.seconds", self.seconds, 0)
