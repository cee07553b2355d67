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

from gridgeo.geometry import overlap_of, successors
from gridgeo.partition.anneal import anneal
from gridgeo.partition.kernel import Heat, Web, weave
from gridgeo.partition.minimal_change.exact import recast
from gridgeo.partition.minimal_change.flow_bound import NODES, least_moved
from gridgeo.partition.minimal_change.subproblem import (
    Scene,
    adjacent,
    dissolved,
    in_one_piece,
    misses,
    part_of,
    settled,
    split,
)
from gridgeo.partition.problem import fingerprint
from gridgeo.partition.search import solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Search
    from gridgeo.partition.problem import Halt

#: what a mean atom away from home costs, in mean borders
PULL = 10.0
#: an atom without households counts as this share of a mean one
IDLE = 0.25
#: the schedule, in what a mean atom away from home costs
HOT, COLD, SOFT, HARD, MISSED = 2.0, 0.05, 0.3, 6.0, 30.0
#: proposals per atom
MOVES = 400


def pulled(
    scene: Scene, labels: NDArray[np.int64], starts: int, halt: Halt, *, hot: float = HOT
) -> NDArray[np.int64]:
    """Return the best labelling found from this one, with the same grids; at worst itself.

    Every grid of `labels` must be connected; so is every grid of the answer.
    """
    grids, packed = np.unique(labels, return_inverse=True)
    if grids.size < 2:
        return labels
    best, rank = labels, scene.rank(labels)
    web, away = _anchored(scene, grids)
    mean = away / max(1.0, _mean_held(scene))
    heat = Heat(
        hot=hot * away, cold=COLD * away, soft=SOFT * mean, hard=HARD * mean, missed=MISSED * away
    )
    atoms = scene.old.size
    for start in range(starts):
        found = np.concatenate([packed, np.arange(grids.size)]).astype(np.int32)
        seed = np.array([fingerprint(scene.problem) * 31 + start], dtype=np.uint64)
        anneal(web, scene.rule, heat, found, grids.size, MOVES * atoms, seed, halt.flag)
        tried = grids[found[:atoms]]
        if (ranked := scene.rank(tried)) < rank:
            best, rank = tried, ranked
    return best


def _mean_held(scene: Scene) -> float:
    held = scene.problem.households
    return float(held[held > 0].mean()) if held.any() else 0.0


