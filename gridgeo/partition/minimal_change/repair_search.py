"""Repair search: bring old grids into the band with split and merge moves and annealing near them.

`repair_subproblem` takes a piece of up to `_MAX_ATOMS` atoms as a whole. In a larger one it first
splits each grid that has enough for two by itself, then repairs the others with their neighbours,
in neighbourhoods that grow.

Annealing needs no kernel of its own. Each old grid gets a further atom, its *anchor*: without
households or area, joined to the atoms of the grid by edges that have a weight but do not connect.
No flip ever moves an anchor, and every atom that leaves the grid of its anchor pays the weight of
the edge that is cut: so moving households is part of the energy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.geometry import overlap_of, successors
from gridgeo.partition.anneal import anneal
from gridgeo.partition.kernel import CSRGraph, Schedule, build_csr_graph
from gridgeo.partition.minimal_change.assignment import solve_assignment
from gridgeo.partition.minimal_change.flow_bound import NODES, flow_lower_bound
from gridgeo.partition.minimal_change.near_optimum import solve_near_old_grids
from gridgeo.partition.minimal_change.subproblem import (
    Subproblem,
    adjacent_grids,
    assign_unlabelled,
    exchange_atoms,
    grids_out_of_band,
    keep_heaviest_parts,
    merge_grid,
    restrict_subproblem,
    split_grid,
)
from gridgeo.partition.problem import fingerprint
from gridgeo.partition.solver import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Search
    from gridgeo.partition.problem import Cancellation

#: cost of moving a mean atom to another grid, in mean borders
_MOVE_COST = 10.0
#: an atom without households counts as this share of a mean one
_EMPTY_ATOM_SHARE = 0.25
#: the schedule, in units of the cost of moving a mean atom
START_TEMPERATURE, END_TEMPERATURE, START_PENALTY, END_PENALTY, MISSED_PENALTY = (
    2.0,
    0.05,
    0.3,
    6.0,
    30.0,
)
#: proposals per atom
_PROPOSALS_PER_ATOM = 400


def _anneal_near_old_grids(
    sub: Subproblem,
    labels: NDArray[np.int64],
    starts: int,
    cancellation: Cancellation,
    *,
    start_temperature: float = START_TEMPERATURE,
) -> NDArray[np.int64]:
    """Return the best labelling that annealing from this one finds, with the same grids.

    It is `labels` itself where none is better. Every grid must be connected, and stays so.
    """
    grids, packed = np.unique(labels, return_inverse=True)
    if grids.size < 2:
        return labels
    best, rank = labels, sub.rank(labels)
    graph, move_cost = _with_anchors(sub, grids)
    mean = move_cost / max(1.0, _mean_households(sub))
    schedule = Schedule(
        start_temperature=start_temperature * move_cost,
        end_temperature=END_TEMPERATURE * move_cost,
        start_penalty=START_PENALTY * mean,
        end_penalty=END_PENALTY * mean,
        missed_penalty=MISSED_PENALTY * move_cost,
    )
    atoms = sub.old.size
    for start in range(starts):
        found = np.concatenate([packed, np.arange(grids.size)]).astype(np.int32)
        seed = np.array([fingerprint(sub.problem) * 31 + start], dtype=np.uint64)
        anneal(
            graph,
            sub.objective,
            schedule,
            found,
            grids.size,
            _PROPOSALS_PER_ATOM * atoms,
            seed,
            cancellation.flag,
        )
        tried = grids[found[:atoms]]
        if (ranked := sub.rank(tried)) < rank:
            best, rank = tried, ranked
    return best


def _mean_households(sub: Subproblem) -> float:
    households = sub.problem.households
    return float(households[households > 0].mean()) if households.any() else 0.0


def _with_anchors(sub: Subproblem, grids: NDArray[np.int64]) -> tuple[CSRGraph, float]:
    """Return the graph with an anchor for each grid, and the cost of moving a mean atom."""
    problem, atoms = sub.problem, sub.old.size
    border = float(np.abs(sub.graph.weight).mean()) or 1.0 if sub.graph.weight.size else 1.0
    move_cost, mean = _MOVE_COST * border, max(1.0, _mean_households(sub))
    labelled = np.flatnonzero(np.isin(sub.old, grids))
    anchor_edges = np.column_stack([labelled, atoms + np.searchsorted(grids, sub.old[labelled])])
    costs = move_cost * np.maximum(problem.households[labelled] / mean, _EMPTY_ATOM_SHARE)
    nothing = np.zeros(grids.size)
    graph = build_csr_graph(
        replace(
            problem,
            households=np.append(problem.households, nothing.astype(np.int64)),
            residents=np.append(problem.residents, nothing),
            x=np.append(problem.x, nothing),
            y=np.append(problem.y, nothing),
            area=np.append(problem.area, nothing),
            edges=np.vstack([problem.edges, anchor_edges]).astype(np.int32),
            cut_m=np.append(problem.cut_m, costs),
            straddle_m=np.append(problem.straddle_m, np.zeros(labelled.size)),
            linked=np.append(problem.linked, np.zeros(labelled.size, dtype=bool)),
        )
    )
    graph.attributes[atoms:] = 0.0
    return graph, move_cost


#: pieces of at most so many atoms are repaired as a whole, larger ones by neighbourhoods
_MAX_ATOMS = 150
_RINGS = 3
#: annealings of each candidate, and split and merge moves tried in one step
_STARTS = 4
_MOVES_TRIED = 6
#: deterministic seconds of CP-SAT for `MAX_ATOMS` atoms and one number of new grids (fewer atoms
#: that are part of a larger piece get their share), and the atoms times grids above which it does
#: not run
_CP_SAT_SECONDS = {"fast": 0.5, "normal": 2.0, "best": 30.0}
_MAX_VARIABLES = 4000
#: nodes of the flow bound of a neighbourhood; further numbers of new grids that are tried
_NEIGHBOURHOOD_NODES, _MORE_NEW_GRIDS = 100, 1


@dataclass(frozen=True, kw_only=True)
class Repair:
    """The labels of a subproblem, and a lower bound on the households that labels in band move."""

    labels: NDArray[np.int64]
    least: float
    #: proved: no labelling is in band, whatever its number of grids
    exact: bool = False


def repair_subproblem(sub: Subproblem, search: Search, cancellation: Cancellation) -> Repair:
    """Return labels that miss the fewest bands, and of those that move the fewest households."""
    start = assign_unlabelled(sub, keep_heaviest_parts(sub, sub.old))
    if not (_invalid_or_changed(sub, start) or sub.rank(start)[0]):
        return Repair(labels=start, least=0)
    if sub.old.size <= _MAX_ATOMS:
        repair = _search_and_bound(sub, start, search, cancellation)
    else:
        repair = Repair(labels=_repair_neighbourhoods(sub, start, search, cancellation), least=0)
    if sub.rank(repair.labels)[0]:
        repair = _solve_globally(sub, repair, search, cancellation)
    repair = replace(repair, labels=exchange_atoms(sub, repair.labels, cancellation))
    if sub.rank(repair.labels)[0]:
        return replace(repair, least=0)
    known = repair.least != 0 or cancellation.cancelled
    bound = repair.least if known else flow_lower_bound(sub)
    return replace(repair, least=min(bound, sub.moved(repair.labels)))


def _invalid_or_changed(sub: Subproblem, labels: NDArray[np.int64]) -> set[int]:
    """Return the grids that miss the band, contain a cannot-link pair, or lost or gained atoms."""
    one, other = labels[sub.problem.cannot_links].T
    not_apart = set(one[one == other].tolist())
    return not_apart | set(grids_out_of_band(sub, labels)) | set(labels[labels != sub.old].tolist())


def _search_and_bound(
    sub: Subproblem,
    start: NDArray[np.int64],
    search: Search,
    cancellation: Cancellation,
    *,
    nodes: int = NODES,
    share: float = 1.0,
) -> Repair:
    """Return the best labels of split and merge search and of the exact solvers, and their bound.

    Where there are too many subgraphs near the old grids, the assignment model is solved, in a
    `share` of its seconds.
    """
    labels = _split_merge_search(sub, start, cancellation)
    numbers = sub.numbers
    known = None if sub.rank(labels)[0] else labels
    near = solve_near_old_grids(sub, known, effort=search.effort, cancellation=cancellation)
    if near.labels is not None and near.least:
        return Repair(labels=near.labels, least=near.least)
    labels = labels if near.labels is None else near.labels
    if cancellation.cancelled or not numbers or sub.old.size * (sub.grids + 1) > _MAX_VARIABLES:
        return Repair(labels=labels, least=0)
    first = max(0, min(numbers) - sub.grids)
    best = None if sub.rank(labels)[0] else labels
    least = math.inf
    for new_grids in range(first, first + _MORE_NEW_GRIDS + 2):
        cancelled = cancellation.cancelled
        bound = 0.0 if cancelled else flow_lower_bound(sub, new_grids=new_grids, nodes=nodes)
        moved = math.inf if best is None else sub.moved(best)
        if bound >= min(least, moved) or new_grids > first + _MORE_NEW_GRIDS:
            least = min(least, bound)
            break
        effort = _CP_SAT_SECONDS[search.effort] * share
        found = solve_assignment(
            sub, best, new_grids=new_grids, least=bound, effort=effort, cancellation=cancellation
        )
        best, least = found.labels, min(least, found.least)
    if best is None:
        return Repair(labels=labels, least=0, exact=math.isinf(least))
    return Repair(
        labels=_anneal_near_old_grids(sub, best, 1, cancellation, start_temperature=0.01),
        least=least,
    )


def _split_merge_search(
    sub: Subproblem, start: NDArray[np.int64], cancellation: Cancellation
) -> NDArray[np.int64]:
    """Return the best labels of greedy split and merge moves, one grid at a time.

    Each candidate is annealed near the old grids.
    """
    best = _anneal_near_old_grids(sub, start, _STARTS, cancellation)
    base, rank = start, sub.rank(best)
    while True:
        candidates = _split_merge_moves(sub, base, best)
        tried = [
            (_anneal_near_old_grids(sub, candidate, _STARTS, cancellation), candidate)
            for candidate in candidates
        ]
        if not tried:
            return best
        found, candidate = min(tried, key=lambda pair: sub.rank(pair[0]))
        if sub.rank(found) >= rank:
            return best
        best, base, rank = found, candidate, sub.rank(found)
        if cancellation.cancelled:
            return best


def _split_merge_moves(
    sub: Subproblem, base: NDArray[np.int64], best: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Return `base` with one grid split or merged, for each grid where that could be better."""
    grids, packed = np.unique(base, return_inverse=True)
    households = dict(
        zip(grids.tolist(), np.bincount(packed, sub.problem.households).tolist(), strict=True)
    )
    still, wrong = sub.rank(best)[0], grids_out_of_band(sub, base)
    numbers, many = sub.numbers, grids.size
    grow = [g for g, sign in wrong.items() if sign > 0]
    shrink = [g for g, sign in wrong.items() if sign < 0]
    if still and numbers and many < min(numbers):
        grow = list(households)
    if still and numbers and many > max(numbers):
        shrink = list(households)
    if not still:
        spent = sub.moved(best)
        shrink = [g for g in shrink if households[g] < spent]
        grow = grow if spent > sub.band.lower else []
    grow.sort(key=lambda g: (-households[g], g))
    shrink.sort(key=lambda g: (households[g], g))
    candidates = [split_grid(sub, base, g) for g in grow[:_MOVES_TRIED]]
    candidates += [merge_grid(sub, base, g) for g in shrink[:_MOVES_TRIED] if many > 1]
    return [candidate for candidate in candidates if candidate is not None]


