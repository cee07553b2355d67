"""Every grid in band that the search has seen, and the cheapest way to cover the atoms with them.

The best labelling is improved window by window: the grids of a window are replaced by as many
others of those seen that cover the same atoms, chosen by integer programming (HiGHS).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from gridgeo.partition.kernel import APART, COST, MISSED, tally

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.partition.job import Job

#: grids of a window, and how many of them, from its middle, no later window starts from
WINDOW = 30
CORE = 12
#: branches of the integer programme; mostly its relaxation is whole already
NODES = 50
#: metres by which a window must improve
BETTER_M = 1e-3


class Seen(NamedTuple):
    """Grids by their atoms (sorted, as bytes), each with its atoms and its cost.

    A cost counts half of each border that the grid cuts, so those of a labelling add up.
    """

    grids: dict[bytes, tuple[NDArray[np.int64], float]]

    def add(self, job: Job, labels: NDArray[np.int32]) -> None:
        """Note the grids of a labelling that are in band and keep apart what must be."""
        k = int(labels.max()) + 1
        value = tally(job.web, job.rule, labels, k)[1]
        source = np.repeat(np.arange(labels.size), np.diff(job.web.start))
        mine, other = labels[source], labels[job.web.neighbour]
        ruled = job.web.weight <= -APART
        rim = np.bincount(mine, np.where((mine != other) & ~ruled, job.web.weight / 2, 0.0), k)
        broken = np.bincount(mine[ruled & (mine == other)], minlength=k)
        order = np.argsort(labels, kind="stable")
        for g, atoms in enumerate(np.split(order, np.cumsum(np.bincount(labels))[:-1])):
            if value[g, MISSED] == 0 and not broken[g]:
                self.grids.setdefault(atoms.tobytes(), (atoms, float(value[g, COST] + rim[g])))


def combine(job: Job, labels: NDArray[np.int32], seen: Seen) -> NDArray[np.int32]:
    """Return `labels`, all in band and among those `seen`, or a cheaper labelling like them.

    Grids lose their order, and keep their number.
    """
    sets, costs = _as_columns(seen, labels.size)
    better = labels.copy()
    done = np.zeros(int(labels.max()) + 1, dtype=bool)
    while not done.all() and not job.halt.stopped:
        window = _window(job, better, int(np.flatnonzero(~done)[0]))
        done[window[:CORE]] = True
        _improve(better, window, sets, costs)
        if window.size == done.size:
            break
    return better


def _as_columns(seen: Seen, atoms: int) -> tuple[csc_array, NDArray[np.float64]]:
    """Return the sets as columns of atoms, and their costs."""
    members = [grid[0] for grid in seen.grids.values()]
    sizes = [member.size for member in members]
    column = np.repeat(np.arange(len(members)), sizes)
    ones = np.ones(column.size)
    sets = coo_array((ones, (np.concatenate(members), column)), shape=(atoms, len(members)))
    return csc_array(sets), np.array([grid[1] for grid in seen.grids.values()])


def _window(job: Job, labels: NDArray[np.int32], first: int) -> NDArray[np.int64]:
    """Return the grids around one grid, nearest first by steps over neighbours."""
    k = int(labels.max()) + 1
    source = np.repeat(labels, np.diff(job.web.start))
    beside = csr_array((np.ones(source.size), (source, labels[job.web.neighbour])), shape=(k, k))
    window, at = [first], 0
    while at < len(window) < WINDOW:
        near = beside.indices[beside.indptr[window[at]] : beside.indptr[window[at] + 1]]
        window += [int(g) for g in np.unique(near) if g not in window]
        at += 1
    return np.array(window[:WINDOW])


def _improve(
    labels: NDArray[np.int32],
    window: NDArray[np.int64],
    sets: csc_array,
    costs: NDArray[np.float64],
) -> None:
    """Replace the grids of a window, in place, where other grids cover it for less."""
    inside = np.isin(labels, window)
    size = np.diff(sets.indptr)
    fits = np.flatnonzero(sets.T @ inside.astype(float) == size)
    own, fitting = np.flatnonzero(inside), sets[:, fits]
    rows = csr_array(fitting)[own]
    now = labels[fitting.indices[fitting.indptr[:-1]]]
    held = np.bincount(labels, minlength=int(labels.max()) + 1)
    taken = (size[fits] == held[now]) & _uniform(fitting, labels)
    chosen = _cover(rows, costs[fits], window.size)
    if chosen is None or costs[fits][chosen].sum() > costs[fits][taken].sum() - BETTER_M:
        return
    for g, column in zip(window, chosen, strict=True):
        labels[fitting.indices[fitting.indptr[column] : fitting.indptr[column + 1]]] = g


def _uniform(sets: csc_array, labels: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tell for each set whether all its atoms have one label."""
    label = labels[sets.indices]
    first = np.repeat(label[sets.indptr[:-1]], np.diff(sets.indptr))
    other = np.add.reduceat((label != first).astype(int), sets.indptr[:-1])
    uniform: NDArray[np.bool_] = other == 0
    return uniform


def _cover(rows: csr_array, costs: NDArray[np.float64], grids: int) -> NDArray[np.int64] | None:
    """Return the columns of the cheapest exact cover of all rows by so many; None if not found."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415  (slow to import)

    kept = _distinct(rows)
    table = vstack([rows[kept], csr_array(np.ones((1, costs.size)))]).tocsc()
    wanted = np.append(np.ones(kept.size), grids)
    found = milp(
        costs,
        constraints=LinearConstraint(table, wanted, wanted),
        integrality=np.ones(costs.size),
        bounds=Bounds(0, 1),
        options={"node_limit": NODES},
    )
    if found.x is None:
        return None
    chosen = np.flatnonzero(found.x > 0.5)
    covered = rows[:, chosen].sum(axis=1)
    return chosen if chosen.size == grids and (covered == 1).all() else None


def _distinct(rows: csr_array) -> NDArray[np.int64]:
    """Return the first of all rows that are alike: atoms that always go together."""
    rows.sort_indices()
    ends = zip(rows.indptr[:-1], rows.indptr[1:], strict=True)
    first = {rows.indices[i:j].tobytes(): row for row, (i, j) in reversed(list(enumerate(ends)))}
    return np.array(sorted(first.values()))
