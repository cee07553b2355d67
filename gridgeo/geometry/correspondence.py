"""Correspondence of old and new grids: which new grid continues which old one.

The solver counts moved households by it, codes follow it, and the comparison of two partitions
reports it. Grids are numbers here; whether what they share comes from labels of atoms or from
polygons and household points is the caller's business.

A new grid *may continue* an old one when it keeps more of its households than any other new grid
does, or when half or more of its own households come from it. Among these pairs grids are matched
one to one such that the most households stay (then the most area): as few households as possible
change their code. Where every old grid is kept mostly by a different new grid, that is exactly
the rule "the grid that keeps most of an old grid's households keeps its code". A grid without
households is matched by area.

A household *moves* when it lies in another grid than the one that continues its old grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ChangeCode = Literal["unchanged", "redrawn", "reshaped", "split", "merged", "new", "retired"]
#: What can become of a grid.
CHANGE_CODES: tuple[_ChangeCode, ...] = (
    "unchanged",
    "redrawn",
    "reshaped",
    "split",
    "merged",
    "new",
    "retired",
)
#: Grids that stay what they are: their signs hold, and nothing is to be reported about them.
STAYING_CODES: tuple[_ChangeCode, ...] = ("unchanged", "redrawn")


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What the old grids 0..g-1 share with the new grids 0..k-1.

    Parameters
    ----------
    old, new
        int64[n]: the pairs that share anything, each once, in the order of (old, new).
    households, area
        int64[n] and float64[n] (m²): what the pair shares.
    same, near
        bool[n]: whether the two are one ground, and whether they are as far as drawing it again
        can tell.
    old_households, old_area, new_households, new_area
        int64 and float64, [g] and [k]: the whole of each grid, shared or not.
    """

    old: NDArray[np.int64]
    new: NDArray[np.int64]
    households: NDArray[np.int64]
    area: NDArray[np.float64]
    same: NDArray[np.bool_]
    near: NDArray[np.bool_]
    old_households: NDArray[np.int64]
    old_area: NDArray[np.float64]
    new_households: NDArray[np.int64]
    new_area: NDArray[np.float64]


def overlap_of(
    old: NDArray[Any],
    new: NDArray[Any],
    households: NDArray[Any],
    area: NDArray[Any],
    *,
    olds: int = 0,
    news: int = 0,
) -> Overlap:
    """Return what old and new grids share when both are labels of the same atoms.

    Parameters
    ----------
    old, new
        int[a]: the grid of each atom; negative where it lies in none.
    households, area
        [a]: whole households and m² of each atom.
    olds, news
        At least so many grids there are, though some have no atom.

    Examples
    --------
    >>> import numpy as np
    >>> shared = overlap_of(
    ...     np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([5, 2, 9]), np.ones(3))
    >>> shared.old.tolist(), shared.new.tolist(), shared.households.tolist()
    ([0, 0, 1], [0, 1, 1], [5, 2, 9])
    """
    olds = max(olds, int(old.max(initial=-1)) + 1)
    news = max(news, int(new.max(initial=-1)) + 1)
    both = np.flatnonzero((old >= 0) & (new >= 0))
    width = max(news, 1)
    key, pair = np.unique(old[both].astype(np.int64) * width + new[both], return_inverse=True)
    first, second = key // width, key % width
    atoms = np.ones(len(old))
    shared = _summed(pair, atoms[both], len(key))
    same = (shared == _summed(old, atoms, olds)[first]) & (
        shared == _summed(new, atoms, news)[second]
    )
    return Overlap(
        old=first,
        new=second,
        households=_summed(pair, households[both], len(key)).astype(np.int64),
        area=_summed(pair, area[both], len(key)),
        same=same,
        near=same,
        old_households=_summed(old, households, olds).astype(np.int64),
        old_area=_summed(old, area, olds),
        new_households=_summed(new, households, news).astype(np.int64),
        new_area=_summed(new, area, news),
    )