def _repair_neighbourhoods(
    sub: Subproblem, start: NDArray[np.int64], search: Search, cancellation: Cancellation
) -> NDArray[np.int64]:
    """Return labels repaired grid by grid.

    A grid with enough for two is split by itself. Then the grids that still miss the band, and
    those that changed with others, are repaired in neighbourhoods that grow to `_RINGS` steps, or
    `_MAX_ATOMS` atoms.
    """
    labels, split_alone = start, set[int]()
    for grid in sorted(grids_out_of_band(sub, start)):
        members = np.flatnonzero(labels == grid)
        if _fills_two_grids(sub, members) and not cancellation.cancelled:
            labels = _repair_part(sub, labels, members, search, cancellation)
            split_alone |= set(labels[members].tolist())
    for rings in range(1, _RINGS + 1):
        for grid in sorted(_unresolved(sub, labels, split_alone)):
            if cancellation.cancelled:
                return labels
            if grid not in _unresolved(sub, labels, split_alone):
                continue
            members = np.flatnonzero(np.isin(labels, _grids_within(sub, labels, grid, rings)))
            if rings == 1 or members.size <= _MAX_ATOMS:
                labels = _repair_part(sub, labels, members, search, cancellation)
    return labels


def _unresolved(sub: Subproblem, labels: NDArray[np.int64], split_alone: set[int]) -> set[int]:
    """Return the invalid or changed grids, without those that were split alone and are in band."""
    return (_invalid_or_changed(sub, labels) - split_alone) | set(grids_out_of_band(sub, labels))


