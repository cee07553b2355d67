"""Workbooks (.xlsx, .xls, .ods, .et): the cells of one sheet, and what a reader does not see there.

What is hidden or merged, errors and formulas without a stored value are not in what calamine
returns; they are taken from the XML of the sheet, of .xls and .et from its records.
"""

from __future__ import annotations

import io
import os
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from xml.parsers.expat import ExpatError

import python_calamine as calamine
from defusedxml.common import DefusedXmlException

from gridgeo.errors import InputError
from gridgeo.tables.biff import SheetRecords, has_password, sheet_records
from gridgeo.tables.opendocument import compact_opendocument, opendocument_parts
from gridgeo.tables.openxml import compact_openxml, openxml_parts
from gridgeo.tables.parts import SheetParts, far_cell, is_sparse, no_sheet
from gridgeo.wording import Text

#: the cells of a table as they stand, row by row
_Cells = list[list[Any]]
#: top left and bottom right cell, (row, column) from 0
Merged = tuple[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """The cells of one sheet, or of one table of a web page.

    `unseen` are the hidden rows, `unseen_columns` the columns (from 0). `hidden`: the sheet itself
    is hidden; `beside`: hidden sheets that are not read; `more_tables`: other tables of a web page.
    """

    name: str
    cells: _Cells
    merged: tuple[Merged, ...] = ()
    unseen: frozenset[int] = frozenset()
    unseen_columns: frozenset[int] = frozenset()
    hidden: bool = False
    beside: tuple[str, ...] = ()
    more_tables: int = 0


#: what reading the archive or the XML of a broken workbook raises
_BROKEN = (
    ParseError, ExpatError, DefusedXmlException, zipfile.BadZipFile, zlib.error, LookupError,
    StopIteration, ValueError, RuntimeError, NotImplementedError, EOFError,
)  # fmt: skip


@dataclass(frozen=True)
class _Book:
    """An open workbook: the names of its sheets with content, visible ones and hidden ones."""

    path: Path
    data: bytes
    _known: dict[str, SheetParts] = field(default_factory=dict)

    @cached_property
    def opened(self) -> calamine.CalamineWorkbook:
        """The workbook as calamine opens it: all sheets of an .xls or .ods are read then."""
        if self._has_password:
            raise InputError(
                Text("the workbook is protected by a password", "工作簿设有打开密码"),
                remedy=Text("Remove the password and save it again", "请取消密码后重新保存"),
                file=str(self.path),
            )
        if self.archive is None:
            for records in self.records:
                if is_sparse(records.last[0] + 1, records.last[1] + 1, 0):
                    raise far_cell(records.last, str(self.path), "")
        if not self._is_opendocument:
            return _open(self.path, self.data)
        try:
            return _open(self.path, compact_opendocument(self.data, str(self.path)))
        except _BROKEN as error:
            raise _unreadable(self.path, error) from error

    @cached_property
    def records(self) -> list[SheetRecords]:
        return sheet_records(self.data)

    def parts(self, name: str) -> SheetParts:
        """Return what is beside the values of a sheet; nothing where the file is broken."""
        if name not in self._known:
            self._known[name] = self._parts(name)
        return self._known[name]

    def _parts(self, name: str) -> SheetParts:
        if self.archive is None:
            number = self.opened.sheet_names.index(name)
            if number >= len(self.records):
                return SheetParts()
            records = self.records[number]
            return SheetParts(
                hidden_rows=records.hidden_rows,
                hidden_columns=records.hidden_columns,
                unread=records.errors,
            )
        try:
            read = opendocument_parts if self._is_opendocument else openxml_parts
            return read(self.archive, name)
        except _BROKEN:
            return SheetParts()  # calamine says what is wrong with it

    def without_empty_cells(self, name: str) -> calamine.CalamineWorkbook:
        if self.archive is None:
            return self.opened
        return _open(self.path, compact_openxml(self.archive, name, str(self.path)))

    @cached_property
    def archive(self) -> zipfile.ZipFile | None:
        """The .xlsx or .ods as an archive; None for an .xls."""
        if not self.data.startswith(b"PK"):
            return None
        try:
            return zipfile.ZipFile(io.BytesIO(self.data))
        except zipfile.BadZipFile as error:
            raise _unreadable(self.path, error) from error

    @property
    def _has_password(self) -> bool:
        """Whether the workbook has a password: of a compound file, or of an .ods."""
        if self.archive is None:
            return has_password(self.data)
        manifest = "META-INF/manifest.xml"
        known = manifest in self.archive.namelist()
        try:
            return known and b"encryption-data" in self.archive.read(manifest)
        except _BROKEN:
            return False

    @property
    def _is_opendocument(self) -> bool:
        return self.archive is not None and "content.xml" in self.archive.namelist()

    @cached_property
    def sheets(self) -> Mapping[str, bool]:
        """The names of the sheets that hold anything, and whether one is hidden."""
        known = self.opened.sheets_metadata
        tables = [one for one in known if one.typ == calamine.SheetTypeEnum.WorkSheet]
        return {
            one.name: one.visible != calamine.SheetVisibleEnum.Visible
            for one in tables
            if self._filled(one.name)
        }

    def _filled(self, name: str) -> bool:
        filled = self.parts(name).filled
        if filled is not None:
            return filled
        return bool(self.opened.get_sheet_by_name(name).height)


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the names of the sheets that hold anything, visible ones first."""
    with _calamine_errors(path):
        sheets = _Book(path, path.read_bytes()).sheets
    return tuple(sorted(sheets, key=lambda name: sheets[name]))


@contextmanager
def _calamine_errors(path: Path) -> Iterator[None]:
    """Turn what calamine raises into InputError, its panics included, which print a backtrace."""
    with _silent_stderr():
        try:
            yield
        except (calamine.CalamineError, OSError) as error:
            raise _unreadable(path, error) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise _unreadable(path, error) from None


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep what native code prints to standard error from the terminal."""
    if sys.stderr is not None:
        sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _open(path: Path, data: bytes) -> calamine.CalamineWorkbook:
    with _calamine_errors(path):
        return calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))


