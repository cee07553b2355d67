"""The least change of one piece: from old grids and new counts to new grids."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.config import Search
from gridgeo.geometry import moved_atoms, overlap_of, successors
from gridgeo.partition.kernel import APART, constant_of, together, total
from gridgeo.partition.minimal_change.flow_bound import least_moved
from gridgeo.partition.minimal_change.repair_search import Mended, mend
from gridgeo.partition.minimal_change.subproblem import Scene, part_of, parts_of
from gridgeo.partition.problem import Halt, Solution, in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Change:
    """The new grids of one piece and what they cost the households.

    ``solution`` has the labels, 0..k-1; ``continues`` (int64[k]) the old grid that each
    continues, -1 for none, none twice; ``moved`` the households whose atom lies in another grid
    than the one that continues its old grid. No partition of the piece in the band moves fewer
    than ``bound`` households; ``flow`` is the part of that bound that counts alone prove, wherever
    atoms lie (see `ledger`). Both are 0 where bands are missed.
    """

    solution: Solution
    continues: NDArray[np.int64]
    moved: int
    bound: int
    flow: int

    @property
    def labels(self) -> NDArray[np.int32]:
        """Return the grid of each atom."""
        return self.solution.labels


def adjust_labels(
    problem: Problem,
    previous: NDArray[np.int64],
    *,
    band: Band,
    search: Search | None = None,
    frozen: NDArray[np.bool_] | None = None,
    halt: Halt | None = None,
) -> Change:
    """Bring the grids of one connected piece into the band with few households moved.

    Fewest bands missed first, then households by which, then households moved, then cost. Grids
    are split, merged, founded and retired where that moves fewer. Grids that need not change
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
    halt
        Makes the search return the best so far once it is stopped.

    Returns
    -------
    Change
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
    ordered, order = in_order(problem)
    fixed = np.zeros(order.size, dtype=bool) if frozen is None else frozen[order]
    names, old = _named_by_first(previous[order])
    if np.isin(old[fixed], old[~fixed]).any() or (old[fixed] < 0).any():
        raise ValueError("a grid is frozen as a whole or not at all")
    scene = Scene(problem=ordered, old=old, band=band)
    parts = [
        np.array(members) for members in parts_of(scene.beside, np.flatnonzero(~fixed).tolist())
    ]
    search, halt = search or Search(), halt or Halt()
    labels, floors, exact = old.copy(), [(0, 0)], len(parts) == 1 and not fixed.any()
    fresh = scene.grids
    for members in parts:
        part, own = part_of(_seated(scene, parts, members), members)
        mended = mend(part, search, halt)
        labels[members] = np.append(own, fresh + np.arange(members.size))[mended.labels]
        fresh += members.size
        floors.append(_floors(part, mended, halt))
        exact &= mended.exact
    found = replace(_solution(scene, labels, halt), exact=exact)
    bound, flow = np.sum(floors, axis=0).tolist()
    return _told(scene, names, found, order, bound=bound, flow=flow)


def _named_by_first(old: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of the old grids in the order of their first atoms, and their places."""
    numbers, first, inverse = np.unique(old, return_index=True, return_inverse=True)
    first = np.where(numbers < 0, -1, first)
    place = np.argsort(np.argsort(first, kind="stable"), kind="stable")
    none = int((numbers < 0).sum())
    names = numbers[np.argsort(first, kind="stable")][none:]
    return names, np.maximum(place[inverse] - none, -1)


def _seated(scene: Scene, parts: list[NDArray[np.int64]], members: NDArray[np.int64]) -> Scene:
    """Return the scene in which grids that have more elsewhere have no home among the members.

    A grid that locked ones divide can go on in one of its parts only; what is lost to the bound
    is the households of the others, which move in any case.
    """
    held = np.array(
        [
            np.bincount(scene.old[p] + 1, scene.problem.households[p] + 1e-6, scene.grids + 1)
            for p in parts
        ]
    )
    here = next(i for i, p in enumerate(parts) if p is members)
    home = np.append(held[:, 1:].argmax(axis=0) == here, False)
    return replace(scene, old=np.where(home[scene.old], scene.old, -1))


def _floors(part: Scene, mended: Mended, halt: Halt) -> tuple[int, int]:
    """Return what must move in a part, by all that was proved and by counts alone."""
    if halt.stopped or part.rank(mended.labels)[0]:
        return 0, 0
    flow = int(least_moved(part)) if part.moved(mended.labels) else 0
    return max(flow, int(mended.least)), flow


def _solution(scene: Scene, labels: NDArray[np.int64], halt: Halt) -> Solution:
    packed: NDArray[np.int32] = _named_by_first(labels)[1].astype(np.int32)
    grids = int(packed.max()) + 1
    cost, missed, distance = total(scene.web, scene.rule, packed, grids)
    shared = int(together(scene.web, packed))
    return Solution(
        labels=packed,
        grids=grids,
        missed=round(float(missed)),
        distance=float(distance),
        cost=float(cost) + constant_of(scene.problem) - APART * shared,
        moves=0,
        together=shared,
        interrupted=halt.stopped,
    )


def _told(
    scene: Scene,
    names: NDArray[np.int64],
    found: Solution,
    order: NDArray[np.int64],
    *,
    bound: int,
    flow: int,
) -> Change:
    """Return the change in the order of the rows, by the one rule of what continues what."""
    problem = scene.problem
    shared = overlap_of(scene.old, found.labels, problem.households, problem.area, news=found.grids)
    heir = successors(shared)
    continues = np.full(found.grids, -1)
    continues[heir[heir >= 0]] = names[np.flatnonzero(heir >= 0)]
    moved = int(problem.households[moved_atoms(scene.old, found.labels, heir)].sum())
    labels = np.empty_like(found.labels)
    labels[order] = found.labels
    return Change(
        solution=replace(found, labels=labels, must_move=bound, must_flow=flow),
        continues=continues,
        moved=moved,
        bound=bound,
        flow=flow,
    )
