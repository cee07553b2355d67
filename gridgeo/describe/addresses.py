"""Addresses, gathered by street."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

#: 中山路12弄3号 (a lane counts as a street), 中山路 12-14号; 7-9 Rockwell St #2; Rockwell St 7.
_FORMS = (
    re.compile(
        r"(?P<street>.*[路街道巷弄里坊村胡同])\s*(?P<first>\d+)\s*(?:[-—~至]\s*(?P<last>\d+))?\D?.*"
    ),
    re.compile(
        r"(?P<first>\d+)[A-Za-z]?(?:\s*-\s*(?P<last>\d+)[A-Za-z]?)?(?:\s+1/2)?\s+(?P<street>[^\d#].*?)\s*(?:#.*)?"
    ),
    re.compile(r"(?P<street>\D*\D)\s+(?P<first>\d+)[A-Za-z]?(?:\s*-\s*(?P<last>\d+))?"),
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def street_ranges(addresses: Sequence[str], households: Sequence[float]) -> list[tuple[str, float]]:
    """Return one text a street, from its least to its greatest number, and its households.

    What is not understood as an address stands for itself.

    Examples
    --------
    >>> street_ranges(["中山路88号", "中山路12号", "7 ELM ST #2", "Old Mill"], [1, 2, 3, 4])
    [('中山路12-88号', 3.0), ('ELM ST 7', 3.0), ('Old Mill', 4.0)]
    """
    numbers: dict[str, list[int]] = defaultdict(list)
    sums: dict[str, float] = defaultdict(float)
    for address, count in zip(addresses, households, strict=True):
        street, found = _read(address)
        numbers[street] += found
        sums[street] += count
    return [(_range(street, numbers[street]), total) for street, total in sums.items()]


def _read(address: str) -> tuple[str, list[int]]:
    for form in _FORMS:
        found = form.fullmatch(address.strip())
        if found:
            ends = [found["first"], found["last"]]
            return found["street"].strip(), [int(end) for end in ends if end]
    return address.strip(), []


def _range(street: str, numbers: list[int]) -> str:
    if not numbers:
        return street
    least, most = min(numbers), max(numbers)
    span = str(least) if least == most else f"{least}-{most}"
    return f"{street}{span}号" if _CHINESE.search(street) else f"{street} {span}"
