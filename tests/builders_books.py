"""Workbooks for the tests of reading, byte by byte: .xls (BIFF8 in a compound file) and .ods."""

import re
import struct
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import openpyxl
from openpyxl.utils import get_column_letter

_Rows = Sequence[Sequence[Any]]
_Range = Any

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
ERRORS = {"#NULL!": 0x00, "#DIV/0!": 0x07, "#VALUE!": 0x0F, "#REF!": 0x17, "#NAME?": 0x1D}


def write_xls(
    path: Path,
    sheets: Mapping[str, _Rows],
    *,
    hidden_rows: Collection[int] = (),
    hidden_sheets: Collection[str] = (),
    hidden_columns: Collection[int] = (),
    merged: Sequence[_Range] = (),
) -> Path:
    """Write sheets ({name: rows}) as .xls; what is hidden (from 1) and merged in the first.

    A cell is text, a number, None, or the name of an error.
    """
    bodies = [
        _sheet(rows, *((hidden_rows, merged, hidden_columns) if n == 0 else ((), (), ())))
        for n, rows in enumerate(sheets.values())
    ]
    codepage = record(0x42, struct.pack("<H", 1200))
    start = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0x0DBB, 0x07CC, 0, 0))
    bounds = [_bound(name, name in hidden_sheets) for name in sheets]
    at = len(start) + len(codepage) + sum(len(record(0x85, b)) for b in bounds) + 4
    out = start + codepage
    for bound, body in zip(bounds, bodies, strict=True):
        out += record(0x85, struct.pack("<I", at) + bound[4:])
        at += len(body)
    out += record(0x0A, b"") + b"".join(bodies)
    path.write_bytes(compound(out))
    return path


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _bound(name: str, hidden: Any) -> bytes:
    text = name.encode("utf-16-le")
    return struct.pack("<IBBBB", 0, int(hidden), 0, len(name), 1) + text


def _sheet(rows: _Rows, hidden: Any, merged: Sequence[_Range], columns: Any) -> bytes:
    out = bytearray(record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0x0DBB, 0x07CC, 0, 0)))
    width = max(map(len, rows), default=0)
    for n in columns:
        out += record(0x7D, struct.pack("<6H", n - 1, n - 1, 2048, 15, 1, 0))
    out += record(0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for n in range(len(rows)):
        options = 0x120 if n + 1 in hidden else 0x100
        out += record(0x208, struct.pack("<HHHHHHHH", n, 0, width, 255, 0, 0, options, 15))
    for n, row in enumerate(rows):
        for k, cell in enumerate(row):
            if isinstance(cell, str) and cell in ERRORS:
                out += record(0x205, struct.pack("<HHHBB", n, k, 0, ERRORS[cell], 1))
            elif isinstance(cell, str):
                text = cell.encode("utf-16-le")
                out += record(0x204, struct.pack("<HHHHB", n, k, 0, len(cell), 1) + text)
            elif cell is not None:
                out += record(0x203, struct.pack("<HHHd", n, k, 0, cell))
    for top, bottom, left, right in merged:
        out += record(0xE5, struct.pack("<HHHHH", 1, top - 1, bottom - 1, left - 1, right - 1))
    return bytes(out + record(0x0A, b""))


def compound(stream: bytes, name: str = "Workbook") -> bytes:
    """Return a compound file with one stream."""
    stream = stream.ljust(max(4096, -len(stream) % _SECTOR + len(stream)), b"\0")
    sectors = len(stream) // _SECTOR
    tables = 1
    while (tables + 1 + sectors) > tables * 128:
        tables += 1
    chain = [_FAT] * tables + [_END] + [tables + 2 + n for n in range(sectors)]
    chain[-1] = _END
    chain += [_FREE] * (tables * 128 - len(chain))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, tables, tables, 0, 4096,
                          _END, 0, _END, 0, 0)[:52]  # fmt: skip
    header += struct.pack("<109I", *(list(range(tables)) + [_FREE] * (109 - tables)))

    def entry(name: str, kind: int, start: int, size: int, child: int = _FREE) -> bytes:
        text = (name + "\0").encode("utf-16-le")
        return (
            text.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(text), kind, 1, _FREE, _FREE, child)
            + b"\0" * 36
            + struct.pack("<IQ", start, size)
        )

    folder = entry("Root Entry", 5, _END, 0, 1) + entry(name, 2, tables + 1, len(stream))
    folder += (b"\0" * 64 + struct.pack("<HBBIII", 0, 0, 1, _FREE, _FREE, _FREE) + b"\0" * 48) * 2
    fat = struct.pack(f"<{len(chain)}I", *chain)
    return header.ljust(_SECTOR, b"\0") + fat + folder + stream


_NAMES = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text", "style")
    )
    + ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


