"""Code schemes as values: how a grid code is written, read and checked.

A scheme is never inferred from the length of a code (four kinds of 15-digit codes circulate):
its id is stored beside every code. A new scheme is one `CodeScheme` and one line in `SCHEMES`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from gridgeo.text import Text


@dataclass(frozen=True, slots=True)
class GridCode:
    """What a grid code says: its community, its number there, and the digits it is written with.

    Examples
    --------
    >>> GridCode("420102001001", 7, 3)
    GridCode(community='420102001001', sequence=7, digits=3)
    """

    community: str
    sequence: int
    digits: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeScheme:
    """How the codes of one scheme are made: a community code, a joint and a number.

    Parameters
    ----------
    id
        Name of the scheme, stored beside every code.
    form
        The form in words, for messages.
    community_form
        The form of a community code in words, for messages.
    community
        Regular expression of a community code.
    joint
        What stands between community code and number.
    digits_least, digits_most
        Limits of the written length of the number.
    last
        The greatest number, None where there is no limit.

    Examples
    --------
    >>> cn15 = SCHEMES["cn15"]
    >>> cn15.format(GridCode("420102001001", 7, 3))
    '420102001001007'
    >>> cn15.parse("420102001001007")
    GridCode(community='420102001001', sequence=7, digits=3)
    >>> cn15.parse("42010200100100") is None
    True
    """

    id: str
    form: Text
    community_form: Text
    community: str
    joint: str
    digits_least: int
    digits_most: int | None
    last: int | None

    def format(self, code: GridCode) -> str:
        """Return `code` as text; the exact inverse of `parse`."""
        return f"{code.community}{self.joint}{code.sequence:0{code.digits}d}"

    def parse(self, text: str) -> GridCode | None:
        """Return what `text` says, None where it is no code of this scheme; numbers start at 1."""
        most = "" if self.digits_most is None else self.digits_most
        number = rf"(?P<number>[0-9]{{{self.digits_least},{most}}})"
        found = re.fullmatch(f"(?P<community>{self.community}){self.joint}{number}", text)
        if found is None or int(found["number"]) == 0:
            return None
        return GridCode(found["community"], int(found["number"]), len(found["number"]))

    def digits_for(self, last: int) -> int:
        """Return the digits with which every number of a community up to `last` is written.

        Examples
        --------
        >>> SCHEMES["plain"].digits_for(9), SCHEMES["plain"].digits_for(802)
        (2, 3)
        """
        return max(self.digits_least, len(str(last)))

    def accepts_community(self, code: str) -> bool:
        """Return whether `code` can be the community part of a grid code."""
        return re.fullmatch(self.community, code) is not None


#: 12 digits of the statistical division code + 3 digits (Beijing DB11/T 2157-2023, 5.2).
CN15 = CodeScheme(
    id="cn15",
    form=Text("a 12-digit community code and 3 digits", "12 位村（社区）代码加 3 位顺序码"),
    community_form=Text("12 digits", "12 位数字"),
    community=r"[0-9]{12}",
    joint="",
    digits_least=3,
    digits_most=3,
    last=999,
)
#: For places outside the Chinese code system.
PLAIN = CodeScheme(
    id="plain",
    form=Text(
        "the community's own code, a hyphen and a number of at least 2 digits",
        "社区自有编码加连字符和至少 2 位顺序号",
    ),
    community_form=Text("any text without blanks at its ends", "首尾无空格的任意文字"),
    community=r"\S(?:.*\S)?",
    joint="-",
    digits_least=2,
    digits_most=None,
    last=None,
)
SCHEMES: Mapping[str, CodeScheme] = MappingProxyType({"cn15": CN15, "plain": PLAIN})


def unusual_segments(code: str) -> Text | None:
    """Return what is unusual about a 12-digit community code, None where nothing is.

    The code is 2 digits of province (11 to 82), 2 of prefecture, 2 of county (GB/T 2260), 3 of
    township (001-099 street offices, 100-199 towns, 200-399 townships, 400-599 the like) and 3
    of village (001-199 residents' committees, 200-399 villagers' committees, 400-599 the like).

    Examples
    --------
    >>> unusual_segments("420102001001") is None
    True
    >>> unusual_segments("420102001000").en
    'village segment 000 is outside 001-599'
    """
    segments = (
        (code[:2], 11, 82, Text("province", "省级")),
        (code[6:9], 1, 599, Text("township", "乡镇（街道）")),
        (code[9:12], 1, 599, Text("village", "村（社区）")),
    )
    for digits, least, most, name in segments:
        if not least <= int(digits) <= most:
            span = f"{least:0{len(digits)}d}-{most}"
            return Text(
                f"{name.en} segment {digits} is outside {span}",
                f"{name.zh}段 {digits} 不在 {span} 之内",
            )
    return None
