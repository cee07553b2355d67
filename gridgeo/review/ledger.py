"""The ledger of findings (问题台账): a small table beside the partition, kept from run to run.

A finding is ``open`` until it is gone (``fixed``), and ``verified`` when the next run does not find
it either. It may be ``accepted`` as an exception instead, with the reason, by whom and when: then
it does not count again, unless it grows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import hypot, inf, isnan, nan
from typing import Any

from gridgeo.model import Finding, Note, Plan
from gridgeo.review.assessment import assess, handles_of, identify, place_of
from gridgeo.storage import hash_letters
from gridgeo.wording import Lang, Text

#: A finding of the same rule and grids this near is the same finding.
_SAME_PLACE_M = 10.0
#: The only finding of a rule and grids is the open one that was there, at most this far away.
_REDRAWN_M = 100.0
#: Rules about a grid, or a list of points, as a whole: the place moves, the finding stays the same.
_OF_GRIDS = (
    *("in_band", "one_part", "valid_geometry", "dedicated_without_homes", "codes_parented"),
    "households_once",
)
#: An exception covers findings that are larger than the accepted one by no more than this share.
_GROWTH = 0.1
#: So many grids of a finding are listed; the others are counted, with a fingerprint.
_MOST_LISTED = 100
STATUSES = ("open", "accepted", "fixed", "verified")
#: What needs nothing any more.
SETTLED = ("fixed", "verified")
#: The rule of what people found on the street: no check finds it, only people settle it.
ON_SITE = "found_on_site"
#: A finding that returns has to be corrected and verified anew.
_UNSIGNED = dict.fromkeys(("corrected_by", "corrected_on", "verified_by", "verified_on"), "")
_TRACKED = ("error", "warning")
_UNFINISHED = Text(
    "an exception needs a reason, a name and a date (2026-11-23): the finding stays open until "
    "they are there",
    "列为例外须填写理由、经办人和日期（如 2026-11-23）；补全之前该问题仍按待处理",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One finding in the ledger.

    Parameters
    ----------
    id, rule, severity, grids, x, y, amount, unit, message
        The finding as it was last seen; x and y are NaN where it has no place.
    status
        One of `STATUSES`; what a person writes is kept while it is valid.
    reason, by, when
        Why it was accepted, by whom and when; without all three its finding stays open.
    assignee, due
        Who is to correct it, and by which day.
    corrected_by, corrected_on, verified_by, verified_on
        Who says that it is corrected, who saw that it is, and the days.
    first_seen, last_seen
        Dates (``2026-11-23``) of the runs.
    """

    id: str
    rule: str
    grids: tuple[str, ...] = ()
    x: float = nan
    y: float = nan
    amount: float | None = None
    unit: str = ""
    message: str = ""
    status: str = "open"
    severity: str = ""
    reason: str = ""
    by: str = ""
    when: str = ""
    assignee: str = ""
    due: str = ""
    corrected_by: str = ""
    corrected_on: str = ""
    verified_by: str = ""
    verified_on: str = ""
    first_seen: str = ""
    last_seen: str = ""


def _advance(
    entries: Sequence[Entry], findings: Iterable[Finding], *, date: str, lang: Lang = "zh"
) -> tuple[tuple[Entry, ...], tuple[Finding, ...], tuple[Note, ...]]:
    """Return the ledger after a run, the findings with id and status, and notes.

    Parameters
    ----------
    entries
        The ledger as it was, with what people wrote into it.
    findings
        What this run found. Errors and warnings are tracked.
    date
        The day of the run, ``2026-11-23``.

    Returns
    -------
    entries
        Those that were there in their order, then new ones. A rule that this run could not check
        leaves its entries as they are.
    findings
        Accepted ones have status ``accepted`` and a note; the others are ``open``.
    notes
        Exceptions that lack their reason, name or date, or that have grown.

    Examples
    --------
    >>> gap = Finding(rule="fills_community", severity="error", message=Text("gap", "缝隙"))
    >>> ledger, found, _ = _advance([], [gap], date="2026-11-23")
    >>> ledger, found, _ = _advance(ledger, [], date="2026-11-24")
    >>> [entry.status for entry in ledger]
    ['fixed']
    """
    listed = list(findings)
    match = _matches(entries, listed)
    named = _named(entries, listed, match)
    unchecked = {ON_SITE, *(one.about for one in listed if one.rule == "not_checked")}
    found = set(match.values())
    after = [
        entry if row in found or entry.rule in unchecked else _resolved(entry)
        for row, entry in enumerate(entries)
    ]
    out: list[Finding] = []
    notes: list[Note] = []
    new: list[Entry] = []
    for n, finding in enumerate(named):
        if finding.severity not in _TRACKED:
            out.append(finding)
            continue
        row = match.get(n)
        known = entries[row] if row is not None else Entry(id="", rule="", first_seen=date)
        why = _refused(known, finding) if known.status == "accepted" else None
        entry = _seen(known, finding, date, lang, why=why)
        if why is not None:
            notes.append(Note("ledger", Text(f"{entry.id}: {why.en}", f"{entry.id}：{why.zh}")))
        if row is None:
            new.append(entry)
        else:
            after[row] = entry
        out.append(finding if why else _stamped(finding, entry))
    return (*after, *new), tuple(out), tuple(notes)


