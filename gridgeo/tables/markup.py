"""Tables in web pages and in Excel's XML of 2003, as older office systems name ``.xls``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree as DefusedET
from defusedxml.common import DefusedXmlException

from gridgeo.errors import InputError
from gridgeo.tables.parts import no_sheet
from gridgeo.tables.workbook import Merged, Sheet
from gridgeo.wording import Text

_EXCEL = "urn:schemas-microsoft-com:office:spreadsheet"
_FLAT = "urn:oasis:names:tc:opendocument:xmlns:office"
#: a cell that claims to span more is one cell
_MOST_SPAN = 10_000


def kind_of_text(head: str) -> str:
    """Return ``html``, ``xml``, ``mhtml`` or ``""`` of the beginning of a text.

    Examples
    --------
    >>> kind_of_text("<html><body><table>"), kind_of_text("小区,户数")
    ('html', '')
    """
    start = head.lstrip("\ufeff \t\r\n").lower()
    if re.match(r"(mime-version|from|snapshot-content-location|content-type): ", start):
        return "mhtml" if "mime-version:" in start else ""
    if start.startswith("<") and _FLAT in start:
        return "fods"
    if start.startswith("<") and _EXCEL in start and "<html" not in start:
        return "xml"
    if start.startswith("<") and re.search(r"<(!doctype html|html|table|body|meta|head)\b", start):
        return "html"
    return ""


def web_page_sheet(text: str, path: str) -> Sheet:
    """Return the largest table of a web page."""
    parser = _Tables()
    parser.feed(text)
    parser.close()
    if not any(parser.tables):
        raise InputError(
            Text("the file is a web page without a table", "该文件是网页，其中没有表格"),
            remedy=Text("Open it and save the table as .xlsx", "请打开后将表格另存为 .xlsx"),
            file=path,
        )
    largest = max(range(len(parser.tables)), key=lambda n: len(parser.tables[n]))
    others = [one for n, one in enumerate(parser.tables) if n != largest]
    more = sum(max(map(len, one)) > 1 < len(one) for one in others if one)
    sheet = _laid_out("", parser.tables[largest], frozenset(parser.hidden[largest]))
    return replace(sheet, more_tables=more)


def excel_xml_sheet(text: str, sheet: str, path: str) -> Sheet:
    """Return the sheet that is named, or the only one with content, of Excel's XML of 2003."""
    try:
        root = DefusedET.fromstring(re.sub(r"^\ufeff?\s*<\?xml[^>]*\?>", "", text))
    except (ParseError, DefusedXmlException) as error:
        raise InputError(
            Text(f"the XML cannot be read ({error})", f"XML 无法读取（{error}）"),
            remedy=Text("Open it in Excel and save it as .xlsx", "请用 Excel 打开后另存为 .xlsx"),
            file=path,
        ) from error
    found, unseen, columns = {}, [], {}
    for one in root.iter(f"{{{_EXCEL}}}Worksheet"):
        rows, hidden = _excel_rows(one)
        name = one.get(f"{{{_EXCEL}}}Name", "")
        if rows:
            found[name] = (rows, hidden)
            columns[name] = _excel_columns(one)
        if rows and any(not (seen.text or "").endswith("isible") for seen in one.iter(_VISIBLE)):
            unseen.append(name)
    names = [name for name in found if name not in unseen] or list(found)
    wanted = [sheet] if sheet in found else names if not sheet else []
    if len(wanted) != 1:
        raise no_sheet(path, sheet, list(found) if sheet else names)
    rows, hidden = found[wanted[0]]
    return replace(
        _laid_out(wanted[0], rows, hidden),
        unseen_columns=columns[wanted[0]],
        hidden=wanted[0] in unseen,
        beside=tuple(name for name in unseen if name != wanted[0]),
    )


_VISIBLE = "{urn:schemas-microsoft-com:office:excel}Visible"
#: the cells of a row: column (None: the next one), text, further columns and rows that it spans
_Spans = list[tuple[int | None, str, int, int]]


