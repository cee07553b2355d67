"""Colours and line widths, told apart by every common kind of colour vision (Okabe-Ito based)."""

from collections.abc import Mapping
from types import MappingProxyType

#: Fill of a grid or community by its verdict; lightness differs as well as hue.
VERDICT_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "in_band": "#a8d5c2",
        "under": "#5aa2dd",
        "over": "#e0762f",
        "small": "#f3df7c",
        "dedicated": "#c79ac9",
        "open": "#dcdcd6",
        "impossible": "#8c6d62",
        "not_found": "#b5483a",
    }
)
#: Colour and width in pixels of streets and barriers, widest first.
LINE_STYLES: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "water": ("#9cc3e0", 2.0),
        "rail": ("#6b6b6b", 1.6),
        "motorway": ("#e0a458", 3.0),
        "arterial": ("#ffffff", 3.2),
        "collector": ("#ffffff", 2.2),
        "local": ("#ffffff", 1.4),
        "wall": ("#a08e7b", 1.2),
        "lane": ("#f4f2ec", 0.8),
        "none": ("#d5d3cd", 0.7),
    }
)
SEVERITY_COLOURS: Mapping[str, str] = MappingProxyType(
    {"error": "#b2182b", "warning": "#e08214", "info": "#4d4d4d"}
)
STREET_CASING = "#b9b3a6"
GRID_LINE = "#3f5b52"
COMMUNITY_LINE = "#2b2b2b"
HOUSEHOLD_DOT = "#5b4a8a"
FACILITY_MARK = "#7b3294"
GROUND = "#f7f6f2"