def _unreadable(path: Path, error: BaseException) -> InputError:
    return InputError(
        Text(f"the workbook cannot be read ({error})", f"工作簿无法读取或不完整（{error}）"),
        remedy=Text(
            "Check that it opens in Excel or WPS and is complete, then save it again as .xlsx",
            "请确认能用 Excel 或 WPS 打开且完整，再另存为 .xlsx",
        ),
        file=str(path),
    )


def read_sheet(path: Path, sheet: str, *, skip_hidden: bool = False) -> Sheet:
    """Return the sheet that is named, or the only one with content.

    Hidden sheets count only where they are named, or where no visible sheet has content and
    `skip_hidden` is not set. Raises InputError where that leaves none or several.
    """
    book = _Book(path, path.read_bytes())
    with _calamine_errors(path):
        name = _chosen(path, sheet, book.sheets, skip_hidden=skip_hidden)
        parts = book.parts(name)
        opened = book.without_empty_cells(name) if parts.is_sparse else book.opened
        page = opened.get_sheet_by_name(name)
        cells = page.to_python(skip_empty_area=False)
        merged = parts.merged if parts.merged is not None else tuple(page.merged_cell_ranges or ())
    for (row, column), text in parts.unread.items():
        _set(cells, row, column, text)
    beside = tuple(other for other, hidden in book.sheets.items() if hidden and other != name)
    return Sheet(
        name=name,
        cells=cells,
        merged=merged,
        unseen=frozenset(row for row in parts.hidden_rows if row < len(cells)),
        unseen_columns=parts.hidden_columns,
        hidden=book.sheets[name],
        beside=beside,
    )


def _chosen(path: Path, sheet: str, sheets: Mapping[str, bool], *, skip_hidden: bool) -> str:
    visible = [name for name, hidden in sheets.items() if not hidden]
    names = visible or ([] if skip_hidden else list(sheets))
    if sheet in sheets:
        return sheet
    if not sheet and len(names) == 1:
        return names[0]
    raise no_sheet(str(path), sheet, list(sheets) if sheet else names)


def _set(cells: _Cells, row: int, column: int, value: object) -> None:
    """Set a cell, and make room for it where the rows are shorter."""
    width = max(column + 1, len(cells[0]) if cells else 0)
    while len(cells) <= row:
        cells.append([""] * width)
    cells[row] += [""] * (column + 1 - len(cells[row]))
    cells[row][column] = value
