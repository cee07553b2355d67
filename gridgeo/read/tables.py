"""Tables of households: CSV in any encoding, and workbooks of Excel, WPS and LibreOffice."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from gridgeo.errors import InputError
from gridgeo.read.columns import unique_names
from gridgeo.read.probe import unreadable
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


def load_table(
    path: Path, sheet: str, encoding: str, knows: Callable[[str], bool]
) -> tuple[pd.DataFrame, str, str]:
    """Return the table of a CSV or a workbook, its sheet and its encoding.

    `knows` tells whether a cell is the name of a wanted column: the first row that has one is
    the header. Cells of a CSV stay text. Raises InputError for files that are no tables.
    """
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        text, found = read_text(path, encoding)
        return frame_of(_csv_cells(text, path), str(path), "", knows), "", found
    cells, name = sheet_cells(path, sheet)
    return frame_of(cells, str(path), name, knows), name, ""


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


def frame_of(cells: Cells, path: str, sheet: str, knows: Callable[[str], bool]) -> pd.DataFrame:
    """Return the rows below the header as a frame; rows of totals and empty rows are left out."""
    header = _header_row(cells, knows)
    if header is None:
        raise InputError(
            Text("no row of column names found", "没有找到表头行"),
            remedy=Text(
                "The table needs one row of column names above the data",
                "表格应在数据上方有一行字段名",
            ),
            file=path,
            **({"layer": sheet} if sheet else {}),
        )
    names = unique_names([_plain(cell) for cell in cells[header]])
    rows = []
    for number, row in enumerate(cells[header + 1 :], start=1):
        extra = [cell for cell in row[len(names) :] if _plain(cell)]
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
        rows.append([_plain(cell) for cell in row] + [""] * (len(names) - len(row)))
    frame = pd.DataFrame([row[: len(names)] for row in rows], columns=names, dtype=object)
    kept = [name for name in names if not name.startswith("\0")]
    return frame[kept]


def blank_or_total(frame: pd.DataFrame) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Return which rows of a table are empty, and which are sums of the others."""
    blank = (frame == "").all(axis=1)
    lower = frame.apply(lambda column: column.str.strip().str.lower())
    return blank, lower.isin(_TOTALS).any(axis=1)


def _header_row(cells: Cells, knows: Callable[[str], bool]) -> int | None:
    filled = [
        (number, [text for cell in row if (text := _plain(cell))])
        for number, row in enumerate(cells[:_HEADER_WITHIN])
    ]
    for number, names in filled:
        if len(names) >= 2 and any(knows(name) for name in names):
            return number
    return next((number for number, names in filled if len(names) >= 2), None)


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
