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
    scene: Subproblem,
    labels: NDArray[np.int64],
    starts: int,
    halt: Cancellation,
    *,
    hot: float = START_TEMPERATURE,
) -> NDArray[np.int64]:
    """Return the best labelling found from this one, with the same grids; at worst itself.

    Every grid of `labels` must be connected; so is every grid of the answer.
    """
    grids, packed = np.unique(labels, return_inverse=True)
    if grids.size < 2:
        return labels
    best, rank = labels, scene.rank(labels)
    graph, away = _with_anchors(scene, grids)
    mean = away / max(1.0, _mean_households(scene))
    schedule = Schedule(
        start_temperature=hot * away,
        end_temperature=END_TEMPERATURE * away,
        start_penalty=START_PENALTY * mean,
        end_penalty=END_PENALTY * mean,
        missed_penalty=MISSED_PENALTY * away,
    )
    atoms = scene.old.size
    for start in range(starts):
        found = np.concatenate([packed, np.arange(grids.size)]).astype(np.int32)
        seed = np.array([fingerprint(scene.problem) * 31 + start], dtype=np.uint64)
        anneal(
            graph,
            scene.objective,
            schedule,
            found,
            grids.size,
            PROPOSALS_PER_ATOM * atoms,
            seed,
            halt.flag,
        )
        tried = grids[found[:atoms]]
        if (ranked := scene.rank(tried)) < rank:
            best, rank = tried, ranked
    return best


def _mean_households(scene: Subproblem) -> float:
    held = scene.problem.households
    return float(held[held > 0].mean()) if held.any() else 0.0


def _with_anchors(scene: Subproblem, grids: NDArray[np.int64]) -> tuple[CSRGraph, float]:
    """Return the graph with one anchor for each grid, and what a mean atom away costs."""
    problem, atoms = scene.problem, scene.old.size
    border = float(np.abs(scene.graph.weight).mean()) or 1.0 if scene.graph.weight.size else 1.0
    away, mean = MOVE_COST * border, max(1.0, _mean_households(scene))
    tied = np.flatnonzero(np.isin(scene.old, grids))
    ties = np.column_stack([tied, atoms + np.searchsorted(grids, scene.old[tied])])
    pull = away * np.maximum(problem.households[tied] / mean, EMPTY_ATOM_SHARE)
    nothing = np.zeros(grids.size)
    graph = build_csr_graph(
        replace(
            problem,
            households=np.append(problem.households, nothing.astype(np.int64)),
            residents=np.append(problem.residents, nothing),
            x=np.append(problem.x, nothing),
            y=np.append(problem.y, nothing),
            area=np.append(problem.area, nothing),
            edges=np.vstack([problem.edges, ties]).astype(np.int32),
            cut_m=np.append(problem.cut_m, pull),
            straddle_m=np.append(problem.straddle_m, np.zeros(tied.size)),
            linked=np.append(problem.linked, np.zeros(tied.size, dtype=bool)),
        )
    )
    graph.attributes[atoms:] = 0.0
    return graph, away


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


def repair_subproblem(scene: Subproblem, search: Search, halt: Cancellation) -> Repair:
    """Return labels that miss the fewest bands, and of those that move the fewest households."""
    start = assign_unlabelled(scene, keep_heaviest_parts(scene, scene.old))
    if not (_invalid_or_changed(scene, start) or scene.rank(start)[0]):
        return Repair(labels=start, least=0)
    if scene.old.size <= MAX_ATOMS:
        mended = _search_and_bound(scene, start, search, halt)
    else:
        mended = Repair(labels=_repair_neighbourhoods(scene, start, search, halt), least=0)
    if scene.rank(mended.labels)[0]:
        mended = _solve_globally(scene, mended, search, halt)
    if scene.rank(mended.labels)[0]:
        return replace(mended, least=0)
    known = mended.least != 0 or halt.stopped
    floor = mended.least if known else flow_lower_bound(scene)
    return replace(mended, least=min(floor, scene.moved(mended.labels)))


def _invalid_or_changed(scene: Subproblem, labels: NDArray[np.int64]) -> set[int]:
    """Return the grids that miss the band, hold what should be apart, or are not what they were."""
    one, other = labels[scene.problem.cannot_links].T
    not_apart = set(one[one == other].tolist())
    return (
        not_apart
        | set(grids_out_of_band(scene, labels))
        | set(labels[labels != scene.old].tolist())
    )


