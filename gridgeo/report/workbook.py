"""``grids.xlsx``: what officers read, filter and print.

Codes stay text, and no cell is a formula.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties

from gridgeo.maps import VERDICT_COLOURS
from gridgeo.model import CROSSWALK_COLUMNS, RECORD, SCHEMA, Plan, layer_frame
from gridgeo.report.documents import unused
from gridgeo.report.records import finding_frame, reject_frame
from gridgeo.storage import save_reproducibly
from gridgeo.wording import (
    BORDERS_SEEN,
    CARD_STATES,
    CARDS,
    CERTIFICATES,
    CHANGES,
    COLUMNS,
    DECISIONS,
    FACILITIES,
    FATES,
    KINDS,
    PROOFS,
    SEVERITIES,
    SIDES,
    SIGN_SEEN,
    SOUNDNESS,
    STATUSES,
    UNITS,
    VERDICTS,
    Lang,
    Text,
    header,
    rule_of,
    word,
)

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_GRIDS, _COMMUNITIES = SCHEMA["grids"], SCHEMA["communities"]
_FINDINGS = {
    **dict.fromkeys(("id", "check", "severity", "status", "grid_codes", "message"), "text"),
    "amount": "measure",
    **dict.fromkeys(("unit", "suggestion", "source", "note", "rule"), "text"),
}
_DEDICATED = {
    name: _GRIDS[name]
    for name in (
        *("code", "name", "facility", "community", "community_name", "area_m2"),
        *("households", "bounded_by", "reason"),
    )
}
_REJECTS = {
    **dict.fromkeys(("layer", "file"), "text"),
    "row": "count",
    **dict.fromkeys(("field", "value", "reason"), "text"),
    "households": "count",
}
_CROSSWALK = {**CROSSWALK_COLUMNS, "share_of_old": "measure", "share_of_new": "measure"}


@dataclass(frozen=True)
class Sheet:
    """A sheet: its title, the kind of each column (as `gridgeo.model.schema`), and its rows."""

    title: Text
    columns: Mapping[str, str]
    rows: Callable[[Plan], pd.DataFrame]

    def table(self, plan: Plan) -> pd.DataFrame:
        """Return the rows of `plan` with the columns of the sheet, and those of `RECORD`."""
        rows = self.rows(plan)
        return rows[[*self.columns, *(name for name in RECORD if name in rows.columns)]]


def _findings(plan: Plan) -> pd.DataFrame:
    frame = finding_frame(plan.findings, plan.settings.lang, None)
    titles = [rule_of(rule).title.say(plan.settings.lang) for rule in frame["rule"]]
    return frame.rename(columns={"grids": "grid_codes"}).assign(check=titles)


def _dedicated(plan: Plan) -> pd.DataFrame:
    grids = layer_frame("grids", plan.grids)
    return grids[grids["kind"] == "dedicated"]


def _crosswalk(plan: Plan) -> pd.DataFrame:
    if plan.crosswalk is None:
        return pd.DataFrame(columns=list(_CROSSWALK))
    walk = plan.crosswalk.reset_index(drop=True)
    households = walk["households"].to_numpy(dtype=float)
    old, new = (households / _total_households(walk, column) for column in ("old_code", "new_code"))
    return walk.assign(share_of_old=old, share_of_new=new)


def _total_households(walk: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return the households of the grid of each row, NaN where it is none or nobody lives there."""
    sums = walk.groupby(column)["households"].transform("sum").to_numpy(dtype=float)
    total: NDArray[np.float64] = np.where((sums > 0) & (walk[column] != ""), sums, np.nan)
    return total


#: A new sheet is one line here.
SHEETS = (
    Sheet(Text("grids", "网格"), _GRIDS, lambda plan: layer_frame("grids", plan.grids)),
    Sheet(
        Text("communities", "社区"),
        _COMMUNITIES,
        lambda plan: layer_frame("communities", plan.communities),
    ),
    Sheet(Text("findings", "问题"), _FINDINGS, _findings),
    Sheet(Text("dedicated", "专属网格"), _DEDICATED, _dedicated),
    Sheet(
        Text("considered", "专属网格评估"),
        SCHEMA["considered"],
        lambda plan: layer_frame("considered", plan.considered),
    ),
    Sheet(
        Text("rejects", "未采用的行"),
        _REJECTS,
        lambda plan: reject_frame(unused(plan), plan.settings.lang),
    ),
    Sheet(Text("crosswalk", "新旧编码对照"), _CROSSWALK, _crosswalk),
)


