"""Codes of communities from a table: name or own code, and the 12-digit code."""

from __future__ import annotations

import re

import pandas as pd

from gridgeo.errors import InputError
from gridgeo.read.columns import candidates
from gridgeo.read.probe import TABLES, check_path
from gridgeo.read.tables import load_table
from gridgeo.text import Text

_CODE = (
    "code12",
    "12位编码",
    "编码",
    "代码",
    "统计用区划代码",
    "社区编码",
    "社区代码",
    "code",
    "*编码",
    "*代码",
    "*code*",
)


def read_code_mapping(path: str) -> dict[str, str]:
    """Return community name (or own code) -> 12-digit code from a CSV or a workbook.

    The code column is the one whose cells are 12 digits; the key is the first other column
    that is filled in every row. A name that stands for several codes (villages of two towns)
    names none of them and is left out. Raises InputError for a code that is not 12 digits.
    """
    file = check_path(path)
    if file.suffix.lower() not in TABLES:
        raise InputError(
            Text("a code table is a CSV or a workbook", "编码对照表应为 CSV 或 Excel"),
            remedy=Text("Save it as CSV or XLSX", "请另存为 CSV 或 XLSX"),
            file=path,
        )
    frame = load_table(file, "", "", lambda cell: bool(candidates([cell], _CODE))).frame
    frame = frame[(frame != "").any(axis=1)]
    code = _code_column(frame, path)
    key = _key_column(frame, code, path)
    _check_codes(frame, code, path)
    pairs = frame[[key, code]].drop_duplicates()
    clear = pairs[~pairs[key].duplicated(keep=False)]
    return dict(zip(clear[key], clear[code], strict=True))


def _code_column(frame: pd.DataFrame, path: str) -> str:
    share = {name: frame[name].str.fullmatch(r"\d{12}").mean() for name in frame.columns}
    best = max(frame.columns, key=lambda name: share[name], default="")
    if best and share[best] > 0.5:
        return str(best)
    named = candidates([str(name) for name in frame.columns], _CODE)
    if named:
        return named[0]
    raise _no_column(frame, path)


def _key_column(frame: pd.DataFrame, code: str, path: str) -> str:
    others = [str(name) for name in frame.columns if name != code and (frame[name] != "").all()]
    if not others:
        raise _no_column(frame, path)
    wanted = (
        "社区名称",
        "村社区名称",
        "村名",
        "名称",
        "name",
        "社区",
        "village",
        "community",
        "*名称",
        "*name",
    )
    return next(iter(candidates(others, wanted)), others[0])


def _no_column(frame: pd.DataFrame, path: str) -> InputError:
    has = ", ".join(str(name) for name in frame.columns)
    return InputError(
        Text(f"no column of names and 12-digit codes: {has}", f"没有名称和 12 位编码两列：{has}"),
        remedy=Text("Give two columns, name and code12", "请提供“名称”和“编码”两列"),
        file=path,
    )


def _check_codes(frame: pd.DataFrame, code: str, path: str) -> None:
    for place, value in frame[code].items():
        if not re.fullmatch(r"\d{12}", value):
            raise InputError(
                Text("the code is not 12 digits", "编码不是 12 位数字"),
                remedy=Text(
                    "Store the column as text and correct the code", "请将该列设为文本并更正编码"
                ),
                file=path,
                row=int(str(place)) + 1,
                field=code,
                value=value or "''",
            )
