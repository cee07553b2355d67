"""The subproblem of a change: some old grids with all their atoms.

Also here: what the search does to its labels (split and merge moves, exchanges, connected parts,
atoms without a grid), and how old grids map to units and pieces.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.atom_graph import AtomGraph, label_components
from gridgeo.partition.band import grid_counts_of
from gridgeo.partition.kernel import (
    HOUSEHOLDS,
    MISSED,
    RESIDENTS,
    CSRGraph,
    Objective,
    build_csr_graph,
    count_unmet_cannot_links,
    evaluate_grids,
    evaluate_labels,
    objective_of,
)
from gridgeo.partition.pieces import BarrierLink
from gridgeo.partition.problem import restrict_problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Cancellation, Problem


@dataclass(frozen=True, kw_only=True)
class Subproblem:
    """Atoms, n of them, in the order of the problem, with the old grid of each.

    ``old`` is int64[n], 0..g-1 without holes, -1 where an atom had no grid. Labels of a subproblem
    are numbers of old grids for the grids that continue them, and numbers from g on for new grids.
    """

    problem: Problem
    old: NDArray[np.int64]
    band: Band

    @cached_property
    def grids(self) -> int:
        """The number of old grids."""
        return int(self.old.max(initial=-1)) + 1

    @cached_property
    def graph(self) -> CSRGraph:
        """The CSR graph of the problem."""
        return build_csr_graph(self.problem)

    @cached_property
    def objective(self) -> Objective:
        """The band and the weights as the kernels take them."""
        return objective_of(self.problem, self.band)

    @cached_property
    def neighbours(self) -> list[list[int]]:
        """The linked neighbours of each atom."""
        graph = self.graph
        return [
            [
                int(u)
                for u, linked in zip(graph.neighbour[i:j], graph.linked[i:j], strict=True)
                if linked
            ]
            for i, j in zip(graph.indptr[:-1], graph.indptr[1:], strict=True)
        ]

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of grids that could be in band."""
        return grid_counts_of(self.problem, self.band)

    def moved(self, labels: NDArray[np.int64]) -> int:
        """Return the households that a labelling moves."""
        away = (self.old >= 0) & (labels != self.old)
        return int(self.problem.households[away].sum())

    def rank(self, labels: NDArray[np.int64]) -> tuple[int, float, int, float]:
        """Return the values that labels are compared by: bands missed, distance, moved, cost.

        Each grid more or fewer than the problem fixes, and each cannot-link that is not met,
        counts as a missed band.
        """
        grids, packed = np.unique(labels, return_inverse=True)
        small: NDArray[np.int32] = packed.astype(np.int32)
        cost, missed, distance = evaluate_labels(
            self.graph, self.objective, small, int(small.max()) + 1
        )
        unmet = abs(grids.size - (self.problem.grids or grids.size))
        unmet += int(count_unmet_cannot_links(self.graph, small))
        return (
            round(float(missed)) + unmet,
            round(float(distance), 3),
            self.moved(labels),
            round(cost, 3),
        )


def restrict_subproblem(
    sub: Subproblem, members: NDArray[np.int64]
) -> tuple[Subproblem, NDArray[np.int64]]:
    """Return the subproblem of some atoms (ascending), and the number of each of its old grids."""
    problem = sub.problem
    number = problem.grids if members.size == problem.households.size else None
    smaller = restrict_problem(problem, members, number)
    grids, old = np.unique(sub.old[members], return_inverse=True)
    none = int(grids.size > 0 and grids[0] < 0)
    return Subproblem(problem=smaller, old=old - none, band=sub.band), grids[none:]


def grids_out_of_band(sub: Subproblem, labels: NDArray[np.int64]) -> dict[int, int]:
    """Return the grids that miss the band: -1 where one has too little, 1 where too much."""
    grids, packed = np.unique(labels, return_inverse=True)
    sums, value = evaluate_grids(sub.graph, sub.objective, packed.astype(np.int32), grids.size)
    by_people = sub.band.profile == "residents"
    amount = sums[:, RESIDENTS if by_people else HOUSEHOLDS]
    lower = sub.band.residents_lower if by_people else sub.band.lower
    return {int(grids[g]): -1 if amount[g] < lower else 1 for g in np.flatnonzero(value[:, MISSED])}


