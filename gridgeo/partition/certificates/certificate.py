"""What is proved of a solution: that it is optimal, its gap, or that none in band exists.

`certify` lists all connected subgraphs in band as far as the budget of the effort allows; at
effort ``best`` it also makes the solution pairwise optimal and proves a lower bound by column
generation (`certify_by_bound`).

A partition into k grids is k connected subgraphs in band that contain every atom once. For any
duals of the atoms, their sum and k times the least reduced cost of a subgraph is a lower bound
(Dantzig-Wolfe, Lagrange). The duals come from the restricted master, the linear programme over the
known columns, to which `pricing` adds columns. A subgraph whose reduced cost exceeds the least by
the gap or more is in no partition that costs less than the known one. Where all others can be
listed, set partitioning over them by HiGHS closes the gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import LinearConstraint, linprog, milp

from gridgeo.partition.certificates.pricing import (
    boundary_costs,
    build_pricing_problem,
    price_by_annealing,
    price_exactly,
    subgraphs_below,
)
from gridgeo.partition.connected_subgraphs import (
    ATOMS_IN_MASK,
    ConnectedSubgraphs,
    EnumerationBudget,
    list_if_few,
    list_subgraphs,
)
from gridgeo.partition.kernel import cost_of_labels, enclave_cost, evaluate_grid, objective_of
from gridgeo.partition.problem import (
    Cancellation,
    Problem,
    Solution,
    canonical_order,
    restrict_problem,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band, Search
    from gridgeo.partition.certificates.pricing import PricingProblem


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


#: columns from which annealing starts, and columns that are added, in one pricing
_COLUMNS_ANNEALED = 60
_COLUMNS_ADDED = 100
#: columns over which the gap may be closed, and nodes of that integer programme
_MAX_COLUMNS = 20_000
_MIP_NODES = 20_000
#: costs that differ by less are equal, metres
_TOLERANCE_M = 1e-6
#: SciPy's numbers for how HiGHS ended
SOLVED, INFEASIBLE = 0, 2


@dataclass(frozen=True, kw_only=True)
class _DualBound:
    """No partition costs less than ``metres``; no subgraph has a reduced cost below ``least``."""

    metres: float
    duals: NDArray[np.float64]
    least: float


@dataclass(frozen=True, kw_only=True)
class _RestrictedMaster:
    """The known columns, and duals at which none of them has a reduced cost below ``limit``."""

    columns: NDArray[np.bool_]
    duals: NDArray[np.float64]
    limit: float


def certify_by_bound(
    problem: Problem, band: Band, solution: Solution, rounds: int, cancellation: Cancellation
) -> Solution:
    """Return a solution in band with a lower bound, or a cheaper solution that closes the gap.

    The certificate is ``optimal`` where no partition into as many grids costs less; else it stays
    what it is, or becomes ``gap``. `rounds` is the limit of exact pricings; each takes up to
    seconds where the piece has hundreds of atoms.
    """
    ordered, order = canonical_order(problem)
    pricing = build_pricing_problem(ordered, band)
    labels = solution.labels[order]
    bound = _lower_bound(pricing, labels, rounds, cancellation)
    if solution.cost - bound.metres <= _TOLERANCE_M:
        return replace(solution, certificate="optimal", bound=solution.cost)
    improved = _close_gap(pricing, bound, labels, solution.cost, cancellation)
    if improved is None:
        certificate = solution.certificate or "gap"
        return replace(solution, certificate=certificate, bound=bound.metres)
    found_labels, cost = improved
    labels = np.empty_like(found_labels)
    labels[order] = found_labels
    return replace(solution, labels=labels, cost=cost, certificate="optimal", bound=cost)


def _lower_bound(
    pricing: PricingProblem, labels: NDArray[np.int32], rounds: int, cancellation: Cancellation
) -> _DualBound:
    """Return a lower bound on the cost of partitions in band into as many grids as `labels` has."""
    k = int(labels.max()) + 1
    columns = labels == np.arange(k)[:, None]
    straddled = float(pricing.problem.straddle_m.sum())
    best = _DualBound(metres=-np.inf, duals=np.zeros(labels.size), least=-np.inf)
    for _ in range(rounds):
        if cancellation.cancelled:
            break
        master = _solve_restricted_master(pricing, columns, k, cancellation)
        least, grids = price_exactly(pricing, master.duals, cancellation)
        metres = float(master.duals.sum()) + k * least + straddled
        if metres > best.metres:
            best = _DualBound(metres=metres, duals=master.duals, least=least)
        new_columns = _new_columns(grids, master.columns)
        if least >= master.limit - _TOLERANCE_M or not len(new_columns):
            break
        columns = np.vstack([master.columns, new_columns])
    return best


def _solve_restricted_master(
    pricing: PricingProblem, columns: NDArray[np.bool_], k: int, cancellation: Cancellation
) -> _RestrictedMaster:
    """Return the restricted master once annealing finds no column with a lower reduced cost."""
    rng = np.array([len(columns)], dtype=np.uint64)
    while True:
        costs = boundary_costs(pricing.problem, columns)
        duals, limit = _master_duals(columns, costs, k)
        master = _RestrictedMaster(columns=columns, duals=duals, limit=limit)
        if cancellation.cancelled:
            return master
        cheapest = columns[np.argsort(costs - columns @ duals, kind="stable")[:_COLUMNS_ANNEALED]]
        new_columns = _new_columns(
            price_by_annealing(pricing, duals, cheapest, limit - _TOLERANCE_M, rng), columns
        )
        if not len(new_columns):
            return master
        columns = np.vstack([columns, new_columns[:_COLUMNS_ADDED]])


def _master_duals(
    columns: NDArray[np.bool_], costs: NDArray[np.float64], k: int
) -> tuple[NDArray[np.float64], float]:
    """Return the duals of the atoms, and of the number of grids, in the restricted master."""
    rows, amounts = _partition_rows(columns, k)
    found = linprog(costs, A_eq=rows, b_eq=amounts, method="highs")
    dual = np.asarray(found.eqlin.marginals, dtype=np.float64)
    return dual[:-1], float(dual[-1])


def _partition_rows(
    columns: NDArray[np.bool_], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the rows of set partitioning: each atom once, and `k` grids."""
    count, n = columns.shape
    return np.vstack([columns.T.astype(float), np.ones(count)]), np.append(np.ones(n), k)