def _search_and_bound(
    scene: Subproblem,
    start: NDArray[np.int64],
    search: Search,
    halt: Cancellation,
    *,
    nodes: int = NODES,
    share: float = 1.0,
) -> Repair:
    """Return the best labels of all designs, improved and bounded by the exact solver.

    It spends a `share` of its effort.
    """
    labels = _split_merge_search(scene, start, halt)
    numbers = scene.numbers
    if halt.stopped or not numbers or scene.old.size * (scene.grids + 1) > MAX_VARIABLES:
        return Repair(labels=labels, least=0)
    first = max(0, min(numbers) - scene.grids)
    best = None if scene.rank(labels)[0] else labels
    least = math.inf
    for founded in range(first, first + MORE_NEW_GRIDS + 2):
        floor = 0.0 if halt.stopped else flow_lower_bound(scene, founded=founded, nodes=nodes)
        moved = math.inf if best is None else scene.moved(best)
        if floor >= min(least, moved) or founded > first + MORE_NEW_GRIDS:
            least = min(least, floor)
            break
        effort = CP_SAT_SECONDS[search.effort] * share
        found = solve_assignment(
            scene, best, founded=founded, least=floor, effort=effort, halt=halt
        )
        best, least = found.labels, min(least, found.least)
    if best is None:
        return Repair(labels=labels, least=0, exact=math.isinf(least))
    return Repair(labels=anneal_near_old_grids(scene, best, 1, halt, hot=0.01), least=least)


def _split_merge_search(
    scene: Subproblem, start: NDArray[np.int64], halt: Cancellation
) -> NDArray[np.int64]:
    """Return the best of the old grids reshaped, and of one more split or dissolved at a time."""
    best = anneal_near_old_grids(scene, start, STARTS, halt)
    base, rank = start, scene.rank(best)
    while True:
        designs = _split_merge_moves(scene, base, best)
        tried = [(anneal_near_old_grids(scene, design, STARTS, halt), design) for design in designs]
        if not tried:
            return best
        found, design = min(tried, key=lambda pair: scene.rank(pair[0]))
        if scene.rank(found) >= rank:
            return best
        best, base, rank = found, design, scene.rank(found)
        if halt.stopped:
            return best


