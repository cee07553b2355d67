"""How good a solution is proved to be: lower bounds, and proofs that none is in band.

A lower bound on what any division of a piece into its number of grids costs.

A division into k grids is k sets in band that hold every atom once. For any prices of the atoms,
their sum and k times the least that a set costs beyond its prices is a bound (Dantzig-Wolfe,
Lagrange). Good prices are those at which the known sets, and sets near them, are no bargain.

A set that costs more beyond its prices than the least by the gap, or more, is in no division that
costs less than the known one. Where the others can be listed, the cheapest division into them is
the cheapest of all.

How good a solution is proved to be, and what proves that there is none in band.
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

#: known sets from which others are sought at a time, and how many of those are then known
COLUMNS_ANNEALED = 60
COLUMNS_ADDED = 100
#: sets that may be left for the cheapest division, and nodes of the search for it
MAX_COLUMNS = 20_000
MIP_NODES = 20_000
#: costs that differ by less are alike, metres
TOLERANCE_M = 1e-6
#: how HiGHS ended, as SciPy numbers it
SOLVED, INFEASIBLE = 0, 2


@dataclass(frozen=True, kw_only=True)
class DualBound:
    """No division costs less than ``metres``, no set less than ``least`` beyond ``prices``."""

    metres: float
    prices: NDArray[np.float64]
    least: float


@dataclass(frozen=True, kw_only=True)
class _RestrictedMaster:
    """Known sets, and prices of the atoms beyond which none of them costs less than ``limit``."""

    sets: NDArray[np.bool_]
    prices: NDArray[np.float64]
    limit: float


def certify_by_bound(
    problem: Problem, band: Band, solution: Solution, turns: int, halt: Cancellation
) -> Solution:
    """Return a solution in band with a lower bound, or a cheaper one that the proof brought up.

    It is ``optimal`` where none of as many grids can cost less; else its own certificate stays,
    or is ``gap``. `turns` are the prices that are proved at most; each takes up to seconds where
    the piece has hundreds of atoms.
    """
    ordered, order = canonical_order(problem)
    market = build_pricing_problem(ordered, band)
    labels = solution.labels[order]
    bound = lower_bound(market, labels, turns, halt)
    if solution.cost - bound.metres <= TOLERANCE_M:
        return replace(solution, certificate="optimal", bound=solution.cost)
    closed = _close_gap(market, bound, labels, solution.cost, halt)
    if closed is None:
        told = solution.certificate or "gap"
        return replace(solution, certificate=told, bound=bound.metres)
    found, cost = closed
    labels = np.empty_like(found)
    labels[order] = found
    return replace(solution, labels=labels, cost=cost, certificate="optimal", bound=cost)


def lower_bound(
    market: PricingProblem, labels: NDArray[np.int32], turns: int, halt: Cancellation
) -> DualBound:
    """Return metres that no division in band into as many grids as `labels` undercuts."""
    k = int(labels.max()) + 1
    sets = labels == np.arange(k)[:, None]
    straddled = float(market.problem.straddle_m.sum())
    best = DualBound(metres=-np.inf, prices=np.zeros(labels.size), least=-np.inf)
    for _ in range(turns):
        if halt.stopped:
            break
        known = _solve_restricted_master(market, sets, k, halt)
        least, grids = price_exactly(market, known.prices, halt)
        metres = float(known.prices.sum()) + k * least + straddled
        if metres > best.metres:
            best = DualBound(metres=metres, prices=known.prices, least=least)
        fresh = _new_columns(grids, known.sets)
        if least >= known.limit - TOLERANCE_M or not len(fresh):
            break
        sets = np.vstack([known.sets, fresh])
    return best


def _solve_restricted_master(
    market: PricingProblem, sets: NDArray[np.bool_], k: int, halt: Cancellation
) -> _RestrictedMaster:
    """Return sets and prices at which sets near the known ones are no bargain either."""
    rng = np.array([len(sets)], dtype=np.uint64)
    while True:
        costs = boundary_costs(market.problem, sets)
        prices, limit = _master_duals(sets, costs, k)
        known = _RestrictedMaster(sets=sets, prices=prices, limit=limit)
        if halt.stopped:
            return known
        walked = sets[np.argsort(costs - sets @ prices, kind="stable")[:COLUMNS_ANNEALED]]
        fresh = _new_columns(
            price_by_annealing(market, prices, walked, limit - TOLERANCE_M, rng), sets
        )
        if not len(fresh):
            return known
        sets = np.vstack([sets, fresh[:COLUMNS_ADDED]])


def _master_duals(
    sets: NDArray[np.bool_], costs: NDArray[np.float64], k: int
) -> tuple[NDArray[np.float64], float]:
    """Return prices at which no known set costs less beyond them than the limit, and that limit."""
    rows, amounts = _partition_rows(sets, k)
    found = linprog(costs, A_eq=rows, b_eq=amounts, method="highs")
    dual = np.asarray(found.eqlin.marginals, dtype=np.float64)
    return dual[:-1], float(dual[-1])


def _partition_rows(
    sets: NDArray[np.bool_], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rows and amounts that ask for `k` sets, with every atom in one of them."""
    count, n = sets.shape
    return np.vstack([sets.T.astype(float), np.ones(count)]), np.append(np.ones(n), k)


