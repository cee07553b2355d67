"""Simulated annealing of boundary flips, from grids that were grown.

Where the search starts: grown grids.

Simulated annealing of boundary flips that keep every grid connected.

The innermost functions take plain arrays, not a `CSRGraph`: unpacking one costs numba more than the
arithmetic does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

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
    compiled,
    evaluate_grid,
    evaluate_grids,
    random_uniform,
    stays_connected,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def choose_seeds(web: CSRGraph, k: int, rng: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return `k` different atoms, each the farthest from those before it of a random sample."""
    n = web.mass.shape[0]
    x = web.mass[:, MOMENT_X] / web.mass[:, AREA]
    y = web.mass[:, MOMENT_Y] / web.mass[:, AREA]
    chosen = np.empty(k, np.int32)
    far = np.full(n, np.inf)
    for i in range(k):
        best = int(random_uniform(rng) * n)
        for _ in range(7):
            v = int(random_uniform(rng) * n)
            if far[v] > far[best]:
                best = v
        while far[best] < 0.0:
            best = (best + 1) % n
        chosen[i] = best
        for v in range(n):
            far[v] = min(far[v], (x[v] - x[best]) ** 2 + (y[v] - y[best]) ** 2)
        far[best] = -1.0
    return chosen


@compiled
def grow_regions(web: CSRGraph, k: int, rng: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return a labelling of connected grids 0..k-1, the lightest that can grow growing first.

    The graph must be connected by its links and hold at least `k` atoms.
    """
    n = web.mass.shape[0]
    labels = np.full(n, -1, np.int32)
    weight = np.empty(k)
    member = np.full(n, -1, np.int32)
    last = choose_seeds(web, k, rng)
    for g in range(k):
        labels[last[g]] = g
        weight[g] = web.mass[last[g], HOUSEHOLDS]
    left = n - k
    while left:
        g = int(np.argmin(weight))
        v = closest_free_atom(web, labels, member, last[g])
        if v < 0:
            weight[g] = np.inf
            continue
        labels[v] = g
        weight[g] += web.mass[v, HOUSEHOLDS] + 1e-6
        member[v] = last[g]
        last[g] = v
        left -= 1
    return labels


@compiled
def closest_free_atom(
    web: CSRGraph, labels: NDArray[np.int32], member: NDArray[np.int32], last: int
) -> int:
    """Return the free atom that shares most with the grid whose members end at `last`, or -1."""
    best, most = -1, -np.inf
    u = last
    while u >= 0:
        for p in range(web.start[u], web.start[u + 1]):
            v = web.neighbour[p]
            if web.linked[p] and labels[v] < 0:
                shared = 0.0
                for q in range(web.start[v], web.start[v + 1]):
                    if labels[web.neighbour[q]] == labels[u]:
                        shared += web.weight[q]
                if shared > most:
                    best, most = v, shared
        u = member[u]
    return best


# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: cold proposals per atom that end a search that was told to stop
QUENCH = 10


@compiled
def anneal(
    web: CSRGraph,
    rule: Objective,
    heat: Schedule,
    labels: NDArray[np.int32],
    k: int,
    moves: int,
    rng: NDArray[np.uint64],
    halt: NDArray[np.uint8],
) -> int:
    """Anneal `labels` (connected grids 0..k-1) in place by `moves` proposals; return those kept.

    The temperature falls from ``hot`` to ``cold`` over nine tenths of the proposals and is zero
    for the rest; the price of a household outside the band rises from ``soft`` to ``hard``. Once
    `halt` is set the rest is cut down to a short cold run.
    """
    start, neighbour, weight, linked = web.start, web.neighbour, web.weight, web.linked
    edge, ends, mass = web.edge, web.ends, web.mass
    sums, value = evaluate_grids(web, rule, labels, k)
    cut, place, count = cut_edges(web, labels)
    work = np.zeros(2 * labels.size, np.int32)
    heated = max(1, moves * 9 // 10)
    hot, soft, missed = heat.hot, heat.soft, 0.0
    kept, i = 0, -1
    while i < moves - 1 and count:
        i += 1
        if i % 64 == 0:
            if halt[0] and i < moves - QUENCH * labels.size:
                heated, i = 1, moves - QUENCH * labels.size
            hot, soft, missed = temperature_at(heat, i / heated)
        e = cut[int(random_uniform(rng) * count)]
        side = int(random_uniform(rng) * 2.0)
        v = ends[e, side]
        b = labels[ends[e, 1 - side]]
        if sums[labels[v], ATOMS] <= 1.0:
            continue
        grown = energy_change(
            start, neighbour, weight, mass, labels, sums, value, rule, v, b, soft, missed
        )
        if not metropolis_accepts(grown, hot, rng):
            continue
        if stays_connected(start, neighbour, linked, labels, work, v):
            count = apply_flip(
                start,
                neighbour,
                linked,
                edge,
                mass,
                labels,
                sums,
                value,
                rule,
                cut,
                place,
                count,
                v,
                b,
            )
            kept += 1
    return kept


@compiled
def temperature_at(heat: Schedule, done: float) -> tuple[float, float, float]:
    """Return temperature and prices when this share of the heated proposals is `done`."""
    hot = heat.hot * (heat.cold / heat.hot) ** done if done < 1.0 else 0.0
    done = min(1.0, done)
    return hot, heat.soft * (heat.hard / heat.soft) ** done, heat.missed * done * done


@compiled
def metropolis_accepts(grown: float, hot: float, rng: NDArray[np.uint64]) -> bool:
    """Tell whether a change of the energy is accepted at this temperature."""
    if grown <= 0.0:
        return True
    return hot > 0.0 and random_uniform(rng) < math.exp(-grown / hot)


@compiled
def cut_edges(
    web: CSRGraph, labels: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], int]:
    """Return the linked edges that are cut, the place of each edge among them or -1, the count."""
    edges = web.ends.shape[0]
    cut = np.empty(edges, np.int32)
    place = np.full(edges, -1, np.int32)
    count = 0
    for e in range(edges):
        if web.connects[e] and labels[web.ends[e, 0]] != labels[web.ends[e, 1]]:
            cut[count] = e
            place[e] = count
            count += 1
    return cut, place, count


@compiled
def energy_change(
    start: NDArray[np.int32],
    neighbour: NDArray[np.int32],
    weight: NDArray[np.float64],
    mass: NDArray[np.float64],
    labels: NDArray[np.int32],
    sums: NDArray[np.float64],
    value: NDArray[np.float64],
    rule: Objective,
    v: int,
    b: int,
    soft: float,
    missed: float,
) -> float:
    """Return by how much the energy grows when atom `v` goes to grid `b`."""
    a = labels[v]
    grown = 0.0
    for p in range(start[v], start[v + 1]):
        g = labels[neighbour[p]]
        if g == a:
            grown += weight[p]
        elif g == b:
            grown -= weight[p]
    cost, bands, distance = evaluate_grid(rule, sums, a, mass, v, -1.0)
    grown += cost - value[a, COST]
    grown += missed * (bands - value[a, MISSED]) + soft * (distance - value[a, DISTANCE])
    cost, bands, distance = evaluate_grid(rule, sums, b, mass, v, 1.0)
    grown += cost - value[b, COST]
    grown += missed * (bands - value[b, MISSED]) + soft * (distance - value[b, DISTANCE])
    return float(grown)


@compiled
def apply_flip(
    start: NDArray[np.int32],
    neighbour: NDArray[np.int32],
    linked: NDArray[np.uint8],
    edge: NDArray[np.int32],
    mass: NDArray[np.float64],
    labels: NDArray[np.int32],
    sums: NDArray[np.float64],
    value: NDArray[np.float64],
    rule: Objective,
    cut: NDArray[np.int32],
    place: NDArray[np.int32],
    count: int,
    v: int,
    b: int,
) -> int:
    """Give atom `v` to grid `b`, keep all the rest up to date and return the new `count`."""
    a = labels[v]
    labels[v] = b
    for column in range(mass.shape[1]):
        sums[a, column] -= mass[v, column]
        sums[b, column] += mass[v, column]
    value[a, COST], value[a, MISSED], value[a, DISTANCE] = evaluate_grid(
        rule, sums, a, sums, a, 0.0
    )
    value[b, COST], value[b, MISSED], value[b, DISTANCE] = evaluate_grid(
        rule, sums, b, sums, b, 0.0
    )
    for p in range(start[v], start[v + 1]):
        e = edge[p]
        now = linked[p] and labels[neighbour[p]] != b
        if now and place[e] < 0:
            cut[count] = e
            place[e] = count
            count += 1
        elif not now and place[e] >= 0:
            count -= 1
            cut[place[e]] = cut[count]
            place[cut[count]] = place[e]
            place[e] = -1
    return count
