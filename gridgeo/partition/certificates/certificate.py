"""What is proved of a solution: that it is optimal, its gap, or that none in band exists.

`certify` lists all connected subgraphs in band as far as the budget of the effort allows; at
effort ``best`` it also makes the solution pairwise optimal and proves a lower bound by
`column_generation`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.certificates.column_generation import certify_by_bound
from gridgeo.partition.connected_subgraphs import (
    ATOMS_IN_MASK,
    ConnectedSubgraphs,
    EnumerationBudget,
    list_if_few,
    list_subgraphs,
)
from gridgeo.partition.kernel import cost_of_labels
from gridgeo.partition.problem import restrict_problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band, Search
    from gridgeo.partition.problem import Cancellation, Problem, Solution

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


def certify(
    problem: Problem,
    band: Band,
    search: Search,
    solution: Solution,
    cancellation: Cancellation,
    *,
    subgraphs: ConnectedSubgraphs | None,
) -> Solution:
    """Return the solution with its certificate, or a better one that the proof found.

    Set partitioning of `subgraphs`, where these are all in band, finds the cheapest partition into
    the number of grids that the solution has. Where it misses the band, they are listed with the
    budget of a proof, and every number that the totals allow is tried. Where a budget ends first
    nothing is claimed; with effort ``best`` pairs of adjacent grids are then repartitioned, and a
    lower bound is proved.
    """
    if solution.failed:
        return (
            solution
            if solution.exact
            else _solve_or_refute(problem, band, search, solution, cancellation)
        )
    if solution.exact or solution.grids == 1:
        return replace(solution, certificate="optimal", bound=solution.cost)
    if subgraphs and subgraphs.complete:
        solution = _optimum_of_count(subgraphs, solution)
    if search.effort == "best" and not solution.certificate:
        solution = _repartition_pairs(problem, band, solution, cancellation)
        if problem.households.size <= _ATOMS_BOUNDED and not cancellation.cancelled:
            solution = certify_by_bound(problem, band, solution, _PRICING_ROUNDS, cancellation)
    return solution


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
    subgraphs = list_if_few(problem, band, _BUDGET_OF_PROOF[search.effort], cancellation)
    if subgraphs is None:
        return solution
    found, known = subgraphs.first_partition()
    if found is None:
        return replace(solution, exact=known)
    return replace(
        found,
        moves=solution.moves,
        starts=solution.starts,
        first_missed=solution.first_missed,
        first_cost=solution.first_cost,
        interrupted=solution.interrupted,
    )


#: the enumeration of one pair
_PAIR_BUDGET = EnumerationBudget(seen=1_000_000, kept=300_000, nodes=1_000_000)


def _repartition_pairs(
    problem: Problem, band: Band, solution: Solution, cancellation: Cancellation
) -> Solution:
    """Return a solution in band in which no two adjacent grids can be repartitioned at less cost.

    The certificate is ``pairwise`` where that is proved for every pair: not where two grids have
    too many atoms for an enumeration, nor where a grid encloses others (a pair does not see those).
    """
    labels = solution.labels.copy()
    cost = cost_of_labels(problem, band, labels)
    waiting, unproved = _adjacent_grids(problem, labels), set[tuple[int, int]]()
    while waiting and not cancellation.cancelled:
        a, b = min(waiting)
        waiting.discard((a, b))
        members = np.flatnonzero((labels == a) | (labels == b))
        complete, halves = _repartition(problem, band, labels[members] == a, members, cancellation)
        unproved.discard((a, b))
        if halves is None:
            if not complete:
                unproved.add((a, b))
            continue
        changed = labels.copy()
        changed[members] = np.where(halves == 0, a, b)
        changed_cost = cost_of_labels(problem, band, changed)
        if changed_cost < cost:
            labels, cost = changed, changed_cost
            waiting |= {pair for pair in _adjacent_grids(problem, labels) if {a, b} & set(pair)}
        else:  # the pair encloses grids that it does not see
            unproved.add((a, b))
    unproved &= _adjacent_grids(problem, labels)
    encloses = cost > cost_of_labels(replace(problem, enclave_m=0.0), band, labels)
    certificate = "" if unproved or waiting or encloses else "pairwise"
    return replace(solution, labels=labels, cost=cost, certificate=certificate)


def _adjacent_grids(problem: Problem, labels: NDArray[np.int32]) -> set[tuple[int, int]]:
    """Return the pairs of grids that a link joins, the smaller number first."""
    grids = np.sort(labels[problem.edges[problem.linked]], axis=1)
    return {(a, b) for a, b in grids.tolist() if a != b}


def _repartition(
    problem: Problem,
    band: Band,
    first: NDArray[np.bool_],
    members: NDArray[np.int64],
    cancellation: Cancellation,
) -> tuple[bool, NDArray[np.int32] | None]:
    """Return whether all partitions of a pair were tried, and a better one than `first`."""
    if members.size > ATOMS_IN_MASK:
        return False, None
    pair = restrict_problem(problem, members, 2)
    subgraphs = list_subgraphs(pair, band, _PAIR_BUDGET, cancellation)
    labels = np.where(first, 0, 1).astype(np.int32)
    complete, halves, _ = subgraphs.cheapest_partition(2, subgraphs.cost_of(labels, 2))
    return complete and subgraphs.complete, halves


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
