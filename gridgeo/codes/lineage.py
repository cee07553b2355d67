"""Lineage: which new grid keeps which code, and where the households of each code went.

Codes follow the households: a new grid keeps the code of the old grid that it continues
(`gridgeo.geometry.correspondence`); the others get new numbers. Predecessors and successors are
the codes that share a grid's households; the crosswalk counts households and m² of each pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridgeo.codes.numbering import KINDS, issue_codes, reading_order
from gridgeo.errors import InputError
from gridgeo.geometry import STAYING_CODES, Overlap, change_codes, successors
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.config import Codes, CodeScheme

_REMEDY = Text(
    "Give every grid a code of its own; where another column holds them, name it with "
    "--column grids.code=NAME",
    "请为每个网格填写互不相同的编码；编码在其他列的，用 --column grids.code=列名 指明",
)
#: A pair without households counts as lineage where it shares this much of the smaller.
_LINEAGE_SHARE = 0.01


def unique_codes(codes: list[str]) -> list[str]:
    """Return `codes` where each is there and there once; else raise InputError with the row."""
    seen: set[str] = set()
    codes = [code if isinstance(code, str) else "" for code in codes]
    for row, code in enumerate(codes, start=1):
        if code in seen or not code:
            reason = (
                Text("two grids have one code", "两个网格编码相同")
                if code in seen
                else Text("a grid has no code", "网格没有编码")
            )
            raise InputError(
                reason, layer="grids", row=row, field="code", value=code or None, remedy=_REMEDY
            )
        seen.add(code)
    return codes


def lineage_pairs(
    shared: Overlap, successor: NDArray[np.int64], was: Sequence[str], is_: Sequence[str]
) -> NDArray[np.int64]:
    """Return the pairs (rows) of which one grid comes from the other; tiny overlaps left out."""
    smaller = np.minimum(shared.old_area[shared.old], shared.new_area[shared.new])
    much = (shared.households > 0) | (shared.area >= _LINEAGE_SHARE * smaller)
    continues = successor[shared.old] == shared.new
    stays = np.isin(was, STAYING_CODES)[shared.old] | np.isin(is_, STAYING_CODES)[shared.new]
    return np.flatnonzero(continues | (much & ~stays))


def lineage_names(
    first_name: NDArray[np.object_],
    at: NDArray[np.int64],
    names: NDArray[np.object_],
    households: NDArray[np.int64],
) -> list[tuple[str, ...]]:
    """Return the names at each place: the same name first, then by households, then by name."""
    found: list[list[str]] = [[] for _ in first_name]
    for row in sorted(range(len(at)), key=lambda row: (-households[row], names[row])):
        found[at[row]].append(names[row])
    return [
        tuple(sorted(found_names, key=lambda name: name != code))
        for found_names, code in zip(found, first_name, strict=True)
    ]


#: Ground on one side only is listed above this area.
_LEAST_M2 = 1.0


def crosswalk_of(old: Sequence[str], new: Sequence[str], shared: Overlap) -> pd.DataFrame:
    """Return old_code, new_code, households, area_m2: every household of both sides, once.

    A code is ``""`` where households or at least 1 m² are in no grid on that side: so the rows of
    a new code add up to that grid, and the rows of an old code to what that grid was. Sorted by
    old code, then new code.

    Examples
    --------
    >>> import numpy as np
    >>> from gridgeo.geometry import overlap_of
    >>> shared = overlap_of(np.array([0, 0]), np.array([0, -1]), np.array([7, 2]), np.ones(2))
    >>> crosswalk_of(["A-01"], ["A-01"], shared)[["old_code", "new_code", "households"]].values
    array([['A-01', '', 2],
           ['A-01', 'A-01', 7]], dtype=object)
    """
    olds, news = np.array([*old, ""], dtype=object), np.array([*new, ""], dtype=object)
    left, gone_households, gone_m2 = _rest(
        shared.old, shared, shared.old_households, shared.old_area
    )
    right, come, come_m2 = _rest(shared.new, shared, shared.new_households, shared.new_area)
    table = pd.DataFrame(
        {
            "old_code": np.concatenate([olds[shared.old], olds[left], olds[right * 0 - 1]]),
            "new_code": np.concatenate([news[shared.new], news[left * 0 - 1], news[right]]),
            "households": np.concatenate([shared.households, gone_households, come]),
            "area_m2": np.concatenate([shared.area, gone_m2, come_m2]),
        }
    )
    return table.sort_values(["old_code", "new_code"], ignore_index=True)


def _rest(
    side: NDArray[np.int64],
    shared: Overlap,
    households: NDArray[np.int64],
    area: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the grids of one side that hold more than they share, and how much more.

    Ground beside the outline of a grid that stays the same is rounding.
    """
    size = len(households)
    over = households - np.bincount(side, shared.households, size).astype(np.int64)
    ground = np.maximum(area - np.bincount(side, shared.area, size), 0.0)
    ground[side[shared.same]] = 0.0
    rows = np.flatnonzero((over > 0) | (ground >= _LEAST_M2))
    return rows, over[rows], ground[rows]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What became of some old grids and what the new ones are, with their codes.

    ============ =======================================================================
    grids        the new grids as given, with code, scheme, change (unchanged, reshaped, split,
                 merged, new) and predecessors (tuple of codes, the same code first)
    old          code, change (those above, or retired) and successors (tuple of codes, its own
                 first), in the order in which they were given
    crosswalk    old_code, new_code (``""``: in none), households, area_m2; see `crosswalk_of`
    ============ =======================================================================
    """

    grids: gpd.GeoDataFrame
    old: pd.DataFrame
    crosswalk: pd.DataFrame


def continue_codes(
    old: pd.DataFrame,
    new: gpd.GeoDataFrame,
    shared: Overlap,
    *,
    used: Iterable[str],
    rules: Codes,
    keep_foreign: bool = False,
) -> Changes:
    """Return the codes of new grids that replace old ones.

    1. A new grid that continues an old one (`gridgeo.geometry.successors`) keeps its code, unless
       it lies in another community than the code states, is of another kind on other ground, or the
       code is not of the scheme (with `keep_foreign` such a code stays with its grid).
    2. The others get the next free numbers of their community and kind (`issue_codes`), in reading
       order.
    3. Where a scheme has a number for an undivided community (CJ/T 349: 00), only a community of
       one grid keeps it or gets it.

    Parameters
    ----------
    old
        code, and kind where it is known; one row for each old grid of `shared`.
    new
        kind, community_code and geometry, one row for each new grid of `shared`; columns of the
        same names as those of `Changes` are replaced.
    used
        Every code that was ever given out, such as those of the register.
    rules
        The scheme and the ranges of numbers.
    keep_foreign
        Codes that are not of the scheme are nobody's mistake: they stay as long as their grid.

    Raises
    ------
    InputError
        Two old grids have one code, a kind is unknown, or a community has no numbers left.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import box
    >>> from gridgeo.codes import overlap_of_grids
    >>> from gridgeo.config import Codes
    >>> was = gpd.GeoDataFrame({"code": ["420102001001001"]}, geometry=[box(0, 0, 9, 1)])
    >>> parts = gpd.GeoDataFrame(
    ...     {"kind": "basic", "community_code": "420102001001"}, index=[0, 1],
    ...     geometry=[box(0, 0, 4, 1), box(4, 0, 9, 1)])
    >>> shared = overlap_of_grids(
    ...     was.geometry.to_numpy(), parts.geometry.to_numpy(), households=np.array([900]))
    >>> changes = continue_codes(was, parts, shared, used=was["code"], rules=Codes())
    >>> changes.grids[["code", "change"]].to_numpy().tolist()
    [['420102001001002', 'split'], ['420102001001001', 'split']]
    """
    before = unique_codes(old["code"].tolist())
    _check_kinds(new)
    scheme = rules.code_scheme
    successor = successors(
        shared,
        allowed=may_keep_code(before, old, new, shared, scheme, keep_foreign=keep_foreign),
    )
    codes = _kept(before, successor, len(new))
    _issue_missing(codes, new, [*before, *used], rules)
    return changes_by(before, new.assign(scheme=scheme.id), shared, successor, codes.tolist())


def as_first_numbering(grids: gpd.GeoDataFrame) -> Changes:
    """Return grids that already have their codes as the first numbering: all of them new."""
    codes = unique_codes(grids["code"].tolist())
    empty = _cells([()] * len(codes), grids.index)
    return Changes(
        grids=grids.assign(change="new", predecessors=empty),
        old=pd.DataFrame({"code": [], "change": [], "successors": []}, dtype=object),
        crosswalk=pd.DataFrame(
            {
                "old_code": "",
                "new_code": codes,
                "households": _counts(grids),
                "area_m2": grids.geometry.area.to_numpy(),
            }
        ),
    )


def _counts(grids: pd.DataFrame) -> NDArray[np.int64]:
    if "households" not in grids.columns:
        return np.zeros(len(grids), dtype=np.int64)
    return grids["households"].to_numpy(dtype=np.int64)


def _check_kinds(new: pd.DataFrame) -> None:
    for row in np.flatnonzero(~new["kind"].isin(KINDS)):
        raise InputError(
            Text(
                f"the kind should be one of {', '.join(KINDS)}", f"类型应为 {'、'.join(KINDS)} 之一"
            ),
            layer="grids",
            row=int(row) + 1,
            field="kind",
            value=new["kind"].iloc[row],
        )


def may_keep_code(
    before: list[str],
    old: pd.DataFrame,
    new: pd.DataFrame,
    shared: Overlap,
    scheme: CodeScheme,
    *,
    keep_foreign: bool = False,
) -> NDArray[np.bool_]:
    """Return for each pair whether community and kind let the new grid bear the old one's code."""
    alike = _same_kind(old, new, shared)
    return alike & _allowed(before, new, shared, scheme, keep_foreign=keep_foreign)


