"""How wide the columns of a printed table are, and where a word too long for its column breaks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gridgeo.report.blocks import Cell, Table

#: Advance of a character as a share of the type size, generous: words break before they run over.
_CJK, _CAPITAL, _BROAD, _USUAL = 1.0, 0.74, 0.95, 0.57
_BROAD_LETTERS = frozenset("mwMW@%—…⟨⟩")
#: Space at the sides of a cell, and of a chip, in points.
PADDING, _CHIP = 6.0, 8.0
#: What is told at length gets so much more of the room to spare.
_TOLD = 3.0
#: Text is broken after that many Chinese characters at the earliest, where the page admits it.
_COSY = 8.0
#: Figures stay on one line.
_UNBROKEN = ("number", "place")
_WORD = re.compile(r"[^\s\u2e80-\U0003ffff]+")
_PART = re.compile(r"[^\s\u2e80-\U0003ffff-]+-?")
_BREAK = "\u200b"


def width_of(text: str, size: float) -> float:
    """Return about how wide `text` is in points, rather too much than too little.

    Examples
    --------
    >>> width_of("网格", 8.0)
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


def column_widths(table: Table, whole: float, size: float) -> list[float]:
    """Return the width of each column in points; together they are `whole`.

    Where every cell fits on one line it stays on one. Otherwise every column gets what its title,
    its figures and its longest word need, and the rest goes to columns whose usual cell is
    longer. Where even the words do not fit, all shrink alike and `broken` splits the words.
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
            least[place] = max(least[place], min(need, whole / 3))
            longest[place] = max(longest[place], line)
            usual[place] += line / (len(table.rows) + 1)
    if sum(longest) <= whole:
        return [whole * one / sum(longest) for one in longest]
    spare = whole - sum(least)
    if spare <= 0:
        return [whole * one / sum(least) for one in least]
    longer = [
        max(mean - low, 1.0) * (_TOLD if column.form == "told" else 1.0)
        for low, mean, column in zip(least, usual, table.columns, strict=True)
    ]
    return [low + spare * one / sum(longer) for low, one in zip(least, longer, strict=True)]


def _needs(cell: Cell, size: float, pattern: re.Pattern[str]) -> tuple[float, float]:
    """Return the width of the longest word of a cell and of its longest line, with padding."""
    texts = (cell.text, cell.code, cell.under)
    words = [width_of(word, size) for text in texts for word in pattern.findall(text)]
    chip = 0.0 if cell.chip is None else width_of(cell.chip.text, size) + _CHIP
    line = chip + width_of(cell.text, size) + width_of(cell.code, size)
    longest = max([chip, *words, size if line else 0.0])
    return PADDING + longest, PADDING + max(line, width_of(cell.under, size))


def broken(text: str, width: float, size: float) -> str:
    """Return `text` with places to break (U+200B) in words that are wider than `width`.

    Examples
    --------
    >>> broken("a" * 8 + " bb", 30.0, 8.0).replace(chr(0x200B), "|")
    'aaaaaa|aa bb'
    """
    return _PART.sub(lambda found: _split(found[0], width, size), text)


def _split(word: str, width: float, size: float) -> str:
    pieces, used = [""], 0.0
    for letter in word:
        step = width_of(letter, size)
        if used + step > width and pieces[-1]:
            pieces.append("")
            used = 0.0
        pieces[-1] += letter
        used += step
    return _BREAK.join(pieces)


def lines_of(row: Sequence[Cell], widths: Sequence[float], size: float) -> int:
    """Return about how many lines the highest cell of a row takes."""
    return max(
        (
            sum(
                -int(-width_of(text, size) // max(width - PADDING, size))
                for text in (cell.text + cell.code, cell.under)
            )
            for cell, width in zip(row, widths, strict=True)
        ),
        default=1,
    )
