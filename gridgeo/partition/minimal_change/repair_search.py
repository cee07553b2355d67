"""The strategy: a grid that fills several is split by itself, others with those around them.

Annealing with a pull home: an atom away from its old grid costs what it holds.

No kernel of its own is needed. Each old grid is a further atom, an *anchor*: without households
or ground, tied to the atoms of its grid by pairs that cost but do not connect. No move ever
picks an anchor, and every atom that leaves its anchor's grid pays for the pair that is cut.

The strategy: a grid that fills several is divided by itself, others with those around them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.geometry import heirs, overlap_of
from gridgeo.partition.anneal import anneal
from gridgeo.partition.kernel import CSRGraph, Schedule, build_csr_graph
from gridgeo.partition.minimal_change.assignment import solve_assignment
from gridgeo.partition.minimal_change.flow_bound import NODES, flow_lower_bound
from gridgeo.partition.minimal_change.subproblem import (
    Subproblem,
    adjacent_grids,
    assign_unlabelled,
    grids_out_of_band,
    keep_heaviest_parts,
    merge_grid,
    restrict_subproblem,
    split_grid,
)
from gridgeo.partition.problem import fingerprint
from gridgeo.partition.search import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Search
    from gridgeo.partition.problem import Cancellation

#: what a mean atom away from home costs, in mean borders
MOVE_COST = 10.0
#: an atom without households counts as this share of a mean one
EMPTY_ATOM_SHARE = 0.25
#: the schedule, in what a mean atom away from home costs
START_TEMPERATURE, END_TEMPERATURE, START_PENALTY, END_PENALTY, MISSED_PENALTY = (
    2.0,
    0.05,
    0.3,
    6.0,
    30.0,
)
#: proposals per atom
PROPOSALS_PER_ATOM = 400


def anneal_near_old_grids(
    subproblem: Subproblem,
    labels: NDArray[np.int64],
    starts: int,
    cancellation: Cancellation,
    *,
    start_temperature: float = START_TEMPERATURE,
) -> NDArray[np.int64]:
    """Return the best labelling found from this one, with the same grids; at worst itself.

    Every grid of `labels` must be connected; so is every grid of the answer.
    """
    grids, packed = np.unique(labels, return_inverse=True)
    if grids.size < 2:
        return labels
    best, rank = labels, subproblem.rank(labels)
    graph, move_cost = _with_anchors(subproblem, grids)
    mean = move_cost / max(1.0, _mean_households(subproblem))
    schedule = Schedule(
        start_temperature=start_temperature * move_cost,
        end_temperature=END_TEMPERATURE * move_cost,
        start_penalty=START_PENALTY * mean,
        end_penalty=END_PENALTY * mean,
        missed_penalty=MISSED_PENALTY * move_cost,
    )
    atoms = subproblem.old.size
    for start in range(starts):
        found = np.concatenate([packed, np.arange(grids.size)]).astype(np.int32)
        seed = np.array([fingerprint(subproblem.problem) * 31 + start], dtype=np.uint64)
        anneal(
            graph,
            subproblem.objective,
            schedule,
            found,
            grids.size,
            PROPOSALS_PER_ATOM * atoms,
            seed,
            cancellation.flag,
        )
        tried = grids[found[:atoms]]
        if (ranked := subproblem.rank(tried)) < rank:
            best, rank = tried, ranked
    return best


def _mean_households(subproblem: Subproblem) -> float:
    households = subproblem.problem.households
    return float(households[households > 0].mean()) if households.any() else 0.0


def _with_anchors(subproblem: Subproblem, grids: NDArray[np.int64]) -> tuple[CSRGraph, float]:
    """Return the graph with one anchor for each grid, and what a mean atom away costs."""
    problem, atoms = subproblem.problem, subproblem.old.size
    border = (
        float(np.abs(subproblem.graph.weight).mean()) or 1.0
        if subproblem.graph.weight.size
        else 1.0
    )
    move_cost, mean = MOVE_COST * border, max(1.0, _mean_households(subproblem))
    labelled = np.flatnonzero(np.isin(subproblem.old, grids))
    anchor_edges = np.column_stack(
        [labelled, atoms + np.searchsorted(grids, subproblem.old[labelled])]
    )
    costs = move_cost * np.maximum(problem.households[labelled] / mean, EMPTY_ATOM_SHARE)
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


#: a scene of at most so many atoms is taken as a whole; in larger ones neighbourhoods grow
MAX_ATOMS = 150
RINGS = 3
#: annealings of each design, and designs tried in one turn
STARTS = 4
MOVES_TRIED = 6
#: deterministic seconds of the exact solver for `WHOLE` atoms and one number of new grids (fewer
#: atoms that are part of a larger piece get their share), and the atoms times grids above which
#: it is not asked
CP_SAT_SECONDS = {"fast": 0.5, "normal": 2.0, "best": 30.0}
MAX_VARIABLES = 4000
#: nodes of the bound on a neighbourhood: it only says when to leave off
NEIGHBOURHOOD_NODES = 100
#: further new grids that the exact solver is asked about
MORE_NEW_GRIDS = 1


@dataclass(frozen=True, kw_only=True)
class Repair:
    """The labels of a scene, and what no labels in the band can be below in households moved."""

    labels: NDArray[np.int64]
    least: float
    #: no labelling, whatever its number of grids, misses fewer bands
    exact: bool = False


def repair_subproblem(subproblem: Subproblem, search: Search, cancellation: Cancellation) -> Repair:
    """Return labels that miss the fewest bands, and of those that move the fewest households."""
    start = assign_unlabelled(subproblem, keep_heaviest_parts(subproblem, subproblem.old))
    if not (_invalid_or_changed(subproblem, start) or subproblem.rank(start)[0]):
        return Repair(labels=start, least=0)
    if subproblem.old.size <= MAX_ATOMS:
        repair = _search_and_bound(subproblem, start, search, cancellation)
    else:
        repair = Repair(
            labels=_repair_neighbourhoods(subproblem, start, search, cancellation), least=0
        )
    if subproblem.rank(repair.labels)[0]:
        repair = _solve_globally(subproblem, repair, search, cancellation)
    if subproblem.rank(repair.labels)[0]:
        return replace(repair, least=0)
    known = repair.least != 0 or cancellation.cancelled
    bound = repair.least if known else flow_lower_bound(subproblem)
    return replace(repair, least=min(bound, subproblem.moved(repair.labels)))


def _invalid_or_changed(subproblem: Subproblem, labels: NDArray[np.int64]) -> set[int]:
    """Return the grids that miss the band, hold what should be apart, or are not what they were."""
    one, other = labels[subproblem.problem.cannot_links].T
    not_apart = set(one[one == other].tolist())
    return (
        not_apart
        | set(grids_out_of_band(subproblem, labels))
        | set(labels[labels != subproblem.old].tolist())
    )


def _search_and_bound(
    subproblem: Subproblem,
    start: NDArray[np.int64],
    search: Search,
    cancellation: Cancellation,
    *,
    nodes: int = NODES,
    share: float = 1.0,
) -> Repair:
    """Return the best labels of all designs, improved and bounded by the exact solver.

    It spends a `share` of its effort.
    """
    labels = _split_merge_search(subproblem, start, cancellation)
    numbers = subproblem.numbers
    if (
        cancellation.cancelled
        or not numbers
        or subproblem.old.size * (subproblem.grids + 1) > MAX_VARIABLES
    ):
        return Repair(labels=labels, least=0)
    first = max(0, min(numbers) - subproblem.grids)
    best = None if subproblem.rank(labels)[0] else labels
    least = math.inf
    for new_grids in range(first, first + MORE_NEW_GRIDS + 2):
        bound = (
            0.0
            if cancellation.cancelled
            else flow_lower_bound(subproblem, new_grids=new_grids, nodes=nodes)
        )
        moved = math.inf if best is None else subproblem.moved(best)
        if bound >= min(least, moved) or new_grids > first + MORE_NEW_GRIDS:
            least = min(least, bound)
            break
        effort = CP_SAT_SECONDS[search.effort] * share
        found = solve_assignment(
            subproblem,
            best,
            new_grids=new_grids,
            least=bound,
            effort=effort,
            cancellation=cancellation,
        )
        best, least = found.labels, min(least, found.least)
    if best is None:
        return Repair(labels=labels, least=0, exact=math.isinf(least))
    return Repair(
        labels=anneal_near_old_grids(subproblem, best, 1, cancellation, start_temperature=0.01),
        least=least,
    )


def _split_merge_search(
    subproblem: Subproblem, start: NDArray[np.int64], cancellation: Cancellation
) -> NDArray[np.int64]:
    """Return the best of the old grids reshaped, and of one more split or dissolved at a time."""
    best = anneal_near_old_grids(subproblem, start, STARTS, cancellation)
    base, rank = start, subproblem.rank(best)
    while True:
        candidates = _split_merge_moves(subproblem, base, best)
        tried = [
            (anneal_near_old_grids(subproblem, candidate, STARTS, cancellation), candidate)
            for candidate in candidates
        ]
        if not tried:
            return best
        found, candidate = min(tried, key=lambda pair: subproblem.rank(pair[0]))
        if subproblem.rank(found) >= rank:
            return best
        best, base, rank = found, candidate, subproblem.rank(found)
        if cancellation.cancelled:
            return best


def _split_merge_moves(
    subproblem: Subproblem, base: NDArray[np.int64], best: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Return the base with one more grid split or dissolved, where that could be better."""
    grids, packed = np.unique(base, return_inverse=True)
    households = dict(
        zip(
            grids.tolist(), np.bincount(packed, subproblem.problem.households).tolist(), strict=True
        )
    )
    still, wrong = subproblem.rank(best)[0], grids_out_of_band(subproblem, base)
    numbers = subproblem.numbers
    many = grids.size
    grow = [g for g, sign in wrong.items() if sign > 0]
    shrink = [g for g, sign in wrong.items() if sign < 0]
    if still and numbers and many < min(numbers):
        grow = list(households)
    if still and numbers and many > max(numbers):
        shrink = list(households)
    if not still:
        spent = subproblem.moved(best)
        shrink = [g for g in shrink if households[g] < spent]
        grow = grow if spent > subproblem.band.lower else []
    grow.sort(key=lambda g: (-households[g], g))
    shrink.sort(key=lambda g: (households[g], g))
    candidates = [split_grid(subproblem, base, g) for g in grow[:MOVES_TRIED]]
    candidates += [merge_grid(subproblem, base, g) for g in shrink[:MOVES_TRIED] if many > 1]
    return [candidate for candidate in candidates if candidate is not None]


