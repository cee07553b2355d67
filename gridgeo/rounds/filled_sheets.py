"""Workbooks that people filled in and sent back: their rows by titles, and cells at fault."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gridgeo.errors import InputError
from gridgeo.review import day_of
from gridgeo.tables import read_sheet, sheet_names
from gridgeo.wording import LANGS, Text, header

#: What a person writes to take back what was filled in before; an empty cell takes nothing back.
TAKEN_BACK = ("-", "—", "－", "无", "none")


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that cannot be used, and why."""

    file: str
    row: int
    column: Text
    value: str
    reason: Text

    def full(self) -> Text:
        """Return the fault as one line."""
        shown = f" {self.value!r}" if self.value else ""
        return Text(
            f"{self.file}, row {self.row}, {self.column.en}{shown}: {self.reason.en}",
            f"{self.file} 第 {self.row} 行“{self.column.zh}”"
            + (f"“{self.value}”" if self.value else "")
            + f"：{self.reason.zh}",
        )


@dataclass(frozen=True, slots=True)
class FilledRow:
    """The cells of one row by the names of their columns, as trimmed text."""

    file: str
    row: int
    cells: Mapping[str, str]

    def fault(self, column: str, reason: Text) -> Fault:
        """Return a fault of one of its cells."""
        return Fault(self.file, self.row, _column_title(column), self.cells[column], reason)

    def day(self, column: str, faults: list[Fault]) -> str:
        """Return the day in a cell, ``""`` for none; what is no day is added to `faults`."""
        text = self.cells[column]
        if not text or text in TAKEN_BACK:
            return text
        day = day_of(text)
        if day is None:
            faults.append(self.fault(column, Text("no day; for example 2026-11-23",
                                                  "不是日期，应如 2026-11-23")))  # fmt: skip
        return day or ""


def _column_title(column: str) -> Text:
    """Return the title of a column in both languages."""
    return Text(header(column, "en"), header(column, "zh"))


def read_filled(path: Path, columns: Collection[str]) -> list[FilledRow] | None:
    """Return the rows of the first sheet that has all `columns`, None where none has.

    Titles may be Chinese or English, columns in any order, the file .xlsx, .xls, .et or .ods; rows
    with nothing in `columns` are left out.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    if not path.is_file():
        raise InputError(Text("there is no such file", "没有这个文件"), file=str(path))
    for name in sheet_names(path):
        sheet = read_sheet(path, name)
        titles = [_text(cell) for cell in sheet.cells[0]] if sheet.cells else []
        places = {column: _place(titles, column) for column in columns}
        if None in places.values():
            continue
        return [
            FilledRow(path.name, number, cells)
            for number, line in enumerate(sheet.cells[1:], start=2)
            for cells in [_cells(line, places)]
            if any(cells.values())
        ]
    return None


def no_such_sheet(path: Path, columns: Iterable[str]) -> InputError:
    """Return the error that no sheet of a workbook has the columns that are needed."""
    titles = [_column_title(column) for column in columns]
    return InputError(
        Text(
            f"no sheet has the columns {', '.join(one.en for one in titles)}",
            f"没有同时含有这些列的工作表：{'、'.join(one.zh for one in titles)}",
        ),
        file=str(path),
        remedy=Text(
            "Give the workbook that gridgeo review open wrote, with its header row",
            "请提供 gridgeo review open 生成的工作簿，并保留表头",
        ),
    )


def _place(titles: Sequence[str], column: str) -> int | None:
    names = [header(column, lang) for lang in LANGS]
    return next((n for n, title in enumerate(titles) if title in names), None)


def _cells(line: Sequence[Any], places: Mapping[str, int | None]) -> dict[str, str]:
    return {
        column: _text(line[place]) if place is not None and place < len(line) else ""
        for column, place in places.items()
    }


def _text(cell: Any) -> str:
    """Return a cell as text: days without the time, whole numbers without a point."""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip().lstrip("'").strip()
