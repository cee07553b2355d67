"""``report.pdf``: the report on A4, with embedded fonts; every character is looked up before.

Columns are as wide as their words need; a word too long for its column is broken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
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
    Paragraph,
    Pictures,
    Report,
    Table,
    mapped,
    texts_of,
)
from gridgeo.report.content import report_of
from gridgeo.storage import write_file
from gridgeo.typeset import Fonts, by_number, on_one_line, typeset, undrawable
from gridgeo.wording import Text

#: Advance of a character as a share of the type size, generous: words break before they run over.
_CJK, _CAPITAL, _BROAD, _USUAL = 1.0, 0.74, 0.95, 0.57
_BROAD_LETTERS = frozenset("mwMW@%—…⟨⟩")
#: Space at the sides of a cell, and of a chip, in points.
PADDING, _CHIP = 6.0, 11.0
#: Columns of sentences get so much more of the spare width.
_SENTENCE_SHARE = 3.0
#: Text is broken after that many Chinese characters at the earliest, where the page admits it.
_COSY = 8.0
#: Figures stay on one line.
_UNBROKEN = ("number", "place")
_WORD = re.compile(r"[^\s\u2e80-\U0003ffff]+")
_PART = re.compile(r"[^\s\u2e80-\U0003ffff-]+-?")
_BREAK = "\u200b"


def _width_of(text: str, size: float) -> float:
    """Return about how wide `text` is in points, rather too much than too little.

    Examples
    --------
    >>> _width_of("网格", 8.0)
    16.0
    """
    return size * sum(map(_advance, text))


def _advance(letter: str) -> float:
    if ord(letter) >= 0x2E80:
        return _CJK
    if letter in _BROAD_LETTERS:
        return _BROAD
    if letter.isascii() and not letter.isupper():
        return _USUAL
    return _CAPITAL


def column_widths(table: Table, total: float, size: float) -> list[float]:
    """Return the width of each column in points; together they are `total`.

    Where every cell fits on one line it stays on one. Otherwise every column gets what its title,
    its figures and its longest word need, and the rest goes to columns whose usual cell is
    longer. Where even the words do not fit, all shrink alike and `_broken` splits the words.
    """
    count = len(table.columns)
    least, usual, longest = [0.0] * count, [0.0] * count, [0.0] * count
    titles = [Cell(column.title) for column in table.columns]
    for row in (titles, *table.rows):
        for place, cell in enumerate(row):
            form = table.columns[place].form
            word, line = _needs(cell, size, _WORD if form == "code" else _PART)
            whole_line = row is titles or form in _UNBROKEN
            need = line if whole_line else max(word, min(line, PADDING + _COSY * size))
            least[place] = max(least[place], min(need, total / 3))
            longest[place] = max(longest[place], line)
            usual[place] += line / (len(table.rows) + 1)
    if sum(longest) <= total:
        return [total * one / sum(longest) for one in longest]
    spare = total - sum(least)
    if spare <= 0:
        return [total * one / sum(least) for one in least]
    longer = [
        max(mean - low, 1.0) * (_SENTENCE_SHARE if column.form == "told" else 1.0)
        for low, mean, column in zip(least, usual, table.columns, strict=True)
    ]
    return [low + spare * one / sum(longer) for low, one in zip(least, longer, strict=True)]


def _needs(cell: Cell, size: float, pattern: re.Pattern[str]) -> tuple[float, float]:
    """Return the width of the longest word of a cell and of its longest line, with padding."""
    texts = (cell.text, cell.code, cell.under)
    words = [_width_of(word, size) for text in texts for word in pattern.findall(text)]
    chip = 0.0 if cell.chip is None else _width_of(cell.chip.text, size) + _CHIP
    line = chip + _width_of(cell.text, size) + _width_of(cell.code, size)
    longest = max([chip, *words, size if line else 0.0])
    return PADDING + longest, PADDING + max(line, _width_of(cell.under, size))


def _broken(text: str, width: float, size: float) -> str:
    """Return `text` with places to break (U+200B) in words that are wider than `width`.

    Examples
    --------
    >>> _broken("a" * 8 + " bb", 30.0, 8.0).replace(chr(0x200B), "|")
    'aaaaaa|aa bb'
    """
    return _PART.sub(lambda found: _split(found[0], width, size), text)


def _split(word: str, width: float, size: float) -> str:
    pieces, used = [""], 0.0
    for letter in word:
        step = _width_of(letter, size)
        if used + step > width and pieces[-1]:
            pieces.append("")
            used = 0.0
        pieces[-1] += letter
        used += step
    return _BREAK.join(pieces)


def _lines_of(row: Sequence[Cell], widths: Sequence[float], size: float) -> int:
    """Return about how many lines the highest cell of a row takes."""
    return max(
        (
            sum(
                -int(-_width_of(text, size) // max(width - PADDING, size))
                for text in (cell.text + cell.code, cell.under)
            )
            for cell, width in zip(row, widths, strict=True)
        ),
        default=1,
    )


REPORT_PDF = "report.pdf"
_TEMPLATE = "report.typ"
#: Width between the margins and size of the letters in tables, in points.
_WIDTH, _SIZE = 493.0, 8.0
#: A row of more lines than this may go on on the next page.
_TALL = 12


def save_pdf(
    plan: Plan, path: str | Path, fonts: Fonts, *, overwrite: bool = False
) -> tuple[str, ...]:
    """Write the report of `plan` as PDF and return the characters that no font has.

    It has the content of ``report.html``, and a map of every community. What no font has is drawn
    as its number (``[U+1F333]``). The same plan and fonts give the same bytes.

    Raises
    ------
    OutputError
        The file is there without `overwrite`, or it cannot be written.
    """
    pages, missing = _render_pdf(plan, fonts)
    write_file(Path(path), partial(_write, pages), overwrite=overwrite)
    return missing


def _render_pdf(
    plan: Plan, fonts: Fonts, form: Literal["pdf", "png"] = "pdf"
) -> tuple[Any, tuple[str, ...]]:
    """Return the report as PDF (or its pages as PNG), and the characters that no font has."""
    return report_pages(report_of(plan, most_maps=len(plan.communities)), fonts, form)


def report_pages(
    content: Report, fonts: Fonts, form: Literal["pdf", "png"] = "pdf"
) -> tuple[Any, tuple[str, ...]]:
    """Return any report as PDF (or its pages as PNG), and the characters that no font has."""
    report: Report = mapped(content, on_one_line)
    families, missing = undrawable(texts_of(report), fonts)
    report = mapped(report, lambda text: by_number(text, missing))
    sections = [
        {
            "title": section.title,
            "new_page": section.on_new_page,
            "blocks": [_laid_out(block) for block in section.blocks],
        }
        for section in report.sections
    ]
    title = _broken(report.title, _WIDTH, 18.0)
    given = {
        "report": {**asdict(replace(report, title=title, sections=())), "sections": sections},
        "fonts": list(families),
        "width": _WIDTH,
        "size": _SIZE,
    }
    pages = typeset(
        files("gridgeo.report").joinpath("templates", _TEMPLATE).read_bytes(),
        given,
        fonts,
        name=_TEMPLATE,
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
    tall = [_lines_of(row, widths, _SIZE) > _TALL for row in rows]
    return {**asdict(replace(block, rows=rows)), "widths": widths, "tall": tall}


def _short(block: Block) -> Block:
    """Return a block other than a table with words that fit, by the sizes of the template."""
    if isinstance(block, Cards):
        cards = [
            replace(
                card, value=_broken(card.value, 80.0, 11.0), label=_broken(card.label, 80.0, 7.5)
            )
            for card in block.cards
        ]
        return replace(block, cards=cards)
    if isinstance(block, Pictures):
        pictures = [
            replace(
                one, title=_broken(one.title, 150.0, 7.5), caption=_broken(one.caption, 150.0, 7.5)
            )
            for one in block.pictures
        ]
        return replace(block, pictures=pictures)
    if isinstance(block, Paragraph):
        return replace(block, text=_broken(block.text, _WIDTH, 9.5))
    return block


def _fitted(cell: Cell, width: float) -> Cell:
    return replace(
        cell,
        text=_broken(cell.text, width, _SIZE),
        code=_broken(cell.code, width, _SIZE),
        under=_broken(cell.under, width, _SIZE),
    )


def _write(pages: bytes, path: Path) -> None:
    path.write_bytes(pages)
