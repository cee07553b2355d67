"""Made-up people for the notice signs of the Wuhan sample."""

from __future__ import annotations

from pathlib import Path

import openpyxl

PEOPLE = {"网格员": "张晓梅", "网格员电话": "027-8280 0001", "网格长": "李建国",
          "网格长电话": "027-8280 0002", "监督电话": "12345"}  # fmt: skip


def fill_roster(path: Path, target: Path) -> None:
    """Write the roster `path` with made-up people as the file `target`."""
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    columns = {str(cell.value): cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        for title, value in PEOPLE.items():
            sheet.cell(row, columns[title], value)
    book.save(target)
