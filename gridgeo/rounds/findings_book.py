"""``findings.xlsx``: the findings of a round, filled in by who corrects and who verifies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from gridgeo.model import Plan
from gridgeo.report import write_sheets
from gridgeo.review import ON_SITE, SETTLED, Entry, compare_ledgers, suggestion_of
from gridgeo.rounds.filled_sheets import TAKEN_BACK, Fault, FilledRow
from gridgeo.wording import Text, rule_of

#: Column of the workbook and what it fills in an entry of the ledger.
_FILLED: Mapping[str, str] = {
    "assignee": "assignee",
    "due": "due",
    "corrected_by": "corrected_by",
    "corrected_on": "corrected_on",
    "verified_by": "verified_by",
    "verified_on": "verified_on",
    "exception_reason": "reason",
    "accepted_by": "by",
    "accepted_on": "when",
}
_DAYS = ("due", "corrected_on", "verified_on", "accepted_on")
FINDING_COLUMNS = ("id", *_FILLED)
_SHEET = Text("findings", "问题台账")


def write_findings(
    plan: Plan, before: Sequence[Entry], entries: Sequence[Entry], path: Path
) -> None:
    """Write the entries that somebody has to do with: unsettled, or settled in this round."""
    lang = plan.settings.lang
    became = compare_ledgers(before, entries).of
    advice = {finding.id: suggestion_of(finding).say(lang) for finding in plan.findings}
    names = dict(zip(plan.grids["code"], plan.grids["community_name"], strict=True))
    rows = [
        {
            "id": entry.id,
            "became": became[entry.id],
            "status": entry.status,
            "severity": entry.severity,
            "check": rule_of(entry.rule).title.say(lang),
            "community_name": next((names[g] for g in entry.grids if g in names), ""),
            "grid_codes": ";".join(entry.grids),
            "message": entry.message,
            "suggestion": advice.get(entry.id, ""),
            **{column: getattr(entry, name) for column, name in _FILLED.items()},
        }
        for entry in entries
        if became[entry.id] != "settled"
    ]
    columns = [
        *("id", "became", "status", "severity", "check", "community_name", "grid_codes"),
        *("message", "suggestion", *_FILLED),
    ]
    table = pd.DataFrame(rows, columns=columns, dtype="str")
    write_sheets([(_SHEET.say(lang), table)], path, lang, to_fill=tuple(_FILLED))


def take_findings(
    entries: Sequence[Entry], rows: Sequence[FilledRow]
) -> tuple[tuple[Entry, ...], list[Fault]]:
    """Return the ledger with what was filled in, and every cell that cannot be used.

    An empty cell changes nothing, so copies that several people filled in can be taken one after
    the other; ``-`` takes back what was there. Where there is a fault, the ledger is of no use.
    """
    known = {entry.id: entry for entry in entries}
    faults: list[Fault] = []
    seen: set[str] = set()
    for row in rows:
        name = row.cells["id"]
        if name not in known:
            text = Text("no finding of this review", "本次核查没有这个问题编号")
            faults.append(row.fault("id", text))
            continue
        if name in seen:
            faults.append(row.fault("id", Text("a second row of this finding", "该问题重复填写")))
            continue
        seen.add(name)
        known[name] = _settled(_filled(known[name], row, faults))
        faults += _contradictions(known[name], row)
    return tuple(known.values()), faults


def _filled(entry: Entry, row: FilledRow, faults: list[Fault]) -> Entry:
    changed: dict[str, Any] = {}
    for column, name in _FILLED.items():
        text = row.day(column, faults) if column in _DAYS else row.cells[column]
        if text:
            changed[name] = "" if text in TAKEN_BACK else text
    return replace(entry, **changed)


def _settled(entry: Entry) -> Entry:
    """Return the entry with the status that follows from what is filled in.

    What a check found is settled by the next round alone, which does not find it any more; what was
    found on the street, by those who corrected and verified it.
    """
    status = entry.status
    if entry.reason and entry.by and entry.when:
        return entry if status in SETTLED else replace(entry, status="accepted")
    if status == "accepted":
        status = "open"
    if entry.rule == ON_SITE or status in SETTLED:
        by_hand = entry.rule == ON_SITE
        if entry.verified_on:
            status = "verified"
        elif by_hand:
            status = "fixed" if entry.corrected_on else "open"
    return replace(entry, status=status)


def _contradictions(entry: Entry, row: FilledRow) -> list[Fault]:
    """Return what does not go together in an entry that was filled in."""
    faults = [
        row.fault(column, text)
        for column, text in (
            *_half(entry.corrected_by, entry.corrected_on, "corrected_by", "corrected_on"),
            *_half(entry.verified_by, entry.verified_on, "verified_by", "verified_on"),
        )
    ]
    exception = (entry.reason, entry.by, entry.when)
    if any(exception) and not all(exception):
        lacking = ("exception_reason", "accepted_by", "accepted_on")[exception.index("")]
        faults.append(row.fault(lacking, Text(
            "an exception needs a reason, a name and a day", "列为例外须同时填写理由、批准人和日期"
        )))  # fmt: skip
    if all(exception) and entry.corrected_on:
        faults.append(row.fault("corrected_on", Text(
            "corrected and an exception: one of the two", "不能既已整改又列为例外"
        )))  # fmt: skip
    if entry.verified_on and not entry.corrected_on:
        faults.append(row.fault("verified_on", Text(
            "verified, but nobody corrected it", "未填写整改即填写核实"
        )))  # fmt: skip
    elif entry.verified_by and entry.verified_by == entry.corrected_by:
        faults.append(row.fault("verified_by", Text(
            "who corrected it cannot verify it", "核实人与整改人不得为同一人"
        )))  # fmt: skip
    elif entry.verified_on and entry.verified_on < entry.corrected_on:
        faults.append(row.fault("verified_on", Text(
            "before it was corrected", "早于整改日期"
        )))  # fmt: skip
    return faults


def _half(who: str, when: str, by: str, on: str) -> list[tuple[str, Text]]:
    """Return the fault that of a name and a day only one is there."""
    if bool(who) == bool(when):
        return []
    text = Text("a name and a day go together", "姓名与日期须同时填写")
    return [(on if who else by, text)]
