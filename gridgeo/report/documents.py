"""``summary.json`` and ``run.json``."""

from __future__ import annotations

from pathlib import Path

from gridgeo.approval import state_of
from gridgeo.hashes import as_json
from gridgeo.model import Plan

SUMMARY = "summary.json"
RUN = "run.json"


def write_summary(plan: Plan, path: Path) -> None:
    """Write the figures of `plan` and its approval; numbers that are not known are null."""
    told = {**plan.summary, "approval": state_of(plan.approval)}
    path.write_text(as_json(told), encoding="utf-8")


def write_run(plan: Plan, path: Path) -> None:
    """Write how this run went: the only file that may differ between two equal runs."""
    path.write_text(as_json(plan.run), encoding="utf-8")
