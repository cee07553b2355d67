"""Exchanges after the repair: shorter borders with the same households moved."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.minimal_change.subproblem import Subproblem, connected_parts
from gridgeo.partition.problem import restrict_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridgeo.partition.problem import Cancellation


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
    for tried in list(_exchanges(part, best)):
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
