"""MapInfo tables (.tab with .dat, .map, .id; .mif with .mid): complete, native, and as bytes."""

from __future__ import annotations

import re
import shutil
import struct
from pathlib import Path

from gridgeo.errors import InputError
from gridgeo.formats.shapefile import needed_part, sidecar
from gridgeo.wording import Text

_CHARSET = re.compile(rb'(!charset\s+|charset\s+")([\w-]*)', re.IGNORECASE)
_SHAPE = re.compile(
    rb"^\s*(?:none|point|line|pline|region|arc|text|rect|roundrect|ellipse|multipoint)\b",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER = 65_536


def check_mapinfo(path: Path, name: str) -> None:
    """Raise InputError where a part is missing or cut short, or where it refers to other tables."""
    head = _head(path)
    if path.suffix.lower() == ".mif":
        if re.search(rb"^\s*columns\s+[1-9]", head, re.IGNORECASE | re.MULTILINE):
            needed_part(path, ".mid", name)
        return
    kind = re.search(rb"^\s*type\s+(\w+)", head, re.IGNORECASE | re.MULTILINE)
    refers = re.search(rb'open\s+table|"\\\\?isseamless"\s*=\s*"true"', head, re.IGNORECASE)
    if refers or (kind and kind.group(1).upper() not in (b"NATIVE", b"DBF")):
        raise InputError(
            Text("the table refers to other tables or programs", "该表引用了其他表或数据库"),
            remedy=Text("Save a copy of it as a native MapInfo table (.tab)",
                        "请在 MapInfo 中另存为普通表（.tab）"),
            file=name,
        )  # fmt: skip
    if kind and kind.group(1).upper() == b"DBF":
        needed_part(path, ".dbf", name)
        return
    data = needed_part(path, ".dat", name)
    with data.open("rb") as stream:
        start = stream.read(12)
    records, header, width = struct.unpack("<4xIHH", start) if len(start) == 12 else (1 << 31, 0, 0)
    if header + records * width > data.stat().st_size:
        raise InputError(
            Text(f"the .dat file is cut short: {records} rows are announced",
                 f".dat 文件不完整：应有 {records} 行"),
            remedy=Text("Copy or export it again", "请重新复制或导出"),
            file=name,
        )  # fmt: skip
    if sidecar(path, ".map") is None and sidecar(path, ".id") is not None:
        needed_part(path, ".map", name)


def with_bytes(path: Path, folder: Path) -> tuple[Path, str]:
    """Return a copy of a table that says ISO-8859-1, and the charset that the table says."""
    raw = path.read_bytes()
    found = [one.decode("ascii", "replace") for _, one in _CHARSET.findall(raw[:_HEADER])]
    head = _CHARSET.sub(rb"\1ISO8859_1", raw[:_HEADER])
    copy = folder / path.name
    if not found:  # a table without a charset is in that of the machine that wrote it
        head = _without_charset(head, path.suffix.lower())
    copy.write_bytes(head + raw[_HEADER:])
    parts = (".dat", ".map", ".id", ".ind", ".dbf", ".mid")
    for suffix in parts:
        part = sidecar(path, suffix)
        if part is not None:
            shutil.copyfile(part, folder / part.name)
    return copy, found[0] if found else ""


def _without_charset(head: bytes, suffix: str) -> bytes:
    first, line, rest = head.partition(b"\n")
    added = b"!charset ISO8859_1\n" if suffix == ".tab" else b'Charset "ISO8859_1"\n'
    return first + line + added + rest


def field_widths(path: Path) -> list[int]:
    """Return the width in bytes of each column of a table, 0 where it holds no text."""
    head = _head(path)
    if path.suffix.lower() == ".mif":
        found = re.search(rb"^\s*columns\s+(\d+)\s*$(.*?)^\s*data\s*$", head,
                          re.IGNORECASE | re.MULTILINE | re.DOTALL)  # fmt: skip
    else:
        found = re.search(rb"^\s*fields\s+(\d+)\s*$(.*)", head,
                          re.IGNORECASE | re.MULTILINE | re.DOTALL)  # fmt: skip
    if found is None:
        return []
    lines = [line for line in found.group(2).splitlines() if line.strip()][: int(found.group(1))]
    sizes = [re.search(rb"\bchar\s*\(\s*(\d+)", line, re.IGNORECASE) for line in lines]
    return [int(size.group(1)) if size else 0 for size in sizes]


def stored_rows(path: Path) -> int:
    """Return how many rows a table has: of its .dat, or the shapes of a .mif, or lines of .mid."""
    part = sidecar(path, ".mid" if path.suffix.lower() == ".mif" else ".dat")
    if part is None:
        return 0
    raw = part.read_bytes()
    if path.suffix.lower() != ".mif":
        records, header, width = struct.unpack("<4xIHH", raw[:12])
        first = raw[header : header + records * width : max(width, 1)]
        return int(records) - first.count(b"*")
    lines = sum(bool(line.strip()) for line in raw.splitlines())
    drawn = re.split(rb"(?im)^\s*data\s*$", path.read_bytes(), maxsplit=1)[-1]
    if re.search(rb"^\s*collection\b", drawn, re.IGNORECASE | re.MULTILINE):
        return lines
    return max(lines, len(_SHAPE.findall(drawn)))


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_HEADER)
