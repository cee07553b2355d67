"""What GDAL does not report on shapefiles and GeoJSON: missing parts, encodings, open rings."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

import numpy as np

from gridgeo.errors import InputError
from gridgeo.formats.encodings import known_encoding
from gridgeo.wording import Text

#: language driver ids of DBF files that are never written by mistake
_LDID = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5hkscs", 0x78: "big5hkscs", 0x13: "cp932",
         0x7B: "cp932", 0x4E: "cp949", 0x79: "cp949"}  # fmt: skip


_NUMBER = re.compile(rb"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def check_parts(path: Path, name: str) -> None:
    """Raise InputError where .shx or .dbf is missing, cut short or of another length."""
    shx, dbf = needed_part(path, ".shx", name), needed_part(path, ".dbf", name)
    rows = (shx.stat().st_size - 100) // 8
    with dbf.open("rb") as stream:
        head = stream.read(32)
    records, header, width = struct.unpack("<4xIHH", head[:12]) if len(head) == 32 else (-1, 0, 0)
    complete = _words(path) <= path.stat().st_size and _words(shx) <= shx.stat().st_size
    complete &= header + max(records, 0) * width <= dbf.stat().st_size
    if not complete or records != rows:
        raise InputError(
            Text(
                f"the shapefile is incomplete: {rows} shapes, {records} rows of attributes",
                f"Shapefile 不完整：{rows} 个图形，{records} 行属性",
            ),
            remedy=Text("Copy or export it again", "请重新复制或导出"),
            file=name,
        )


_OF_A_TABLE = Text(
    "Copy all files of the table (.tab, .dat, .map, .id or .mif, .mid) to one folder",
    "请将该表的全部文件（.tab、.dat、.map、.id 或 .mif、.mid）放在同一文件夹",
)
#: what to do where a file that belongs to a layer is missing, by the suffix of its main file
_TOGETHER = {
    ".shp": Text(
        "Copy all files of the shapefile (.shp, .shx, .dbf, .prj) to one folder",
        "请将 Shapefile 的全部文件（.shp、.shx、.dbf、.prj）放在同一文件夹",
    ),
    ".tab": _OF_A_TABLE,
    ".mif": _OF_A_TABLE,
}


def needed_part(path: Path, suffix: str, name: str) -> Path:
    """Return the file beside `path` with `suffix`; raises InputError where it is missing."""
    part = sidecar(path, suffix)
    if part is None:
        missing = Text(f"the {suffix} file is missing", f"缺少 {suffix} 文件")
        raise InputError(missing, remedy=_TOGETHER[path.suffix.lower()], file=name)
    return part


def _words(path: Path) -> int:
    """Return the length in bytes that the header of a .shp or .shx claims."""
    with path.open("rb") as stream:
        head = stream.read(28)
    return 2 * int(struct.unpack(">i", head[24:28])[0]) if len(head) == 28 else 1 << 62


def sidecar(path: Path, suffix: str) -> Path | None:
    """Return the file beside `path` with `suffix` in small or capital letters."""
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.exists():
            return candidate
    return None


def declared_encoding(path: Path) -> str:
    """Return the encoding that the .cpg or the DBF header names, ``""`` where none does."""
    cpg = sidecar(path, ".cpg")
    if cpg is not None:
        return known_encoding(cpg.read_text(encoding="ascii", errors="replace"))
    return _LDID.get(_dbf_head(path)[29:30].ljust(1, b"\0")[0], "")


def dbf_widths(path: Path) -> list[int]:
    """Return the width in bytes of each column of attributes, 0 where it holds no text."""
    return [one[16] if one[11:12] == b"C" else 0 for one in _fields(_dbf_head(path))]


def odd_numbers(path: Path) -> dict[int, dict[int, str]]:
    """Return what number fields of the .dbf hold that is no number, by field and row.

    GDAL makes 0 of it, or of 1,200 1.
    """
    head = _dbf_head(path)
    records, header, width = struct.unpack("<4xIHH", head[:12])
    dbf = sidecar(path, ".dbf")
    raw = dbf.read_bytes()[header : header + records * width] if dbf is not None else b""
    if not width or len(raw) != records * width:
        return {}
    rows = np.frombuffer(raw, "S1").reshape(records, width)
    rows = rows[rows[:, 0] != b"*"]
    found: dict[int, dict[int, str]] = {}
    start = 1
    for number, field in enumerate(_fields(head)):
        size = field[16]
        if field[11:12] in b"NF" and size:
            block = np.ascontiguousarray(rows[:, start : start + size])
            odd = {} if _all_whole(block) else _no_numbers(block.view(f"S{size}")[:, 0])
            if odd:
                found[number] = odd
        start += size
    return found


def _all_whole(block: np.ndarray) -> bool:
    """Return whether each row of single bytes is empty or one run of digits between spaces.

    Examples
    --------
    >>> rows = ["  12", "7   ", "    "], ["1 2 "], ["1,20"], [" -12"]
    >>> [_all_whole(np.array([list(row) for row in block], dtype="S1")) for block in rows]
    [True, False, False, False]
    """
    signs = block.view(np.uint8)
    digit = (signs >= ord("0")) & (signs <= ord("9"))
    if not (digit | (signs == ord(" "))).all():
        return False
    runs = digit[:, 0] + (digit[:, 1:] & ~digit[:, :-1]).sum(axis=1)
    return bool((runs <= 1).all())


def _no_numbers(cells: np.ndarray) -> dict[int, str]:
    plain = np.char.strip(cells, b" \0")
    empty = (plain == b"") | np.char.startswith(plain, b"*")
    try:
        np.where(empty, b"0", plain).astype(float)
    except ValueError:
        pass
    else:
        return {}
    return {
        int(at): plain[at].decode("latin-1")
        for at in np.flatnonzero(~empty)
        if not _NUMBER.fullmatch(plain[at])
    }


def _fields(head: bytes) -> list[bytes]:
    fields = [head[at : at + 32] for at in range(32, len(head) - 31, 32)]
    ends = next((n for n, one in enumerate(fields) if one[:1] == b"\r"), len(fields))
    return fields[:ends]


def _dbf_head(path: Path) -> bytes:
    dbf = sidecar(path, ".dbf")
    if dbf is None:
        return b""
    with dbf.open("rb") as stream:
        start = stream.read(32)
        return start + stream.read(int.from_bytes(start[8:10], "little"))


def is_multipatch(path: Path) -> bool:
    """Return whether the shapes of a .shp are multipatches, the surfaces of a 3D model."""
    with path.open("rb") as stream:
        return int.from_bytes(stream.read(36)[32:36], "little") == 31


#: the CRS stands before or after the features
_END = 4096


def first_open_ring(path: Path) -> int | None:
    """Return the number (from 1) of the first feature with an open ring."""
    try:
        features = json.loads(path.read_text(encoding="utf-8-sig")).get("features", [])
    except ValueError:
        return None
    for number, feature in enumerate(features, start=1):
        geometry = feature.get("geometry") or {}
        rings = geometry.get("coordinates", [])
        polygons = {"Polygon": [rings], "MultiPolygon": rings}.get(str(geometry.get("type")), [])
        if any(ring[:1] != ring[-1:] for polygon in polygons for ring in polygon):
            return number
    return None


def names_crs(path: Path) -> bool:
    """Return whether the file names its CRS; without, it is WGS 84 by RFC 7946."""
    with path.open("rb") as stream:
        ends = stream.read(_END)
        stream.seek(max(path.stat().st_size - _END, 0))
        ends += stream.read()
    return re.search(rb'"crs"\s*:\s*\{', ends) is not None
