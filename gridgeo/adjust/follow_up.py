"""A judged plan against its ledger: accepted exceptions do not count again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gridgeo.assessment import assess
from gridgeo.ledger import Entry, advance
from gridgeo.model import Plan


def follow_up(plan: Plan, entries: Sequence[Entry], *, date: str) -> tuple[Plan, tuple[Entry, ...]]:
    """Return `plan` with the status of its findings, and the ledger after this run.

    Scorecard and soundness leave out what was accepted; see `gridgeo.ledger.advance`.
    """
    after, findings, notes = advance(entries, plan.findings, date=date, lang=plan.settings.lang)
    told = replace(plan, findings=findings, notes=(*plan.notes, *notes))
    return assess(told), after