def _fills_two_grids(sub: Subproblem, members: NDArray[np.int64]) -> bool:
    """Tell whether some atoms have enough for a full grid and a further one."""
    band, problem = sub.band, sub.problem
    by_households = int(problem.households[members].sum()) >= band.upper + band.lower
    people = float(problem.residents[members].sum())
    by_residents = not people < band.residents_upper + band.residents_lower
    return (by_households or band.profile == "residents") and (
        by_residents or band.profile == "households"
    )


def _repair_part(
    sub: Subproblem,
    labels: NDArray[np.int64],
    members: NDArray[np.int64],
    search: Search,
    cancellation: Cancellation,
) -> NDArray[np.int64]:
    """Return the labels with the grids of some atoms repaired, where that is better."""
    part, names = restrict_subproblem(_with_old_grids_inside(sub, labels, members), members)
    before = _renumbered(labels[members], names, part.grids)
    share = min(1.0, members.size / _MAX_ATOMS)
    after = _search_and_bound(
        part, before, search, cancellation, nodes=_NEIGHBOURHOOD_NODES, share=share
    ).labels
    if part.rank(after) >= part.rank(before):
        return labels
    labels, next_label = labels.copy(), max(sub.grids, int(labels.max()) + 1)
    labels[members] = np.append(names, next_label + np.arange(members.size))[after]
    return labels


