"""``summary.json`` and ``run.json``."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gridgeo.approval import state_of
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


def as_json(value: Mapping[str, Any]) -> str:
    r"""Return `value` as indented JSON that every reader accepts.

    Examples
    --------
    >>> as_json({"share": float("nan"), "name": "甲"})
    '{\n  "share": null,\n  "name": "甲"\n}\n'
    """
    return json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
