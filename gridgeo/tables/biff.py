"""Records of an old workbook (.xls, .et): what is hidden and error cells of one sheet.

The formats are Microsoft's [MS-CFB] (a file system in a file) and [MS-XLS] (records).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFE
_BOUNDSHEET, _ROW, _FORMULA, _BOOLERR, _EOF = 0x85, 0x208, 0x06, 0x205, 0x0A
_FILEPASS, _COLINFO = 0x2F, 0x7D
#: the stream of an .xlsx with a password, which is a compound file
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ERRORS = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?",
    0x24: "#NUM!", 0x2A: "#N/A",
}  # fmt: skip


#: records of one cell, and of several in a row: their last column stands at the end
_CELLS, _SEVERAL = (0x06, 0x201, 0x203, 0x204, 0x205, 0xD6, 0xFD, 0x27E), (0xBD, 0xBE)


@dataclass(frozen=True, slots=True)
class SheetRecords:
    """What is hidden, cells that hold an error, and the last row and column with a cell, from 0."""

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    last: tuple[int, int] = (0, 0)


def sheet_records(data: bytes) -> list[SheetRecords]:
    """Return what the records of each sheet say; nothing of a broken file."""
    try:
        stream = _workbook_stream(data)
        bounds = [body for kind, body in _records(stream, 0) if kind == _BOUNDSHEET]
        return [_read(stream, struct.unpack_from("<I", body)[0]) for body in bounds]
    except (struct.error, LookupError, ValueError):
        return []


def has_password(data: bytes) -> bool:
    """Return whether a compound file is a workbook (.xls, .et, .xlsx) with a password."""
    if not data.startswith(_MAGIC):
        return False
    try:
        records = _records(_workbook_stream(data), 0)
        return _ENCRYPTED in data or any(kind == _FILEPASS for kind, _ in records)
    except (struct.error, LookupError, ValueError):
        return False


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Return kind and body of the records of one substream."""
    while start + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, start)
        yield kind, stream[start + 4 : start + 4 + size]
        if kind == _EOF:
            return
        start += 4 + size


def _read(stream: bytes, start: int) -> SheetRecords:
    hidden: set[int] = set()
    columns: set[int] = set()
    errors: dict[tuple[int, int], str] = {}
    last_row = last_column = 0
    for kind, body in _records(stream, start):
        if kind == _ROW:
            row, _, _, _, _, _, options = struct.unpack_from("<7H", body)
            if options & 0x20:
                hidden.add(row)
        elif kind == _COLINFO:
            first, last, width, _, options = struct.unpack_from("<5H", body)
            if options & 1 or not width:
                columns.update(range(first, min(last, 255) + 1))
        elif kind == _BOOLERR and body[7]:
            row, column = struct.unpack_from("<HH", body)
            errors[row, column] = _ERRORS.get(body[6], "#N/A")
        elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
            row, column = struct.unpack_from("<HH", body)
            errors[row, column] = _ERRORS.get(body[8], "#N/A")
        if kind in _CELLS or kind in _SEVERAL:
            row, column = struct.unpack_from("<HH", body)
            if kind in _SEVERAL:
                column = struct.unpack("<H", body[-2:])[0]
            last_row, last_column = max(row, last_row), max(column, last_column)
    return SheetRecords(frozenset(hidden), frozenset(columns), errors, (last_row, last_column))


def _workbook_stream(data: bytes) -> bytes:
    """Return the stream ``Workbook`` (or ``Book``) of a compound file."""
    if not data.startswith(_MAGIC):
        raise ValueError
    size = 1 << (struct.unpack_from("<H", data, 30)[0] & 0xF)
    directory, _, cutoff, small_start = struct.unpack_from("<IIII", data, 48)
    table = _allocation(data, size)
    entries = _chain(data, table, directory, size)
    streams = {}
    for at in range(0, len(entries), 128):
        entry = entries[at : at + 128]
        length = struct.unpack_from("<H", entry, 64)[0]
        name = entry[: max(length - 2, 0)].decode("utf-16-le", "replace")
        streams[name] = struct.unpack_from("<II", entry, 116)
    start, length = streams["Workbook"] if "Workbook" in streams else streams.get("Book", (_END, 0))
    if length >= cutoff:
        return _chain(data, table, start, size)[:length]
    small = _chain(data, table, streams["Root Entry"][0], size)
    raw = _chain(data, table, small_start, size)
    return _chain(small, struct.unpack(f"<{len(raw) // 4}I", raw), start, 64, header=0)[:length]


def _allocation(data: bytes, size: int) -> tuple[int, ...]:
    """Return the next sector of every sector."""
    sectors = list(struct.unpack_from("<109I", data, 76))
    more, count = struct.unpack_from("<II", data, 68)
    per = size // 4
    for _ in range(count):
        block = struct.unpack_from(f"<{per}I", data, (more + 1) * size)
        sectors += block[:-1]
        more = block[-1]
    raw = b"".join(data[(n + 1) * size : (n + 2) * size] for n in sectors if n < _END - 2)
    return struct.unpack(f"<{len(raw) // 4}I", raw)


def _chain(data: bytes, table: tuple[int, ...], start: int, size: int, *, header: int = 1) -> bytes:
    """Return the sectors from `start` on."""
    out, seen = [], 0
    while start < _END - 2 and seen <= len(table):
        out.append(data[(start + header) * size : (start + header + 1) * size])
        start = table[start]
        seen += 1
    return b"".join(out)
