"""The fewest households that must move, exactly: set partitioning of subgraphs near old grids.

A connected subgraph that continues the old grid g takes households *in* from other grids and
leaves households *out* of g to them. Every atom that moves is in once and out once, so

* a partition moves half the sum of ``in + out`` over its grids, where an old grid that is retired
  has all out, and a new grid that continues none has all in;
* ``in`` and ``out`` of one grid are of different atoms: a partition that moves at most M
  households has only subgraphs with ``in + out <= M``.

These are few, and enumerated. Set partitioning finds the best choice among them; where it is
complete it proves that no partition moves fewer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.partition.band import residents_known
from gridgeo.partition.connected_subgraphs import ATOMS_IN_MASK
from gridgeo.partition.minimal_change.near_subgraphs import Subgraphs, list_near_subgraphs
from gridgeo.partition.set_partitioning import index_sets, solve_set_partitioning

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.partition.minimal_change.subproblem import Subproblem
    from gridgeo.partition.problem import Cancellation

#: limits by effort: subgraphs kept near each old grid, nodes of set partitioning
_LIMITS = {"fast": (10_000, 50_000), "normal": (60_000, 300_000), "best": (400_000, 3_000_000)}
#: ``in + out`` that is looked at first, as shares of the households that are known to suffice
_SHARES = (0.5, 0.7, 0.85, 1.0)
#: the same where no labels in band are known, as shares of the lower limit
_SHARES_OF_LOWER = (0.5, 1.0, 1.5)
#: households that the cost of all borders counts as, where the fewest households are looked for
_TIE = 0.01


@dataclass(frozen=True, kw_only=True)
class _NearOptimum:
    """The best labels near the old grids, None where none are known in band, and a lower bound.

    No labels in band move fewer than `least` households.
    """

    labels: NDArray[np.int64] | None
    least: float


def solve_near_old_grids(
    sub: Subproblem, labels: NDArray[np.int64] | None, *, effort: str, cancellation: Cancellation
) -> _NearOptimum:
    """Return labels in band that move the fewest households that are found, and a lower bound.

    Old grids may each continue; one of them may be retired, or one new grid be made. The bound is
    0 where the best labels do more than that, or where the subgraphs are too many.

    Parameters
    ----------
    labels
        In band and connected; None where none are known.
    """
    kept, nodes = _LIMITS[effort]
    search = _Search(kept=kept, nodes=nodes, cancellation=cancellation)
    best, least = _with_all_continued(sub, labels, search)
    if best is None or not sub.grids:
        return _NearOptimum(labels=None, least=0)
    old_households = np.bincount(sub.old + 1, sub.problem.households, sub.grids + 1)[1:].astype(int)
    new = _least_of_new_grid(sub)
    for grid in np.argsort(old_households, kind="stable").tolist():
        for fresh, spent in ((0, 0.0), (1, new)):
            if old_households[grid] + spent < sub.moved(best):
                best, bound = _with_one_retired(sub, best, grid, fresh, search)
                least = min(least, max(bound, old_households[grid] + spent))
    if new < sub.moved(best):
        best, bound = _with_one_new(sub, best, search)
        least = min(least, max(bound, new))
    one, two = np.cumsum(np.sort([*old_households, math.inf])[:2]).tolist()
    more = [
        *((sub.grids - 2, two), (sub.grids - 1, two + new), (sub.grids, two + 2 * new)),
        *((sub.grids + 1, one + 2 * new), (sub.grids + 2, 2 * new)),
    ]
    least = min([least, *(moved for number, moved in more if number in sub.numbers)])
    made = np.setdiff1d(best, np.arange(sub.grids)).size
    retired = np.setdiff1d(np.arange(sub.grids), best).size
    least = 0.0 if max(made, retired) > 1 else least
    return _NearOptimum(labels=_of_least_cost(sub, best, search), least=min(least, sub.moved(best)))


@dataclass(frozen=True, kw_only=True)
class _Search:
    kept: int
    nodes: int
    cancellation: Cancellation


def _with_all_continued(
    sub: Subproblem, labels: NDArray[np.int64] | None, search: _Search
) -> tuple[NDArray[np.int64] | None, float]:
    """Return the better of `labels` and what continues each old grid, and a bound on the latter."""
    if sub.grids not in sub.numbers:
        return labels, math.inf
    best = labels
    if best is None:
        for share in _SHARES_OF_LOWER:
            best, _ = _best_within(
                sub, None, round(share * sub.band.lower), search, grids=sub.grids
            )
            if best is not None:
                break
        else:
            return None, 0.0
    return _better_by_shares(sub, best, _SHARES, search, grids=sub.grids)


def _with_one_retired(
    sub: Subproblem, best: NDArray[np.int64], grid: int, new: int, search: _Search
) -> tuple[NDArray[np.int64], float]:
    """Return the better of `best` and what continues the old grids but one; a bound on the latter.

    There is one `new` grid, or none.
    """
    retired = sub.old == grid
    spent = int(sub.problem.households[retired].sum())
    if sub.grids - 1 + new not in sub.numbers or sub.grids < 2:
        return best, math.inf
    rest = replace(sub, old=np.where(retired, -1, sub.old - (sub.old > grid)))
    upper, least = sub.moved(best) - spent, 0.0
    for share in _SHARES:
        found, bound = _best_within(
            rest, upper, round(share * upper), search, grids=rest.grids + new
        )
        if found is not None:
            back = np.delete(np.arange(sub.grids), grid)
            names = np.concatenate([back, sub.grids + np.arange(sub.old.size + sub.grids)])
            best, upper = names[found], rest.moved(found)
        if bound is None or (least := max(least, bound)) >= upper:
            break
    return best, least + spent


def _with_one_new(
    sub: Subproblem, best: NDArray[np.int64], search: _Search
) -> tuple[NDArray[np.int64], float]:
    """Return the better of `best` and what continues all old grids beside a new one; a bound."""
    if sub.grids + 1 not in sub.numbers:
        return best, math.inf
    return _better_by_shares(sub, best, _SHARES[-2:], search, grids=sub.grids + 1)


def _better_by_shares(
    sub: Subproblem,
    best: NDArray[np.int64],
    shares: tuple[float, ...],
    search: _Search,
    *,
    grids: int,
) -> tuple[NDArray[np.int64], float]:
    """Return the better of `best` and what is found within shares of its households; a bound."""
    least = 0.0
    for share in shares:
        moved = sub.moved(best)
        found, bound = _best_within(sub, moved, round(share * moved), search, grids=grids)
        best = best if found is None else found
        if bound is None or (least := max(least, bound)) >= sub.moved(best):
            break
    return best, least


def _least_of_new_grid(sub: Subproblem) -> float:
    """Return a lower bound on the households that a new grid takes from old ones."""
    problem, band = sub.problem, sub.band
    unlabelled = sub.old < 0
    least = []
    if band.profile != "residents":
        least.append(band.lower - float(problem.households[unlabelled].sum()))
    if band.profile != "households":
        known = residents_known(problem.households, problem.residents)
        residents = np.where(known, np.nan_to_num(problem.residents), 0.0)
        wanted = band.residents_lower - float(residents[unlabelled].sum())
        some = np.flatnonzero((residents > 0) & ~unlabelled)
        ratio = problem.households[some] / residents[some]
        cheapest = some[np.argsort(ratio, kind="stable")]
        room = np.clip(wanted - np.cumsum(residents[cheapest]) + residents[cheapest], 0.0, None)
        taken = np.minimum(room, residents[cheapest])
        least.append(float((np.sort(ratio, kind="stable") * taken).sum()))
    return max(0.0, math.ceil(min(least) - 1e-6))


def _best_within(
    sub: Subproblem, upper: int | None, budget: int, search: _Search, *, grids: int
) -> tuple[NDArray[np.int64] | None, float | None]:
    """Return labels that move fewer than `upper` households, and a bound on those that do.

    Only subgraphs with ``in + out`` of at most `budget` are looked at, those of new grids among
    them if there are more `grids` than old ones. The bound is None where they are too many.
    """
    new = grids > sub.grids
    near = list_near_subgraphs(sub, budget, search.kept, search.cancellation, new=new)
    if near is None:
        return None, None
    tie = _TIE / (grids * max(1.0, float(np.abs(near.cost).max(initial=0.0))))
    price = near.twice_moved / 2 + tie * near.cost
    limit = math.inf if upper is None else upper - 0.5
    found = _partition(sub, near, price, grids=grids, limit=limit, search=search)
    labels = found.labels
    if labels is not None and upper is not None and sub.moved(labels) >= upper:
        labels = None
    bound = math.ceil(found.least - _TIE - 1e-6) if math.isfinite(found.least) else math.inf
    return labels, max(0.0, min(budget + 1.0, bound))


def _of_least_cost(
    sub: Subproblem, labels: NDArray[np.int64], search: _Search
) -> NDArray[np.int64]:
    """Return labels that move as many households as these, at the least cost that is found."""
    moved, grids = sub.moved(labels), np.unique(labels).size
    if grids != sub.grids or not np.isin(np.arange(grids), labels).all():
        return labels
    near = list_near_subgraphs(sub, moved, search.kept, search.cancellation, new=False)
    if near is None:
        return labels
    cost = sub.rank(labels)[3]
    unit = 2.0 * float(np.abs(near.cost).max(initial=1.0)) * grids
    price = unit * near.twice_moved / 2 + near.cost
    limit = unit * moved + cost - 0.01
    found = _partition(sub, near, price, grids=grids, limit=limit, search=search).labels
    return labels if found is None or sub.rank(found) >= sub.rank(labels) else found


class _Partition(NamedTuple):
    """Labels, None where none are below the limit, and a lower bound on the price of any."""

    labels: NDArray[np.int64] | None
    least: float


def _partition(
    sub: Subproblem,
    near: Subgraphs,
    price: NDArray[np.float64],
    *,
    grids: int,
    limit: float,
    search: _Search,
) -> _Partition:
    """Return the cheapest partition below a limit.

    Atoms that the subgraphs never divide are one bit of their masks.
    """
    first = _first_atoms_of_bits(near.atoms)
    if not len(near.atoms):
        return _Partition(None, math.inf)
    if first.size > ATOMS_IN_MASK:
        return _Partition(None, 0.0)
    masks = np.zeros(len(near.atoms), dtype=np.int64)
    for number, atom in enumerate(first.tolist()):
        masks |= near.atoms[:, atom].astype(np.int64) << number
    order = np.lexsort((near.label, price, masks))
    kept = order[np.unique(masks[order], return_index=True)[1]]
    kept = kept[np.lexsort((price[kept], masks[kept] & -masks[kept]))]
    complete, partition, least = solve_set_partitioning(
        index_sets(masks[kept], price[kept], first.size),
        first.size,
        grids,
        min(limit, grids * float(price.max()) + 1.0),
        search.nodes,
        search.cancellation.flag,
    )
    if not partition.size:
        return _Partition(None, math.inf if complete else float(least))
    position = dict(zip(masks[kept].tolist(), kept.tolist(), strict=True))
    rows = np.array([position[mask] for mask in partition.tolist()])
    labels, given = np.empty(sub.old.size, dtype=np.int64), set[int]()
    for number, row in enumerate(rows[np.argsort(price[rows], kind="stable")].tolist()):
        label = int(near.label[row])
        label = sub.grids + 1 + number if label in given else label
        given.add(label)
        labels[near.atoms[row]] = label
    return _Partition(labels, float(price[rows].sum()) if complete else float(least))


def _first_atoms_of_bits(atoms: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the first atom of each set of atoms that no subgraph divides."""
    rows = [row.tobytes() for row in np.packbits(atoms, axis=0).T]
    return np.array(sorted({row: v for v, row in reversed(list(enumerate(rows)))}.values()))