def _new_columns(grids: NDArray[np.bool_], sets: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the grids that are not among the sets, each once, in the order given."""
    old = {grid.tobytes() for grid in sets}
    new = {grid.tobytes(): grid for grid in grids if grid.tobytes() not in old}
    return np.array(list(new.values()), dtype=np.bool_).reshape(-1, sets.shape[1])


def _close_gap(
    market: PricingProblem,
    bound: DualBound,
    labels: NDArray[np.int32],
    cost: float,
    halt: Cancellation,
) -> tuple[NDArray[np.int32], float] | None:
    """Return the labels of the cheapest division, and what it costs; None where it is not known."""
    k = int(labels.max()) + 1
    limit = bound.least + cost - bound.metres if np.isfinite(bound.metres) else np.inf
    sets = (
        subgraphs_below(market, bound.prices, limit, MAX_COLUMNS, halt)
        if np.isfinite(limit)
        else None
    )
    if sets is None:
        return None
    costs = _full_costs(market, sets)
    left = costs - sets @ bound.prices < limit
    sets, costs = sets[left], costs[left]
    if not len(sets):
        return labels, cost
    rows, amounts = _partition_rows(sets, k)
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
    cover = sets[found.x > 0.5]
    other = cover.argmax(axis=0).astype(np.int32)
    least = _cost_of_labels(market, other, k)
    return (other, least) if least < cost - TOLERANCE_M else (labels, cost)


def _cost_of_labels(market: PricingProblem, labels: NDArray[np.int32], k: int) -> float:
    """Return what a division costs, as `Solution` counts it."""
    problem = market.problem
    cost = evaluate_labels(market.web, objective_of(problem, market.band), labels, k)[0]
    return float(cost) + cost_constant(problem)


def _full_costs(market: PricingProblem, sets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return what the sets cost with balance and compactness; infinite out of band.

    With the profile ``residents`` the market also has sets in band by households, though only
    those with unknown residents are judged by these.
    """
    rule = objective_of(market.problem, market.band)
    sums = sets.astype(np.float64) @ market.web.mass
    told = np.array([evaluate_grid(rule, sums, g, sums, g, 0.0) for g in range(len(sets))])
    own, missed = told.reshape(-1, 3)[:, :2].T
    return np.where(missed > 0, np.inf, own + boundary_costs(market.problem, sets))


#: before a piece is searched, by effort
BUDGET_BEFORE_SEARCH: Mapping[str, EnumerationBudget | None] = MappingProxyType(
    {
        "fast": None,
        "normal": EnumerationBudget(seen=20_000, kept=20_000, nodes=100_000),
        "best": EnumerationBudget(seen=20_000_000, kept=3_000_000, nodes=5_000_000),
    }
)
#: for a piece that misses the band although its amounts would allow it
BUDGET_OF_PROOF: Mapping[str, EnumerationBudget] = MappingProxyType(
    {
        "fast": EnumerationBudget(seen=1_000_000, kept=200_000, nodes=1_000_000),
        "normal": EnumerationBudget(seen=5_000_000, kept=500_000, nodes=2_000_000),
        "best": EnumerationBudget(seen=50_000_000, kept=3_000_000, nodes=20_000_000),
    }
)
#: pieces of up to so many atoms get a lower bound at effort ``best``, and what it may take
ATOMS_BOUNDED = 150
PRICING_ROUNDS = 40


def solve_certified(
    problem: Problem, band: Band, search: Search, *, halt: Cancellation | None = None, jobs: int = 1
) -> Solution:
    """Solve a piece and prove what the effort allows about it.

    Where all connected sets in band can be listed, the cheapest cover of the atoms is the answer
    and no search is needed; else see `solve` and `certify`.
    """
    halt = halt or Cancellation()
    numbers = _grid_counts(problem, band)
    sets = (
        _list_if_few(problem, band, BUDGET_BEFORE_SEARCH[search.effort], halt) if numbers else None
    )
    if sets and sets.complete and (best := _optimum_of_first_count(sets, numbers)):
        return best
    solution = solve(problem, band, search, halt=halt, jobs=jobs)
    return certify(problem, band, search, solution, halt, sets=sets)


def certify(
    problem: Problem,
    band: Band,
    search: Search,
    solution: Solution,
    halt: Cancellation,
    *,
    sets: ConnectedSubgraphs | None = None,
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
        return (
            solution if solution.exact else _solve_or_refute(problem, band, search, solution, halt)
        )
    if solution.exact or solution.grids == 1:
        return replace(solution, certificate="optimal", bound=solution.cost)
    sets = sets or _list_if_few(problem, band, BUDGET_BEFORE_SEARCH[search.effort], halt)
    if sets and sets.complete:
        solution = _optimum_of_count(sets, solution)
    if search.effort == "best" and not solution.certificate:
        solution = repartition_pairs(problem, band, solution, halt)
        if problem.households.size <= ATOMS_BOUNDED and not halt.stopped:
            solution = certify_by_bound(problem, band, solution, PRICING_ROUNDS, halt)
    return solution


def _grid_counts(problem: Problem, band: Band) -> tuple[int, ...]:
    """Return the numbers of grids that can be in band, none where an atom alone is too big."""
    if exceeds_band(band, problem.households, problem.residents).any():
        return ()
    numbers = possible_grid_counts(band, problem.households, problem.residents)
    return tuple(k for k in numbers if problem.grids in {None, k})


def _list_if_few(
    problem: Problem, band: Band, budget: EnumerationBudget | None, halt: Cancellation
) -> ConnectedSubgraphs | None:
    """Return the connected sets in band, None where they are too many by far."""
    if budget is None or problem.households.size > ATOMS_IN_MASK:
        return None
    return list_subgraphs(problem, band, budget, halt)


def _optimum_of_first_count(sets: ConnectedSubgraphs, numbers: tuple[int, ...]) -> Solution | None:
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


def _optimum_of_count(sets: ConnectedSubgraphs, solution: Solution) -> Solution:
    """Return the cheapest solution of as many grids, `solution` itself where that is not known."""
    complete, labels, cost = sets.cheapest(solution.grids, solution.cost)
    if labels is not None:
        solution = replace(solution, labels=labels, cost=cost)
    if not complete:
        return solution
    return replace(solution, certificate="optimal", bound=solution.cost)


def _solve_or_refute(
    problem: Problem, band: Band, search: Search, solution: Solution, halt: Cancellation
) -> Solution:
    """Return the cheapest solution in band, or `solution` with the proof that there is none."""
    numbers = _grid_counts(problem, band)
    if not numbers or problem.households.size > ATOMS_IN_MASK:
        return solution
    sets = list_subgraphs(problem, band, BUDGET_OF_PROOF[search.effort], halt)
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