def _named(
    entries: Sequence[Entry], findings: Sequence[Finding], match: Mapping[int, int]
) -> list[Finding]:
    """Return the findings with the ids of their entries; new ones get one that no entry has."""
    used = {entry.id for entry in entries}
    named = []
    for n, finding in enumerate(identify(findings)):
        id_of_entry = entries[match[n]].id if n in match else finding.id
        if n not in match and finding.severity in _TRACKED:
            times = next(t for t in count(1) if _numbered(id_of_entry, t) not in used)
            id_of_entry = _numbered(id_of_entry, times)
            used.add(id_of_entry)
        named.append(replace(finding, id=id_of_entry))
    return named


def _numbered(name: str, times: int) -> str:
    return name if times == 1 else f"{name}-{times}"


def _matches(entries: Sequence[Entry], findings: Sequence[Finding]) -> dict[int, int]:
    """Return the entry of each finding that has one: same rule and grids, nearest place first."""
    pairs = []
    by_key: dict[tuple[str, tuple[str, ...]], list[int]] = {}
    for row, entry in enumerate(entries):
        by_key.setdefault((entry.rule, entry.grids), []).append(row)
    for n, finding in enumerate(findings):
        for row in by_key.get((finding.rule, _listed(finding.grids)), ()):
            away = _distance(finding, entries[row])
            if finding.severity in _TRACKED:
                pairs.append((away, n, row))
    match: dict[int, int] = {}
    used: set[int] = set()
    for away, n, row in sorted(pairs):
        if away <= _SAME_PLACE_M and n not in match and row not in used:
            match[n] = row
            used.add(row)
    left = [(n, row) for away, n, row in pairs if n not in match and row not in used
            and (entries[row].rule in _OF_GRIDS or _is_near(entries[row], away))]  # fmt: skip
    match |= _alone(left)
    return match | _alone(_renamed(entries, findings, match))


def _renamed(
    entries: Sequence[Entry], findings: Sequence[Finding], match: Mapping[int, int]
) -> list[tuple[int, int]]:
    """Return findings and open entries of one rule, place and amount, though grids are renamed.

    A code that was corrected changes what a gap beside its grid is said to lie between.
    """
    by_rule: dict[str, list[int]] = {}
    for row in sorted(set(range(len(entries))) - set(match.values())):
        if entries[row].status == "open":
            by_rule.setdefault(entries[row].rule, []).append(row)
    return [
        (n, row)
        for n, finding in enumerate(findings)
        if n not in match and finding.severity in _TRACKED and finding.where is not None
        for row in by_rule.get(finding.rule, ())
        if _distance(finding, entries[row]) <= _SAME_PLACE_M
        and abs((finding.amount or 0.0) - (entries[row].amount or 0.0))
        <= _GROWTH * (entries[row].amount or 0.0)
    ]


def _is_near(entry: Entry, away: float) -> bool:
    """Return whether a finding may be that of an open entry, redrawn since."""
    return entry.status == "open" and away <= _REDRAWN_M


