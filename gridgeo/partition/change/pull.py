"""Annealing with a pull home: an atom away from its old grid costs what it holds.

No kernel of its own is needed. Each old grid is a further atom, an *anchor*: without households
or ground, tied to the atoms of its grid by pairs that cost but do not connect. No move ever
picks an anchor, and every atom that leaves its anchor's grid pays for the pair that is cut.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.anneal import anneal
from gridgeo.partition.kernel import Heat, Web
from gridgeo.partition.problem import fingerprint
from gridgeo.partition.web import weave

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.partition.change.scene import Scene
    from gridgeo.partition.halt import Halt

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
