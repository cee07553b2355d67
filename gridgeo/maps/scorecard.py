"""The figures that stand at the head of a map and of a report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gridgeo.model import Plan
from gridgeo.text import Lang, Text
from gridgeo.words import SEVERITIES, word

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

    Figures that the summary does not hold are left out.
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
    told = [
        f"{word(SEVERITIES, severity, lang)} {count:,}"
        for severity in SEVERITIES
        if (count := sum(f.severity == severity for f in plan.findings))
    ]
    return Text(", ", "，").say(lang).join(told) or Text("none", "无").say(lang)
