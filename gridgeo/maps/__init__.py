"""Maps: the only place that imports folium."""

from __future__ import annotations

from gridgeo.maps.assets import (
    script_of,
    style_of,
    visible,
)
from gridgeo.maps.base import (
    bounds_of,
)
from gridgeo.maps.bundle import (
    linked,
)
from gridgeo.maps.changes import (
    changes_page,
)
from gridgeo.maps.data import (
    atom_data,
    label_data,
    plan_data,
)
from gridgeo.maps.page import (
    build_map,
    map_page,
)
from gridgeo.maps.style import (
    CHANGE_COLOURS,
    CHANGE_MARK,
    COMMUNITY_LINE,
    FACILITY_MARK,
    GRID_LINE,
    HOUSEHOLD_DOT,
    KIND_COLOURS,
    LINE_STYLES,
    SEVERITY_COLOURS,
    SOUNDNESS_COLOURS,
    VERDICT_COLOURS,
    is_drawn,
    knows_residents,
    plan_title,
    scorecard,
)

__all__ = [
    "CHANGE_COLOURS",
    "CHANGE_MARK",
    "COMMUNITY_LINE",
    "FACILITY_MARK",
    "GRID_LINE",
    "HOUSEHOLD_DOT",
    "KIND_COLOURS",
    "LINE_STYLES",
    "SEVERITY_COLOURS",
    "SOUNDNESS_COLOURS",
    "VERDICT_COLOURS",
    "atom_data",
    "bounds_of",
    "build_map",
    "changes_page",
    "is_drawn",
    "knows_residents",
    "label_data",
    "linked",
    "map_page",
    "plan_data",
    "plan_title",
    "scorecard",
    "script_of",
    "style_of",
    "visible",
]
