"""Rows that a file announces or holds, where GDAL stops at the first bad one without a word."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyogrio

from gridgeo.errors import InputError
from gridgeo.formats.file_checks import library_errors
from gridgeo.formats.mapinfo import stored_rows
from gridgeo.formats.opening import OpenFile
from gridgeo.wording import Text


def check_complete(file: OpenFile, rows: int) -> None:
    """Raise InputError where fewer rows were read than are in the file."""
    if file.driver == "MapInfo File":
        expected, bad = stored_rows(file.path), None
    elif file.driver == "GeoJSONSeq":
        expected, bad = _sequence(file, rows)
    elif file.driver == "FlatGeobuf":
        with library_errors(file.name):  # which the way through Arrow does not raise
            expected, bad = len(pyogrio.read_dataframe(file.path, columns=[])), None
    elif file.driver == "GeoJSON":
        expected, bad = _collection(file, rows)
    else:
        return
    if expected <= rows:
        return
    place = {} if bad is None else {"row": bad}
    raise InputError(
        Text(
            f"the file is incomplete: {expected} rows are there, and {rows} can be read",
            f"文件不完整：应有 {expected} 行，只能读出 {rows} 行",
        ),
        remedy=Text("Copy or export it again", "请重新复制或导出"),
        file=file.name,
        **place,
    )


def _sequence(file: OpenFile, rows: int) -> tuple[int, int | None]:
    """Return how many features a file of lines has, and the first that is none."""
    raw = file.path.read_bytes()
    parts = raw.split(b"\x1e") if b"\x1e" in raw else re.split(rb"[\r\n]+", raw)
    parts = [part for part in parts if part.strip(b"\xef\xbb\xbf \t\r\n")]
    if len(parts) <= rows:
        return len(parts), None
    for number, part in enumerate(parts, start=1):
        try:
            one = json.loads(part)
        except (ValueError, RecursionError):
            return len(parts), number
        if not isinstance(one, dict) or one.get("type") != "Feature":
            return len(parts), number
    return len(parts), None


def _collection(file: OpenFile, rows: int) -> tuple[int, int | None]:
    """Return how many features a collection has, and the first that is none."""
    raw = file.path.read_bytes()
    if raw.count(b'"geometry"') <= rows:  # one each
        return rows, None
    try:
        features = json.loads(raw).get("features")
    except (ValueError, AttributeError, RecursionError):
        return rows, None
    if not isinstance(features, list):
        return rows, None
    for number, one in enumerate(features, start=1):
        if not isinstance(one, dict) or one.get("type") != "Feature":
            return len(features), number
    return len(features), None


def is_part(path: Path) -> bool:
    """Return whether an Esri JSON says that the server had more rows than it sent."""
    return re.search(rb'"exceededTransferLimit"\s*:\s*true', path.read_bytes()) is not None