def _repair_neighbourhoods(
    subproblem: Subproblem, start: NDArray[np.int64], search: Search, cancellation: Cancellation
) -> NDArray[np.int64]:
    """Return labels mended grid by grid.

    What holds a further grid in excess is divided by itself. Then the grids that miss the band
    still, and those that changed with others, are mended in neighbourhoods that grow to
    `RINGS` steps, or `MAX_ATOMS` atoms.
    """
    labels, split_alone = start, set[int]()
    for grid in sorted(grids_out_of_band(subproblem, start)):
        members = np.flatnonzero(labels == grid)
        if _fills_two_grids(subproblem, members) and not cancellation.cancelled:
            labels = _repair_part(subproblem, labels, members, search, cancellation)
            split_alone |= set(labels[members].tolist())
    for rings in range(1, RINGS + 1):
        for grid in sorted(_unresolved(subproblem, labels, split_alone)):
            if cancellation.cancelled:
                return labels
            if grid not in _unresolved(subproblem, labels, split_alone):
                continue
            members = np.flatnonzero(
                np.isin(labels, _grids_within(subproblem, labels, grid, rings))
            )
            if rings == 1 or members.size <= MAX_ATOMS:
                labels = _repair_part(subproblem, labels, members, search, cancellation)
    return labels


def _unresolved(
    subproblem: Subproblem, labels: NDArray[np.int64], split_alone: set[int]
) -> set[int]:
    """Return the grids that are wrong, without those that were divided alone and are in band."""
    return (_invalid_or_changed(subproblem, labels) - split_alone) | set(
        grids_out_of_band(subproblem, labels)
    )


