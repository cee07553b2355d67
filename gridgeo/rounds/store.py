"""A re-verification in a plain folder: a folder for each round, with its ledger and its record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from gridgeo.config import Settings, Source
from gridgeo.errors import InputError
from gridgeo.model import Plan
from gridgeo.pipeline import Progress, verify
from gridgeo.report import WRITERS, load_plan
from gridgeo.review import (
    Entry,
    apply_ledger,
    day_of,
    follow_up,
    read_ledger,
    record_found,
    write_ledger,
)
from gridgeo.rounds.filled_sheets import Fault, no_such_sheet, read_filled
from gridgeo.rounds.findings_book import FINDING_COLUMNS, take_findings, write_findings
from gridgeo.rounds.sampling import (
    SAMPLE_COLUMNS,
    Sample,
    Stratum,
    draw_sample,
    found_on_site,
    take_samples,
    write_samples,
)
from gridgeo.storage import Writer, read_json, write_file, write_folder, write_json
from gridgeo.wording import Text

LEDGER, RECORD = "ledger.csv", "round.json"
FINDINGS_BOOK, SAMPLE_BOOK = "findings.xlsx", "sample.xlsx"
_BEFORE = "ledger-before.csv"
_FOLDER = "round-"


@dataclass(frozen=True, kw_only=True)
class RoundFacts:
    """What the officer says of a round.

    Parameters
    ----------
    date, by
        The day of the round (``2026-11-23``), and who does it.
    unit
        The authority that signs.
    basis
        Documents that the round is based on, beside the sources of the checks.
    sample, seed
        How many grids are drawn for the street, and the seed of the draw.
    """

    date: str
    by: str
    unit: str = ""
    basis: tuple[str, ...] = ()
    sample: int = 10
    seed: int = 1


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round of a re-verification (第几轮核查), as its folder has it.

    Parameters
    ----------
    number, facts, grids
        Its number from 1, what the officer says of it, and the file of grids that was judged.
    previous
        The day of the round before, ``""`` for the first.
    plan
        The grids as they were judged, with findings as the ledger has them by now.
    before, entries
        The ledger at the end of the round before, and by now.
    samples, strata
        The sample for the street, and how it was drawn.
    """

    number: int
    facts: RoundFacts
    grids: str
    previous: str
    plan: Plan
    before: tuple[Entry, ...]
    entries: tuple[Entry, ...]
    samples: tuple[Sample, ...]
    strata: tuple[Stratum, ...]


def rounds_of(folder: Path) -> list[Path]:
    """Return the folders of the rounds, in their order."""
    found = {
        int(path.name.removeprefix(_FOLDER)): path
        for path in folder.glob(f"{_FOLDER}*")
        if path.name.removeprefix(_FOLDER).isdecimal() and (path / RECORD).is_file()
    }
    return [found[number] for number in sorted(found)]


