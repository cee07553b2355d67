"""What `gridgeo adjust` leaves as it is: errors of outlines, codes and counts."""

from __future__ import annotations

from collections.abc import Iterable

from gridgeo.model import Finding, Note
from gridgeo.review import broken_rules
from gridgeo.wording import Text, join

#: Rules that an adjustment leaves broken, what they are about, and what mends it.
_MENDED_BY = (
    (
        ("valid_geometry", "fills_community", "no_overlap", "inside_community", "one_part"),
        Text("outlines, gaps and overlaps", "图形、缝隙、重叠或越界"),
        Text(
            "gridgeo repair mends what is small, before adjust; the rest is drawn anew",
            "细小的请先用 gridgeo repair 修复再调整，其余须重新绘制",
        ),
    ),
    (
        (
            *("codes_wellformed", "codes_unique", "codes_parented", "codes_registered"),
            *("codes_not_reissued", "codes_in_place", "codes_all_there", "codes_no_class"),
        ),
        Text("codes", "编码"),
        Text(
            "correct them in the layer; with --codes REGISTER new grids get codes never used",
            "请在图层中更正；新网格的编码可用 --codes 登记表 续编",
        ),
    ),
    (
        ("households_once", "totals_conserved"),
        Text("counts", "户数"),
        Text(
            "correct the counts or places in the household layer, or let verify count them",
            "请更正住户图层的户数或位置，或去掉网格标注的户数后由 verify 统计",
        ),
    ),
)


def untouched_note(findings: Iterable[Finding]) -> tuple[Note, ...]:
    """Return the note that says which errors an adjustment leaves, and which command mends them.

    Examples
    --------
    >>> gap = Finding(rule="fills_community", severity="error", message=Text("", ""))
    >>> untouched_note([gap])[0].message.en.partition(": ")[0]
    'adjust moves whole units from grid to grid, 1 errors stay'
    """
    broken = [one.rule for one in broken_rules(findings)]
    parts = []
    for rules, what, remedy in _MENDED_BY:
        count = sum(rule in rules for rule in broken)
        if count:
            parts.append(Text(f"{what.en} ({count}): ", f"{what.zh}（{count} 项）：") + remedy)
    if not parts:
        return ()
    said = Text(
        f"adjust moves whole units from grid to grid, {len(broken)} errors stay: ",
        f"adjust 只在网格之间调整整块单元，仍有 {len(broken)} 项错误：",
    )
    return (Note("adjust", said + join(parts, en="; ", zh="；")),)