def _new_columns(grids: NDArray[np.bool_], columns: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the grids that are not among the columns, each once, in the order given."""
    known = {grid.tobytes() for grid in columns}
    found = {grid.tobytes(): grid for grid in grids if grid.tobytes() not in known}
    return np.array(list(found.values()), dtype=np.bool_).reshape(-1, columns.shape[1])


def _close_gap(
    pricing: PricingProblem,
    bound: _DualBound,
    labels: NDArray[np.int32],
    cost: float,
    cancellation: Cancellation,
) -> tuple[NDArray[np.int32], float] | None:
    """Return the labels of the cheapest partition, and its cost; None where it is not known."""
    k = int(labels.max()) + 1
    limit = bound.least + cost - bound.metres if np.isfinite(bound.metres) else np.inf
    columns = (
        subgraphs_below(pricing, bound.duals, limit, _MAX_COLUMNS, cancellation)
        if np.isfinite(limit)
        else None
    )
    if columns is None:
        return None
    costs = _full_costs(pricing, columns)
    candidates = costs - columns @ bound.duals < limit
    columns, costs = columns[candidates], costs[candidates]
    if not len(columns):
        return labels, cost
    rows, amounts = _partition_rows(columns, k)
    found = milp(
        costs,
        constraints=LinearConstraint(rows, amounts, amounts),
        integrality=np.ones(costs.size),
        bounds=(0, 1),
        options={"mip_rel_gap": 0.0, "node_limit": _MIP_NODES},
    )
    if found.status == INFEASIBLE:
        return labels, cost
    if found.status != SOLVED:
        return None
    partition = columns[found.x > 0.5]
    cheaper = partition.argmax(axis=0).astype(np.int32)
    least_cost = cost_of_labels(pricing.problem, pricing.band, cheaper)
    return (cheaper, least_cost) if least_cost < cost - _TOLERANCE_M else (labels, cost)


def _full_costs(pricing: PricingProblem, columns: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the costs of columns with balance, compactness and enclaves; infinite out of band.

    Under the profile ``residents`` pricing also returns subgraphs in band by households, but only
    those with unknown residents are judged by households.
    """
    objective = objective_of(pricing.problem, pricing.band)
    sums = columns.astype(np.float64) @ pricing.csr_graph.attributes
    evaluated = np.array(
        [evaluate_grid(objective, sums, g, sums, g, 0.0) for g in range(len(columns))]
    )
    own_costs, missed = evaluated.reshape(-1, 3)[:, :2].T
    enclaves = [
        enclave_cost(pricing.csr_graph, objective, column.astype(np.int32), 1) for column in columns
    ]
    return np.where(
        missed > 0,
        np.inf,
        own_costs + np.array(enclaves) + boundary_costs(pricing.problem, columns),
    )
