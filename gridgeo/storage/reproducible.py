"""Reproducible bytes: hashes, JSON, GeoPackages and workbooks without the time of writing."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pyogrio
import shapely
from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.model import Plan


def hash_letters(text: str, count: int) -> str:
    """Return the first `count` (at most 51) letters of the SHA-256 of `text` in base32.

    Capital letters and the digits 2 to 7 only: none is mistaken for another when it is read out
    or typed. Each letter has 32 values.

    Examples
    --------
    >>> hash_letters("420102003008001 1 2026-11-23", 8)
    'SNG7OZLF'
    """
    return base64.b32encode(hashlib.sha256(text.encode()).digest())[:count].decode()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits, as ``sha256sum`` prints it.

    Examples
    --------
    >>> len(file_sha256(Path("out/plan.gpkg")))
    64
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_json(value: Mapping[str, Any]) -> str:
    r"""Return `value` as indented JSON that every reader accepts.

    Examples
    --------
    >>> as_json({"share": float("nan"), "name": "甲"})
    '{\n  "share": null,\n  "name": "甲"\n}\n'
    """
    return json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


#: GeoPackages carry the time of each change: ours never differs. A file is built aside and
#: flushed as a whole, so that SQLite need not flush each step.
_GDAL = {
    "OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z",
    "OGR_SQLITE_SYNCHRONOUS": "OFF",
}


@contextmanager
def reproducible_geopackages() -> Iterator[None]:
    """Write GeoPackages without the time of writing inside this context."""
    before = {name: pyogrio.get_gdal_config_option(name) for name in _GDAL}
    pyogrio.set_gdal_config_options(_GDAL)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


_EPOCH = dt.datetime(2000, 1, 1)  # noqa: DTZ001  (openpyxl writes naive times as UTC)


def save_reproducibly(book: Workbook, path: Path) -> None:
    """Write `book` without the time of writing: the same cells give the same bytes."""
    book.properties.creator = "gridgeo"
    book.properties.created = book.properties.modified = _EPOCH
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        ExcelWriter(book, archive).save()  # save_workbook would stamp the time of writing
    write_zip_reproducibly(packed, path)


def write_zip_reproducibly(packed: IO[bytes], path: Path) -> None:
    """Write a zip archive (a workbook, a document) anew, sorted and without times."""
    with (
        zipfile.ZipFile(packed) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, source.read(name))


def fingerprint(plan: Plan) -> str:
    """Return 16 hexadecimal digits that change with any atom, its counts, its grid, or a grid.

    A plan that was saved and loaded has the same fingerprint. Names and findings do not count:
    edits made on one plan fit every plan of the same fingerprint.

    Examples
    --------
    >>> import gridgeo as gg
    >>> len(fingerprint(gg.load("out")))
    16
    """
    digest = hashlib.sha256()
    for frame, columns in (
        (plan.atoms, ("grid", "community", "households", "residents")),
        (plan.grids, ("code", "kind", "community", "households", "residents")),
    ):
        for name in columns:
            values = "\x1f".join(map(_as_text, frame[name].tolist())) if name in frame else ""
            digest.update(f"{name}\x1e{values}\x1d".encode())
        digest.update(_vertices(frame))
    return digest.hexdigest()[:16]


def _as_text(value: object) -> str:
    return repr(round(value, 6)) if isinstance(value, float) else str(value)


def _vertices(frame: gpd.GeoDataFrame) -> bytes:
    shapes = frame.geometry.to_numpy()
    count = shapely.get_num_coordinates(shapes).astype(np.int64)
    return count.tobytes() + shapely.get_coordinates(shapes).astype(np.float64).tobytes()
