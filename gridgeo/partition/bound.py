"""A lower bound on what any division of a piece into its number of grids costs.

A division into k grids is k sets in band that hold every atom once. For any prices of the atoms,
their sum and k times the least that a set costs beyond its prices is a bound (Dantzig-Wolfe,
Lagrange). The cheapest connected set is found by `bargains`; where that would take too long, an
integer programme (HiGHS) finds a cut of the graph whose households, or residents, are in band. That
need not be connected, and balance and compactness of a grid, at least 0, are left out: both keep
the bound valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from gridgeo.partition.band import known
from gridgeo.partition.bargains import FREE, OUTSIDE, Ground, bargains
from gridgeo.partition.web import weave

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.halt import Halt
    from gridgeo.partition.problem import Problem, Solution

#: the share of the best prices so far in those that are tried next
SMOOTH = 0.5
#: nodes of one integer programme; its bound is valid however early it ends
NODES = 5000
#: nodes of one search for the cheapest connected set, sets that it may meet, sets taken from it
STEPS = 2_000_000
KEPT = 5000
TAKEN = 20


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One linear constraint on atoms (first n) and borders (then m)."""

    weights: sp.csr_array
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def lower_bound(
    problem: Problem, band: Band, solutions: Sequence[Solution], turns: int, halt: Halt
) -> float:
    """Return metres that no division in band into as many grids as `solutions` have undercuts.

    Parameters
    ----------
    solutions
        At least one division in band, all of the same number of grids.
    turns
        Sets that are priced at most; the bound rises with them. Each takes up to seconds where
        the piece has hundreds of atoms.
    """
    k, best = solutions[0].grids, -np.inf
    rows, grounds = _model(problem), _grounds(problem, band)
    columns, costs = _columns(problem, solutions)
    centre = _prices(columns, costs, k)
    for _ in range(turns):
        if halt.stopped:
            break
        true = _prices(columns, costs, k)
        tried = SMOOTH * centre + (1 - SMOOTH) * true
        value, grids = _connected(grounds, tried, halt) or _cheapest(problem, band, rows, tried)
        bound = float(tried.sum()) + k * value
        if bound > best:
            best, centre = bound, tried
        fresh = [grid for grid in grids if not (columns == grid).all(axis=1).any()]
        if fresh:
            columns = np.vstack([columns, *fresh])
            costs = np.append(costs, [_cost(problem, grid) for grid in fresh])
        elif np.allclose(tried, true) or not len(grids):
            break
        else:
            centre = true
    return best + float(problem.straddle_m.sum())


def _grounds(problem: Problem, band: Band) -> list[Ground]:
    """Return the ground of `bargains` for each measure that a grid may meet.

    None where a border is dearer uncut than cut: such a cut has no minimum that flows tell.
    """
    if (problem.cut_m < problem.straddle_m).any():
        return []
    web = weave(problem)
    source = np.repeat(np.arange(web.start.size - 1), np.diff(web.start))
    there = np.lexsort((web.neighbour, source))
    back = np.empty_like(there)
    back[np.lexsort((source, web.neighbour))] = there
    return [
        Ground(
            start=web.start,
            neighbour=web.neighbour,
            back=back,
            half=np.maximum(web.weight, 0.0) / 2,
            linked=web.linked,
            allowed=np.where(allowed, FREE, OUTSIDE).astype(np.int8),
            apart=web.apart,
            amount=amounts,
            lower=lower,
            upper=upper,
        )
        for amounts, lower, upper, allowed in _measures(problem, band)
    ]


def _connected(
    grounds: list[Ground], prices: NDArray[np.float64], halt: Halt
) -> tuple[float, NDArray[np.bool_]] | None:
    """Return the least cost of a connected set in band beyond its prices, and cheap ones.

    None where there is no ground, or the search was not completed.
    """
    if not grounds:
        return None
    least, grids = np.inf, []
    for ground in grounds:
        complete, found, cost = bargains(ground, prices, np.inf, 0.0, KEPT, STEPS, halt.flag)
        if not complete:
            return None
        least = min(least, cost)
        grids.append(found[-TAKEN:])
    return float(least), np.concatenate(grids)


