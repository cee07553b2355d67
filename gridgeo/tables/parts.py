"""What a sheet has beside the values of its cells, in whatever format it stands."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gridgeo.errors import InputError
from gridgeo.wording import Text

#: row and column, from 0
Cell = tuple[int, int]
#: a sheet that spans more cells than this, most of them empty, is not read as one block
_MOST_CELLS = 20_000_000
_FEW = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetParts:
    """What is beside the values of a sheet.

    `unread` are cells whose value is an error or a formula without a stored value: their text.
    `filled` and `merged` are None where calamine is to say it. `is_sparse`: a few cells far from
    each other span more than fits in memory.
    """

    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    merged: tuple[tuple[Cell, Cell], ...] | None = None
    unread: Mapping[Cell, str] = field(default_factory=dict)
    filled: bool | None = None
    is_sparse: bool = False


def is_sparse(rows: int, columns: int, filled: int) -> bool:
    """Return whether `filled` cells are too few for the block of cells that they span."""
    return rows * columns > max(_MOST_CELLS, _FEW * filled)


def far_cell(cell: Cell, path: str, sheet: str) -> InputError:
    """Return the error that a cell with content stands far from the table."""
    name = f"{_letters(cell[1])}{cell[0] + 1}"
    return InputError(
        Text(
            f"cell {name} stands far from the table, and the sheet is too large to be read",
            f"单元格 {name} 远离表格，工作表范围过大，无法读取",
        ),
        remedy=Text(
            f"Delete the content of cell {name} and of others far from the table",
            f"请清除单元格 {name} 及其他远离表格的单元格的内容后保存",
        ),
        file=path,
        layer=sheet,
        value=name,
    )


def no_sheet(path: str, sheet: str, names: Sequence[str]) -> InputError:
    """Return the error that no sheet has the name that is given, or that several may be meant."""
    return InputError(
        Text(
            f"no sheet {sheet!r}; the sheets are: {', '.join(names)}"
            if sheet
            else f"the workbook has {len(names)} sheets with content: {', '.join(names)}",
            f"没有工作表“{sheet}”，现有：{'、'.join(names)}"
            if sheet
            else f"工作簿有 {len(names)} 个非空工作表：{'、'.join(names)}",
        ),
        remedy=Text("Name one as PATH::SHEET", "请用 路径::工作表名 指明其中一个"),
        file=path,
    )


def _letters(column: int) -> str:
    """Return the name of a column.

    Examples
    --------
    >>> _letters(0), _letters(16383)
    ('A', 'XFD')
    """
    name = ""
    while column >= 0:
        name = chr(65 + column % 26) + name
        column = column // 26 - 1
    return name


def with_member(source: zipfile.ZipFile, member: str, content: bytes) -> bytes:
    """Return an archive with other content of one member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as copy:
        for one in source.namelist():
            copy.writestr(one, content if one == member else source.read(one))
    return out.getvalue()
