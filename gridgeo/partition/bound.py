"""A lower bound on what any division of a piece into its number of grids costs.

A division into k grids is k sets in band that hold every atom once. For any prices of the atoms,
their sum and k times the least that a set costs beyond its prices is a bound (Dantzig-Wolfe,
Lagrange). Good prices are those at which the known sets, and sets near them, are no bargain.

A set that costs more beyond its prices than the least by the gap, or more, is in no division that
costs less than the known one. Where the others can be listed, the cheapest division into them is
the cheapest of all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import LinearConstraint, linprog, milp

from gridgeo.partition.kernel import appraise, total
from gridgeo.partition.pricing import below, cheapest, costs_of, market_of, nearby
from gridgeo.partition.problem import in_order
from gridgeo.partition.web import constant_of, rule_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.halt import Halt
    from gridgeo.partition.pricing import Market
    from gridgeo.partition.problem import Problem, Solution

#: known sets from which others are sought at a time, and how many of those are then known
WALKED = 60
TAKEN = 100
#: sets that may be left for the cheapest division, and nodes of the search for it
LEFT = 20_000
NODES = 20_000
#: costs that differ by less are alike, metres
TINY_M = 1e-6
#: how HiGHS ended, as SciPy numbers it
SOLVED, INFEASIBLE = 0, 2


@dataclass(frozen=True, kw_only=True)
class Bound:
    """No division costs less than ``metres``, no set less than ``least`` beyond ``prices``."""

    metres: float
    prices: NDArray[np.float64]
    least: float


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Known sets, and prices of the atoms beyond which none of them costs less than ``limit``."""

    sets: NDArray[np.bool_]
    prices: NDArray[np.float64]
    limit: float


def bounded(problem: Problem, band: Band, solution: Solution, turns: int, halt: Halt) -> Solution:
    """Return a solution in band with a lower bound, or a cheaper one that the proof brought up.

    It is ``optimal`` where none of as many grids can cost less; else its own certificate stays,
    or is ``gap``. `turns` are the prices that are proved at most; each takes up to seconds where
    the piece has hundreds of atoms.
    """
    ordered, order = in_order(problem)
    market = market_of(ordered, band)
    labels = solution.labels[order]
    bound = lower_bound(market, labels, turns, halt)
    if solution.cost - bound.metres <= TINY_M:
        return replace(solution, certificate="optimal", bound=solution.cost)
    closed = _closed(market, bound, labels, solution.cost, halt)
    if closed is None:
        told = solution.certificate or "gap"
        return replace(solution, certificate=told, bound=bound.metres)
    found, cost = closed
    labels = np.empty_like(found)
    labels[order] = found
    return replace(solution, labels=labels, cost=cost, certificate="optimal", bound=cost)


def lower_bound(market: Market, labels: NDArray[np.int32], turns: int, halt: Halt) -> Bound:
    """Return metres that no division in band into as many grids as `labels` undercuts."""
    k = int(labels.max()) + 1
    sets = labels == np.arange(k)[:, None]
    straddled = float(market.problem.straddle_m.sum())
    best = Bound(metres=-np.inf, prices=np.zeros(labels.size), least=-np.inf)
    for _ in range(turns):
        if halt.stopped:
            break
        known = _haggled(market, sets, k, halt)
        least, grids = cheapest(market, known.prices, halt)
        metres = float(known.prices.sum()) + k * least + straddled
        if metres > best.metres:
            best = Bound(metres=metres, prices=known.prices, least=least)
        fresh = _fresh(grids, known.sets)
        if least >= known.limit - TINY_M or not len(fresh):
            break
        sets = np.vstack([known.sets, fresh])
    return best


def _haggled(market: Market, sets: NDArray[np.bool_], k: int, halt: Halt) -> _Known:
    """Return sets and prices at which sets near the known ones are no bargain either."""
    rng = np.array([len(sets)], dtype=np.uint64)
    while True:
        costs = costs_of(market.problem, sets)
        prices, limit = _prices(sets, costs, k)
        known = _Known(sets=sets, prices=prices, limit=limit)
        if halt.stopped:
            return known
        walked = sets[np.argsort(costs - sets @ prices, kind="stable")[:WALKED]]
        fresh = _fresh(nearby(market, prices, walked, limit - TINY_M, rng), sets)
        if not len(fresh):
            return known
        sets = np.vstack([sets, fresh[:TAKEN]])


def _prices(
    sets: NDArray[np.bool_], costs: NDArray[np.float64], k: int
) -> tuple[NDArray[np.float64], float]:
    """Return prices at which no known set costs less beyond them than the limit, and that limit."""
    rows, amounts = _each_once(sets, k)
    found = linprog(costs, A_eq=rows, b_eq=amounts, method="highs")
    dual = np.asarray(found.eqlin.marginals, dtype=np.float64)
    return dual[:-1], float(dual[-1])


def _each_once(sets: NDArray[np.bool_], k: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return rows and amounts that ask for `k` sets, with every atom in one of them."""
    count, n = sets.shape
    return np.vstack([sets.T.astype(float), np.ones(count)]), np.append(np.ones(n), k)


def _fresh(grids: NDArray[np.bool_], sets: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the grids that are not among the sets, each once, in the order given."""
    old = {grid.tobytes() for grid in sets}
    new = {grid.tobytes(): grid for grid in grids if grid.tobytes() not in old}
    return np.array(list(new.values()), dtype=np.bool_).reshape(-1, sets.shape[1])


def _closed(
    market: Market, bound: Bound, labels: NDArray[np.int32], cost: float, halt: Halt
) -> tuple[NDArray[np.int32], float] | None:
    """Return the labels of the cheapest division, and what it costs; None where it is not known."""
    k = int(labels.max()) + 1
    limit = bound.least + cost - bound.metres if np.isfinite(bound.metres) else np.inf
    sets = below(market, bound.prices, limit, LEFT, halt) if np.isfinite(limit) else None
    if sets is None:
        return None
    costs = _whole_costs(market, sets)
    left = costs - sets @ bound.prices < limit
    sets, costs = sets[left], costs[left]
    if not len(sets):
        return labels, cost
    rows, amounts = _each_once(sets, k)
    found = milp(
        costs,
        constraints=LinearConstraint(rows, amounts, amounts),
        integrality=np.ones(costs.size),
        bounds=(0, 1),
        options={"mip_rel_gap": 0.0, "node_limit": NODES},
    )
    if found.status == INFEASIBLE:
        return labels, cost
    if found.status != SOLVED:
        return None
    cover = sets[found.x > 0.5]
    other = cover.argmax(axis=0).astype(np.int32)
    least = _cost_of_labels(market, other, k)
    return (other, least) if least < cost - TINY_M else (labels, cost)


def _cost_of_labels(market: Market, labels: NDArray[np.int32], k: int) -> float:
    """Return what a division costs, as `Solution` counts it."""
    problem = market.problem
    cost = total(market.web, rule_of(problem, market.band), labels, k)[0]
    return float(cost) + constant_of(problem)


def _whole_costs(market: Market, sets: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return what the sets cost with balance and compactness; infinite out of band.

    With the profile ``residents`` the market also has sets in band by households, though only
    those with unknown residents are judged by these.
    """
    rule = rule_of(market.problem, market.band)
    sums = sets.astype(np.float64) @ market.web.mass
    told = np.array([appraise(rule, sums, g, sums, g, 0.0) for g in range(len(sets))])
    own, missed = told.reshape(-1, 3)[:, :2].T
    return np.where(missed > 0, np.inf, own + costs_of(market.problem, sets))