def _anchored(scene: Scene, grids: NDArray[np.int64]) -> tuple[Web, float]:
    """Return the graph with one anchor for each grid, and what a mean atom away costs."""
    problem, atoms = scene.problem, scene.old.size
    border = float(np.abs(scene.web.weight).mean()) or 1.0 if scene.web.weight.size else 1.0
    away, mean = PULL * border, max(1.0, _mean_held(scene))
    tied = np.flatnonzero(np.isin(scene.old, grids))
    ties = np.column_stack([tied, atoms + np.searchsorted(grids, scene.old[tied])])
    pull = away * np.maximum(problem.households[tied] / mean, IDLE)
    nothing = np.zeros(grids.size)
    web = weave(
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
    web.mass[atoms:] = 0.0
    return web, away


#: a scene of at most so many atoms is taken as a whole; in larger ones neighbourhoods grow
WHOLE = 150
RINGS = 3
#: annealings of each design, and designs tried in one turn
STARTS = 4
DESIGNS = 6
#: deterministic seconds of the exact solver for `WHOLE` atoms and one number of new grids (fewer
#: atoms that are part of a larger piece get their share), and the atoms times grids above which
#: it is not asked
EXACT = {"fast": 0.5, "normal": 2.0, "best": 30.0}
VARIABLES = 4000
#: nodes of the bound on a neighbourhood: it only says when to leave off
NEAR_NODES = 100
#: further new grids that the exact solver is asked about
MORE = 1


@dataclass(frozen=True, kw_only=True)
class Mended:
    """The labels of a scene, and what no labels in the band can be below in households moved."""

    labels: NDArray[np.int64]
    least: float
    #: no labelling, whatever its number of grids, misses fewer bands
    exact: bool = False


def mend(scene: Scene, search: Search, halt: Halt) -> Mended:
    """Return labels that miss the fewest bands, and of those that move the fewest households."""
    start = settled(scene, in_one_piece(scene, scene.old))
    if not (_wrong(scene, start) or scene.rank(start)[0]):
        return Mended(labels=start, least=0)
    if scene.old.size <= WHOLE:
        mended = _cast(scene, start, search, halt)
    else:
        mended = Mended(labels=_around(scene, start, search, halt), least=0)
    if scene.rank(mended.labels)[0]:
        mended = _drawn_anew(scene, mended, search, halt)
    if scene.rank(mended.labels)[0]:
        return replace(mended, least=0)
    known = mended.least != 0 or halt.stopped
    floor = mended.least if known else least_moved(scene)
    return replace(mended, least=min(floor, scene.moved(mended.labels)))


def _wrong(scene: Scene, labels: NDArray[np.int64]) -> set[int]:
    """Return the grids that miss the band, hold what should be apart, or are not what they were."""
    one, other = labels[scene.problem.apart].T
    not_apart = set(one[one == other].tolist())
    return not_apart | set(misses(scene, labels)) | set(labels[labels != scene.old].tolist())


def _cast(
    scene: Scene,
    start: NDArray[np.int64],
    search: Search,
    halt: Halt,
    *,
    nodes: int = NODES,
    share: float = 1.0,
) -> Mended:
    """Return the best labels of all designs, improved and bounded by the exact solver.

    It spends a `share` of its effort.
    """
    labels = _designed(scene, start, halt)
    numbers = scene.numbers
    if halt.stopped or not numbers or scene.old.size * (scene.grids + 1) > VARIABLES:
        return Mended(labels=labels, least=0)
    first = max(0, min(numbers) - scene.grids)
    best = None if scene.rank(labels)[0] else labels
    least = math.inf
    for founded in range(first, first + MORE + 2):
        floor = 0.0 if halt.stopped else least_moved(scene, founded=founded, nodes=nodes)
        moved = math.inf if best is None else scene.moved(best)
        if floor >= min(least, moved) or founded > first + MORE:
            least = min(least, floor)
            break
        effort = EXACT[search.effort] * share
        found = recast(scene, best, founded=founded, least=floor, effort=effort, halt=halt)
        best, least = found.labels, min(least, found.least)
    if best is None:
        return Mended(labels=labels, least=0, exact=math.isinf(least))
    return Mended(labels=pulled(scene, best, 1, halt, hot=0.01), least=least)


def _designed(scene: Scene, start: NDArray[np.int64], halt: Halt) -> NDArray[np.int64]:
    """Return the best of the old grids reshaped, and of one more split or dissolved at a time."""
    best = pulled(scene, start, STARTS, halt)
    base, rank = start, scene.rank(best)
    while True:
        designs = _designs(scene, base, best)
        tried = [(pulled(scene, design, STARTS, halt), design) for design in designs]
        if not tried:
            return best
        found, design = min(tried, key=lambda pair: scene.rank(pair[0]))
        if scene.rank(found) >= rank:
            return best
        best, base, rank = found, design, scene.rank(found)
        if halt.stopped:
            return best


def _designs(
    scene: Scene, base: NDArray[np.int64], best: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Return the base with one more grid split or dissolved, where that could be better."""
    grids, packed = np.unique(base, return_inverse=True)
    held = dict(
        zip(grids.tolist(), np.bincount(packed, scene.problem.households).tolist(), strict=True)
    )
    still, wrong = scene.rank(best)[0], misses(scene, base)
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
    designs = [split(scene, base, g) for g in grow[:DESIGNS]]
    designs += [dissolved(scene, base, g) for g in shrink[:DESIGNS] if many > 1]
    return [design for design in designs if design is not None]


def _around(
    scene: Scene, start: NDArray[np.int64], search: Search, halt: Halt
) -> NDArray[np.int64]:
    """Return labels mended grid by grid.

    What holds a further grid in excess is divided by itself. Then the grids that miss the band
    still, and those that changed with others, are mended in neighbourhoods that grow to
    `RINGS` steps, or `WHOLE` atoms.
    """
    labels, alone = start, set[int]()
    for grid in sorted(misses(scene, start)):
        members = np.flatnonzero(labels == grid)
        if _overflows(scene, members) and not halt.stopped:
            labels = _recut(scene, labels, members, search, halt)
            alone |= set(labels[members].tolist())
    for rings in range(1, RINGS + 1):
        for grid in sorted(_open(scene, labels, alone)):
            if halt.stopped:
                return labels
            if grid not in _open(scene, labels, alone):
                continue
            members = np.flatnonzero(np.isin(labels, _reach(scene, labels, grid, rings)))
            if rings == 1 or members.size <= WHOLE:
                labels = _recut(scene, labels, members, search, halt)
    return labels


def _open(scene: Scene, labels: NDArray[np.int64], alone: set[int]) -> set[int]:
    """Return the grids that are wrong, without those that were divided alone and are in band."""
    return (_wrong(scene, labels) - alone) | set(misses(scene, labels))


def _overflows(scene: Scene, members: NDArray[np.int64]) -> bool:
    """Tell whether some atoms hold a full grid and as much as a further one needs."""
    band, problem = scene.band, scene.problem
    by_households = int(problem.households[members].sum()) >= band.upper + band.lower
    people = float(problem.residents[members].sum())
    by_residents = not people < band.residents_upper + band.residents_lower
    return (by_households or band.profile == "residents") and (
        by_residents or band.profile == "households"
    )


def _recut(
    scene: Scene,
    labels: NDArray[np.int64],
    members: NDArray[np.int64],
    search: Search,
    halt: Halt,
) -> NDArray[np.int64]:
    """Return the labels with the grids of some atoms mended, where that is better."""
    part, names = part_of(_at_home(scene, labels, members), members)
    before = _renamed(labels[members], names, part.grids)
    share = min(1.0, members.size / WHOLE)
    after = _cast(part, before, search, halt, nodes=NEAR_NODES, share=share).labels
    if part.rank(after) >= part.rank(before):
        return labels
    labels, fresh = labels.copy(), max(scene.grids, int(labels.max()) + 1)
    labels[members] = np.append(names, fresh + np.arange(members.size))[after]
    return labels


def _reach(scene: Scene, labels: NDArray[np.int64], grid: int, rings: int) -> list[int]:
    """Return a grid and those within some steps of it."""
    beside = adjacent(scene, labels)
    reached = {grid}
    for _ in range(rings):
        reached |= {g for r in reached for g in beside[r]}
    return sorted(reached)


def _at_home(scene: Scene, labels: NDArray[np.int64], members: NDArray[np.int64]) -> Scene:
    """Return the scene without the homes that the members cannot go back to."""
    inside = np.isin(scene.old, np.unique(labels[members]))
    return replace(scene, old=np.where(inside, scene.old, -1))


def _renamed(labels: NDArray[np.int64], names: NDArray[np.int64], grids: int) -> NDArray[np.int64]:
    """Return labels as a part numbers them: old grids by their place in `names`, then the rest."""
    others = np.setdiff1d(labels, names)
    number = {int(g): i for i, g in enumerate(names.tolist())}
    number |= {int(g): grids + i for i, g in enumerate(others.tolist())}
    return np.array([number[int(g)] for g in labels])


def _drawn_anew(scene: Scene, mended: Mended, search: Search, halt: Halt) -> Mended:
    """Return what the whole search finds where it misses fewer bands, pulled home again."""
    solution = solve(scene.problem, scene.band, search, halt=halt)
    missed = scene.rank(mended.labels)[0]
    if solution.missed >= missed:
        return replace(mended, exact=mended.exact or (solution.exact and solution.missed == missed))
    drawn = solution.labels.astype(np.int64)
    shared = overlap_of(scene.old, drawn, scene.problem.households, scene.problem.area)
    labels = scene.grids + drawn
    for old, new in enumerate(successors(shared).tolist()):
        labels[(drawn == new) & (new >= 0)] = old
    return Mended(labels=pulled(scene, labels, STARTS, halt), least=0, exact=solution.exact)
