"""Column generation: a lower bound on the cost of a piece that is too large for enumeration.

A partition into k grids is k connected subgraphs in band that contain every atom once. For any
duals of the atoms, their sum and k times the least reduced cost of a subgraph is a lower bound
(Dantzig-Wolfe, Lagrange). The duals come from the restricted master, the linear programme over the
known columns, to which `pricing` adds columns.

A subgraph whose reduced cost exceeds the least by the gap or more is in no partition that costs
less than the known one. Where all others can be listed, set partitioning over them by HiGHS closes
the gap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from gridgeo.partition.kernel import cost_of_labels, enclave_cost, evaluate_grid, objective_of
from gridgeo.partition.problem import Cancellation, Problem, Solution, canonical_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.certificates.pricing import PricingProblem

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