def _split_merge_moves(
    scene: Subproblem, base: NDArray[np.int64], best: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Return the base with one more grid split or dissolved, where that could be better."""
    grids, packed = np.unique(base, return_inverse=True)
    held = dict(
        zip(grids.tolist(), np.bincount(packed, scene.problem.households).tolist(), strict=True)
    )
    still, wrong = scene.rank(best)[0], grids_out_of_band(scene, base)
    numbers = scene.numbers
    many = grids.size
    grow = [g for g, sign in wrong.items() if sign > 0]
    shrink = [g for g, sign in wrong.items() if sign < 0]
    if still and numbers and many < min(numbers):
        grow = list(held)
    if still and numbers and many > max(numbers):
        shrink = list(held)
    if not still:
        spent = scene.moved(best)
        shrink = [g for g in shrink if held[g] < spent]
        grow = grow if spent > scene.band.lower else []
    grow.sort(key=lambda g: (-held[g], g))
    shrink.sort(key=lambda g: (held[g], g))
    designs = [split_grid(scene, base, g) for g in grow[:MOVES_TRIED]]
    designs += [merge_grid(scene, base, g) for g in shrink[:MOVES_TRIED] if many > 1]
    return [design for design in designs if design is not None]


def _repair_neighbourhoods(
    scene: Subproblem, start: NDArray[np.int64], search: Search, halt: Cancellation
) -> NDArray[np.int64]:
    """Return labels mended grid by grid.

    What holds a further grid in excess is divided by itself. Then the grids that miss the band
    still, and those that changed with others, are mended in neighbourhoods that grow to
    `RINGS` steps, or `MAX_ATOMS` atoms.
    """
    labels, alone = start, set[int]()
    for grid in sorted(grids_out_of_band(scene, start)):
        members = np.flatnonzero(labels == grid)
        if _fills_two_grids(scene, members) and not halt.stopped:
            labels = _repair_part(scene, labels, members, search, halt)
            alone |= set(labels[members].tolist())
    for rings in range(1, RINGS + 1):
        for grid in sorted(_unresolved(scene, labels, alone)):
            if halt.stopped:
                return labels
            if grid not in _unresolved(scene, labels, alone):
                continue
            members = np.flatnonzero(np.isin(labels, _grids_within(scene, labels, grid, rings)))
            if rings == 1 or members.size <= MAX_ATOMS:
                labels = _repair_part(scene, labels, members, search, halt)
    return labels


def _unresolved(scene: Subproblem, labels: NDArray[np.int64], alone: set[int]) -> set[int]:
    """Return the grids that are wrong, without those that were divided alone and are in band."""
    return (_invalid_or_changed(scene, labels) - alone) | set(grids_out_of_band(scene, labels))


def _fills_two_grids(scene: Subproblem, members: NDArray[np.int64]) -> bool:
    """Tell whether some atoms hold a full grid and as much as a further one needs."""
    band, problem = scene.band, scene.problem
    by_households = int(problem.households[members].sum()) >= band.upper + band.lower
    people = float(problem.residents[members].sum())
    by_residents = not people < band.residents_upper + band.residents_lower
    return (by_households or band.profile == "residents") and (
        by_residents or band.profile == "households"
    )


def _repair_part(
    scene: Subproblem,
    labels: NDArray[np.int64],
    members: NDArray[np.int64],
    search: Search,
    halt: Cancellation,
) -> NDArray[np.int64]:
    """Return the labels with the grids of some atoms mended, where that is better."""
    part, names = restrict_subproblem(_with_old_grids_inside(scene, labels, members), members)
    before = _renumbered(labels[members], names, part.grids)
    share = min(1.0, members.size / MAX_ATOMS)
    after = _search_and_bound(
        part, before, search, halt, nodes=NEIGHBOURHOOD_NODES, share=share
    ).labels
    if part.rank(after) >= part.rank(before):
        return labels
    labels, fresh = labels.copy(), max(scene.grids, int(labels.max()) + 1)
    labels[members] = np.append(names, fresh + np.arange(members.size))[after]
    return labels


def _grids_within(scene: Subproblem, labels: NDArray[np.int64], grid: int, rings: int) -> list[int]:
    """Return a grid and those within some steps of it."""
    beside = adjacent_grids(scene, labels)
    reached = {grid}
    for _ in range(rings):
        reached |= {g for r in reached for g in beside[r]}
    return sorted(reached)


def _with_old_grids_inside(
    scene: Subproblem, labels: NDArray[np.int64], members: NDArray[np.int64]
) -> Subproblem:
    """Return the scene without the homes that the members cannot go back to."""
    inside = np.isin(scene.old, np.unique(labels[members]))
    return replace(scene, old=np.where(inside, scene.old, -1))


def _renumbered(
    labels: NDArray[np.int64], names: NDArray[np.int64], grids: int
) -> NDArray[np.int64]:
    """Return labels as a part numbers them: old grids by their place in `names`, then the rest."""
    others = np.setdiff1d(labels, names)
    number = {int(g): i for i, g in enumerate(names.tolist())}
    number |= {int(g): grids + i for i, g in enumerate(others.tolist())}
    return np.array([number[int(g)] for g in labels])


def _solve_globally(
    scene: Subproblem, mended: Repair, search: Search, halt: Cancellation
) -> Repair:
    """Return what the whole search finds where it misses fewer bands, pulled home again."""
    solution = solve(scene.problem, scene.band, search, halt=halt)
    missed = scene.rank(mended.labels)[0]
    if solution.missed >= missed:
        return replace(mended, exact=mended.exact or (solution.exact and solution.missed == missed))
    drawn = solution.labels.astype(np.int64)
    shared = overlap_of(scene.old, drawn, scene.problem.households, scene.problem.area)
    labels = scene.grids + drawn
    for old, new in enumerate(heirs(shared).tolist()):
        labels[(drawn == new) & (new >= 0)] = old
    return Repair(
        labels=anneal_near_old_grids(scene, labels, STARTS, halt), least=0, exact=solution.exact
    )
