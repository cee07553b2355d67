"""Packed coordinates read by the rule that is written down, not by the code that packs them."""

import string
from typing import Any

LETTERS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def numbers(text: str) -> list[int]:
    """Return the whole numbers in a packed text."""
    found: list[int] = []
    digits: list[int] = []
    for letter in text:
        digit = LETTERS.index(letter)
        digits.append(digit % 32)
        if digit < 32:
            plain = sum(value << (5 * place) for place, value in enumerate(digits))
            found.append(-(plain + 1) // 2 if plain % 2 else plain // 2)
            digits = []
    assert not digits
    return found


def positions(packed: str | list[Any]) -> list[Any]:
    """Return what GeoJSON has for packed coordinates."""
    if not isinstance(packed, str):
        return [positions(part) for part in packed]
    steps = numbers(packed)
    x = y = 0
    places = []
    for across, up in zip(steps[::2], steps[1::2], strict=True):
        x, y = x + across, y + up
        places.append([x / 1e6, y / 1e6])
    return places
