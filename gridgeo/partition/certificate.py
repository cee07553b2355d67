"""How good a solution is proved to be: optimal, within a gap of a lower bound, or that none exists.

`certify` enumerates connected subgraphs where they are few enough. `certify_by_bound` is for
larger pieces, by column generation. A partition into k grids is k connected subgraphs in band that
contain every atom once. For any duals of the atoms, their sum and k times the least reduced cost
of a subgraph is a lower bound (Dantzig-Wolfe, Lagrange). The duals come from the restricted
master, the linear programme over the known columns, to which `pricing` adds columns.

A subgraph whose reduced cost exceeds the least by the gap or more is in no partition that costs
less than the known one. Where all others can be listed, set partitioning over them by HiGHS closes
the gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import LinearConstraint, linprog, milp

from gridgeo.partition.band import exceeds_band, possible_grid_counts
from gridgeo.partition.connected_subgraphs import (
    ATOMS_IN_MASK,
    ConnectedSubgraphs,
    EnumerationBudget,
    list_subgraphs,
)
from gridgeo.partition.kernel import cost_constant, evaluate_grid, evaluate_labels, objective_of
from gridgeo.partition.pairwise import repartition_pairs
from gridgeo.partition.pricing import (
    boundary_costs,
    build_pricing_problem,
    price_by_annealing,
    price_exactly,
    subgraphs_below,
)
from gridgeo.partition.problem import Cancellation, Problem, Solution, canonical_order
from gridgeo.partition.search import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band, Search
    from gridgeo.partition.pricing import PricingProblem

#: columns from which annealing starts, and columns that are added, in one pricing
COLUMNS_ANNEALED = 60
COLUMNS_ADDED = 100
#: columns over which the gap may be closed, and nodes of that integer programme
MAX_COLUMNS = 20_000
MIP_NODES = 20_000
#: costs that differ by less are equal, metres
TOLERANCE_M = 1e-6
#: SciPy's numbers for how HiGHS ended
SOLVED, INFEASIBLE = 0, 2


@dataclass(frozen=True, kw_only=True)
class DualBound:
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
    bound = lower_bound(pricing, labels, rounds, cancellation)
    if solution.cost - bound.metres <= TOLERANCE_M:
        return replace(solution, certificate="optimal", bound=solution.cost)
    improved = _close_gap(pricing, bound, labels, solution.cost, cancellation)
    if improved is None:
        certificate = solution.certificate or "gap"
        return replace(solution, certificate=certificate, bound=bound.metres)
    found_labels, cost = improved
    labels = np.empty_like(found_labels)
    labels[order] = found_labels
    return replace(solution, labels=labels, cost=cost, certificate="optimal", bound=cost)


def lower_bound(
    pricing: PricingProblem, labels: NDArray[np.int32], rounds: int, cancellation: Cancellation
) -> DualBound:
    """Return a lower bound on the cost of partitions in band into as many grids as `labels` has."""
    k = int(labels.max()) + 1
    columns = labels == np.arange(k)[:, None]
    straddled = float(pricing.problem.straddle_m.sum())
    best = DualBound(metres=-np.inf, duals=np.zeros(labels.size), least=-np.inf)
    for _ in range(rounds):
        if cancellation.cancelled:
            break
        master = _solve_restricted_master(pricing, columns, k, cancellation)
        least, grids = price_exactly(pricing, master.duals, cancellation)
        metres = float(master.duals.sum()) + k * least + straddled
        if metres > best.metres:
            best = DualBound(metres=metres, duals=master.duals, least=least)
        new_columns = _new_columns(grids, master.columns)
        if least >= master.limit - TOLERANCE_M or not len(new_columns):
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
        cheapest = columns[np.argsort(costs - columns @ duals, kind="stable")[:COLUMNS_ANNEALED]]
        new_columns = _new_columns(
            price_by_annealing(pricing, duals, cheapest, limit - TOLERANCE_M, rng), columns
        )
        if not len(new_columns):
            return master
        columns = np.vstack([columns, new_columns[:COLUMNS_ADDED]])


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
    bound: DualBound,
    labels: NDArray[np.int32],
    cost: float,
    cancellation: Cancellation,
) -> tuple[NDArray[np.int32], float] | None:
    """Return the labels of the cheapest partition, and its cost; None where it is not known."""
    k = int(labels.max()) + 1
    limit = bound.least + cost - bound.metres if np.isfinite(bound.metres) else np.inf
    columns = (
        subgraphs_below(pricing, bound.duals, limit, MAX_COLUMNS, cancellation)
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
        options={"mip_rel_gap": 0.0, "node_limit": MIP_NODES},
    )
    if found.status == INFEASIBLE:
        return labels, cost
    if found.status != SOLVED:
        return None
    partition = columns[found.x > 0.5]
    cheaper = partition.argmax(axis=0).astype(np.int32)
    least_cost = _cost_of_labels(pricing, cheaper, k)
    return (cheaper, least_cost) if least_cost < cost - TOLERANCE_M else (labels, cost)


def _cost_of_labels(pricing: PricingProblem, labels: NDArray[np.int32], k: int) -> float:
    """Return the cost of a partition, as `Solution` counts it."""
    problem = pricing.problem
    cost = evaluate_labels(pricing.csr_graph, objective_of(problem, pricing.band), labels, k)[0]
    return float(cost) + cost_constant(problem)


def _full_costs(pricing: PricingProblem, columns: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the costs of columns with balance and compactness; infinite out of band.

    Under the profile ``residents`` pricing also returns subgraphs in band by households, but only
    those with unknown residents are judged by households.
    """
    objective = objective_of(pricing.problem, pricing.band)
    sums = columns.astype(np.float64) @ pricing.csr_graph.attributes
    evaluated = np.array(
        [evaluate_grid(objective, sums, g, sums, g, 0.0) for g in range(len(columns))]
    )
    own_costs, missed = evaluated.reshape(-1, 3)[:, :2].T
    return np.where(missed > 0, np.inf, own_costs + boundary_costs(pricing.problem, columns))


