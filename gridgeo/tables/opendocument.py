"""What an .ods says beside the values of a sheet, and the sheet without its far empty cells."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element
from xml.parsers import expat

from defusedxml import ElementTree as DefusedET

from gridgeo.tables.parts import Cell, SheetParts, far_cell, is_sparse, with_member

_NAMES = {
    name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"
    for name in ("office", "table", "text", "style", "number")
} | {"calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"}
_TABLE, _OFFICE, _CALCEXT = (f"{{{_NAMES[name]}}}" for name in ("table", "office", "calcext"))
_MEMBER = "content.xml"
#: the most rows and columns of a sheet
_ROWS, _COLUMNS = 1_048_576, 16_384
_UNSEEN = ("collapse", "filter")
_REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="(\d{3,})"')
_ODS_MARKS = (b"visibility", b"-spanned=", b":formula=", b'"error"')


def opendocument_parts(archive: zipfile.ZipFile, name: str) -> SheetParts:
    """Return the parts of a sheet of an .ods; without marks of any in the file that is nothing."""
    xml = archive.read(_MEMBER)
    if not any(mark in xml for mark in _ODS_MARKS):
        return SheetParts(merged=())
    table = _table(xml, name)
    hidden: set[int] = set()
    merged: list[tuple[Cell, Cell]] = []
    unread: dict[Cell, str] = {}
    for row, repeated, element in _rows(table):
        if element.get(f"{_TABLE}visibility") in _UNSEEN:
            hidden.update(range(row, min(row + repeated, _ROWS)))
        for column, cell in _cells(element):
            down = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
            across = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
            if down > 1 or across > 1:
                merged.append(((row, column), (row + down - 1, column + across - 1)))
            text = _unread_text(cell)
            if text:
                unread[row, column] = text
    return SheetParts(
        hidden_rows=frozenset(hidden),
        hidden_columns=_hidden_columns(table),
        merged=tuple(merged),
        unread=unread,
    )


def _hidden_columns(table: Element) -> frozenset[int]:
    hidden: set[int] = set()
    column = 0
    for one in table.iter(f"{_TABLE}table-column"):
        repeated = int(one.get(f"{_TABLE}number-columns-repeated", "1"))
        if one.get(f"{_TABLE}visibility") in _UNSEEN:
            hidden.update(range(column, min(column + repeated, _COLUMNS)))
        column += repeated
    return frozenset(hidden)


def _table(xml: bytes, name: str) -> Element:
    root = DefusedET.fromstring(xml)
    return next(t for t in root.iter(f"{_TABLE}table") if t.get(f"{_TABLE}name") == name)


def _has_far_cells(xml: bytes) -> bool:
    """Return whether anything may stand right of or below many repeated cells or rows."""
    last = xml.rfind(b":value-type=")
    return any(match.start() < last for match in _REPEATED.finditer(xml))


def compact_opendocument(data: bytes, path: str) -> bytes:
    """Return an .ods whose sheets end where their content does.

    calamine takes a whole .ods into memory, and a space in its last cell spans all of it. Raises
    InputError, naming the cell, where a cell that does hold something is too far away.
    """
    source = zipfile.ZipFile(io.BytesIO(data))
    xml = source.read(_MEMBER)
    expat.ParserCreate().Parse(xml, True)  # noqa: FBT003  (calamine does not end on broken XML)
    if not _has_far_cells(xml):
        return data
    for prefix, uri in _NAMES.items():
        ET.register_namespace(prefix, uri)
    root = DefusedET.fromstring(xml)
    for table in root.iter(f"{_TABLE}table"):
        _end_with_content(table, path)
    return with_member(source, _MEMBER, ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _end_with_content(table: Element, path: str) -> None:
    name = table.get(f"{_TABLE}name", "")
    kept: list[Cell] = []
    for row, _, element in _rows(table):
        for column, cell in list(_cells(element)):
            if "".join(cell.itertext()).strip() or cell.get(f"{_TABLE}formula"):
                kept.append((row, column))
                continue
            for attribute in list(cell.attrib):
                if not attribute.endswith(("-repeated", "-spanned")):
                    del cell.attrib[attribute]
            cell[:] = []
    rows, columns = (max((cell[n] for cell in kept), default=0) + 1 for n in (0, 1))
    if is_sparse(rows, columns, len(kept)):
        raise far_cell(max(kept, key=lambda cell: (cell[0] + 1) * (cell[1] + 1)), path, name)


def _rows(table: Element) -> Iterator[tuple[int, int, Element]]:
    """Return number, repetitions and element of each row of a sheet."""
    row = 0
    for element in table.iter(f"{_TABLE}table-row"):
        repeated = int(element.get(f"{_TABLE}number-rows-repeated", "1"))
        yield row, repeated, element
        row += repeated


def _cells(row: Element) -> Iterator[tuple[int, Element]]:
    """Return column and element of each cell of a row."""
    column = 0
    for cell in row:
        yield column, cell
        column += int(cell.get(f"{_TABLE}number-columns-repeated", "1"))


def _unread_text(cell: Element) -> str:
    formula = cell.get(f"{_TABLE}formula")
    if cell.get(f"{_CALCEXT}value-type") == "error":
        return "".join(cell.itertext()).strip() or "#N/A"
    if formula is not None and cell.get(f"{_OFFICE}value-type") is None:
        return formula.removeprefix("of:")
    return ""
