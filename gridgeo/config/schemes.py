"""Code schemes as values, and the meaning of the digits of a community code.

A community code has 2 digits of province (11 to 82), 2 of prefecture and 2 of county (GB/T 2260),
then 3 of township and 3 of village (the statistical division code, 统计用区划代码).

A scheme is never inferred from the length of a code (four kinds of 15-digit codes circulate):
its id is stored beside every code. A new scheme is one `CodeScheme` in `SCHEMES`, or a pattern in
the settings (scheme ``template``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from gridgeo.config.code_pattern import ANY, SEGMENTS, Part, parts_of, pattern_of
from gridgeo.errors import InputError, SettingsError
from gridgeo.wording import Text

#: Villages that stand for ground without a committee.
_VIRTUAL = ("498", "598")
#: Urban-rural classes (城乡分类代码) that follow the 12 digits in the statistical yearbooks: such
#: 15 digits look like the code of a grid.
_URBAN_RURAL = ("111", "112", "121", "122", "123", "210", "220")
#: From here on a segment stands for several communities merged (CJ/T 349-2010, 5.6).
_MERGED_FROM = 601


def unusual_segments(code: str) -> Text | None:
    """Return what is unusual about a 12-digit community code, None where nothing is.

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
    if code[9:12] in _VIRTUAL:
        return Text(
            f"village segment {code[9:12]} stands for ground without a committee",
            f"村（社区）段 {code[9:12]} 表示没有村（居）委会的虚拟单位",
        )
    return None


def _merged_communities(code: str) -> Text | None:
    """Return the warning that a segment stands for several communities, None where it does not.

    Examples
    --------
    >>> _merged_communities("420102001601").en
    'village segment 601 stands for several communities merged, but a grid belongs to one'
    """
    if int(code[9:12]) < _MERGED_FROM:
        return None
    return Text(
        f"village segment {code[9:12]} stands for several communities merged, "
        "but a grid belongs to one",
        f"村（社区）段 {code[9:12]} 表示由多个社区合并而成，而一个网格只应属于一个社区",
    )


def classes_for_numbers(codes: Sequence[str]) -> list[int]:
    """Return the positions of 15-digit codes whose last three digits may be an urban-rural class.

    Such a code is accepted where its community has another number from 100 to 299 that is no
    class: there the numbers just have come so far.

    Examples
    --------
    >>> classes_for_numbers(["420102001001111", "420102001002001", "420102001002002"])
    [0]
    >>> classes_for_numbers(["420102001001111", "420102001001112"])
    [0, 1]
    >>> classes_for_numbers(["420102001001110", "420102001001111"])
    []
    """
    high = [code for code in codes if re.fullmatch("[0-9]{12}[12][0-9]{2}", code)]
    far = {code[:12] for code in high if code[12:] not in _URBAN_RURAL}
    like = {code for code in high if code[12:] in _URBAN_RURAL and code[:12] not in far}
    return [row for row, code in enumerate(codes) if code in like]


