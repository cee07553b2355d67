"""The parts of a code: a pattern such as ``{county:6}{township:3}{village:3}{sequence:3}``.

``{object:6}`` is the fixed code of an object; ``{county:6}``, ``{township:3}`` and
``{village:3}`` are the parts of a community code in digits, ``{community}`` is a whole community
code of any form (``{community:12}``: of so many digits); ``{sequence:3}`` is the number of a grid
in its community in so many digits, ``{sequence:2+}`` in at least so many.
Anything else stands for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from gridgeo.errors import SettingsError
from gridgeo.wording import Text

#: The parts of a community code in digits, in their order there.
SEGMENTS = ("county", "township", "village")
_NAMES = ("object", "community", *SEGMENTS, "sequence")
_TOKEN = re.compile(
    r"\{(?P<name>\w+)(?::(?P<digits>[1-9][0-9]?)(?P<open>\+?))?\}|(?P<text>[^\s{}]+)"
)
#: A community code of any form.
ANY = r"\S(?:.*\S)?"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a code: text that stands for itself, or a named value.

    `digits` is 0 for a value of any form; `open` means at least so many.
    """

    name: str = ""
    digits: int = 0
    open: bool = False
    text: str = ""

    @property
    def pattern(self) -> str:
        """The regular expression of the part."""
        if not self.name:
            return re.escape(self.text)
        most = "," if self.open else ""
        inner = f"[0-9]{{{self.digits}{most}}}" if self.digits else ANY
        return f"(?P<{self.name}>{inner})"


@lru_cache
def parts_of(template: str) -> tuple[Part, ...]:
    """Return the parts of a pattern from which every code is read in one way only.

    Raises
    ------
    SettingsError
        A part is unknown, twice there or lacks its digits; community or number is missing; or
        the community cannot be separated from the number.

    Examples
    --------
    >>> [part.name or part.text for part in parts_of("W{village:3}-{sequence:2+}")]
    ['W', 'village', '-', 'sequence']
    """
    parts: list[Part] = []
    place = 0
    while place < len(template):
        token = _TOKEN.match(template, place)
        if token is None:
            raise _wrong(
                template,
                Text(f"{template[place:]!r} is not understood", f"无法识别 {template[place:]!r}"),
            )
        place = token.end()
        parts.append(
            Part(
                name=token["name"] or "",
                digits=int(token["digits"] or 0),
                open=bool(token["open"]),
                text=token["text"] or "",
            )
        )
    _check_names(template, parts)
    _check_digits(template, parts)
    _check_ends(template, parts)
    return tuple(parts)


@lru_cache
def pattern_of(template: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern, one group for each named part."""
    return re.compile("".join(part.pattern for part in parts_of(template)))


def _check_names(template: str, parts: list[Part]) -> None:
    names = [part.name for part in parts if part.name]
    for name in names:
        if name not in _NAMES:
            raise _wrong(template, Text(f"there is no part {name!r}", f"没有 {name!r} 这一段"))
        if names.count(name) > 1:
            raise _wrong(template, Text(f"{name} is there twice", f"{name} 出现了两次"))
    if "sequence" not in names:
        raise _wrong(
            template, Text("the number {sequence:3} is missing", "缺少顺序码 {sequence:3}")
        )
    in_digits = any(name in SEGMENTS for name in names)
    if in_digits == ("community" in names):
        raise _wrong(
            template,
            Text(
                "it needs either {community} or the segments {county:6}, {township:3}, {village:3}",
                "应写 {community}，或写 {county:6}、{township:3}、{village:3} 各段，二者取一",
            ),
        )


def _check_digits(template: str, parts: list[Part]) -> None:
    for part in parts:
        if part.name and not part.digits and part.name != "community":
            raise _wrong(
                template,
                Text(
                    f"{part.name} lacks its number of digits, such as {{{part.name}:3}}",
                    f"{part.name} 没有写位数，例如 {{{part.name}:3}}",
                ),
            )
        if part.open and part.name != "sequence":
            raise _wrong(
                template,
                Text("only sequence can have more digits (+)", "只有 sequence 可以用 + 表示更多位"),
            )


def _check_ends(template: str, parts: list[Part]) -> None:
    """Raise where a community of any form runs into a number of any length."""
    names = [part.name for part in parts]
    free = any(part.name == "community" and not part.digits for part in parts)
    if not free or not any(part.open for part in parts):
        return
    left, right = sorted((names.index("community"), names.index("sequence")))
    between = "".join(part.text for part in parts[left + 1 : right])
    if not re.search(r"[^0-9]", between):
        raise _wrong(
            template,
            Text(
                "nothing tells community and number apart: put a sign between them",
                "社区代码与顺序码之间无法区分：请在二者之间加一个连接符",
            ),
        )


def _wrong(template: str, reason: Text) -> SettingsError:
    return SettingsError(
        Text("the pattern of codes is wrong: ", "编码样式有误：") + reason,
        key="codes.template",
        value=template,
        remedy=Text(
            f"Parts: {', '.join(_NAMES)}; "
            "for example {county:6}{township:3}{village:3}{sequence:3}",
            f"可用的段：{'、'.join(_NAMES)}；"
            "例如 {county:6}{township:3}{village:3}{sequence:3}",
        ),
    )
