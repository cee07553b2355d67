"""Cells as numbers: what is repaired, what is empty, what is an error."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridgeo.errors import InputError
from gridgeo.read.context import Journal, RawLayer, first, tally
from gridgeo.read.values import is_empty
from gridgeo.text import Text

#: the largest count that a row may claim
_LARGEST = 1e8


def counts(raw: RawLayer, column: str, journal: Journal, *, whole: bool = True) -> pd.Series[float]:
    """Return `column` as counts of at least 0, NaN where the cell is empty.

    Full-width digits and thousands separators are read and noted. Raises InputError naming the
    first row that is negative, no number or (with `whole`) not a whole number.
    """
    numbers, repaired = parse_numbers(raw.frame[column])
    bad = _no_counts(numbers, raw.frame[column], whole=whole)
    if bad.any():
        raise _bad_count(raw, column, bad, whole=whole)
    if repaired:
        journal.say(
            "numbers",
            Text(
                f"{raw}: {repaired} values of {column} had full-width digits or thousands "
                "separators and were read as numbers",
                f"{raw.zh}：字段 {column} 有 {repaired} 个值含全角数字或千分位逗号，已按数字读取",
            ),
        )
    return numbers


def _no_counts(numbers: pd.Series[float], cells: pd.Series[Any], *, whole: bool) -> pd.Series[bool]:
    """Return which filled cells are no counts."""
    bad = ~((numbers >= 0) & (numbers <= _LARGEST))
    if whole:
        bad |= numbers % 1 != 0
    return bad & ~is_empty(cells)


def with_counts(raw: RawLayer, column: str, journal: Journal) -> RawLayer:
    """Return the rows whose cell in `column` is a whole number or empty; the others are rejects.

    Where they are more than half of the filled ones the column is wrong rather than its cells:
    all rows stay, and `counts` raises.
    """
    cells = raw.frame[column]
    bad = _no_counts(parse_numbers(cells)[0], cells, whole=True)
    if 2 * bad.sum() > (~is_empty(cells)).sum():
        return raw
    reason = Text("the household count is no whole number of at least 0", "户数不是非负整数")
    journal.reject(raw, cells.index[bad], field=column, values=cells[bad], reason=reason)
    return replace(raw, frame=raw.frame[~bad])


def _bad_count(raw: RawLayer, column: str, bad: pd.Series[bool], *, whole: bool) -> InputError:
    row = first(bad)
    kind, art = ("whole number", "非负整数") if whole else ("number", "非负数")
    listed = tally(raw.frame.loc[bad, column], most=5)
    return InputError(
        Text(
            f"{bad.sum()} rows hold no {kind} of at least 0: {listed}",
            f"{bad.sum()} 行的数值不是{art}：{listed}",
        ),
        remedy=Text(
            f"Correct column {column!r} of the source, or name another column",
            f"请更正原数据的“{column}”列，或改用其他字段",
        ),
        **raw.place,
        row=row + 1,
        field=column,
        value=raw.frame.at[row, column],
    )


def measures(raw: RawLayer, column: str | None, journal: Journal) -> pd.Series[float]:
    """Return `column` as sizes above 0, NaN where there is none; unreadable ones are noted."""
    if column is None:
        return pd.Series(np.nan, index=raw.frame.index)
    numbers, _ = parse_numbers(raw.frame[column])
    numbers = numbers.where((numbers > 0) & np.isfinite(numbers))
    unread = numbers.isna() & ~is_empty(raw.frame[column]) & (raw.frame[column].astype(str) != "0")
    if unread.any():
        listed = tally(raw.frame.loc[unread, column], most=5)
        journal.say(
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
    text = cells.astype(object).where(cells.notna(), "").astype(str).str.strip()
    wide = text.map(lambda cell: unicodedata.normalize("NFKC", cell))
    plain = wide.where(
        ~wide.str.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"), wide.str.replace(",", "")
    )
    numeric = plain.str.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
    numbers = pd.to_numeric(plain.where(numeric), errors="coerce").astype("float64")
    return numbers, int((numbers.notna() & (plain != text)).sum())


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
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - whole), kind="stable")[: total - int(whole.sum())]
    whole[rest] += 1
    return whole