def _fills_two_grids(subproblem: Subproblem, members: NDArray[np.int64]) -> bool:
    """Tell whether some atoms hold a full grid and as much as a further one needs."""
    band, problem = subproblem.band, subproblem.problem
    by_households = int(problem.households[members].sum()) >= band.upper + band.lower
    people = float(problem.residents[members].sum())
    by_residents = not people < band.residents_upper + band.residents_lower
    return (by_households or band.profile == "residents") and (
        by_residents or band.profile == "households"
    )


def _repair_part(
    subproblem: Subproblem,
    labels: NDArray[np.int64],
    members: NDArray[np.int64],
    search: Search,
    cancellation: Cancellation,
) -> NDArray[np.int64]:
    """Return the labels with the grids of some atoms mended, where that is better."""
    part, names = restrict_subproblem(_with_old_grids_inside(subproblem, labels, members), members)
    before = _renumbered(labels[members], names, part.grids)
    share = min(1.0, members.size / MAX_ATOMS)
    after = _search_and_bound(
        part, before, search, cancellation, nodes=NEIGHBOURHOOD_NODES, share=share
    ).labels
    if part.rank(after) >= part.rank(before):
        return labels
    labels, next_label = labels.copy(), max(subproblem.grids, int(labels.max()) + 1)
    labels[members] = np.append(names, next_label + np.arange(members.size))[after]
    return labels


