"""The pricing problem of column generation: connected subgraphs in band with a low reduced cost.

The reduced cost of a subgraph is half of the borders that it cuts, less the duals of its atoms.
The balance and compactness of a grid, at least 0, are left out, so the bound stays valid.

1. `price_by_annealing` looks near known columns, by annealing one subgraph at a time: mostly enough
   to show that the duals can be improved.
2. `price_exactly` finds the least reduced cost by `branch_and_bound`. Where that takes too long, an
   integer programme (HiGHS) relaxes connectivity, so its bound holds for connected subgraphs too.
3. `subgraphs_below` lists all subgraphs below a limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from gridgeo.partition.anneal import metropolis_accepts
from gridgeo.partition.band import residents_known
from gridgeo.partition.certificates.branch_and_bound import (
    FREE,
    OUTSIDE,
    PricingGraph,
    price_subgraphs,
)
from gridgeo.partition.connectivity import compiled, stays_connected
from gridgeo.partition.kernel import (
    build_csr_graph,
    default_schedule,
    random_uniform,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.kernel import CSRGraph
    from gridgeo.partition.problem import Cancellation, Problem

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


@compiled
def _anneal_subgraph(
    graph: PricingGraph,
    dual: NDArray[np.float64],
    start: NDArray[np.bool_],
    start_temperature: float,
    moves: int,
    rng: NDArray[np.uint64],
) -> tuple[NDArray[np.bool_], float]:
    """Return the best subgraph that annealing met from `start`, and its reduced cost.

    Each of `moves` proposals puts one atom in or out; the subgraph stays connected, in band and
    without cannot-link pairs. The temperature falls from `start_temperature`, metres, to 0.
    """
    n = start.size
    inside = start.astype(np.int32)
    scratch = np.zeros(2 * n, np.int32)
    amount_inside, cost = 0.0, 0.0
    for v in range(n):
        if inside[v]:
            amount_inside += graph.amount[v]
            cost += _cost_inside(graph, dual, inside, v)
    best, least = start.copy(), cost
    for move in range(moves):
        v = min(int(random_uniform(rng) * n), n - 1)
        sign = -1.0 if inside[v] else 1.0
        amount = amount_inside + sign * graph.amount[v]
        if not (graph.lower <= amount <= graph.upper and _on_boundary(graph, inside, v)):
            continue
        change = sign * _cost_of_joining(graph, dual, inside, v)
        temperature = start_temperature * (1.0 - move / moves)
        if not (
            metropolis_accepts(change, temperature, rng)
            and _flip_is_valid(graph, inside, scratch, v)
        ):
            continue
        inside[v] = 1 - inside[v]
        amount_inside, cost = amount, cost + change
        if cost < least:
            least = cost
            best[:] = inside == 1
    return best, least


@compiled
def _cost_inside(
    graph: PricingGraph, dual: NDArray[np.float64], inside: NDArray[np.int32], v: int
) -> float:
    """Return what an atom inside adds to the reduced cost of its subgraph."""
    cost = -dual[v]
    for p in range(graph.indptr[v], graph.indptr[v + 1]):
        if not inside[graph.neighbour[p]]:
            cost += graph.half_weight[p]
    return float(cost)


@compiled
def _cost_of_joining(
    graph: PricingGraph, dual: NDArray[np.float64], inside: NDArray[np.int32], v: int
) -> float:
    """Return the reduced cost with `v` inside less that with `v` outside."""
    cost = -dual[v]
    for p in range(graph.indptr[v], graph.indptr[v + 1]):
        cost += -graph.half_weight[p] if inside[graph.neighbour[p]] else graph.half_weight[p]
    return float(cost)


@compiled
def _on_boundary(graph: PricingGraph, inside: NDArray[np.int32], v: int) -> bool:
    """Tell whether a link joins an atom to the other side of the boundary of the subgraph."""
    for p in range(graph.indptr[v], graph.indptr[v + 1]):
        if graph.linked[p] and inside[graph.neighbour[p]] != inside[v]:
            return True
    return False


@compiled
def _flip_is_valid(
    graph: PricingGraph, inside: NDArray[np.int32], scratch: NDArray[np.int32], v: int
) -> bool:
    """Tell whether `v` may change sides: connectivity and cannot-links hold."""
    if inside[v]:
        return bool(
            stays_connected(graph.indptr, graph.neighbour, graph.linked, inside, scratch, v)
        )
    good = graph.allowed[v] != OUTSIDE
    for u, w in graph.cannot_links:
        good &= not ((u == v and inside[w]) or (w == v and inside[u]))
    return bool(good)


#: start temperatures in mean borders, one annealing from each column at each; proposals per atom
_TEMPERATURES = (0.0, 0.1, 0.4)
_PROPOSALS_PER_ATOM = 100
#: limits of one branch and bound: nodes, subgraphs met, subgraphs returned as columns
_BRANCH_NODES = 2_000_000
_MAX_SUBGRAPHS = 5000
_SUBGRAPHS_TAKEN = 20
#: nodes of one integer programme; its bound is valid however early it ends
_MIP_NODES = 5000


@dataclass(frozen=True, kw_only=True)
class PricingProblem:
    """The pricing problem of a problem in canonical order.

    ``pricing_graphs`` has one entry for each measure (households, residents) by which a grid may
    be in band. It is empty where a border costs less cut than straddled: such a cut has no minimum
    by flows.
    """

    problem: Problem
    band: Band
    csr_graph: CSRGraph
    pricing_graphs: list[PricingGraph]


@dataclass(frozen=True, kw_only=True)
class _LinearRows:
    """Linear constraints on atoms (the first n variables) and borders (the next m)."""

    weights: sp.csr_array
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def build_pricing_problem(problem: Problem, band: Band) -> PricingProblem:
    """Return the pricing problem of a problem in canonical order."""
    csr_graph = build_csr_graph(problem)
    return PricingProblem(
        problem=problem,
        band=band,
        csr_graph=csr_graph,
        pricing_graphs=_pricing_graphs(problem, band, csr_graph),
    )


def boundary_costs(problem: Problem, sets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return half of what the borders of each subgraph cost when they are cut."""
    cut = sets[:, problem.edges[:, 0]] != sets[:, problem.edges[:, 1]]
    half_weight: NDArray[np.float64] = (problem.cut_m - problem.straddle_m) / 2
    return np.asarray(cut @ half_weight, dtype=np.float64)


