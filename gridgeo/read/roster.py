"""The roster of people: who works in which grid, and how they are reached."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from gridgeo.config import Source
from gridgeo.errors import InputError
from gridgeo.read.columns import candidates
from gridgeo.read.probe import TABLES, check_path
from gridgeo.read.tables import blank_or_total, load_table
from gridgeo.text import Text

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
        The file is no table, or has neither a column of codes nor one of names.
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
    roster["row"] = roster.index + 1
    blank, _ = blank_or_total(table)
    return roster[~blank].reset_index(drop=True)


def empty_roster() -> pd.DataFrame:
    """Return a roster without rows."""
    return pd.DataFrame({field: pd.Series([], dtype="str") for field in (*ROSTER, "row")})
