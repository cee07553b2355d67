"""Set partitioning: the cheapest choice of candidate grids that has every atom exactly once.

`solve_set_partitioning` is exact, for candidates as bit masks: subgradient steps on the Lagrangian
multipliers of the atoms give a lower bound, candidates are removed by their reduced costs, and a
depth-first search ends it. `improve_from_pool` serves the search on any number of atoms: the grids
in band of all labellings so far (`GridPool`) are the candidates, and HiGHS replaces the grids of
one window of the best labelling after another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from gridgeo.partition.kernel import CANNOT_LINK_M, COST, MISSED, compiled, evaluate_grids

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.partition.search_context import SearchContext

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


#: costs that differ by less are equal, metres
_TOLERANCE_M = 1e-3
#: subgradient steps; steps without progress before their size is halved; steps between fixings
_SUBGRADIENT_STEPS = 400
_STEPS_BEFORE_HALVING = 12
_STEPS_BETWEEN_FIXINGS = 4
#: so few candidates are searched without further steps
_FEW_SETS = 40


class _CandidateSets(NamedTuple):
    """Candidate sets ordered by their lowest atom: masks, atoms in CSR form, costs."""

    masks: NDArray[np.int64]
    #: atoms of set i are at ``indptr[i]:indptr[i + 1]``
    indptr: NDArray[np.int64]
    atoms: NDArray[np.int8]
    cost: NDArray[np.float64]


@compiled
def index_sets(sets: NDArray[np.int64], cost: NDArray[np.float64], n: int) -> _CandidateSets:
    """Return the candidate sets of some masks."""
    size = 0
    for i in range(sets.size):
        for v in range(n):
            size += sets[i] >> v & 1
    indptr, atoms = np.zeros(sets.size + 1, np.int64), np.empty(size, np.int8)
    position = 0
    for i in range(sets.size):
        for v in range(n):
            if sets[i] >> v & 1:
                atoms[position] = v
                position += 1
        indptr[i + 1] = position
    return _CandidateSets(sets, indptr, atoms, cost)


@compiled
def solve_set_partitioning(
    pool: _CandidateSets,
    n: int,
    k: int,
    upper_bound: float,
    nodes: int,
    cancel_flag: NDArray[np.uint8],
) -> tuple[bool, NDArray[np.int64], float]:
    """Return whether the search was complete, the best partition, and a lower bound.

    The partition is `k` candidates with each of the `n` atoms once. It is empty where none cheaper
    than `upper_bound` was found; where the search was complete, none exists. The bound holds for
    every partition into `k` candidates.
    """
    multipliers = np.full(n, upper_bound / n)
    lowest, lower_bound = np.full(n, np.inf), -np.inf
    best_multipliers = multipliers.copy()
    step_size, idle = 1.0, 0
    for step_number in range(_SUBGRADIENT_STEPS):
        reduced = _reduced_costs(pool, multipliers)
        value, subgradient, lowest, last_added = _lagrangian_bound(pool, reduced, multipliers, n, k)
        if value == np.inf:
            return True, np.empty(0, np.int64), np.inf
        if value > lower_bound:
            lower_bound, idle = value, 0
            best_multipliers[:] = multipliers
        else:
            idle += 1
        if lower_bound >= upper_bound - _TOLERANCE_M:
            return True, np.empty(0, np.int64), lower_bound
        if step_number % _STEPS_BETWEEN_FIXINGS == 0:
            pool = _fix_by_reduced_cost(pool, reduced, lowest, last_added, value, upper_bound, n)
        if pool.masks.size <= _FEW_SETS or cancel_flag[0]:
            break
        if idle == _STEPS_BEFORE_HALVING:
            step_size, idle = step_size / 2.0, 0
            multipliers[:] = best_multipliers
            continue
        square = (subgradient * subgradient).sum()
        if square == 0.0 or step_size < 1e-3:
            break
        multipliers += step_size * (upper_bound - value) / square * subgradient
    complete, partition = _depth_first_search(
        pool, best_multipliers, n, k, upper_bound, 0 if cancel_flag[0] else nodes
    )
    return complete, partition, lower_bound


@compiled
def _reduced_costs(pool: _CandidateSets, multipliers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cost of each candidate less the multipliers of its atoms."""
    reduced = pool.cost.copy()
    for i in range(reduced.size):
        for p in range(pool.indptr[i], pool.indptr[i + 1]):
            reduced[i] -= multipliers[pool.atoms[p]]
    return reduced