def price_by_annealing(
    pricing: PricingProblem,
    duals: NDArray[np.float64],
    sets: NDArray[np.bool_],
    limit: float,
    rng: NDArray[np.uint64],
) -> NDArray[np.bool_]:
    """Return subgraphs with a reduced cost below `limit`, the least first.

    Annealing starts from each of `sets`, which must be connected; few of all that exist are met.
    """
    moves, unit = (
        _PROPOSALS_PER_ATOM * duals.size,
        default_schedule(pricing.csr_graph).start_temperature,
    )
    annealed = [
        _anneal_subgraph(graph, duals, subgraph, start_temperature * unit, moves, rng)
        for graph in pricing.pricing_graphs
        for subgraph in sets
        if graph.lower <= graph.amount[subgraph].sum() <= graph.upper
        for start_temperature in _TEMPERATURES
    ]
    cheap = [
        subgraph for subgraph, cost in sorted(annealed, key=lambda found: found[1]) if cost < limit
    ]
    return np.array(cheap, dtype=np.bool_).reshape(-1, duals.size)


def price_exactly(
    pricing: PricingProblem, duals: NDArray[np.float64], cancellation: Cancellation
) -> tuple[float, NDArray[np.bool_]]:
    """Return a lower bound on the reduced costs, and the best subgraphs that were found.

    The bound is the least reduced cost of a connected subgraph where the search was complete.
    """
    return _price_connected(pricing.pricing_graphs, duals, cancellation) or _price_relaxed(
        pricing.problem, pricing.band, duals
    )


def subgraphs_below(
    pricing: PricingProblem,
    duals: NDArray[np.float64],
    limit: float,
    max_found: int,
    cancellation: Cancellation,
) -> NDArray[np.bool_] | None:
    """Return all connected subgraphs in band with a reduced cost below `limit`.

    None where there are more than `max_found`, or the search was not complete.
    """
    found = []
    for graph in pricing.pricing_graphs:
        complete, sets, _ = price_subgraphs(
            graph, duals, limit, np.inf, max_found, _BRANCH_NODES, cancellation.flag
        )
        if not complete:
            return None
        found.append(sets)
    return np.unique(np.concatenate(found), axis=0) if found else None


def _pricing_graphs(problem: Problem, band: Band, csr_graph: CSRGraph) -> list[PricingGraph]:
    if (problem.cut_m < problem.straddle_m).any():
        return []
    source = np.repeat(np.arange(csr_graph.indptr.size - 1), np.diff(csr_graph.indptr))
    order = np.lexsort((csr_graph.neighbour, source))
    reverse = np.empty_like(order)
    reverse[np.lexsort((source, csr_graph.neighbour))] = order
    return [
        PricingGraph(
            indptr=csr_graph.indptr,
            neighbour=csr_graph.neighbour,
            reverse=reverse,
            half_weight=np.maximum(csr_graph.weight, 0.0) / 2,
            linked=csr_graph.linked,
            allowed=np.where(allowed, FREE, OUTSIDE).astype(np.int8),
            cannot_links=csr_graph.cannot_links,
            amount=amounts,
            lower=lower,
            upper=upper,
        )
        for amounts, lower, upper, allowed in _measures(problem, band)
    ]


