"""The sum of households of a damaged file, read by another route than gridgeo's."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import fiona
import openpyxl
import pyarrow.parquet as pq

from scripts.fuzz.towns import dbf_rows


def total(path: Path, kind: str) -> int | None:
    """Return the sum of the plain counts of a file; None where this route cannot tell."""
    try:
        found = _ROUTES[kind](path)
    except Exception:  # noqa: BLE001  (whatever this route cannot read, it cannot tell)
        return None
    return None if found is None else _sum(found)


def _sum(values: Iterable[object]) -> int | None:
    """Return the sum, None where a value is anything but a whole number that is plainly one."""
    whole = 0
    for value in values:
        text = str(value).strip(" ")
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            return None
        whole += int(text)
    return whole


def _csv(path: Path) -> Iterable[object] | None:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        return None
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if not rows or rows[0] != ["HH", "NAME", "x", "y"] or any(len(row) != 4 for row in rows[1:]):
        return None
    return [row[0] for row in rows[1:]]


def _xlsx(path: Path) -> Iterable[object] | None:
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
    rows = list(book.active.iter_rows(values_only=True))
    if rows[0][:4] != ("HH", "NAME", "x", "y"):
        return None
    return [row[0] for row in rows[1:] if any(cell is not None for cell in row)]


def _dbf(raw: bytes) -> Iterable[object] | None:
    rows = dbf_rows(raw)
    if not rows or "HH" not in rows[0]:
        return None
    return [row["HH"].decode("latin-1") for row in rows]


def _tab(path: Path) -> Iterable[object] | None:
    rows = dbf_rows(path.with_suffix(".dat").read_bytes())
    if not rows or "HH" not in rows[0] or any(len(row["HH"]) not in (4, 8) for row in rows):
        return None
    return [struct.unpack("<i" if len(r["HH"]) == 4 else "<q", r["HH"])[0] for r in rows]


def _mif(path: Path) -> Iterable[object] | None:
    head = path.read_bytes().partition(b"Columns 2")[2].split()[:4]
    if b"HH" not in head[:1]:
        return None
    text = path.with_suffix(".mid").read_bytes().decode("gb18030")
    return [row[0] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]


def _gpkg(path: Path) -> Iterable[object] | None:
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as database:
        if database.execute("pragma integrity_check").fetchone() != ("ok",):
            return None
        return [value for (value,) in database.execute("select HH from homes")]


def _features(features: Iterable[dict]) -> Iterable[object]:
    return [one["properties"]["HH"] for one in features]


def _geojson(path: Path) -> Iterable[object] | None:
    text = path.read_text(encoding="utf-8")
    if text.count('"features"') != 1:
        return None
    return _features(json.loads(text)["features"])


def _lines(path: Path) -> Iterable[object] | None:
    return _features(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def _parquet(path: Path) -> Iterable[object] | None:
    return pq.read_table(path, columns=["HH"]).column("HH").to_pylist()


def _fiona(path: Path) -> Iterable[object] | None:
    with fiona.open(path) as source:
        return [one["properties"]["HH"] for one in source]


def _zip(path: Path) -> Iterable[object] | None:
    with zipfile.ZipFile(path) as archive:
        return _dbf(archive.read("homes.dbf"))


_ROUTES: dict[str, Callable[[Path], Iterable[object] | None]] = {
    "csv": _csv, "xlsx": _xlsx, "gpkg": _gpkg, "geojson": _geojson, "geojsonl": _lines,
    "parquet": _parquet, "fgb": _fiona, "gdb": _fiona, "tab": _tab, "mif": _mif, "zip": _zip,
    "shp": lambda path: _dbf(path.with_suffix(".dbf").read_bytes()),
}  # fmt: skip