def open_round(
    folder: Path,
    grids: Source,
    settings: Settings,
    facts: RoundFacts,
    *,
    ledger: Path | None = None,
    more: Callable[[Round], Sequence[Writer]] | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Judge grids as the next round of a re-verification, and return the folder of the round.

    Parameters
    ----------
    ledger
        The ledger that the first round goes on with (of `gridgeo verify`); later rounds go on with
        that of the round before.
    more
        Writers of further files of the round.

    Raises
    ------
    InputError
        The day of the round is no day, or is before that of the round before.
    """
    done = rounds_of(folder)
    previous = str(_record(done[-1])["date"]) if done else ""
    _check_facts(facts, previous)
    known = done[-1] / LEDGER if done else ledger
    before = () if known is None else read_ledger(known)
    judged = verify(grids, settings, on_progress=on_progress)
    plan, entries = follow_up(judged, before, date=facts.date)
    samples, strata = draw_sample(plan.grids, facts.sample, facts.seed)
    made = Round(
        number=len(done) + 1,
        facts=facts,
        grids=Path(grids.path).name + (f"::{grids.layer}" if grids.layer else ""),
        previous=previous,
        plan=apply_ledger(plan, entries),
        before=before,
        entries=entries,
        samples=samples,
        strata=strata,
    )
    lang = settings.lang
    writers: list[Writer] = [(name, partial(write, plan)) for name, write in WRITERS]
    writers += [
        (RECORD, partial(_write_record, made)),
        (_BEFORE, partial(_write_entries, before, lang)),
        (LEDGER, partial(_write_entries, entries, lang)),
        (FINDINGS_BOOK, partial(write_findings, made.plan, before, entries)),
        (SAMPLE_BOOK, partial(write_samples, samples, plan)),
        *(() if more is None else more(made)),
    ]
    return write_folder(folder / f"{_FOLDER}{made.number}", writers, overwrite=False)


def last_round(folder: Path) -> Path:
    """Return the folder of the last round.

    Raises
    ------
    InputError
        There is none.
    """
    done = rounds_of(folder)
    if not done:
        raise InputError(
            Text("there is no round of a review here", "该文件夹中没有核查记录"),
            file=str(folder),
            remedy=Text(
                "Begin one with gridgeo review open", "请先用 gridgeo review open 开始一轮"
            ),
        )
    return done[-1]


def load_round(path: Path) -> Round:
    """Return the round of a folder, with findings as its ledger has them by now."""
    record = _record(path)
    entries = read_ledger(path / LEDGER)
    facts = {name: record[name] for name in RoundFacts.__dataclass_fields__}
    return Round(
        number=int(record["number"]),
        facts=RoundFacts(**{**facts, "basis": tuple(record["basis"])}),
        grids=str(record["grids"]),
        previous=str(record["previous"]),
        plan=apply_ledger(load_plan(path), entries),
        before=read_ledger(path / _BEFORE),
        entries=entries,
        samples=tuple(Sample(**one) for one in record["samples"]),
        strata=tuple(Stratum(**one) for one in record["strata"]),
    )


def fill_round(path: Path, files: Sequence[Path]) -> tuple[Round, list[Fault]]:
    """Take workbooks that were filled in into the ledger and the sample of a round.

    ``findings.xlsx`` is written anew, with what was found on the street.

    Returns
    -------
    Round
        As it is now; where there are faults nothing was taken, and it is as it was.
    faults
        Every cell that cannot be used.

    Raises
    ------
    InputError
        A file is no workbook of a review.
    """
    was = load_round(path)
    entries, samples = was.entries, was.samples
    faults: list[Fault] = []
    sheets = [(read_filled(file, SAMPLE_COLUMNS), read_filled(file, FINDING_COLUMNS))
              for file in files]  # fmt: skip
    for file, both in zip(files, sheets, strict=True):
        if both == (None, None):
            raise no_such_sheet(file, FINDING_COLUMNS)
    for rows, _ in sheets:
        samples, wrong = take_samples(samples, rows or ())
        faults += wrong
    if not faults:
        entries = record_found(
            entries, found_on_site(samples, was.plan), lang=was.plan.settings.lang
        )
    for _, rows in sheets:
        entries, wrong = take_findings(entries, rows or ())
        faults += wrong
    if faults:
        return was, faults
    now = replace(was, entries=entries, samples=samples, plan=apply_ledger(was.plan, entries))
    write_ledger(entries, path / LEDGER, was.plan.settings.lang)
    write_json(path / RECORD, _record_of(now))
    write_file(
        path / FINDINGS_BOOK, partial(write_findings, now.plan, now.before, entries), overwrite=True
    )
    return now, []


def _check_facts(facts: RoundFacts, previous: str) -> None:
    if day_of(facts.date) != facts.date:
        raise InputError(
            Text("the day of the round is no day", "核查日期有误"),
            value=facts.date,
            remedy=Text("For example --date 2026-11-23", "例如 --date 2026-11-23"),
        )
    if facts.date < previous:
        raise InputError(
            Text(
                f"the round before was on {previous}, this one cannot be earlier",
                f"上一轮核查日期为 {previous}，本轮不能更早",
            ),
            value=facts.date,
        )


def _record(path: Path) -> dict[str, Any]:
    record = read_json(path / RECORD)
    if "number" not in record:
        raise InputError(
            Text("the record of the round cannot be read", "无法读取本轮核查记录"),
            file=str(path / RECORD),
        )
    return record


def _record_of(made: Round) -> Mapping[str, Any]:
    return {
        "number": made.number,
        **asdict(made.facts),
        "grids": made.grids,
        "previous": made.previous,
        "strata": [asdict(one) for one in made.strata],
        "samples": [asdict(one) for one in made.samples],
    }


def _write_record(made: Round, path: Path) -> None:
    write_json(path, _record_of(made))


def _write_entries(entries: Sequence[Entry], lang: Any, path: Path) -> None:
    write_ledger(entries, path, lang)
