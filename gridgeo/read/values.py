"""Cells as text, codes, numbers, yes or no, and classes: what is repaired, empty or an error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from gridgeo.errors import InputError
from gridgeo.read.context import RawLayer, ReadLog, first
from gridgeo.tables import plain_cells
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
    return once(raw, "texts", column, lambda: _texts(raw, column, log))


def once(
    raw: RawLayer, kind: str, column: str, parse: Callable[[], pd.Series[Any]]
) -> pd.Series[Any]:
    """Return what `parse` makes of a column; of rows that were parsed before, without parsing."""
    known, index = raw.parsed.get((kind, column)), raw.frame.index
    if known is None or not (len(index) and index[0] in known.index and index[-1] in known.index):
        known = raw.parsed[kind, column] = parse()
    return known if len(known) == len(index) else known.loc[index]


def _texts(raw: RawLayer, column: str, log: ReadLog) -> pd.Series[str]:
    cells, left_out = plain_cells(raw.frame[column])
    if left_out:
        log.note(
            "columns",
            Text(
                f"{raw}: {left_out} structured cells of {column} hold no name and are left out",
                f"{raw.zh}：字段 {column} 有 {left_out} 个结构化（嵌套）的值没有名称，已略去",
            ),
            warning=True,
        )
    if pd.api.types.is_float_dtype(cells) and not cells.isna().all():
        cells = _check_whole_numbers(raw, column, cells)
    number, known = pd.factorize(cells)
    clean = [*(_clean(str(cell)) for cell in known), ""]  # the last where there is none: -1
    out = pd.Series(np.array(clean, dtype=object)[number], index=cells.index)
    changed = (str(cell) for cell, text in zip(known, clean, strict=False) if text != cell)
    dirty = [cell for cell in changed if _clean(cell) != _squeezed(cell)]
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
    lost = out.map(lambda code: bool(LOST_DIGITS.fullmatch(code))) | _rounded(out)
    if lost.any():
        raise _lost_digits(raw, str(column), first(lost), out.loc[first(lost)])
    return out


#: a number of a spreadsheet whose digits are lost
LOST_DIGITS = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
#: digits that a spreadsheet keeps
_DIGITS = 15


def _rounded(codes: pd.Series[str]) -> pd.Series[bool]:
    """Return long codes that end in zeros from the 16th digit on, as all do, and are not unique."""
    long = codes.str.fullmatch(rf"\d{{{_DIGITS + 1},}}")
    zeros = long & (codes.str[_DIGITS:].str.strip("0") == "")
    if not long.any() or not (zeros == long).all():
        return zeros & False
    return zeros & codes.duplicated(keep=False)


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
    if text.isprintable() and "  " not in text and unicodedata.is_normalized("NFC", text):
        return text.strip()
    return _squeezed(_INVISIBLE.sub("", re.sub(r"[\t\r\n]+", " ", text)))


def is_empty(cells: pd.Series[Any]) -> pd.Series[bool]:
    """Return which cells hold nothing, or a word or sign for nothing."""
    if pd.api.types.is_numeric_dtype(cells):
        return cells.isna()
    blank = cells.astype(object).where(cells.notna(), "").astype(str).str.strip().str.lower()
    return cells.isna() | blank.isin(_EMPTY)


def truthy(raw: RawLayer, column: str | None) -> pd.Series[bool]:
    """Return where `column` means yes: anything but empty, no, false, 0 and 否."""
    if column is None:
        return pd.Series([False] * len(raw.frame), index=raw.frame.index)
    no = ("no", "false", "f", "n", "0", "0.0", "否", "无", "不是")
    cells = raw.frame[column].astype(object).astype(str).str.strip().str.lower()
    return ~is_empty(raw.frame[column]) & ~cells.isin(no)


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
