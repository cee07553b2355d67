"""Two neighbours at a time: adjacent grids repartitioned exactly, pieces joined across a barrier.

`repartition_pairs` makes a solution pairwise optimal: no two adjacent grids can be repartitioned
at less cost. `join_pieces_out_of_band` links a piece that the search could not bring into the band
to a neighbouring piece and solves both together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gridgeo.partition.atom_graph import AtomGraph, problem_of
from gridgeo.partition.connected_subgraphs import ATOMS_IN_MASK, EnumerationBudget, list_subgraphs
from gridgeo.partition.kernel import build_csr_graph, cost_constant, evaluate_labels, objective_of
from gridgeo.partition.pieces import BarrierLink, link_across
from gridgeo.partition.problem import canonical_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridgeo.config import Band, Weights
    from gridgeo.model import Bands
    from gridgeo.partition.problem import Cancellation, Problem, Solution

    Solver = Callable[[NDArray[np.int64], Problem, Band], Solution]

#: the enumeration of one pair
_PAIR_BUDGET = EnumerationBudget(seen=1_000_000, kept=300_000, nodes=1_000_000)


def repartition_pairs(
    problem: Problem, band: Band, solution: Solution, cancellation: Cancellation
) -> Solution:
    """Return a solution in band in which no two adjacent grids can be repartitioned at less cost.

    The certificate is ``pairwise`` where that is proved for every pair: not where two grids have
    too many atoms for an enumeration.
    """
    labels = solution.labels.copy()
    waiting, unproved = _adjacent_grids(problem, labels), set[tuple[int, int]]()
    while waiting and not cancellation.cancelled:
        a, b = min(waiting)
        waiting.discard((a, b))
        members = np.flatnonzero((labels == a) | (labels == b))
        complete, halves = _repartition(problem, band, labels[members] == a, members, cancellation)
        unproved.discard((a, b))
        if halves is not None:
            labels[members] = np.where(halves == 0, a, b)
            waiting |= {pair for pair in _adjacent_grids(problem, labels) if {a, b} & set(pair)}
        elif not complete:
            unproved.add((a, b))
    unproved &= _adjacent_grids(problem, labels)
    certificate = "" if unproved or waiting else "pairwise"
    ordered, order = canonical_order(problem)
    cost = float(
        evaluate_labels(
            build_csr_graph(ordered), objective_of(ordered, band), labels[order], solution.grids
        )[0]
    )
    cost += cost_constant(problem)
    return replace(solution, labels=labels, cost=cost, certificate=certificate)


def _adjacent_grids(problem: Problem, labels: NDArray[np.int32]) -> set[tuple[int, int]]:
    """Return the pairs of grids that a link joins, the smaller number first."""
    grids = np.sort(labels[problem.edges[problem.linked]], axis=1)
    return {(a, b) for a, b in grids.tolist() if a != b}


def _repartition(
    problem: Problem,
    band: Band,
    first: NDArray[np.bool_],
    members: NDArray[np.int64],
    cancellation: Cancellation,
) -> tuple[bool, NDArray[np.int32] | None]:
    """Return whether all partitions of a pair were tried, and a better one than `first`."""
    if members.size > ATOMS_IN_MASK:
        return False, None
    pair = _restrict_problem(problem, members)
    subgraphs = list_subgraphs(pair, band, _PAIR_BUDGET, cancellation)
    labels = np.where(first, 0, 1).astype(np.int32)
    complete, halves, _ = subgraphs.cheapest_partition(2, subgraphs.cost_of(labels, 2))
    return complete and subgraphs.complete, halves


def _restrict_problem(problem: Problem, members: NDArray[np.int64]) -> Problem:
    """Return the problem of some atoms (ascending), with two grids."""
    position = np.full(problem.households.size, -1)
    position[members] = np.arange(members.size)
    inner = (position[problem.edges] >= 0).all(axis=1)
    cannot_links = position[problem.cannot_links]
    return replace(
        problem,
        **{a: getattr(problem, a)[members] for a in ("households", "residents", "x", "y", "area")},
        **{a: getattr(problem, a)[inner] for a in ("cut_m", "straddle_m", "linked")},
        edges=position[problem.edges[inner]].astype(np.int32),
        grids=2,
        cannot_links=cannot_links[(cannot_links >= 0).all(axis=1)].astype(np.int32),
    )


class PieceSolution(NamedTuple):
    """A piece with its problem and its best solution so far."""

    members: NDArray[np.int64]
    problem: Problem
    solution: Solution


def join_pieces_out_of_band(
    graph: AtomGraph,
    piece: NDArray[np.int64],
    solved: dict[int, PieceSolution],
    *,
    weights: Weights,
    bands: Bands,
    solver: Solver,
) -> tuple[AtomGraph, NDArray[np.int64], dict[int, PieceSolution], list[BarrierLink]]:
    """Link a piece that misses bands across a barrier where fewer bands are missed together.

    The totals of such a piece allow it to stand alone, its atoms do not. The lightest is tried
    first; a link that does not help is dropped.
    """
    solved, joins = dict(solved), []
    pending = _pieces_out_of_band(graph, solved)
    while pending:
        number = pending.pop(0)
        joined = link_across(graph, piece, number)
        if number not in solved or joined is None or not solved[number].solution.missed:
            continue
        joined_graph, joined_piece, barrier_link = joined
        pair = barrier_link.pairs[0]
        parts = np.unique(piece[[graph.left[pair], graph.right[pair]]]).tolist()
        inside = joined_piece == parts[0]
        members = np.flatnonzero(inside)
        pairs = np.flatnonzero(inside[graph.left] & inside[graph.right])
        fixed = [solved[part].problem.grids for part in parts if part in solved]
        grids = None if None in fixed else sum(number or 0 for number in fixed)
        problem = problem_of(joined_graph, members, pairs, weights, grids)
        band = bands.of(joined_graph.community[members[0]])
        solution = solver(members, problem, band)
        separate = [solved[part].solution for part in parts if part in solved]
        before = sum(a.missed for a in separate), sum(a.distance for a in separate)
        if (solution.missed, solution.distance) < before:
            graph, piece = joined_graph, joined_piece
            solved = {n: done for n, done in solved.items() if n not in parts}
            solved[parts[0]] = PieceSolution(members, problem, solution)
            joins.append(barrier_link)
            pending.append(parts[0])
    return graph, piece, solved, joins


def _pieces_out_of_band(graph: AtomGraph, solved: dict[int, PieceSolution]) -> list[int]:
    """Return the pieces that miss bands, the lightest first, then west to east."""
    keys = [
        (int(done.problem.households.sum()), round(float(graph.x[done.members].min()), 3), number)
        for number, done in solved.items()
        if done.solution.missed
    ]
    return [number for *_, number in sorted(keys)]
