"""Connected subgraphs in band near an old grid, and near none: the candidates of a minimal change.

A connected subgraph that continues the old grid g takes households *in* from other grids and
leaves households *out* of g to them. Only those with few of both are enumerated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.partition.connected_subgraphs import may_grow
from gridgeo.partition.connectivity import compiled
from gridgeo.partition.kernel import CSRGraph, Objective, evaluate_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.partition.minimal_change.subproblem import Subproblem
    from gridgeo.partition.problem import Cancellation

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: steps of the enumeration for each subgraph that may be kept
_STEPS_PER_KEPT = 300
#: places of the households that came in, of those that stayed, and of ``in`` with the households
#: that are excluded already
_CAME, _STAYED, _PAID = range(3)


class Subgraphs(NamedTuple):
    """Connected subgraphs in band: atoms (bool[m, n]), the label of each, twice moved, cost."""

    atoms: NDArray[np.bool_]
    label: NDArray[np.int64]
    twice_moved: NDArray[np.int64]
    cost: NDArray[np.float64]


def list_near_subgraphs(
    sub: Subproblem, budget: int, kept: int, cancellation: Cancellation, *, new: bool
) -> Subgraphs | None:
    """Return the subgraphs near the old grids, and near none if there is a `new` grid.

    Each has an atom of the old grid that is its label, and ``in + out`` of at most `budget`.
    None where more than `kept` are near one grid.
    """
    households = np.where(sub.old >= 0, sub.problem.households, 0)
    near = []
    for grid in range(sub.grids + new):
        inside = sub.old == grid
        complete, found, twice_moved, cost = _subgraphs_near(
            sub.graph, sub.objective, inside, households, budget, kept, cancellation.flag
        )
        if not complete:
            return None
        apart = np.ones(len(found), dtype=bool)
        for one, other in sub.problem.cannot_links.tolist():
            apart &= ~(found[:, one] & found[:, other])
        label = np.full(int(apart.sum()), grid)
        near.append((found[apart], label, twice_moved[apart], cost[apart]))
    return Subgraphs(*(np.concatenate(part) for part in zip(*near, strict=True)))


@compiled
def _subgraphs_near(
    graph: CSRGraph,
    objective: Objective,
    inside: NDArray[np.bool_],
    households: NDArray[np.int64],
    budget: int,
    kept: int,
    cancel_flag: NDArray[np.uint8],
) -> tuple[bool, NDArray[np.bool_], NDArray[np.int64], NDArray[np.float64]]:
    """Return whether all were met, the connected subgraphs in band near an old grid, their values.

    Each has an atom `inside` the old grid. `households` of its atoms outside and of the old grid's
    atoms that it lacks are its ``in + out``, at most `budget`. Where nothing is inside, each atom
    may be the first: these are the new grids, and only ``in`` counts. Each subgraph is met once:
    from its first atom inside on, atoms of the frontier are included or excluded in turn. A cost
    counts half of each border that is cut.
    """
    n, anywhere, before = inside.size, not inside.any(), 0
    found, twice_moved = np.zeros((kept, n), np.bool_), np.empty(kept, np.int64)
    cost, count, steps = np.empty(kept), 0, kept * _STEPS_PER_KEPT
    met, chosen = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    frontier, ends = np.empty(n, np.int64), np.empty(n + 1, np.int64)
    sums, amounts = np.zeros((1, graph.attributes.shape[1])), np.zeros(3, np.int64)
    total = households[inside].sum()
    for root in range(n):
        if not (inside[root] or anywhere):
            continue
        met[:], chosen[:], sums[:], amounts[:] = False, False, 0.0, 0
        met[:root] = inside[:root] | anywhere
        met[root] = True
        amounts[_PAID] = before
        _put(graph, root, 1, inside, households, chosen, sums, amounts)
        i, descends = 0, True
        ends[0] = _meet(graph, root, met, frontier, 0)
        while i >= 0:
            steps -= 1
            if steps < 0 or count == kept or (steps & 4095 == 0 and cancel_flag[0]):
                return False, found[:count], twice_moved[:count], cost[:count]
            if descends and (amounts[_PAID] > budget or not may_grow(objective, sums)):
                descends = False
            elif descends and i == ends[i]:
                moved = amounts[_CAME] + total - amounts[_STAYED]
                value, missed, _ = evaluate_grid(objective, sums, 0, sums, 0, 0.0)
                if moved <= budget and missed == 0.0:
                    found[count], twice_moved[count] = chosen, moved
                    cost[count] = value + _half_cut(graph, chosen)
                    count += 1
                descends = False
            elif descends:
                _put(graph, frontier[i], 1, inside, households, chosen, sums, amounts)
                ends[i + 1] = _meet(graph, frontier[i], met, frontier, ends[i])
                i += 1
            else:
                i, descends = _next(
                    graph, i, frontier, ends, inside, households, met, chosen, sums, amounts
                )
        if inside[root]:
            before += households[root]
    return True, found[:count], twice_moved[:count], cost[:count]


@compiled
def _put(
    graph: CSRGraph,
    v: int,
    sign: int,
    inside: NDArray[np.bool_],
    households: NDArray[np.int64],
    chosen: NDArray[np.bool_],
    sums: NDArray[np.float64],
    amounts: NDArray[np.int64],
) -> None:
    """Put an atom into the subgraph, or with `sign` -1 out of it."""
    chosen[v] = sign > 0
    sums[0] += sign * graph.attributes[v]
    if inside[v]:
        amounts[_STAYED] += sign * households[v]
    else:
        amounts[_CAME] += sign * households[v]
        amounts[_PAID] += sign * households[v]


@compiled
def _meet(
    graph: CSRGraph, v: int, met: NDArray[np.bool_], frontier: NDArray[np.int64], end: int
) -> int:
    """Append the neighbours of an atom that were not met to the frontier; return its end."""
    for p in range(graph.indptr[v], graph.indptr[v + 1]):
        u = graph.neighbour[p]
        if graph.linked[p] and not met[u]:
            met[u] = True
            frontier[end] = u
            end += 1
    return end


@compiled
def _next(
    graph: CSRGraph,
    i: int,
    frontier: NDArray[np.int64],
    ends: NDArray[np.int64],
    inside: NDArray[np.bool_],
    households: NDArray[np.int64],
    met: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
    sums: NDArray[np.float64],
    amounts: NDArray[np.int64],
) -> tuple[int, bool]:
    """Exclude the last of the first `i` atoms of the frontier, or take its exclusion back.

    Returns how many are decided now, -1 where all was tried, and whether to go on from there.
    """
    if i == 0:
        return -1, False
    v = frontier[i - 1]
    if not chosen[v]:
        if inside[v]:
            amounts[_PAID] -= households[v]
        return i - 1, False
    met[frontier[ends[i - 1] : ends[i]]] = False
    ends[i] = ends[i - 1]
    _put(graph, v, -1, inside, households, chosen, sums, amounts)
    if inside[v]:
        amounts[_PAID] += households[v]
    return i, True


@compiled
def _half_cut(graph: CSRGraph, chosen: NDArray[np.bool_]) -> float:
    """Return half the weight of the borders that a subgraph cuts."""
    cut = 0.0
    for v in range(chosen.size):
        if chosen[v]:
            for p in range(graph.indptr[v], graph.indptr[v + 1]):
                if not chosen[graph.neighbour[p]]:
                    cut += graph.weight[p]
    return cut / 2.0
