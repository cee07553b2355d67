"""The strategy of the search: which numbers of grids, how many starts, when it is good enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.anneal import anneal
from gridgeo.partition.band import middle, numbers_of_grids, too_big
from gridgeo.partition.effort import EFFORTS, Effort
from gridgeo.partition.exact import FEW, MORE, enumerate_all
from gridgeo.partition.halt import Halt
from gridgeo.partition.halve import ATOMS_TO_HALVE, SETS, halve
from gridgeo.partition.kernel import APART, Heat, Rule, Web, together, total
from gridgeo.partition.problem import Problem, Solution, fingerprint, in_order
from gridgeo.partition.recut import recut
from gridgeo.partition.seed import grow
from gridgeo.partition.web import heat_of, rule_of, weave

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band, Search

#: fresh cuts per grid, of at most `COUNTED` grids, that end a start
POLISH = 20
COUNTED = 50
#: the share of the moves that a repair has, and how warm it starts
REPAIR = 0.25
WARM = 0.4


@dataclass(frozen=True, kw_only=True)
class _Job:
    web: Web
    rule: Rule
    heat: Heat
    seed: int
    effort: Effort
    halt: Halt


def solve(problem: Problem, band: Band, search: Search, *, halt: Halt | None = None) -> Solution:
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
        Effort and seed; its limit of seconds is the caller's to keep, with `halt`.
    halt
        Makes the search return the best so far once it is stopped.

    Returns
    -------
    Solution
        Every grid is connected by links. Of the numbers of grids that can be in band the one
        nearest to the middle of the band is taken that was met; then cost counts. Where none was
        met: fewest bands missed, then households by which, then cost.

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
        effort=EFFORTS[search.effort],
        halt=halt or Halt(),
    )
    best = _search(job, candidates(ordered, band), fixed=ordered.grids is not None)
    labels = np.empty_like(best.labels)
    labels[order] = best.labels
    rest = float(problem.straddle_m.sum())
    return replace(
        best,
        labels=labels,
        cost=best.cost + rest,
        first_cost=best.first_cost + rest,
        interrupted=job.halt.stopped,
    )


def _search(job: _Job, numbers: tuple[int, ...], *, fixed: bool) -> Solution:
    """Return the best of the search, of all ways for few atoms, or of all ways to cut in two."""
    atoms = job.web.mass.shape[0]
    if not fixed and atoms <= FEW and (proved := enumerated(job, numbers)):
        return proved
    tried = race(job, numbers)
    best = replace(
        _best(tried),
        starts=len(tried),
        moves=sum(solution.moves for solution in tried),
        first_missed=tried[0].missed,
        first_cost=tried[0].cost,
    )
    if best.missed and not fixed and atoms <= MORE and (proved := enumerated(job, numbers)):
        return proved
    if best.missed and numbers == (2,) and atoms <= ATOMS_TO_HALVE:
        return halved(job, best)
    return best


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
    least = 2 if len(problem.apart) else 1
    return tuple(k for k in numbers if least <= k <= households.size) or (least,)


def race(job: _Job, numbers: tuple[int, ...]) -> list[Solution]:
    """Return what was found, number after number, up to the first that is in band."""
    found: list[Solution] = []
    for k in numbers:
        own = _starts(job, k)
        for turn in range(job.effort.repairs):
            if not _best(own).failed or job.halt.stopped:
                break
            own.append(repair(job, _best(own), turn))
        found += own
        if not _best(own).failed or job.halt.stopped:
            break
    return found


def _starts(job: _Job, k: int) -> list[Solution]:
    """Return the starts of one number of grids; two that end alike are enough."""
    own: list[Solution] = []
    for start in range(job.effort.starts):
        own.append(attempt(job, k, start))
        ranks = sorted(solution.rank for solution in own)
        if job.halt.stopped or (ranks[1:] and ranks[0] == ranks[1]):
            break
    return own


def _best(found: list[Solution]) -> Solution:
    return min(found, key=lambda solution: solution.rank)


def attempt(job: _Job, k: int, start: int) -> Solution:
    """Return one labelling with `k` grids: grown, annealed, then cut anew where that pays."""
    rng = np.array([_mix(job.seed, k, start)], dtype=np.uint64)
    labels = grow(job.web, k, rng)
    moves = _anneal(job, job.heat, labels, share=1.0, rng=rng)
    if k > 1:
        cold = job.heat._replace(cold=0.0)
        recut(job.web, job.rule, cold, labels, k, POLISH * min(k, COUNTED), rng, job.halt.flag)
    return _solution(job, labels, moves=moves)


def repair(job: _Job, solution: Solution, turn: int) -> Solution:
    """Return a labelling won by cutting anew around the grids that miss the band."""
    k = solution.grids
    labels = solution.labels.copy()
    rng = np.array([_mix(job.seed, k, turn, 1)], dtype=np.uint64)
    if k > 1:
        tries = job.effort.cuts * min(k, COUNTED)
        recut(job.web, job.rule, job.heat, labels, k, tries, rng, job.halt.flag)
    warm = job.heat._replace(hot=WARM * job.heat.hot)
    moves = _anneal(job, warm, labels, share=REPAIR, rng=rng)
    return _solution(job, labels, moves=moves)


def _anneal(
    job: _Job,
    heat: Heat,
    labels: NDArray[np.int32],
    *,
    share: float,
    rng: NDArray[np.uint64],
) -> int:
    """Anneal `labels` in place with a share of the moves; return how many these were."""
    k = int(labels.max()) + 1
    moves = round(share * job.effort.moves_per_atom * labels.size) if k > 1 else 0
    anneal(job.web, job.rule, heat, labels, k, moves, rng, job.halt.flag)
    return moves


def enumerated(job: _Job, numbers: tuple[int, ...]) -> Solution | None:
    """Return the best labelling of a few atoms, proved best; None where it was told to stop."""
    labels = enumerate_all(job.web, job.rule, np.array(numbers), job.halt.flag)
    if labels.min() < 0:
        return None
    best = _solution(job, labels, moves=0, exact=True)
    return replace(best, first_missed=best.missed, first_cost=best.cost)


def halved(job: _Job, best: Solution) -> Solution:
    """Return the best of all ways to cut the piece in two, or `best` with the proof of none."""
    complete, labels = halve(job.web, job.rule, SETS, job.halt.flag)
    if not labels.any():
        return replace(best, exact=complete)
    found = _solution(job, labels, moves=best.moves, exact=complete)
    return replace(
        found,
        starts=best.starts,
        first_missed=best.first_missed,
        first_cost=best.first_cost,
    )


def _solution(job: _Job, labels: NDArray[np.int32], *, moves: int, exact: bool = False) -> Solution:
    grids = int(labels.max()) + 1
    cost, missed, distance = total(job.web, job.rule, labels, grids)
    shared = together(job.web, labels)
    apart = len(job.web.apart) - shared
    return Solution(
        labels=_by_first(labels),
        grids=grids,
        missed=round(float(missed)),
        distance=float(distance),
        cost=float(cost) + APART * apart,
        moves=moves,
        exact=exact,
        together=shared,
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