def _allowed(
    before: list[str],
    new: pd.DataFrame,
    shared: Overlap,
    scheme: CodeScheme,
    *,
    keep_foreign: bool,
) -> NDArray[np.bool_]:
    """Return for each pair whether the new grid could bear the code of the old one."""
    parsed = [scheme.parse(code) for code in before]
    parent = np.array([code.community if code else None for code in parsed], dtype=object)
    undivided = np.array([code is not None and code.sequence == 0 for code in parsed], dtype=bool)
    same_community = parent[shared.old] == new["community_code"].to_numpy(dtype=object)[shared.new]
    if keep_foreign:
        same_community |= np.array([code is None for code in parsed], dtype=bool)[shared.old]
    allowed: NDArray[np.bool_] = same_community & (
        ~undivided[shared.old] | _only_of_community(new)[shared.new]
    )
    return allowed


def _same_kind(old: pd.DataFrame, new: pd.DataFrame, shared: Overlap) -> NDArray[np.bool_]:
    """Return for each pair whether both are of one kind, or one ground."""
    if "kind" not in old.columns:
        return np.ones(len(shared.old), dtype=bool)
    was, is_ = old["kind"].to_numpy(dtype=object), new["kind"].to_numpy(dtype=object)
    alike: NDArray[np.bool_] = shared.same | (was[shared.old] == is_[shared.new])
    return alike


