"""Rounds that go on from the best few labellings: reheat them, combine all that was seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gridgeo.partition.combine import Seen, combine
from gridgeo.partition.job import Job, best_of, solution_of
from gridgeo.partition.starts import reheat

if TYPE_CHECKING:
    from gridgeo.partition.problem import Solution

#: with fewer grids the starts meet the best by themselves, or a proof does
GRIDS = 5
#: rounds without progress that end it
PATIENCE = 3


def go_on(job: Job, starts: list[Solution]) -> list[Solution]:
    """Return what rounds of reheating and combining make of starts with one number of grids.

    All of `starts` that are in band take part; nothing is done where none is.
    """
    elite = sorted((s for s in starts if not s.failed), key=lambda s: s.rank)[: job.effort.elite]
    if not elite or elite[0].grids < GRIDS:
        return []
    seen = Seen({})
    for start in elite:
        seen.add(job, start.labels)
    found: list[Solution] = []
    idle = 0
    for turn in range(job.effort.rounds):
        if idle == PATIENCE or job.halt.stopped:
            break
        best = elite[0]
        warmed = _reheat_all(job, elite, turn)
        for solution in (solution for chain in warmed for solution in chain):
            seen.add(job, solution.labels)
            found.append(solution)
        elite = [_best_in_band([one, *chain]) for one, chain in zip(elite, warmed, strict=True)]
        elite.sort(key=lambda solution: solution.rank)
        found.append(solution_of(job, combine(job, elite[0].labels, seen)))
        if found[-1].rank < elite[0].rank:
            elite = [found[-1], *elite[: job.effort.elite - 1]]
        idle = 0 if elite[0].rank < best.rank else idle + 1
    return found


def _reheat_all(job: Job, elite: list[Solution], turn: int) -> list[list[Solution]]:
    with ThreadPoolExecutor(max_workers=job.jobs) as pool:
        chains = [pool.submit(reheat, job, one, turn, i) for i, one in enumerate(elite)]
        return [chain.result() for chain in chains]


def _best_in_band(found: list[Solution]) -> Solution:
    return best_of([solution for solution in found if not solution.failed])
