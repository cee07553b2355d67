"""What an .xlsx says beside the values of a sheet, and the sheet without its far empty cells."""

from __future__ import annotations

import re
import zipfile
from html import unescape
from xml.etree.ElementTree import Element

from defusedxml import ElementTree as DefusedET

from gridgeo.tables.parts import Cell, SheetParts, far_cell, is_sparse, with_member


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
#: a cell right of column Z
_WIDE = re.compile(rb'r="[A-Z]{2}')
_CELL = re.compile(rb"""<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)""", re.DOTALL)
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*?(?:/>|>([^<]*)</(?:\w+:)?f>)")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]+)</(?:\w+:)?v>|<(?:\w+:)?is>")


def openxml_parts(archive: zipfile.ZipFile, name: str) -> SheetParts:
    """Return the parts of a sheet of an .xlsx."""
    member = _sheet_member(archive, name)
    if not member:
        return SheetParts()
    xml = archive.read(member)
    last = _REFERENCE.search(xml, max(xml.rfind(b"<row"), xml.rfind(b":row"), 0))
    if _REFERENCE.search(xml) is None:
        return SheetParts(filled=b"<v" in xml or None)
    wide = b"r='" in xml or _WIDE.search(xml) is not None
    return SheetParts(
        hidden_rows=_hidden_rows(xml),
        hidden_columns=_hidden_columns(xml),
        unread=_unread_cells(xml),
        filled=True,
        is_sparse=(last is None or wide or is_sparse(int(last[2]), 26, 0)) and _is_sparse(xml),
    )


def _is_sparse(xml: bytes) -> bool:
    references = _REFERENCE.findall(xml)
    rows = max(int(row) for _, row in references)
    columns = max(map(_column, {letters for letters, _ in references})) + 1
    return is_sparse(rows, columns, len(references))


def _hidden_rows(xml: bytes) -> frozenset[int]:
    if not any(
        mark in xml for mark in (b'hidden="1', b'hidden="t', b"hidden='", b' ht="0', b" ht='0")
    ):
        return frozenset()
    found = set()
    for row, match in enumerate(_ROW.finditer(xml)):
        if _HIDDEN.search(match[1]):
            number = _NUMBER.search(match[1])
            found.add(int(number[1]) - 1 if number else row)
    return frozenset(found)


_COLUMNS = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_UNSEEN_COLUMN = re.compile(rb"""\bhidden=["'](?:1|true)["']|\bwidth=["']0(?:\.0*)?["']""")
_RANGE = re.compile(rb"""\b(min|max)=["'](\d+)["']""")
#: the most columns of a sheet
_MOST_COLUMNS = 16_384


def _hidden_columns(xml: bytes) -> frozenset[int]:
    """Return the columns that are hidden or have no width, from 0."""
    found: set[int] = set()
    for match in _COLUMNS.finditer(xml[: max(xml.find(b"sheetData"), 0)]):
        ends = {name: int(number) for name, number in _RANGE.findall(match[1])}
        if _UNSEEN_COLUMN.search(match[1]) and len(ends) == len(_ENDS):
            found.update(range(ends[b"min"] - 1, min(ends[b"max"], _MOST_COLUMNS)))
    return frozenset(found)


_ENDS = (b"min", b"max")


def _unread_cells(xml: bytes) -> dict[Cell, str]:
    """Return the cells with an error (its name), or a formula without value (``=...``)."""
    if not any(mark in xml for mark in (b't="e"', b"t='e'", b"<f>", b"<f ", b":f>", b":f ")):
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
            found[place] = f"={unescape((formula[1] or b'').decode(errors='replace'))}"
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


def compact_openxml(source: zipfile.ZipFile, name: str, path: str) -> bytes:
    """Return an .xlsx without the cells of a sheet that hold nothing.

    Raises InputError, naming the cell, where a cell that does hold something is too far away.
    """
    member = _sheet_member(source, name)
    blank = _blank_strings(source)
    kept: list[Cell] = []

    def keep(match: re.Match[bytes]) -> bytes:
        reference = re.search(rb"""\br=["']([A-Z]+)(\d+)["']""", match[1])
        if reference is None or not _holds(match[1], match[2] or b"", blank):
            return b""
        kept.append((int(reference[2]) - 1, _column(reference[1])))
        return match[0]

    thin = _CELL.sub(keep, source.read(member))
    if kept and is_sparse(max(r for r, _ in kept) + 1, max(c for _, c in kept) + 1, len(kept)):
        raise far_cell(max(kept, key=lambda cell: (cell[0] + 1) * (cell[1] + 1)), path, name)
    thin = re.sub(rb"<(?:\w+:)?dimension\b[^>]*/>", b"", thin)
    return with_member(source, member, thin)


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
