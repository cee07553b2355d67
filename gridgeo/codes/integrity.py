"""A register is checked when it is made, and when it replaces another: rows are named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridgeo.codes.rules import COLUMNS, ENDS, RULES, is_day
from gridgeo.errors import InputError
from gridgeo.text import Text


def check_register(table: pd.DataFrame) -> None:
    """Raise where the table of a register breaks a rule; see `gridgeo.codes.rules`.

    Raises
    ------
    InputError
        A column is missing, or a row breaks a rule; rows count from 1.
    """
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            Text(
                f"the register lacks {', '.join(missing)}; it has {', '.join(table.columns)}",
                f"编码登记表缺少列 {'、'.join(missing)}；已有 {'、'.join(table.columns)}",
            ),
            layer="register",
        )
    for rule in RULES:
        for row, name, said in rule(table):
            value = table[name].iloc[row] if name in COLUMNS else None
            code = str(table["code"].iloc[row])
            raise InputError(
                Text(f"code {code}: ", f"编码 {code}：") + said,
                layer="register",
                row=row + 1,
                field=name,
                value=value,
            )


def as_day(text: str) -> str:
    """Return a date that is written as ``2026-03-01``.

    Raises
    ------
    InputError
        It is written in another way.

    Examples
    --------
    >>> as_day("2026-03-01")
    '2026-03-01'
    """
    if not is_day(text):
        raise InputError(
            Text(f"{text!r} is no date", f"{text!r} 不是日期"),
            field="date",
            remedy=Text("Write it as 2026-03-01", "请写成 2026-03-01 的形式"),
        )
    return text


def check_grows(before: pd.DataFrame, after: pd.DataFrame) -> None:
    """Raise where `after` is not `before` with ends filled in and rows appended.

    Raises
    ------
    InputError
        A row is missing or says something else; rows count from 1.
    """
    size = min(len(before), len(after))
    open_ = (before["status"] == "active").to_numpy()
    lost = np.arange(len(before)) >= size
    for name in COLUMNS:
        was, is_ = (table[name].to_numpy(dtype=object)[:size] for table in (before, after))
        lost[:size] |= (was != is_) & ~(open_[:size] & (name in ENDS))
    for row in np.flatnonzero(lost)[:1]:
        raise InputError(
            Text(
                f"code {before['code'].iloc[row]}: the row would be lost or changed",
                f"编码 {before['code'].iloc[row]}：该行将丢失或被改写",
            ),
            layer="register",
            row=int(row) + 1,
            remedy=Text(
                "Somebody else has recorded since: read the register again, then record",
                "登记表可能已被他人更新：请重新读取后再登记",
            ),
        )