@compiled
def _lagrangian_bound(
    pool: _CandidateSets,
    reduced: NDArray[np.float64],
    multipliers: NDArray[np.float64],
    n: int,
    k: int,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float]:
    """Return the Lagrangian bound, its subgradient, the least reduced costs and the last taken.

    The least reduced costs are by lowest atom. The candidates of a partition have different lowest
    atoms, and atom 0 is one of them: so the bound takes the least of atom 0 and the k - 1 least of
    the others. The last value is the largest of these.
    """
    lowest, chosen = np.full(n, np.inf), np.full(n, -1)
    for i in range(reduced.size):
        v = pool.atoms[pool.indptr[i]]
        if reduced[i] < lowest[v]:
            lowest[v], chosen[v] = reduced[i], i
    order = np.argsort(lowest[1:]) + 1
    value, subgradient, last_added = multipliers.sum() + lowest[0], np.ones(n), -np.inf
    chosen_sets = [chosen[0]]
    for j in range(k - 1):
        if j >= n - 1:
            return np.inf, subgradient, lowest, last_added
        last_added = lowest[order[j]]
        value += last_added
        chosen_sets.append(chosen[order[j]])
    if value == np.inf:
        return np.inf, subgradient, lowest, last_added
    for i in chosen_sets:
        for p in range(pool.indptr[i], pool.indptr[i + 1]):
            subgradient[pool.atoms[p]] -= 1.0
    return value, subgradient, lowest, last_added


@compiled
def _fix_by_reduced_cost(
    pool: _CandidateSets,
    reduced: NDArray[np.float64],
    lowest: NDArray[np.float64],
    last_added: float,
    value: float,
    upper_bound: float,
    n: int,
) -> _CandidateSets:
    """Return the candidates without those that no partition cheaper than `upper_bound` contains."""
    kept = np.zeros(reduced.size, np.bool_)
    for i in range(reduced.size):
        v = pool.atoms[pool.indptr[i]]
        replaced = lowest[v] if v == 0 or lowest[v] <= last_added else last_added
        kept[i] = value - replaced + reduced[i] < upper_bound - _TOLERANCE_M
    if kept.sum() > 0.8 * kept.size:
        return pool
    return index_sets(pool.masks[kept], pool.cost[kept], n)


@compiled
def _depth_first_search(
    pool: _CandidateSets,
    multipliers: NDArray[np.float64],
    n: int,
    k: int,
    upper_bound: float,
    nodes: int,
) -> tuple[bool, NDArray[np.int64]]:
    """Return whether all partitions into `k` candidates were enumerated, and the best one.

    The lowest remaining atom takes each of its candidates in turn, the least reduced cost first.
    """
    reduced = _reduced_costs(pool, multipliers)
    order, first, least = _sets_by_lowest_atom(pool, reduced, n)
    base, others = multipliers.sum(), least[1:].min()
    best, chosen = np.empty(0, np.int64), np.zeros(k, np.int64)
    left, position, lowest = np.zeros((3, k), np.int64)
    spent = np.zeros(k)
    left[0], depth = (1 << n) - 1, 0
    while depth >= 0:
        i, grids = -1, k - depth - 1
        if position[depth] < first[lowest[depth] + 1]:
            i = order[position[depth]]
        later = others * grids if grids else 0.0
        if i < 0 or base + spent[depth] + reduced[i] + later >= upper_bound - _TOLERANCE_M:
            depth -= 1
            continue
        position[depth] += 1
        if pool.masks[i] & ~left[depth]:
            continue
        nodes -= 1
        if nodes < 0:
            return False, best
        chosen[depth] = pool.masks[i]
        rest, paid = left[depth] ^ pool.masks[i], spent[depth] + reduced[i]
        if grids == 0 and rest == 0:
            upper_bound, best = base + paid, chosen.copy()
        if grids and rest:
            depth += 1
            left[depth], spent[depth], lowest[depth] = rest, paid, _lowest_atom(rest)
            position[depth] = first[lowest[depth]]
    return True, best


