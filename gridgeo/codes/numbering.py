"""Numbers of grids: reading order, codes of communities, and the next free numbers.

A first numbering runs from west to east, then from north to south. Later numbers follow the last
one ever given out; none is given out twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.config import Codes, CodeScheme, GridCode
from gridgeo.errors import InputError
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd

#: Height of a band, as a share of the median height of the pieces.
_BAND_SHARE = 0.75


def reading_order(geometry: Sequence[Any] | NDArray[Any]) -> NDArray[np.intp]:
    """Return the positions of `geometry` in reading order.

    1. A band starts at the northernmost centroid that is in no band yet and takes every centroid
       less than the band height south of it. The band height is three quarters of the median
       height of the pieces' bounding boxes: rows of a lattice stay apart, neighbours side by
       side that are a little askew stay together.
    2. Bands follow from north to south, pieces in a band from west to east.
    3. Ties: the more northern centroid first, then the larger piece, then the given order.

    Coordinates are compared in whole millimetres from the northernmost and westernmost
    centroid, so moving the town changes nothing (Beijing DB11/T 2157-2023, 5.2).

    Parameters
    ----------
    geometry
        Polygons in a projected metre CRS.

    Examples
    --------
    >>> from shapely import box
    >>> town = [box(0, 0, 1, 1), box(1, 1, 2, 2), box(1, 0, 2, 1), box(0, 1, 1, 2)]
    >>> reading_order(town).tolist()
    [3, 1, 0, 2]
    """
    pieces = np.asarray(geometry, dtype=object)
    if len(pieces) == 0:
        return np.zeros(0, dtype=np.intp)
    centres = shapely.get_coordinates(shapely.centroid(pieces))
    east = _millimetres(centres[:, 0] - centres[:, 0].min())
    south = _millimetres(centres[:, 1].max() - centres[:, 1])
    area = _millimetres(shapely.area(pieces))
    bands = _bands(south, _BAND_SHARE * _median_height(pieces))
    return np.lexsort((-area, south, east, bands))


def _millimetres(metres: NDArray[Any]) -> NDArray[np.int64]:
    return np.rint(metres * 1000.0).astype(np.int64)


def _median_height(pieces: NDArray[Any]) -> float:
    bounds = shapely.bounds(pieces)
    return float(np.median(_millimetres(bounds[:, 3] - bounds[:, 1])))


def _bands(south: NDArray[np.int64], height: float) -> NDArray[np.intp]:
    steps = np.unique(south)
    starts = [steps[0]]
    while (after := np.searchsorted(steps, max(starts[-1] + height, starts[-1] + 1))) < len(steps):
        starts.append(steps[after])
    return np.searchsorted(starts, south, side="right")


_NAMED = 5


def community_codes(
    communities: gpd.GeoDataFrame, scheme: CodeScheme, *, mapping: Mapping[str, str]
) -> list[str]:
    """Return one code for each community, by position, each accepted by `scheme` and unique.

    A community takes what `mapping` has for its given code, else what it has for its name, else
    its given code. Under ``plain`` those that still have none become C01, C02 ... in reading
    order, leaving out codes that others have.

    Raises
    ------
    InputError
        Communities have no code that `scheme` accepts, or two have the same.
    """
    given = [str(code).strip() for code in communities["code"]]
    names = [str(name).strip() for name in communities["name"]]
    codes = [
        (mapping.get(code) or mapping.get(name) or code).strip()
        for code, name in zip(given, names, strict=True)
    ]
    if scheme.id == "plain":
        fresh = _counted(codes)
        for place in reading_order(communities.geometry.to_numpy()):
            codes[place] = codes[place] or next(fresh)
    _check_form(codes, names, scheme)
    _check_unique(codes, names)
    return codes


def _counted(known: list[str]) -> Iterator[str]:
    digits = max(2, len(str(len(known))))
    taken = set(known)
    return (code for n in count(1) if (code := f"C{n:0{digits}d}") not in taken)


def _check_form(codes: list[str], names: list[str], scheme: CodeScheme) -> None:
    bad = [row for row, code in enumerate(codes) if not scheme.accepts_community(code)]
    if not bad:
        return
    shown = [f"{names[row] or f'#{row + 1}'} ({codes[row]!r})" for row in bad[:_NAMED]]
    more = len(bad) - len(shown)
    raise InputError(
        Text(
            f"{len(bad)} of {len(codes)} communities have no code that scheme {scheme.id} can "
            f"use (it needs {scheme.community_form.en}): {', '.join(shown)}"
            + (f" and {more} more" if more else ""),
            f"{len(codes)} 个社区中有 {len(bad)} 个没有 {scheme.id} 编码方案可用的代码"
            f"（应为{scheme.community_form.zh}）：{'、'.join(shown)}"
            + (f"等，另有 {more} 个" if more else ""),
        ),
        layer="communities",
        field="code",
        remedy=Text(
            "Name the column with --column communities.code=NAME, give a table of names and "
            "codes as codes.mapping, or use --scheme plain",
            "请用 --column communities.code=列名 指定代码列，或用 codes.mapping 提供名称与代码"
            "对照表，或改用 --scheme plain",
        ),
    )


def _check_unique(codes: list[str], names: list[str]) -> None:
    for code, times in Counter(codes).items():
        if times > 1:
            duplicates = [
                name or f"#{row + 1}" for row, name in enumerate(names) if codes[row] == code
            ]
            raise InputError(
                Text(
                    f"{times} communities have the code {code}: {', '.join(duplicates)}",
                    f"{times} 个社区的代码同为 {code}：{'、'.join(duplicates)}",
                ),
                layer="communities",
                field="code",
                value=code,
                remedy=Text(
                    "Correct the column, or map each by its own code in codes.mapping",
                    "请更正该列，或在 codes.mapping 中按各自的编码分别对照",
                ),
            )


#: Kinds of grids, in the order in which their numbers are given out.
KINDS = ("basic", "dedicated", "open")


def issue_codes(
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
    >>> issue_codes(["420102001001001", "420102001001007"], "420102001001", 2, rules=Codes())
    ('420102001001008', '420102001001009')
    """
    scheme = rules.code_scheme
    used_numbers = _used_numbers(used, parent, scheme)
    first, last = _number_range(kind, rules)
    above = max(
        (number for number in used_numbers if number >= first and _to(number, last)), default=0
    )
    later = _numbers(max(first, above + 1), last)
    earlier = (number for number in range(first, above) if number not in used_numbers)
    fresh = list(islice(later, n))
    fresh += islice(earlier, n - len(fresh))
    if len(fresh) < n or not scheme.accepts_community(parent):
        raise _no_number(parent, n, len(fresh), scheme)
    last = max(fresh, default=1)
    digits = (
        max([*used_numbers.values(), scheme.digits_for(last)])
        if used_numbers
        else digits_of(last, rules)
    )
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


def _number_range(kind: str, rules: Codes) -> tuple[int, int | None]:
    """Return the first and the last number (None: no end) that grids of `kind` may have.

    Examples
    --------
    >>> [_number_range(kind, Codes()) for kind in KINDS]
    [(1, 800), (801, 900), (901, 999)]
    """
    given = {"basic": 1, "dedicated": rules.dedicated_start, "open": rules.open_start}
    starts: dict[str, int] = {}
    for name in KINDS:
        starts[name] = given[name] or max(starts.values())
    above = [start for start in starts.values() if start > starts[kind]]
    return starts[kind], min(above) - 1 if above else rules.code_scheme.last


def _used_numbers(used: Iterable[str], parent: str, scheme: CodeScheme) -> Mapping[int, int]:
    """Return the numbers that a community has used, and the digits of each."""
    parsed = [code for code in map(scheme.parse, used) if code and code.community == parent]
    return {code.sequence: code.digits for code in sorted(parsed, key=_by_digits)}


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