@dataclass(frozen=True, slots=True)
class GridCode:
    """What a grid code says: its community, its number there, and the digits it is written with.

    `object` is the object code in front, ``""`` in schemes without one.

    Examples
    --------
    >>> GridCode("420102001001", 7, 3)
    GridCode(community='420102001001', sequence=7, digits=3, object='')
    """

    community: str
    sequence: int
    digits: int
    object: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CodeScheme:
    """How the codes of one scheme are made.

    Parameters
    ----------
    id
        Name of the scheme, stored beside every code.
    form
        The form in words, for messages.
    template
        The pattern of a code; see `gridgeo.config.code_pattern`.
    object_code
        The object code that new codes are written with, ``""`` without one.
    undivided
        Whether the number 0 stands for a community that is one grid.

    Examples
    --------
    >>> cn15 = SCHEMES["cn15"]
    >>> cn15.format(GridCode("420102001001", 7, 3))
    '420102001001007'
    >>> cn15.parse("420102001001007").sequence
    7
    >>> cn15.parse("42010200100100") is None
    True
    """

    id: str
    form: Text
    template: str
    object_code: str = ""
    undivided: bool = False

    def format(self, code: GridCode) -> str:
        """Return `code` as text; the exact inverse of `parse`.

        Raises
        ------
        InputError
            A part of `code` has not the form that it needs.
        """
        values = {"object": code.object, "sequence": f"{code.sequence:0{code.digits}d}"}
        place = 0
        for part in self._segments:
            end = place + part.digits if part.digits else None
            values[part.name] = code.community[place:end]
            place += part.digits
        text = "".join(values[p.name] if p.name else p.text for p in parts_of(self.template))
        if self.parse(text) != code:
            raise InputError(
                Text(
                    f"a code of scheme {self.id} cannot be made of this: {self.form.en}",
                    f"无法按 {self.id} 编码方案生成编码：{self.form.zh}",
                ),
                value=code,
            )
        return text

    def parse(self, text: str) -> GridCode | None:
        """Return what `text` says, None where it is no code of this scheme; numbers start at 1."""
        found = pattern_of(self.template).fullmatch(text)
        if found is None or (int(found["sequence"]) == 0 and not self.undivided):
            return None
        values = found.groupdict("")
        community = "".join(values[part.name] for part in self._segments)
        number = values["sequence"]
        return GridCode(community, int(number), len(number), values.get("object", ""))

    def write(self, community: str, sequence: int, digits: int) -> str:
        """Return the code of a grid, in front of it the scheme's own object code."""
        return self.format(GridCode(community, sequence, digits, self.object_code))

    @property
    def last(self) -> int | None:
        """The greatest number, None where there is no limit."""
        return None if self._sequence.open else 10**self._sequence.digits - 1

    @property
    def community_form(self) -> Text:
        """The form of a community code in words."""
        if digits := self._community_digits:
            return Text(f"{digits} digits", f"{digits} 位数字")
        return Text("any text without blanks at its ends", "首尾无空格的任意文字")

    @property
    def statistical(self) -> bool:
        """Whether communities have the 12 digits of the statistical division code."""
        return [part.digits for part in self._segments] in ([6, 3, 3], [12])

    def digits_for(self, last: int) -> int:
        """Return the digits with which every number of a community up to `last` is written.

        Examples
        --------
        >>> SCHEMES["plain"].digits_for(9), SCHEMES["plain"].digits_for(802)
        (2, 3)
        """
        return max(self._sequence.digits, len(str(last)))

    def accepts_community(self, code: str) -> bool:
        """Return whether `code` can be the community part of a grid code."""
        if digits := self._community_digits:
            return len(code) == digits and code.isascii() and code.isdecimal()
        return re.fullmatch(ANY, code) is not None

    def warnings(self, code: str) -> tuple[Text, ...]:
        """Return what is unusual about a well-formed code, nothing where it is malformed.

        Examples
        --------
        >>> [warning.en for warning in SCHEMES["cn15"].warnings("420102001001111")]
        ['its last digits 111 may be an urban-rural class, not the number of a grid']
        """
        parsed = self.parse(code)
        if parsed is None or not self.statistical:
            return ()
        merged = _merged_communities(parsed.community) if self.undivided else None
        found = [merged or unusual_segments(parsed.community)]
        if len(code) == 15 and code[12:] in _URBAN_RURAL:
            found.append(
                Text(
                    f"its last digits {code[12:]} may be an urban-rural class, "
                    "not the number of a grid",
                    f"末三位 {code[12:]} 可能是城乡分类代码，而不是网格顺序码",
                )
            )
        return tuple(text for text in found if text)

    @property
    def _segments(self) -> tuple[Part, ...]:
        """The parts of the community code in its own order; itself where it is one part."""
        segments = {part.name: part for part in parts_of(self.template)}
        return tuple(segments[name] for name in ("community", *SEGMENTS) if name in segments)

    @property
    def _community_digits(self) -> int:
        """The length of a community code, 0 where it has any form."""
        return sum(part.digits for part in self._segments)

    @property
    def _sequence(self) -> Part:
        return next(part for part in parts_of(self.template) if part.name == "sequence")


