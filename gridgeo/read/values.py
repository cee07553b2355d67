"""Cells as text, codes and yes or no."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pandas as pd

from gridgeo.errors import InputError
from gridgeo.read.context import Journal, RawLayer, first
from gridgeo.text import Text

#: control, zero-width and direction characters: invisible differences between names
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]+"
)
_EMPTY = ("", "nan", "none", "null", "<na>", "-", "—", "/")


def texts(raw: RawLayer, column: str | None, journal: Journal) -> pd.Series[str]:
    """Return the cells of `column` as clean text, ``""`` where there is none.

    Text is NFC, without control, zero-width and direction characters and outer spaces; whole
    numbers lose their ``.0``. Raises InputError for codes that a spreadsheet has rounded.
    """
    if column is None:
        return pd.Series("", index=raw.frame.index, dtype=object)
    cells = raw.frame[column]
    if pd.api.types.is_float_dtype(cells) and not cells.isna().all():
        cells = _whole(raw, column, cells)
    plain = cells.astype(object).where(cells.notna(), "")
    once = {cell: _clean(str(cell)) for cell in plain.unique()}
    out = plain.map(once).astype(object)
    dirty = sorted(str(cell) for cell, text in once.items() if text != _squeezed(str(cell)))
    if dirty:
        journal.say(
            "text",
            Text(
                f"{raw}: invisible characters removed from {len(dirty)} values of {column}",
                f"{raw.zh}：字段 {column} 有 {len(dirty)} 个值含不可见字符，已去除",
            ),
        )
    return out


def codes(raw: RawLayer, column: str | None, journal: Journal) -> pd.Series[str]:
    """Return `column` as codes: text without spaces, and an error where digits are lost."""
    out = texts(raw, column, journal).str.replace(r"\s", "", regex=True)
    lost = out.str.fullmatch(r"\d(\.\d+)?[eE]\+\d+")
    if lost.any():
        raise _lost_digits(raw, str(column), first(lost), out.loc[first(lost)])
    return out


def _whole(raw: RawLayer, column: str, cells: pd.Series[Any]) -> pd.Series[Any]:
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


def is_empty(cells: pd.Series[Any]) -> pd.Series[bool]:
    """Return which cells hold nothing, or a word or sign for nothing."""
    blank = cells.astype(object).where(cells.notna(), "").astype(str).str.strip().str.lower()
    return cells.isna() | blank.isin(_EMPTY)


def truthy(raw: RawLayer, column: str | None) -> pd.Series[bool]:
    """Return where `column` says yes: anything but empty, no, false, 0 and 否."""
    if column is None:
        return pd.Series([False] * len(raw.frame), index=raw.frame.index)
    no = ("no", "false", "f", "n", "0", "0.0", "否", "无", "不是")
    said = raw.frame[column].astype(object).astype(str).str.strip().str.lower()
    return ~is_empty(raw.frame[column]) & ~said.isin(no)
