"""The next free numbers: after the last one ever given out, and never one of them again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count, islice

from gridgeo.config import Codes
from gridgeo.errors import InputError
from gridgeo.schemes import CodeScheme, GridCode
from gridgeo.text import Text

#: Kinds of grids, in the order in which their numbers are given out.
KINDS = ("basic", "dedicated", "open")


def issue(
    used: Iterable[str], parent: str, n: int, *, kind: str = "basic", rules: Codes
) -> tuple[str, ...]:
    """Return `n` codes for new grids of a community that were never given out.

    They follow the greatest number ever used for the kind, wherever the grids lie; only when
    the range of the kind has come to its end, numbers that were left out are used. They are
    written with as many digits as the community's other codes; in a community without codes
    as `assign_codes` writes them, see `digits_of`.

    Parameters
    ----------
    used
        Every code that was ever given out, retired or not; other communities' do not matter.
    parent
        The code of the community.
    kind
        ``basic``, ``dedicated`` or ``open``: each has its range of numbers by `rules`.

    Raises
    ------
    InputError
        The community cannot have codes of the scheme, or has not so many numbers left.

    Examples
    --------
    >>> issue(["420102001001001", "420102001001007"], "420102001001", 2, rules=Codes())
    ('420102001001008', '420102001001009')
    """
    scheme = rules.code_scheme
    held = _held(used, parent, scheme)
    first, last = number_range(kind, rules)
    above = max((number for number in held if number >= first and _to(number, last)), default=0)
    later = _numbers(max(first, above + 1), last)
    earlier = (number for number in range(first, above) if number not in held)
    fresh = list(islice(later, n))
    fresh += islice(earlier, n - len(fresh))
    if len(fresh) < n or not scheme.accepts_community(parent):
        raise _no_number(parent, n, len(fresh), scheme)
    last = max(fresh, default=1)
    digits = max([*held.values(), scheme.digits_for(last)]) if held else digits_of(last, rules)
    return tuple(scheme.write(parent, number, digits) for number in fresh)


def digits_of(last: int, rules: Codes) -> int:
    """Return the digits of a first numbering: those of its last number or the greatest start.

    Examples
    --------
    >>> digits_of(7, Codes(scheme="plain"))
    3
    >>> digits_of(7, Codes(scheme="plain", dedicated_start=0, open_start=0))
    2
    """
    return rules.code_scheme.digits_for(max(last, rules.dedicated_start, rules.open_start))


def number_range(kind: str, rules: Codes) -> tuple[int, int | None]:
    """Return the first and the last number (None: no end) that grids of `kind` may have.

    Examples
    --------
    >>> [number_range(kind, Codes()) for kind in KINDS]
    [(1, 800), (801, 900), (901, 999)]
    """
    given = {"basic": 1, "dedicated": rules.dedicated_start, "open": rules.open_start}
    starts: dict[str, int] = {}
    for name in KINDS:
        starts[name] = given[name] or max(starts.values())
    above = [start for start in starts.values() if start > starts[kind]]
    return starts[kind], min(above) - 1 if above else rules.code_scheme.last


def _held(used: Iterable[str], parent: str, scheme: CodeScheme) -> Mapping[int, int]:
    """Return the numbers that a community has used, and the digits of each."""
    said = [code for code in map(scheme.parse, used) if code and code.community == parent]
    return {code.sequence: code.digits for code in sorted(said, key=_by_digits)}


def _by_digits(code: GridCode) -> int:
    return code.digits


def _numbers(first: int, last: int | None) -> Iterable[int]:
    return count(first) if last is None else range(first, last + 1)


def _to(number: int, last: int | None) -> bool:
    return last is None or number <= last


def _no_number(parent: str, wanted: int, left: int, scheme: CodeScheme) -> InputError:
    if not scheme.accepts_community(parent):
        return InputError(
            Text(
                f"{parent!r} is no community code of scheme {scheme.id}, which needs "
                f"{scheme.community_form.en}",
                f"{parent!r} 不是 {scheme.id} 编码方案的社区代码（应为{scheme.community_form.zh}）",
            ),
            field="community_code",
        )
    return InputError(
        Text(
            f"community {parent} needs {wanted} new numbers and has {left} left; retired numbers "
            "are never given out again",
            f"社区 {parent} 需要 {wanted} 个新编号，只剩 {left} 个；停用的编号不再使用",
        ),
        field="code",
        remedy=Text(
            "Move codes.dedicated_start and codes.open_start, or set them to 0",
            "请调整 codes.dedicated_start、codes.open_start，或设为 0",
        ),
    )
