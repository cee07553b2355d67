"""The folder of a plan: written atomically, and read back."""

from __future__ import annotations

from gridgeo.report.blocks import (
    Block,
    Card,
    Cards,
    Cell,
    Column,
    Paragraph,
    Picture,
    Pictures,
    Report,
    ReportTexts,
    Section,
    Signatures,
    Table,
    number,
)
from gridgeo.report.card import (
    plan_card,
)
from gridgeo.report.content import (
    overview_blocks,
)
from gridgeo.report.documents import (
    RUN,
    SUMMARY,
)
from gridgeo.report.geopackage import (
    append_layer,
    append_styles,
    append_table,
)
from gridgeo.report.load import (
    load_plan,
)
from gridgeo.report.page import (
    chunks_page,
)
from gridgeo.report.pdf import (
    REPORT_PDF,
    report_pages,
    save_pdf,
)
from gridgeo.report.records import (
    finding_frame,
    findings_of,
    note_frame,
    notes_of,
    plan_findings,
    reject_frame,
    settings_frame,
    settings_of,
)
from gridgeo.report.results import (
    check_adjusted,
    check_comparison,
    check_repaired,
    save_adjusted,
    save_comparison,
    save_repaired,
)
from gridgeo.report.save import (
    WRITERS,
    check_target,
    save_approved,
    save_plan,
)
from gridgeo.report.seal import (
    sealed,
)
from gridgeo.report.styles import (
    style_frame,
)
from gridgeo.report.submission import (
    check_submission,
    save_submission,
)
from gridgeo.report.word_document import (
    write_docx,
)
from gridgeo.report.workbook import (
    write_sheets,
)
from gridgeo.report.workbook_reader import (
    read_workbook,
)

__all__ = [
    "REPORT_PDF",
    "RUN",
    "SUMMARY",
    "WRITERS",
    "Block",
    "Card",
    "Cards",
    "Cell",
    "Column",
    "Paragraph",
    "Picture",
    "Pictures",
    "Report",
    "ReportTexts",
    "Section",
    "Signatures",
    "Table",
    "append_layer",
    "append_styles",
    "append_table",
    "check_adjusted",
    "check_comparison",
    "check_repaired",
    "check_submission",
    "check_target",
    "chunks_page",
    "finding_frame",
    "findings_of",
    "load_plan",
    "note_frame",
    "notes_of",
    "number",
    "overview_blocks",
    "plan_card",
    "plan_findings",
    "read_workbook",
    "reject_frame",
    "report_pages",
    "save_adjusted",
    "save_approved",
    "save_comparison",
    "save_pdf",
    "save_plan",
    "save_repaired",
    "save_submission",
    "sealed",
    "settings_frame",
    "settings_of",
    "style_frame",
    "write_docx",
    "write_sheets",
]
