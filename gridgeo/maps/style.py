"""Colours and line widths, told apart by every common kind of colour vision (Okabe-Ito based)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

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
        "lane": ("#e2ded2", 0.8),
        "none": ("#d5d3cd", 0.7),
    }
)
SEVERITY_COLOURS: Mapping[str, str] = MappingProxyType(
    {"error": "#b2182b", "warning": "#e08214", "info": "#4d4d4d"}
)
#: Grids and communities by what the checks say of them.
SOUNDNESS_COLOURS: Mapping[str, str] = MappingProxyType(
    {"sound": "#a8d5c2", "adjust": "#e8a33d", "must_adjust": "#b2182b"}
)
STREET_CASING = "#b9b3a6"
GRID_LINE = "#3f5b52"
COMMUNITY_LINE = "#2b2b2b"
HOUSEHOLD_DOT = "#5b4a8a"  # also in page.js
FACILITY_MARK = "#7b3294"
#: Fill of a grid by its kind.
KIND_COLOURS: Mapping[str, str] = MappingProxyType(
    {"basic": "#a8d5c2", "dedicated": "#c79ac9", "open": "#dcdcd6"}
)
#: Fill of a grid by what became of it.
CHANGE_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "unchanged": "#e9e9e4",
        "reshaped": "#f3df7c",
        "split": "#5aa2dd",
        "merged": "#a8d5c2",
        "new": "#e0762f",
        "retired": "#8c6d62",
    }
)
CHANGE_MARK = "#c2185b"
OLD_LINE = "#c2185b"


def grid_style(verdict: str) -> dict[str, Any]:
    """Return how a grid of this verdict is drawn."""
    style = {
        "fillColor": VERDICT_COLOURS.get(verdict, "#ffffff"),
        "fillOpacity": 0.72,
        "color": GRID_LINE,
        "weight": 0.6,
        "opacity": 0.6,
    }
    if verdict == "dedicated":
        style |= {"hatch": FACILITY_MARK + "88", "color": FACILITY_MARK}
    return style


def soundness_style(soundness: str) -> dict[str, Any]:
    """Return how a grid that is not sound is drawn over the others."""
    colour = SOUNDNESS_COLOURS.get(soundness, "#ffffff")
    return {"fillColor": colour, "fillOpacity": 0.9, "color": colour, "weight": 2.5}


def line_style(colour: str, width: float, opacity: float) -> dict[str, Any]:
    """Return how a line is drawn that grows with the scale of the map."""
    return {"color": colour, "weight": width, "opacity": opacity, "swell": True}


def street_style(name: str) -> dict[str, Any]:
    """Return how streets of this class are drawn."""
    colour, width = LINE_STYLES[name]
    return line_style(colour, width, 1) | (
        {"casing": STREET_CASING} if width > 1 and name != "rail" else {}
    )


def barrier_style(name: str) -> dict[str, Any]:
    """Return how barriers of this class are drawn."""
    colour, width = LINE_STYLES.get(name, LINE_STYLES["none"])
    style: dict[str, Any] = {"color": colour, "weight": width, "fillColor": colour}
    style["fillOpacity"] = 0.8
    return style | ({"dashArray": "7 4"} if name == "rail" else {})


def facility_style(dedicated: bool) -> dict[str, Any]:  # noqa: FBT001  (a value, not a switch)
    """Return how a facility is drawn."""
    return {
        "color": FACILITY_MARK,
        "weight": 1.5,
        "fill": True,
        "fillColor": FACILITY_MARK if dedicated else "#ffffff",
        "fillOpacity": 0.55,
    }