#: 12 digits of the statistical division code + 3 digits (Beijing DB11/T 2157-2023, 5.2).
_CN15 = CodeScheme(
    id="cn15",
    form=Text("a 12-digit community code and 3 digits", "12 位村（社区）代码加 3 位顺序码"),
    template="{county:6}{township:3}{village:3}{sequence:3}",
)
#: 6 digits of the object + 12 digits + 2 digits (CJ/T 349-2010, 5.2 to 5.7).
_CJT349 = CodeScheme(
    id="cjt349",
    form=Text(
        "a 6-digit object code, a 12-digit community code and 2 digits",
        "6 位管理或服务对象代码、12 位村（社区）代码加 2 位顺序码",
    ),
    template="{object:6}{county:6}{township:3}{village:3}{sequence:2}",
    undivided=True,
)
#: For places outside the Chinese code system.
_PLAIN = CodeScheme(
    id="plain",
    form=Text(
        "the community's own code, a hyphen and a number of at least 2 digits",
        "社区自有编码加连字符和至少 2 位顺序号",
    ),
    template="{community}-{sequence:2+}",
)
SCHEMES: Mapping[str, CodeScheme] = MappingProxyType(
    {scheme.id: scheme for scheme in (_CN15, _PLAIN, _CJT349)}
)
#: The id of schemes that the settings describe by a pattern.
TEMPLATE = "template"


def scheme_of(name: str, *, template: str = "", object_code: str = "") -> CodeScheme:
    """Return the scheme called `name`; ``template`` is what the pattern `template` says.

    Raises
    ------
    SettingsError
        There is no such scheme; or its pattern or object code is wrong, missing or not expected.

    Examples
    --------
    >>> scheme_of("template", template="W{village:3}{sequence:2}").write("007", 4, 2)
    'W00704'
    """
    if name not in (*SCHEMES, TEMPLATE):
        raise _unknown(name)
    if (name == TEMPLATE) != bool(template):
        raise SettingsError(
            Text(
                f"scheme {TEMPLATE} and a pattern of codes go together",
                f"编码方案 {TEMPLATE} 须与编码样式一同给出",
            ),
            key="codes.scheme, codes.template",
            remedy=Text(
                'For example scheme = "template" and '
                'template = "{county:6}{township:3}{village:3}{sequence:3}"',
                '例如 scheme = "template"、'
                'template = "{county:6}{township:3}{village:3}{sequence:3}"',
            ),
        )
    scheme = _described(template) if template else SCHEMES[name]
    _check_object(scheme, object_code)
    return replace(scheme, object_code=object_code)


def _unknown(name: str) -> SettingsError:
    known = (*SCHEMES, TEMPLATE)
    return SettingsError(
        Text(f"{name!r} is not known here", f"此处不认识 {name!r}"),
        key="codes.scheme",
        remedy=Text(f"Choose one of {', '.join(known)}", f"可选：{'、'.join(known)}"),
    )


def _described(template: str) -> CodeScheme:
    parts_of(template)
    return CodeScheme(
        id=TEMPLATE, form=Text(f"the pattern {template}", f"样式 {template}"), template=template
    )


def _check_object(scheme: CodeScheme, code: str) -> None:
    digits = sum(part.digits for part in parts_of(scheme.template) if part.name == "object")
    if len(code) != digits or (code and not (code.isascii() and code.isdecimal())):
        wanted = (
            Text(f"needs an object code of {digits} digits", f"需要 {digits} 位对象代码")
            if digits
            else Text("has no object code", "没有对象代码")
        )
        raise SettingsError(
            Text(f"scheme {scheme.id} ", f"编码方案 {scheme.id} ") + wanted,
            key="codes.object_code",
            value=code,
        )
