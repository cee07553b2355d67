"""The rules of the register's table: one function for each rule.

They are checked when a register is made and when it replaces another; errors name the row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.config import SCHEMES, TEMPLATE
from gridgeo.errors import InputError
from gridgeo.wording import Text

#: Columns of a register and their types; geometry may follow.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "code": "object",
        "scheme": "object",
        "valid_from": "object",
        "valid_to": "object",
        "status": "object",
        "predecessors": "object",
        "successors": "object",
        "change": "object",
        "reason": "object",
        "version": "int64",
    }
)
#: What is filled in when a state ends.
_ENDS = ("valid_to", "status", "successors")
_STATUSES = ("active", "changed", "retired")
#: How the first state of a code comes about, and how a later one does.
_FIRST_CHANGES = ("new", "split")
_LATER_CHANGES = ("reshaped", "split", "merged")
#: Between the codes of one cell.
SEPARATOR = ";"

#: A row (from 0), the field and what is wrong with it.
_Broken = tuple[int, str, Text]


def _text_in_cells(table: pd.DataFrame) -> Iterator[_Broken]:
    """Cells hold text, versions are whole numbers; nothing is missing."""
    for name, kind in COLUMNS.items():
        if kind == "object":
            wrong = [not isinstance(value, str) for value in table[name]]
        else:
            numbers = pd.to_numeric(table[name], errors="coerce")
            wrong = list(~(numbers % 1 == 0))
        for row in np.flatnonzero(wrong):
            yield (
                int(row),
                name,
                Text("the cell is empty or of another type", "单元格为空或类型不符"),
            )


def _values_known(table: pd.DataFrame) -> Iterator[_Broken]:
    """Codes are single codes, status and change are known, dates are dates."""
    yield from _where(
        table["code"].str.contains(SEPARATOR) | (table["code"].str.strip() != table["code"]),
        "code",
        Text(
            f"a code has no blanks around it and no {SEPARATOR!r} in it", "编码不应含分号或首尾空格"
        ),
    )
    yield from _where(table["code"] == "", "code", Text("the code is missing", "缺少编码"))
    yield from _where(
        ~table["status"].isin(_STATUSES),
        "status",
        Text(f"it should be one of {', '.join(_STATUSES)}", f"应为 {'、'.join(_STATUSES)} 之一"),
    )
    wrong = Text("it should be a date such as 2026-03-01", "应为 2026-03-01 形式的日期")
    yield from _where(~table["valid_from"].map(_is_day).astype(bool), "valid_from", wrong)
    ended = table["valid_to"] != ""
    yield from _where(ended & ~table["valid_to"].map(_is_day).astype(bool), "valid_to", wrong)


def _codes_of_their_scheme(table: pd.DataFrame) -> Iterator[_Broken]:
    """Every code is one of its scheme; patterns of one's own are not known here."""
    codes = table["code"].tolist()
    for name, rows in table.groupby("scheme").indices.items():
        scheme = SCHEMES.get(str(name))
        if scheme is None:
            yield from _where(
                np.isin(np.arange(len(table)), rows) & (name != TEMPLATE),
                "scheme",
                Text(
                    f"there is no scheme {name!r}: {', '.join(SCHEMES)}, {TEMPLATE}",
                    f"没有编码方案 {name!r}：{'、'.join(SCHEMES)}、{TEMPLATE}",
                ),
            )
            continue
        for row in rows:
            if scheme.parse(codes[row]) is None:
                reason = Text(f"it is not {scheme.form.en}", f"不是“{scheme.form.zh}”")
                yield int(row), "code", reason


def _states_end_after_they_begin(table: pd.DataFrame) -> Iterator[_Broken]:
    """Every state holds for a day at least; it is active as long as it has no end."""
    ended = table["valid_to"] != ""
    yield from _where(
        ended & (table["valid_to"] <= table["valid_from"]),
        "valid_to",
        Text("it ends before it begins", "终止日期不晚于起始日期"),
    )
    yield from _where(
        ended == (table["status"] == "active"),
        "status",
        Text("a state is active as long as it has no end", "有终止日期者不应为 active，反之亦然"),
    )
    yield from _where(
        ~ended & (table["successors"] != ""),
        "successors",
        Text("a state that has not ended has successors", "未终止的编码不应有后继编码"),
    )


def _rows_in_order(table: pd.DataFrame) -> Iterator[_Broken]:
    """No record is missing, and no later one begins earlier."""
    version = table["version"].to_numpy(dtype=np.int64)
    step = np.diff(version, prepend=0)
    first = np.arange(len(version)) == 0
    yield from _where(
        (step < 0) | (step > 1) | (first & (step != 1)),
        "version",
        Text("records are missing or out of order", "登记批次缺失或次序错乱"),
    )
    day = table["valid_from"].to_numpy(dtype=object)
    before = np.append(day[:1], day[:-1])
    yield from _where(
        (day < before) | ((step == 0) & (day != before)),
        "valid_from",
        Text("the rows are out of order", "行的日期次序错乱"),
    )