#: by effort: the enumeration before a piece is searched
BUDGET_BEFORE_SEARCH: Mapping[str, EnumerationBudget | None] = MappingProxyType(
    {
        "fast": None,
        "normal": EnumerationBudget(seen=20_000, kept=20_000, nodes=100_000),
        "best": EnumerationBudget(seen=20_000_000, kept=3_000_000, nodes=5_000_000),
    }
)
#: by effort: the enumeration for a piece that misses the band although its totals allow it
BUDGET_OF_PROOF: Mapping[str, EnumerationBudget] = MappingProxyType(
    {
        "fast": EnumerationBudget(seen=1_000_000, kept=200_000, nodes=1_000_000),
        "normal": EnumerationBudget(seen=5_000_000, kept=500_000, nodes=2_000_000),
        "best": EnumerationBudget(seen=50_000_000, kept=3_000_000, nodes=20_000_000),
    }
)
#: at effort ``best`` pieces of up to so many atoms get a lower bound, in so many exact pricings
ATOMS_BOUNDED = 150
PRICING_ROUNDS = 40


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
        _list_if_few(problem, band, BUDGET_BEFORE_SEARCH[search.effort], cancellation)
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
        problem, band, BUDGET_BEFORE_SEARCH[search.effort], cancellation
    )
    if subgraphs and subgraphs.complete:
        solution = _optimum_of_count(subgraphs, solution)
    if search.effort == "best" and not solution.certificate:
        solution = repartition_pairs(problem, band, solution, cancellation)
        if problem.households.size <= ATOMS_BOUNDED and not cancellation.cancelled:
            solution = certify_by_bound(problem, band, solution, PRICING_ROUNDS, cancellation)
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
    subgraphs = list_subgraphs(problem, band, BUDGET_OF_PROOF[search.effort], cancellation)
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
