"""A re-verification that a county signs: rounds, what is filled in, samples, and the report."""

from __future__ import annotations

from gridgeo.rounds.documents import (
    save_review,
    sheet_writers,
)
from gridgeo.rounds.filled_sheets import (
    Fault,
)
from gridgeo.rounds.report import (
    conclusion_of,
    review_report,
)
from gridgeo.rounds.store import (
    Round,
    RoundFacts,
    fill_round,
    last_round,
    load_round,
    open_round,
    rounds_of,
)

__all__ = [
    "Fault",
    "Round",
    "RoundFacts",
    "conclusion_of",
    "fill_round",
    "last_round",
    "load_round",
    "open_round",
    "review_report",
    "rounds_of",
    "save_review",
    "sheet_writers",
]
