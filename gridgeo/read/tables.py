"""Tables: CSV and other text, workbooks, web pages; the rows below their header as one frame.

Merged keys stand in every row that they cover, a merged count only in the first. What a file
holds decides how it is read, not the ending of its name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gridgeo.errors import InputError
from gridgeo.formats import MARK, MISSING, Judgement, decode_text, given_encoding, judge_text
from gridgeo.read.columns import COUNTS, candidates, unique_names
from gridgeo.tables import (
    Header,
    Merged,
    Sheet,
    delimited_cells,
    excel_xml_sheet,
    find_header,
    kind_of_text,
    read_sheet,
    sheet_names,
    web_page_sheet,
)
from gridgeo.wording import Text

_TEXT = (".csv", ".txt", ".tsv")
#: a cell of a CSV that spreadsheets are to take as text: ``="042"``
_QUOTED = re.compile(r'^="([^"]*)"$')
#: what DOS wrote at the end of text
_END_OF_FILE = "\x1a\0"
_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
#: text that is no table, though it holds one
_PACKED = {
    "mhtml": Text("a web archive (MHTML)", "网页存档（MHTML）"),
    "fods": Text("a flat OpenDocument sheet (.fods)", "单一 XML 的 OpenDocument 表格（.fods）"),
}
#: how other files begin that are no tables, and what they are
_OTHERS = {
    b"%PDF": Text("a PDF", "PDF 文件"),
    b"\x09\x00\x04\x00": Text("a workbook of Excel 2", "Excel 2 工作簿"),
    b"\x09\x02\x06\x00": Text("a workbook of Excel 3", "Excel 3 工作簿"),
    b"\x09\x04\x06\x00": Text("a workbook of Excel 4", "Excel 4 工作簿"),
    b"\x89PNG": Text("a picture", "图片"),
    b"\xff\xd8\xff": Text("a picture", "图片"),
    b"Rar!": Text("a RAR archive", "RAR 压缩包"),
    b"\x1f\x8b": Text("a gzip archive", "gzip 压缩包"),
    b"7z\xbc\xaf": Text("a 7z archive", "7z 压缩包"),
    b"ID;P": Text("a table in SYLK format", "SYLK 格式的表格"),
    b"TABLE\r\n0,1": Text("a table in DIF format", "DIF 格式的表格"),
    b"{\\rtf": Text("a document (RTF)", "RTF 文档"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """The rows below the header; row n of the sheet has index n - 1.

    ``sheet`` is what the table stands in (its cells are empty here), ``kind`` what the file is
    beside its name (``html``, ``xml``, ``text``, ``book``; ``""`` as its name says), ``once`` the
    count columns with merged cells, and the rows where they stand.
    """

    frame: pd.DataFrame
    sheet: Sheet
    header: Header
    encoding: Judgement | None = None
    kind: str = ""
    once: dict[str, list[int]]


def load_table(
    path: Path,
    sheet: str,
    encoding: str,
    knows: Callable[[str], bool],
    *,
    counts: frozenset[str] = frozenset(),
    skip_hidden: bool = False,
) -> Table:
    """Return the table of a CSV, a workbook or a web page.

    `knows`: whether a cell is the name of a wanted column (see `gridgeo.tables.header`); `counts`:
    columns of counts beside those that are called so. Cells are text. Raises InputError for
    files that are no tables.
    """
    kind = _kind_of(path)
    found, text = None, ""
    if kind == "book":
        page = read_sheet(path, sheet, skip_hidden=skip_hidden)
    else:
        text, found = _read_text(path, encoding)
        kind = kind_of_text(text[:4096]) or "text"
        page = _sheet_of_text(text, kind, str(path), sheet, knows)
    cells = _trimmed([[c.strip() if type(c) is str else _plain(c) for c in row]
                      for row in page.cells])  # fmt: skip
    if kind == "text" and '="' in text:
        cells = [[_QUOTED.sub(r"\1", cell) for cell in row] for row in cells]
    header = find_header(cells, knows, str(path), page.name)
    once = _fill_merged(cells, page.merged, header, counts)
    frame = _frame_below(cells, header.stop, header.names, str(path))
    usual = "text" if path.suffix.lower() in _TEXT else "book"
    return Table(
        frame=frame, sheet=page, header=header, encoding=found, once=once,
        kind="" if kind == usual else kind,
    )  # fmt: skip


def table_sheets(path: Path) -> tuple[str, ...]:
    """Return the names of the sheets with content of a workbook, ``("",)`` for other tables."""
    return sheet_names(path) if _kind_of(path) == "book" else ("",)


def _kind_of(path: Path) -> str:
    """Return ``book`` for a workbook and ``text`` for text, by the first bytes."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(_BOOKS):
        return "book"
    other = next((what for magic, what in _OTHERS.items() if head.startswith(magic)), None)
    if other is not None:
        raise InputError(
            Text(f"the file is {other.en}", f"该文件是{other.zh}"),
            remedy=Text("Open it and save the table as .xlsx", "请打开后将表格另存为 .xlsx"),
            file=str(path),
        )
    is_text = b"\0" not in head or head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "text" if is_text or path.suffix.lower() in _TEXT else "book"


