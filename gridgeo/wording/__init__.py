"""Words that users read, in Chinese and English: terms, rules, column titles, page texts."""

from __future__ import annotations

from gridgeo.wording.amounts import band_text, count_text, upper_text
from gridgeo.wording.ground import (
    FOLLOWED,
    ground_rows,
)
from gridgeo.wording.headers import (
    COLUMNS,
    header,
)
from gridgeo.wording.pages import (
    editor_words,
    page_words,
)
from gridgeo.wording.reasons import Reason, reasons_text
from gridgeo.wording.review_terms import (
    BORDERS_SEEN,
    CONCLUSIONS,
    FATES,
    SIGN_SEEN,
)
from gridgeo.wording.rules import (
    CARDS,
    RULEBOOK,
    rule_of,
)
from gridgeo.wording.terms import (
    ACCOUNTS,
    APPROVAL_FACTS,
    CARD_STATES,
    CERTIFICATES,
    CHANGES,
    DECISIONS,
    EDITS,
    FACILITIES,
    FIELDS,
    KINDS,
    PROOFS,
    REPAIRS,
    ROLES,
    SEVERITIES,
    SIDES,
    SOUNDNESS,
    STATUSES,
    STREETS,
    TOPICS,
    UNITS,
    VERDICTS,
    fields_text,
    word,
)
from gridgeo.wording.text import (
    LANGS,
    Lang,
    Text,
    join,
)

__all__ = [
    "ACCOUNTS",
    "APPROVAL_FACTS",
    "BORDERS_SEEN",
    "CARDS",
    "CARD_STATES",
    "CERTIFICATES",
    "CHANGES",
    "COLUMNS",
    "CONCLUSIONS",
    "DECISIONS",
    "EDITS",
    "FACILITIES",
    "FATES",
    "FIELDS",
    "FOLLOWED",
    "KINDS",
    "LANGS",
    "PROOFS",
    "REPAIRS",
    "ROLES",
    "RULEBOOK",
    "SEVERITIES",
    "SIDES",
    "SIGN_SEEN",
    "SOUNDNESS",
    "STATUSES",
    "STREETS",
    "TOPICS",
    "UNITS",
    "VERDICTS",
    "Lang",
    "Reason",
    "Text",
    "band_text",
    "count_text",
    "editor_words",
    "fields_text",
    "ground_rows",
    "header",
    "join",
    "page_words",
    "reasons_text",
    "rule_of",
    "upper_text",
    "word",
]
