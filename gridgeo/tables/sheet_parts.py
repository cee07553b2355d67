"""What the file of a workbook says beside the values: hidden rows, merged cells, errors, formulas.

Of .xlsx and .ods the XML of the sheet is looked through, of .xls and .et the records of the
sheet (see `gridgeo.tables.biff`).
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree as DefusedET
from defusedxml.common import DefusedXmlException

from gridgeo.errors import InputError
from gridgeo.tables.biff import sheet_records
from gridgeo.wording import Text

_Cell = tuple[int, int]
#: a sheet of more cells than this, most of them empty, is not read as one block
_MOST_CELLS = 20_000_000
_FEW = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetParts:
    """What is beside the values of a sheet; rows and columns count from 0.

    `unread` are cells whose value is an error or a formula without a stored value: their text.
    `filled` and `merged` are None where calamine is to say it. `is_sparse`: a few cells far from
    each other span more than fits in memory.
    """

    hidden_rows: frozenset[int] = frozenset()
    merged: tuple[tuple[_Cell, _Cell], ...] | None = None
    unread: Mapping[_Cell, str] = field(default_factory=dict)
    filled: bool | None = None
    is_sparse: bool = False


def parts_of_sheet(data: bytes, name: str, position: int) -> SheetParts:
    """Return the parts of the sheet `name`, the `position`-th of the workbook."""
    if not data.startswith(b"PK"):
        records = sheet_records(data, position)
        return SheetParts(hidden_rows=records.hidden_rows, unread=records.errors)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        try:
            if "content.xml" in archive.namelist():
                return _opendocument_parts(archive.read("content.xml"), name)
            member = _sheet_member(archive, name)
            return _spreadsheet_parts(archive.read(member)) if member else SheetParts()
        except (ParseError, KeyError, ValueError, zipfile.BadZipFile, DefusedXmlException):
            return SheetParts()  # calamine says what is wrong with it


def _sheet_member(archive: zipfile.ZipFile, name: str) -> str:
    """Return the member of an .xlsx that holds the sheet `name`, ``""`` where none is found."""
    book = DefusedET.fromstring(archive.read("xl/workbook.xml"))
    links = DefusedET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for one in book.iter():
        if _tag(one) == "sheet" and one.get("name") == name:
            key = next((v for k, v in one.attrib.items() if k.endswith("}id")), None)
            target = targets.get(key, "")
            member = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return member if member in archive.namelist() else ""
    return ""


def _tag(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']|\bht=["']0(?:\.0*)?["']""")
_NUMBER = re.compile(rb"""\br=["'](\d+)["']""")
_REFERENCE = re.compile(rb"""<(?:\w+:)?c\b[^>]*?\br=["']([A-Z]{1,3})(\d+)["']""")
_CELL = re.compile(rb"""<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)""", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)</(?:\w+:)?f>)")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]+)</(?:\w+:)?v>|<(?:\w+:)?is>")


def _spreadsheet_parts(xml: bytes) -> SheetParts:
    """Return the parts of a sheet of an .xlsx."""
    references = _REFERENCE.findall(xml)
    if not references:
        return SheetParts(filled=b"<v" in xml or None)
    rows = max(int(row) for _, row in references)
    columns = max(map(_column, {letters for letters, _ in references})) + 1
    return SheetParts(
        hidden_rows=_hidden_rows(xml),
        unread=_unread_cells(xml),
        filled=True,
        is_sparse=rows * columns > max(_MOST_CELLS, _FEW * len(references)),
    )


def _hidden_rows(xml: bytes) -> frozenset[int]:
    if b"hidden=" not in xml and b'ht="0' not in xml:
        return frozenset()
    found = set()
    for row, match in enumerate(_ROW.finditer(xml)):
        if _HIDDEN.search(match[1]):
            number = _NUMBER.search(match[1])
            found.add(int(number[1]) - 1 if number else row)
    return frozenset(found)


def _unread_cells(xml: bytes) -> dict[_Cell, str]:
    """Return the cells with an error (its name), or a formula without value (``=...``)."""
    if not re.search(rb"""\bt=["']e["']|<(?:\w+:)?f\b""", xml):
        return {}
    found = {}
    for match in _CELL.finditer(xml):
        attributes, inner = match[1], match[2] or b""
        reference = re.search(rb"""\br=["']([A-Z]+)(\d+)["']""", attributes)
        value = _VALUE.search(inner)
        formula = _FORMULA.search(inner)
        if reference is None:
            continue
        place = (int(reference[2]) - 1, _column(reference[1]))
        if re.search(rb"""\bt=["']e["']""", attributes):
            found[place] = (value[1] if value and value[1] else b"#N/A").decode()
        elif formula is not None and value is None:
            found[place] = f"={(formula[1] or b'').decode(errors='replace')}"
    return found


def _column(letters: bytes) -> int:
    """Return the position of a column: A is 0.

    Examples
    --------
    >>> _column(b"A"), _column(b"XFD")
    (0, 16383)
    """
    position = 0
    for letter in letters:
        position = position * 26 + letter - 64
    return position - 1


