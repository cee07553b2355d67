"""The words that the sections of a report share, in one language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from gridgeo.maps.style import SEVERITY_COLOURS, SOUNDNESS_COLOURS, VERDICT_COLOURS
from gridgeo.report.blocks import Cell, Chip, Column, Form, Words
from gridgeo.report.headers import header
from gridgeo.text import Lang, Text
from gridgeo.words import SOUNDNESS, VERDICTS, word

#: A table of the report shows this many rows; the rest stand in the workbook.
MOST_ROWS = 300
#: Dark grounds, on which words are white.
_DARK = ("error", "info", "impossible", "not_found", "over", "must_adjust")
_COLOURS = {**VERDICT_COLOURS, **SEVERITY_COLOURS, **SOUNDNESS_COLOURS}
_FORMS: dict[str, Form] = {
    **dict.fromkeys(("households", "residents", "grids", "area_m2", "amount", "row"), "number"),
    **dict.fromkeys(("code", "grid_codes"), "code"),
    "name": "name",
    "message": "told",
    "reason": "told",
    "soundness_reason": "told",
}


def mark_of(card: dict[str, Any]) -> str:
    """Return what stands on a card of the scorecard: a tick, a dash, or how many findings."""
    return {"green": "✓", "unknown": "—"}.get(card["state"], f"{card.get('count') or 0:,}")


class Said:
    """The words of one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, en: str, zh: str) -> str:
        """Return one of the two."""
        return Text(en, zh).say(self.lang)

    def columns(self, *names: str | tuple[Text, Form]) -> list[Column]:
        """Return columns: of the workbook by name, or with a title and form of their own."""
        return [
            Column(header(name, self.lang), _FORMS.get(name, "text"))
            if isinstance(name, str)
            else Column(name[0].say(self.lang), name[1])
            for name in names
        ]

    def chip(self, key: str, label: str) -> Chip:
        """Return a label in the colour of a verdict or severity."""
        return Chip(label, _COLOURS.get(key, "#e6e6e6"), key in _DARK)

    def verdict(self, key: str) -> Cell:
        """Return the cell of a verdict."""
        return Cell(chip=self.chip(key, word(VERDICTS, key, self.lang)))

    def soundness(self, key: str) -> Cell:
        """Return the cell of what the checks say of a grid or community."""
        return Cell(chip=self.chip(key, word(SOUNDNESS, key, self.lang)) if key else None)

    def more(self, rows: int) -> Iterator[Words]:
        """Yield that a table was cut, where it was."""
        if rows > MOST_ROWS:
            told = self(
                f"The first {MOST_ROWS} of {rows} rows; all of them are in grids.xlsx and "
                "plan.gpkg.",
                f"此处列出前 {MOST_ROWS} 行，共 {rows} 行；全部见 grids.xlsx 与 plan.gpkg。",
            )
            yield Words(told, quiet=True)


def rows_of(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the rows of a layer without their geometry."""
    return pd.DataFrame(frame.drop(columns="geometry")).to_dict("records")


def number(value: Any) -> str:
    """Return a whole number with thousands parted, ``""`` where it is not known."""
    return "" if pd.isna(value) else f"{value:,.0f}"
