"""Starts of the search, and how one is repaired or reheated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridgeo.partition.anneal import anneal
from gridgeo.partition.job import Job, solution_of
from gridgeo.partition.recut import recut
from gridgeo.partition.seed import grow

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gridgeo.partition.kernel import Heat
    from gridgeo.partition.problem import Solution

#: fresh cuts per grid, of at most `COUNTED` grids, that end a start
POLISH = 8
COUNTED = 50
#: the share of the moves that a repair has, and how warm it starts
REPAIR = 0.25
WARM = 0.5
#: how hot starts are, in turn: the hotter cross what divides heavy atoms, the others settle better
STARTS = (1.5, 0.6)
#: how warm reheats start, in turn, and their first price of a household outside the band
REHEATS = (0.25, 0.4)
FIRM = 0.7


def attempt(job: Job, k: int, start: int) -> Solution:
    """Return one labelling with `k` grids: grown, annealed, then cut anew where that pays."""
    rng = job.rng(k, start)
    labels = grow(job.web, k, rng)
    hot = job.heat._replace(hot=STARTS[start % len(STARTS)] * job.heat.hot)
    moves = _anneal(job, hot, labels, _moves(job, k), rng)
    if k > 1:
        cold = job.heat._replace(cold=0.0)
        recut(job.web, job.rule, cold, labels, k, POLISH * min(k, COUNTED), rng, job.halt.flag)
    return solution_of(job, labels, moves=moves)


def repair(job: Job, solution: Solution, turn: int) -> Solution:
    """Return a labelling won by cutting anew around the grids that miss the band."""
    k = solution.grids
    labels = solution.labels.copy()
    rng = job.rng(k, turn, 1)
    if k > 1:
        tries = job.effort.cuts * min(k, COUNTED)
        recut(job.web, job.rule, job.heat, labels, k, tries, rng, job.halt.flag)
    warm = job.heat._replace(hot=WARM * job.heat.hot)
    moves = _anneal(job, warm, labels, round(REPAIR * _moves(job, k)), rng)
    return solution_of(job, labels, moves=moves)


def reheat(job: Job, solution: Solution, *stream: int) -> list[Solution]:
    """Return what a labelling became each time that it was warmed up and cooled again.

    Each time starts from the best so far.
    """
    rng = job.rng(solution.grids, 2, *stream)
    best, found = solution, []
    for turn in range(job.effort.reheats):
        if job.halt.stopped:
            break
        labels = best.labels.copy()
        hot = REHEATS[turn % len(REHEATS)] * job.heat.hot
        warm = job.heat._replace(hot=hot, soft=FIRM * job.heat.hard)
        moves = round(job.effort.reheat_share * _moves(job, solution.grids))
        _anneal(job, warm, labels, moves, rng)
        found.append(solution_of(job, labels, moves=moves))
        if found[-1].rank < best.rank:
            best = found[-1]
    return found


def _moves(job: Job, grids: int) -> int:
    return job.effort.moves_per_atom(job.atoms, grids) * job.atoms


def _anneal(
    job: Job, heat: Heat, labels: NDArray[np.int32], moves: int, rng: NDArray[np.uint64]
) -> int:
    """Anneal `labels` in place; return the number of moves proposed."""
    k = int(labels.max()) + 1
    moves = moves if k > 1 else 0
    anneal(job.web, job.rule, heat, labels, k, moves, rng, job.halt.flag)
    return moves