def _only_of_community(new: pd.DataFrame) -> NDArray[np.bool_]:
    """Return for each grid whether it is the only one of its community."""
    alone: NDArray[np.bool_] = ~new["community_code"].duplicated(keep=False).to_numpy()
    return alone


def _kept(before: list[str], successor: NDArray[np.int64], size: int) -> NDArray[np.object_]:
    codes = np.full(size, "", dtype=object)
    rows = np.flatnonzero(successor >= 0)
    codes[successor[rows]] = np.array(before, dtype=object)[rows]
    return codes


def _issue_missing(
    codes: NDArray[np.object_], new: gpd.GeoDataFrame, used: Iterable[str], rules: Codes
) -> None:
    """Fill in the codes that are missing, community by community, kind by kind."""
    scheme = rules.code_scheme
    issued: dict[str, list[str]] = defaultdict(list)
    for code in used:
        if parsed := scheme.parse(code):
            issued[parsed.community].append(code)
    alone = _only_of_community(new)
    kinds = pd.Categorical(new["kind"], categories=KINDS)
    missing = new.assign(kind=kinds).reset_index(drop=True)[codes == ""]
    for (parent, kind), part in missing.groupby(["community_code", "kind"], observed=True):
        order = part.index.to_numpy()[reading_order(part.geometry.to_numpy())]
        if scheme.undivided and alone[order[0]] and not issued[parent]:
            codes[order] = scheme.write(parent, 0, scheme.digits_for(1))
        else:
            codes[order] = issue_codes(issued[parent], parent, len(order), kind=kind, rules=rules)
        issued[parent] += codes[order].tolist()


def changes_by(
    before: list[str],
    new: gpd.GeoDataFrame,
    shared: Overlap,
    successor: NDArray[np.int64],
    after: list[str],
) -> Changes:
    """Return the changes where it is known which new grid continues which old one."""
    codes = np.array(after, dtype=object)
    was, is_ = change_codes(shared, successor)
    pairs = lineage_pairs(shared, successor, was, is_)
    first, second, moved = shared.old[pairs], shared.new[pairs], shared.households[pairs]
    names = np.array(before, dtype=object)
    return Changes(
        grids=new.assign(
            code=codes,
            change=np.array(is_, dtype=object),
            predecessors=_cells(lineage_names(codes, second, names[first], moved), new.index),
        ),
        old=pd.DataFrame(
            {
                "code": names,
                "change": np.array(was, dtype=object),
                "successors": lineage_names(names, first, codes[second], moved),
            }
        ),
        crosswalk=crosswalk_of(before, after, shared),
    )


def _cells(names: list[tuple[str, ...]], index: pd.Index[Any]) -> pd.Series[Any]:
    return pd.Series(names, index=index, dtype=object)
