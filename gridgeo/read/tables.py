"""Tables of households and points: CSV in any encoding; Excel, WPS and LibreOffice workbooks.

Title rows above the header are skipped; a header in two rows (规模 across two columns, 户数 and
人口 below) becomes one; tables with coordinate columns become layers of points.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import python_calamine as calamine
import shapely

from gridgeo.errors import InputError
from gridgeo.read.columns import normal, unique_names
from gridgeo.read.context import RawLayer, StudyArea
from gridgeo.read.crs import label, parse_crs
from gridgeo.read.encodings import MARK, MISSING, Judgement, given_encoding, judge_text
from gridgeo.read.file_checks import unreadable
from gridgeo.read.values import parse_numbers
from gridgeo.wording import Text

_Cells = list[list[Any]]


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


def _sheet_cells(path: Path, sheet: str) -> tuple[_Cells, str]:
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


def _fill_merged(
    cells: _Cells, ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]
) -> _Cells:
    """Repeat text that is merged down a column; numbers are not repeated, for they would count."""
    filled = [list(row) for row in cells]
    for (top, left), (bottom, right) in ranges:
        if left == right and top < len(filled) and isinstance(filled[top][left], str):
            for row in filled[top + 1 : bottom + 1]:
                row[left] = filled[top][left]
    return filled


def _joined_titles(rows: Sequence[list[str]], knows: Callable[[str], bool]) -> list[str]:
    """Return one name a column from a header in two rows; none where it stands in one.

    The second row belongs to the header where it fills a cell that the first leaves empty right
    of a name (as cells merged across do), has no numbers, and has at least two names that
    `knows` accepts. A column is called by both names together where that is a known name or the
    lower one stands there more than once, else by the lower one; without a lower one, by the
    upper one.

    Examples
    --------
    >>> known = {"小区", "小区名称", "名称", "户数"}.__contains__
    >>> _joined_titles([["小区", "", "规模", ""], ["名称", "楼栋", "户数", "人口"]], known)
    ['小区名称', '楼栋', '户数', '人口']
    >>> _joined_titles([["小区名称", "户数", ""], ["名称", "12", "户数"]], known)
    []
    """
    if len(rows) < 2:
        return []
    upper, lower = (row + [""] * (max(map(len, rows)) - len(row)) for row in rows)
    pairs = zip(upper, upper[1:], lower[1:], strict=False)
    parted = any(name and not right and below for name, right, below in pairs)
    named = sum(knows(name) for name in lower if name)
    if not parted or named < 2 or parse_numbers(pd.Series(lower))[0].notna().any():
        return []
    return [
        _title(above, below, often=lower.count(below) > 1, knows=knows)
        for above, below in zip(_spread(upper, lower), lower, strict=True)
    ]


def _spread(upper: list[str], lower: list[str]) -> list[str]:
    """Return the upper names, each repeated over the empty cells right of it."""
    spread, last = [], ""
    for above, below in zip(upper, lower, strict=True):
        last = above or (last if below else "")
        spread.append(last)
    return spread


def _title(above: str, below: str, *, often: bool, knows: Callable[[str], bool]) -> str:
    if not below or above == below:
        return above
    return above + below if often or knows(above + below) else below


#: header rows are looked for in so many rows
_HEADER_WITHIN = 20
_TOTALS = (
    "合计",
    "总计",
    "小计",
    "总数",
    "合 计",
    "总 计",
    "total",
    "sum",
    "subtotal",
    "grand total",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _RawTable:
    """The rows below the header; row n of the sheet has index n - 1.

    `sheet` is ``""`` and `encoding` None where there is none. `joined`: whether the names of
    the columns stand in two rows.
    """

    frame: pd.DataFrame
    sheet: str = ""
    encoding: Judgement | None = None
    joined: bool = False


def load_table(path: Path, sheet: str, encoding: str, knows: Callable[[str], bool]) -> _RawTable:
    """Return the table of a CSV or a workbook.

    `knows`: whether a cell is the name of a wanted column: the first row that has one is
    the header, with the row below where that has the names (see `gridgeo.read.tables`). Cells
    of a CSV stay text. Raises InputError for files that are no tables.
    """
    found, name = None, ""
    if path.suffix.lower() in (".csv", ".txt", ".tsv"):
        text, found = _read_text(path, encoding)
        cells = _csv_cells(text, path)
    else:
        cells, name = _sheet_cells(path, sheet)
    filled = [[_plain(cell) for cell in row] for row in cells]
    header = _header_row(filled, str(path), name, knows)
    names = _joined_titles(filled[header : header + 2], knows)
    top = header + 1 + bool(names)
    frame = _frame_below(filled, top, names or filled[header], str(path))
    return _RawTable(frame=frame, sheet=name, encoding=found, joined=bool(names))


def _read_text(path: Path, encoding: str) -> tuple[str, Judgement]:
    """Return the text of a file and its encoding; bytes that are no text become U+FFFD."""
    raw = path.read_bytes()
    found = judge_text(raw, given_encoding(encoding, str(path)))
    text = raw.decode(found.encoding, errors="replace").removeprefix(MARK)
    lost = text.count(MISSING)
    if lost and 2 * lost > sum(not char.isascii() for char in text):
        raise InputError(
            Text(f"most of the text is no {found.encoding}", f"文字无法按 {found.encoding} 读取"),
            remedy=Text(
                "Save the file as UTF-8 (in Excel: CSV UTF-8), or leave --encoding out if it was "
                "given",
                "请另存为 UTF-8（Excel 中选“CSV UTF-8”）；如给出了 --encoding，请去掉或更正",
            ),
            file=str(path),
        )
    return text, found


def _csv_cells(text: str, path: Path) -> _Cells:
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t|", key=first.count)
    try:
        return [
            list(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
        ]
    except csv.Error as error:
        raise unreadable(str(path), error) from error


def _frame_below(cells: list[list[str]], top: int, titles: list[str], path: str) -> pd.DataFrame:
    names = unique_names(titles)
    rows = []
    for number, row in enumerate(cells[top:], start=top + 1):
        extra = [cell for cell in row[len(names) :] if cell]
        if extra:
            raise InputError(
                Text(
                    f"the row has more cells than there are columns: {extra[0]!r}",
                    f"该行单元格多于字段数：{extra[0]!r}",
                ),
                remedy=Text("Put text with commas in quotes", "含逗号的内容请加引号"),
                file=path,
                row=number,
            )
        rows.append([*row[: len(names)], *[""] * (len(names) - len(row))])
    places = pd.RangeIndex(top, top + len(rows))
    frame = pd.DataFrame(rows, columns=names, index=places, dtype=object)
    return frame[[name for name in names if not name.startswith("\0")]]


def blank_or_total(frame: pd.DataFrame) -> tuple[pd.Series[bool], pd.Series[bool]]:
    """Return which rows of a table are empty, and which are sums of the others."""
    blank = (frame == "").all(axis=1)
    lower = frame.apply(lambda column: column.str.strip().str.lower())
    return blank, lower.isin(_TOTALS).any(axis=1)


def _header_row(cells: list[list[str]], path: str, sheet: str, knows: Callable[[str], bool]) -> int:
    """Return the first row that has a wanted name, else the first with two cells."""
    wide = [n for n, row in enumerate(cells[:_HEADER_WITHIN]) if sum(map(bool, row)) >= 2]
    if not wide:
        raise InputError(
            Text("no row of column names found", "没有找到表头行"),
            remedy=Text(
                "The table needs one row of column names above the data",
                "表格应在数据上方有一行字段名",
            ),
            file=path,
            **({"layer": sheet} if sheet else {}),
        )
    return next((n for n in wide if any(knows(name) for name in cells[n] if name)), wide[0])


def _plain(cell: object) -> str:
    """Return a cell as text; 12.0 is ``12``."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, float) and abs(cell) >= 1e15:
        return f"{cell:.6E}"
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return str(cell).strip()


