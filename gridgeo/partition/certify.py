"""How good a solution is proved to be, and what proves that there is none in band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import numbers_of_grids, too_big
from gridgeo.partition.columns import ATOMS_IN_SETS
from gridgeo.partition.halt import Halt
from gridgeo.partition.pairs import divide_pairs
from gridgeo.partition.problem import Problem, Solution
from gridgeo.partition.refine import solve
from gridgeo.partition.sets import Budget, list_sets

if TYPE_CHECKING:
    from gridgeo.config import Band, Search


#: for a piece that is in band, by effort
CERTIFY: Mapping[str, Budget | None] = MappingProxyType(
    {
        "fast": None,
        "normal": Budget(seen=20_000, kept=20_000, nodes=100_000),
        "best": Budget(seen=20_000_000, kept=3_000_000, nodes=5_000_000),
    }
)
#: for a piece that misses the band although its amounts would allow it
PROVE: Mapping[str, Budget] = MappingProxyType(
    {
        "fast": Budget(seen=1_000_000, kept=200_000, nodes=1_000_000),
        "normal": Budget(seen=5_000_000, kept=500_000, nodes=2_000_000),
        "best": Budget(seen=50_000_000, kept=3_000_000, nodes=20_000_000),
    }
)


def solve_certified(
    problem: Problem, band: Band, search: Search, *, halt: Halt | None = None, jobs: int = 1
) -> Solution:
    """Solve a piece, then prove what the effort allows about it; see `solve` and `certify`."""
    halt = halt or Halt()
    solution = solve(problem, band, search, halt=halt, jobs=jobs)
    return certify(problem, band, search, solution, halt)


def certify(
    problem: Problem, band: Band, search: Search, solution: Solution, halt: Halt
) -> Solution:
    """Return the solution with its certificate, or a better one that the proof brought to light.

    All connected sets in band are listed and the cheapest cover of the atoms is sought among
    them: for the number of grids that the solution has, or, where it misses the band, for every
    number that the amounts allow. Nothing is claimed where the budget of the effort ends first;
    with effort ``best`` pairs of grids are then divided anew.

    Examples
    --------
    >>> from gridgeo.config import Band, Search
    >>> row = np.arange(24)
    >>> street = Problem(
    ...     households=np.full(24, 50), residents=np.full(24, np.nan),
    ...     edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
    ...     cut_m=np.full(23, 50.0), straddle_m=np.zeros(23), linked=np.ones(23, dtype=bool),
    ...     x=row * 100.0, y=np.zeros(24), area=np.full(24, 1e4), balance_m=100.0)
    >>> solve_certified(street, Band(), Search()).certificate
    'optimal'
    """
    if solution.failed:
        return solution if solution.exact else _met_or_proved(problem, band, search, solution, halt)
    if solution.exact or solution.grids == 1:
        return replace(solution, certificate="optimal", bound=solution.cost)
    budget = CERTIFY[search.effort]
    if budget is not None and problem.households.size <= ATOMS_IN_SETS:
        solution = _improved(problem, band, solution, budget, halt)
    if search.effort == "best" and not solution.certificate:
        solution = divide_pairs(problem, band, solution, halt)
    return solution


def _improved(
    problem: Problem, band: Band, solution: Solution, budget: Budget, halt: Halt
) -> Solution:
    """Return the cheapest solution of as many grids, `solution` itself where that is not known."""
    sets = list_sets(problem, band, budget, halt)
    if not sets.complete:
        return solution
    complete, labels, cost = sets.cheapest(solution.grids, solution.cost)
    if labels is not None:
        solution = replace(solution, labels=labels, cost=cost)
    if not complete:
        return solution
    return replace(solution, certificate="optimal", bound=solution.cost)


def _met_or_proved(
    problem: Problem, band: Band, search: Search, solution: Solution, halt: Halt
) -> Solution:
    """Return the cheapest solution in band, or `solution` with the proof that there is none."""
    numbers = numbers_of_grids(band, problem.households, problem.residents)
    if problem.grids is not None:
        numbers = tuple(k for k in numbers if k == problem.grids)
    heavy = too_big(band, problem.households, problem.residents).any()
    if not numbers or heavy or problem.households.size > ATOMS_IN_SETS:
        return solution
    sets = list_sets(problem, band, PROVE[search.effort], halt)
    proved = sets.complete
    for k in numbers:
        complete, labels, cost = sets.cheapest(k, np.inf)
        if labels is not None:
            met = replace(solution, labels=labels, grids=k, missed=0, distance=0.0, together=0)
            if not (complete and sets.complete):
                return replace(met, cost=cost)
            return replace(met, cost=cost, exact=True, certificate="optimal", bound=cost)
        proved &= complete
    return replace(solution, exact=proved)


def certificate_of(solutions: Sequence[Solution]) -> tuple[str, float]:
    """Return the certificate of several pieces together, and their gap as a share of the cost.

    The gap is 0 where all are optimal and NaN where no bound is known.
    """
    told = {solution.certificate for solution in solutions}
    if told <= {"optimal"}:
        return "optimal", 0.0
    if told <= {"optimal", "gap"}:
        cost = sum(solution.cost for solution in solutions)
        bound = sum(solution.bound for solution in solutions)
        return "gap", (cost - bound) / cost if cost > 0 else 0.0
    return ("" if "" in told else "pairwise"), np.nan
