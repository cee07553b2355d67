"""Decisions about proposals, from the workbook in which an officer filled them in."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridgeo.errors import InputError, why
from gridgeo.model import DECISIONS, Decision, Decisions
from gridgeo.wording import DECISIONS as WORDS
from gridgeo.wording import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The titles of the two columns that count.
_TITLES = {"proposal": ("proposal", "建议编号"), "decision": ("decision", "决定")}


def read_decisions(path: str | Path) -> Decisions:
    """Return the decisions of a workbook that `gridgeo adjust` wrote, in either language.

    An empty decision leaves its proposal open.

    Raises
    ------
    InputError
        The file is no workbook, lacks one of the two columns, or has a word that is no decision.
    """
    title, rows = _rows(Path(path))
    found: dict[Decision, set[str]] = {decision: set() for decision in DECISIONS}
    for row, (name, cell) in rows:
        if name:
            found[_decision(cell, file=str(path), row=row, field=title)].add(name)
    return Decisions(
        accepted=frozenset(found["accepted"]),
        rejected=frozenset(found["rejected"]),
        undecided=frozenset(found["open"]),
        file=str(path),
    )


def ids_of(texts: Iterable[str]) -> frozenset[str]:
    """Return the ids of texts as the command line has them.

    Examples
    --------
    >>> sorted(ids_of(["P1, P2", "P3"]))
    ['P1', 'P2', 'P3']
    """
    return frozenset(name.strip() for text in texts for name in text.split(",") if name.strip())


def _rows(path: Path) -> tuple[str, list[tuple[int, tuple[str, str]]]]:
    """Return what the column of decisions is called, and id and decision of each row."""
    from openpyxl import load_workbook  # noqa: PLC0415  (slow to import)
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, InvalidFileException, zipfile.BadZipFile, KeyError) as error:
        raise InputError(
            Text("the workbook cannot be read: ", "无法读取工作簿：") + why(error),
            file=str(path),
            remedy=Text(
                "Give the proposals.xlsx that gridgeo adjust wrote",
                "请指定 gridgeo adjust 写出的 proposals.xlsx",
            ),
        ) from error
    for sheet in book.worksheets:
        lines = sheet.iter_rows(values_only=True)
        titles = [_plain(cell) for cell in next(lines, ())]
        places = [
            next((n for n, title in enumerate(titles) if title in names), None)
            for names in _TITLES.values()
        ]
        if None not in places:
            return titles[places[1] or 0], [
                (row, (_plain(line[places[0] or 0]), _plain(line[places[1] or 0])))
                for row, line in enumerate(lines, start=2)
            ]
    raise InputError(
        Text(
            "the workbook has no columns proposal and decision", "工作簿没有“建议编号”和“决定”两列"
        ),
        file=str(path),
        remedy=Text("Restore the header row", "请恢复表头"),
    )


def _plain(cell: Any) -> str:
    return "" if cell is None else str(cell).strip()


def _decision(cell: str, *, file: str, row: int, field: str) -> Decision:
    if not cell:
        return "open"
    for decision in DECISIONS:
        if cell.casefold() in (decision, WORDS[decision].en, WORDS[decision].zh):
            return decision
    choice = [WORDS[decision] for decision in DECISIONS]
    raise InputError(
        Text(f"{cell!r} is no decision", f"“{cell}”不是可用的决定"),
        file=file,
        row=row,
        field=field,
        remedy=Text(
            f"Choose one of {', '.join(one.en for one in choice)}",
            f"可填：{'、'.join(one.zh for one in choice)}",
        ),
    )
