"""Edits of a plan, from Python or from the file that the map page exports.

A plan after edits is a new draft: edited grids get new outlines, codes and verdicts, all checks
run again, and an edit that breaks a hard rule that was kept before is refused. Grids that no edit
touched keep every vertex.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from gridgeo.adjust.edits import Draft, Edit, draft_of, edited
from gridgeo.adjust.redraw import Redrawn, redraw
from gridgeo.codes import Register
from gridgeo.errors import InputError, why
from gridgeo.model import Finding, Note, Plan
from gridgeo.pipeline import cut_m, judge_plan, with_judgement
from gridgeo.review import assess
from gridgeo.storage import fingerprint
from gridgeo.validate import Judgement
from gridgeo.wording import EDITS, RULEBOOK, Text, join, rule_of


def apply_edits(plan: Plan, edits: Sequence[Edit], *, register: Register | None = None) -> Plan:
    """Return `plan` after `edits`: a draft with its own codes, figures and findings.

    Grids that no edit touched stay as they are, vertex by vertex. New grids get the next free
    codes of their community, and so does a grid that becomes dedicated; codes of removed grids
    are not used again. Every household stays in one grid. The crosswalk of a plan that was
    adjusted leads from the grids before, whatever was edited since; else from those of `plan`.

    Parameters
    ----------
    register
        Of codes: none of them is given out again. Without it the one that the settings of the
        plan name is read, where new codes are needed.

    Raises
    ------
    InputError
        An edit cannot be done, or breaks a hard rule that was kept before; it is named by its
        number. Or the register cannot be read.

    Examples
    --------
    >>> import gridgeo as gg
    >>> plan = gg.load("out")
    >>> first, second = plan.grids["code"][:2]
    >>> new = apply_edits(plan, [Edit(do="merge", grids=(second,), to=first)])
    >>> len(plan.grids), len(new.grids), int(new.grids["households"].sum())
    (6, 5, 2400)
    """
    draft = edited(draft_of(plan), edits)
    drawn = redraw(plan, draft, register)
    judgement = judge_plan(drawn.plan, plan.summary.get("households", {}))
    _check_hard_rules(judgement.findings, plan, draft, drawn, edits)
    return _judged_plan(plan, drawn, draft, judgement, len(edits))


def move(plan: Plan, atoms: Iterable[int], to: str) -> Plan:
    """Return `plan` with `atoms` in the grid `to`; see `apply_edits`."""
    return apply_edits(plan, [Edit(do="move", atoms=tuple(atoms), to=to)])


def split(plan: Plan, atoms: Iterable[int]) -> Plan:
    """Return `plan` with `atoms`, which lie in one grid, as a new grid; see `apply_edits`."""
    return apply_edits(plan, [Edit(do="split", atoms=tuple(atoms), grid="+1")])


def merge(plan: Plan, grids: Iterable[str], into: str) -> Plan:
    """Return `plan` with the ground of `grids` in the grid `into`; see `apply_edits`."""
    return apply_edits(plan, [Edit(do="merge", grids=tuple(grids), to=into)])


def dedicate(plan: Plan, grid: str, name: str) -> Plan:
    """Return `plan` with `grid` dedicated to the unit `name`; see `apply_edits`."""
    return apply_edits(plan, [Edit(do="dedicate", grid=grid, name=name)])


def lock(plan: Plan, grid: str) -> Plan:
    """Return `plan` with `grid` locked: no edit changes it until it is unlocked."""
    return apply_edits(plan, [Edit(do="lock", grid=grid)])


def unlock(plan: Plan, grid: str) -> Plan:
    """Return `plan` with `grid` open to edits again."""
    return apply_edits(plan, [Edit(do="unlock", grid=grid)])


def _check_hard_rules(
    findings: tuple[Finding, ...], plan: Plan, draft: Draft, drawn: Redrawn, edits: Sequence[Edit]
) -> None:
    """Raise `InputError` at the first error about an edited grid that was not there before."""
    before = [
        (found.rule, frozenset(found.grids))
        for found in plan.findings
        if found.severity == "error" and found.grids
    ]
    keys = {drawn.codes.get(key, key): key for key in draft.touched}
    for found in findings:
        steps = [draft.touched[keys[code]] for code in found.grids if code in keys]
        there = any(rule == found.rule and grids >= set(found.grids) for rule, grids in before)
        if found.severity != "error" or not steps or there:
            continue
        number = max(steps)
        title, done = rule_of(found.rule).title, EDITS[edits[number - 1].do]
        lead = Text(
            f"edit {number} ({done.en}) breaks the rule “{title.en}”: ",
            f"第 {number} 步调整（{done.zh}）违反“{title.zh}”：",
        )
        raise InputError(
            lead + found.message,
            rule=found.rule,
            remedy=Text("Undo or complete the edit in the page", "请在地图页中撤销或补全该步调整"),
        )


def _judged_plan(
    plan: Plan, drawn: Redrawn, draft: Draft, judgement: Judgement, edits: int
) -> Plan:
    """Return the new plan with figures, findings, and a note about the edits."""
    codes = set(drawn.plan.grids["code"])
    kept = tuple(found for found in plan.findings if _is_kept(found, codes))
    households = dict(plan.summary.get("households", {}))
    households["in_grids"] = int(drawn.plan.grids["households"].sum())
    new = with_judgement(replace(drawn.plan, findings=kept), judgement, households)
    figures = {
        "cut_m": cut_m(new.atoms, new.borders),
        **{key: plan.summary[key] for key in ("search",) if key in plan.summary},
        "locked": sorted({drawn.codes.get(key, key) for key in draft.locked}),
        "edits": int(plan.summary.get("edits", 0)) + edits,
    }
    return assess(
        replace(
            new,
            summary={**new.summary, **figures},
            notes=(*plan.notes, _note(plan, drawn, edits), *drawn.notes),
            crosswalk=_crosswalk(plan, new),
            approval=None,
        )
    )


def _crosswalk(plan: Plan, new: Plan) -> pd.DataFrame:
    """Return what went from each old code to each code of `new`; the atoms are those of `plan`.

    The old codes are those of the partition that the plan was adjusted from, where it was.
    """
    old = "old_grid" if "old_grid" in plan.atoms else "grid"
    shared = pd.DataFrame(
        {
            "old_code": plan.atoms[old].to_numpy(dtype=object),
            "new_code": new.atoms["grid"].to_numpy(dtype=object),
            "households": plan.atoms["households"].to_numpy(),
            "area_m2": shapely.area(plan.atoms.geometry.to_numpy()),
        }
    )
    return shared.groupby(["old_code", "new_code"], as_index=False).sum()


def _note(plan: Plan, drawn: Redrawn, edits: int) -> Note:
    atoms = drawn.plan.atoms
    moved = int((atoms["grid"].to_numpy() != plan.atoms["grid"].to_numpy()).sum())
    return Note(
        "edits",
        Text(
            f"{edits} edits: {moved} of {len(atoms)} atoms lie in another grid or under "
            f"another code, {len(drawn.changed)} grids are new or changed",
            f"调整 {edits} 步：{len(atoms)} 个单元中有 {moved} 个换了网格或编码，"
            f"{len(drawn.changed)} 个网格为新增或有变动",
        )
        + _counts(plan, drawn),
    )


def _counts(plan: Plan, drawn: Redrawn) -> Text:
    """Return the households, before and now, of each grid that is new, changed or removed."""
    before, after = (
        dict(zip(frame["code"].tolist(), frame["households"].tolist(), strict=True))
        for frame in (plan.grids, drawn.plan.grids)
    )
    changes = [
        (code, f"{before.get(code, 0):,}", f"{after.get(code, 0):,}")
        for code in sorted({*drawn.changed, *(before.keys() - after.keys())})
    ]
    if not changes:
        return Text("", "")
    pairs = [Text(f"{code} {old} -> {new}", f"{code} {old} → {new}") for code, old, new in changes]
    return Text("; households: ", "；户数：") + join(pairs, en=", ", zh="，")


def _is_kept(found: Finding, codes: set[str]) -> bool:
    """Return whether a finding comes from before the checks, and its grids are still there."""
    checked = found.rule in RULEBOOK or found.rule == "not_checked"
    return not checked and codes.issuperset(found.grids)


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
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            Text("the edits cannot be read: ", "无法读取调整文件：") + why(error), file=str(path)
        ) from error
    if (
        not isinstance(document, dict)
        or document.get("format") != _FORMAT
        or document.get("version") != 1
    ):
        raise InputError(
            Text("this is no file of edits", "这不是调整文件"),
            file=str(path),
            remedy=Text("Export the edits from map.html", "请在 map.html 的调整模式中导出"),
        )
    edits = document.get("edits")
    if not isinstance(edits, list) or not edits:
        raise InputError(Text("there are no edits", "文件中没有调整"), file=str(path))
    return EditFile(
        path=str(path),
        plan=str(document.get("plan", "")),
        edits=tuple(parse_edit(entry, n, str(path)) for n, entry in enumerate(edits, start=1)),
    )


def apply_file(plan: Plan, file: EditFile, *, register: Register | None = None) -> Plan:
    """Return `plan` after the edits of `file`; see `apply_edits`.

    Raises
    ------
    InputError
        The edits were made on another plan, or on this one before it changed.
    """
    expected = fingerprint(plan)
    if file.plan != expected:
        raise InputError(
            Text(
                "the edits were made on another plan, or on this one before it changed",
                "调整文件对应的是其他方案，或本方案在导出之后已有变动",
            ),
            file=file.path,
            value=f"{file.plan} ≠ {expected}",
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
    document = {"format": _FORMAT, "version": 1, "plan": plan, "edits": [_entry(e) for e in edits]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _entry(edit: Edit) -> dict[str, Any]:
    values = {**asdict(edit), "into": edit.to}
    return {"do": edit.do, **{name: values[name] for name in _FIELDS[edit.do]}}


def parse_edit(entry: Any, number: int, path: str | None = None) -> Edit:
    """Return the edit of an entry of a file; `number` and `path` are for the error.

    Raises
    ------
    InputError
        The entry is not understood.
    """
    needed = _FIELDS.get(entry.get("do", "")) if isinstance(entry, dict) else None
    if needed is None or not all(_has_type(name, entry.get(name)) for name in needed):
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


def _has_type(name: str, value: Any) -> bool:
    if name == "atoms":
        return isinstance(value, list) and all(type(one) is int for one in value)
    if name == "grids":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    return isinstance(value, str)
