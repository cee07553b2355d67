"""Sheets of Excel, WPS and LibreOffice workbooks as rows of cells."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import python_calamine as calamine

from gridgeo.errors import InputError
from gridgeo.read.probe import unreadable
from gridgeo.text import Text

Cells = list[list[Any]]


def sheet_names(path: Path) -> tuple[str, ...]:
    """Return the names of the sheets that hold anything."""
    book = _open_book(path)
    return tuple(name for name in book.sheet_names if book.get_sheet_by_name(name).height)


def _open_book(path: Path) -> calamine.CalamineWorkbook:
    try:
        return calamine.CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes()))
    except calamine.PasswordError as error:
        raise InputError(
            Text("the workbook is protected by a password", "工作簿设有打开密码"),
            remedy=Text("Remove the password and save it again", "请取消密码后重新保存"),
            file=str(path),
        ) from error
    except (calamine.CalamineError, OSError) as error:
        raise unreadable(str(path), error) from error


def sheet_cells(path: Path, sheet: str) -> tuple[Cells, str]:
    """Return the cells of the named or only sheet that holds anything, and its name."""
    names = sheet_names(path)
    wanted = [sheet] if sheet in names else [] if sheet else list(names)
    if len(wanted) != 1:
        raise InputError(
            Text(
                f"no sheet {sheet!r}; the sheets are: {', '.join(names)}"
                if sheet
                else f"the workbook has {len(names)} sheets with content: {', '.join(names)}",
                f"没有工作表“{sheet}”，现有：{'、'.join(names)}"
                if sheet
                else f"工作簿有 {len(names)} 个非空工作表：{'、'.join(names)}",
            ),
            remedy=Text("Name one as PATH::SHEET", "请用 路径::工作表名 指明其中一个"),
            file=str(path),
        )
    try:
        page = _open_book(path).get_sheet_by_name(wanted[0])
        cells = page.to_python(skip_empty_area=False)
        return _fill_merged(cells, page.merged_cell_ranges or []), wanted[0]
    except calamine.CalamineError as error:
        raise unreadable(str(path), error) from error


def _fill_merged(cells: Cells, ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> Cells:
    """Repeat text that is merged down a column; numbers are not repeated, for they would count."""
    filled = [list(row) for row in cells]
    for (top, left), (bottom, right) in ranges:
        if left == right and top < len(filled) and isinstance(filled[top][left], str):
            for row in filled[top + 1 : bottom + 1]:
                row[left] = filled[top][left]
    return filled