def _one_state_after_another(table: pd.DataFrame) -> Iterator[_Broken]:
    """No gap or overlap is between the states of a code, and none follows its retirement."""
    order = np.argsort(table["code"].to_numpy(dtype=str), kind="stable")
    rows = table.iloc[order]
    again = rows["code"].duplicated().to_numpy()
    before = rows.shift(1)
    yield from _where(
        again & (before["status"] == "retired"),
        "code",
        Text("it was retired, and is given out again", "该编码已停用，不得再次使用"),
        order,
    )
    yield from _where(
        again & ((before["valid_to"] == "") | (before["valid_to"] > rows["valid_from"])),
        "valid_from",
        Text(
            "it begins before its state in the row before has ended", "与该编码上一状态的有效期重叠"
        ),
        order,
    )
    yield from _where(
        again & (before["valid_to"] < rows["valid_from"]),
        "valid_from",
        Text("there is a gap after its state in the row before", "与该编码上一状态之间有空档"),
        order,
    )
    last = np.append(~again[1:], True)[: len(again)]
    yield from _where(
        last & (rows["status"] == "changed").to_numpy(),
        "status",
        Text("a later state should follow, but there is none", "应有后续状态，但没有"),
        order,
    )
    known = np.where(
        again, rows["change"].isin(_LATER_CHANGES), rows["change"].isin(_FIRST_CHANGES)
    )
    reason = Text(
        f"a first state is one of {', '.join(_FIRST_CHANGES)}, a later one of "
        f"{', '.join(_LATER_CHANGES)}",
        f"首个状态应为 {'、'.join(_FIRST_CHANGES)}，其后应为 {'、'.join(_LATER_CHANGES)}",
    )
    yield from _where(~known.astype(bool), "change", reason, order)


def _lineage_agrees(table: pd.DataFrame) -> Iterator[_Broken]:
    """Every predecessor of a code names it as successor on that day, and the reverse."""
    come, came = _links(table, "predecessors", "valid_from")
    go, went = _links(table, "successors", "valid_to")
    forward = {(other, code, day) for code, other, day in come}
    backward = {(code, other, day) for code, other, day in go}
    for row, (code, other, day) in zip(came, come, strict=True):
        if (other, code, day) not in backward:
            reason = Text(f"{other} does not name it as successor", f"{other} 未将其列为后继编码")
            yield row, "predecessors", reason
    for row, (code, other, day) in zip(went, go, strict=True):
        if (code, other, day) not in forward:
            reason = Text(f"{other} does not name it as predecessor", f"{other} 未将其列为前身编码")
            yield row, "successors", reason


def _ground_known(table: pd.DataFrame) -> Iterator[_Broken]:
    """Where the register is kept with ground, every state has polygons."""
    if isinstance(table, gpd.GeoDataFrame):
        shapes = table.geometry.to_numpy()
        fine = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
        yield from _where(~fine, "geometry", Text("it has no polygon", "没有面状图形"))


_RULES: tuple[Callable[[pd.DataFrame], Iterator[_Broken]], ...] = (
    _text_in_cells,
    _values_known,
    _codes_of_their_scheme,
    _states_end_after_they_begin,
    _rows_in_order,
    _one_state_after_another,
    _lineage_agrees,
    _ground_known,
)


def split_codes(cell: str) -> list[str]:
    """Return the codes of a cell.

    Examples
    --------
    >>> split_codes("A-01;A-02"), split_codes("")
    (['A-01', 'A-02'], [])
    """
    return cell.split(SEPARATOR) if cell else []


def _is_day(text: str) -> bool:
    """Return whether a date is written as ``2026-03-01``."""
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _links(
    table: pd.DataFrame, column: str, day: str
) -> tuple[list[tuple[str, str, str]], list[int]]:
    """Return (code, other code, day) of every code in a column, and the row of each."""
    codes, days = table["code"].tolist(), table[day].tolist()
    links, rows = [], []
    for row, cell in enumerate(table[column]):
        for other in split_codes(cell):
            links.append((codes[row], other, days[row]))
            rows.append(row)
    return links, rows


def _where(wrong: Any, name: str, reason: Text, order: Any = None) -> Iterator[_Broken]:
    rows = np.flatnonzero(np.asarray(wrong, dtype=bool))
    rows = rows if order is None else np.sort(order[rows])
    for row in rows:
        yield int(row), name, reason


def check_register(table: pd.DataFrame) -> None:
    """Raise where the table of a register breaks a rule; see `gridgeo.codes.register_rules`.

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
    for rule in _RULES:
        for row, name, reason in rule(table):
            value = table[name].iloc[row] if name in COLUMNS else None
            code = str(table["code"].iloc[row])
            raise InputError(
                Text(f"code {code}: ", f"编码 {code}：") + reason,
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
    if not _is_day(text):
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
        A row is missing or differs; rows count from 1.
    """
    size = min(len(before), len(after))
    open_ = (before["status"] == "active").to_numpy()
    lost = np.arange(len(before)) >= size
    for name in COLUMNS:
        was, is_ = (table[name].to_numpy(dtype=object)[:size] for table in (before, after))
        lost[:size] |= (was != is_) & ~(open_[:size] & (name in _ENDS))
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
