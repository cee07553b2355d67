"""PDF pages: Typst templates, and fonts that have every character."""

from __future__ import annotations

from gridgeo.typeset.pages import (
    Fonts,
    by_number,
    choose_fonts,
    find_fonts,
    on_one_line,
    typeset,
    undrawable,
)

__all__ = [
    "Fonts",
    "by_number",
    "choose_fonts",
    "find_fonts",
    "on_one_line",
    "typeset",
    "undrawable",
]
