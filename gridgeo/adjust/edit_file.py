"""The file of edits that the map page exports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gridgeo.adjust.apply import apply_edits
from gridgeo.adjust.edits import Edit
from gridgeo.codes import Register
from gridgeo.errors import InputError, why
from gridgeo.fingerprint import fingerprint
from gridgeo.model import Plan
from gridgeo.text import Text

_FORMAT = "gridgeo-edits"
#: The fields of an entry, as the file calls them.
_FIELDS: dict[str, tuple[str, ...]] = {
    "move": ("atoms", "to"),
    "split": ("atoms", "grid"),
    "merge": ("grids", "into"),
    "dedicate": ("grid", "name"),
    "lock": ("grid",),
    "unlock": ("grid",),
}


@dataclass(frozen=True, kw_only=True)
class EditFile:
    """Edits, and the fingerprint of the plan that they were made on."""

    path: str
    plan: str
    edits: tuple[Edit, ...]


def read_edits(path: str | Path) -> EditFile:
    """Return the edits of a file.

    Raises
    ------
    InputError
        The file cannot be read or is no file of edits; a wrong edit is named by its number.
    """
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            Text("the edits cannot be read: ", "无法读取调整文件：") + why(error), file=str(path)
        ) from error
    if not isinstance(told, dict) or told.get("format") != _FORMAT or told.get("version") != 1:
        raise InputError(
            Text("this is no file of edits", "这不是调整文件"),
            file=str(path),
            remedy=Text("Export the edits from map.html", "请在 map.html 的调整模式中导出"),
        )
    edits = told.get("edits")
    if not isinstance(edits, list) or not edits:
        raise InputError(Text("there are no edits", "文件中没有调整"), file=str(path))
    return EditFile(
        path=str(path),
        plan=str(told.get("plan", "")),
        edits=tuple(edit_of(entry, n, str(path)) for n, entry in enumerate(edits, start=1)),
    )


def apply_file(plan: Plan, file: EditFile, *, register: Register | None = None) -> Plan:
    """Return `plan` after the edits of `file`; see `apply_edits`.

    Raises
    ------
    InputError
        The edits were made on another plan, or on this one before it changed.
    """
    own = fingerprint(plan)
    if file.plan != own:
        raise InputError(
            Text(
                "the edits were made on another plan, or on this one before it changed",
                "调整文件对应的是其他方案，或本方案在导出之后已有变动",
            ),
            file=file.path,
            value=f"{file.plan} ≠ {own}",
            remedy=Text(
                "Open the map.html of this plan and make the edits there",
                "请打开本方案的 map.html 重新调整",
            ),
        )
    return apply_edits(plan, file.edits, register=register)


def edits_text(plan: str, edits: Sequence[Edit]) -> str:
    """Return the text of a file of edits on the plan of this fingerprint, as the page writes it.

    Examples
    --------
    >>> '"do": "lock"' in edits_text("d985e2e784312a5c", [Edit(do="lock", grid="001")])
    True
    """
    told = {"format": _FORMAT, "version": 1, "plan": plan, "edits": [_entry(e) for e in edits]}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _entry(edit: Edit) -> dict[str, Any]:
    own = {**asdict(edit), "into": edit.to}
    return {"do": edit.do, **{name: own[name] for name in _FIELDS[edit.do]}}


def edit_of(entry: Any, number: int, path: str | None = None) -> Edit:
    """Return the edit that an entry of a file tells; `number` and `path` are for the error.

    Raises
    ------
    InputError
        The entry is not understood.
    """
    needed = _FIELDS.get(entry.get("do", "")) if isinstance(entry, dict) else None
    if needed is None or not all(_sound(name, entry.get(name)) for name in needed):
        raise InputError(
            Text(f"edit {number} is not understood", f"无法识别第 {number} 步调整"),
            file=path,
            value=json.dumps(entry, ensure_ascii=False)[:80],
        )
    return Edit(
        do=entry["do"],
        atoms=tuple(entry["atoms"]) if "atoms" in needed else (),
        grid=entry["grid"] if "grid" in needed else "",
        to=entry["to"] if "to" in needed else entry["into"] if "into" in needed else "",
        grids=tuple(entry["grids"]) if "grids" in needed else (),
        name=entry["name"] if "name" in needed else "",
    )


def _sound(name: str, value: Any) -> bool:
    if name == "atoms":
        return isinstance(value, list) and all(type(one) is int for one in value)
    if name == "grids":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, str)
