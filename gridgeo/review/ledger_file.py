"""The ledger as a CSV that Excel and WPS open and save without harm."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable
from pathlib import Path

from gridgeo.errors import InputError, OutputError, why
from gridgeo.review.ledger import STATUSES, Entry
from gridgeo.storage import atomic_file
from gridgeo.wording import SEVERITIES, Lang, Text, rule_of, word
from gridgeo.wording import STATUSES as STATUS_WORDS

#: Column and its title. Codes stand in brackets, so that a spreadsheet cannot round them.
_COLUMNS = {
    "id": Text("finding no.", "问题编号"),
    "status": Text("status", "状态"),
    "reason": Text("reason", "理由"),
    "by": Text("by", "经办人"),
    "when": Text("when", "日期"),
    "severity": Text("severity", "级别"),
    "message": Text("finding", "问题"),
    "grids": Text("grids", "涉及网格"),
    "check": Text("check", "检查项"),
    "amount": Text("amount", "数量"),
    "unit": Text("unit", "单位"),
    "x": Text("x", "横坐标"),
    "y": Text("y", "纵坐标"),
    "assignee": Text("assignee", "责任人"),
    "due": Text("due", "整改期限"),
    "corrected_by": Text("corrected by", "整改人"),
    "corrected_on": Text("corrected on", "整改日期"),
    "verified_by": Text("verified by", "核实人"),
    "verified_on": Text("verified on", "核实日期"),
    "first_seen": Text("first seen", "首次发现"),
    "last_seen": Text("last seen", "最近发现"),
    "rule": Text("rule", "规则"),
}
_AS_WRITTEN = (
    *("reason", "by", "when", "assignee", "due", "corrected_by", "corrected_on"),
    *("verified_by", "verified_on", "first_seen", "last_seen"),
)
_NEEDED = ("id", "status", "rule")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def read_ledger(path: Path) -> tuple[Entry, ...]:
    """Return the entries of a ledger, none where the file is not there.

    The titles may be Chinese or English, the text UTF-8 or GB 18030 (as Excel saves it).

    Raises
    ------
    InputError
        A column is missing, or a status is not known.
    """
    if not path.exists():
        return ()
    text = _decoded(path)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    known = {title: name for name, both in _COLUMNS.items() for title in (both.en, both.zh)}
    titles = {title: known.get((title or "").strip(), "") for title in rows.fieldnames or ()}
    lacking = [_COLUMNS[name] for name in _NEEDED if name not in titles.values()]
    if lacking:
        raise InputError(
            Text(
                f"the ledger lacks the column {lacking[0].en}",
                f"问题台账缺少“{lacking[0].zh}”列",
            ),
            file=str(path),
            remedy=Text("Restore the header row", "请恢复表头"),
        )
    return tuple(
        _entry({titles[t]: (v or "").strip() for t, v in row.items() if t in titles}, path, number)
        for number, row in enumerate(rows, start=2)
    )


def write_ledger(entries: Iterable[Entry], path: Path, lang: Lang) -> None:
    """Write the ledger as CSV (UTF-8 with BOM), atomically.

    Raises
    ------
    OutputError
        The file cannot be written: it is open in Excel, or the folder is read-only.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([title.say(lang) for title in _COLUMNS.values()])
    for entry in entries:
        writer.writerow([_cell(entry, name, lang) for name in _COLUMNS])
    try:
        with atomic_file(path) as staged:
            staged.write_bytes(out.getvalue().encode("utf-8-sig"))
    except OSError as error:
        raise OutputError(
            Text("the ledger cannot be written: ", "无法写入问题台账：") + why(error),
            file=str(path),
            remedy=Text("Close it in Excel or WPS", "请关闭 Excel 或 WPS 中打开的台账"),
        ) from error


def _decoded(path: Path) -> str:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(
        Text("the ledger is neither UTF-8 nor GB 18030", "问题台账既非 UTF-8 也非 GB 18030 编码"),
        file=str(path),
        remedy=Text("Save it as CSV UTF-8", "请另存为 CSV UTF-8"),
    )


def _entry(cells: dict[str, str], path: Path, row: int) -> Entry:
    plain = {name: _unquoted(cells.get(name, "")) for name in _COLUMNS}
    return Entry(
        id=plain["id"],
        rule=plain["rule"],
        grids=tuple(re.findall(r"\[([^\]]*)\]", plain["grids"])),
        x=_number(plain["x"], path, row, "x"),
        y=_number(plain["y"], path, row, "y"),
        amount=_number(plain["amount"], path, row, "amount") if plain["amount"] else None,
        unit=plain["unit"],
        message=plain["message"],
        status=_status(plain["status"], path, row),
        severity=_severity(plain["severity"]),
        **{name: plain[name] for name in _AS_WRITTEN},
    )


def _status(text: str, path: Path, row: int) -> str:
    for status in STATUSES:
        if text.casefold() in (status, STATUS_WORDS[status].zh):
            return status
    names = [STATUS_WORDS[status] for status in STATUSES]
    raise InputError(
        Text(f"unknown status {text!r}", f"未知状态“{text}”"),
        file=str(path),
        row=row,
        remedy=Text(
            f"Choose one of {', '.join(STATUSES)}",
            f"可填：{'、'.join(name.zh for name in names)}",
        ),
    )


def _severity(text: str) -> str:
    """Return the severity that is called so, ``""`` for none (in ledgers of older versions)."""
    return next((k for k, both in SEVERITIES.items() if text in {k, both.en, both.zh}), "")


def _number(text: str, path: Path, row: int, field: str) -> float:
    if not text:
        return math.nan
    try:
        return float(text.replace(",", ""))
    except ValueError as error:
        raise InputError(
            Text("not a number", "不是数值"), file=str(path), row=row, field=field, value=text
        ) from error


def _cell(entry: Entry, name: str, lang: Lang) -> str:
    if name == "status":
        return STATUS_WORDS[entry.status].say(lang)
    if name == "severity":
        return word(SEVERITIES, entry.severity, lang)
    if name == "check":
        return rule_of(entry.rule).title.say(lang)
    if name == "grids":
        return " ".join(f"[{code}]" for code in entry.grids)
    value = getattr(entry, name)
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.3f}"
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unquoted(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