_DEGREES = ("lon", "lng", "long", "longitude", "经度", "lat", "latitude", "纬度")


def points_from(raw: RawLayer, x: str, y: str, ground: StudyArea) -> RawLayer:
    """Return a table with coordinates as a point layer; longitudes and latitudes are WGS 84."""
    numbers = [parse_numbers(raw.frame[column])[0] for column in (x, y)]
    readable = numbers[0].notna() & numbers[1].notna()
    lost = raw.frame.index[~readable]
    values = raw.frame.loc[lost, x].astype(str) + ", " + raw.frame.loc[lost, y].astype(str)
    reason = Text("no coordinates", "没有坐标")
    ground.log.reject(raw, lost, field=f"{x}, {y}", values=values, reason=reason)
    given = ground.rules.crs.get("households")
    degrees = normal(x) in _DEGREES and normal(y) in _DEGREES
    crs = (
        parse_crs("households", given)
        if given
        else parse_crs("households", "4326")
        if degrees
        else None
    )
    if crs is not None:
        ground.log.note(
            "crs",
            Text(
                f"{raw}: {x}, {y} are taken as {label(crs)}",
                f"{raw.zh}：{x}、{y} 按 {label(crs)} 读取",
            ),
        )
    geometry = shapely.points(numbers[0][readable], numbers[1][readable])
    frame = gpd.GeoDataFrame(raw.frame[readable], geometry=geometry, crs=crs)
    return replace(raw, frame=frame)
