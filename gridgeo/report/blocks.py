"""The blocks of a report (tables, cards, paragraphs, pictures), for page and PDF."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal

import pandas as pd

from gridgeo.maps import SEVERITY_COLOURS, SOUNDNESS_COLOURS, VERDICT_COLOURS
from gridgeo.wording import SOUNDNESS, VERDICTS, Lang, Text, header, word

#: How a column is set: a number to the right, a code in even letters, a long text with room.
_Form = Literal["text", "name", "number", "code", "place", "told"]


@dataclass(frozen=True, slots=True)
class _Chip:
    """A word on a coloured ground; ``light``: the ground is dark."""

    text: str
    colour: str
    light: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: a chip, a text, a code behind it, and a quiet line under it."""

    text: str = ""
    chip: _Chip | None = None
    code: str = ""
    under: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """The title of a column, ``""`` for none, and how its cells are set."""

    title: str
    form: _Form = "text"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as there are columns; ``folded``: its title where it is shut first."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    folded: str = ""
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class Card:
    """A figure with its label; ``state``: green, red, unknown or ``""``."""

    value: str
    label: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Cards:
    """Figures side by side."""

    cards: Sequence[Card]
    kind: Literal["cards"] = "cards"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    text: str
    quiet: bool = False
    kind: Literal["words"] = "words"


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG drawing of ours with its title and caption; it is markup, never a text from data."""

    svg: str
    title: str = ""
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Pictures:
    """One map across the page, three charts side by side, or maps in columns."""

    pictures: Sequence[Picture]
    form: Literal["map", "charts", "maps"]
    kind: Literal["pictures"] = "pictures"


@dataclass(frozen=True, slots=True)
class Legend:
    """What the colours of the map mean."""

    entries: Sequence[tuple[str, str]]
    kind: Literal["key"] = "key"


@dataclass(frozen=True, slots=True)
class Signatures:
    """Places to sign: the role of who signs, and what stands beside it (name, date, stamp)."""

    roles: Sequence[str]
    beside: Sequence[str]
    kind: Literal["signatures"] = "signatures"


Block = Table | Cards | Paragraph | Pictures | Legend | Signatures


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a title, ``""`` for none; `on_new_page`: printed, it begins a page."""

    title: str
    blocks: Sequence[Block]
    on_new_page: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report; every text is as it is in the data, hidden marks shown by their number.

    ``maker``: identifies the report: software, version, fingerprint.
    """

    lang: Lang
    title: str
    subtitle: str
    state: str
    maker: str
    sections: Sequence[Section]


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Return a report, or a part of one, with every text changed; marks of kind are texts, too.

    Examples
    --------
    >>> mapped(Card("7", "grids"), str.upper)
    Card(value='7', label='GRIDS', state='')
    """
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [mapped(item, change) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{f.name: mapped(getattr(value, f.name), change) for f in fields(value)}
        )
    return value


def texts_of(value: Any) -> Iterator[str]:
    """Yield every text of a report or of a part of one.

    Examples
    --------
    >>> list(texts_of(Cards([Card("7", "grids")])))
    ['7', 'grids', '', 'cards']
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_of(item)
    elif is_dataclass(value):
        for part in fields(value):
            yield from texts_of(getattr(value, part.name))


#: A table of the report shows this many rows; the rest stand in the workbook.
MOST_ROWS = 300
#: Dark grounds, on which words are white.
_DARK = ("error", "info", "impossible", "not_found", "over", "must_adjust")
_COLOURS = {**VERDICT_COLOURS, **SEVERITY_COLOURS, **SOUNDNESS_COLOURS}
_FORMS: dict[str, _Form] = {
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


class ReportTexts:
    """The words of one language."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, en: str, zh: str) -> str:
        """Return one of the two."""
        return Text(en, zh).say(self.lang)

    def columns(self, *names: str | tuple[Text, _Form]) -> list[Column]:
        """Return columns: of the workbook by name, or with a title and form of their own."""
        return [
            Column(header(name, self.lang), _FORMS.get(name, "text"))
            if isinstance(name, str)
            else Column(name[0].say(self.lang), name[1])
            for name in names
        ]

    def chip(self, key: str, label: str) -> _Chip:
        """Return a label in the colour of a verdict or severity."""
        return _Chip(label, _COLOURS.get(key, "#e6e6e6"), key in _DARK)

    def verdict(self, key: str) -> Cell:
        """Return the cell of a verdict."""
        return Cell(chip=self.chip(key, word(VERDICTS, key, self.lang)))

    def soundness(self, key: str) -> Cell:
        """Return the cell of the soundness of a grid or community."""
        return Cell(chip=self.chip(key, word(SOUNDNESS, key, self.lang)) if key else None)

    def more(self, rows: int) -> Iterator[Paragraph]:
        """Yield that a table was cut, where it was."""
        if rows > MOST_ROWS:
            text = self(
                f"The first {MOST_ROWS} of {rows} rows; all of them are in grids.xlsx and "
                "plan.gpkg.",
                f"此处列出前 {MOST_ROWS} 行，共 {rows} 行；全部见 grids.xlsx 与 plan.gpkg。",
            )
            yield Paragraph(text, quiet=True)


def rows_of(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return the rows of a layer without their geometry."""
    return pd.DataFrame(frame.drop(columns="geometry")).to_dict("records")


def number(value: Any) -> str:
    """Return a whole number with thousands parted, ``""`` where it is not known."""
    return "" if pd.isna(value) else f"{value:,.0f}"
