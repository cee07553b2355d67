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
    CHUNK_BY,
    DATUMS,
    GRIDS,
    PROVIDERS,
    REDRAWN_M,
    ROLES,
    TILE_DATUMS,
    TOLERANCE_M,
    ChunkRules,
    Codes,
    MapRules,
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
    "CHUNK_BY",
    "DATUMS",
    "DEFAULT_CUT",
    "DEFAULT_STRADDLE",
    "DEFAULT_THRESHOLDS",
    "EFFORT_NAMES",
    "GRIDS",
    "PROFILES",
    "PROVIDERS",
    "REDRAWN_M",
    "ROLES",
    "SCHEMES",
    "TEMPLATE",
    "TILE_DATUMS",
    "TOLERANCE_M",
    "AtomRules",
    "Band",
    "ChunkRules",
    "CodeScheme",
    "Codes",
    "DedicatedRules",
    "EffortName",
    "GridCode",
    "MapRules",
    "OpenGround",
    "Override",
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
