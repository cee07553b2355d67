"""What became of the findings of a ledger between two rounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gridgeo.review.ledger import SETTLED, Entry


@dataclass(frozen=True, kw_only=True)
class LedgerComparison:
    """Two states of a ledger compared.

    Parameters
    ----------
    of
        For the id of each entry of the later state one of `gridgeo.wording.FATES`; ``settled``
        ones were settled before and are still.
    before, new, reopened, fixed, after
        Numbers of findings: unsettled before, new, settled ones that returned, settled since, and
        unsettled afterwards: ``before + new + reopened - fixed == after``. What is new and settled
        already counts as new and as fixed.
    """

    of: Mapping[str, str]
    before: int
    new: int
    reopened: int
    fixed: int
    after: int


def compare_ledgers(before: Sequence[Entry], after: Sequence[Entry]) -> LedgerComparison:
    """Return what became of findings; entries are the same where their ids are.

    Examples
    --------
    >>> one, other = Entry(id="A", rule="in_band"), Entry(id="B", rule="in_band")
    >>> found = compare_ledgers([one], [one, other])
    >>> dict(found.of), found.before, found.after
    ({'A': 'still_open', 'B': 'new'}, 1, 2)
    """
    was = {entry.id: entry.status in SETTLED for entry in before}
    of = {
        entry.id: _became(was_settled=was.get(entry.id), settled=entry.status in SETTLED)
        for entry in after
    }
    counts = Counter(of.values())
    return LedgerComparison(
        of=of,
        before=_unsettled(before),
        new=counts["new"],
        reopened=counts["reopened"],
        fixed=counts["fixed"] + sum(e.status in SETTLED and of[e.id] == "new" for e in after),
        after=_unsettled(after),
    )


def _became(*, was_settled: bool | None, settled: bool) -> str:
    if was_settled is None:
        return "new"
    if was_settled:
        return "settled" if settled else "reopened"
    return "fixed" if settled else "still_open"


def _unsettled(entries: Iterable[Entry]) -> int:
    return sum(entry.status not in SETTLED for entry in entries)
