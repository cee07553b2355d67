"""Recombination (ReCom): merge adjacent grids and cut the union anew along a random spanning tree.

Two to four adjacent grids are merged. A random spanning tree of the union is drawn, and of all its
edges the one is cut that leaves the best grid on one side and the best mean grid on the other; the
rest is cut in the same way until there are as many grids as before. The tree is grown from a
random root by a random edge of its frontier at a time: neither a uniform spanning tree (Wilson)
nor a minimum one under random weights (Kruskal), but much cheaper. So this is local search with
ReCom moves and not a Markov chain with a known distribution: it leaves local optima that single
flips cannot leave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.anneal import metropolis_accepts
from gridgeo.partition.connectivity import compiled
from gridgeo.partition.kernel import (
    ATOMS,
    MISSED,
    CSRGraph,
    Objective,
    Schedule,
    enclave_cost,
    evaluate_grid,
    evaluate_grids,
    random_uniform,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


@compiled
def recombine(
    graph: CSRGraph,
    objective: Objective,
    schedule: Schedule,
    labels: NDArray[np.int32],
    k: int,
    tries: int,
    rng: NDArray[np.uint64],
    cancel_flag: NDArray[np.uint8],
    first: NDArray[np.int64],
) -> int:
    """Recombine `tries` random groups of two to four grids in place; return how many were accepted.

    A group grows from a grid that misses the band as long as there is one, then from one of those
    at `first`, where there are any. A result is accepted by
    the Metropolis rule at the end temperature of the schedule.
    """
    value = evaluate_grids(graph, objective, labels, k)[1]
    kept = 0
    for _ in range(tries):
        if cancel_flag[0]:
            break
        size, misses = 2 + int(random_uniform(rng) ** 2 * 3.0), np.flatnonzero(value[:, MISSED] > 0)
        group = _choose_adjacent_grids(
            graph, labels, misses if misses.size else first, k, size, rng
        )
        if group.size < 2:
            continue
        inside = np.zeros(k, np.bool_)
        inside[group] = True
        members = np.flatnonzero(inside[labels])
        before_labels = labels[members]
        before, missed_before = _local_energy(graph, objective, schedule, labels, members, k)
        enclaves_before = _enclave_costs(graph, objective, labels, group)
        _split_along_tree(graph, objective, schedule, labels, members, group, rng)
        after, missed = _local_energy(graph, objective, schedule, labels, members, k)
        change = _enclave_costs(graph, objective, labels, group) - enclaves_before
        if change * (missed - missed_before) < 0.0:
            change = 0.0  # no band is missed for the sake of an enclave
        if metropolis_accepts(after - before + change, schedule.end_temperature, rng):
            value = evaluate_grids(graph, objective, labels, k)[1]
            kept += 1
        else:
            labels[members] = before_labels
    return kept


@compiled
def _choose_adjacent_grids(
    graph: CSRGraph,
    labels: NDArray[np.int32],
    first: NDArray[np.int64],
    k: int,
    size: int,
    rng: NDArray[np.uint64],
) -> NDArray[np.int32]:
    """Return up to `size` grids that links connect, the first of them one of `first` if any."""
    n = labels.size
    group = np.full(size, -1, np.int32)
    group[0] = (
        first[int(random_uniform(rng) * first.size)] if first.size else int(random_uniform(rng) * k)
    )
    count = 1
    for _ in range(size - 1):
        seen, pick = 0, -1
        for v in range(n):
            if not np.any(group[:count] == labels[v]):
                continue
            for p in range(graph.indptr[v], graph.indptr[v + 1]):
                g = labels[graph.neighbour[p]]
                if graph.linked[p] and not np.any(group[:count] == g):
                    seen += 1
                    if random_uniform(rng) * seen < 1.0:
                        pick = g
        if pick >= 0:
            group[count] = pick
            count += 1
    return group[:count]


@compiled
def _local_energy(
    graph: CSRGraph,
    objective: Objective,
    schedule: Schedule,
    labels: NDArray[np.int32],
    members: NDArray[np.int64],
    k: int,
) -> tuple[float, float]:
    """Return the energy of the grids of `members` and of the borders they cut, and bands missed.

    Penalties are those at the end of the schedule.
    """
    sums = np.zeros((k, 8))
    result, bands = 0.0, 0.0
    for v in members:
        sums[labels[v]] += graph.attributes[v]
        for p in range(graph.indptr[v], graph.indptr[v + 1]):
            u = graph.neighbour[p]
            if labels[u] != labels[v]:
                result += 0.5 * graph.weight[p]
    for g in range(k):
        if sums[g, 7] > 0.0:
            cost, missed, distance = evaluate_grid(objective, sums, g, sums, g, 0.0)
            result += cost + schedule.missed_penalty * missed + schedule.end_penalty * distance
            bands += missed
    return result, bands


@compiled
def _enclave_costs(
    graph: CSRGraph, objective: Objective, labels: NDArray[np.int32], group: NDArray[np.int32]
) -> float:
    """Return what the grids of a group cost for what they enclose."""
    cost = 0.0
    for g in group:
        cost += enclave_cost(graph, objective, labels, g)
    return cost


@compiled
def _split_along_tree(
    graph: CSRGraph,
    objective: Objective,
    schedule: Schedule,
    labels: NDArray[np.int32],
    members: NDArray[np.int64],
    group: NDArray[np.int32],
    rng: NDArray[np.uint64],
) -> None:
    """Label the connected `members` with the grids of `group`, cutting off one after another."""
    grid = group[-1]
    labels[members] = grid
    for i in range(group.size - 1):
        parent, order = _random_spanning_tree(graph, labels, members, grid, rng)
        subtree_root = _best_tree_edge(
            graph, objective, schedule, labels, parent, order, group.size - i
        )
        labels[subtree_root] = group[i]
        for v in order:
            if parent[v] >= 0 and labels[parent[v]] == group[i] and labels[v] == grid:
                labels[v] = group[i]


@compiled
def _random_spanning_tree(
    graph: CSRGraph,
    labels: NDArray[np.int32],
    members: NDArray[np.int64],
    grid: int,
    rng: NDArray[np.uint64],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return a random spanning tree of `grid`: parents, and the atoms with parents before children.

    A tree edge is drawn at random from all edges that leave the tree.
    """
    n = labels.size
    parent = np.full(n, -2, np.int32)
    order = np.empty(members.size, np.int32)
    size = 0
    for v in members:
        size += labels[v] == grid
    root = int(random_uniform(rng) * size)
    for v in members:
        if labels[v] == grid:
            if root == 0:
                order[0] = v
            root -= 1
    edges = np.empty((graph.neighbour.size, 2), np.int32)
    parent[order[0]] = -1
    count, expanded, frontier = 1, 0, 0
    while count < size:
        if expanded < count:
            v = order[expanded]
            expanded += 1
            for p in range(graph.indptr[v], graph.indptr[v + 1]):
                u = graph.neighbour[p]
                if graph.linked[p] and labels[u] == grid and parent[u] == -2:
                    edges[frontier, 0], edges[frontier, 1] = v, u
                    frontier += 1
        i = int(random_uniform(rng) * frontier)
        v, u = edges[i]
        frontier -= 1
        edges[i] = edges[frontier]
        if parent[u] == -2:
            parent[u] = v
            order[count] = u
            count += 1
    return parent, order[:size]


