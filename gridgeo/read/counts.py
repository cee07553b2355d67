"""Cells as numbers: counts and sizes, what is repaired, what is none and why."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridgeo.errors import InputError
from gridgeo.read.context import RawLayer, ReadLog, first, tally
from gridgeo.read.values import is_empty, once
from gridgeo.tables import multiplier_of
from gridgeo.wording import Text

#: the largest count that a row may claim
_LARGEST = 1e8


def counts(raw: RawLayer, column: str, log: ReadLog, *, whole: bool = True) -> pd.Series[float]:
    """Return `column` as counts of at least 0, NaN where the cell is empty.

    Full-width digits and thousands separators are read and noted. Raises InputError naming the
    first row that is negative, no number or (with `whole`) not a whole number.
    """
    numbers = _numbers(raw, column, log)
    bad = _no_counts(numbers, raw.frame[column], whole=whole)
    if bad.any():
        raise _bad_count(raw, column, bad, whole=whole)
    return numbers


def _numbers(raw: RawLayer, column: str, log: ReadLog) -> pd.Series[float]:
    """Return `column` as numbers in single units, NaN where a cell is none; repairs are noted."""
    return once(raw, "numbers", column, lambda: _parse(raw, column, log))


def _parse(raw: RawLayer, column: str, log: ReadLog) -> pd.Series[float]:
    numbers, repaired = parse_numbers(raw.frame[column])
    if repaired:
        log.note(
            "numbers",
            Text(
                f"{raw}: {repaired} values of {column} had full-width digits or thousands "
                "separators and were read as numbers",
                f"{raw.zh}：字段 {column} 有 {repaired} 个值含全角数字或千分位逗号，已按数字读取",
            ),
        )
    times = multiplier_of(column)
    if times == 1:
        return numbers
    log.note(
        "numbers",
        Text(
            f"{raw}: the header {column} gives a unit: its values are multiplied by {times:,}",
            f"{raw.zh}：表头“{column}”注明了单位，数值乘以 {times:,} 读取",
        ),
    )
    return (numbers * times).round(6)


def _no_counts(numbers: pd.Series[float], cells: pd.Series[Any], *, whole: bool) -> pd.Series[bool]:
    """Return which filled cells are no counts."""
    bad = ~((numbers >= 0) & (numbers <= _LARGEST))
    if whole:
        bad |= numbers % 1 != 0
    return bad & ~is_empty(cells)


def with_counts(raw: RawLayer, column: str, log: ReadLog) -> RawLayer:
    """Return the rows whose cell in `column` is a whole number or empty; the others are rejects.

    Where they are more than half of the filled ones the column is wrong rather than its cells:
    all rows stay, and `counts` raises.
    """
    cells = raw.frame[column]
    bad = _no_counts(_numbers(raw, column, log), cells, whole=True)
    if 2 * bad.sum() > (~is_empty(cells)).sum():
        return raw
    kinds = cells[bad].map(kind_of_cell)
    for kind, (what, _) in BAD_CELLS.items():
        rows = kinds.index[kinds == kind]
        reason = Text(f"the household count is {what.en}", f"户数{what.zh}")
        log.reject(raw, rows, field=column, values=cells[rows], reason=reason)
    return replace(raw, frame=raw.frame[~bad])


#: kinds of cells that are no count: what they are, and what is to be done in the source
BAD_CELLS = {
    "": (
        Text("no whole number of at least 0", "不是非负整数"),
        Text("Correct column {0!r} of the source, or name another with --column {1}=NAME",
             "请更正原数据的“{0}”列，或用 --column {1}=列名 改用其他字段"),
    ),
    "error": (
        Text("an error of a formula", "是公式错误值"),
        Text("Correct the formulas of column {0!r} and save the workbook again",
             "请更正“{0}”列的公式后重新保存工作簿"),
    ),
    "formula": (
        Text("a formula without a stored value", "是未存储计算结果的公式"),
        Text("Open the workbook in Excel or WPS, let it calculate, and save it again",
             "请用 Excel 或 WPS 打开工作簿，待其计算后重新保存"),
    ),
}  # fmt: skip
_ERROR = re.compile(r"#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!|SPILL!|CALC!)")


def kind_of_cell(cell: object) -> str:
    """Return ``error`` or ``formula`` for such cells of workbooks, ``""`` for any other.

    Examples
    --------
    >>> kind_of_cell("#REF!"), kind_of_cell("=SUM(B2:B4)"), kind_of_cell("three")
    ('error', 'formula', '')
    """
    text = str(cell).strip()
    return "formula" if text[:1] == "=" else "error" if _ERROR.fullmatch(text) else ""


def _bad_count(raw: RawLayer, column: str, bad: pd.Series[bool], *, whole: bool) -> InputError:
    row = first(bad)
    what, remedy = BAD_CELLS[kind_of_cell(raw.frame.at[row, column])]
    if not whole:
        what = Text(what.en.replace("whole number", "number"), what.zh.replace("整数", "数"))
    listed = tally(raw.frame.loc[bad, column], most=5)
    key = f"{raw.role}.{'households' if whole else 'residents'}"
    return InputError(
        Text(
            f"{bad.sum()} rows hold {what.en}: {listed}",
            f"{bad.sum()} 行的数值{what.zh}：{listed}",
        ),
        remedy=Text(remedy.en.format(column, key), remedy.zh.format(column, key)),
        **raw.place,
        row=row + 1,
        field=column,
        value=raw.frame.at[row, column],
    )


def measures(raw: RawLayer, column: str | None, log: ReadLog) -> pd.Series[float]:
    """Return `column` as sizes above 0, NaN where there is none; unreadable ones are noted."""
    if column is None:
        return pd.Series(np.nan, index=raw.frame.index)
    numbers, _ = parse_numbers(raw.frame[column])
    numbers = numbers.where((numbers > 0) & np.isfinite(numbers))
    unread = numbers.isna() & ~is_empty(raw.frame[column]) & (raw.frame[column].astype(str) != "0")
    if unread.any():
        listed = tally(raw.frame.loc[unread, column], most=5)
        log.note(
            "numbers",
            Text(
                f"{raw}: {unread.sum()} values of {column} are no sizes and count as unknown: "
                f"{listed}",
                f"{raw.zh}：字段 {column} 有 {unread.sum()} 个值不是有效数值，按未知处理：{listed}",
            ),
        )
    return numbers


def parse_numbers(cells: pd.Series[Any]) -> tuple[pd.Series[float], int]:
    """Return cells as floats (NaN where they are no number) and how many needed repair.

    Examples
    --------
    >>> numbers, repaired = parse_numbers(pd.Series(["３００", "1,200", "三百", " 7 "]))
    >>> numbers.tolist(), repaired
    ([300.0, 1200.0, nan, 7.0], 2)
    """
    if pd.api.types.is_numeric_dtype(cells):
        return cells.astype("float64"), 0
    values = cells.tolist()
    if all(type(one) is str for one in values) and _DIGITS.fullmatch("\n".join(values)):
        with suppress(ValueError):
            return pd.Series(np.array(values, dtype=np.float64), index=cells.index), 0
    text = cells.astype(object).where(cells.notna(), "").astype(str)
    known = {cell: _number(cell) for cell in text.unique()}
    repaired = [
        cell for cell, (number, plain) in known.items() if not plain and not np.isnan(number)
    ]
    numbers = text.map({cell: number for cell, (number, _) in known.items()}).astype("float64")
    return numbers, int(text.isin(repaired).sum()) if repaired else 0


#: cells that are digits alone, none empty
_DIGITS = re.compile(r"[\d.]+(\n[\d.]+)*", re.ASCII)
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")


def _number(cell: str) -> tuple[float, bool]:
    """Return a cell as number, NaN where it is none, and whether it stood there as one."""
    text = cell.strip()
    wide = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if _THOUSANDS.fullmatch(wide):
        wide = wide.replace(",", "")
    return (float(wide) if _PLAIN_NUMBER.fullmatch(wide) else np.nan), wide == text


def apportion(total: int, weights: Sequence[float] | NDArray[np.float64]) -> NDArray[np.int64]:
    """Split `total` by `weights` into whole numbers that add up to it (largest remainder).

    Equal remainders go to the earlier entry.

    Examples
    --------
    >>> apportion(10, [1.0, 1.0, 1.0]).tolist()
    [4, 3, 3]
    """
    share = np.asarray(weights, dtype=float)
    exact = total * share / share.sum()
    floors: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - floors), kind="stable")[: total - int(floors.sum())]
    floors[rest] += 1
    return floors
