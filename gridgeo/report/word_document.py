"""A report as DOCX: what the PDF has, in a document that Word and WPS open and officers edit."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridgeo.report.blocks import (
    Block,
    Cards,
    Cell,
    Legend,
    Paragraph,
    Pictures,
    Report,
    Signatures,
    Table,
    mapped,
    texts_of,
)
from gridgeo.report.pdf import PADDING, column_widths
from gridgeo.storage import write_zip_reproducibly
from gridgeo.typeset import Fonts, by_number, on_one_line, typeset, undrawable
from gridgeo.wording import Text

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table as WordTable
    from docx.table import _Cell as WordCell
    from docx.text.paragraph import Paragraph as WordParagraph

#: Fonts of Windows and WPS; readers that lack them take their own.
_LATIN, _CHINESE = "Times New Roman", "宋体"
#: Width between the margins in points, and the sizes of text.
_WIDTH, _TEXT, _SMALL, _QUIET = 482.0, 10.5, 8.5, "5D6B73"
_HEAD = "EEF2F4"
_STATES = {"green": "2E8B57", "amber": "E0A526", "red": "C0392B", "unknown": "B9C2C7"}
#: Pictures are drawn this much larger than they stand on the page, for print.
_ENLARGED = 2.0
_TEMPLATE = "pictures.typ"
_PER_ROW = {"map": 1, "charts": 3, "maps": 2}
_ROW_HEIGHT = 36.0


def write_docx(report: Report, path: Path, fonts: Fonts, date: dt.date) -> tuple[str, ...]:
    """Write any report as DOCX and return the characters that no font of its pictures has.

    `fonts` draw the pictures. The same report, fonts and date give the same bytes.
    """
    shown: Report = mapped(report, on_one_line)
    families, missing = undrawable(texts_of(_pictures(shown)), fonts)
    pictures = _drawn(
        mapped(_pictures(shown), lambda text: by_number(text, missing)), fonts, families
    )
    document = _empty(shown, date)
    document.add_paragraph(shown.title, style="Title")
    lead = document.add_paragraph(shown.subtitle)
    if shown.state:
        lead.add_run(f"  {shown.state}").bold = True
    for section in shown.sections:
        if section.title:
            heading = document.add_heading(section.title, level=1)
            heading.paragraph_format.page_break_before = section.on_new_page
        for block in section.blocks:
            _write(document, block, pictures)
    packed = io.BytesIO()
    document.save(packed)
    write_zip_reproducibly(packed, path)
    return tuple(sorted(missing))


def _pictures(report: Report) -> list[str]:
    """Return the drawings of a report in their order."""
    return [
        picture.svg
        for section in report.sections
        for block in section.blocks
        if isinstance(block, Pictures)
        for picture in block.pictures
    ]


def _drawn(drawings: Sequence[str], fonts: Fonts, families: Sequence[str]) -> Iterator[bytes]:
    """Return the drawings as PNG, in their order: a document of Word holds no SVG of ours."""
    if not drawings:
        return iter(())
    pages: list[bytes] | bytes = typeset(
        files("gridgeo.report").joinpath("templates", _TEMPLATE).read_bytes(),
        {"pictures": list(drawings), "fonts": list(families), "width": _WIDTH * _ENLARGED},
        fonts,
        name=_TEMPLATE,
        remedy=Text("Report this as a mistake of gridgeo", "请将此问题反馈给 gridgeo"),
        form="png",
    )
    return iter([pages] if isinstance(pages, bytes) else pages)


def _empty(report: Report, date: dt.date) -> Document:
    """Return a document of A4 pages with our styles, header and footer, made on `date`."""
    import docx  # noqa: PLC0415  (only when it is needed)
    from docx.shared import Mm, Pt, RGBColor  # noqa: PLC0415

    document = docx.Document()
    for name, size in (("Normal", _TEXT), ("Title", 20.0), ("Heading 1", 13.0)):
        style: Any = document.styles[name]
        style.font.name, style.font.size = _LATIN, Pt(size)
        style.font.color.rgb = RGBColor(0x22, 0x31, 0x3A)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(_name(f"w:{theme}"), None)
        fonts.set(_name("w:eastAsia"), _CHINESE)
    normal: Any = document.styles["Normal"]
    normal.paragraph_format.space_after = Pt(4)
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(20)
    page.top_margin, page.bottom_margin = Mm(22), Mm(20)
    _quiet(page.header.paragraphs[0], f"{report.title}    {report.state}".strip())
    footer = page.footer.paragraphs[0]
    _quiet(footer, f"{report.maker}    ")
    _field(footer, "PAGE")
    _quiet(footer, " / ")
    _field(footer, "NUMPAGES")
    facts = document.core_properties
    facts.author, facts.title, facts.comments = "gridgeo", report.title, ""
    facts.created = facts.modified = dt.datetime.combine(date, dt.time())
    facts.language = "zh-CN" if report.lang == "zh" else "en-GB"
    return document


def _name(tag: str) -> str:
    from docx.oxml.ns import qn  # noqa: PLC0415

    return qn(tag)


def _quiet(paragraph: WordParagraph, text: str) -> None:
    """Add `text` in small grey letters."""
    from docx.shared import Pt, RGBColor  # noqa: PLC0415

    run = paragraph.add_run(text)
    run.font.size, run.font.color.rgb = Pt(_SMALL), RGBColor.from_string(_QUIET)


def _field(paragraph: WordParagraph, code: str) -> None:
    """Add a field (the number of the page) that the reader computes."""
    from docx.oxml import OxmlElement  # noqa: PLC0415
    from docx.shared import Pt  # noqa: PLC0415

    run = paragraph.add_run()
    run.font.size = Pt(_SMALL)
    for kind in ("begin", "", "end"):
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(_name("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = code
        run._r.append(mark)


def _write(document: Document, block: Block, pictures: Iterator[bytes]) -> None:
    """Add a block to the document."""
    if isinstance(block, Table):
        _table(document, block)
    elif isinstance(block, Cards):
        _cards(document, block)
    elif isinstance(block, Paragraph):
        paragraph = document.add_paragraph()
        _quiet(paragraph, block.text) if block.quiet else paragraph.add_run(block.text)
    elif isinstance(block, Pictures):
        _figures(document, block, pictures)
    elif isinstance(block, Legend):
        paragraph = document.add_paragraph()
        for colour, label in block.entries:
            _chip(paragraph, "    ", colour, light=False)
            _quiet(paragraph, f" {label}     ")
    else:
        _signatures(document, block)


def _framed(document: Document, rows: int, widths: Sequence[float]) -> WordTable:
    from docx.shared import Pt  # noqa: PLC0415

    table: WordTable = document.add_table(rows, len(widths))
    table.style, table.autofit = "Table Grid", False
    margins = _flag("w:tblCellMar")
    for side in ("left", "right"):
        margin = _flag(f"w:{side}")
        margin.set(
            _name("w:w"), f"{PADDING * 10:.0f}"
        )  # half the padding, in twentieths of a point
        margin.set(_name("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Pt(width)
        for cell in column.cells:
            cell.width = Pt(width)
    return table


def _table(document: Document, block: Table) -> None:
    if block.folded:
        document.add_paragraph().add_run(block.folded).bold = True
    titled = any(column.title for column in block.columns)
    widths = column_widths(block, _WIDTH, _SMALL)
    table = _framed(document, len(block.rows) + titled, widths)
    rows = [row.cells for row in table.rows]  # looking cells up one by one takes far longer
    if titled:
        for cell, column in zip(rows[0], block.columns, strict=True):
            _fill(cell, Cell(column.title), form="text", bold=True)
            _shade(cell, _HEAD)
        head = table.rows[0]._tr.get_or_add_trPr()
        head.append(_flag("w:tblHeader"))
    for row in table.rows:
        row._tr.get_or_add_trPr().append(_flag("w:cantSplit"))
    for cells, values in zip(rows[titled:], block.rows, strict=True):
        for cell, value, column in zip(cells, values, block.columns, strict=True):
            _fill(cell, value, form=column.form)
    document.add_paragraph()


def _flag(tag: str) -> Any:
    from docx.oxml import OxmlElement  # noqa: PLC0415

    return OxmlElement(tag)


def _fill(cell: WordCell, value: Cell, *, form: str, bold: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.shared import Pt  # noqa: PLC0415

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(0)
    if form == "number":
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if value.chip is not None:
        _chip(paragraph, f" {value.chip.text} ", value.chip.colour, light=value.chip.light)
    if value.text:
        run = paragraph.add_run(f" {value.text}" if value.chip else value.text)
        run.font.size, run.bold = Pt(_SMALL), bold
    if value.code:
        _quiet(paragraph, f" {value.code}" if value.text else value.code)
    if value.under:
        under = cell.add_paragraph()
        under.paragraph_format.space_after = Pt(0)
        _quiet(under, value.under)


def _chip(paragraph: WordParagraph, text: str, colour: str, *, light: bool) -> None:
    """Add `text` on a coloured ground."""
    from docx.shared import Pt, RGBColor  # noqa: PLC0415

    run = paragraph.add_run(text)
    run.font.size = Pt(_SMALL)
    if light:
        run.font.color.rgb = RGBColor(0xFF, 0xFF, 0xFF)
    run._r.get_or_add_rPr().append(_shading(colour))


def _shade(cell: WordCell, colour: str) -> None:
    cell._tc.get_or_add_tcPr().append(_shading(colour))


def _shading(colour: str) -> Any:
    mark = _flag("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", colour.lstrip("#").upper())):
        mark.set(_name(f"w:{key}"), value)
    return mark


def _cards(document: Document, block: Cards) -> None:
    columns = 5
    rows = -(-len(block.cards) // columns)
    table = _framed(document, rows, [_WIDTH / columns] * columns)
    cells = [cell for row in table.rows for cell in row.cells]
    for cell, card in zip(cells, block.cards, strict=False):
        paragraph = cell.paragraphs[0]
        if card.state:
            _chip(paragraph, "  ", _STATES[card.state], light=False)
        paragraph.add_run(f" {card.value}" if card.state else card.value).bold = True
        _quiet(cell.add_paragraph(), card.label)
    document.add_paragraph()


def _figures(document: Document, block: Pictures, pictures: Iterator[bytes]) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415
    from docx.shared import Pt  # noqa: PLC0415

    columns = _PER_ROW[block.form]
    rows = -(-len(block.pictures) // columns)
    table = document.add_table(rows, columns)
    cells = [cell for row in table.rows for cell in row.cells]
    for cell, picture in zip(cells, block.pictures, strict=False):
        paragraph = cell.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run().add_picture(io.BytesIO(next(pictures)), width=Pt(_WIDTH / columns - 14))
        if picture.title or picture.caption:
            under = cell.add_paragraph()
            under.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _quiet(under, f"{picture.title}  {picture.caption}".strip())


def _signatures(document: Document, block: Signatures) -> None:
    from docx.shared import Pt  # noqa: PLC0415

    first = _WIDTH / 3
    beside = [(_WIDTH - first) / len(block.beside)] * len(block.beside)
    table = _framed(document, len(block.roles), [first, *beside])
    for row, role in zip(table.rows, block.roles, strict=True):
        row.height = Pt(_ROW_HEIGHT)
        row._tr.get_or_add_trPr().append(_flag("w:cantSplit"))
        row.cells[0].paragraphs[0].add_run(role).bold = True
        row.cells[0].paragraphs[0].paragraph_format.keep_with_next = True
        for cell, one in zip(row.cells[1:], block.beside, strict=True):
            _quiet(cell.paragraphs[0], one)
