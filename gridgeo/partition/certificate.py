"""How good a solution is proved to be: optimal, within a gap, or that none in band exists.

`solve_certified` needs no search where all connected subgraphs in band can be enumerated.
`certify` does that after the search, and at effort ``best`` makes the solution pairwise optimal and
proves a lower bound by `column_generation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import exceeds_band, possible_grid_counts
from gridgeo.partition.column_generation import certify_by_bound
from gridgeo.partition.connected_subgraphs import (
    ATOMS_IN_MASK,
    ConnectedSubgraphs,
    EnumerationBudget,
    list_subgraphs,
)
from gridgeo.partition.pairwise import repartition_pairs
from gridgeo.partition.problem import Cancellation, Problem, Solution
from gridgeo.partition.search import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band, Search

#: by effort: the enumeration before a piece is searched
_BUDGET_BEFORE_SEARCH: Mapping[str, EnumerationBudget | None] = MappingProxyType(
    {
        "fast": None,
        "normal": EnumerationBudget(seen=20_000, kept=20_000, nodes=100_000),
        "best": EnumerationBudget(seen=20_000_000, kept=3_000_000, nodes=5_000_000),
    }
)
#: by effort: the enumeration for a piece that misses the band although its totals allow it
_BUDGET_OF_PROOF: Mapping[str, EnumerationBudget] = MappingProxyType(
    {
        "fast": EnumerationBudget(seen=1_000_000, kept=200_000, nodes=1_000_000),
        "normal": EnumerationBudget(seen=5_000_000, kept=500_000, nodes=2_000_000),
        "best": EnumerationBudget(seen=50_000_000, kept=3_000_000, nodes=20_000_000),
    }
)
#: at effort ``best`` pieces of up to so many atoms get a lower bound, in so many exact pricings
_ATOMS_BOUNDED = 150
_PRICING_ROUNDS = 40


def solve_certified(
    problem: Problem,
    band: Band,
    search: Search,
    *,
    cancellation: Cancellation | None = None,
    jobs: int = 1,
) -> Solution:
    """Solve a piece and prove what the effort allows about it.

    Where all connected subgraphs in band can be listed, set partitioning finds the optimum and no
    search is needed; else see `solve` and `certify`.
    """
    cancellation = cancellation or Cancellation()
    counts = _grid_counts(problem, band)
    subgraphs = (
        _list_if_few(problem, band, _BUDGET_BEFORE_SEARCH[search.effort], cancellation)
        if counts
        else None
    )
    if subgraphs and subgraphs.complete and (best := _optimum_of_first_count(subgraphs, counts)):
        return best
    solution = solve(problem, band, search, cancellation=cancellation, jobs=jobs)
    return certify(problem, band, search, solution, cancellation, subgraphs=subgraphs)


def certify(
    problem: Problem,
    band: Band,
    search: Search,
    solution: Solution,
    cancellation: Cancellation,
    *,
    subgraphs: ConnectedSubgraphs | None = None,
) -> Solution:
    """Return the solution with its certificate, or a better one that the proof found.

    All connected subgraphs in band are listed and set partitioning finds the cheapest partition:
    into the number of grids that the solution has, or, where it misses the band, into every number
    that the totals allow. Where the budget of the effort ends first nothing is claimed; with effort
    ``best`` pairs of adjacent grids are then repartitioned, and a lower bound is proved.
    `subgraphs` are those that were listed already.

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
        return (
            solution
            if solution.exact
            else _solve_or_refute(problem, band, search, solution, cancellation)
        )
    if solution.exact or solution.grids == 1:
        return replace(solution, certificate="optimal", bound=solution.cost)
    subgraphs = subgraphs or _list_if_few(
        problem, band, _BUDGET_BEFORE_SEARCH[search.effort], cancellation
    )
    if subgraphs and subgraphs.complete:
        solution = _optimum_of_count(subgraphs, solution)
    if search.effort == "best" and not solution.certificate:
        solution = repartition_pairs(problem, band, solution, cancellation)
        if problem.households.size <= _ATOMS_BOUNDED and not cancellation.cancelled:
            solution = certify_by_bound(problem, band, solution, _PRICING_ROUNDS, cancellation)
    return solution


def _grid_counts(problem: Problem, band: Band) -> tuple[int, ...]:
    """Return the numbers of grids that can be in band; none where one atom exceeds the band."""
    if exceeds_band(band, problem.households, problem.residents).any():
        return ()
    counts = possible_grid_counts(band, problem.households, problem.residents)
    return tuple(k for k in counts if problem.grids in {None, k})


def _list_if_few(
    problem: Problem, band: Band, budget: EnumerationBudget | None, cancellation: Cancellation
) -> ConnectedSubgraphs | None:
    """Return the connected subgraphs in band; None for a piece with too many atoms."""
    if budget is None or problem.households.size > ATOMS_IN_MASK:
        return None
    return list_subgraphs(problem, band, budget, cancellation)


def _optimum_of_first_count(
    subgraphs: ConnectedSubgraphs, counts: tuple[int, ...]
) -> Solution | None:
    """Return the cheapest solution of the first number of grids that can be met.

    None where no number can be met, or where it is not known whether an earlier number can.
    """
    for k in counts:
        complete, labels, cost = subgraphs.cheapest_partition(k, np.inf)
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


def _optimum_of_count(subgraphs: ConnectedSubgraphs, solution: Solution) -> Solution:
    """Return the cheapest solution of as many grids; `solution` itself where that is not known."""
    complete, labels, cost = subgraphs.cheapest_partition(solution.grids, solution.cost)
    if labels is not None:
        solution = replace(solution, labels=labels, cost=cost)
    if not complete:
        return solution
    return replace(solution, certificate="optimal", bound=solution.cost)


def _solve_or_refute(
    problem: Problem, band: Band, search: Search, solution: Solution, cancellation: Cancellation
) -> Solution:
    """Return the cheapest solution in band, or `solution` with the proof that there is none."""
    counts = _grid_counts(problem, band)
    if not counts or problem.households.size > ATOMS_IN_MASK:
        return solution
    subgraphs = list_subgraphs(problem, band, _BUDGET_OF_PROOF[search.effort], cancellation)
    proved = subgraphs.complete
    for k in counts:
        complete, labels, cost = subgraphs.cheapest_partition(k, np.inf)
        if labels is not None:
            met = replace(
                solution, labels=labels, grids=k, missed=0, distance=0.0, unmet_cannot_links=0
            )
            if not (complete and subgraphs.complete):
                return replace(met, cost=cost)
            return replace(met, cost=cost, exact=True, certificate="optimal", bound=cost)
        proved &= complete
    return replace(solution, exact=proved)


def certificate_of(solutions: Sequence[Solution]) -> tuple[str, float]:
    """Return the certificate of several pieces together, and their gap as a share of the cost.

    The gap is 0 where all are optimal and NaN where no bound is known for one of them.
    """
    certificates = {solution.certificate for solution in solutions}
    if certificates <= {"optimal"}:
        return "optimal", 0.0
    if "" in certificates:
        return "", np.nan
    cost = sum(solution.cost for solution in solutions)
    bound = sum(solution.bound for solution in solutions)
    gap = (cost - bound) / cost if cost > 0 and np.isfinite(bound) else np.nan
    return ("pairwise" if "gap" not in certificates else "gap"), gap
