"""Tables of households: CSV in any encoding, and workbooks of Excel, WPS and LibreOffice."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gridgeo.errors import InputError
from gridgeo.read.columns import unique_names
from gridgeo.read.probe import unreadable
from gridgeo.read.titles import joined_titles
from gridgeo.read.workbook import Cells, sheet_cells
from gridgeo.text import Text

#: header rows are looked for in so many rows
_HEADER_WITHIN = 20
_TOTALS = (
    "合计",
    "总计",
    "小计",
    "总数",
    "合 计",
    "总 计",
    "total",
    "sum",
    "subtotal",
    "grand total",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The rows below the header; row n of the sheet has index n - 1.

    `sheet` and `encoding` are ``""`` where there is none. `joined` tells whether the names of
    the columns stand in two rows.
    """

    frame: pd.DataFrame
    sheet: str = ""
    encoding: str = ""
    joined: bool = False


def load_table(path: Path, sheet: str, encoding: str, knows: Callable[[str], bool]) -> Table:
    """Return the table of a CSV or a workbook.

    `knows` tells whether a cell is the name of a wanted column: the first row that has one is
    the header, with the row below where that has the names (see `gridgeo.read.titles`). Cells
    of a CSV stay text. Raises InputError for files that are no tables.
    """
    found = name = ""
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        text, found = read_text(path, encoding)
        cells = _csv_cells(text, path)
    else:
        cells, name = sheet_cells(path, sheet)
    filled = [[_plain(cell) for cell in row] for row in cells]
    header = _header_row(filled, str(path), name, knows)
    names = joined_titles(filled[header : header + 2], knows)
    top = header + 1 + bool(names)
    frame = _frame_below(filled, top, names or filled[header], str(path))
    return Table(frame=frame, sheet=name, encoding=found, joined=bool(names))


def read_text(path: Path, encoding: str) -> tuple[str, str]:
    """Return the text of a file and its encoding: by its mark, else UTF-8, else GB 18030."""
    raw = path.read_bytes()
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    marked = [name for mark, name in marks if raw.startswith(mark)]
    for name in [encoding] if encoding else [*marked, "utf-8", "gb18030"]:
        try:
            return raw.decode(name), name
        except (UnicodeDecodeError, LookupError):
            continue
    raise InputError(
        Text("the text is in none of the encodings tried", "无法识别文本编码"),
        remedy=Text(
            "Save the file as UTF-8, or give the encoding in the settings",
            "请另存为 UTF-8 编码，或在设置中指明编码",
        ),
        file=str(path),
    )


def _csv_cells(text: str, path: Path) -> Cells:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=first.count)
    try:
        return [
            list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        ]
    except csv.Error as error:
        raise unreadable(str(path), error) from error


def _frame_below(cells: list[list[str]], top: int, titles: list[str], path: str) -> pd.DataFrame:
    names = unique_names(titles)
    rows = []
    for number, row in enumerate(cells[top:], start=top + 1):
        extra = [cell for cell in row[len(names) :] if cell]
        if extra:
            raise InputError(
                Text(
                    f"the row has more cells than there are columns: {extra[0]!r}",
                    f"该行单元格多于字段数：{extra[0]!r}",
                ),
                remedy=Text("Put text with commas in quotes", "含逗号的内容请加引号"),
                file=path,
                row=number,
            )
        rows.append([*row[: len(names)], *[""] * (len(names) - len(row))])
    places = pd.RangeIndex(top, top + len(rows))
    frame = pd.DataFrame(rows, columns=names, index=places, dtype=object)
    return frame[[name for name in names if not name.startswith("\0")]]


def blank_or_total(frame: pd.DataFrame) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Return which rows of a table are empty, and which are sums of the others."""
    blank = (frame == "").all(axis=1)
    lower = frame.apply(lambda column: column.str.strip().str.lower())
    return blank, lower.isin(_TOTALS).any(axis=1)


def _header_row(cells: list[list[str]], path: str, sheet: str, knows: Callable[[str], bool]) -> int:
    """Return the first row that has a wanted name, else the first with two cells."""
    wide = [n for n, row in enumerate(cells[:_HEADER_WITHIN]) if sum(map(bool, row)) >= 2]
    if not wide:
        raise InputError(
            Text("no row of column names found", "没有找到表头行"),
            remedy=Text(
                "The table needs one row of column names above the data",
                "表格应在数据上方有一行字段名",
            ),
            file=path,
            **({"layer": sheet} if sheet else {}),
        )
    return next((n for n in wide if any(knows(name) for name in cells[n] if name)), wide[0])


def _plain(cell: object) -> str:
    """Return a cell as text; 12.0 is ``12``."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, float) and abs(cell) >= 1e15:
        return f"{cell:.6E}"
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return str(cell).strip()