_ODS_STYLES = "".join(
    [
        "<office:automatic-styles>",
        *(
            f'<style:style style:name="{name}" style:family="table"><style:table-properties '
            f'table:display="{display}"/></style:style>'
            for name, display in (("seen", "true"), ("hid", "false"))
        ),
        "</office:automatic-styles>",
    ]
)


def write_ods(
    path: Path,
    sheets: Mapping[str, _Rows],
    *,
    hidden_rows: Collection[int] = (),
    hidden_sheets: Collection[str] = (),
    hidden_columns: Collection[int] = (),
    merged: Sequence[_Range] = (),
) -> Path:
    """Write sheets ({name: rows}) as .ods; what is hidden (from 1) and merged in the first.

    Text that begins with ``=`` is a formula without a value, a name of an error an error.
    """
    tables = "".join(
        f"<table:table table:name={quoteattr(name)} "
        f'table:style-name="{"hid" if name in hidden_sheets else "seen"}">'
        + (_ods_columns(rows, hidden_columns) if n == 0 else "")
        + _ods_rows(rows, hidden_rows if n == 0 else (), merged if n == 0 else ())
        + "</table:table>"
        for n, (name, rows) in enumerate(sheets.items())
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMES} '
        f'office:version="1.2">{_ODS_STYLES}<office:body><office:spreadsheet>{tables}'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest='
        '"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return path


def _ods_columns(rows: _Rows, hidden: Any) -> str:
    width = max(map(len, rows), default=0) if hidden else 0
    seen = (' table:visibility="collapse"' if n in hidden else "" for n in range(1, width + 1))
    return "".join(f"<table:table-column{one}/>" for one in seen)


def _ods_rows(rows: _Rows, hidden: Any, merged: Sequence[_Range]) -> str:
    spans = {(top, left): (bottom - top + 1, right - left + 1)
             for top, bottom, left, right in merged}  # fmt: skip
    out = []
    for n, row in enumerate(rows, start=1):
        seen = ' table:visibility="collapse"' if n in hidden else ""
        cells = [_ods_cell(cell, spans.get((n, k))) for k, cell in enumerate(row, start=1)]
        out.append(f"<table:table-row{seen}>{''.join(cells)}</table:table-row>")
    return "".join(out)


def _ods_cell(cell: Any, span: Any) -> str:
    more = (
        f' table:number-rows-spanned="{span[0]}" table:number-columns-spanned="{span[1]}"'
        if span
        else ""
    )
    if cell is None:
        return f"<table:table-cell{more}/>"
    if isinstance(cell, str) and cell.startswith("="):
        return f'<table:table-cell{more} table:formula="of:{escape(cell)}"/>'
    if isinstance(cell, str) and cell in ERRORS:
        kind = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
        return (
            f'<table:table-cell{more} table:formula="of:=1/0" {kind}>'
            f"<text:p>{cell}</text:p></table:table-cell>"
        )
    if isinstance(cell, str):
        return (
            f'<table:table-cell{more} office:value-type="string"><text:p>{escape(cell)}</text:p>'
            "</table:table-cell>"
        )
    return (
        f'<table:table-cell{more} office:value-type="float" office:value="{cell}">'
        f"<text:p>{cell}</text:p></table:table-cell>"
    )


def patch(path: Path, pattern: str, text: str, member: str = "xl/worksheets/sheet1.xml") -> None:
    """Change a member of an .xlsx or .ods; the pattern must be in it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    content, number = re.subn(pattern, text, parts[member].decode())
    assert number == 1
    parts[member] = content.encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)


FORMATS = (".xlsx", ".xls", ".et", ".ods")


def write_any(path: Path, sheets: Mapping[str, _Rows], **more: Any) -> Path:
    """Write sheets in the format that the ending of `path` says; .et is what .xls is.

    `more` is what `write_ods` takes.
    """
    if path.suffix == ".ods":
        return write_ods(path, sheets, **more)
    return _write_xlsx(path, sheets, **more) if path.suffix == ".xlsx" else write_xls(
        path, sheets, **more
    )  # fmt: skip


def _write_xlsx(
    path: Path,
    sheets: Mapping[str, _Rows],
    *,
    hidden_rows: Collection[int] = (),
    hidden_sheets: Collection[str] = (),
    hidden_columns: Collection[int] = (),
    merged: Sequence[_Range] = (),
) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in sheet.iter_rows():
            for cell in cells:
                if cell.value in ERRORS:
                    cell.data_type = "e"
        sheet.sheet_state = "hidden" if name in hidden_sheets else "visible"
    first = book.worksheets[0]
    for number in hidden_columns:
        first.column_dimensions[get_column_letter(number)].hidden = True
    for number in hidden_rows:
        first.row_dimensions[number].hidden = True
    for top, bottom, left, right in merged:
        first.merge_cells(start_row=top, end_row=bottom, start_column=left, end_column=right)
    book.save(path)
    return path
