"""Connected sets of atoms that cost less beyond their prices than a limit: all of them.

A set grows from its heaviest atom: a free atom next to it is put inside or outside in turn. What
a part of a set can come to at least is a minimum cut of the graph, with one price on the amount
for its limits; what a parent let flow through the graph its children keep and add to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.partition.kernel import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: flows and costs that differ by less are alike, metres
TOLERANCE_M = 1e-7
#: trials of the price on the amount
MULTIPLIER_STEPS = 40
FREE, INSIDE, OUTSIDE = range(3)


class PricingGraph(NamedTuple):
    """Graph, amounts and limits of the sets; arcs of atom v stand at ``start[v]:start[v + 1]``."""

    start: NDArray[np.int32]
    neighbour: NDArray[np.int32]
    #: the same border seen from the other side
    back: NDArray[np.int64]
    #: half of what the border costs where it is cut, at least 0
    half: NDArray[np.float64]
    linked: NDArray[np.uint8]
    #: the kind of atom: FREE, or OUTSIDE where no set may hold it
    allowed: NDArray[np.int8]
    apart: NDArray[np.int32]
    amount: NDArray[np.float64]
    lower: float
    upper: float


@compiled
def price_subgraphs(
    ground: PricingGraph,
    price: NDArray[np.float64],
    limit: float,
    slack: float,
    kept: int,
    nodes: int,
    halt: NDArray[np.uint8],
) -> tuple[bool, NDArray[np.bool_], float]:
    """Return whether all sets were seen, those below `limit`, and the least of their costs.

    A set costs half of the borders that it cuts, less the prices of its atoms. The limit falls to
    `slack` above the cheapest set that was found: with 0 only this one, the last, is sure to be
    returned, with infinity all below the limit are.
    At most `kept` sets are returned, the search ends after so many `nodes`.
    """
    n = ground.amount.size
    found = np.zeros((kept, n), np.bool_)
    count, least = 0, np.inf
    order = np.argsort(-ground.amount, kind="mergesort")
    state = np.zeros((n + 2, n), np.int8)
    flow = np.zeros((n + 2, ground.half.size))
    spare, value = np.zeros((n + 2, n)), np.zeros(n + 2)
    shut = ground.allowed.copy()
    for root in order:
        if shut[root] == OUTSIDE:
            continue
        rate = best_multiplier(ground, price, shut, root)
        state[0] = shut
        state[0, root] = INSIDE
        flow[0] = ground.half
        value[0] = initial_terminals(ground, price, rate, state[0], spare[0])
        shut[root] = OUTSIDE
        depth = 0
        while depth >= 0:
            nodes -= 1
            if nodes < 0 or halt[0]:
                return False, found[:count], least
            now = state[depth]
            value[depth] += propagate(ground, now, spare[depth], root)
            if value[depth] < limit:
                value[depth] += augment_flow(
                    ground, flow[depth], spare[depth], limit - value[depth]
                )
            if value[depth] >= limit:
                depth -= 1
                continue
            v = branching_atom(ground, now)
            if v < 0:
                cost = reduced_cost(ground, price, now)
                if cost < limit:
                    if count == kept:
                        return False, found, least
                    found[count] = now == INSIDE
                    count += 1
                    least = min(least, cost)
                    limit = min(limit, least + slack)
                depth -= 1
                continue
            state[depth + 1], flow[depth + 1] = now, flow[depth]
            spare[depth + 1], value[depth + 1] = spare[depth], value[depth]
            value[depth] += fix_atom(now, spare[depth], v, OUTSIDE)
            depth += 1
            value[depth] += fix_atom(state[depth], spare[depth], v, INSIDE)
    return True, found[:count], least


@compiled
def best_multiplier(
    ground: PricingGraph, price: NDArray[np.float64], shut: NDArray[np.int8], root: int
) -> float:
    """Return the price on the amount at which the bound of the sets of `root` is highest."""
    most = np.abs(price).sum() / max(ground.lower, 1.0)
    low, high = -most, most
    for _ in range(MULTIPLIER_STEPS):
        left, right = low + (high - low) * 0.45, low + (high - low) * 0.55
        if bound_at(ground, price, shut, root, left) < bound_at(ground, price, shut, root, right):
            low = left
        else:
            high = right
    return float((low + high) / 2.0)


@compiled
def bound_at(
    ground: PricingGraph, price: NDArray[np.float64], shut: NDArray[np.int8], root: int, rate: float
) -> float:
    """Return the bound of the sets of `root` at a price on the amount."""
    state, spare = shut.copy(), np.zeros(price.size)
    state[root] = INSIDE
    value = initial_terminals(ground, price, rate, state, spare)
    return float(value + augment_flow(ground, ground.half.copy(), spare, np.inf))


@compiled
def initial_terminals(
    ground: PricingGraph,
    price: NDArray[np.float64],
    rate: float,
    state: NDArray[np.int8],
    spare: NDArray[np.float64],
) -> float:
    """Fill `spare`, what an atom costs outside (above 0) or inside; return what is paid anyway."""
    value = -max(rate * ground.lower, rate * ground.upper)
    for v in range(price.size):
        own = rate * ground.amount[v] - price[v]
        spare[v] = -own
        value += min(own, 0.0)
        if state[v] == INSIDE:
            value += max(own, 0.0)
            spare[v] = np.inf
        elif state[v] == OUTSIDE:
            value += max(-own, 0.0)
            spare[v] = -np.inf
    return value


@compiled
def fix_atom(state: NDArray[np.int8], spare: NDArray[np.float64], v: int, side: int) -> float:
    """Put an atom on a side; return what is paid for that."""
    state[v] = side
    paid = max(0.0, -spare[v] if side == INSIDE else spare[v])
    spare[v] = np.inf if side == INSIDE else -np.inf
    return float(paid)


@compiled
def propagate(
    ground: PricingGraph, state: NDArray[np.int8], spare: NDArray[np.float64], root: int
) -> float:
    """Put outside what is apart, too heavy or out of reach; return what is paid, or infinity."""
    paid = propagate_cannot_links(ground, state, spare)
    held = 0.0
    for v in range(state.size):
        if state[v] == INSIDE:
            held += ground.amount[v]
    reached, most = reachable_atoms(ground, state, root, held)
    if held > ground.upper or most < ground.lower:
        return np.inf
    for v in range(state.size):
        if state[v] == FREE and not reached[v]:
            paid += fix_atom(state, spare, v, OUTSIDE)
    return paid


@compiled
def propagate_cannot_links(
    ground: PricingGraph, state: NDArray[np.int8], spare: NDArray[np.float64]
) -> float:
    """Put outside what must be apart from what is inside; return what is paid."""
    paid = 0.0
    for u, v in ground.apart:
        if state[u] == INSIDE and state[v] == INSIDE:
            return np.inf
        if state[u] == INSIDE and state[v] == FREE:
            paid += fix_atom(state, spare, v, OUTSIDE)
        elif state[v] == INSIDE and state[u] == FREE:
            paid += fix_atom(state, spare, u, OUTSIDE)
    return paid


@compiled
def reachable_atoms(
    ground: PricingGraph, state: NDArray[np.int8], root: int, held: float
) -> tuple[NDArray[np.bool_], float]:
    """Return what the root can reach without atoms that are too heavy, and all that it holds."""
    reached, queue = np.zeros(state.size, np.bool_), np.empty(state.size, np.int64)
    queue[0], reached[root] = root, True
    head, tail, most = 0, 1, 0.0
    while head < tail:
        v = queue[head]
        head += 1
        most += ground.amount[v]
        for p in range(ground.start[v], ground.start[v + 1]):
            u = ground.neighbour[p]
            light = state[u] == INSIDE or held + ground.amount[u] <= ground.upper
            if ground.linked[p] and not reached[u] and state[u] != OUTSIDE and light:
                reached[u] = True
                queue[tail] = u
                tail += 1
    return reached, most


@compiled
def augment_flow(
    ground: PricingGraph, flow: NDArray[np.float64], spare: NDArray[np.float64], enough: float
) -> float:
    """Let flow through from what would be inside to what would be outside; return how much.

    `flow` is what each border still lets through. It ends early where it is `enough`.
    """
    sent = 0.0
    came, queue = np.empty(spare.size, np.int64), np.empty(spare.size, np.int64)
    while sent < enough:
        goal = find_augmenting_path(ground, flow, spare, came, queue)
        if goal < 0:
            break
        push, v = -spare[goal], goal
        while came[v] >= 0:
            push = min(push, flow[came[v]])
            v = ground.neighbour[ground.back[came[v]]]
        push = min(push, spare[v])
        if push == np.inf:
            return np.inf
        spare[v] -= push
        spare[goal] += push
        v = goal
        while came[v] >= 0:
            flow[came[v]] -= push
            flow[ground.back[came[v]]] += push
            v = ground.neighbour[ground.back[came[v]]]
        sent += push
    return sent


@compiled
def find_augmenting_path(
    ground: PricingGraph,
    flow: NDArray[np.float64],
    spare: NDArray[np.float64],
    came: NDArray[np.int64],
    queue: NDArray[np.int64],
) -> int:
    """Return the nearest atom that takes flow, -1 for none; `came` holds the arcs of the way."""
    came[:] = -2
    head, tail = 0, 0
    for v in range(spare.size):
        if spare[v] > TOLERANCE_M:
            came[v] = -1
            queue[tail] = v
            tail += 1
    while head < tail:
        v = queue[head]
        head += 1
        for p in range(ground.start[v], ground.start[v + 1]):
            u = ground.neighbour[p]
            if flow[p] > TOLERANCE_M and came[u] == -2:
                came[u] = p
                queue[tail] = u
                tail += 1
                if spare[u] < -TOLERANCE_M:
                    return int(u)
    return -1


@compiled
def branching_atom(ground: PricingGraph, state: NDArray[np.int8]) -> int:
    """Return the free atom next to the set that is the heaviest, -1 where there is none."""
    best, chosen = -1.0, -1
    for v in range(state.size):
        if state[v] != INSIDE:
            continue
        for p in range(ground.start[v], ground.start[v + 1]):
            u = ground.neighbour[p]
            if ground.linked[p] and state[u] == FREE and ground.amount[u] > best:
                best, chosen = ground.amount[u], u
    return chosen


@compiled
def reduced_cost(
    ground: PricingGraph, price: NDArray[np.float64], state: NDArray[np.int8]
) -> float:
    """Return what a set that is complete costs beyond its prices; infinite out of band."""
    cost, held = 0.0, 0.0
    for v in range(state.size):
        if state[v] == INSIDE:
            cost -= price[v]
            held += ground.amount[v]
            for p in range(ground.start[v], ground.start[v + 1]):
                if state[ground.neighbour[p]] != INSIDE:
                    cost += ground.half[p]
    return cost if ground.lower <= held <= ground.upper else np.inf
