"""Region growing and simulated annealing of boundary flips.

`grow_regions` makes the first labelling of a start, `anneal` improves any labelling in place. Both
keep every grid connected by links. The innermost functions take plain arrays and not a `CSRGraph`:
numba spends more time on unpacking one than on the arithmetic.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.connectivity import compiled, stays_connected
from gridgeo.partition.kernel import (
    AREA,
    ATOMS,
    COST,
    DISTANCE,
    HOUSEHOLDS,
    MISSED,
    MOMENT_X,
    MOMENT_Y,
    CSRGraph,
    Objective,
    Schedule,
    evaluate_grid,
    evaluate_grids,
    random_uniform,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def _choose_seeds(graph: CSRGraph, k: int, rng: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return `k` different atoms: each the farthest of a random sample from those chosen before."""
    n = graph.attributes.shape[0]
    x = graph.attributes[:, MOMENT_X] / graph.attributes[:, AREA]
    y = graph.attributes[:, MOMENT_Y] / graph.attributes[:, AREA]
    chosen = np.empty(k, np.int32)
    distance = np.full(n, np.inf)
    for i in range(k):
        best = int(random_uniform(rng) * n)
        for _ in range(7):
            v = int(random_uniform(rng) * n)
            if distance[v] > distance[best]:
                best = v
        while distance[best] < 0.0:
            best = (best + 1) % n
        chosen[i] = best
        for v in range(n):
            distance[v] = min(distance[v], (x[v] - x[best]) ** 2 + (y[v] - y[best]) ** 2)
        distance[best] = -1.0
    return chosen


