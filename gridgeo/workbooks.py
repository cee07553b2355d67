"""Workbooks that are the same bytes each time."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

_EPOCH = dt.datetime(2000, 1, 1)  # noqa: DTZ001  (openpyxl writes naive times as UTC)


def store_book(book: Workbook, path: Path) -> None:
    """Write `book` without the time of writing: the same cells give the same bytes."""
    book.properties.creator = "gridgeo"
    book.properties.created = book.properties.modified = _EPOCH
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        ExcelWriter(book, archive).save()  # save_workbook would stamp the time of writing
    with (
        zipfile.ZipFile(packed) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in sorted(source.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, source.read(name))
