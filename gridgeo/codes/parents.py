"""The community codes that grid codes are built on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from typing import TYPE_CHECKING

from gridgeo.codes.order import reading_order
from gridgeo.errors import InputError
from gridgeo.schemes import CodeScheme
from gridgeo.text import Text

if TYPE_CHECKING:
    import geopandas as gpd

_NAMED = 5


def community_codes(
    communities: gpd.GeoDataFrame, scheme: CodeScheme, *, mapping: Mapping[str, str]
) -> list[str]:
    """Return one code for each community, by position, each accepted by `scheme` and unique.

    A community takes what `mapping` has for its own code, else what it has for its name, else
    its own code. Under ``plain`` those that still have none become C01, C02 ... in reading
    order, leaving out codes that others hold.

    Raises
    ------
    InputError
        Communities have no code that `scheme` accepts, or two have the same.
    """
    own = [str(code).strip() for code in communities["code"]]
    names = [str(name).strip() for name in communities["name"]]
    codes = [
        (mapping.get(code) or mapping.get(name) or code).strip()
        for code, name in zip(own, names, strict=True)
    ]
    if scheme.id == "plain":
        fresh = _counted(codes)
        for place in reading_order(communities.geometry.to_numpy()):
            codes[place] = codes[place] or next(fresh)
    _check_form(codes, names, scheme)
    _check_unique(codes, names)
    return codes


def _counted(held: list[str]) -> Iterator[str]:
    digits = max(2, len(str(len(held))))
    taken = set(held)
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
            held = [name or f"#{row + 1}" for row, name in enumerate(names) if codes[row] == code]
            raise InputError(
                Text(
                    f"{times} communities have the code {code}: {', '.join(held)}",
                    f"{times} 个社区的代码同为 {code}：{'、'.join(held)}",
                ),
                layer="communities",
                field="code",
                value=code,
                remedy=Text(
                    "Correct the column, or map each by its own code in codes.mapping",
                    "请更正该列，或在 codes.mapping 中按各自的编码分别对照",
                ),
            )
