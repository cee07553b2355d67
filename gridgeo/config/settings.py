"""All settings of one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gridgeo.config.band import Band, Override
from gridgeo.config.ground import AtomRules, DedicatedRules, OpenGround
from gridgeo.config.inputs import ReadRules
from gridgeo.config.limits import one_of
from gridgeo.config.pages import MapRules
from gridgeo.config.search import Search, Weights
from gridgeo.config.upkeep import Codes, PartRules, RepairRules
from gridgeo.text import LANGS, Lang


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
    map: MapRules = field(default_factory=MapRules)
    lang: Lang = "zh"
    #: what the plan is called on its pages, and whom their data is owed to
    title: str = ""
    attribution: str = ""

    def __post_init__(self) -> None:
        one_of("lang", self.lang, LANGS)