def _grids_within(sub: Subproblem, labels: NDArray[np.int64], grid: int, rings: int) -> list[int]:
    """Return a grid and those within some steps of it."""
    adjacency = adjacent_grids(sub, labels)
    reached = {grid}
    for _ in range(rings):
        reached |= {g for r in reached for g in adjacency[r]}
    return sorted(reached)


def _with_old_grids_inside(
    sub: Subproblem, labels: NDArray[np.int64], members: NDArray[np.int64]
) -> Subproblem:
    """Return the subproblem without the old grids that are not among the labels of the members."""
    inside = np.isin(sub.old, np.unique(labels[members]))
    return replace(sub, old=np.where(inside, sub.old, -1))


def _renumbered(
    labels: NDArray[np.int64], names: NDArray[np.int64], grids: int
) -> NDArray[np.int64]:
    """Return labels in the numbering of a part: old grids by position in `names`, then the rest."""
    others = np.setdiff1d(labels, names)
    number = {int(g): i for i, g in enumerate(names.tolist())}
    number |= {int(g): grids + i for i, g in enumerate(others.tolist())}
    return np.array([number[int(g)] for g in labels])


def _solve_globally(
    sub: Subproblem, repair: Repair, search: Search, cancellation: Cancellation
) -> Repair:
    """Keep the global solution if it misses fewer bands; otherwise keep the repair.

    The grids of the global solution are matched to the old grids that they continue, and annealed
    near them.
    """
    solution = solve(sub.problem, sub.band, search, cancellation=cancellation)
    if solution.missed >= sub.rank(repair.labels)[0]:
        return replace(repair, exact=repair.exact or solution.exact)
    global_labels = solution.labels.astype(np.int64)
    shared = overlap_of(sub.old, global_labels, sub.problem.households, sub.problem.area)
    labels = sub.grids + global_labels
    for old, new in enumerate(successors(shared).tolist()):
        labels[(global_labels == new) & (new >= 0)] = old
    return Repair(
        labels=_anneal_near_old_grids(sub, labels, _STARTS, cancellation),
        least=0,
        exact=solution.exact,
    )
