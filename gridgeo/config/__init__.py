"""Settings: frozen values that check themselves; each default is written here and nowhere else.

What the municipal rules fix (300-500 households, about 1,000 residents) are defaults of a
profile, because "in principle" is their own wording and other cities use other numbers.
"""

from __future__ import annotations

from gridgeo.config.cutting import (
    CATEGORIES,
    DEFAULT_CUT,
    DEFAULT_STRADDLE,
    DEFAULT_THRESHOLDS,
    EFFORT_NAMES,
    PROFILES,
    AtomRules,
    Band,
    DedicatedRules,
    EffortName,
    OpenGround,
    Override,
    Profile,
    Search,
    Threshold,
    Weights,
)
from gridgeo.config.distribution import conflict, gridgeo_version, how_to_install
from gridgeo.config.schemes import (
    SCHEMES,
    TEMPLATE,
    CodeScheme,
    GridCode,
    classes_for_numbers,
    unusual_segments,
)
from gridgeo.config.settings import (
    DATUMS,
    GRIDS,
    PARTS,
    PROVIDERS,
    ROLES,
    TILE_DATUMS,
    Codes,
    MapRules,
    PartRules,
    ReadRules,
    RepairRules,
    Settings,
    Source,
)
from gridgeo.config.settings_file import (
    read_settings,
)

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
    "SCHEMES",
    "TEMPLATE",
    "TILE_DATUMS",
    "AtomRules",
    "Band",
    "CodeScheme",
    "Codes",
    "DedicatedRules",
    "EffortName",
    "GridCode",
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
    "classes_for_numbers",
    "conflict",
    "gridgeo_version",
    "how_to_install",
    "read_settings",
    "unusual_segments",
]
