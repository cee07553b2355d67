"""Lasting ids of findings; scorecard and soundness that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gridgeo.model import Finding, Plan
from gridgeo.storage import hash_letters
from gridgeo.wording import CARDS, Lang, Text, join, rule_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

#: Places are distinguished by cells of this size: noise in coordinates changes no id.
_PLACE_M = 10.0
#: Cells begin off the round metres, where drawn borders lie.
_OFFSET_M = 3.7
#: Soundness of a grid or community, the gravest last.
_SOUNDNESS = ("sound", "adjust", "must_adjust")
_GRAVITY = {"error": 2, "warning": 1}
_MOST_REASONS = 4
#: Rules that may be one finding about most grids, and how many grids are few.
_OF_FILE = ("codes_wellformed", "codes_parented", "names_unique")
_FEW = 5
_UNUSED = Text("it has no grid", "没有网格")
_UNNAMED = Text("it has neither code nor name", "既无编码也无名称")


def assess(plan: Plan) -> Plan:
    """Return `plan` with ids on its findings, soundness on grids and communities, a scorecard.

    A grid or community is ``must_adjust`` (必须调整) where a hard rule is broken, ``adjust``
    (需调整) where a soft one is missed, else ``sound`` (合理). Accepted findings do not count,
    nor does one finding that most codes or names of the file are of another kind.

    Returns
    -------
    Plan
        Columns ``soundness`` and ``soundness_reason`` in grids and communities, and
        ``summary["scorecard"]``: one card, state and count (open findings) for each of `CARDS`;
        states are ``green``, ``amber`` (warnings alone), ``red`` (a hard rule is broken) and
        ``unknown``.
    """
    findings = identify(plan.findings)
    lang = plan.settings.lang
    grids = plan.grids.assign(**_soundness(handles_of(plan.grids), findings, lang))
    return replace(
        plan,
        findings=findings,
        grids=grids,
        communities=plan.communities.assign(**_community_soundness(plan.communities, grids, lang)),
        summary={**plan.summary, "scorecard": scorecard(findings)},
    )


def identify(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings with an id each: the same rule, grids and place give the same id.

    Ids that are there stay; two findings of one cell of 10 m are distinguished by their order.

    Examples
    --------
    >>> found = Finding(rule="codes_unique", severity="error", message=Text("", ""), grids=("1",))
    >>> [one.id for one in identify([found, found])]
    ['QCN7DUQV7', 'QCN7DUQV7-2']
    """
    seen: Counter[str] = Counter()
    named = []
    for finding in findings:
        id_of_finding = finding.id or _id_of(finding)
        seen[id_of_finding] += 1
        times = "" if finding.id or seen[id_of_finding] == 1 else f"-{seen[id_of_finding]}"
        named.append(replace(finding, id=f"{id_of_finding}{times}"))
    return tuple(named)


