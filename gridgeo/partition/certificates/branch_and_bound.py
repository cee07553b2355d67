"""The pricing problem, exactly: all connected subgraphs in band with a reduced cost below a limit.

Branch and bound over the atoms: the root is the heaviest atom, the branching atom the heaviest
free one that is linked to the subgraph; it is put inside or outside. The bound of a node is a
minimum cut of the graph (terminal capacities are the reduced costs of single atoms) with one
Lagrangian multiplier on the amount for its limits; a node keeps the flow of its parent and
augments it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.partition.connectivity import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: flows and costs that differ by less are equal, metres
_TOLERANCE_M = 1e-7
#: steps of the search for the best multiplier
_MULTIPLIER_STEPS = 40
FREE, INSIDE, OUTSIDE = range(3)


class PricingGraph(NamedTuple):
    """Graph, amounts and limits of the subgraphs, in CSR form like `CSRGraph`."""

    indptr: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    #: the arc in the opposite direction
    reverse: NDArray[np.int64]
    #: half of what the border costs when it is cut, at least 0
    half_weight: NDArray[np.float64]
    linked: NDArray[np.uint8]
    #: FREE, or OUTSIDE for atoms that no subgraph may contain
    allowed: NDArray[np.int8]
    cannot_links: NDArray[np.int32]
    amount: NDArray[np.float64]
    lower: float
    upper: float


@compiled
def price_subgraphs(
    graph: PricingGraph,
    dual: NDArray[np.float64],
    limit: float,
    slack: float,
    max_found: int,
    nodes: int,
    cancel_flag: NDArray[np.uint8],
) -> tuple[bool, NDArray[np.bool_], float]:
    """Return whether the search is complete, the subgraphs below `limit`, and the least cost.

    Costs are reduced costs: half of the borders that are cut, less the duals of the atoms. The
    limit falls to `slack` above the least that was found: with 0 only the last one returned is
    sure to be least, with infinity all below the limit are returned. At most `max_found` are
    returned, and the search ends after so many `nodes`.
    """
    n = graph.amount.size
    found = np.zeros((max_found, n), np.bool_)
    count, least = 0, np.inf
    order = np.argsort(-graph.amount, kind="mergesort")
    state = np.zeros((n + 2, n), np.int8)
    residual = np.zeros((n + 2, graph.half_weight.size))
    terminal, bound = np.zeros((n + 2, n)), np.zeros(n + 2)
    excluded = graph.allowed.copy()
    for root in order:
        if excluded[root] == OUTSIDE:
            continue
        multiplier = _best_multiplier(graph, dual, excluded, root)
        state[0] = excluded
        state[0, root] = INSIDE
        residual[0] = graph.half_weight
        bound[0] = _initial_terminals(graph, dual, multiplier, state[0], terminal[0])
        excluded[root] = OUTSIDE
        depth = 0
        while depth >= 0:
            nodes -= 1
            if nodes < 0 or cancel_flag[0]:
                return False, found[:count], least
            now = state[depth]
            bound[depth] += _propagate(graph, now, terminal[depth], root)
            if bound[depth] < limit:
                bound[depth] += _augment_flow(
                    graph, residual[depth], terminal[depth], limit - bound[depth]
                )
            if bound[depth] >= limit:
                depth -= 1
                continue
            v = _branching_atom(graph, now)
            if v < 0:
                cost = _reduced_cost(graph, dual, now)
                if cost < limit:
                    if count == max_found:
                        return False, found, least
                    found[count] = now == INSIDE
                    count += 1
                    least = min(least, cost)
                    limit = min(limit, least + slack)
                depth -= 1
                continue
            state[depth + 1], residual[depth + 1] = now, residual[depth]
            terminal[depth + 1], bound[depth + 1] = terminal[depth], bound[depth]
            bound[depth] += _fix_atom(now, terminal[depth], v, OUTSIDE)
            depth += 1
            bound[depth] += _fix_atom(state[depth], terminal[depth], v, INSIDE)
    return True, found[:count], least


@compiled
def _best_multiplier(
    graph: PricingGraph, dual: NDArray[np.float64], excluded: NDArray[np.int8], root: int
) -> float:
    """Return the multiplier on the amount at which the bound of the root node is highest."""
    widest = np.abs(dual).sum() / max(graph.lower, 1.0)
    low, high = -widest, widest
    for _ in range(_MULTIPLIER_STEPS):
        left, right = low + (high - low) * 0.45, low + (high - low) * 0.55
        if _bound_at(graph, dual, excluded, root, left) < _bound_at(
            graph, dual, excluded, root, right
        ):
            low = left
        else:
            high = right
    return float((low + high) / 2.0)


@compiled
def _bound_at(
    graph: PricingGraph,
    dual: NDArray[np.float64],
    excluded: NDArray[np.int8],
    root: int,
    multiplier: float,
) -> float:
    """Return the bound of the root node at a multiplier on the amount."""
    state, terminal = excluded.copy(), np.zeros(dual.size)
    state[root] = INSIDE
    bound = _initial_terminals(graph, dual, multiplier, state, terminal)
    return float(bound + _augment_flow(graph, graph.half_weight.copy(), terminal, np.inf))


@compiled
def _initial_terminals(
    graph: PricingGraph,
    dual: NDArray[np.float64],
    multiplier: float,
    state: NDArray[np.int8],
    terminal: NDArray[np.float64],
) -> float:
    """Fill `terminal` and return the constant part of the bound.

    `terminal` is the capacity from the source (above 0: what the atom costs outside) or to the
    sink (below 0: what it costs inside); infinite for atoms that are fixed.
    """
    bound = -max(multiplier * graph.lower, multiplier * graph.upper)
    for v in range(dual.size):
        weight = multiplier * graph.amount[v] - dual[v]
        terminal[v] = -weight
        bound += min(weight, 0.0)
        if state[v] == INSIDE:
            bound += max(weight, 0.0)
            terminal[v] = np.inf
        elif state[v] == OUTSIDE:
            bound += max(-weight, 0.0)
            terminal[v] = -np.inf
    return bound


@compiled
def _fix_atom(state: NDArray[np.int8], terminal: NDArray[np.float64], v: int, side: int) -> float:
    """Fix an atom inside or outside; return by how much the bound rises."""
    state[v] = side
    added = max(0.0, -terminal[v] if side == INSIDE else terminal[v])
    terminal[v] = np.inf if side == INSIDE else -np.inf
    return float(added)


@compiled
def _propagate(
    graph: PricingGraph, state: NDArray[np.int8], terminal: NDArray[np.float64], root: int
) -> float:
    """Fix outside what cannot be inside any more; return by how much the bound rises, or infinity.

    These are partners of cannot-links, and atoms that the root cannot reach within the upper
    limit.
    """
    added = _propagate_cannot_links(graph, state, terminal)
    amount_inside = 0.0
    for v in range(state.size):
        if state[v] == INSIDE:
            amount_inside += graph.amount[v]
    reached, amount_reached = _reachable_atoms(graph, state, root, amount_inside)
    if amount_inside > graph.upper or amount_reached < graph.lower:
        return np.inf
    for v in range(state.size):
        if state[v] == FREE and not reached[v]:
            added += _fix_atom(state, terminal, v, OUTSIDE)
    return added


@compiled
def _propagate_cannot_links(
    graph: PricingGraph, state: NDArray[np.int8], terminal: NDArray[np.float64]
) -> float:
    """Fix outside the cannot-link partners of atoms inside; return by how much the bound rises."""
    added = 0.0
    for u, v in graph.cannot_links:
        if state[u] == INSIDE and state[v] == INSIDE:
            return np.inf
        if state[u] == INSIDE and state[v] == FREE:
            added += _fix_atom(state, terminal, v, OUTSIDE)
        elif state[v] == INSIDE and state[u] == FREE:
            added += _fix_atom(state, terminal, u, OUTSIDE)
    return added


@compiled
def _reachable_atoms(
    graph: PricingGraph, state: NDArray[np.int8], root: int, amount_inside: float
) -> tuple[NDArray[np.bool_], float]:
    """Return the atoms that the root can reach within the upper limit, and their amount."""
    reached, queue = np.zeros(state.size, np.bool_), np.empty(state.size, np.int64)
    queue[0], reached[root] = root, True
    head, tail, amount_reached = 0, 1, 0.0
    while head < tail:
        v = queue[head]
        head += 1
        amount_reached += graph.amount[v]
        for p in range(graph.indptr[v], graph.indptr[v + 1]):
            u = graph.neighbour[p]
            light = state[u] == INSIDE or amount_inside + graph.amount[u] <= graph.upper
            if graph.linked[p] and not reached[u] and state[u] != OUTSIDE and light:
                reached[u] = True
                queue[tail] = u
                tail += 1
    return reached, amount_reached


@compiled
def _augment_flow(
    graph: PricingGraph, residual: NDArray[np.float64], terminal: NDArray[np.float64], target: float
) -> float:
    """Augment the flow from source to sink until it is maximal or `target`; return what was added.

    `residual` holds the residual capacities of the arcs.
    """
    pushed = 0.0
    arc_to, queue = np.empty(terminal.size, np.int64), np.empty(terminal.size, np.int64)
    while pushed < target:
        sink = _find_augmenting_path(graph, residual, terminal, arc_to, queue)
        if sink < 0:
            break
        push, v = -terminal[sink], sink
        while arc_to[v] >= 0:
            push = min(push, residual[arc_to[v]])
            v = graph.neighbour[graph.reverse[arc_to[v]]]
        push = min(push, terminal[v])
        if push == np.inf:
            return np.inf
        terminal[v] -= push
        terminal[sink] += push
        v = sink
        while arc_to[v] >= 0:
            residual[arc_to[v]] -= push
            residual[graph.reverse[arc_to[v]]] += push
            v = graph.neighbour[graph.reverse[arc_to[v]]]
        pushed += push
    return pushed


@compiled
def _find_augmenting_path(
    graph: PricingGraph,
    residual: NDArray[np.float64],
    terminal: NDArray[np.float64],
    arc_to: NDArray[np.int64],
    queue: NDArray[np.int64],
) -> int:
    """Return the nearest atom with capacity to the sink, -1 for none; `arc_to` is the path."""
    arc_to[:] = -2
    head, tail = 0, 0
    for v in range(terminal.size):
        if terminal[v] > _TOLERANCE_M:
            arc_to[v] = -1
            queue[tail] = v
            tail += 1
    while head < tail:
        v = queue[head]
        head += 1
        for p in range(graph.indptr[v], graph.indptr[v + 1]):
            u = graph.neighbour[p]
            if residual[p] > _TOLERANCE_M and arc_to[u] == -2:
                arc_to[u] = p
                queue[tail] = u
                tail += 1
                if terminal[u] < -_TOLERANCE_M:
                    return int(u)
    return -1


@compiled
def _branching_atom(graph: PricingGraph, state: NDArray[np.int8]) -> int:
    """Return the heaviest free atom that is linked to the subgraph, -1 where there is none."""
    best, chosen = -1.0, -1
    for v in range(state.size):
        if state[v] != INSIDE:
            continue
        for p in range(graph.indptr[v], graph.indptr[v + 1]):
            u = graph.neighbour[p]
            if graph.linked[p] and state[u] == FREE and graph.amount[u] > best:
                best, chosen = graph.amount[u], u
    return chosen


@compiled
def _reduced_cost(graph: PricingGraph, dual: NDArray[np.float64], state: NDArray[np.int8]) -> float:
    """Return the reduced cost of a subgraph without free neighbours; infinite out of band."""
    cost, amount_inside = 0.0, 0.0
    for v in range(state.size):
        if state[v] == INSIDE:
            cost -= dual[v]
            amount_inside += graph.amount[v]
            for p in range(graph.indptr[v], graph.indptr[v + 1]):
                if state[graph.neighbour[p]] != INSIDE:
                    cost += graph.half_weight[p]
    return cost if graph.lower <= amount_inside <= graph.upper else np.inf
