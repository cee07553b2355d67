"""The header of a table: which rows it stands in, below titles, and the name of each column.

A header of up to four rows (小区 | 住户情况 over 名称 | 规模 over 户数, 人口) becomes one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gridgeo.errors import InputError
from gridgeo.wording import Text

_Rows = Sequence[Sequence[str]]
_Knows = Callable[[str], bool]
#: the header is looked for in so many rows, and has at most so many
_WITHIN = 30
_MOST_ROWS = 4
_NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?%?")
_LEAST = 2
#: what numbers the columns of text in a statistical form, before 1, 2, 3
_LETTERS = "甲乙丙丁戊"


#: a unit that stands alone in a cell below the name of a column
_UNIT = re.compile(
    r"[(（]?(?:单位[:：])?\s*((?:十|百|千|万|十万|百万|亿)?(?:户|人|口|栋|幢|个|套|间|层|米|元|岁)"
    r"|平方米|公顷|亩|m2|㎡|-+|—+|/)\s*[)）]?"
)
#: a unit of many households or people in a title
_TITLE_UNIT = re.compile(
    r"(?:单位)\s*[:：]\s*(?:户[、,，/])?((?:十|百|千|万|十万|百万|亿)(?:户|人|口)?)"
)


@dataclass(frozen=True, slots=True)
class Header:
    """The rows of a header (from 0, `stop` excluded) and one name a column (``""``: none).

    `unit`: the unit of many (万户) that a title above gives for counts, ``""`` for none.
    """

    start: int
    stop: int
    names: list[str]
    unit: str = ""


def find_header(cells: _Rows, knows: _Knows, path: str, sheet: str = "") -> Header:
    """Return the header: the row with most names that `knows` accepts, and rows that belong to it.

    Without such a row it is the first with two cells.

    Examples
    --------
    >>> known = {"小区", "小区名称", "名称", "户数", "人口"}.__contains__
    >>> rows = [["某县"], ["小区", "规模", ""], ["名称", "户数", "人口"], ["东苑", "12", "30"]]
    >>> find_header(rows, known, "a.csv")
    Header(start=1, stop=3, names=['小区名称', '户数', '人口'], unit='')
    >>> find_header([["小区名称", "户数", ""], ["名称", "12", "户数"]], known, "a.csv").stop
    1
    """
    wide = [n for n, row in enumerate(cells[:_WITHIN]) if sum(map(bool, row)) >= _LEAST]
    if not wide:
        raise InputError(
            Text("no row of column names found", "没有找到表头行"),
            remedy=Text(
                "The table needs one to four rows of column names above the data",
                "表格应在数据上方有一至四行字段名",
            ),
            file=path,
            **({"layer": sheet} if sheet else {}),
        )
    named = {n: sum(1 for name in cells[n] if name and knows(name)) for n in wide}
    most = max(named.values())
    last = next(n for n in wide if named[n] == most)
    start = last
    while last - start < _MOST_ROWS - 1 and _stands_beneath(cells, start, last, knows):
        last += 1
    while most and last - start < _MOST_ROWS - 1 and _stands_above(cells, start, last):
        start -= 1
    parted = start == last and _parts_names(cells, last)
    stop = last + 1 + parted
    names = _names([list(row) for row in cells[start:stop]], knows, joined=parted)
    if stop < len(cells) and _gives_units(cells[stop]):
        units = [_UNIT.fullmatch(_at(cells[stop], n)) for n in range(len(names))]
        names = [f"{name}({unit[1]})" if name and unit else name
                 for name, unit in zip(names, units, strict=True)]  # fmt: skip
        stop += 1
    if stop + 1 < len(cells) and _numbers_columns(cells[stop], cells[stop + 1]):
        stop += 1
    return Header(start, stop, names, _unit_of_title(cells[:start]))


def _unit_of_title(rows: _Rows) -> str:
    """Return the unit of counts that the titles above a header give, ``""`` for single ones.

    Examples
    --------
    >>> _unit_of_title([["某镇住户表", "单位：万户"]]), _unit_of_title([["单位：户"]])
    ('万户', '')
    """
    found = (_TITLE_UNIT.search(cell) for row in rows for cell in row)
    return next((match[1] for match in found if match), "")


def _gives_units(row: Sequence[str]) -> bool:
    """Return whether a row beneath a header holds nothing but units, one of counts among them."""
    filled = [cell for cell in row if cell]
    units = [_UNIT.fullmatch(cell) for cell in filled]
    return all(units) and any(unit and unit[1][-1] in "户人口" for unit in units)


def _stands_above(cells: _Rows, start: int, last: int) -> bool:
    """Return whether the row above `start` belongs to a header that ends with the row `last`.

    It holds text alone in two cells, and spans: right of one of its names it is empty where the
    rows below have names, or it names a column that they leave empty.
    """
    if start == 0:
        return False
    upper, block = cells[start - 1], cells[start : last + 1]
    if sum(map(bool, upper)) < _LEAST or any(map(_is_number, upper)):
        return False
    width = max(map(len, block))
    below = [any(_at(row, n) for row in block) for n in range(width)]
    parted = any(_at(upper, n) and not _at(upper, n + 1) and below[n + 1] for n in range(width - 1))
    return parted or any(_at(upper, n) and not below[n] for n in range(width))


def _stands_beneath(cells: _Rows, start: int, last: int, knows: _Knows) -> bool:
    """Return whether the row beneath `last` belongs to a header that begins with `start`.

    It holds text alone, with two known names, and fills a cell that the rows above leave empty
    right of a name.
    """
    if last + 1 >= len(cells):
        return False
    block, lower = cells[start : last + 1], cells[last + 1]
    if any(map(_is_number, lower)) or sum(1 for name in lower if name and knows(name)) < _LEAST:
        return False
    above = [any(_at(row, n) for row in block) for n in range(len(lower))]
    return any(name and not above[n] and above[n - 1] for n, name in enumerate(lower) if n)


def _parts_names(cells: _Rows, row: int) -> bool:
    """Return whether the next row parts the names of `row`: 户数 into 常住 and 流动.

    All that it holds is text, and stands below a name that spans several columns.
    """
    if row + 1 >= len(cells):
        return False
    upper, lower = cells[row], cells[row + 1]
    filled = [n for n, name in enumerate(lower) if name]
    if len(filled) < _LEAST or any(map(_is_number, lower)):
        return False
    spans = [_at(upper, n) and not _at(upper, n + 1) and bool(_at(lower, n + 1))
             for n in range(len(lower))]  # fmt: skip
    return all((not _at(upper, n)) or spans[n] for n in filled) and any(spans)


def _at(row: Sequence[str], column: int) -> str:
    return row[column] if column < len(row) else ""


def _is_number(cell: str) -> bool:
    return bool(_NUMBER.fullmatch(cell))


def _names(rows: list[list[str]], knows: _Knows, *, joined: bool) -> list[str]:
    """Return one name a column of the rows of a header.

    A column is called by the names above each other together where that is a known name, the
    lowest stands there more than once, or `joined`; else by the lowest.
    """
    width = max(map(len, rows))
    rows = [row + [""] * (width - len(row)) for row in rows]
    names = rows[0]
    for number, lower in enumerate(rows[1:], start=1):
        deeper = [any(row[n] for row in rows[number:]) for n in range(width)]
        spread, last = [], ""
        for above, below in zip(names, deeper, strict=True):
            last = above or (last if below else "")
            spread.append(last)
        names = [
            _title(above, below, often=joined or lower.count(below) > 1, knows=knows)
            for above, below in zip(spread, lower, strict=True)
        ]
    return names


def _title(above: str, below: str, *, often: bool, knows: _Knows) -> str:
    if not below or above == below:
        return above
    return above + below if often or knows(above + below) else below


def _numbers_columns(row: Sequence[str], beneath: Sequence[str]) -> bool:
    """Return whether a row numbers the columns (甲, 1, 2) rather than holding figures.

    Numbers alone are figures, unless the row beneath has text below one of them.
    """
    filled = [cell for cell in row if cell]
    letters = [cell for cell in filled if cell in (*_LETTERS, "栏次")]
    numbers = [cell.strip("()（）") for cell in filled if cell not in letters]
    counted = numbers == [str(n) for n in range(1, len(numbers) + 1)]
    if len(filled) <= _LEAST or not counted or not numbers:
        return False
    return bool(letters) or any(
        cell and _at(row, n) and not _is_number(cell) for n, cell in enumerate(beneath)
    )