def scorecard(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return card, state and count of open errors and warnings for each of `CARDS`."""
    listed = list(findings)
    count = Counter(rule_of(one.rule).card for one in listed if _is_open(one))
    unchecked = {rule_of(one.about).card for one in listed if one.rule == "not_checked"}
    broken = {rule_of(one.rule).card for one in broken_rules(listed)}
    states = (("red", broken), ("amber", count), ("unknown", unchecked), ("green", CARDS))
    return [
        {
            "card": card,
            "state": next(state for state, cards in states if card in cards),
            "count": count[card],
        }
        for card in CARDS
    ]


def joined_cards(cards: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return the scorecards of several parts as one: counts added up, the worst state.

    Examples
    --------
    >>> one, other = scorecard([]), scorecard([])
    >>> other[0] = {**other[0], "state": "red", "count": 2}
    >>> joined_cards([one, other])[0]
    {'card': 'complete', 'state': 'red', 'count': 2}
    """
    worst = ("green", "unknown", "amber", "red")
    return [
        {
            "card": alike[0]["card"],
            "state": max((one["state"] for one in alike), key=worst.index),
            "count": sum(one["count"] for one in alike),
        }
        for alike in zip(*cards, strict=True)
    ]


def _is_open(finding: Finding) -> bool:
    """Return whether a finding asks for something to be done."""
    return finding.severity in _GRAVITY and finding.status == "open"


def suggestion_of(finding: Finding) -> Text:
    """Return what to do about a finding: its own advice, else its rule's; nothing about a remark.

    Examples
    --------
    >>> suggestion_of(Finding(rule="in_band", severity="info", message=Text("", ""))).en
    ''
    """
    if finding.severity not in _GRAVITY:
        return Text("", "")
    return finding.advice or rule_of(finding.rule).suggestion


def broken_rules(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings of hard rules that are broken, but for accepted exceptions.

    Examples
    --------
    >>> found = Finding(rule="codes_unique", severity="error", message=Text("", ""))
    >>> len(broken_rules([found, replace(found, status="accepted")]))
    1
    """
    return [one for one in findings if one.severity == "error" and _is_open(one)]


def handles_of(grids: pd.DataFrame) -> list[str]:
    """Return what each grid is called in findings: its code, else its name, else its row."""
    both = zip(grids["code"], grids["name"], strict=True)
    return [code or name or f"#{row}" for row, (code, name) in enumerate(both, start=1)]


def place_of(finding: Finding) -> tuple[float, float] | None:
    """Return a point for the place of a finding, None where it has none."""
    if finding.where is None or finding.where.is_empty:
        return None
    point = finding.where.representative_point()
    return point.x, point.y


def _id_of(finding: Finding) -> str:
    place = ""
    if finding.where is not None and not finding.where.is_empty:
        west, south, east, north = finding.where.bounds
        middle = ((west + east) / 2, (south + north) / 2)
        place = ",".join(f"{(at + _OFFSET_M) // _PLACE_M:.0f}" for at in middle)
    text = "|".join([finding.rule, *finding.grids, place, finding.about])
    return f"Q{hash_letters(text, 8)}"


def _soundness(
    names: Sequence[str], findings: Iterable[Finding], lang: Lang
) -> dict[str, list[str]]:
    by_grid: dict[str, list[Finding]] = {}
    for finding in findings:
        if _is_open(finding) and not _is_of_file(finding, len(names)):
            for grid in finding.grids:
                by_grid.setdefault(grid, []).append(finding)
    gravest = [max((_GRAVITY[f.severity] for f in by_grid.get(n, ())), default=0) for n in names]
    return {
        "soundness": [_SOUNDNESS[rank] for rank in gravest],
        "soundness_reason": [_reasons(by_grid.get(name, []), lang) for name in names],
    }


def _is_of_file(finding: Finding, grids: int) -> bool:
    """Return whether a finding is about the file: most of its codes or names are of another kind.

    Then grids are judged by the rest: a wrong scheme makes no grid unsound.
    """
    return finding.rule in _OF_FILE and len(finding.grids) > max(_FEW, grids // 2)


def _reasons(findings: list[Finding], lang: Lang) -> str:
    """Return the titles of the rules that are not met, the gravest first, with their number."""
    order = sorted(findings, key=lambda one: -_GRAVITY[one.severity])
    count = Counter(one.rule for one in order)
    titles = [
        rule_of(rule).title + (Text(f" ×{times}", f" ×{times}") if times > 1 else Text("", ""))
        for rule, times in count.items()
    ]
    return join(titles[:_MOST_REASONS], en=", ", zh="、").say(lang) + (
        " …" if len(titles) > _MOST_REASONS else ""
    )


def _community_soundness(
    communities: gpd.GeoDataFrame, grids: gpd.GeoDataFrame, lang: Lang
) -> dict[str, list[str]]:
    """Return for each community the gravest soundness of its grids, and how many have it."""
    of = {name: set(rows) for name, rows in grids.groupby("community").indices.items() if name}
    soundness = grids["soundness"].to_numpy(dtype=object)
    verdicts, reasons = [], []
    for code, name in zip(communities["code"], communities["name"], strict=True):
        values = soundness[sorted(of.get(code, set()) | of.get(name, set()))]
        gravest = max((_SOUNDNESS.index(one) for one in values), default=2)
        verdicts.append(_SOUNDNESS[gravest])
        count = int((values == _SOUNDNESS[gravest]).sum())
        text = Text(f"{count} of {len(values)} grids", f"{len(values)} 个网格中有 {count} 个")
        lacking = _UNUSED if code or name else _UNNAMED
        reasons.append((text if len(values) else lacking).say(lang) if gravest else "")
    return {"soundness": verdicts, "soundness_reason": reasons}
