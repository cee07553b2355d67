"""What goes upward: the grids that changed since they were last reported, or all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd

from gridgeo.adjust.difference import changed, compare_sides
from gridgeo.adjust.sides import Side, side_of
from gridgeo.errors import InputError
from gridgeo.model import Plan
from gridgeo.rulebook import CARDS
from gridgeo.submission import Submission
from gridgeo.text import Lang, Text

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
    own = side_of(plan)
    before = Side(grids=own.grids.iloc[:0], crs=own.crs) if since is None else since
    told = compare_sides(before, own, settings)
    if since is None:
        first = Text("first division", "首次划分").say(settings.lang)
        told = replace(told, changes=told.changes.assign(reason=first))
    rows = told.changes if full else changed(told.changes)
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
        told=told,
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
    told = rows[rows["new_code"] != ""].set_index("new_code")[list(_CHANGE)]
    told = told.rename(columns={"reason": "change_reason"})
    grids = plan.grids[plan.grids["code"].isin(told.index)].sort_values("code", ignore_index=True)
    own = told.loc[grids["code"]]
    return grids.assign(**{name: own[name].to_numpy() for name in told.columns})


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
