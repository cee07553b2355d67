"""The strategy of the search: which numbers of grids, how many starts, when it is good enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.anneal import anneal
from gridgeo.partition.band import middle, numbers_of_grids, too_big
from gridgeo.partition.exact import FEW, MORE, enumerate_all
from gridgeo.partition.halve import ATOMS_TO_HALVE, SETS, halve
from gridgeo.partition.kernel import Heat, Rule, Web, total
from gridgeo.partition.problem import Problem, Solution, fingerprint, in_order
from gridgeo.partition.recut import recut
from gridgeo.partition.seed import grow
from gridgeo.partition.web import heat_of, rule_of, weave

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band, Search

#: the share of the moves that a scout or a repair has
SCOUT = 0.25
#: numbers of grids within this share of the best cost have all their starts
NEAR = 1.1
#: fresh cuts per grid, of at most `COUNTED` grids, that end a full start
POLISH = 20
COUNTED = 50
#: turns of repair while bands are missed, fresh cuts per grid in each, and how warm it starts
REPAIRS = 8
CUTS = 40
WARM = 0.4


@dataclass(frozen=True, kw_only=True)
class _Job:
    web: Web
    rule: Rule
    heat: Heat
    seed: int
    search: Search


def solve(problem: Problem, band: Band, search: Search) -> Solution:
    """Label the atoms of one connected piece with grids.

    The labels do not depend on the order of the rows, on where the piece lies or on other
    pieces; the same problem, band and search give the same labels.

    Parameters
    ----------
    problem
        One piece whose links connect it; ``problem.grids`` fixes the number of grids.
    band
        What a grid should hold.
    search
        Effort and seed.

    Returns
    -------
    Solution
        Every grid is connected by links; fewest bands missed first, then households by which,
        then cost.

    Examples
    --------
    >>> import numpy as np
    >>> from gridgeo.config import Band, Search
    >>> row = np.arange(8)
    >>> street = Problem(
    ...     households=np.full(8, 100), residents=np.full(8, np.nan),
    ...     edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
    ...     cut_m=np.full(7, 50.0), straddle_m=np.zeros(7), linked=np.ones(7, dtype=bool),
    ...     x=row * 100.0, y=np.zeros(8), area=np.full(8, 1e4), balance_m=100.0)
    >>> solve(street, Band(), Search()).labels.tolist()
    [0, 0, 0, 0, 1, 1, 1, 1]
    """
    ordered, order = in_order(problem)
    web = weave(ordered)
    job = _Job(
        web=web,
        rule=rule_of(problem, band),
        heat=heat_of(web),
        seed=_mix(fingerprint(ordered), search.seed),
        search=search,
    )
    atoms = ordered.households.size
    numbers = candidates(ordered, band)
    tried: list[Solution] = []
    if ordered.grids is not None or atoms > FEW:
        tried = race(job, numbers)
    if ordered.grids is None and atoms <= (MORE if tried and _best(tried).missed else FEW):
        tried.append(enumerated(job))
    best = _best(tried)
    if best.missed and not best.exact and numbers == (2,) and atoms <= ATOMS_TO_HALVE:
        best = halved(job, best)
    labels = np.empty_like(best.labels)
    labels[order] = best.labels
    return replace(
        best,
        labels=labels,
        cost=best.cost + float(problem.straddle_m.sum()),
        moves=sum(solution.moves for solution in tried),
    )


def candidates(problem: Problem, band: Band) -> tuple[int, ...]:
    """Return the numbers of grids to be tried, the most promising first.

    Where the totals or an oversized atom rule the band out, the numbers about the middle of the
    band are tried, oversized atoms counted apart.
    """
    households, residents = problem.households, problem.residents
    if problem.grids is not None:
        return (problem.grids,)
    big = too_big(band, households, residents)
    numbers = numbers_of_grids(band, households, residents)
    if big.any() or not numbers:
        known = residents[~big]
        people = math.nan if np.isnan(known).any() else float(known.sum())
        near = middle(band, float(households[~big].sum()), people)
        around = range(math.floor(near) - 1, math.ceil(near) + 2)
        rest = sorted((k for k in around if k >= 0), key=lambda k: (abs(k - near), k))
        numbers = tuple(k + int(big.sum()) for k in rest)
    return tuple(k for k in numbers if 1 <= k <= households.size) or (1,)


def race(job: _Job, numbers: tuple[int, ...]) -> list[Solution]:
    """Return what was found for these numbers of grids.

    A scout with a quarter of the moves goes to each number; those that come near the best have
    all their starts, until two of them end alike. While bands are missed, further numbers are
    scouted and what is best so far is repaired.
    """
    few, more = numbers[: job.search.numbers_of_grids], numbers[job.search.numbers_of_grids :]
    found = [attempt(job, k, start=0, share=SCOUT) for k in few] if numbers[1:] else []
    for k in few:
        found += _starts(job, k, found)
    if _best(found).missed:
        found += [attempt(job, k, start=0, share=SCOUT) for k in more]
    for turn in range(REPAIRS):
        if not _best(found).missed:
            break
        found += [repair(job, solution, turn) for solution in _elite(found)]
    return found


def _starts(job: _Job, k: int, found: list[Solution]) -> list[Solution]:
    """Return the full starts of one number, none where its scout fell behind."""
    scouted = [solution for solution in found if solution.grids == k]
    if scouted and not _near(_best(scouted), _best(found)):
        return []
    own: list[Solution] = []
    for start in range(1, job.search.starts + 1):
        own.append(attempt(job, k, start=start, share=1.0))
        ranks = sorted(solution.rank for solution in own)
        if ranks[1:] and ranks[0] == ranks[1]:
            break
    return own


def _near(one: Solution, best: Solution) -> bool:
    return one.missed == best.missed and (bool(best.missed) or one.cost <= NEAR * best.cost)


def _best(found: list[Solution]) -> Solution:
    return min(found, key=lambda solution: solution.rank)


def _elite(found: list[Solution]) -> list[Solution]:
    """Return the best solution of each of the two best numbers of grids."""
    by_number: dict[int, Solution] = {}
    for solution in sorted(found, key=lambda solution: solution.rank):
        by_number.setdefault(solution.grids, solution)
    return list(by_number.values())[:2]


def attempt(job: _Job, k: int, *, start: int, share: float) -> Solution:
    """Return one labelling with `k` grids: grown, then annealed with a share of the moves."""
    rng = np.array([_mix(job.seed, k, start)], dtype=np.uint64)
    return _annealed(job, job.heat, grow(job.web, k, rng), share, rng)


def repair(job: _Job, solution: Solution, turn: int) -> Solution:
    """Return a labelling won by cutting anew around the grids that miss the band."""
    k = solution.grids
    labels = solution.labels.copy()
    rng = np.array([_mix(job.seed, k, turn, 1)], dtype=np.uint64)
    if k > 1:
        recut(job.web, job.rule, job.heat, labels, k, CUTS * min(k, COUNTED), rng)
    return _annealed(job, job.heat._replace(hot=WARM * job.heat.hot), labels, SCOUT, rng)


def _annealed(
    job: _Job, heat: Heat, labels: NDArray[np.int32], share: float, rng: NDArray[np.uint64]
) -> Solution:
    k = int(labels.max()) + 1
    moves = round(share * job.search.moves_per_atom * labels.size) if k > 1 else 0
    anneal(job.web, job.rule, heat, labels, k, moves, rng)
    if k > 1 and share == 1.0:
        recut(job.web, job.rule, heat._replace(cold=0.0), labels, k, POLISH * min(k, COUNTED), rng)
    return _solution(job, labels, moves=moves, exact=False)


def enumerated(job: _Job) -> Solution:
    """Return the best labelling of a few atoms, proved best."""
    return _solution(job, enumerate_all(job.web, job.rule), moves=0, exact=True)


def halved(job: _Job, best: Solution) -> Solution:
    """Return the best of all ways to cut the piece in two, or `best` with the proof of none."""
    complete, labels = halve(job.web, job.rule, SETS)
    if labels.any():
        return _solution(job, labels, moves=0, exact=complete)
    return replace(best, exact=complete)


def _solution(job: _Job, labels: NDArray[np.int32], *, moves: int, exact: bool) -> Solution:
    grids = int(labels.max()) + 1
    cost, missed, distance = total(job.web, job.rule, labels, grids)
    return Solution(
        labels=_by_first(labels),
        grids=grids,
        missed=round(float(missed)),
        distance=float(distance),
        cost=float(cost),
        moves=moves,
        exact=exact,
    )


def _mix(*numbers: int) -> int:
    """Return one 64-bit number from several."""
    mixed = 0
    for number in numbers:
        mixed = ((mixed ^ number) * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64
        mixed ^= mixed >> 29
    return mixed


def _by_first(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the labels renumbered by where each comes first."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int32)
