"""What GDAL does not report on shapefiles and GeoJSON: missing parts, encodings, open rings."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from gridgeo.errors import InputError
from gridgeo.read.columns import unique_names
from gridgeo.wording import Text

#: language driver ids of DBF files that are never written by mistake
_LDID = {0x4D: "gb18030", 0x7A: "gb18030", 0x4F: "big5hkscs", 0x78: "big5hkscs", 0x13: "cp932",
         0x7B: "cp932", 0x4E: "cp949", 0x79: "cp949"}  # fmt: skip
#: why a decoder gives up where a character was cut at the end of a field
_CUT = ("unexpected end of data", "incomplete multibyte sequence")
_CPG = {
    "65001": "utf-8",
    "936": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "cp936": "gb18030",
    "big5": "big5hkscs",
}


def check_parts(path: Path) -> None:
    """Raise InputError where .shx or .dbf is missing, cut short or of another length."""
    shx, dbf = _part(path, ".shx"), _part(path, ".dbf")
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
            file=str(path),
        )


def _part(path: Path, suffix: str) -> Path:
    part = _sidecar(path, suffix)
    if part is None:
        raise InputError(
            Text(f"the {suffix} file is missing", f"缺少 {suffix} 文件"),
            remedy=Text(
                "Copy all files of the shapefile (.shp, .shx, .dbf, .prj) to one folder",
                "请将 Shapefile 的全部文件（.shp、.shx、.dbf、.prj）放在同一文件夹",
            ),
            file=str(path),
        )
    return part


def _words(path: Path) -> int:
    """Return the length in bytes that the header of a .shp or .shx claims."""
    with path.open("rb") as stream:
        head = stream.read(28)
    return 2 * int(struct.unpack(">i", head[24:28])[0]) if len(head) == 28 else 1 << 62


def _sidecar(path: Path, suffix: str) -> Path | None:
    """Return the file beside `path` with `suffix` in small or capital letters."""
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.exists():
            return candidate
    return None


def declared_encoding(path: Path) -> str:
    """Return the encoding that the .cpg or the DBF header names, ``""`` where none does."""
    cpg = _sidecar(path, ".cpg")
    if cpg is not None:
        names = (
            cpg.read_text(encoding="ascii", errors="replace").strip().lower().removeprefix("ansi ")
        )
        return _CPG.get(names, names)
    dbf = _sidecar(path, ".dbf")
    if dbf is None:
        return ""
    with dbf.open("rb") as stream:
        head = stream.read(32)
    return _LDID.get(head[29], "")


def decode_frame(frame: pd.DataFrame, encoding: str) -> pd.DataFrame:
    """Return `frame`, read as ISO-8859-1, with names and text in their real `encoding`."""
    out = frame.set_axis(unique_names([_decode(str(n), encoding) for n in frame.columns]), axis=1)
    for name in out.columns:
        if name != "geometry" and not pd.api.types.is_numeric_dtype(out[name]):
            once = {
                cell: _decode(cell, encoding)
                for cell in out[name].unique()
                if isinstance(cell, str)
            }
            out[name] = out[name].astype(object).map(lambda cell, to=once: to.get(cell, cell))
    return out


def texts_of(frame: pd.DataFrame) -> list[str]:
    """Return the column names and the distinct text cells of `frame`."""
    found = [str(name) for name in frame.columns]
    for name in frame.columns:
        if name != "geometry" and not pd.api.types.is_numeric_dtype(frame[name]):
            found += [cell for cell in frame[name].unique() if isinstance(cell, str)]
    return found


def _decode(text: str, encoding: str) -> str:
    """Decode `text` that was read as ISO-8859-1; a tail cut within a character is dropped."""
    raw = text.encode("iso-8859-1")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        if error.reason not in _CUT or len(raw) < 8:
            raise
        return raw[: error.start].decode(encoding)


def fits(texts: Iterable[str], encoding: str) -> bool:
    """Return whether all `texts` (read as ISO-8859-1) can be decoded."""
    try:
        for text in texts:
            _decode(text, encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def find_encoding(texts: list[str], declared: str) -> str:
    """Return the encoding of `texts`: as declared where that fits, else UTF-8, else by its signs.

    Without a declaration, text that is no UTF-8 is taken for Chinese where most of its
    characters outside ASCII are those of GB 2312, and for Western otherwise. Returns ``""``
    where nothing fits.
    """
    if declared and fits(texts, declared):
        return declared
    if fits(texts, "utf-8"):
        return "utf-8"
    if fits(texts, "gb18030"):
        wide = [char for text in texts for char in _decode(text, "gb18030") if ord(char) > 127]
        common = sum(_in_gb2312(char) for char in wide)
        return "gb18030" if common >= 0.8 * len(wide) else "cp1252"
    return "cp1252" if fits(texts, "cp1252") else ""


def _in_gb2312(char: str) -> bool:
    return bool(char.encode("gb2312", errors="ignore"))


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
