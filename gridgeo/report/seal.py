"""What a plan holds, as one SHA-256 a column: so that a change after the approval is noticed."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.errors import InputError, OutputError
from gridgeo.model import CROSSWALK, CROSSWALK_COLUMNS, SCHEMA, Plan, layer_frame, single_parts
from gridgeo.report.records import finding_frame, settings_frame
from gridgeo.review import Approval, seal_of, state_text
from gridgeo.storage import as_json
from gridgeo.wording import Text

APPROVAL = "approval"
_FINDINGS = ("id", "rule", "severity", "status", "grids", "amount", "unit", "note")
_FACTS = ("by", "date", "version", "predecessor", "predecessor_seal", "seal")
_CONTENT = "content:"


def sealed(plan: Plan, approval: Approval) -> Plan:
    """Return `plan` under `approval`, which now knows what was approved."""
    known = replace(approval, contents=contents_of(plan))
    return replace(plan, approval=replace(known, seal=seal_of(known)))


def contents_of(plan: Plan) -> dict[str, str]:
    """Return the SHA-256 of every column of the plan, by name; saving and loading change none.

    Columns that the layers of a plan do not have by contract (`gridgeo.model.schema`) and the
    record of the run are left out.
    """
    return {name: hashlib.sha256(data).hexdigest() for name, data in _contents(plan)}


def check_sealed(plan: Plan) -> None:
    """Raise InputError where an approved plan is not what was approved, naming what differs."""
    approval = plan.approval
    if approval is None:
        return
    now = contents_of(plan)
    changed = [name for name, digest in approval.contents.items() if now.get(name, "") != digest]
    if not changed and approval.seal == seal_of(approval):
        return
    shown = ", ".join(changed[:5]) or APPROVAL
    raise InputError(
        Text(
            f"the plan was changed after it was approved ({approval.by}, {approval.date}): {shown}",
            f"方案在批准（{approval.by}，{approval.date}）之后被改动：{shown}",
        ),
        remedy=Text(
            "Take the approved plan from the archive; deliver changes as a new plan that names "
            "it as its predecessor",
            "请从档案中取回批准时的方案；如需调整，请另存为新方案，并以其为前一版本报批",
        ),
    )


def check_unlocked(package: Path) -> None:
    """Raise OutputError where ``plan.gpkg`` holds an approved plan: it is never written over."""
    approval = stored_approval(package)
    if approval is None:
        return
    raise OutputError(
        Text("the plan there is locked: ", "该处的方案已锁定：") + state_text(approval),
        file=str(package.parent),
        remedy=Text(
            "Write to another folder, and name this plan as the predecessor when you approve",
            "请输出到其他文件夹，报批时用 --predecessor 指明本方案为前一版本",
        ),
    )


def stored_approval(package: Path) -> Approval | None:
    """Return the approval of a saved plan, None where it is a draft or no plan at all."""
    if not package.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{package.absolute().as_uri()}?mode=ro", uri=True)) as file:
            facts = dict(file.execute(f"SELECT key, coalesce(value, '') FROM {APPROVAL}"))  # noqa: S608
    except sqlite3.DatabaseError:
        return None
    if facts.get("state") != "approved":
        return None
    contents = {
        name.removeprefix(_CONTENT): value
        for name, value in facts.items()
        if name.startswith(_CONTENT)
    }
    return Approval(**{name: facts.get(name, "") for name in _FACTS}, contents=contents)


def approval_frame(approval: Approval | None, *, contents: bool = True) -> pd.DataFrame:
    """Return the state of a plan as a table of `key` and `value`."""
    rows = [("state", "draft")]
    if approval is not None:
        rows = [("state", "approved"), *((name, getattr(approval, name)) for name in _FACTS)]
        if contents:
            rows += [(f"{_CONTENT}{name}", digest) for name, digest in approval.contents.items()]
    return pd.DataFrame(rows, columns=["key", "value"], dtype="str")


def _contents(plan: Plan) -> Iterator[tuple[str, bytes]]:
    yield "crs", str(plan.grids.crs and plan.grids.crs.to_epsg()).encode()
    for layer, columns in SCHEMA.items():
        frame = layer_frame(layer, getattr(plan, layer))
        for name in columns:
            yield f"{layer}.{name}", _bytes(frame[name])
        yield f"{layer}.geometry", _ground(frame.geometry.to_numpy())
    if plan.crosswalk is not None:
        for name in CROSSWALK_COLUMNS:
            yield f"{CROSSWALK}.{name}", _bytes(plan.crosswalk[name])
    findings = finding_frame(plan.findings, plan.settings.lang, None)
    for name in _FINDINGS:
        yield f"findings.{name}", _bytes(findings[name])
    for key, value in settings_frame(plan.settings).itertuples(index=False):
        yield f"settings.{key}", str(value).encode()
    yield "summary", as_json(plan.summary).encode()


def _bytes(column: pd.Series[Any]) -> bytes:
    if pd.api.types.is_float_dtype(column.dtype):
        values = column.to_numpy(dtype="<f8", na_value=np.nan)
        return np.where(np.isnan(values), np.nan, values).tobytes()
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column.to_numpy(dtype="<i8").tobytes()
    return json.dumps(column.astype(str).tolist(), ensure_ascii=False).encode()


def _ground(shapes: Any) -> bytes:
    """Return geometries as WKB; a multi-geometry of one part is that part."""
    shapes = single_parts(shapes)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    wkb = [data or b"" for data in shapely.to_wkb(np.where(there, shapes, None), byte_order=1)]
    return b"".join(len(data).to_bytes(4, "little") + data for data in wkb)