@compiled
def _lowest_atom(grid: int) -> int:
    """Return the lowest atom of a mask that is not empty."""
    v = 0
    while not grid >> v & 1:
        v += 1
    return v


@compiled
def _sets_by_lowest_atom(
    pool: _CandidateSets, reduced: NDArray[np.float64], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the candidates by lowest atom, then reduced cost; the first and the least of each."""
    order = np.argsort(reduced)
    lowest = pool.atoms[pool.indptr[:-1]][order]
    order = order[np.argsort(lowest, kind="mergesort")]
    first, least = np.zeros(n + 1, np.int64), np.full(n + 1, np.inf)
    for i in range(order.size):
        v = pool.atoms[pool.indptr[i]]
        first[v + 1] += 1
        least[v] = min(least[v], reduced[i])
    return order, np.cumsum(first), least


#: grids of a window, and how many of its first grids no later window starts from
_WINDOW_GRIDS = 30
_WINDOW_CORE_GRIDS = 12
#: nodes of the integer programme; mostly its relaxation is integral
_MIP_NODES = 50
#: metres by which a window must improve
_LEAST_GAIN_M = 1e-3


class GridPool(NamedTuple):
    """The grids in band that the search has met: atoms (sorted, as bytes) to (atoms, cost).

    A cost counts half of each border that is cut, so the costs of a labelling add up to its own.
    """

    grids: dict[bytes, tuple[NDArray[np.int64], float]]

    def add(self, context: SearchContext, labels: NDArray[np.int32]) -> None:
        """Add the grids of a labelling that are in band and contain no cannot-link pair."""
        k = int(labels.max()) + 1
        value = evaluate_grids(context.graph, context.objective, labels, k)[1]
        source = np.repeat(np.arange(labels.size), np.diff(context.graph.indptr))
        label, other = labels[source], labels[context.graph.neighbour]
        forbidden = context.graph.weight <= -CANNOT_LINK_M
        half_cut = np.bincount(
            label, np.where((label != other) & ~forbidden, context.graph.weight / 2, 0.0), k
        )
        violations = np.bincount(label[forbidden & (label == other)], minlength=k)
        order = np.argsort(labels, kind="stable")
        for g, atoms in enumerate(np.split(order, np.cumsum(np.bincount(labels))[:-1])):
            if value[g, MISSED] == 0 and not violations[g]:
                self.grids.setdefault(atoms.tobytes(), (atoms, float(value[g, COST] + half_cut[g])))


def improve_from_pool(
    context: SearchContext, labels: NDArray[np.int32], pool: GridPool
) -> NDArray[np.int32]:
    """Return a labelling by grids in `pool`, not dearer than `labels`, whose grids are in it.

    The number of grids stays; their numbering may change.
    """
    sets, costs = _incidence_matrix(pool, labels.size)
    improved = labels.copy()
    done = np.zeros(int(labels.max()) + 1, dtype=bool)
    while not done.all() and not context.cancellation.cancelled:
        window = _window(context, improved, int(np.flatnonzero(~done)[0]))
        done[window[:_WINDOW_CORE_GRIDS]] = True
        _improve_window(improved, window, sets, costs)
        if window.size == done.size:
            break
    return improved


def _incidence_matrix(pool: GridPool, atoms: int) -> tuple[csc_array, NDArray[np.float64]]:
    """Return the incidence matrix (atoms by candidates) of the pool, and the costs."""
    members = [grid[0] for grid in pool.grids.values()]
    sizes = [member.size for member in members]
    column = np.repeat(np.arange(len(members)), sizes)
    ones = np.ones(column.size)
    sets = coo_array((ones, (np.concatenate(members), column)), shape=(atoms, len(members)))
    return csc_array(sets), np.array([grid[1] for grid in pool.grids.values()])


def _window(context: SearchContext, labels: NDArray[np.int32], first: int) -> NDArray[np.int64]:
    """Return the grids around one grid, by breadth-first search over adjacent grids."""
    k = int(labels.max()) + 1
    source = np.repeat(labels, np.diff(context.graph.indptr))
    adjacency = csr_array(
        (np.ones(source.size), (source, labels[context.graph.neighbour])), shape=(k, k)
    )
    window, at = [first], 0
    while at < len(window) < _WINDOW_GRIDS:
        near = adjacency.indices[adjacency.indptr[window[at]] : adjacency.indptr[window[at] + 1]]
        window += [int(g) for g in np.unique(near) if g not in window]
        at += 1
    return np.array(window[:_WINDOW_GRIDS])


def _improve_window(
    labels: NDArray[np.int32],
    window: NDArray[np.int64],
    sets: csc_array,
    costs: NDArray[np.float64],
) -> None:
    """Replace the grids of a window in place where others partition its atoms for less."""
    inside = np.isin(labels, window)
    size = np.diff(sets.indptr)
    fits = np.flatnonzero(sets.T @ inside.astype(float) == size)
    members, fitting = np.flatnonzero(inside), sets[:, fits]
    rows = csr_array(fitting)[members]
    label_now = labels[fitting.indices[fitting.indptr[:-1]]]
    sizes_now = np.bincount(labels, minlength=int(labels.max()) + 1)
    current = (size[fits] == sizes_now[label_now]) & _uniform(fitting, labels)
    chosen = _solve_window(rows, costs[fits], window.size)
    if chosen is None or costs[fits][chosen].sum() > costs[fits][current].sum() - _LEAST_GAIN_M:
        return
    for g, column in zip(window, chosen, strict=True):
        labels[fitting.indices[fitting.indptr[column] : fitting.indptr[column + 1]]] = g


def _uniform(sets: csc_array, labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell for each candidate whether all its atoms have one label."""
    label = labels[sets.indices]
    first = np.repeat(label[sets.indptr[:-1]], np.diff(sets.indptr))
    other = np.add.reduceat((label != first).astype(int), sets.indptr[:-1])
    uniform: NDArray[np.bool_] = other == 0
    return uniform


def _solve_window(
    rows: csr_array, costs: NDArray[np.float64], grids: int
) -> NDArray[np.int64] | None:
    """Return the cheapest `grids` candidates that partition all rows; None if not found."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415  (slow to import)

    kept = _distinct_rows(rows)
    table = vstack([rows[kept], csr_array(np.ones((1, costs.size)))]).tocsc()
    wanted = np.append(np.ones(kept.size), grids)
    found = milp(
        costs,
        constraints=LinearConstraint(table, wanted, wanted),
        integrality=np.ones(costs.size),
        bounds=Bounds(0, 1),
        options={"node_limit": _MIP_NODES},
    )
    if found.x is None:
        return None
    chosen = np.flatnonzero(found.x > 0.5)
    covered = rows[:, chosen].sum(axis=1)
    return chosen if chosen.size == grids and (covered == 1).all() else None


def _distinct_rows(rows: csr_array) -> NDArray[np.int64]:
    """Return the first of all equal rows: atoms in the same candidates need one constraint."""
    rows.sort_indices()
    ends = zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
    first = {rows.indices[i:j].tobytes(): row for row, (i, j) in reversed(list(enumerate(ends)))}
    return np.array(sorted(first.values()))