_CODES = (
    *("code", "community", "grid", "grid_codes", "old_code", "new_code"),
    *("predecessors", "successors", "value", "grids_before", "grids_after"),
)
_WIDE = (
    *("bounded_by", "contains", "reason", "message", "proof", "soundness_reason"),
    *("suggestion", "source", "note", "change_reason", "effect", "exception_reason", "remark"),
)
FLAGS = ("dedicated", "moved")
TERMS: Mapping[str, Mapping[str, Text]] = {
    "verdict": VERDICTS,
    "proof": PROOFS,
    "certificate": CERTIFICATES,
    "severity": SEVERITIES,
    "status": STATUSES,
    "soundness": SOUNDNESS,
    "kind": {**FACILITIES, **KINDS},
    "unit": UNITS,
    "change": CHANGES,
    "decision": DECISIONS,
    "side": SIDES,
    "became": FATES,
    "card": CARDS,
    "state_before": CARD_STATES,
    "state_after": CARD_STATES,
}
#: Columns that people fill in with one of these words (none of them has a comma).
_CHOICES: Mapping[str, Mapping[str, Text]] = {
    "decision": DECISIONS,
    "borders_seen": BORDERS_SEEN,
    "sign_seen": SIGN_SEEN,
}
YES_NO = {True: Text("yes", "是"), False: Text("no", "否")}
_FORMATS = {
    "gap": "0.0%",
    "area_m2": "#,##0",
    "amount": "#,##0.##",
    "households": "#,##0",
    "households_moved": "#,##0",
    "residents": "#,##0",
    **dict.fromkeys(("households_before", "households_in", "households_out"), "#,##0"),
    **dict.fromkeys(("area_before_m2", "area_in_m2", "area_out_m2"), "#,##0"),
    **dict.fromkeys(("share_of_old", "share_of_new"), "0.0%"),
}
_NUMBERS = ("grids", "row", *_FORMATS)
#: Excel takes no other control characters, and no cell longer than this.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_LONGEST = 32_767
_FULL_WIDTH = re.compile("[\u2e81-\U0010ffff]")
#: height of a line, and of the tallest row that Excel admits, in points
_LINE_PT, _TALLEST_PT = 15.0, 409.0
#: Columns together wider than this (in letters) would print below 7 points on A4 across.
_WIDEST_A4 = 220.0
_FILL_IN = PatternFill("solid", fgColor="FFFFF8DC")
_THIN = Side("thin", "FFB9B1A0")
_LINE = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD_FILL = PatternFill("solid", fgColor="FF2F4858")


def write_workbook(plan: Plan, path: Path) -> None:
    """Write the tables of `plan` to the new file `path`, in the language of the plan.

    One header row, frozen and filtered; codes are text cells; strings that look like formulas
    are text; control characters are taken out. The last sheet explains each column and
    what it is called in ``plan.gpkg``.
    """
    lang = plan.settings.lang
    write_sheets([(sheet.title.say(lang), sheet.table(plan)) for sheet in SHEETS], path, lang)


def write_sheets(
    sheets: Sequence[tuple[str, pd.DataFrame]],
    path: Path,
    lang: Lang,
    *,
    to_fill: Collection[str] = (),
) -> None:
    """Write tables whose columns `gridgeo.wording.headers` knows, each on a sheet with its title.

    Columns `to_fill` have a light ground, and cells that keep what is typed as text. See
    `write_workbook` for what is promised of the others.
    """
    book = Workbook()
    del book[book.sheetnames[0]]
    for title, table in sheets:
        _sheet(book, title, table, lang)
        _mark_to_fill(book[title], table, to_fill)
    _columns_sheet(book, {name for _, table in sheets for name in table.columns}, lang)
    save_reproducibly(book, path)


def _sheet(book: Workbook, title: str, frame: pd.DataFrame, lang: Lang) -> None:
    sheet = book.create_sheet(title)
    columns = list(frame.columns)
    _header(sheet, [header(name, lang) for name in columns])
    styles: dict[tuple[str, bool], Any] = {}
    for row, values in enumerate(frame.itertuples(index=False), start=2):
        for column, (name, value) in enumerate(zip(columns, values, strict=True), start=1):
            _put(sheet.cell(row, column), _shown(name, value, lang), name, styles)
    _sizes(sheet, columns)
    _verdict_colours(sheet, frame)
    _offer_choices(sheet, columns, lang)
    sheet.auto_filter.ref = sheet.dimensions
    _print_setup(sheet)


def _header(sheet: Worksheet, titles: Iterable[str]) -> None:
    for column, title in enumerate(titles, start=1):
        cell = sheet.cell(1, column, title)
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = _HEAD_FILL
        cell.alignment = Alignment(vertical="center", wrap_text=True)
    sheet.freeze_panes = "A2"


def _shown(name: str, value: Any, lang: Lang) -> Any:
    if name in TERMS:
        return word(TERMS[name], value, lang)
    if name in FLAGS:
        return YES_NO[bool(value)].say(lang)
    return None if pd.isna(value) else value