def without_far_cells(data: bytes, name: str, path: str) -> tuple[bytes, tuple[str, ...]]:
    """Return an .xlsx without the cells that hold nothing, and the far ones among them.

    Raises InputError, naming the cell, where a far cell does hold something.
    """
    source = zipfile.ZipFile(io.BytesIO(data))
    member = _sheet_member(source, name)
    xml = source.read(member)
    blank = _blank_strings(source)
    places: list[tuple[int, int, str]] = []
    gone: list[tuple[int, int, str]] = []

    def keep(match: re.Match[bytes]) -> bytes:
        reference = re.search(rb"""\br=["']([A-Z]+)(\d+)["']""", match[1])
        if reference is None:
            return match[0]
        place = (int(reference[2]), _column(reference[1]), (reference[1] + reference[2]).decode())
        holds = _holds(match[1], match[2] or b"", blank)
        (places if holds else gone).append(place)
        return match[0] if holds else b""

    thin = _CELL.sub(keep, xml)
    rows = max((place[0] for place in places), default=1)
    columns = max((place[1] for place in places), default=0)
    if rows * (columns + 1) > max(_MOST_CELLS, _FEW * len(places)):
        far = max(places, key=lambda place: place[0] * (place[1] + 1))
        raise InputError(
            Text(
                f"cell {far[2]} stands far from the table, and the sheet is too large to be read",
                f"单元格 {far[2]} 远离表格，工作表范围过大，无法读取",
            ),
            remedy=Text(
                f"Delete the content of cell {far[2]} (and of others far from the table)",
                f"请清除单元格 {far[2]}（及其他远离表格的单元格）的内容后保存",
            ),
            file=path,
            layer=name,
            value=far[2],
        )
    thin = re.sub(rb"<(?:\w+:)?dimension\b[^>]*/>", b"", thin)
    dropped = tuple(place[2] for place in gone if place[0] > rows or place[1] > columns)
    return _replaced(source, member, thin), dropped


def _holds(attributes: bytes, inner: bytes, blank: frozenset[bytes]) -> bool:
    """Return whether a cell holds anything but spaces."""
    value = _VALUE.search(inner)
    if re.search(rb"""\bt=["']s["']""", attributes):
        return value is not None and value[1] not in blank
    if b"<f" in inner:
        return True
    return bool(re.sub(rb"<[^>]*>", b"", inner).strip())


def _blank_strings(archive: zipfile.ZipFile) -> frozenset[bytes]:
    """Return the numbers of the shared strings that are empty or spaces."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return frozenset()
    root = DefusedET.fromstring(archive.read("xl/sharedStrings.xml"))
    items = (one for one in root if _tag(one) == "si")
    return frozenset(
        str(number).encode()
        for number, item in enumerate(items)
        if not "".join(item.itertext()).strip()
    )


def _replaced(source: zipfile.ZipFile, member: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as copy:
        for one in source.namelist():
            copy.writestr(one, content if one == member else source.read(one))
    return out.getvalue()


_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_CALCEXT = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_ODS_MARKS = (b"visibility", b"-spanned=", b":formula=", b'"error"')


def _opendocument_parts(xml: bytes, name: str) -> SheetParts:
    """Return the parts of a sheet of an .ods; without marks of any in the file that is nothing."""
    if not any(mark in xml for mark in _ODS_MARKS):
        return SheetParts(merged=())
    hidden: set[int] = set()
    merged: list[tuple[_Cell, _Cell]] = []
    unread: dict[_Cell, str] = {}
    for row, repeated, element in _opendocument_rows(xml, name):
        if element.get(f"{_TABLE}visibility") in ("collapse", "filter"):
            hidden.update(range(row, row + min(repeated, _MOST_CELLS)))
        column = 0
        for cell in element:
            wide = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
            down = int(cell.get(f"{_TABLE}number-rows-spanned", "1"))
            across = int(cell.get(f"{_TABLE}number-columns-spanned", "1"))
            if down > 1 or across > 1:
                merged.append(((row, column), (row + down - 1, column + across - 1)))
            text = _unread_text(cell)
            if text:
                unread[row, column] = text
            column += wide
    return SheetParts(hidden_rows=frozenset(hidden), merged=tuple(merged), unread=unread)


def _opendocument_rows(xml: bytes, name: str) -> Iterator[tuple[int, int, Element]]:
    """Return number, repetitions and element of each row of a sheet."""
    root = DefusedET.fromstring(xml)
    tables = (t for t in root.iter(f"{_TABLE}table") if t.get(f"{_TABLE}name") == name)
    row = 0
    for element in next(tables).iter(f"{_TABLE}table-row"):
        repeated = int(element.get(f"{_TABLE}number-rows-repeated", "1"))
        yield row, repeated, element
        row += repeated


def _unread_text(cell: Element) -> str:
    formula = cell.get(f"{_TABLE}formula")
    if cell.get(f"{_CALCEXT}value-type") == "error":
        return "".join(cell.itertext()).strip() or "#N/A"
    if formula is not None and cell.get(f"{_OFFICE}value-type") is None:
        return formula.removeprefix("of:")
    return ""
