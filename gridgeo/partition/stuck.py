"""Pieces that the search could not bring into the band are tried together with a neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.partition.graph import Ground, problem_of
from gridgeo.partition.joins import Join
from gridgeo.partition.pieces import join_across

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridgeo.bands import Bands
    from gridgeo.config import Band, Weights
    from gridgeo.partition.problem import Problem, Solution

    #: from the units of a piece, their problem and their band to the best that was found
    Solver = Callable[[NDArray[np.int64], Problem, Band], Solution]


class Work(NamedTuple):
    """A piece with its problem and the best that was found so far."""

    members: NDArray[np.int64]
    problem: Problem
    solution: Solution


def join_stuck(
    ground: Ground,
    piece: NDArray[np.int64],
    work: dict[int, Work],
    *,
    weights: Weights,
    bands: Bands,
    solver: Solver,
) -> tuple[Ground, NDArray[np.int64], dict[int, Work], list[Join]]:
    """Link a piece that misses bands across a barrier, where fewer are missed together.

    The totals allowed such a piece to stand alone, its atoms do not. The lightest is tried
    first; a link that does not help is not kept.
    """
    work, joins = dict(work), []
    waiting = _stuck(ground, work)
    while waiting:
        number = waiting.pop(0)
        joined = join_across(ground, piece, number)
        if number not in work or joined is None or not work[number].solution.missed:
            continue
        wider, together, join = joined
        pair = join.pairs[0]
        parts = np.unique(piece[[ground.left[pair], ground.right[pair]]]).tolist()
        inside = together == parts[0]
        members = np.flatnonzero(inside)
        pairs = np.flatnonzero(inside[ground.left] & inside[ground.right])
        fixed = [work[part].problem.grids for part in parts if part in work]
        grids = None if None in fixed else sum(number or 0 for number in fixed)
        problem = problem_of(wider, members, pairs, weights, grids)
        band = bands.of(wider.community[members[0]])
        solution = solver(members, problem, band)
        apart = [work[part].solution for part in parts if part in work]
        before = sum(a.missed for a in apart), sum(a.distance for a in apart)
        if (solution.missed, solution.distance) < before:
            ground, piece = wider, together
            work = {n: done for n, done in work.items() if n not in parts}
            work[parts[0]] = Work(members, problem, solution)
            joins.append(join)
            waiting.append(parts[0])
    return ground, piece, work, joins


def _stuck(ground: Ground, work: dict[int, Work]) -> list[int]:
    """Return the pieces that miss bands, the lightest first, then west to east."""
    keys = [
        (int(done.problem.households.sum()), round(float(ground.x[done.members].min()), 3), number)
        for number, done in work.items()
        if done.solution.missed
    ]
    return [number for *_, number in sorted(keys)]
