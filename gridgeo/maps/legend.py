"""The legend: what the colours mean, and how many of each there are."""

from __future__ import annotations

from typing import Any

from gridgeo.maps.scorecard import knows_residents
from gridgeo.maps.style import (
    CHANGE_MARK,
    COMMUNITY_LINE,
    FACILITY_MARK,
    GRID_LINE,
    LINE_STYLES,
    OLD_LINE,
    SEVERITY_COLOURS,
    STREET_CASING,
    VERDICT_COLOURS,
)
from gridgeo.model import GRID_VERDICTS, Plan
from gridgeo.text import Lang, Text
from gridgeo.words import SEVERITIES, STREETS, VERDICTS


def legend(plan: Plan, *, compared: bool = False) -> dict[str, Any]:
    """Return the legend for the page, in the language of the plan: only what is on the map."""
    lang = plan.settings.lang
    changes = change_entries(lang) if compared else []
    groups = [
        {"title": Text("Grids", "网格").say(lang), "entries": _grids(plan, lang)},
        {"title": Text("Changes", "变化").say(lang), "entries": changes},
        {"title": Text("Lines", "线").say(lang), "entries": _lines(plan, lang)},
        {"title": Text("Findings", "问题").say(lang), "entries": _findings(plan, lang)},
    ]
    return {
        "title": Text("Legend", "图例").say(lang),
        "groups": [group for group in groups if group["entries"]],
    }


def _grids(plan: Plan, lang: Lang) -> list[dict[str, Any]]:
    counts = plan.grids["verdict"].value_counts()
    return [
        {
            "shape": "fill",
            "verdict": verdict,
            "colour": VERDICT_COLOURS[verdict],
            "edge": FACILITY_MARK if verdict == "dedicated" else GRID_LINE,
            "hatch": FACILITY_MARK if verdict == "dedicated" else "",
            "label": VERDICTS[verdict].say(lang) + _range(plan, verdict, lang),
            "count": f"{counts[verdict]:,}",
        }
        for verdict in GRID_VERDICTS
        if counts.get(verdict, 0)
    ]


def _range(plan: Plan, verdict: str, lang: Lang) -> str:
    band = plan.settings.band
    if verdict != "in_band":
        return ""
    households = f"{band.lower}-{band.upper}"
    residents = f"{band.residents_lower:,}-{band.residents_upper:,}"
    told = {
        "households": Text(f" ({households} households)", f"（{households} 户）"),
        "residents": Text(f" ({residents} residents)", f"（{residents} 人）"),
        "either": Text(f" ({households} households", f"（{households} 户")
        + (
            Text(f" or {residents} residents)", f"或 {residents} 人）")
            if knows_residents(plan)
            else Text(")", "）")
        ),
    }
    return told[band.profile].say(lang)


def _lines(plan: Plan, lang: Lang) -> list[dict[str, Any]]:
    outline = {
        "shape": "line",
        "colour": COMMUNITY_LINE,
        "width": 2.2,
        "label": Text("community border", "社区（村）界").say(lang),
        "count": "",
    }
    here = {*plan.streets["street_class"], *plan.barriers["street_class"]}
    return [outline] + [
        {
            "shape": "fill" if name == "water" else "line",
            "colour": colour,
            "edge": colour,
            "width": width,
            "casing": STREET_CASING if width > 1 and name not in ("rail", "water", "wall") else "",
            "dash": "5 3" if name == "rail" else "",
            "label": STREETS[name].say(lang),
            "count": "",
        }
        for name, (colour, width) in LINE_STYLES.items()
        if name in here
    ]


def _findings(plan: Plan, lang: Lang) -> list[dict[str, Any]]:
    counts = {s: sum(f.severity == s for f in plan.findings) for s in SEVERITIES}
    return [
        {
            "shape": "dot",
            "colour": SEVERITY_COLOURS[severity],
            "label": SEVERITIES[severity].say(lang),
            "count": f"{count:,}",
        }
        for severity, count in counts.items()
        if count
    ]


def change_entries(lang: Lang) -> list[dict[str, Any]]:
    """Return the entries of the legend for the grids before and the ground that changed."""
    return [
        {
            "shape": "fill",
            "colour": "#ffffff",
            "edge": CHANGE_MARK,
            "hatch": CHANGE_MARK,
            "label": Text("ground that changed grids", "归属变动的区域").say(lang),
            "count": "",
        },
        {
            "shape": "line",
            "colour": OLD_LINE,
            "width": 1.8,
            "dash": "5 4",
            "label": Text("grid border before", "原网格界").say(lang),
            "count": "",
        },
    ]
