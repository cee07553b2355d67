"""The roster to fill in: one row a grid, with the codes and names of a plan."""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill

from gridgeo.model import Plan
from gridgeo.text import Text
from gridgeo.workbooks import store_book

#: The columns, as `gridgeo.read.read_roster` knows them, and their widths.
COLUMNS = (
    (Text("grid code", "网格编码"), 24),
    (Text("grid name", "网格名称"), 30),
    (Text("grid worker", "网格员"), 14),
    (Text("grid worker phone", "网格员电话"), 18),
    (Text("grid head", "网格长"), 14),
    (Text("grid head phone", "网格长电话"), 18),
    (Text("supervision phone", "监督电话"), 18),
    (Text("duties", "职责"), 50),
)


def write_roster(plan: Plan, path: Path) -> None:
    """Write the workbook: codes and names of the grids of `plan`, the rest empty; all cells text.

    Duties may be left empty: the signs then show what grid workers usually do; several are
    parted by ``；`` or stand on lines of their own.
    """
    book = Workbook()
    del book[book.sheetnames[0]]
    sheet = book.create_sheet(Text("people", "人员").say(plan.settings.lang))
    sheet.append([title.say(plan.settings.lang) for title, _ in COLUMNS])
    for cell in sheet[1]:
        cell.font = Font(bold=True, color="FFFFFFFF")
        cell.fill = PatternFill("solid", fgColor="FF2F4858")
    for row, (code, name) in enumerate(
        zip(plan.grids["code"], plan.grids["name"], strict=True), start=2
    ):
        for column, value in enumerate((code, name, *[""] * (len(COLUMNS) - 2)), start=1):
            cell = sheet.cell(row, column)
            cell.number_format = "@"
            cell.alignment = Alignment(vertical="top", wrap_text=column == len(COLUMNS))
            if value:
                cell.value = "".join(c for c in value if c.isprintable())
                cell.data_type = "s"
    for letter, (_, width) in zip("ABCDEFGH", COLUMNS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "C2"
    store_book(book, path)