def _put(cell: Any, value: Any, name: str, styles: dict[tuple[str, bool], Any]) -> None:
    """Write `value` into a cell of the column `name`; cells of one look share one of `styles`.

    To set each property of each cell takes openpyxl longer than all the rest.
    """
    quoted = False
    if isinstance(value, str):
        text = _CONTROL.sub("", value)[:_LONGEST]
        cell.value = text or None
        if text:
            cell.data_type = "s"
            quoted = text[0] in "=+-@\t\r"
    elif value is not None:
        cell.value = float(value) if isinstance(value, float) else int(value)
    if (name, quoted) not in styles:
        _style_rows(cell, name, quoted=quoted)
        styles[name, quoted] = cell._style
    cell._style = styles[name, quoted]


def _style_rows(cell: Any, name: str, *, quoted: bool) -> None:
    cell.quotePrefix = quoted
    if name in _CODES:
        cell.number_format = "@"
    elif name in _FORMATS:
        cell.number_format = _FORMATS[name]
    cell.alignment = Alignment(vertical="top", wrap_text=name not in _NUMBERS)


def _sizes(sheet: Worksheet, columns: Sequence[str]) -> None:
    """Make columns as wide, and rows as high, as their texts need; printing does not find it."""
    shown = [list(map(_cell_text, row, columns)) for row in sheet.iter_rows(values_only=True)]
    widths = [
        float(min(44 if name in _WIDE else 36, 3 + max(map(_text_width, texts))))
        for name, texts in zip(columns, zip(*shown, strict=True), strict=True)
    ]
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for number, texts in enumerate(shown, start=1):
        lines = max(map(_lines, texts, widths), default=1)
        sheet.row_dimensions[number].height = min(_TALLEST_PT, 3 + _LINE_PT * lines)


def _cell_text(value: Any, name: str) -> str:
    """Return a value as its cell shows it."""
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,.2f}" if name == "amount" else f"{value:,.0f}"


def _lines(text: str, width: float) -> int:
    return sum(
        max(1, math.ceil(_text_width(line) / (width - 1))) for line in text.splitlines() or [""]
    )


def _text_width(text: str) -> int:
    """Return how many Latin letters `text` is as wide as."""
    return len(text) if text.isascii() else len(text) + len(_FULL_WIDTH.findall(text))


def _verdict_colours(sheet: Worksheet, frame: pd.DataFrame) -> None:
    if "verdict" not in frame.columns:
        return
    column = list(frame.columns).index("verdict") + 1
    styles: dict[str, Any] = {}
    for row, verdict in enumerate(frame["verdict"], start=2):
        if verdict in VERDICT_COLOURS:
            cell: Any = sheet.cell(row, column)
            if verdict not in styles:
                colour = f"FF{VERDICT_COLOURS[verdict][1:].upper()}"
                cell._style = copy(cell._style)
                cell.fill = PatternFill("solid", fgColor=colour)
                styles[verdict] = cell._style
            cell._style = styles[verdict]


def _offer_choices(sheet: Worksheet, columns: list[str], lang: Lang) -> None:
    """Let the cells of columns in which one of few words is filled in offer these words."""
    for name in (name for name in columns if name in _CHOICES):
        words = ",".join(one.say(lang) for one in _CHOICES[name].values())
        choice = DataValidation(type="list", formula1=f'"{words}"', allow_blank=name != "decision")
        letter = get_column_letter(columns.index(name) + 1)
        choice.add(f"{letter}2:{letter}{sheet.max_row + 1}")
        sheet.add_data_validation(choice)


def _mark_to_fill(sheet: Worksheet, table: pd.DataFrame, columns: Collection[str]) -> None:
    for place, name in enumerate(table.columns, start=1):
        if name in columns:
            for row in range(2, len(table) + 2):
                cell = sheet.cell(row, place)
                cell.fill, cell.border, cell.number_format = _FILL_IN, _LINE, "@"


def _print_setup(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    width = sum(sheet.column_dimensions[letter].width for letter in sheet.column_dimensions)
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4 if width <= _WIDEST_A4 else sheet.PAPERSIZE_A3
    sheet.page_margins = PageMargins(
        left=0.4, right=0.4, top=0.5, bottom=0.7, header=0.3, footer=0.3
    )
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    footer = sheet.HeaderFooter.oddFooter
    if footer is not None and footer.center is not None:
        footer.center.text = "&P / &N"


def _columns_sheet(book: Workbook, used: Collection[str], lang: Lang) -> None:
    """Write a sheet that explains the columns of the others."""
    sheet = book.create_sheet(Text("columns", "字段说明").say(lang))
    titles = (Text("header", "表头"), Text("column", "字段名"), Text("meaning", "说明"))
    _header(sheet, [title.say(lang) for title in titles])
    rows = [(name, *both) for name, both in COLUMNS.items() if name in used]
    for row, (name, title, meaning) in enumerate(rows, start=2):
        for column, text in enumerate((title.say(lang), name, meaning.say(lang)), start=1):
            cell = sheet.cell(row, column, text or None)
            cell.alignment = Alignment(vertical="top", wrap_text=True)
    for letter, width in zip("ABC", (20, 20, 90), strict=True):
        sheet.column_dimensions[letter].width = width
    _print_setup(sheet)