def _columns(
    problem: Problem, solutions: Sequence[Solution]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    grids = [s.labels == g for s in solutions for g in range(s.grids)]
    columns = np.unique(np.array(grids), axis=0)
    return columns, np.array([_cost(problem, grid) for grid in columns])


def _cost(problem: Problem, grid: NDArray[np.bool_]) -> float:
    """Return half of what the borders of a set cost when they are cut."""
    cut = grid[problem.edges[:, 0]] != grid[problem.edges[:, 1]]
    return float((problem.cut_m - problem.straddle_m)[cut].sum()) / 2


def _prices(columns: NDArray[np.bool_], costs: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Return the prices of the atoms at which the known sets are no bargain."""
    rows = np.vstack([columns.T.astype(float), np.ones(costs.size)])
    amounts = np.append(np.ones(columns.shape[1]), k)
    found = linprog(costs, A_eq=rows, b_eq=amounts, method="highs")
    return np.asarray(found.eqlin.marginals[:-1], dtype=np.float64)


def _model(problem: Problem) -> list[_Row]:
    """Return what ties borders to atoms: a border is cut where one end is inside."""
    n, m = problem.households.size, len(problem.edges)
    edge = np.tile(np.arange(m), 2)
    ends = problem.edges.T.ravel()
    sides = sp.csr_array((np.repeat([1.0, -1.0], m), (edge, ends)), shape=(m, n))
    both = abs(sides)
    own = sp.eye_array(m, format="csr")
    none, most = np.zeros(m), np.full(m, np.inf)
    pairs = len(problem.apart)
    apart = sp.csr_array(
        (np.ones(2 * pairs), (np.tile(np.arange(pairs), 2), problem.apart.T.ravel())),
        shape=(pairs, n + m),
    )
    return [
        _Row(weights=sp.hstack([sides, own], format="csr"), lower=none, upper=most),
        _Row(weights=sp.hstack([-sides, own], format="csr"), lower=none, upper=most),
        _Row(weights=sp.hstack([both, -own], format="csr"), lower=none, upper=most),
        _Row(weights=sp.hstack([-both, -own], format="csr"), lower=none - 2, upper=most),
        _Row(weights=apart, lower=np.zeros(pairs), upper=np.ones(pairs)),
    ]


def _cheapest(
    problem: Problem, band: Band, rows: list[_Row], prices: NDArray[np.float64]
) -> tuple[float, NDArray[np.bool_]]:
    """Return a bound on the least cost of a set in band beyond its prices, and the best found."""
    n, m = problem.households.size, len(problem.edges)
    worth = np.append(-prices, (problem.cut_m - problem.straddle_m) / 2)
    least, value = np.inf, np.inf
    grid = np.empty((0, n), dtype=np.bool_)
    for amounts, lower, upper, allowed in _measures(problem, band):
        inside = _Row(
            weights=sp.csr_array(np.append(amounts, np.zeros(m))[None, :]),
            lower=np.array([lower]),
            upper=np.array([upper]),
        )
        every = [*rows, inside]
        found = milp(
            worth,
            constraints=LinearConstraint(
                sp.vstack([row.weights for row in every], format="csr"),
                np.concatenate([row.lower for row in every]),
                np.concatenate([row.upper for row in every]),
            ),
            integrality=np.append(np.ones(n), np.zeros(m)),
            bounds=Bounds(0, np.append(allowed.astype(float), np.ones(m))),
            options={"mip_rel_gap": 0.0, "node_limit": NODES},
        )
        if found.mip_dual_bound is not None:
            least = min(least, float(found.mip_dual_bound))
        if found.x is not None and found.fun < value:
            value, grid = float(found.fun), found.x[None, :n] > 0.5
    return least, grid


def _measures(
    problem: Problem, band: Band
) -> list[tuple[NDArray[np.float64], float, float, NDArray[np.bool_]]]:
    """Return amounts, limits and the atoms allowed for each measure that a grid may meet."""
    told = known(problem.households, problem.residents)
    households = problem.households.astype(np.float64)
    found = []
    if band.profile != "residents" or not told.all():
        found.append((households, float(band.lower), float(band.upper), np.ones_like(told)))
    if band.profile != "households" and told.any():
        people = np.nan_to_num(problem.residents)
        found.append((people, float(band.residents_lower), float(band.residents_upper), told))
    return found
