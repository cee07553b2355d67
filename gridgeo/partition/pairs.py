"""Adjacent grids divided anew among themselves, exactly: a better solution, or a certificate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.columns import ATOMS_IN_SETS
from gridgeo.partition.kernel import total
from gridgeo.partition.problem import in_order
from gridgeo.partition.sets import Budget, list_sets
from gridgeo.partition.web import constant_of, rule_of, weave

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.halt import Halt
    from gridgeo.partition.problem import Problem, Solution

#: what one pair may take
PAIR = Budget(seen=1_000_000, kept=300_000, nodes=1_000_000)


def divide_pairs(problem: Problem, band: Band, solution: Solution, halt: Halt) -> Solution:
    """Return a solution in band in which no two adjacent grids can be divided better.

    It is certified ``pairwise`` where that was proved of every pair: not where two grids have
    too many atoms to list their sets.
    """
    labels = solution.labels.copy()
    waiting, unproved = _adjacent(problem, labels), set[tuple[int, int]]()
    while waiting and not halt.stopped:
        a, b = min(waiting)
        waiting.discard((a, b))
        members = np.flatnonzero((labels == a) | (labels == b))
        complete, halves = _halved(problem, band, labels[members] == a, members, halt)
        unproved.discard((a, b))
        if halves is not None:
            labels[members] = np.where(halves == 0, a, b)
            waiting |= {pair for pair in _adjacent(problem, labels) if {a, b} & set(pair)}
        elif not complete:
            unproved.add((a, b))
    unproved &= _adjacent(problem, labels)
    certificate = "" if unproved or waiting else "pairwise"
    ordered, order = in_order(problem)
    cost = float(total(weave(ordered), rule_of(ordered, band), labels[order], solution.grids)[0])
    cost += constant_of(problem)
    return replace(solution, labels=labels, cost=cost, certificate=certificate)


def _adjacent(problem: Problem, labels: NDArray[np.int32]) -> set[tuple[int, int]]:
    """Return the pairs of grids that a link joins, the smaller number first."""
    grids = np.sort(labels[problem.edges[problem.linked]], axis=1)
    return {(a, b) for a, b in grids.tolist() if a != b}


def _halved(
    problem: Problem,
    band: Band,
    first: NDArray[np.bool_],
    members: NDArray[np.int64],
    halt: Halt,
) -> tuple[bool, NDArray[np.int32] | None]:
    """Return whether all ways to divide a pair were seen, and a better one than `first`."""
    if members.size > ATOMS_IN_SETS:
        return False, None
    pair = part_of_problem(problem, members)
    sets = list_sets(pair, band, PAIR, halt)
    labels = np.where(first, 0, 1).astype(np.int32)
    complete, halves, _ = sets.cheapest(2, sets.cost_of(labels, 2))
    return complete and sets.complete, halves


def part_of_problem(problem: Problem, members: NDArray[np.int64]) -> Problem:
    """Return the problem of some atoms (ascending), two grids for them."""
    place = np.full(problem.households.size, -1)
    place[members] = np.arange(members.size)
    inner = (place[problem.edges] >= 0).all(axis=1)
    apart = place[problem.apart]
    return replace(
        problem,
        **{a: getattr(problem, a)[members] for a in ("households", "residents", "x", "y", "area")},
        **{a: getattr(problem, a)[inner] for a in ("cut_m", "straddle_m", "linked")},
        edges=place[problem.edges[inner]].astype(np.int32),
        grids=2,
        apart=apart[(apart >= 0).all(axis=1)].astype(np.int32),
    )
