"""Compiled kernels that all parts of the search share: the CSR graph, and what a labelling costs.

A labelling is described by three arrays: ``labels`` (the grid of each atom), ``sums`` (one row per
grid, the sum of its atoms' rows of ``CSRGraph.attributes``) and ``value`` (one row per grid: cost,
bands missed, distance to the band). All kernels release the interpreter lock. Random numbers come
from a splitmix64 generator whose state is passed in, so neither threads nor versions of NumPy
change a result.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.partition.band import residents_known
from gridgeo.partition.connectivity import compiled, count_enclosed, enclosed_atoms
from gridgeo.partition.problem import canonical_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Problem

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: columns of ``attributes`` and ``sums``; x, y and second moments are weighted by area
HOUSEHOLDS, RESIDENTS, UNKNOWN, AREA, MOMENT_X, MOMENT_Y, SECOND_MOMENT, ATOMS = range(8)
#: columns of ``value``
COST, MISSED, DISTANCE = range(3)
EITHER, BY_HOUSEHOLDS, BY_RESIDENTS = range(3)
#: penalty of a cannot-link pair in one grid, metres
CANNOT_LINK_M = 1e6
#: what a grid costs that is twice as large, or twice as wide, as it should be, metres
_BEYOND_LIMIT_M = 10_000.0
#: the diameter of a disc by the root of its mean squared distance from the centre
_DIAMETER = 2.0 * math.sqrt(2.0)


class CSRGraph(NamedTuple):
    """An undirected graph in CSR form: arcs of atom v are at ``indptr[v]:indptr[v + 1]``."""

    indptr: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    #: metres saved when both ends are in one grid: cost when cut less cost when straddled
    weight: NDArray[np.float64]
    #: 1 where the border connects, 0 where it is a barrier that no street crosses
    linked: NDArray[np.uint8]
    edge: NDArray[np.int32]
    #: the two atoms of each edge, and whether it connects them
    ends: NDArray[np.int32]
    edge_linked: NDArray[np.uint8]
    attributes: NDArray[np.float64]
    #: 1 where an atom borders on something outside the graph
    outer: NDArray[np.uint8]
    #: int32[a, 2]; each pair is also an edge, unlinked, of weight ``-CANNOT_LINK_M``
    cannot_links: NDArray[np.int32]


class Objective(NamedTuple):
    """The band, and the weights of the cost terms that belong to single grids; all float64."""

    lower: float
    upper: float
    residents_lower: float
    residents_upper: float
    profile: float
    balance_m: float
    compactness: float
    enclave_m: float
    #: what a grid should not exceed, infinite for no limit
    most_area_m2: float
    most_walk_m: float


class Schedule(NamedTuple):
    """The annealing schedule: temperatures and penalties in metres; all float64."""

    start_temperature: float
    end_temperature: float
    #: metres per household outside the band, at the start and at the end
    start_penalty: float
    end_penalty: float
    #: metres per missed band at the end
    missed_penalty: float


@compiled
def random_uniform(rng: NDArray[np.uint64]) -> float:
    """Return the next random number of [0, 1)."""
    rng[0] += np.uint64(0x9E3779B97F4A7C15)
    z = rng[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def _band_violation(amount: float, lower: float, upper: float) -> tuple[float, float]:
    """Return how many bands `amount` misses and by how much.

    An amount above the limit misses one band for every further time that `upper` goes into it.
    """
    if amount < lower:
        return 1.0, lower - amount
    if amount > upper:
        return max(1.0, math.ceil(amount / upper) - 1.0), amount - upper
    return 0.0, 0.0


@compiled
def _imbalance(amount: float, lower: float, upper: float) -> float:
    """Return the squared distance to the middle of the band, 1 at its limits and beyond."""
    half = max((upper - lower) / 2.0, 0.5)
    t = (amount - (lower + upper) / 2.0) / half
    return min(t * t, 1.0)


@compiled
def evaluate_grid(
    objective: Objective,
    sums: NDArray[np.float64],
    g: int,
    attributes: NDArray[np.float64],
    v: int,
    sign: float,
) -> tuple[float, float, float]:
    """Return (cost, bands missed, distance) of a grid with ``sums[g] + sign * attributes[v]``."""
    households = sums[g, HOUSEHOLDS] + sign * attributes[v, HOUSEHOLDS]
    residents = sums[g, RESIDENTS] + sign * attributes[v, RESIDENTS]
    missed, distance = _band_violation(households, objective.lower, objective.upper)
    balance = _imbalance(households, objective.lower, objective.upper)
    if (
        objective.profile != BY_HOUSEHOLDS
        and sums[g, UNKNOWN] + sign * attributes[v, UNKNOWN] == 0.0
    ):
        residents_missed, residents_distance = _band_violation(
            residents, objective.residents_lower, objective.residents_upper
        )
        residents_distance *= (objective.lower + objective.upper) / (
            objective.residents_lower + objective.residents_upper
        )
        residents_imbalance = _imbalance(
            residents, objective.residents_lower, objective.residents_upper
        )
        if objective.profile == BY_RESIDENTS:
            missed, distance, balance = residents_missed, residents_distance, residents_imbalance
        else:
            balance = min(balance, residents_imbalance)
            if residents_missed < missed or (
                residents_missed == missed and residents_distance < distance
            ):
                missed, distance = residents_missed, residents_distance
    cost = objective.balance_m * balance
    area = sums[g, AREA] + sign * attributes[v, AREA]
    if area > objective.most_area_m2:
        cost += _BEYOND_LIMIT_M * (area / objective.most_area_m2 - 1.0)
    limited = objective.most_walk_m < math.inf
    if (objective.compactness > 0.0 or limited) and area > 0.0:
        x = sums[g, MOMENT_X] + sign * attributes[v, MOMENT_X]
        y = sums[g, MOMENT_Y] + sign * attributes[v, MOMENT_Y]
        inertia = (
            sums[g, SECOND_MOMENT] + sign * attributes[v, SECOND_MOMENT] - (x * x + y * y) / area
        )
        cost += (
            objective.compactness
            * math.sqrt(area)
            * max(0.0, 2.0 * math.pi * inertia / (area * area) - 1.0)
        )
        if limited:
            width = _DIAMETER * math.sqrt(max(inertia, 0.0) / area)
            cost += _BEYOND_LIMIT_M * max(0.0, width / objective.most_walk_m - 1.0)
    return cost, missed, distance


@compiled
def evaluate_grids(
    graph: CSRGraph, objective: Objective, labels: NDArray[np.int32], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sums and the values of the grids of a labelling."""
    sums = np.zeros((k, 8))
    value = np.zeros((k, 3))
    for v in range(labels.size):
        sums[labels[v]] += graph.attributes[v]
    for g in range(k):
        value[g, COST], value[g, MISSED], value[g, DISTANCE] = evaluate_grid(
            objective, sums, g, sums, g, 0.0
        )
    return sums, value


