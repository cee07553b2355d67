"""``grids.xlsx`` read back: the tables that were written, whatever the order of their columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook

from gridgeo.errors import InputError, why
from gridgeo.model import DTYPES
from gridgeo.report.workbook import FLAGS, SHEETS, TERMS, YES_NO, Sheet
from gridgeo.wording import LANGS, Lang, Text, header


def read_workbook(path: str | Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a workbook that `gridgeo` wrote for a plan, by their English titles.

    Columns and terms are those of ``plan.gpkg`` (``verdict`` is ``in_band``, not 达标), in their
    order, whatever the language of the workbook; columns may have been moved, added, and rows
    sorted, filtered or changed. Codes are text.

    Raises
    ------
    InputError
        The file is no workbook, lacks a sheet or a column, or a count is no number.

    Examples
    --------
    >>> read_workbook("out/grids.xlsx")["grids"]["code"].tolist()[:2]
    ['420102001001001', '420102001001002']
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
    except (CalamineError, OSError) as error:
        raise InputError(
            Text("the workbook cannot be read: ", "无法读取工作簿：") + why(error),
            file=str(path),
        ) from error
    return {sheet.title.en: _table(book, sheet, str(path)) for sheet in SHEETS}


def _table(book: CalamineWorkbook, sheet: Sheet, file: str) -> pd.DataFrame:
    lang, title = next(
        (
            (lang, sheet.title.say(lang))
            for lang in LANGS
            if sheet.title.say(lang) in book.sheet_names
        ),
        ("zh", ""),
    )
    if not title:
        raise _lacks(Text(f"sheet {sheet.title.en}", f"工作表“{sheet.title.zh}”"), file)
    titles, *rows = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
    columns = {
        name: _column(titles, rows, name, kind, lang=lang, file=file, sheet=title)
        for name, kind in sheet.columns.items()
    }
    return pd.DataFrame(columns)


def _column(
    titles: Sequence[Any],
    rows: Sequence[Sequence[Any]],
    name: str,
    kind: str,
    *,
    lang: Lang,
    file: str,
    sheet: str,
) -> pd.Series[Any]:
    title = header(name, lang)
    if title not in titles:
        raise _lacks(
            Text(f"column {title} on sheet {sheet}", f"工作表“{sheet}”的“{title}”列"), file
        )
    place = titles.index(title)
    keys = _keys(name, lang)
    values = [_value(row[place], kind, keys) for row in rows]
    wrong = next((n for n, value in enumerate(values, start=2) if value is None), None)
    if wrong is not None:
        raise InputError(
            Text("no number", "不是数字"),
            file=file,
            layer=sheet,
            row=wrong,
            field=title,
            value=str(rows[wrong - 2][place]),
        )
    column: pd.Series[Any] = pd.Series(values, dtype=DTYPES[kind])
    return column


def _keys(name: str, lang: Lang) -> dict[str, Any]:
    """Return what the words of a column mean."""
    words: dict[Any, Text] = YES_NO if name in FLAGS else dict(TERMS.get(name, {}))
    return {text.say(lang): key for key, text in words.items()}


def _value(cell: Any, kind: str, keys: dict[str, Any]) -> Any:
    """Return a cell as its column holds it, None where it is no number and should be."""
    if kind == "flag":
        return keys.get(str(cell), False)
    if kind == "text":
        text = f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)
        return keys.get(text, text)
    if cell == "":
        return math.nan if kind == "measure" else 0
    try:
        return float(cell) if kind == "measure" else int(float(cell))
    except ValueError:
        return None


def _lacks(what: Text, file: str) -> InputError:
    return InputError(
        Text("the workbook lacks ", "工作簿缺少") + what,
        file=file,
        remedy=Text("Restore it as gridgeo wrote it", "请恢复为 gridgeo 生成时的样式"),
    )