def successors(shared: Overlap, *, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return for each old grid the new grid that continues it, or -1; none continues two.

    Only pairs (rows of `shared`) that are `allowed` are looked at. Ties fall to the lower numbers.

    Examples
    --------
    >>> import numpy as np
    >>> old, new = np.array([0, 0, 0, 1, 1]), np.array([1, 1, 0, 0, 0])
    >>> successors(overlap_of(old, new, np.full(5, 100), np.ones(5)))
    array([1, 0])
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415  (slow to import)

    successor = np.full(len(shared.old_households), -1, dtype=np.int64)
    may = may_succeed(shared, allowed=allowed)
    old, new = shared.old[may], shared.new[may]
    ground = _mm2(shared.area)
    stays = shared.households[may] + 0.5 * ground[may] / max(int(ground.sum()), 1)
    for rows in _components(old, new):
        one, i = np.unique(old[rows], return_inverse=True)
        other, j = np.unique(new[rows], return_inverse=True)
        kept = np.zeros((one.size, other.size))
        kept[i, j] = stays[rows]
        chosen = linear_sum_assignment(kept, maximize=True)
        real = kept[chosen] > 0
        successor[one[chosen[0][real]]] = other[chosen[1][real]]
    return successor


def may_succeed(shared: Overlap, *, allowed: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
    """Return the rows of `shared` of which the new grid may continue the old one, ascending."""
    rows = np.arange(len(shared.old)) if allowed is None else np.flatnonzero(allowed)
    return np.union1d(_most_of(shared, shared.old, rows), _successions(shared, rows))


def moved_atoms(
    old: NDArray[Any], new: NDArray[Any], successor: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return for each atom whether its households move; those without an old grid never do."""
    expected = np.append(successor, -1)[np.where(old >= 0, old, -1)]
    moved: NDArray[np.bool_] = (old >= 0) & (expected != new)
    return moved


def change_codes(
    shared: Overlap, successor: NDArray[np.int64]
) -> tuple[list[_ChangeCode], list[_ChangeCode]]:
    """Return what became of each old grid, and what each new grid is.

    1. ``unchanged``: continues an old grid on the same ground. ``redrawn``: its outline differs as
       drawing it again makes it differ, and no household moved. ``reshaped``: on other ground.
    2. ``merged``: also contains most of an old grid that nothing continues.
    3. ``split``: continues nothing, and half or more of its households come from one old grid;
       the grid that continues that one is called so, too, whatever else it is.
    4. ``new``: continues nothing and comes from no one grid.
    5. ``retired``: an old grid that nothing continues. Other old grids are called what the grid
       that continues them is called.

    Examples
    --------
    >>> import numpy as np
    >>> old, new = np.array([0, 0, 1, 2]), np.array([0, 1, 2, 2])
    >>> shared = overlap_of(old, new, np.array([300, 200, 300, 100]), np.ones(4))
    >>> change_codes(shared, successors(shared))
    (['split', 'merged', 'retired'], ['split', 'split', 'merged'])
    """
    codes: list[_ChangeCode] = ["new"] * len(shared.new_households)
    continues = successor[shared.old] == shared.new
    for row in np.flatnonzero(continues):
        codes[shared.new[row]] = _shape_code(shared, row)
    for row in _absorbed(shared, successor):
        codes[shared.new[row]] = "merged"
    for row in _split_off(shared, successor):
        codes[shared.new[row]] = codes[successor[shared.old[row]]] = "split"
    return [codes[to] if to >= 0 else "retired" for to in successor.tolist()], codes


def _shape_code(shared: Overlap, row: np.int64) -> _ChangeCode:
    if shared.same[row]:
        return "unchanged"
    whole = shared.old_households[shared.old[row]], shared.new_households[shared.new[row]]
    still = shared.near[row] and all(shared.households[row] == households for households in whole)
    return "redrawn" if still else "reshaped"


def _absorbed(shared: Overlap, successor: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of `shared` with most of an old grid that nothing continues."""
    most = _most_of(shared, shared.old, np.arange(len(shared.old)))
    rows = most[successor[shared.old[most]] < 0]
    return rows[np.isin(shared.new[rows], successor)]


def _split_off(shared: Overlap, successor: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows of `shared` that make a new grid the part of an old one that goes on."""
    rows = _successions(shared, np.arange(len(shared.old)))
    fresh = ~np.isin(shared.new[rows], successor)
    return rows[fresh & (successor[shared.old[rows]] >= 0)]


def _most_of(
    shared: Overlap, side: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return for each grid the one of `rows` with most households; then area, then order."""
    order = rows[np.lexsort((-_mm2(shared.area)[rows], -shared.households[rows], side[rows]))]
    _, first = np.unique(side[order], return_index=True)
    return order[first]


def _successions(shared: Overlap, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those of `rows` whose old grid gives half or more of the new one, one for each."""
    rows = _most_of(shared, shared.new, rows)
    all_households, all_area = shared.new_households[shared.new], shared.new_area[shared.new]
    half = np.where(
        all_households > 0, 2 * shared.households >= all_households, 2 * shared.area >= all_area
    )
    return rows[half[rows]]


def _mm2(area: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return areas in whole mm²: the order in which atoms were summed decides no tie."""
    return np.rint(area * 1e6).astype(np.int64)


def _components(old: NDArray[np.int64], new: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return the pairs (rows) in groups that share no grid, each with ascending rows."""
    if not old.size:
        return []
    olds = int(old.max()) + 1
    size = olds + int(new.max()) + 1
    links = coo_array((np.ones(old.size), (old, olds + new)), shape=(size, size))
    group = connected_components(links, directed=False)[1][old]
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _summed(place: NDArray[Any], amount: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return the sum of `amount` per place, leaving out negative places."""
    inside = place >= 0
    return np.bincount(place[inside], amount[inside], size).astype(np.float64)
