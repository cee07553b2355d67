"""Some old grids with all their atoms: the part of a piece that a change may touch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import numbers_of_grids
from gridgeo.partition.kernel import (
    HOUSEHOLDS,
    MISSED,
    RESIDENTS,
    Rule,
    Web,
    tally,
    together,
    total,
)
from gridgeo.partition.web import rule_of, weave

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Atoms, n of them, in the order of the problem, with the old grid of each.

    ``old`` is int64[n], 0..g-1 without holes, -1 where an atom had no grid. Labels of a scene
    are numbers of old grids for what continues them, and numbers from g on for new grids.
    """

    problem: Problem
    old: NDArray[np.int64]
    band: Band

    @cached_property
    def grids(self) -> int:
        """Return the number of old grids."""
        return int(self.old.max(initial=-1)) + 1

    @cached_property
    def web(self) -> Web:
        """Return the graph as the kernels want it."""
        return weave(self.problem)

    @cached_property
    def rule(self) -> Rule:
        """Return band and weights as the kernels want them."""
        return rule_of(self.problem, self.band)

    @cached_property
    def beside(self) -> list[list[int]]:
        """Return the linked neighbours of each atom."""
        web = self.web
        return [
            [
                int(u)
                for u, linked in zip(web.neighbour[i:j], web.linked[i:j], strict=True)
                if linked
            ]
            for i, j in zip(web.start[:-1], web.start[1:], strict=True)
        ]

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of grids that could be in band."""
        problem = self.problem
        possible = numbers_of_grids(self.band, problem.households, problem.residents)
        return possible if problem.grids is None else tuple({problem.grids} & {*possible})

    def moved(self, labels: NDArray[np.int64]) -> int:
        """Return the households that a labelling moves."""
        away = (self.old >= 0) & (labels != self.old)
        return int(self.problem.households[away].sum())

    def rank(self, labels: NDArray[np.int64]) -> tuple[int, float, int, float]:
        """Return what is compared: bands missed, distance, households moved, cost.

        Each grid more or fewer than the problem fixes, and each pair that should be apart and is
        not, counts as a missed band.
        """
        grids, packed = np.unique(labels, return_inverse=True)
        small: NDArray[np.int32] = packed.astype(np.int32)
        cost, missed, distance = total(self.web, self.rule, small, int(small.max()) + 1)
        wrong = abs(grids.size - (self.problem.grids or grids.size))
        wrong += int(together(self.web, small))
        return (
            round(float(missed)) + wrong,
            round(float(distance), 3),
            self.moved(labels),
            round(cost, 3),
        )


def part_of(scene: Scene, members: NDArray[np.int64]) -> tuple[Scene, NDArray[np.int64]]:
    """Return the scene of some atoms (ascending), and the old number of each of its old grids."""
    problem = scene.problem
    place = np.full(problem.households.size, -1)
    place[members] = np.arange(members.size)
    inner = (place[problem.edges] >= 0).all(axis=1)
    apart = place[problem.apart]
    grids, old = np.unique(scene.old[members], return_inverse=True)
    none = int(grids.size > 0 and grids[0] < 0)
    smaller = replace(
        problem,
        **{a: getattr(problem, a)[members] for a in ("households", "residents", "x", "y", "area")},
        **{a: getattr(problem, a)[inner] for a in ("cut_m", "straddle_m", "linked")},
        edges=place[problem.edges[inner]].astype(np.int32),
        grids=problem.grids if members.size == problem.households.size else None,
        apart=apart[(apart >= 0).all(axis=1)].astype(np.int32),
    )
    return Scene(problem=smaller, old=old - none, band=scene.band), grids[none:]


def misses(scene: Scene, labels: NDArray[np.int64]) -> dict[int, int]:
    """Return the grids that miss the band: -1 where one holds too little, 1 where too much."""
    grids, packed = np.unique(labels, return_inverse=True)
    sums, value = tally(scene.web, scene.rule, packed.astype(np.int32), grids.size)
    by_people = scene.band.profile == "residents"
    amount = sums[:, RESIDENTS if by_people else HOUSEHOLDS]
    lower = scene.band.residents_lower if by_people else scene.band.lower
    return {int(grids[g]): -1 if amount[g] < lower else 1 for g in np.flatnonzero(value[:, MISSED])}


def adjacent(scene: Scene, labels: NDArray[np.int64]) -> dict[int, set[int]]:
    """Return for each grid those that a link joins it to."""
    linked = scene.problem.edges[scene.problem.linked]
    beside: dict[int, set[int]] = {int(g): set() for g in np.unique(labels)}
    for a, b in np.unique(labels[linked], axis=0).tolist():
        if a != b:
            beside[a].add(b)
            beside[b].add(a)
    return beside
