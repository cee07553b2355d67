"""Which layer says how many households there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gridgeo.config import ReadRules
from gridgeo.read.columns import find_all
from gridgeo.read.context import Ground, RawLayer
from gridgeo.text import Text, join

_SOURCES = ("households", "atoms", "buildings", "compounds")


def household_source(raws: Mapping[str, Sequence[RawLayer]], rules: ReadRules) -> str:
    """Return the role that says how many households there are, ``""`` where none does.

    The household layers; without them the atoms, the buildings or the compounds, whichever
    first carry a count.
    """
    if raws.get("households"):
        return "households"
    for role in _SOURCES[1:]:
        if any(find_all(raw, "households", rules) for raw in raws.get(role, ())):
            return role
    return ""


def say_source(role: str, raws: Mapping[str, Sequence[RawLayer]], ground: Ground) -> None:
    """Say which layer is counted, and which layers with counts are not; nothing without one."""
    if not role:
        return
    others = [
        raw
        for other in _SOURCES
        if other != role
        for raw in raws.get(other, ())
        if find_all(raw, "households", ground.rules)
    ]
    if role not in ("households", "atoms") or others:
        counted, beside = _listed(raws[role]), _listed(others)
        ground.journal.say(
            "households",
            Text(
                f"households are counted from {counted.en}"
                + (f"; the counts of {beside.en} are not used" if others else ""),
                f"户数取自 {counted.zh}" + (f"；{beside.zh} 中的户数不重复使用" if others else ""),
            ),
        )


def _listed(raws: Sequence[RawLayer]) -> Text:
    return join([Text(str(raw), raw.zh) for raw in raws], en=", ", zh="、")
