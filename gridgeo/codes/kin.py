"""Kin: which codes a grid's households came from, and which they went to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.errors import InputError
from gridgeo.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.continuity import Overlap

_REMEDY = Text(
    "Give every grid a code of its own; where another column holds them, name it with "
    "--column grids.code=NAME",
    "请为每个网格填写互不相同的编码；编码在其他列的，用 --column grids.code=列名 指明",
)
#: A pair without households is kin where it shares this much of the smaller of the two.
KIN_SHARE = 0.01


def unique_codes(codes: list[str]) -> list[str]:
    """Return `codes` where each is there and there once; else raise InputError with the row."""
    held: set[str] = set()
    codes = [code if isinstance(code, str) else "" for code in codes]
    for row, code in enumerate(codes, start=1):
        if code in held or not code:
            said = (
                Text("two grids have one code", "两个网格编码相同")
                if code in held
                else Text("a grid has no code", "网格没有编码")
            )
            raise InputError(
                said, layer="grids", row=row, field="code", value=code or None, remedy=_REMEDY
            )
        held.add(code)
    return codes


def kin_of(
    shared: Overlap, heir: NDArray[np.int64], was: Sequence[str], is_: Sequence[str]
) -> NDArray[np.int64]:
    """Return the rows of pairs of which one comes from the other, crumbs of ground left out."""
    smaller = np.minimum(shared.old_area[shared.old], shared.new_area[shared.new])
    much = (shared.households > 0) | (shared.area >= KIN_SHARE * smaller)
    continues = heir[shared.old] == shared.new
    stays = (np.array(was, dtype=object)[shared.old] == "unchanged") | (
        np.array(is_, dtype=object)[shared.new] == "unchanged"
    )
    return np.flatnonzero(continues | (much & ~stays))


def relatives(
    own: NDArray[np.object_],
    at: NDArray[np.int64],
    names: NDArray[np.object_],
    households: NDArray[np.int64],
) -> list[tuple[str, ...]]:
    """Return the names that stand at each place: its own first, then by households, then name."""
    found: list[list[str]] = [[] for _ in own]
    for row in sorted(range(len(at)), key=lambda row: (-households[row], names[row])):
        found[at[row]].append(names[row])
    return [
        tuple(sorted(told, key=lambda name: name != code))
        for told, code in zip(found, own, strict=True)
    ]
