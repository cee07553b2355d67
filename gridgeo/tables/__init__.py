"""Cells of tables as files hold them: workbooks, delimited text, web pages; and their headers."""

from __future__ import annotations

from gridgeo.tables.cells import (
    WHOLE_NUMBERS,
    plain_cells,
    with_plain_numbers,
)
from gridgeo.tables.delimited import (
    delimited_cells,
)
from gridgeo.tables.header import (
    Header,
    find_header,
)
from gridgeo.tables.header_terms import (
    datum_of,
    multiplier_of,
    simplified,
    without_datum,
    without_unit,
)
from gridgeo.tables.markup import (
    excel_xml_sheet,
    kind_of_text,
    web_page_sheet,
)
from gridgeo.tables.workbook import (
    Merged,
    Sheet,
    read_sheet,
    sheet_names,
)

__all__ = [
    "WHOLE_NUMBERS",
    "Header",
    "Merged",
    "Sheet",
    "datum_of",
    "delimited_cells",
    "excel_xml_sheet",
    "find_header",
    "kind_of_text",
    "multiplier_of",
    "plain_cells",
    "read_sheet",
    "sheet_names",
    "simplified",
    "web_page_sheet",
    "with_plain_numbers",
    "without_datum",
    "without_unit",
]
