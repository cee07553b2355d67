"""The documents of a round: the sampling sheet and the report, as DOCX and as PDF."""

from __future__ import annotations

import datetime as dt
from functools import partial
from pathlib import Path

from gridgeo.report import Report, report_pages, write_docx
from gridgeo.rounds.report import review_report
from gridgeo.rounds.sheets import sampling_sheet
from gridgeo.rounds.store import Round
from gridgeo.storage import Writer, write_file
from gridgeo.typeset import Fonts

REVIEW, SHEETS = "review", "sample"


def sheet_writers(fonts: Fonts, made: Round) -> list[Writer]:
    """Return what writes the sampling sheet of a round, as PDF to print; none without a sample."""
    if not made.samples:
        return []
    return [(f"{SHEETS}.pdf", partial(_write_pdf, sampling_sheet(made), fonts))]


def save_review(made: Round, folder: Path, fonts: Fonts) -> tuple[str, ...]:
    """Write ``review.docx`` and ``review.pdf`` into the folder of a round, over earlier ones.

    The same round and fonts give the same bytes.

    Returns
    -------
    tuple of str
        The characters that no font has: they are drawn as their numbers.

    Raises
    ------
    OutputError
        A file cannot be written: it is open in Word or WPS.
    """
    report = review_report(made)
    day = dt.date.fromisoformat(made.facts.date)
    pages, missing = report_pages(report, fonts)
    write_file(folder / f"{REVIEW}.pdf", lambda path: _write(pages, path), overwrite=True)
    write_file(
        folder / f"{REVIEW}.docx",
        lambda path: _write_docx(report, fonts, day, path),
        overwrite=True,
    )
    return missing


def _write_pdf(report: Report, fonts: Fonts, path: Path) -> None:
    _write(report_pages(report, fonts)[0], path)


def _write(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def _write_docx(report: Report, fonts: Fonts, day: dt.date, path: Path) -> None:
    write_docx(report, path, fonts, day)
