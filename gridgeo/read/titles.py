"""Names of columns that stand in two rows: ``规模`` across two columns, 户数 and 人口 below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from gridgeo.read.figures import parse_numbers


def joined_titles(rows: Sequence[list[str]], knows: Callable[[str], bool]) -> list[str]:
    """Return one name a column from a header in two rows; none where it stands in one.

    The second row belongs to the header where it fills a cell that the first leaves empty right
    of a name (as cells merged across do), has no numbers, and has at least two names that
    `knows` accepts. A column is called by both names together where that is a known name or the
    lower one stands there more than once, else by the lower one; without a lower one, by the
    upper one.

    Examples
    --------
    >>> known = {"小区", "小区名称", "名称", "户数"}.__contains__
    >>> joined_titles([["小区", "", "规模", ""], ["名称", "楼栋", "户数", "人口"]], known)
    ['小区名称', '楼栋', '户数', '人口']
    >>> joined_titles([["小区名称", "户数", ""], ["名称", "12", "户数"]], known)
    []
    """
    if len(rows) < 2:
        return []
    upper, lower = (row + [""] * (max(map(len, rows)) - len(row)) for row in rows)
    pairs = zip(upper, upper[1:], lower[1:], strict=False)
    parted = any(name and not right and below for name, right, below in pairs)
    named = sum(knows(name) for name in lower if name)
    if not parted or named < 2 or parse_numbers(pd.Series(lower))[0].notna().any():
        return []
    return [
        _title(above, below, often=lower.count(below) > 1, knows=knows)
        for above, below in zip(_spread(upper, lower), lower, strict=True)
    ]


def _spread(upper: list[str], lower: list[str]) -> list[str]:
    """Return the upper names, each repeated over the empty cells right of it."""
    spread, last = [], ""
    for above, below in zip(upper, lower, strict=True):
        last = above or (last if below else "")
        spread.append(last)
    return spread


def _title(above: str, below: str, *, often: bool, knows: Callable[[str], bool]) -> str:
    if not below or above == below:
        return above
    return above + below if often or knows(above + below) else below