def _grids_within(
    subproblem: Subproblem, labels: NDArray[np.int64], grid: int, rings: int
) -> list[int]:
    """Return a grid and those within some steps of it."""
    adjacency = adjacent_grids(subproblem, labels)
    reached = {grid}
    for _ in range(rings):
        reached |= {g for r in reached for g in adjacency[r]}
    return sorted(reached)


def _with_old_grids_inside(
    subproblem: Subproblem, labels: NDArray[np.int64], members: NDArray[np.int64]
) -> Subproblem:
    """Return the scene without the homes that the members cannot go back to."""
    inside = np.isin(subproblem.old, np.unique(labels[members]))
    return replace(subproblem, old=np.where(inside, subproblem.old, -1))


def _renumbered(
    labels: NDArray[np.int64], names: NDArray[np.int64], grids: int
) -> NDArray[np.int64]:
    """Return labels as a part numbers them: old grids by their place in `names`, then the rest."""
    others = np.setdiff1d(labels, names)
    number = {int(g): i for i, g in enumerate(names.tolist())}
    number |= {int(g): grids + i for i, g in enumerate(others.tolist())}
    return np.array([number[int(g)] for g in labels])


def _solve_globally(
    subproblem: Subproblem, repair: Repair, search: Search, cancellation: Cancellation
) -> Repair:
    """Return what the whole search finds where it misses fewer bands, pulled home again."""
    solution = solve(subproblem.problem, subproblem.band, search, cancellation=cancellation)
    missed = subproblem.rank(repair.labels)[0]
    if solution.missed >= missed:
        return replace(repair, exact=repair.exact or (solution.exact and solution.missed == missed))
    global_labels = solution.labels.astype(np.int64)
    shared = overlap_of(
        subproblem.old, global_labels, subproblem.problem.households, subproblem.problem.area
    )
    labels = subproblem.grids + global_labels
    for old, new in enumerate(heirs(shared).tolist()):
        labels[(global_labels == new) & (new >= 0)] = old
    return Repair(
        labels=anneal_near_old_grids(subproblem, labels, STARTS, cancellation),
        least=0,
        exact=solution.exact,
    )
