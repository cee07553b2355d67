"""Settings: frozen values that check themselves; each default is written here and nowhere else.

What the municipal rules fix (300-500 households, about 1,000 residents) are defaults of a
profile, because "in principle" is their own wording and other cities use other numbers.
"""

from __future__ import annotations

from gridgeo.config.band import PROFILES, Band, Override, Profile
from gridgeo.config.ground import (
    CATEGORIES,
    DEFAULT_THRESHOLDS,
    AtomRules,
    DedicatedRules,
    OpenGround,
    Threshold,
)
from gridgeo.config.inputs import DATUMS, GRIDS, ROLES, ReadRules, Source
from gridgeo.config.pages import PROVIDERS, TILE_DATUMS, MapRules
from gridgeo.config.search import (
    DEFAULT_CUT,
    DEFAULT_STRADDLE,
    EFFORT_NAMES,
    EffortName,
    Search,
    Weights,
)
from gridgeo.config.settings import Settings
from gridgeo.config.upkeep import PARTS, Codes, PartRules, RepairRules

__all__ = [
    "CATEGORIES",
    "DATUMS",
    "DEFAULT_CUT",
    "DEFAULT_STRADDLE",
    "DEFAULT_THRESHOLDS",
    "EFFORT_NAMES",
    "GRIDS",
    "PARTS",
    "PROFILES",
    "PROVIDERS",
    "ROLES",
    "TILE_DATUMS",
    "AtomRules",
    "Band",
    "Codes",
    "DedicatedRules",
    "EffortName",
    "MapRules",
    "OpenGround",
    "Override",
    "PartRules",
    "Profile",
    "ReadRules",
    "RepairRules",
    "Search",
    "Settings",
    "Source",
    "Threshold",
    "Weights",
]