def _price_connected(
    pricing_graphs: list[PricingGraph], duals: NDArray[np.float64], cancellation: Cancellation
) -> tuple[float, NDArray[np.bool_]] | None:
    """Return the least reduced cost of connected subgraphs and some of the best, or None."""
    if not pricing_graphs:
        return None
    least, subgraphs = np.inf, []
    for graph in pricing_graphs:
        complete, found, cost = price_subgraphs(
            graph, duals, np.inf, 0.0, _MAX_SUBGRAPHS, _BRANCH_NODES, cancellation.flag
        )
        if not complete:
            return None
        least = min(least, cost)
        subgraphs.append(found[-_SUBGRAPHS_TAKEN:])
    return float(least), np.concatenate(subgraphs)


def _linking_rows(problem: Problem) -> list[_LinearRows]:
    """Return the constraints that link borders to atoms: one end inside means cut."""
    n, m = problem.households.size, len(problem.edges)
    edge = np.tile(np.arange(m), 2)
    ends = problem.edges.T.ravel()
    sides = sp.csr_array((np.repeat([1.0, -1.0], m), (edge, ends)), shape=(m, n))
    both = abs(sides)
    identity = sp.eye_array(m, format="csr")
    zeros, unbounded = np.zeros(m), np.full(m, np.inf)
    pairs = len(problem.cannot_links)
    separate = sp.csr_array(
        (np.ones(2 * pairs), (np.tile(np.arange(pairs), 2), problem.cannot_links.T.ravel())),
        shape=(pairs, n + m),
    )
    return [
        _LinearRows(
            weights=sp.hstack([sides, identity], format="csr"), lower=zeros, upper=unbounded
        ),
        _LinearRows(
            weights=sp.hstack([-sides, identity], format="csr"), lower=zeros, upper=unbounded
        ),
        _LinearRows(
            weights=sp.hstack([both, -identity], format="csr"), lower=zeros, upper=unbounded
        ),
        _LinearRows(
            weights=sp.hstack([-both, -identity], format="csr"), lower=zeros - 2, upper=unbounded
        ),
        _LinearRows(weights=separate, lower=np.zeros(pairs), upper=np.ones(pairs)),
    ]


def _price_relaxed(
    problem: Problem, band: Band, duals: NDArray[np.float64]
) -> tuple[float, NDArray[np.bool_]]:
    """Return a lower bound on the reduced costs without connectivity, and the best set found."""
    n, m = problem.households.size, len(problem.edges)
    rows = _linking_rows(problem)
    coefficients = np.append(-duals, (problem.cut_m - problem.straddle_m) / 2)
    least, value = np.inf, np.inf
    subgraph = np.empty((0, n), dtype=np.bool_)
    for amounts, lower, upper, allowed in _measures(problem, band):
        amount_row = _LinearRows(
            weights=sp.csr_array(np.append(amounts, np.zeros(m))[None, :]),
            lower=np.array([lower]),
            upper=np.array([upper]),
        )
        every = [*rows, amount_row]
        found = milp(
            coefficients,
            constraints=LinearConstraint(
                sp.vstack([row.weights for row in every], format="csr"),
                np.concatenate([row.lower for row in every]),
                np.concatenate([row.upper for row in every]),
            ),
            integrality=np.append(np.ones(n), np.zeros(m)),
            bounds=Bounds(0, np.append(allowed.astype(float), np.ones(m))),
            options={"mip_rel_gap": 0.0, "node_limit": _MIP_NODES},
        )
        if found.mip_dual_bound is not None:
            least = min(least, float(found.mip_dual_bound))
        if found.x is not None and found.fun < value:
            value, subgraph = float(found.fun), found.x[None, :n] > 0.5
    return least, subgraph


def _measures(
    problem: Problem, band: Band
) -> list[tuple[NDArray[np.float64], float, float, NDArray[np.bool_]]]:
    """Return amounts, limits and allowed atoms of each measure by which a grid may be in band."""
    is_known = residents_known(problem.households, problem.residents)
    households = problem.households.astype(np.float64)
    found = []
    if band.profile != "residents" or not is_known.all():
        found.append((households, float(band.lower), float(band.upper), np.ones_like(is_known)))
    if band.profile != "households" and is_known.any():
        people = np.nan_to_num(problem.residents)
        found.append((people, float(band.residents_lower), float(band.residents_upper), is_known))
    return found
