"""``report.pdf``: the report on A4, with fonts embedded and every character looked up before."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from gridgeo.model import Plan
from gridgeo.report.blocks import (
    Block,
    Cards,
    Cell,
    Pictures,
    Report,
    Table,
    Words,
    mapped,
    texts_of,
)
from gridgeo.report.columns import PADDING, broken, column_widths, lines_of
from gridgeo.report.content import report_of
from gridgeo.report.folder import write_file
from gridgeo.text import Text
from gridgeo.typeset import Fonts, by_number, on_one_line, typeset, undrawable

PAPER = "report.pdf"
TEMPLATE = "report.typ"
#: Width between the margins and size of the letters in tables, in points.
_WIDTH, _SIZE = 493.0, 8.0
#: A row of more lines than this may go on on the next page.
_TALL = 12


def save_paper(
    plan: Plan, path: str | Path, fonts: Fonts, *, overwrite: bool = False
) -> tuple[str, ...]:
    """Write the report of `plan` as PDF and return the characters that no font has.

    It says what ``report.html`` says, with a map of every community. What no font has is drawn
    as its number (``[U+1F333]``). The same plan and fonts give the same bytes.

    Raises
    ------
    OutputError
        The file is there without `overwrite`, or it cannot be written.
    """
    pages, missing = paper(plan, fonts)
    write_file(Path(path), partial(_write, pages), overwrite=overwrite)
    return missing


def paper(
    plan: Plan, fonts: Fonts, form: Literal["pdf", "png"] = "pdf"
) -> tuple[Any, tuple[str, ...]]:
    """Return the report as PDF (or its pages as PNG), and the characters that no font has."""
    report: Report = mapped(report_of(plan, most_maps=len(plan.communities)), on_one_line)
    families, missing = undrawable(texts_of(report), fonts)
    report = mapped(report, lambda text: by_number(text, missing))
    sections = [
        {"title": section.title, "blocks": [_laid_out(block) for block in section.blocks]}
        for section in report.sections
    ]
    title = broken(report.title, _WIDTH, 18.0)
    given = {
        "report": {**asdict(replace(report, title=title, sections=())), "sections": sections},
        "fonts": list(families),
        "width": _WIDTH,
        "size": _SIZE,
    }
    pages = typeset(
        files("gridgeo.report").joinpath("templates", TEMPLATE).read_bytes(),
        given,
        fonts,
        name=TEMPLATE,
        remedy=Text("Report this as a mistake of gridgeo", "请将此问题反馈给 gridgeo"),
        form=form,
    )
    return pages, tuple(sorted(missing))


def _laid_out(block: Block) -> dict[str, Any]:
    """Return a block as plain data; a table knows its widths, and no word is too long."""
    if not isinstance(block, Table):
        return asdict(_short(block))
    widths = column_widths(block, _WIDTH, _SIZE)
    rows = [
        [_fitted(cell, width - PADDING) for cell, width in zip(row, widths, strict=True)]
        for row in block.rows
    ]
    tall = [lines_of(row, widths, _SIZE) > _TALL for row in rows]
    return {**asdict(replace(block, rows=rows)), "widths": widths, "tall": tall}


def _short(block: Block) -> Block:
    """Return a block other than a table with words that fit, by the sizes of the template."""
    if isinstance(block, Cards):
        cards = [
            replace(card, value=broken(card.value, 80.0, 11.0), label=broken(card.label, 80.0, 7.5))
            for card in block.cards
        ]
        return replace(block, cards=cards)
    if isinstance(block, Pictures):
        pictures = [
            replace(
                one, title=broken(one.title, 150.0, 7.5), caption=broken(one.caption, 150.0, 7.5)
            )
            for one in block.pictures
        ]
        return replace(block, pictures=pictures)
    if isinstance(block, Words):
        return replace(block, text=broken(block.text, _WIDTH, 9.5))
    return block


def _fitted(cell: Cell, width: float) -> Cell:
    return replace(
        cell,
        text=broken(cell.text, width, _SIZE),
        code=broken(cell.code, width, _SIZE),
        under=broken(cell.under, width, _SIZE),
    )


def _write(pages: bytes, path: Path) -> None:
    path.write_bytes(pages)