def _excel_rows(sheet: Element) -> tuple[list[_Spans], frozenset[int]]:
    rows: list[_Spans] = []
    hidden = set()
    for row in sheet.iter(f"{{{_EXCEL}}}Row"):
        number = int(row.get(f"{{{_EXCEL}}}Index", str(len(rows) + 1)))
        rows += [[] for _ in range(min(number - 1, 1_048_576) - len(rows))]
        if row.get(f"{{{_EXCEL}}}Hidden") == "1":
            hidden.add(len(rows))
        cells: _Spans = []
        for cell in row.iter(f"{{{_EXCEL}}}Cell"):
            index = cell.get(f"{{{_EXCEL}}}Index")
            data = cell.find(f"{{{_EXCEL}}}Data")
            text = "" if data is None else "".join(data.itertext())
            across, down = (int(cell.get(f"{{{_EXCEL}}}{n}", "0"))
                            for n in ("MergeAcross", "MergeDown"))  # fmt: skip
            cells.append((None if index is None else int(index) - 1, text, across, down))
        rows.append(cells)
    return rows, frozenset(hidden)


def _excel_columns(sheet: Element) -> frozenset[int]:
    """Return the hidden columns of a sheet, from 0."""
    hidden: set[int] = set()
    column = 0
    for one in sheet.iter(f"{{{_EXCEL}}}Column"):
        column = int(one.get(f"{{{_EXCEL}}}Index", str(column + 1)))
        last = column + int(one.get(f"{{{_EXCEL}}}Span", "0"))
        if one.get(f"{{{_EXCEL}}}Hidden") == "1":
            hidden.update(range(column - 1, min(last, 16_384)))
        column = last
    return frozenset(hidden)


def _laid_out(name: str, rows: Iterable[_Spans], hidden: frozenset[int] = frozenset()) -> Sheet:
    """Return rows of spanning cells as a sheet."""
    cells: list[list[Any]] = []
    merged: list[Merged] = []
    taken: set[tuple[int, int]] = set()
    for number, spans in enumerate(rows):
        row: list[Any] = []
        for index, text, across, down in spans:
            column = len(row) if index is None else max(index, len(row))
            while (number, column) in taken:
                column += 1
            row += [""] * (column - len(row)) + [text.strip()] + [""] * across
            if across or down:
                merged.append(((number, column), (number + down, column + across)))
                taken.update(
                    (number + n, column + k) for n in range(1, down + 1) for k in range(across + 1)
                )
        cells.append(row)
    return Sheet(name=name, cells=cells, merged=tuple(merged), unseen=hidden)


_SILENT = ("script", "style")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*(collapse|hidden)", re.IGNORECASE)


class _Tables(HTMLParser):
    """Collects the cells of every table; a table within a cell is one of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[_Spans]] = []
        self.hidden: list[set[int]] = []
        self._open: list[list[_Spans]] = []
        self._cells: list[tuple[list[str], int, int] | None] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open.append([])
            self._cells.append(None)
            self.tables.append(self._open[-1])
            self.hidden.append(set())
        elif self._open and tag == "tr":
            self._finish()
            given = dict(attrs)
            if "hidden" in given or _UNSEEN.search(given.get("style") or ""):
                number = next(n for n, t in enumerate(self.tables) if t is self._open[-1])
                self.hidden[number].add(len(self._open[-1]))
            self._open[-1].append([])
        elif self._open and tag in ("td", "th"):
            self._finish()
            spans = dict(attrs)
            if not self._open[-1]:
                self._open[-1].append([])
            self._cells[-1] = ([], _span(spans.get("colspan")), _span(spans.get("rowspan")))
        elif tag == "br":
            self.handle_data(" ")
        self._silent += tag in _SILENT

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(self._silent - (tag in _SILENT), 0)
        if self._open and tag in ("td", "th", "tr", "table"):
            self._finish()
        if self._open and tag == "table":
            self._open.pop()
            self._cells.pop()

    def handle_data(self, data: str) -> None:
        if self._cells and self._cells[-1] is not None and not self._silent:
            self._cells[-1][0].append(data)

    def _finish(self) -> None:
        cell = self._cells[-1]
        if cell is not None:
            text = " ".join("".join(cell[0]).split())
            self._open[-1][-1].append((None, text, cell[1], cell[2]))
            self._cells[-1] = None


def _span(value: str | None) -> int:
    """Return how many further columns or rows a cell spans."""
    number = int(value) if value and value.strip().isdigit() else 1
    return number - 1 if 1 <= number <= _MOST_SPAN else 0
