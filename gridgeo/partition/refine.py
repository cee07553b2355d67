"""The strategy of the search: which numbers of grids, how many starts, when it is good enough."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.anneal import anneal
from gridgeo.partition.band import known, middle, numbers_of_grids, too_big
from gridgeo.partition.kernel import Heat, Rule, Web, total
from gridgeo.partition.problem import Problem, Solution, fingerprint, in_order
from gridgeo.partition.seed import grow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band, Search

#: numbers of grids within this share of the best cost have all their starts
NEAR = 1.1
PROFILE_NUMBER = {"either": 0.0, "households": 1.0, "residents": 2.0}


@dataclass(frozen=True, kw_only=True)
class _Job:
    web: Web
    rule: Rule
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
    job = _Job(
        web=weave(ordered),
        rule=_rule(problem, band),
        seed=_mix(fingerprint(ordered), search.seed),
        search=search,
    )
    tried = race(job, candidates(ordered, band))
    best = min(tried, key=lambda solution: solution.rank)
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
    """Return what was found for these numbers of grids, start by start.

    Every number has one start; those that come near the best have more, until two starts
    of a number end alike. Further numbers are tried only while bands are missed.
    """
    found: dict[int, list[Solution]] = {}
    for k in numbers:
        best = _best(found)
        if len(found) >= job.search.numbers_of_grids and best and not best.missed:
            break
        found[k] = [attempt(job, k, 0)]
    for start in range(1, job.search.starts):
        best = _best(found)
        for k, solutions in found.items():
            if best and _worth(solutions, best):
                solutions.append(attempt(job, k, start))
    return [solution for solutions in found.values() for solution in solutions]


def _best(found: dict[int, list[Solution]]) -> Solution | None:
    every = [solution for solutions in found.values() for solution in solutions]
    return min(every, key=lambda solution: solution.rank, default=None)


def _worth(solutions: list[Solution], best: Solution) -> bool:
    ranks = sorted(solution.rank for solution in solutions)
    if len(ranks) > 1 and ranks[0] == ranks[1]:
        return False
    return bool(best.missed) or (not ranks[0][0] and ranks[0][2] <= NEAR * best.cost)


def attempt(job: _Job, k: int, start: int) -> Solution:
    """Return one annealed labelling with `k` grids."""
    web, n = job.web, job.web.mass.shape[0]
    rng = np.array([_mix(job.seed, k, start)], dtype=np.uint64)
    labels = grow(web, k, rng)
    moves = job.search.moves_per_atom * n if k > 1 else 0
    anneal(web, job.rule, _heat(web, start), labels, k, moves, rng)
    cost, missed, distance = total(web, job.rule, labels, k)
    return Solution(
        labels=_by_first(labels),
        grids=k,
        missed=round(missed),
        distance=float(distance),
        cost=float(cost),
        moves=moves,
    )


def weave(problem: Problem) -> Web:
    """Return the graph of an ordered problem as the kernels want it."""
    n, m = problem.households.size, len(problem.edges)
    source = problem.edges.T.ravel()
    other = problem.edges[:, ::-1].T.ravel()
    edge = np.tile(np.arange(m, dtype=np.int32), 2)
    order = np.lexsort((other, source))
    start = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(np.bincount(source, minlength=n), out=start[1:])
    linked = problem.linked.astype(np.uint8)
    return Web(
        start=start,
        neighbour=np.ascontiguousarray(other[order], dtype=np.int32),
        weight=(problem.cut_m - problem.straddle_m)[edge[order]],
        linked=linked[edge[order]],
        edge=edge[order],
        ends=np.ascontiguousarray(problem.edges, dtype=np.int32),
        connects=linked,
        mass=_mass(problem),
    )


def _mass(problem: Problem) -> NDArray[np.float64]:
    x, y, area = problem.x, problem.y, problem.area
    columns = (
        problem.households,
        np.nan_to_num(problem.residents),
        ~known(problem.households, problem.residents),
        area,
        area * x,
        area * y,
        area * (x * x + y * y) + area * area / (2 * math.pi),
        np.ones(area.size),
    )
    return np.ascontiguousarray(np.column_stack(columns), dtype=np.float64)


def _rule(problem: Problem, band: Band) -> Rule:
    return Rule(
        lower=float(band.lower),
        upper=float(band.upper),
        residents_lower=float(band.residents_lower),
        residents_upper=float(band.residents_upper),
        profile=PROFILE_NUMBER[band.profile],
        balance_m=float(problem.balance_m),
        compactness=float(problem.compactness),
    )


def _heat(web: Web, start: int) -> Heat:
    """Return the schedule in units of a mean border; every other start moves atoms in pairs."""
    unit = float(np.abs(web.weight).mean()) if web.weight.size else 1.0
    unit = unit or 1.0
    return Heat(
        hot=0.5 * unit,
        cold=0.03 * unit,
        soft=0.02 * unit,
        hard=0.3 * unit,
        missed=3.0 * unit,
        chains=0.2 * (start % 2),
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
