"""Minimal change of one piece: from old grids and new counts to new grids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.config import Search
from gridgeo.geometry import moved_atoms, overlap_of, successors
from gridgeo.partition.minimal_change.flow_bound import flow_lower_bound
from gridgeo.partition.minimal_change.repair_search import Repair, repair_subproblem
from gridgeo.partition.minimal_change.subproblem import (
    Subproblem,
    connected_parts,
    restrict_subproblem,
)
from gridgeo.partition.problem import (
    Cancellation,
    Solution,
    canonical_order,
    number_by_first,
)
from gridgeo.partition.search_context import solution_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Problem


@dataclass(frozen=True, kw_only=True)
class MinimalChange:
    """The new grids of one piece and the households that they move.

    ``solution`` has the labels, 0..k-1; ``continues`` (int64[k]) is the old grid that each
    continues, -1 for none, none twice; ``moved`` counts the households whose atom lies in another
    grid than the one that continues its old grid. No partition of the piece in the band moves
    fewer than ``bound`` households; ``flow`` is the part of that bound that counts alone prove,
    wherever atoms lie (see `flow_bound`). Both are 0 where bands are missed.
    """

    solution: Solution
    continues: NDArray[np.int64]
    moved: int
    bound: int
    flow: int

    @property
    def labels(self) -> NDArray[np.int32]:
        """The grid of each atom."""
        return self.solution.labels


def adjust_labels(
    problem: Problem,
    previous: NDArray[np.int64],
    *,
    band: Band,
    search: Search | None = None,
    frozen: NDArray[np.bool_] | None = None,
    cancellation: Cancellation | None = None,
) -> MinimalChange:
    """Bring the grids of one connected piece into the band with few households moved.

    Fewest bands missed first, then households by which, then households moved, then cost. Grids
    are split, merged, created and retired where that moves fewer. Grids that need not change
    keep their atoms.

    Parameters
    ----------
    problem
        One piece with the new counts, connected by its links.
    previous
        int64[n]: the old grid of each atom, any numbers; negative for none.
    band
        What a grid should hold.
    search
        Effort and seed.
    frozen
        bool[n]: atoms of locked grids, which neither gain nor lose any.
    cancellation
        Once cancelled, the search returns its best solution so far.

    Returns
    -------
    MinimalChange
        Every grid is connected by links. The same grids for any order of rows.

    Examples
    --------
    >>> import numpy as np
    >>> from gridgeo.config import Band
    >>> from gridgeo.partition import Problem
    >>> row = np.arange(8)
    >>> street = Problem(
    ...     households=np.array([140, 140, 140, 140, 90, 90, 90, 90]),
    ...     residents=np.full(8, np.nan),
    ...     edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
    ...     cut_m=np.full(7, 50.0), straddle_m=np.zeros(7), linked=np.ones(7, dtype=bool),
    ...     x=row * 100.0, y=np.zeros(8), area=np.full(8, 1e4))
    >>> change = adjust_labels(street, np.repeat([7, 3], 4), band=Band())
    >>> change.labels.tolist(), change.continues.tolist()
    ([0, 0, 0, 1, 1, 1, 1, 1], [7, 3])
    >>> change.moved, change.bound, change.flow
    (140, 140, 140)
    """
    ordered, order = canonical_order(replace(problem, outer=None))
    fixed = np.zeros(order.size, dtype=bool) if frozen is None else frozen[order]
    names, old = _number_by_first_atom(previous[order])
    if np.isin(old[fixed], old[~fixed]).any() or (old[fixed] < 0).any():
        raise ValueError("a grid is frozen as a whole or not at all")
    sub = Subproblem(problem=ordered, old=old, band=band)
    parts = [
        np.array(members)
        for members in connected_parts(sub.neighbours, np.flatnonzero(~fixed).tolist())
    ]
    search, cancellation = search or Search(), cancellation or Cancellation()
    labels, bounds, exact = old.copy(), [(0, 0)], len(parts) == 1 and not fixed.any()
    next_label = sub.grids
    for members in parts:
        part, names_here = restrict_subproblem(_in_heaviest_part(sub, parts, members), members)
        repair = repair_subproblem(part, search, cancellation)
        labels[members] = np.append(names_here, next_label + np.arange(members.size))[repair.labels]
        next_label += members.size
        bounds.append(_lower_bounds(part, repair, cancellation))
        exact &= repair.exact
    found = replace(_solution(sub, labels, cancellation), exact=exact)
    bound, flow = np.sum(bounds, axis=0).tolist()
    return _change_of(sub, names, found, order, bound=bound, flow=flow)


def _number_by_first_atom(old: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the old grids by their first atoms, and each atom's position among them."""
    numbers, first, inverse = np.unique(old, return_index=True, return_inverse=True)
    first = np.where(numbers < 0, -1, first)
    position = np.argsort(np.argsort(first, kind="stable"), kind="stable")
    none = int((numbers < 0).sum())
    names = numbers[np.argsort(first, kind="stable")][none:]
    return names, np.maximum(position[inverse] - none, -1)


def _in_heaviest_part(
    sub: Subproblem, parts: list[NDArray[np.int64]], members: NDArray[np.int64]
) -> Subproblem:
    """Return the subproblem with each old grid kept only in the part with most of its households.

    A grid that locked ones divide can continue in one of its parts only. The households of the
    others move in any case, but are not counted in the bound.
    """
    households = np.array(
        [
            np.bincount(sub.old[p] + 1, sub.problem.households[p] + 1e-6, sub.grids + 1)
            for p in parts
        ]
    )
    here = next(i for i, p in enumerate(parts) if p is members)
    stays_here = np.append(households[:, 1:].argmax(axis=0) == here, False)
    return replace(sub, old=np.where(stays_here[sub.old], sub.old, -1))


def _lower_bounds(part: Subproblem, repair: Repair, cancellation: Cancellation) -> tuple[int, int]:
    """Return lower bounds on the households moved in a part: the best one, and by flow alone."""
    if cancellation.cancelled or part.rank(repair.labels)[0]:
        return 0, 0
    flow = int(flow_lower_bound(part)) if part.moved(repair.labels) else 0
    return max(flow, int(repair.least)), flow


def _solution(sub: Subproblem, labels: NDArray[np.int64], cancellation: Cancellation) -> Solution:
    found = solution_of(sub, number_by_first(labels).astype(np.int32))
    cost = found.cost + float(sub.problem.straddle_m.sum())
    return replace(found, cost=cost, interrupted=cancellation.cancelled)


def _change_of(
    sub: Subproblem,
    names: NDArray[np.int64],
    found: Solution,
    order: NDArray[np.int64],
    *,
    bound: int,
    flow: int,
) -> MinimalChange:
    """Return the change in the order of the rows, by the correspondence of old and new grids."""
    problem = sub.problem
    shared = overlap_of(sub.old, found.labels, problem.households, problem.area, news=found.grids)
    successor = successors(shared)
    continues = np.full(found.grids, -1)
    continues[successor[successor >= 0]] = names[np.flatnonzero(successor >= 0)]
    moved = int(problem.households[moved_atoms(sub.old, found.labels, successor)].sum())
    labels = np.empty_like(found.labels)
    labels[order] = found.labels
    return MinimalChange(
        solution=replace(found, labels=labels, must_move=bound, must_flow=flow),
        continues=continues,
        moved=moved,
        bound=bound,
        flow=flow,
    )
