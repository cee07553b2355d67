"""Approval and submission of a plan.

Approval locks a plan and records its codes in the register. A submission holds the grids that
changed since the plan that was reported before, or all of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from gridgeo.adjust.compare import Side, changed_grids, compare_sides, household_points_of, side_of
from gridgeo.codes import (
    Changes,
    Register,
    as_day,
    as_first_numbering,
    crosswalk_of,
    in_use,
    lineage_of_coded,
    overlap_of_grids,
    record,
)
from gridgeo.errors import InputError
from gridgeo.model import Plan, Submission
from gridgeo.report import sealed
from gridgeo.review import Approval, broken_rules, state_text
from gridgeo.wording import CARDS, Lang, Text


def approve(
    plan: Plan, *, by: str, date: str, version: str = "", predecessor: Plan | None = None
) -> Plan:
    """Return the plan as approved; saving and loading it then refuse any change.

    Parameters
    ----------
    by, date
        Who approved it, and the day (``2026-11-23``).
    version
        What this version is called; without it the number after that of the predecessor, else 1.
    predecessor
        The approved plan that this one follows; its codes are the old ones of the crosswalk.

    Raises
    ------
    InputError
        The plan is approved already, breaks a hard rule that was not accepted as an exception, or
        nobody is named; or the predecessor is a draft, of a later date, or has the same version.
    """
    if plan.approval is not None:
        raise InputError(
            Text("the plan is approved already: ", "方案早已批准：") + state_text(plan.approval)
        )
    if not by.strip():
        raise InputError(Text("nobody is named", "缺少批准人"), field="by")
    day, before = as_day(date), _predecessor(predecessor, date)
    _check_sound(plan)
    number = version.strip() or _next(before)
    if before is not None and before.version == number:
        raise InputError(
            Text(f"the predecessor is version {number}, too", f"前一版本也是版本 {number}"),
            field="version",
            value=number,
        )
    if predecessor is not None:
        plan = replace(plan, crosswalk=_crosswalk(predecessor, plan))
    return sealed(
        plan,
        Approval(
            by=by.strip(),
            date=day,
            version=number,
            predecessor="" if before is None else before.version,
            predecessor_seal="" if before is None else before.seal,
        ),
    )


def _crosswalk(old: Plan, plan: Plan) -> pd.DataFrame:
    """Return what went from each code of the plan before to each code of `plan`."""
    before = old.grids if plan.grids.crs is None else old.grids.to_crs(plan.grids.crs)
    shared = overlap_of_grids(
        before.geometry.to_numpy(),
        plan.grids.geometry.to_numpy(),
        household_points=household_points_of(plan),
    )
    return crosswalk_of(before["code"].tolist(), plan.grids["code"].tolist(), shared)


def record_plan(
    register: Register, plan: Plan, *, date: str, reason: str = "", before: Plan | None = None
) -> Register:
    """Return the register with what the grids of `plan` change in it from `date` on.

    Codes of other areas stay as they are. The same plan twice changes nothing.

    Parameters
    ----------
    reason
        Why; by default that it is a first numbering, or an adjustment.
    before
        The plan before: its ground is used where the register is kept without.

    Raises
    ------
    InputError
        Codes stand on other ground than in the register, or one that was given out before is
        given out again; or nobody knows the ground of the codes in the register.
    """
    changes = changes_in(register, plan, before=before)
    first, later = Text("first numbering", "首次编码"), Text("adjusted", "网格调整")
    usual = (later if len(changes.old) else first).say(plan.settings.lang)
    return record(register, changes, date=date, reason=reason or usual)


def check_first(register: Register, plan: Plan, *, date: str) -> None:
    """Raise InputError where a plan cannot be the first one of its communities.

    It cannot where the register has codes in use there, unless they are those of this very plan,
    recorded on this day by an approval that came to no end.
    """
    old = in_use(register, plan.communities, plan.settings.codes.code_scheme)
    begun = sorted(set(old["valid_from"]))
    if not begun or (begun == [as_day(date)] and set(old["code"]) == set(plan.grids["code"])):
        return
    raise InputError(
        Text(
            f"the register has {len(old)} codes in use in these communities, the last since "
            f"{begun[-1]}: this plan follows another one",
            f"登记表中这些社区（村）已有 {len(old)} 个在用编码（最近启用于 {begun[-1]}）："
            "本方案应接续前一版本",
        ),
        layer="register",
        remedy=Text(
            "Name the plan before with --predecessor; where none was kept, the version with "
            "--version",
            "请用 --predecessor 指明前一版本方案；前一版本未存为方案的，请用 --version 写明版本号",
        ),
    )


def changes_in(register: Register, plan: Plan, *, before: Plan | None = None) -> Changes:
    """Return what the grids of `plan` change in the register; see `record_plan`."""
    scheme = plan.settings.codes.code_scheme
    grids = plan.grids.rename(columns={"community": "community_code"})
    if isinstance(register.table, gpd.GeoDataFrame) and register.table.crs is not None:
        grids = grids.to_crs(register.table.crs)
    old = in_use(register, plan.communities, scheme)
    if not len(old):
        return as_first_numbering(grids)
    ground = _ground_of(old, before)
    shared = overlap_of_grids(
        ground.geometry.to_numpy(),
        plan.grids.geometry.to_numpy(),
        household_points=household_points_of(plan),
    )
    return lineage_of_coded(ground, grids, shared, scheme=scheme)


def _ground_of(old: pd.DataFrame, before: Plan | None) -> gpd.GeoDataFrame:
    """Return the ground of the codes in use: of the register, else of the plan before."""
    if isinstance(old, gpd.GeoDataFrame):
        return old
    known = {} if before is None else dict(zip(before.grids["code"], before.grids.index,
                                               strict=True))  # fmt: skip
    for code in old["code"]:
        if before is None or code not in known:
            raise InputError(
                Text(
                    f"the ground of code {code} is not known: the register has none",
                    f"登记表没有图形，无法确定编码 {code} 原来的范围",
                ),
                layer="register",
                remedy=Text(
                    "Keep the register as a .gpkg file, or name the plan before with --predecessor",
                    "请将登记表保存为 .gpkg，或用 --predecessor 指明前一版本方案",
                ),
            )
    assert before is not None  # noqa: S101  (a code was not known otherwise)
    rows = [known[code] for code in old["code"]]
    return before.grids.loc[rows, ["code", "kind", "geometry"]].reset_index(drop=True)


def _predecessor(plan: Plan | None, date: str) -> Approval | None:
    if plan is None:
        return None
    if plan.approval is None:
        raise InputError(
            Text("the predecessor is a draft", "前一版本仍是草案"),
            remedy=Text("Approve it first, or leave it out", "请先批准前一版本，或不指明前一版本"),
        )
    if plan.approval.date > date:
        raise InputError(
            Text(
                f"the predecessor was approved later, on {plan.approval.date}",
                f"前一版本的批准日期（{plan.approval.date}）更晚",
            ),
            field="date",
            value=date,
        )
    return plan.approval


def _next(before: Approval | None) -> str:
    if before is None:
        return "1"
    if not before.version.isdecimal():
        raise InputError(
            Text(
                f"no version follows {before.version!r} by itself",
                f"无法由 {before.version!r} 推出下一个版本号",
            ),
            field="version",
            remedy=Text("Give it with --version", "请用 --version 指定"),
        )
    return str(int(before.version) + 1)


def _check_sound(plan: Plan) -> None:
    broken = broken_rules(plan.findings)
    if broken:
        raise InputError(
            Text(
                f"the plan breaks hard rules ({len(broken)} findings): {broken[0].message.en}",
                f"方案违反硬性要求（{len(broken)} 项）：{broken[0].message.zh}",
            ),
            rule=broken[0].rule,
            remedy=Text(
                "Mend it, or accept the findings as exceptions in the ledger, and verify again",
                "请整改，或在问题台账中列为例外后重新核查",
            ),
        )


_CHANGE = ("change", "old_code", "predecessors", "reason")


def submit(
    plan: Plan, *, since: Side | None = None, full: bool = False, lang: Lang | None = None
) -> Submission:
    """Return what is to be reported of `plan`.

    Parameters
    ----------
    since
        What was reported before, in the CRS of the plan; without it every grid is new.
    full
        All grids, though they did not change.

    Raises
    ------
    InputError
        The plan follows another one than `since`, or nothing changed and not all are wanted.
    """
    _check_since(plan, since, full=full)
    settings = plan.settings if lang is None else replace(plan.settings, lang=lang)
    current = side_of(plan)
    before = Side(grids=current.grids.iloc[:0], crs=current.crs) if since is None else since
    comparison = compare_sides(before, current, settings)
    if since is None:
        first = Text("first division", "首次划分").say(settings.lang)
        comparison = replace(comparison, changes=comparison.changes.assign(reason=first))
    rows = comparison.changes if full else changed_grids(comparison.changes)
    if rows.empty:
        raise InputError(
            Text("no grid has changed", "没有网格发生变更"),
            remedy=Text("Add --full to report all of them", "如需报送全部网格，请加 --full"),
        )
    old = None if since is None else since.plan
    return Submission(
        settings=settings,
        title=plan.settings.title or str(plan.summary.get("name") or ""),
        approval=plan.approval,
        before=None if old is None else old.approval,
        full=full or since is None,
        first=since is None,
        grids=_reported(plan, rows),
        comparison=comparison,
        scorecard=_cards({} if old is None else old.summary, plan.summary),
    )


def _check_since(plan: Plan, since: Side | None, *, full: bool) -> None:
    approval = plan.approval
    if approval is None or not approval.predecessor_seal:
        return
    named = Text(f"version {approval.predecessor}", f"版本 {approval.predecessor}")
    if since is None and not full:
        raise InputError(
            Text("the plan follows ", "本方案接续") + named,
            remedy=Text("Give it with --since, or add --full", "请用 --since 指明，或加 --full"),
        )
    before = None if since is None or since.plan is None else since.plan.approval
    if since is not None and (before is None or before.seal != approval.predecessor_seal):
        raise InputError(
            Text("this is not the plan that it follows: ", "所给方案不是本方案所接续的") + named,
            remedy=Text("Give the predecessor with --since", "请用 --since 指明前一版本方案"),
        )


def _reported(plan: Plan, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the grids of the plan among `rows`, with what became of them."""
    changes = rows[rows["new_code"] != ""].set_index("new_code")[list(_CHANGE)]
    changes = changes.rename(columns={"reason": "change_reason"})
    grids = plan.grids[plan.grids["code"].isin(changes.index)].sort_values(
        "code", ignore_index=True
    )
    row_of_grid = changes.loc[grids["code"]]
    return grids.assign(**{name: row_of_grid[name].to_numpy() for name in changes.columns})


def _cards(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    sides = [
        {card["card"]: card for card in summary.get("scorecard", [])} for summary in (before, after)
    ]
    nothing = {"state": "", "count": 0}
    return tuple(
        {
            "card": card,
            "state_before": sides[0].get(card, nothing)["state"],
            "count_before": sides[0].get(card, nothing)["count"],
            "state_after": sides[1].get(card, nothing)["state"],
            "count_after": sides[1].get(card, nothing)["count"],
        }
        for card in CARDS
    )
