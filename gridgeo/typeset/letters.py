"""Characters as they are drawn: on one line, and none that cannot be seen."""

from __future__ import annotations

import unicodedata

_SPACES = ("Cc", "Zl", "Zp", "Zs")


def on_one_line(text: str) -> str:
    r"""Return `text` with control characters and spaces as spaces, marks that hide as numbers.

    Characters that nobody has assigned (county names written with a private font) stay: a font
    must hold them.

    Examples
    --------
    >>> on_one_line("甲\n乙\u00ad")
    '甲 乙⟨U+00AD⟩'
    """
    if text.isprintable():
        return text
    return "".join(map(_drawn, text))


def _drawn(letter: str) -> str:
    if letter.isprintable():
        return letter
    category = unicodedata.category(letter)
    if category in _SPACES:
        return " "
    return f"\u27e8U+{ord(letter):04X}\u27e9" if category == "Cf" else letter


def by_number(text: str, missing: frozenset[str]) -> str:
    """Return `text` with the characters that no font has as their numbers.

    Examples
    --------
    >>> by_number("树🌳", frozenset("🌳"))
    '树[U+1F333]'
    """
    if missing.isdisjoint(text):
        return text
    return "".join(f"[U+{ord(c):04X}]" if c in missing else c for c in text)
