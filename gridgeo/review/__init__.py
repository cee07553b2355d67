"""The life of findings: identity, scorecard, ledger, decisions and approval."""

from __future__ import annotations

from gridgeo.review.approval import (
    APPROVED,
    DRAFT,
    Approval,
    seal_of,
    state_of,
    state_text,
)
from gridgeo.review.assessment import (
    assess,
    broken_rules,
    handles_of,
    identify,
    joined_cards,
    place_of,
    scorecard,
    suggestion_of,
)
from gridgeo.review.decisions import (
    ids_of,
    read_decisions,
)
from gridgeo.review.ledger import (
    ON_SITE,
    SETTLED,
    Entry,
    apply_ledger,
    day_of,
    follow_up,
    record_found,
)
from gridgeo.review.ledger_comparison import (
    LedgerComparison,
    compare_ledgers,
)
from gridgeo.review.ledger_file import (
    read_ledger,
    write_ledger,
)

__all__ = [
    "APPROVED",
    "DRAFT",
    "ON_SITE",
    "SETTLED",
    "Approval",
    "Entry",
    "LedgerComparison",
    "apply_ledger",
    "assess",
    "broken_rules",
    "compare_ledgers",
    "day_of",
    "follow_up",
    "handles_of",
    "identify",
    "ids_of",
    "joined_cards",
    "place_of",
    "read_decisions",
    "read_ledger",
    "record_found",
    "scorecard",
    "seal_of",
    "state_of",
    "state_text",
    "suggestion_of",
    "write_ledger",
]
