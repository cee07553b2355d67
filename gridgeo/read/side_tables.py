"""Tables beside the layers: codes of communities, and the roster of grid workers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pandas as pd

from gridgeo.config import Source
from gridgeo.errors import InputError
from gridgeo.formats import TABLES, check_path
from gridgeo.read.columns import candidates
from gridgeo.read.counts import BAD_CELLS, kind_of_cell
from gridgeo.read.tables import load_table
from gridgeo.read.values import LOST_DIGITS, plain_code
from gridgeo.wording import Text

_CODE12 = re.compile(r"\d{12}", re.ASCII)
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
    frame = frame.map(lambda cell: code if _CODE12.fullmatch(code := plain_code(cell)) else cell)
    code = _code_column(frame, path)
    key = _key_column(frame, code, path)
    _check_codes(frame, code, path)
    pairs = frame[[key, code]].drop_duplicates()
    clear = pairs[~pairs[key].duplicated(keep=False)]
    return dict(zip(clear[key], clear[code], strict=True))


def _code_column(frame: pd.DataFrame, path: str) -> str:
    share = {name: frame[name].str.fullmatch(_CODE12.pattern).mean() for name in frame.columns}
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
        if not _CODE12.fullmatch(value):
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


#: Field of the roster -> what its column may be called; the first names are those of the template.
ROSTER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "code": ("网格编码", "grid code", "编码", "code", "网格代码"),
        "name": ("网格名称", "grid name", "grid", "网格"),
        "worker": ("网格员", "grid worker", "网格员姓名", "专职网格员", "worker"),
        "worker_phone": ("网格员电话", "grid worker phone", "网格员手机", "联系电话", "phone"),
        "head": ("网格长", "grid head", "网格长姓名", "head"),
        "head_phone": ("网格长电话", "grid head phone", "网格长手机"),
        "supervision_phone": ("监督电话", "supervision phone", "监督举报电话"),
        "duties": ("职责", "duties", "网格员职责", "工作职责"),
    }
)


_PHONES = ("worker_phone", "head_phone", "supervision_phone")


def read_roster(path: str) -> pd.DataFrame:
    """Return the rows of a roster (``PATH[::SHEET]``, CSV or workbook) as text.

    Parameters
    ----------
    path
        A table with one row a grid: its code, or its name, and the people; see `ROSTER` for the
        names of the columns. Empty rows are passed over.

    Returns
    -------
    DataFrame
        The fields of `ROSTER` (``""`` where not given) and `row`, as the spreadsheet counts it.

    Raises
    ------
    InputError
        The file is no table, has neither a column of codes nor one of names, or codes or phones
        that lost digits.
    """
    source = Source.parse(path)
    file = check_path(source.path)
    if file.suffix.lower() not in TABLES:
        raise InputError(
            Text("a roster is a CSV or a workbook", "人员名册应为 CSV 或 Excel"),
            remedy=Text("Save it as CSV or XLSX", "请另存为 CSV 或 XLSX"),
            file=source.path,
        )
    known = [name for names in ROSTER.values() for name in names]
    table = load_table(file, source.layer, "", lambda cell: bool(candidates([cell], known))).frame
    names = [str(name) for name in table.columns]
    columns = {field: candidates(names, aliases) for field, aliases in ROSTER.items()}
    if not columns["code"] and not columns["name"]:
        has = ", ".join(names)
        raise InputError(
            Text(f"no column of grid codes or names: {has}", f"没有网格编码或网格名称列：{has}"),
            remedy=Text(
                "Use the template that `gridgeo init` writes", "请使用 gridgeo init 生成的人员模板"
            ),
            file=source.path,
        )
    empty = pd.Series("", index=table.index, dtype="str")
    roster = pd.DataFrame(
        {field: table[found[0]] if found else empty for field, found in columns.items()}
    ).astype("str")
    roster["code"] = roster["code"].map(plain_code)
    for field in _PHONES:
        roster[field] = roster[field].map(_plain_phone)
    _check_calculated(roster, columns, source.path)
    _check_digits(roster, columns, source.path)
    roster["row"] = roster.index + 1
    return roster[(table != "").any(axis=1)].reset_index(drop=True)


def _plain_phone(text: str) -> str:
    """Return a phone without what spreadsheets do to it.

    Examples
    --------
    >>> _plain_phone("13812345678.0"), _plain_phone("027-8888 1234")
    ('13812345678', '027-8888 1234')
    """
    code = plain_code(text)
    return code if re.fullmatch(r"\d+", code) and " " not in text.strip() else text


def _check_calculated(
    roster: pd.DataFrame, columns: Mapping[str, Sequence[str]], path: str
) -> None:
    """Raise InputError for a cell with an error or a formula without a stored value."""
    for field, found in columns.items():
        kinds = roster[field].map(kind_of_cell)
        if (kinds != "").any():
            row = kinds.index[kinds != ""][0]
            what, remedy = BAD_CELLS[kinds[row]]
            raise InputError(
                Text(f"the cell is {what.en}", f"该单元格{what.zh}"),
                remedy=Text(remedy.en.format(found[0]), remedy.zh.format(found[0])),
                file=path,
                row=int(str(row)) + 1,
                field=found[0],
                value=roster.at[row, field],
            )


#: a phone whose digits are lost, whatever stands beside it; `####` is a cell that was too narrow
_LOST_PHONE = re.compile(r".*\d\s*e\s*\+\s*\d+.*|\d([.,]\d+)?e\d+|#+", re.IGNORECASE | re.DOTALL)


def _check_digits(roster: pd.DataFrame, columns: Mapping[str, Sequence[str]], path: str) -> None:
    """Raise InputError for codes and phones that a spreadsheet stored as numbers and rounded."""
    for field in ("code", *_PHONES):
        cells = roster[field]
        sign = LOST_DIGITS if field == "code" else _LOST_PHONE
        plain = cells.map(lambda cell: unicodedata.normalize("NFKC", cell))
        lost = cells[plain.map(lambda cell, sign=sign: bool(sign.fullmatch(cell)))]
        cut = cells[cells.str.fullmatch(r"1\d{3}0{7}")]
        if field in _PHONES and len(cut) > 1 and len(cut) == (cells != "").sum():
            lost = cut
        if len(lost):
            what = Text("code", "编码") if field == "code" else Text("phone", "电话")
            raise InputError(
                Text(
                    f"the {what.en} was stored as a number and lost digits",
                    f"{what.zh}按数字存储，末位数字已丢失",
                ),
                remedy=Text(
                    "Set the column to text in the source and fill it again; a CSV that Excel "
                    "saved has lost them for good",
                    "请在原表中将该列设为文本格式后重新填写；由 Excel 另存的 CSV 已无法恢复",
                ),
                file=path,
                row=int(str(lost.index[0])) + 1,
                field=columns[field][0],
                value=lost.iloc[0],
            )


def empty_roster() -> pd.DataFrame:
    """Return a roster without rows."""
    return pd.DataFrame({field: pd.Series([], dtype="str") for field in (*ROSTER, "row")})