def _alone(pairs: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Return the findings and entries that have no other choice than each other."""
    times_n, times_row = Counter(n for n, _ in pairs), Counter(row for _, row in pairs)
    return {n: row for n, row in pairs if times_n[n] == times_row[row] == 1}


def _distance(finding: Finding, entry: Entry) -> float:
    place = place_of(finding)
    if place is None:
        return 0.0 if isnan(entry.x) else inf
    return inf if isnan(entry.x) else hypot(place[0] - entry.x, place[1] - entry.y)


def _listed(grids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the grids as the ledger lists them: a cell of Excel does not hold thousands."""
    if len(grids) <= _MOST_LISTED:
        return grids
    rest = grids[_MOST_LISTED:]
    return (*grids[:_MOST_LISTED], f"+{len(rest)} {hash_letters('|'.join(rest), 8)}")


def _resolved(entry: Entry) -> Entry:
    """Return an entry whose finding is no longer there."""
    after = "verified" if entry.status in ("fixed", "verified") else "fixed"
    return replace(entry, status=after)


def _seen(entry: Entry, finding: Finding, date: str, lang: Lang, *, why: Text | None) -> Entry:
    """Return the entry of a finding that is there; `why` is what is wrong with its exception.

    What a person left unfinished stays as written; an exception that has grown is open again.
    """
    holds = entry.status == "accepted" and why is None
    x, y = place_of(finding) or (nan, nan)
    return replace(
        entry,
        id=finding.id,
        rule=finding.rule,
        grids=_listed(finding.grids),
        x=x,
        y=y,
        amount=entry.amount if holds else finding.amount,
        unit=finding.unit,
        message=finding.message.say(lang),
        severity=finding.severity,
        status="accepted" if holds or why is _UNFINISHED else "open",
        last_seen=date,
        **(_UNSIGNED if entry.status in SETTLED else {}),
    )


def _refused(entry: Entry, finding: Finding) -> Text | None:
    """Return why an exception does not hold, None where it does."""
    if not (entry.reason and entry.by and day_of(entry.when)):
        return _UNFINISHED
    if (finding.amount or 0.0) > (entry.amount or 0.0) * (1 + _GROWTH):
        before, after = entry.amount or 0.0, finding.amount or 0.0
        return Text(
            f"it has grown from {before:,.1f} to {after:,.1f} since it was accepted: open again",
            f"列为例外后已由 {before:,.1f} 增至 {after:,.1f}，重新列为待处理",
        )
    return None


def day_of(text: str) -> str | None:
    """Return a day as people and spreadsheets write it as ``2026-11-23``, None where it is none.

    Examples
    --------
    >>> day_of("2026年11月3日"), day_of("20261103"), day_of("2026/13/01")
    ('2026-11-03', '2026-11-03', None)
    """
    written = re.fullmatch(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?", text.strip())
    try:
        return None if written is None else dt.date(*map(int, written.groups())).isoformat()
    except ValueError:
        return None


def _stamped(finding: Finding, entry: Entry) -> Finding:
    if entry.status != "accepted":
        return finding
    note = f"{entry.reason}; {entry.by}; {entry.when}"
    return replace(finding, status="accepted", note=note)


def follow_up(plan: Plan, entries: Sequence[Entry], *, date: str) -> tuple[Plan, tuple[Entry, ...]]:
    """Return `plan` with the status of its findings, and the ledger after this run.

    Scorecard and soundness leave out what was accepted; see `gridgeo.review.ledger._advance`.
    """
    after, findings, notes = _advance(entries, plan.findings, date=date, lang=plan.settings.lang)
    followed = replace(plan, findings=findings, notes=(*plan.notes, *notes))
    return assess(followed), after


def record_found(
    entries: Sequence[Entry], found: Sequence[tuple[Finding, str]], *, lang: Lang
) -> tuple[Entry, ...]:
    """Return the ledger with what people found on the street: findings with ids, and their days.

    Reading a sheet twice is reading it once: what is there already changes only what it says, and
    what was settled is open again where it was found after that day.
    """
    seen = {finding.id: (finding, day) for finding, day in found}
    after = []
    for entry in entries:
        finding, day = seen.pop(entry.id, (None, ""))
        settled = max(entry.verified_on, entry.corrected_on)
        if finding is None or (entry.status in SETTLED and day <= settled):
            after.append(entry)
        else:
            known = entry if entry.status in SETTLED else replace(entry, status="open")
            again = _seen(known, finding, day, lang, why=None)
            after.append(again if entry.status != "accepted" else replace(again, status="accepted"))
    new = [
        _seen(Entry(id="", rule="", first_seen=day), finding, day, lang, why=None)
        for finding, day in seen.values()
    ]
    return (*after, *new)


def apply_ledger(plan: Plan, entries: Sequence[Entry]) -> Plan:
    """Return `plan` with findings as the ledger has them by now, assessed anew.

    Exceptions that were accepted since do not count any more. What is unsettled and is no finding
    of this run (found on the street, or by a check that could not be done) is one: tracked findings
    are the unsettled entries, one for one.
    """
    unsettled = {entry.id: entry for entry in entries if entry.status not in SETTLED}
    known = {finding.id for finding in plan.findings}
    findings = [
        _stamped(replace(finding, status="open", note=""), unsettled[finding.id])
        if finding.id in unsettled
        else finding
        for finding in plan.findings
    ]
    places = dict(zip(handles_of(plan.grids), plan.grids.geometry, strict=True))
    findings += [
        _stamped(_finding_of(entry, places), entry)
        for name, entry in unsettled.items()
        if name not in known
    ]
    return assess(replace(plan, findings=tuple(findings)))


def _finding_of(entry: Entry, places: Mapping[str, Any]) -> Finding:
    """Return the finding of an entry; its place is that of its grid, where there is one still."""
    return Finding(
        rule=entry.rule,
        severity="error" if entry.severity == "error" else "warning",
        message=Text(entry.message, entry.message),
        grids=entry.grids,
        where=places.get(entry.grids[0]) if entry.grids else None,
        amount=entry.amount,
        unit=entry.unit,
        id=entry.id,
    )