@compiled
def enclave_cost(graph: CSRGraph, objective: Objective, labels: NDArray[np.int32], g: int) -> float:
    """Return what grid `g` costs for each piece of the other atoms that it encloses."""
    if objective.enclave_m == 0.0:
        return 0.0
    return objective.enclave_m * count_enclosed(
        graph.indptr, graph.neighbour, graph.weight > -CANNOT_LINK_M, graph.outer, labels == g
    )


def enclosed_grids(graph: CSRGraph, labels: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the grids that another grid encloses."""
    borders = graph.weight > -CANNOT_LINK_M
    enclosed = np.zeros(labels.size, dtype=bool)
    for g in range(int(labels.max()) + 1):
        enclosed |= enclosed_atoms(graph.indptr, graph.neighbour, borders, graph.outer, labels == g)
    return np.unique(labels[enclosed]).astype(np.int64)


@compiled
def evaluate_labels(
    graph: CSRGraph, objective: Objective, labels: NDArray[np.int32], k: int
) -> NDArray[np.float64]:
    """Return (cost, bands missed, distance) of a labelling, with all cut edges and enclaves."""
    value = evaluate_grids(graph, objective, labels, k)[1]
    result = np.zeros(3)
    for g in range(k):
        result += value[g]
        result[COST] += enclave_cost(graph, objective, labels, g)
    for v in range(labels.size):
        for p in range(graph.indptr[v], graph.indptr[v + 1]):
            if v < graph.neighbour[p] and labels[v] != labels[graph.neighbour[p]]:
                result[COST] += graph.weight[p]
    return result


@compiled
def count_unmet_cannot_links(graph: CSRGraph, labels: NDArray[np.int32]) -> int:
    """Return how many cannot-link pairs share a grid."""
    count = 0
    for u, v in graph.cannot_links:
        count += labels[u] == labels[v]
    return count


_PROFILE_NUMBER = {"either": EITHER, "households": BY_HOUSEHOLDS, "residents": BY_RESIDENTS}


def build_csr_graph(problem: Problem) -> CSRGraph:
    """Return the CSR graph of a problem in canonical order.

    A cannot-link pair is an edge that does not connect, of weight ``-CANNOT_LINK_M``.
    """
    n, pairs = problem.households.size, len(problem.cannot_links)
    ends = np.concatenate([problem.edges, problem.cannot_links]).astype(np.int32)
    weight = np.concatenate([problem.cut_m - problem.straddle_m, np.full(pairs, -CANNOT_LINK_M)])
    source, other = ends.T.ravel(), ends[:, ::-1].T.ravel()
    edge = np.tile(np.arange(len(ends), dtype=np.int32), 2)
    order = np.lexsort((other, source))
    indptr = np.zeros(n + 1, dtype=np.int32)
    np.cumsum(np.bincount(source, minlength=n), out=indptr[1:])
    linked = np.concatenate([problem.linked, np.zeros(pairs, dtype=bool)]).astype(np.uint8)
    return CSRGraph(
        indptr=indptr,
        neighbour=np.ascontiguousarray(other[order], dtype=np.int32),
        weight=weight[edge[order]],
        linked=linked[edge[order]],
        edge=edge[order],
        ends=np.ascontiguousarray(ends),
        edge_linked=linked,
        attributes=_attributes_of(problem),
        outer=(np.ones(n, bool) if problem.outer is None else problem.outer).astype(np.uint8),
        cannot_links=np.ascontiguousarray(problem.cannot_links, dtype=np.int32),
    )


def cost_constant(problem: Problem) -> float:
    """Return what a solution costs beyond what the kernels count, metres.

    The weight of an edge is the cost of its border when cut less that when straddled, and minus
    `CANNOT_LINK_M` for a cannot-link pair: so the cost of straddling every border, and one
    `CANNOT_LINK_M` for each such pair, are to be added.
    """
    return float(problem.straddle_m.sum()) + CANNOT_LINK_M * len(problem.cannot_links)


def cost_of_labels(problem: Problem, band: Band, labels: NDArray[np.int32]) -> float:
    """Return the cost of labels 0..k-1, as `Solution` counts it."""
    ordered, order = canonical_order(problem)
    graph, k = build_csr_graph(ordered), int(labels.max()) + 1
    cost = evaluate_labels(graph, objective_of(ordered, band), labels[order], k)[COST]
    return float(cost) + cost_constant(problem)


def _attributes_of(problem: Problem) -> NDArray[np.float64]:
    x, y, area = problem.x, problem.y, problem.area
    columns = (
        problem.households,
        np.nan_to_num(problem.residents),
        ~residents_known(problem.households, problem.residents),
        area,
        area * x,
        area * y,
        area * (x * x + y * y) + area * area / (2 * math.pi),
        np.ones(area.size),
    )
    return np.ascontiguousarray(np.column_stack(columns), dtype=np.float64)


def objective_of(problem: Problem, band: Band) -> Objective:
    """Return the band and the weights of a problem as float64."""
    return Objective(
        lower=float(band.lower),
        upper=float(band.upper),
        residents_lower=float(band.residents_lower),
        residents_upper=float(band.residents_upper),
        profile=float(_PROFILE_NUMBER[band.profile]),
        balance_m=float(problem.balance_m),
        compactness=float(problem.compactness),
        enclave_m=0.0 if problem.outer is None else float(problem.enclave_m),
        most_area_m2=band.most_area_ha * 10_000.0 or math.inf,
        most_walk_m=float(band.most_walk_m) or math.inf,
    )


def default_schedule(graph: CSRGraph, penalty: float = 1.0) -> Schedule:
    """Return an annealing schedule that is scaled by the mean weight of an edge.

    `penalty` multiplies what the band costs.
    """
    borders = graph.weight[graph.weight > -CANNOT_LINK_M]
    unit = float(np.abs(borders).mean()) if borders.size else 0.0
    unit = unit or 1.0
    return Schedule(
        start_temperature=unit,
        end_temperature=0.12 * unit,
        start_penalty=0.08 * unit * penalty,
        end_penalty=0.3 * unit * penalty,
        missed_penalty=3.0 * unit * penalty,
    )
