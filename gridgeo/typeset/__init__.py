"""Pages for paper: templates of Typst, and fonts that hold every character."""

from gridgeo.typeset.fonts import Fonts, choose_fonts, find_fonts, undrawable
from gridgeo.typeset.letters import by_number, on_one_line
from gridgeo.typeset.pages import typeset

__all__ = [
    "Fonts",
    "by_number",
    "choose_fonts",
    "find_fonts",
    "on_one_line",
    "typeset",
    "undrawable",
]
