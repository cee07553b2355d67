"""What the search of one piece works with: its context, its solutions, and the pool of its grids.

`improve_from_pool` recombines the grids in band of all labellings so far (`GridPool`): HiGHS
replaces the grids of one window of the best labelling after another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from gridgeo.partition.kernel import (
    CANNOT_LINK_M,
    COST,
    HOUSEHOLDS,
    MISSED,
    RESIDENTS,
    CSRGraph,
    Objective,
    Schedule,
    count_unmet_cannot_links,
    enclave_cost,
    evaluate_grids,
    evaluate_labels,
)
from gridgeo.partition.problem import Solution, number_by_first

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.partition.minimal_change.subproblem import Subproblem
    from gridgeo.partition.problem import Cancellation, Effort

#: the share of all households (or residents) that the heavy atoms of a piece hold
_HEAVY_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class SearchContext:
    """The CSR graph, objective and schedule of one piece, the seed, the effort and the threads."""

    graph: CSRGraph
    objective: Objective
    schedule: Schedule
    seed: int
    effort: Effort
    cancellation: Cancellation
    jobs: int

    @property
    def atoms(self) -> int:
        """The number of atoms."""
        return int(self.graph.attributes.shape[0])

    @property
    def heavy_atoms(self) -> int:
        """The number of the heaviest atoms that hold `_HEAVY_SHARE` of households or residents."""
        amounts = -np.sort(-self.graph.attributes[:, [HOUSEHOLDS, RESIDENTS]], axis=0)
        lighter = np.cumsum(amounts, axis=0) < _HEAVY_SHARE * amounts.sum(axis=0)
        return int(lighter.sum(axis=0).max()) + 1

    def with_penalties(self, factor: float) -> SearchContext:
        """Return the context with the penalties of missed bands multiplied by a factor."""
        names = ("start_penalty", "end_penalty", "missed_penalty")
        raised = {name: factor * getattr(self.schedule, name) for name in names}
        return replace(self, schedule=self.schedule._replace(**raised))

    def rng(self, *stream: int) -> NDArray[np.uint64]:
        """Return the state of the random generator of one part of the search."""
        return np.array([mix_seeds(self.seed, *stream)], dtype=np.uint64)


def solution_of(
    context: SearchContext | Subproblem,
    labels: NDArray[np.int32],
    *,
    moves: int = 0,
    exact: bool = False,
) -> Solution:
    """Return a labelling as a `Solution`, with its cost and the bands that it misses.

    The cost is without that of straddling every border.
    """
    grids = int(labels.max()) + 1
    cost, missed, distance = evaluate_labels(context.graph, context.objective, labels, grids)
    unmet = count_unmet_cannot_links(context.graph, labels)
    separate_pairs = len(context.graph.cannot_links) - unmet
    return Solution(
        labels=number_by_first(labels).astype(np.int32),
        grids=grids,
        missed=round(float(missed)),
        distance=float(distance),
        cost=float(cost) + CANNOT_LINK_M * separate_pairs,
        moves=moves,
        exact=exact,
        unmet_cannot_links=unmet,
    )


def best_of(found: list[Solution]) -> Solution:
    """Return the first of the solutions with the best rank."""
    return min(found, key=lambda solution: solution.rank)


def mix_seeds(*numbers: int) -> int:
    """Return one 64-bit seed from several numbers."""
    mixed = 0
    for number in numbers:
        mixed = ((mixed ^ number) * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64
        mixed ^= mixed >> 29
    return mixed


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
            if value[g, MISSED] == 0 and not violations[g] and atoms.tobytes() not in self.grids:
                cost = value[g, COST] + half_cut[g]
                cost += enclave_cost(context.graph, context.objective, labels, g)
                self.grids[atoms.tobytes()] = atoms, float(cost)


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