@compiled
def _best_tree_edge(
    graph: CSRGraph,
    objective: Objective,
    schedule: Schedule,
    labels: NDArray[np.int32],
    parent: NDArray[np.int32],
    order: NDArray[np.int32],
    parts: int,
) -> int:
    """Return the atom below which to cut the tree.

    Below it is one grid; what is above is judged as `parts` - 1 equal grids.
    """
    size = order.size
    position = np.empty(labels.size, np.int32)
    for i in range(size):
        position[order[i]] = i
    below = np.zeros((size, 8))
    shared = _weight_cut_below(graph, labels, parent, order, position)
    for i in range(size - 1, -1, -1):
        below[i] += graph.attributes[order[i]]
        if i:
            below[position[parent[order[i]]]] += below[i]
    rest = np.zeros((1, 8))
    best, least = 1, np.inf
    other_parts = parts - 1.0
    for i in range(1, size):
        for column in range(8):
            rest[0, column] = (below[0, column] - below[i, column]) / other_parts
        cost, missed, distance = evaluate_grid(objective, below, i, below, i, 0.0)
        rest_cost, rest_missed, rest_distance = evaluate_grid(objective, rest, 0, rest, 0, 0.0)
        energy = (
            shared[i] + cost + schedule.missed_penalty * missed + schedule.end_penalty * distance
        )
        energy += other_parts * (
            rest_cost + schedule.missed_penalty * rest_missed + schedule.end_penalty * rest_distance
        )
        if energy < least and size - below[i, ATOMS] >= other_parts:
            best, least = i, energy
    return int(order[best])


@compiled
def _weight_cut_below(
    graph: CSRGraph,
    labels: NDArray[np.int32],
    parent: NDArray[np.int32],
    order: NDArray[np.int32],
    position: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Return the weight that each edge of the tree cuts.

    A border counts at its two atoms and, twice and negatively, at their lowest common ancestor:
    summed up from the leaves, only the borders between the two sides of a tree edge remain.
    """
    size = order.size
    depth = np.zeros(size, np.int32)
    shared = np.zeros(size)
    for i in range(1, size):
        depth[i] = depth[position[parent[order[i]]]] + 1
    for i in range(size):
        for p in range(graph.indptr[order[i]], graph.indptr[order[i] + 1]):
            u = graph.neighbour[p]
            if labels[u] != labels[order[i]] or position[u] >= i:
                continue
            x, y = i, position[u]
            shared[x] += graph.weight[p]
            shared[y] += graph.weight[p]
            while x != y:
                if depth[x] < depth[y]:
                    x, y = y, x
                x = position[parent[order[x]]]
            shared[x] -= 2.0 * graph.weight[p]
    for i in range(size - 1, 0, -1):
        shared[position[parent[order[i]]]] += shared[i]
    return shared
