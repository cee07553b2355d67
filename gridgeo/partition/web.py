"""From a problem to what the kernels work on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import known
from gridgeo.partition.kernel import (
    APART,
    BY_HOUSEHOLDS,
    BY_RESIDENTS,
    EITHER,
    Heat,
    Rule,
    Web,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Problem

PROFILE_NUMBER = {"either": EITHER, "households": BY_HOUSEHOLDS, "residents": BY_RESIDENTS}


def weave(problem: Problem) -> Web:
    """Return the graph of an ordered problem as the kernels want it.

    A pair that must be apart is an edge that does not connect and is dear to have in one grid.
    """
    n, a = problem.households.size, len(problem.apart)
    ends = np.concatenate([problem.edges, problem.apart]).astype(np.int32)
    weight = np.concatenate([problem.cut_m - problem.straddle_m, np.full(a, -APART)])
    source, other = ends.T.ravel(), ends[:, ::-1].T.ravel()
    edge = np.tile(np.arange(len(ends), dtype=np.int32), 2)
    order = np.lexsort((other, source))
    start = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(np.bincount(source, minlength=n), out=start[1:])
    linked = np.concatenate([problem.linked, np.zeros(a, dtype=bool)]).astype(np.uint8)
    return Web(
        start=start,
        neighbour=np.ascontiguousarray(other[order], dtype=np.int32),
        weight=weight[edge[order]],
        linked=linked[edge[order]],
        edge=edge[order],
        ends=np.ascontiguousarray(ends),
        connects=linked,
        mass=_mass(problem),
        apart=np.ascontiguousarray(problem.apart, dtype=np.int32),
    )


def constant_of(problem: Problem) -> float:
    """Return what a solution costs beyond what the kernels count, metres.

    They count what borders cost more when cut than when straddled, and save `APART` for each pair
    that is apart.
    """
    return float(problem.straddle_m.sum()) + APART * len(problem.apart)


def _mass(problem: Problem) -> NDArray[np.float64]:
    x, y, area = problem.x, problem.y, problem.area
    columns = (
        problem.households,
        np.nan_to_num(problem.residents),
        ~known(problem.households, problem.residents),
        area,
        area * x,
        area * y,
        area * (x * x + y * y) + area * area / (2 * math.pi),
        np.ones(area.size),
    )
    return np.ascontiguousarray(np.column_stack(columns), dtype=np.float64)


def rule_of(problem: Problem, band: Band) -> Rule:
    """Return band and weights as the kernels want them."""
    return Rule(
        lower=float(band.lower),
        upper=float(band.upper),
        residents_lower=float(band.residents_lower),
        residents_upper=float(band.residents_upper),
        profile=float(PROFILE_NUMBER[band.profile]),
        balance_m=float(problem.balance_m),
        compactness=float(problem.compactness),
    )


def heat_of(web: Web) -> Heat:
    """Return the schedule of an anneal, in units of a mean border."""
    borders = web.weight[web.weight > -APART]
    unit = float(np.abs(borders).mean()) if borders.size else 0.0
    unit = unit or 1.0
    return Heat(hot=unit, cold=0.12 * unit, soft=0.08 * unit, hard=0.3 * unit, missed=3.0 * unit)
