"""Delimited text: the separator, the rows, and the row of a quotation mark that is not closed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from itertools import islice

from gridgeo.errors import InputError
from gridgeo.wording import Text

_SEPARATORS = ",;\t|，；"
#: the separator is found in so many rows
_WITHIN = 30


def delimited_cells(text: str, path: str, knows: Callable[[str], bool]) -> list[list[str]]:
    """Return the cells of delimited text.

    The separator is the one that gives a row with most names that `knows` accepts; then the one
    that most rows agree on. Raises InputError naming the row where a quotation mark is wrong.
    """
    previous = csv.field_size_limit(max(len(text), 131_072))
    head = "\n".join(islice(text.splitlines(), _WITHIN))
    separator = max(_SEPARATORS, key=lambda one: _fit(head, one, knows))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[list[str]] = []
    try:
        for row in reader:
            rows.append(row)  # noqa: PERF402  (the rows before an error are counted)
    except csv.Error as error:
        raise _wrong_quote(path, len(rows) + 1, str(error)) from error
    finally:
        csv.field_size_limit(previous)
    if reader.line_num > len(rows):
        _check_long_cells(rows, separator, path)
    return rows


def _fit(head: str, separator: str, knows: Callable[[str], bool]) -> tuple[int, int, int]:
    rows = list(csv.reader(io.StringIO(head), delimiter=separator))
    named = max((sum(knows(c.strip()) for c in row if c.strip()) for row in rows), default=0)
    widths = [len(row) for row in rows if len(row) > 1]
    agreed = max((widths.count(width) for width in set(widths)), default=0)
    return (named if widths else 0, agreed, head.count(separator))


def _check_long_cells(rows: list[list[str]], separator: str, path: str) -> None:
    """Refuse a cell over several lines that look like rows of the table: its mark is not closed."""
    width = max(len(row) for row in rows[:_WITHIN])
    for number, row in enumerate(rows, start=1):
        for cell in row:
            if "\n" not in cell and "\r" not in cell:
                continue
            lines = cell.splitlines()
            if any(line.count(separator) >= max(width - 1, 1) for line in lines[1:-1]) or (
                lines[0].count(separator) and lines[-1].count(separator) == 0 and len(lines) > 1
                and lines[0].count(separator) >= max(width - 1, 1)
            ):  # fmt: skip
                raise _wrong_quote(path, number, "not closed")


def _wrong_quote(path: str, row: int, why: str) -> InputError:
    after = "expected after" in why
    return InputError(
        Text(
            "text follows a closing quotation mark"
            if after
            else "a quotation mark is opened in this row and not closed",
            "右引号之后还有文字" if after else "该行的引号没有闭合",
        ),
        remedy=Text(
            'Close the mark ("), remove it, or write it twice ("") where it belongs to the text',
            '请补上或删去该引号（"）；引号若属于文字本身，请连写两个（""）',
        ),
        file=path,
        row=row,
    )
