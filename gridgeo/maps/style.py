"""Colours, line widths, figures and legend of maps and reports.

The colours can be told apart with every common kind of colour vision (based on Okabe-Ito).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from gridgeo.model import GRID_VERDICTS, Plan
from gridgeo.wording import SEVERITIES, STREETS, VERDICTS, Lang, Text, band_text, word

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
#: Grids and communities by soundness.
SOUNDNESS_COLOURS: Mapping[str, str] = MappingProxyType(
    {"sound": "#a8d5c2", "adjust": "#e8a33d", "must_adjust": "#b2182b"}
)
_STREET_CASING = "#b9b3a6"
GRID_LINE = "#3f5b52"
COMMUNITY_LINE = "#2b2b2b"
HOUSEHOLD_DOT = "#5b4a8a"  # also in panels.js
FACILITY_MARK = "#7b3294"
#: Fill of a grid by its kind.
KIND_COLOURS: Mapping[str, str] = MappingProxyType(
    {"basic": "#a8d5c2", "dedicated": "#c79ac9", "open": "#dcdcd6"}
)
#: Fill of a grid by what became of it.
CHANGE_COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "unchanged": "#e9e9e4",
        "redrawn": "#eef0c4",
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
        {"casing": _STREET_CASING} if width > 1 and name != "rail" else {}
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


_KIND = {
    False: Text("Governance grids", "网格划分方案"),
    True: Text("Governance grids verified", "网格核查结果"),
}


def plan_title(plan: Plan) -> str:
    """Return what the plan is called: its name, else its communities when they are few.

    What kind of document it is stands behind the name, unless the name ends with it.
    """
    lang = plan.settings.lang
    name = str(plan.summary.get("name") or "")
    if not name and 1 <= len(plan.communities) <= 3:
        name = Text(", ", "、").say(lang).join(map(str, plan.communities["name"]))
    kind = _KIND[is_drawn(plan)].say(lang)
    return kind if not name else name if name.endswith(kind) else f"{name} · {kind}"


def is_drawn(plan: Plan) -> bool:
    """Return whether the grids of `plan` were drawn by others, and only judged by us."""
    return bool((plan.communities["verdict"] == "").all())


def scorecard(plan: Plan) -> list[tuple[str, str]]:
    """Return the figures of `plan` as pairs of label and value, in the language of the plan.

    Figures that the summary does not have are left out.
    """
    return [(label.say(plan.settings.lang), value) for label, value in _figures(plan)]


def knows_residents(plan: Plan) -> bool:
    """Return whether residents were given; grids without households hold 0 in any case."""
    return bool((plan.grids["residents"] > 0).any())


def _figures(plan: Plan) -> Iterator[tuple[Text, str]]:
    kinds = plan.grids["kind"].value_counts()
    yield Text("Communities", "社区（村）"), f"{len(plan.communities):,}"
    yield Text("Basic grids", "基础网格"), f"{kinds.get('basic', 0):,}"
    yield Text("Dedicated grids", "专属网格"), f"{kinds.get('dedicated', 0):,}"
    if kinds.get("open", 0):
        yield Text("Open ground", "空地"), f"{kinds['open']:,}"
    yield from _shares(plan.summary)
    yield from _people(plan)
    if (area := plan.summary.get("area_difference_m2")) is not None:
        yield Text("Gaps and overlaps", "缝隙与重叠"), f"{area:,.2f} m²"
    yield Text("Findings", "问题"), _severities(plan)


def _shares(summary: dict[str, Any]) -> Iterator[tuple[Text, str]]:
    for key, label in (
        ("in_band_share", Text("Basic grids in band", "基础网格达标率")),
        ("in_band_share_where_possible", Text("… where it can be met", "其中：可达标社区")),
        ("street_share", Text("Borders on streets", "沿街定界率")),
    ):
        if (share := summary.get(key)) is not None:
            yield label, f"{share:.1%}"


def _people(plan: Plan) -> Iterator[tuple[Text, str]]:
    households = plan.summary.get("households")
    if isinstance(households, dict):
        yield Text("Households given", "输入户数"), f"{households.get('in', 0):,}"
        yield Text("… in grids", "其中：入格"), f"{households.get('in_grids', 0):,}"
        yield Text("… listed", "其中：另列"), f"{households.get('listed', 0):,}"
    else:
        yield Text("Households", "户数"), f"{int(plan.grids['households'].sum()):,}"
    if knows_residents(plan):
        yield Text("Residents", "人口"), f"{plan.grids['residents'].sum():,.0f}"


def _severities(plan: Plan) -> str:
    lang: Lang = plan.settings.lang
    entries = [
        f"{word(SEVERITIES, severity, lang)} {count:,}"
        for severity in SEVERITIES
        if (count := sum(f.severity == severity for f in plan.findings))
    ]
    return Text(", ", "，").say(lang).join(entries) or Text("none", "无").say(lang)


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
    if verdict != "in_band":
        return ""
    band = plan.settings.band
    limits = band_text(band if knows_residents(plan) else replace(band, profile="households"))
    return (Text(" (", "（") + limits + Text(")", "）")).say(lang)


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
            "casing": _STREET_CASING if width > 1 and name not in ("rail", "water", "wall") else "",
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