@compiled
def grow_regions(graph: CSRGraph, k: int, rng: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return a labelling of connected grids 0..k-1; the grid with the fewest households grows next.

    The graph must be connected by its links and have at least `k` atoms.
    """
    n = graph.attributes.shape[0]
    labels = np.full(n, -1, np.int32)
    weight = np.empty(k)
    previous_member = np.full(n, -1, np.int32)
    last_member = _choose_seeds(graph, k, rng)
    for g in range(k):
        labels[last_member[g]] = g
        weight[g] = graph.attributes[last_member[g], HOUSEHOLDS]
    remaining = n - k
    while remaining:
        g = int(np.argmin(weight))
        v = _closest_free_atom(graph, labels, previous_member, last_member[g])
        if v < 0:
            weight[g] = np.inf
            continue
        labels[v] = g
        weight[g] += graph.attributes[v, HOUSEHOLDS] + 1e-6
        previous_member[v] = last_member[g]
        last_member[g] = v
        remaining -= 1
    return labels


@compiled
def _closest_free_atom(
    graph: CSRGraph, labels: NDArray[np.int32], previous_member: NDArray[np.int32], last_member: int
) -> int:
    """Return the free atom with the greatest weight shared with a grid, or -1.

    The grid is a linked list: `last_member`, then ``previous_member`` of each.
    """
    best, most_shared = -1, -np.inf
    u = last_member
    while u >= 0:
        for p in range(graph.indptr[u], graph.indptr[u + 1]):
            v = graph.neighbour[p]
            if graph.linked[p] and labels[v] < 0:
                shared = 0.0
                for q in range(graph.indptr[v], graph.indptr[v + 1]):
                    if labels[graph.neighbour[q]] == labels[u]:
                        shared += graph.weight[q]
                if shared > most_shared:
                    best, most_shared = v, shared
        u = previous_member[u]
    return best


# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: proposals per atom at temperature zero that end a cancelled search
_QUENCH = 10


@compiled
def anneal(
    graph: CSRGraph,
    objective: Objective,
    schedule: Schedule,
    labels: NDArray[np.int32],
    k: int,
    moves: int,
    rng: NDArray[np.uint64],
    cancel_flag: NDArray[np.uint8],
) -> int:
    """Anneal `labels` (connected grids 0..k-1) in place; return how many flips were accepted.

    `moves` flips are proposed. The temperature falls from `start_temperature` to `end_temperature`
    over nine tenths of them and is zero for the rest; the penalty of a household outside the band
    rises from `start_penalty` to `end_penalty`. Once `cancel_flag` is set, `_QUENCH` proposals per
    atom at temperature zero remain.
    """
    indptr, neighbour, weight, linked = graph.indptr, graph.neighbour, graph.weight, graph.linked
    edge, ends, attributes = graph.edge, graph.ends, graph.attributes
    sums, value = evaluate_grids(graph, objective, labels, k)
    cut, position, count = _cut_edges(graph, labels)
    scratch = np.zeros(2 * labels.size, np.int32)
    heated_proposals = max(1, moves * 9 // 10)
    temperature, penalty, missed_penalty = schedule.start_temperature, schedule.start_penalty, 0.0
    kept, i = 0, -1
    while i < moves - 1 and count:
        i += 1
        if i % 64 == 0:
            if cancel_flag[0] and i < moves - _QUENCH * labels.size:
                heated_proposals, i = 1, moves - _QUENCH * labels.size
            temperature, penalty, missed_penalty = _temperature_at(schedule, i / heated_proposals)
        e = cut[int(random_uniform(rng) * count)]
        side = int(random_uniform(rng) * 2.0)
        v = ends[e, side]
        b = labels[ends[e, 1 - side]]
        if sums[labels[v], ATOMS] <= 1.0:
            continue
        increase = _energy_change(
            indptr,
            neighbour,
            weight,
            attributes,
            labels,
            sums,
            value,
            objective,
            v,
            b,
            penalty,
            missed_penalty,
        )
        if not metropolis_accepts(increase, temperature, rng):
            continue
        if stays_connected(indptr, neighbour, linked, labels, scratch, v):
            count = _apply_flip(
                indptr,
                neighbour,
                linked,
                edge,
                attributes,
                labels,
                sums,
                value,
                objective,
                cut,
                position,
                count,
                v,
                b,
            )
            kept += 1
    return kept


@compiled
def _temperature_at(schedule: Schedule, progress: float) -> tuple[float, float, float]:
    """Return the temperature and the two penalties at a share of the heated proposals."""
    temperature = (
        schedule.start_temperature
        * (schedule.end_temperature / schedule.start_temperature) ** progress
        if progress < 1.0
        else 0.0
    )
    progress = min(1.0, progress)
    return (
        temperature,
        schedule.start_penalty * (schedule.end_penalty / schedule.start_penalty) ** progress,
        schedule.missed_penalty * progress * progress,
    )


@compiled
def metropolis_accepts(increase: float, temperature: float, rng: NDArray[np.uint64]) -> bool:
    """Tell whether the Metropolis rule accepts an increase of the energy."""
    if increase <= 0.0:
        return True
    return temperature > 0.0 and random_uniform(rng) < math.exp(-increase / temperature)


@compiled
def _cut_edges(
    graph: CSRGraph, labels: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    """Return the linked edges that are cut, each edge's position among them or -1, the count."""
    edges = graph.ends.shape[0]
    cut = np.empty(edges, np.int32)
    position = np.full(edges, -1, np.int32)
    count = 0
    for e in range(edges):
        if graph.edge_linked[e] and labels[graph.ends[e, 0]] != labels[graph.ends[e, 1]]:
            cut[count] = e
            position[e] = count
            count += 1
    return cut, position, count


@compiled
def _energy_change(
    indptr: NDArray[np.int32],
    neighbour: NDArray[np.int32],
    weight: NDArray[np.float64],
    attributes: NDArray[np.float64],
    labels: NDArray[np.int32],
    sums: NDArray[np.float64],
    value: NDArray[np.float64],
    objective: Objective,
    v: int,
    b: int,
    penalty: float,
    missed_penalty: float,
) -> float:
    """Return by how much the energy increases when atom `v` moves to grid `b`."""
    a = labels[v]
    increase = 0.0
    for p in range(indptr[v], indptr[v + 1]):
        g = labels[neighbour[p]]
        if g == a:
            increase += weight[p]
        elif g == b:
            increase -= weight[p]
    cost, bands, distance = evaluate_grid(objective, sums, a, attributes, v, -1.0)
    increase += cost - value[a, COST]
    increase += missed_penalty * (bands - value[a, MISSED]) + penalty * (
        distance - value[a, DISTANCE]
    )
    cost, bands, distance = evaluate_grid(objective, sums, b, attributes, v, 1.0)
    increase += cost - value[b, COST]
    increase += missed_penalty * (bands - value[b, MISSED]) + penalty * (
        distance - value[b, DISTANCE]
    )
    return float(increase)


@compiled
def _apply_flip(
    indptr: NDArray[np.int32],
    neighbour: NDArray[np.int32],
    linked: NDArray[np.uint8],
    edge: NDArray[np.int32],
    attributes: NDArray[np.float64],
    labels: NDArray[np.int32],
    sums: NDArray[np.float64],
    value: NDArray[np.float64],
    objective: Objective,
    cut: NDArray[np.int32],
    position: NDArray[np.int32],
    count: int,
    v: int,
    b: int,
) -> int:
    """Move atom `v` to grid `b`, update all arrays in place and return the new `count`."""
    a = labels[v]
    labels[v] = b
    for column in range(attributes.shape[1]):
        sums[a, column] -= attributes[v, column]
        sums[b, column] += attributes[v, column]
    value[a, COST], value[a, MISSED], value[a, DISTANCE] = evaluate_grid(
        objective, sums, a, sums, a, 0.0
    )
    value[b, COST], value[b, MISSED], value[b, DISTANCE] = evaluate_grid(
        objective, sums, b, sums, b, 0.0
    )
    for p in range(indptr[v], indptr[v + 1]):
        e = edge[p]
        now = linked[p] and labels[neighbour[p]] != b
        if now and position[e] < 0:
            cut[count] = e
            position[e] = count
            count += 1
        elif not now and position[e] >= 0:
            count -= 1
            cut[position[e]] = cut[count]
            position[cut[count]] = position[e]
            position[e] = -1
    return count
