"""Approval: who approved a plan, when, as which version, after which one, and what it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from gridgeo.wording import Text

DRAFT = Text("draft", "草案（未批准）")
APPROVED = Text("approved", "已批准")


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """The approval of a plan; a plan without one is a draft.

    Parameters
    ----------
    by, date
        Who approved it, and the day (``2026-11-23``).
    version
        What this version is called.
    predecessor, predecessor_seal
        The version and the seal of the approved plan that this one follows, ``""`` for the first.
    contents
        The SHA-256 of every column of the plan as it was approved, by name (``grids.code``).
    seal
        The SHA-256 of all of the above. It shows changes made by mistake or in passing; it is no
        signature: whoever can write the file can also seal it again.
    """

    by: str
    date: str
    version: str
    predecessor: str = ""
    predecessor_seal: str = ""
    contents: Mapping[str, str] = field(default_factory=dict)
    seal: str = ""


def seal_of(approval: Approval) -> str:
    """Return the SHA-256 of an approval, whatever seal it carries.

    Examples
    --------
    >>> approval = Approval(by="李", date="2026-11-23", version="1")
    >>> seal_of(approval)[:8]
    '84c5c072'
    """
    facts = {name: value for name, value in asdict(approval).items() if name != "seal"}
    plain = json.dumps(facts, sort_keys=True, ensure_ascii=False, default=dict)
    return hashlib.sha256(plain.encode()).hexdigest()


def state_of(approval: Approval | None) -> dict[str, Any]:
    """Return the approval as ``summary.json`` and the package state it.

    Examples
    --------
    >>> state_of(None)
    {'state': 'draft'}
    """
    if approval is None:
        return {"state": "draft"}
    facts = {name: value for name, value in asdict(approval).items() if name != "contents"}
    return {"state": "approved", **facts}


def state_text(approval: Approval | None) -> Text:
    """Return the state of a plan in words.

    Examples
    --------
    >>> state_text(None).zh
    '草案（未批准）'
    >>> state_text(Approval(by="Li", date="2026-11-23", version="2", predecessor="1")).en
    'approved by Li on 2026-11-23, version 2, follows version 1'
    """
    if approval is None:
        return DRAFT
    text = Text(
        f"approved by {approval.by} on {approval.date}, version {approval.version}",
        f"已批准：{approval.by}，{approval.date}，版本 {approval.version}",
    )
    if not approval.predecessor:
        return text
    before = approval.predecessor
    return text + Text(f", follows version {before}", f"，接续版本 {before}")
