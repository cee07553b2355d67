"""What a report is made of: sections of tables, cards, words and pictures, for page and paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal

from gridgeo.text import Lang

#: How a column is set: a number to the right, a code in even letters, a long text with room.
Form = Literal["text", "name", "number", "code", "place", "told"]


@dataclass(frozen=True, slots=True)
class Chip:
    """A word on a coloured ground; ``light``: the ground is dark."""

    text: str
    colour: str
    light: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: a chip, a text, a code behind it, and a quiet line under it."""

    text: str = ""
    chip: Chip | None = None
    code: str = ""
    under: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """The title of a column, ``""`` for none, and how its cells are set."""

    title: str
    form: Form = "text"


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
class Words:
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
class Key:
    """What the colours of the map mean."""

    entries: Sequence[tuple[str, str]]
    kind: Literal["key"] = "key"


Block = Table | Cards | Words | Pictures | Key


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks under a title, ``""`` for none."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report; every text is as it is in the data, hidden marks shown by their number.

    ``maker``: what tells this report from another one: software, version, fingerprint.
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