def _sheet_of_text(
    text: str, kind: str, path: str, sheet: str, knows: Callable[[str], bool]
) -> Sheet:
    if kind == "html":
        return web_page_sheet(text, path)
    if kind == "xml":
        return excel_xml_sheet(text, sheet, path)
    if kind in _PACKED:
        what = _PACKED[kind]
        raise InputError(
            Text(f"the file is {what.en}", f"该文件是{what.zh}"),
            remedy=Text("Open it in Excel and save it as .xlsx", "请用 Excel 打开后另存为 .xlsx"),
            file=path,
        )
    return Sheet(name="", cells=delimited_cells(text, path, knows))


def _read_text(path: Path, encoding: str) -> tuple[str, Judgement]:
    """Return the text of a file and its encoding; bytes that are no text become U+FFFD."""
    raw = path.read_bytes()
    found = judge_text(raw, given_encoding(encoding, str(path)))
    text = decode_text(raw, found.encoding, given=bool(encoding)).lstrip(MARK).rstrip(_END_OF_FILE)
    lost = text.count(MISSING)
    if lost and 2 * lost > sum(not char.isascii() for char in text):
        raise InputError(
            Text(f"most of the text is no {found.encoding}", f"文字无法按 {found.encoding} 读取"),
            remedy=Text(
                "Save the file as UTF-8 (in Excel: CSV UTF-8), or leave --encoding out if it was "
                "given",
                "请另存为 UTF-8（Excel 中选“CSV UTF-8”）；如给出了 --encoding，请去掉或更正",
            ),
            file=str(path),
        )
    return text, found


def _trimmed(cells: list[list[str]]) -> list[list[str]]:
    """Return the rows up to the last one that holds anything."""
    last = len(cells)
    while last and not any(cells[last - 1]):
        last -= 1
    return cells[:last]


def _fill_merged(
    cells: list[list[str]], ranges: tuple[Merged, ...], header: Header, named: frozenset[str]
) -> dict[str, list[int]]:
    """Repeat what is merged down a column below the header; a count stays in its first row.

    The other rows of a merged count get 0; returned are these columns and the first rows.
    """
    once: dict[str, list[int]] = {}
    for (top, left), (bottom, _) in ranges:
        value = cells[top][left] if top < len(cells) and left < len(cells[top]) else ""
        if bottom == top or top < header.stop or not value:
            continue
        name = header.names[left] if left < len(header.names) else ""
        counts = name in named or bool(candidates([name], COUNTS))
        if counts:
            once.setdefault(name, []).append(top)
        for row in cells[top + 1 : bottom + 1]:
            row.extend([""] * (left + 1 - len(row)))
            row[left] = "0" if counts else value
    return once


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


def _plain(cell: object) -> str:
    """Return a cell as text; 12.0 is ``12``."""
    if isinstance(cell, float):
        if abs(cell) >= 1e15:
            return f"{cell:.6E}"
        return str(int(cell)) if cell.is_integer() else str(cell)
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return str(cell).strip()
