"""Markdown: tables, and docstrings as prose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NOTE = "<!-- Written by scripts/write_reference.py: change the code, not this page. -->\n\n"


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; line breaks and bars in cells are kept as such."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in row) + " |" for row in lines) + "\n"


def cell(value: str) -> str:
    """Return what a cell holds on one line."""
    return re.sub(r"\s*\n\s*", " ", value.strip()).replace("|", "\\|")


def code(value: object) -> str:
    """Return `value` as code, nothing for an empty text."""
    return f"`{value}`" if str(value) else ""


def prose(text: str) -> str:
    """Return text of a docstring as Markdown: its tables and examples stand as they are."""
    blocks = []
    for block in re.split(r"\n{2,}", text.strip("\n")):
        if block.lstrip().startswith("===="):
            blocks.append(f"```text\n{block}\n```")
        elif block.lstrip().startswith(">>>"):
            blocks.append(f"```pycon\n{block}\n```")
        else:
            blocks.append(block.strip().replace("``", "`"))
    return "\n\n".join(blocks) + "\n"
