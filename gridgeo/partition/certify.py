"""How good a solution is proved to be, and what proves that there is none in band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import numbers_of_grids, too_big
from gridgeo.partition.bound import bounded
from gridgeo.partition.columns import ATOMS_IN_SETS
from gridgeo.partition.halt import Halt
from gridgeo.partition.pairs import divide_pairs
from gridgeo.partition.problem import Problem, Solution
from gridgeo.partition.refine import solve
from gridgeo.partition.sets import Budget, Sets, list_sets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band, Search


#: before a piece is searched, by effort
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
#: pieces of up to so many atoms get a lower bound at effort ``best``, and what it may take
ATOMS_BOUNDED = 150
TURNS = 40


def solve_certified(
    problem: Problem, band: Band, search: Search, *, halt: Halt | None = None, jobs: int = 1
) -> Solution:
    """Solve a piece and prove what the effort allows about it.

    Where all connected sets in band can be listed, the cheapest cover of the atoms is the answer
    and no search is needed; else see `solve` and `certify`.
    """
    halt = halt or Halt()
    numbers = _numbers(problem, band)
    sets = _listed(problem, band, CERTIFY[search.effort], halt) if numbers else None
    if sets and sets.complete and (best := _first_met(sets, numbers)):
        return best
    solution = solve(problem, band, search, halt=halt, jobs=jobs)
    return certify(problem, band, search, solution, halt, sets=sets)


def certify(
    problem: Problem,
    band: Band,
    search: Search,
    solution: Solution,
    halt: Halt,
    *,
    sets: Sets | None = None,
) -> Solution:
    """Return the solution with its certificate, or a better one that the proof brought to light.

    All connected sets in band are listed and the cheapest cover of the atoms is sought among
    them: for the number of grids that the solution has, or, where it misses the band, for every
    number that the amounts allow. Nothing is claimed where the budget of the effort ends first;
    with effort ``best`` pairs of grids are then divided anew, and a lower bound tells how far
    from the least cost the solution can be. `sets` are those that were listed already.

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
    sets = sets or _listed(problem, band, CERTIFY[search.effort], halt)
    if sets and sets.complete:
        solution = _improved(sets, solution)
    if search.effort == "best" and not solution.certificate:
        solution = divide_pairs(problem, band, solution, halt)
        if problem.households.size <= ATOMS_BOUNDED and not halt.stopped:
            solution = bounded(problem, band, solution, TURNS, halt)
    return solution


def _numbers(problem: Problem, band: Band) -> tuple[int, ...]:
    """Return the numbers of grids that can be in band, none where an atom alone is too big."""
    if too_big(band, problem.households, problem.residents).any():
        return ()
    numbers = numbers_of_grids(band, problem.households, problem.residents)
    return tuple(k for k in numbers if problem.grids in {None, k})


def _listed(problem: Problem, band: Band, budget: Budget | None, halt: Halt) -> Sets | None:
    """Return the connected sets in band, None where they are too many by far."""
    if budget is None or problem.households.size > ATOMS_IN_SETS:
        return None
    return list_sets(problem, band, budget, halt)


def _first_met(sets: Sets, numbers: tuple[int, ...]) -> Solution | None:
    """Return the cheapest solution of the first number that can be met, None where none is.

    Also None where it is not known whether an earlier number can be met.
    """
    for k in numbers:
        complete, labels, cost = sets.cheapest(k, np.inf)
        if labels is not None and complete:
            return _optimal(labels, k, cost)
        if not complete:
            return None
    return None


def _optimal(labels: NDArray[np.int32], grids: int, cost: float) -> Solution:
    return Solution(
        labels=labels,
        grids=grids,
        missed=0,
        distance=0.0,
        cost=cost,
        moves=0,
        exact=True,
        starts=0,
        first_cost=cost,
        certificate="optimal",
        bound=cost,
    )


def _improved(sets: Sets, solution: Solution) -> Solution:
    """Return the cheapest solution of as many grids, `solution` itself where that is not known."""
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
    numbers = _numbers(problem, band)
    if not numbers or problem.households.size > ATOMS_IN_SETS:
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

    The gap is 0 where all are optimal and NaN where no bound is known for one of them.
    """
    told = {solution.certificate for solution in solutions}
    if told <= {"optimal"}:
        return "optimal", 0.0
    if "" in told:
        return "", np.nan
    cost = sum(solution.cost for solution in solutions)
    bound = sum(solution.bound for solution in solutions)
    gap = (cost - bound) / cost if cost > 0 and np.isfinite(bound) else np.nan
    return ("pairwise" if "gap" not in told else "gap"), gap