def adjacent_grids(sub: Subproblem, labels: NDArray[np.int64]) -> dict[int, set[int]]:
    """Return for each grid those that a link joins it to."""
    linked = sub.problem.edges[sub.problem.linked]
    adjacency: dict[int, set[int]] = {int(g): set() for g in np.unique(labels)}
    for a, b in np.unique(labels[linked], axis=0).tolist():
        if a != b:
            adjacency[a].add(b)
            adjacency[b].add(a)
    return adjacency


def old_grids_of_units(
    previous: NDArray[np.int64], unit: NDArray[np.int64], households: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the old grid of each unit: the one that most of its households come from.

    Examples
    --------
    >>> import numpy as np
    >>> old_grids_of_units(np.array([4, 9, 9, -1]), np.array([0, 1, 1, 2]), np.full(4, 10))
    array([ 4,  9, -1])
    """
    order = np.lexsort((previous, unit))
    pair, first = np.unique(np.column_stack([unit, previous])[order], axis=0, return_index=True)
    households_in = np.add.reduceat((households + 1e-6)[order], first)
    best = np.lexsort((pair[:, 1], -households_in, pair[:, 0]))
    _, top = np.unique(pair[best, 0], return_index=True)
    grids: NDArray[np.int64] = pair[best[top], 1]
    return grids


def link_old_grids(graph: AtomGraph, old: NDArray[np.int64]) -> tuple[AtomGraph, list[BarrierLink]]:
    """Link what an old grid joins across a barrier or by a short border; return the barriers."""
    same = graph.basic & (old[graph.left] == old[graph.right]) & (old[graph.left] >= 0)
    component = label_components(graph, same & graph.linked)
    across = np.flatnonzero(same & (component[graph.left] != component[graph.right]))
    linked = graph.linked.copy()
    linked[across] = True
    barriers = across[graph.barrier[across] >= 0]
    joins = [BarrierLink(pairs=barriers, households=0, existing=True)] if barriers.size else []
    return replace(graph, linked=linked), joins


def old_grids_of_pieces(
    graph: AtomGraph, piece: NDArray[np.int64], old: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the old grids with -1 for atoms outside the piece with most of their households.

    A grid continues in one piece at most: where barriers, dedicated ground or the border of the
    community have come to divide it, the households outside that piece move in any case.
    """
    here = np.flatnonzero((old >= 0) & (piece >= 0))
    piece_with_most = old_grids_of_units(piece[here], old[here], graph.households[here])
    piece_of_grid = np.full(int(old.max(initial=-1)) + 2, -1)
    piece_of_grid[np.unique(old[here])] = piece_with_most
    return np.where((old >= 0) & (piece >= 0) & (piece_of_grid[old] == piece), old, -1)


def assign_unlabelled(sub: Subproblem, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels with each atom of -1 given to the grid that it shares most border with.

    Atoms that touch no grid wait until a neighbour has one; where no atom has one, all become one
    new grid.
    """
    labels = labels.copy()
    if (labels < 0).all():
        return np.full_like(labels, sub.grids)
    graph = sub.graph
    while (labels < 0).any():
        given = {}
        for v in np.flatnonzero(labels < 0).tolist():
            shared: dict[int, float] = {}
            for p in range(graph.indptr[v], graph.indptr[v + 1]):
                g = int(labels[graph.neighbour[p]])
                if graph.linked[p] and g >= 0:
                    shared[g] = shared.get(g, 0.0) + float(graph.weight[p])
            if shared:
                given[v] = max(shared, key=lambda g: (shared[g], -g))
        for v, g in given.items():
            labels[v] = g
    return labels


def keep_heaviest_parts(sub: Subproblem, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels with -1 for all but the heaviest connected part of each grid."""
    kept = np.full_like(labels, -1)
    households = sub.problem.households
    for grid in np.unique(labels[labels >= 0]).tolist():
        parts = connected_parts(sub.neighbours, np.flatnonzero(labels == grid).tolist())
        best = max(parts, key=lambda part: (households[part].sum(), len(part), -part[0]))
        kept[best] = grid
    return kept


def connected_parts(neighbours: list[list[int]], atoms: Iterable[int]) -> list[list[int]]:
    """Return the connected parts of some atoms, each ascending, by their lowest atom."""
    left = set(atoms)
    parts = []
    for first in sorted(left):
        if first not in left:
            continue
        left.discard(first)
        part, queue = [first], [first]
        while queue:
            for t in neighbours[queue.pop()]:
                if t in left:
                    left.discard(t)
                    part.append(t)
                    queue.append(t)
        parts.append(sorted(part))
    return parts


def split_grid(sub: Subproblem, labels: NDArray[np.int64], grid: int) -> NDArray[np.int64] | None:
    """Return the labels with about half of a grid as a new one, both connected.

    None where the grid has one atom only.
    """
    atoms = np.flatnonzero(labels == grid).tolist()
    if len(atoms) < 2:
        return None
    inside = set(atoms)
    far = _breadth_first(sub, inside, _breadth_first(sub, inside, atoms[0])[-1])
    households = sub.problem.households
    half, taken = households[atoms].sum() / 2, [far[0]]
    for v in far[1:-1]:
        if households[taken].sum() + households[v] / 2 > half:
            break
        taken.append(v)
    divided = labels.copy()
    divided[taken] = max(sub.grids, int(labels.max()) + 1)
    stranded = keep_heaviest_parts(sub, np.where(divided == grid, grid, -1))
    divided[(divided == grid) & (stranded < 0)] = int(divided.max())
    return divided


def _breadth_first(sub: Subproblem, inside: set[int], first: int) -> list[int]:
    """Return the atoms inside in breadth-first order from `first`."""
    visited, queue = {first}, deque([first])
    order = []
    while queue:
        v = queue.popleft()
        order.append(v)
        for t in sub.neighbours[v]:
            if t in inside and t not in visited:
                visited.add(t)
                queue.append(t)
    return order


def merge_grid(sub: Subproblem, labels: NDArray[np.int64], grid: int) -> NDArray[np.int64]:
    """Return the labels with the atoms of a grid given to its neighbours."""
    return assign_unlabelled(sub, np.where(labels == grid, -1, labels))


def exchange_atoms(
    sub: Subproblem, labels: NDArray[np.int64], cancellation: Cancellation
) -> NDArray[np.int64]:
    """Return labels that no exchange of atoms between an old grid and where they went improves.

    An exchange moves an atom of one of two grids into the other, or swaps two. Only grids that
    gave or took atoms take part; grids stay connected. Better is what `Subproblem.rank` says:
    never a band missed or a household moved for a shorter border.
    """
    pairs, done = _changed_pairs(sub, labels), False
    while not done and not cancellation.cancelled:
        done = True
        for a, b in pairs:
            while (better := _exchanged(sub, labels, a, b)) is not None:
                labels, done = better, False
        pairs = _changed_pairs(sub, labels)
    return labels


def _changed_pairs(sub: Subproblem, labels: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the old grids that are still there, each with the grids that its atoms went to."""
    went = (sub.old >= 0) & (labels != sub.old) & np.isin(sub.old, labels)
    pairs = np.unique(np.column_stack([sub.old[went], labels[went]]), axis=0)
    return [(int(a), int(b)) for a, b in pairs]


def _exchanged(
    sub: Subproblem, labels: NDArray[np.int64], a: int, b: int
) -> NDArray[np.int64] | None:
    """Return the labels with the best exchange between two grids, None where none is better.

    The two grids alone are looked at: what their atoms cost beside a third one stays the same.
    """
    members = np.flatnonzero((labels == a) | (labels == b))
    old = sub.old[members]
    old = np.where(old == a, 0, np.where(old == b, 1, -1))
    part = Subproblem(problem=restrict_problem(sub.problem, members, None), old=old, band=sub.band)
    best: NDArray[np.int64] = (labels[members] == b).astype(np.int64)
    rank, found = part.rank(best), False
    for tried in _exchanges(part, best):
        if (ranked := part.rank(tried)) < rank and _connected(part, tried):
            best, rank, found = tried, ranked, True
    if not found:
        return None
    labels = labels.copy()
    labels[members] = np.where(best == 0, a, b)
    return labels


def _exchanges(part: Subproblem, labels: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Yield the labels 0 and 1 with an atom at the border moved, or two swapped."""
    beside = [
        [v for v in np.flatnonzero(labels == g).tolist() if (labels[part.neighbours[v]] != g).any()]
        for g in (0, 1)
    ]
    for changed in [*zip(beside[0]), *zip(beside[1]), *product(*beside)]:
        tried = labels.copy()
        tried[list(changed)] = 1 - tried[list(changed)]
        yield tried


def _connected(part: Subproblem, labels: NDArray[np.int64]) -> bool:
    parts = [connected_parts(part.neighbours, np.flatnonzero(labels == g).tolist()) for g in (0, 1)]
    return all(len(one) == 1 for one in parts)
