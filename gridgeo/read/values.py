"""Cells as text, codes, numbers, yes or no, and classes: what is repaired, empty or an error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridgeo.errors import InputError
from gridgeo.read.context import RawLayer, ReadLog, first, tally
from gridgeo.wording import Text

#: control, zero-width and direction characters: invisible differences between names
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)
_EMPTY = ("", "nan", "none", "null", "<na>", "-", "—", "/")


def texts(raw: RawLayer, column: str | None, log: ReadLog) -> pd.Series[str]:
    """Return the cells of `column` as clean text, ``""`` where there is none.

    Text is NFC, without control, zero-width and direction characters and outer spaces; whole
    numbers lose their ``.0``. Raises InputError for codes that a spreadsheet has rounded.
    """
    if column is None:
        return pd.Series("", index=raw.frame.index, dtype=object)
    cells = raw.frame[column]
    if pd.api.types.is_float_dtype(cells) and not cells.isna().all():
        cells = _check_whole_numbers(raw, column, cells)
    plain = cells.astype(object).where(cells.notna(), "")
    once = {cell: _clean(str(cell)) for cell in plain.unique()}
    out = plain.map(once).astype(object)
    dirty = sorted(str(cell) for cell, text in once.items() if text != _squeezed(str(cell)))
    if dirty:
        log.note(
            "text",
            Text(
                f"{raw}: invisible characters removed from {len(dirty)} values of {column}",
                f"{raw.zh}：字段 {column} 有 {len(dirty)} 个值含不可见字符，已去除",
            ),
        )
    return out


def codes(raw: RawLayer, column: str | None, log: ReadLog) -> pd.Series[str]:
    """Return `column` as codes (`plain_code`), and an error where digits are lost."""
    given = texts(raw, column, log)
    out = given.map({text: plain_code(text) for text in given.unique()}).astype(object)
    spoilt = (out != given.str.replace(r"\s", "", regex=True)).to_numpy()
    if spoilt.any():
        row = given.index[spoilt][0]
        log.note(
            "text",
            Text(
                f"{raw}: {spoilt.sum()} codes of {column} are read without decimals, quotation "
                f"marks and full-width digits ({given[row]} as {out[row]})",
                f"{raw.zh}：字段 {column} 有 {spoilt.sum()} 个编码去掉小数、引号、全角后读取"
                f"（{given[row]} 读作 {out[row]}）",
            ),
        )
    lost = out.str.fullmatch(r"\d(\.\d+)?[eE]\+\d+")
    if lost.any():
        raise _lost_digits(raw, str(column), first(lost), out.loc[first(lost)])
    return out


_QUOTES = "'\"‘’“”`´′"


def plain_code(text: str) -> str:
    """Return a code without what spreadsheets do to it: spaces, full width, quotes and ``.0``.

    Examples
    --------
    >>> [plain_code(text) for text in ("'420102001001001", "４２０ １", "420102.0", '="042"')]
    ['420102001001001', '4201', '420102', '042']
    """
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if code.startswith(("=", *_QUOTES)):
        code = code.removeprefix("=").strip(_QUOTES)
    number = re.fullmatch(r"(\d+)\.0+", code)
    return number[1] if number else code


def _check_whole_numbers(raw: RawLayer, column: str, cells: pd.Series[Any]) -> pd.Series[Any]:
    huge = cells.abs() >= 1e15
    if huge.any():
        raise _lost_digits(raw, column, first(huge), cells.loc[first(huge)])
    if (cells.dropna() % 1 == 0).all():
        return cells.astype("Int64")
    return cells


def _lost_digits(raw: RawLayer, column: str, at: int, value: object) -> InputError:
    return InputError(
        Text(
            "a long code was stored as a number and lost digits", "长编码按数字存储，末位数字已失真"
        ),
        remedy=Text(
            "Store the column as text in the source and fill it again",
            "请在原表中将该列设为文本格式后重新填写",
        ),
        **raw.place,
        row=at + 1,
        field=column,
        value=value,
    )


def _squeezed(text: str) -> str:
    return unicodedata.normalize("NFC", " ".join(text.split()))


def _clean(text: str) -> str:
    return _squeezed(_INVISIBLE.sub("", re.sub(r"[\t\r\n]+", " ", text)))


def _is_empty(cells: pd.Series[Any]) -> pd.Series[bool]:
    """Return which cells hold nothing, or a word or sign for nothing."""
    blank = cells.astype(object).where(cells.notna(), "").astype(str).str.strip().str.lower()
    return cells.isna() | blank.isin(_EMPTY)


def truthy(raw: RawLayer, column: str | None) -> pd.Series[bool]:
    """Return where `column` means yes: anything but empty, no, false, 0 and 否."""
    if column is None:
        return pd.Series([False] * len(raw.frame), index=raw.frame.index)
    no = ("no", "false", "f", "n", "0", "0.0", "否", "无", "不是")
    cells = raw.frame[column].astype(object).astype(str).str.strip().str.lower()
    return ~_is_empty(raw.frame[column]) & ~cells.isin(no)


#: the largest count that a row may claim
_LARGEST = 1e8


def counts(raw: RawLayer, column: str, log: ReadLog, *, whole: bool = True) -> pd.Series[float]:
    """Return `column` as counts of at least 0, NaN where the cell is empty.

    Full-width digits and thousands separators are read and noted. Raises InputError naming the
    first row that is negative, no number or (with `whole`) not a whole number.
    """
    numbers, repaired = parse_numbers(raw.frame[column])
    bad = _no_counts(numbers, raw.frame[column], whole=whole)
    if bad.any():
        raise _bad_count(raw, column, bad, whole=whole)
    if repaired:
        log.note(
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
    return bad & ~_is_empty(cells)


def with_counts(raw: RawLayer, column: str, log: ReadLog) -> RawLayer:
    """Return the rows whose cell in `column` is a whole number or empty; the others are rejects.

    Where they are more than half of the filled ones the column is wrong rather than its cells:
    all rows stay, and `counts` raises.
    """
    cells = raw.frame[column]
    bad = _no_counts(parse_numbers(cells)[0], cells, whole=True)
    if 2 * bad.sum() > (~_is_empty(cells)).sum():
        return raw
    reason = Text("the household count is no whole number of at least 0", "户数不是非负整数")
    log.reject(raw, cells.index[bad], field=column, values=cells[bad], reason=reason)
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


def measures(raw: RawLayer, column: str | None, log: ReadLog) -> pd.Series[float]:
    """Return `column` as sizes above 0, NaN where there is none; unreadable ones are noted."""
    if column is None:
        return pd.Series(np.nan, index=raw.frame.index)
    numbers, _ = parse_numbers(raw.frame[column])
    numbers = numbers.where((numbers > 0) & np.isfinite(numbers))
    unread = numbers.isna() & ~_is_empty(raw.frame[column]) & (raw.frame[column].astype(str) != "0")
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
    floors: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    rest = np.argsort(-(exact - floors), kind="stable")[: total - int(floors.sum())]
    floors[rest] += 1
    return floors


@dataclass(frozen=True, slots=True)
class Classes:
    """Of each row its class (``""`` unknown) and the value it follows from; the columns used."""

    classes: pd.Series[str]
    values: pd.Series[str]
    columns: tuple[str, ...]


def classify(
    raw: RawLayer, columns: Sequence[str], meaning: Callable[[str, str], str], log: ReadLog
) -> Classes:
    """Return the class of each row by the first of the `columns` whose value has a `meaning`.

    Where none has, the value is that of the first column that is filled.
    """
    classes = pd.Series("", index=raw.frame.index, dtype=object)
    values = classes.copy()
    used = []
    for column in columns:
        cells = texts(raw, column, log)
        meanings = cells.map({cell: meaning(cell, column) for cell in cells.unique()})
        fresh = (classes == "") & (meanings != "")
        values = values.where(~(fresh | (values == "")), cells)
        classes = classes.where(~fresh, meanings)
        if fresh.any():
            used.append(column)
    return Classes(classes, values, tuple(used))
