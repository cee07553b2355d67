"""The strategy of the search: which numbers of grids, how many starts, when it is good enough."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import middle, numbers_of_grids, too_big
from gridgeo.partition.effort import EFFORTS
from gridgeo.partition.exact import FEW, enumerate_all
from gridgeo.partition.halt import Halt
from gridgeo.partition.job import Job, best_of, mix, solution_of
from gridgeo.partition.problem import Problem, Solution, fingerprint, in_order
from gridgeo.partition.rounds import go_on
from gridgeo.partition.starts import attempt, repair
from gridgeo.partition.web import heat_of, rule_of, weave

if TYPE_CHECKING:
    from gridgeo.config import Band, Search


def solve(
    problem: Problem, band: Band, search: Search, *, halt: Halt | None = None, jobs: int = 1
) -> Solution:
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
    jobs
        Threads; the labels do not depend on them.

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
    job = Job(
        web=web,
        rule=rule_of(problem, band),
        heat=heat_of(web),
        seed=mix(fingerprint(ordered), search.seed),
        effort=EFFORTS[search.effort],
        halt=halt or Halt(),
        jobs=jobs,
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


def _search(job: Job, numbers: tuple[int, ...], *, fixed: bool) -> Solution:
    """Return the best of the search, or of all ways for few atoms."""
    if numbers[0] == 1 and not (whole := whole_piece(job)).failed:
        return whole
    if not fixed and job.atoms <= FEW and (proved := enumerated(job, numbers)):
        return proved
    tried = race(job, numbers)
    return replace(
        best_of(tried),
        starts=len(tried),
        moves=sum(solution.moves for solution in tried),
        first_missed=tried[0].missed,
        first_cost=tried[0].cost,
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
    least = 2 if len(problem.apart) else 1
    return tuple(k for k in numbers if least <= k <= households.size) or (least,)


def race(job: Job, numbers: tuple[int, ...]) -> list[Solution]:
    """Return what was found, number after number, up to the first that is in band."""
    found: list[Solution] = []
    for k in numbers:
        own = _starts(job, k)
        for turn in range(job.effort.repairs):
            if not best_of(own).failed or job.halt.stopped:
                break
            own.append(repair(job, best_of(own), turn))
        own += go_on(job, own)
        found += own
        if not best_of(own).failed or job.halt.stopped:
            break
    return found


def _starts(job: Job, k: int) -> list[Solution]:
    """Return the starts of one number of grids, two at a time until two end alike."""
    own: list[Solution] = []
    with ThreadPoolExecutor(max_workers=job.jobs) as pool:
        for first in range(0, job.effort.starts, 2):
            pair = range(first, min(first + 2, job.effort.starts))
            own += pool.map(partial(attempt, job, k), pair)
            if job.halt.stopped or _agree(own):
                break
    return own


def _agree(own: list[Solution]) -> bool:
    ranks = sorted(solution.rank for solution in own)
    return len(ranks) > 1 and ranks[0] == ranks[1]


def whole_piece(job: Job) -> Solution:
    """Return the one labelling with one grid."""
    whole = solution_of(job, np.zeros(job.atoms, dtype=np.int32), exact=True)
    return replace(whole, first_missed=whole.missed, first_cost=whole.cost)


def enumerated(job: Job, numbers: tuple[int, ...]) -> Solution | None:
    """Return the best labelling of a few atoms, proved best; None where it was told to stop."""
    labels = enumerate_all(job.web, job.rule, np.array(numbers), job.halt.flag)
    if labels.min() < 0:
        return None
    best = solution_of(job, labels, moves=0, exact=True)
    return replace(best, first_missed=best.missed, first_cost=best.cost)
