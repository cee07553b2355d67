"""What every part of the search of one piece needs: graph, objective, schedule, seeds, threads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.kernel import (
    CANNOT_LINK_M,
    HOUSEHOLDS,
    RESIDENTS,
    CSRGraph,
    Objective,
    Schedule,
    count_unmet_cannot_links,
    evaluate_labels,
)
from gridgeo.partition.problem import Solution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.partition.problem import Cancellation, Effort

#: the share of all households (or residents) that the heavy atoms of a piece hold
_HEAVY_SHARE = 0.9


@dataclass(frozen=True, kw_only=True)
class SearchContext:
    """The CSR graph, objective and schedule of one piece, the seed, the effort and the threads."""

    graph: CSRGraph
    objective: Objective
    schedule: Schedule
    seed: int
    effort: Effort
    cancellation: Cancellation
    jobs: int

    @property
    def atoms(self) -> int:
        """The number of atoms."""
        return int(self.graph.attributes.shape[0])

    @property
    def heavy_atoms(self) -> int:
        """The number of the heaviest atoms that hold `_HEAVY_SHARE` of households or residents."""
        amounts = -np.sort(-self.graph.attributes[:, [HOUSEHOLDS, RESIDENTS]], axis=0)
        lighter = np.cumsum(amounts, axis=0) < _HEAVY_SHARE * amounts.sum(axis=0)
        return int(lighter.sum(axis=0).max()) + 1

    def with_penalties(self, factor: float) -> SearchContext:
        """Return the context with the penalties of missed bands multiplied by a factor."""
        names = ("start_penalty", "end_penalty", "missed_penalty")
        raised = {name: factor * getattr(self.schedule, name) for name in names}
        return replace(self, schedule=self.schedule._replace(**raised))

    def rng(self, *stream: int) -> NDArray[np.uint64]:
        """Return the state of the random generator of one part of the search."""
        return np.array([mix_seeds(self.seed, *stream)], dtype=np.uint64)


def solution_of(
    context: SearchContext, labels: NDArray[np.int32], *, moves: int = 0, exact: bool = False
) -> Solution:
    """Return a labelling as a `Solution`, with its cost and the bands that it misses."""
    grids = int(labels.max()) + 1
    cost, missed, distance = evaluate_labels(context.graph, context.objective, labels, grids)
    unmet = count_unmet_cannot_links(context.graph, labels)
    separate_pairs = len(context.graph.cannot_links) - unmet
    return Solution(
        labels=_relabel_by_first_atom(labels),
        grids=grids,
        missed=round(float(missed)),
        distance=float(distance),
        cost=float(cost) + CANNOT_LINK_M * separate_pairs,
        moves=moves,
        exact=exact,
        unmet_cannot_links=unmet,
    )


def best_of(found: list[Solution]) -> Solution:
    """Return the first of the solutions with the best rank."""
    return min(found, key=lambda solution: solution.rank)


def mix_seeds(*numbers: int) -> int:
    """Return one 64-bit seed from several numbers."""
    mixed = 0
    for number in numbers:
        mixed = ((mixed ^ number) * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64
        mixed ^= mixed >> 29
    return mixed


def _relabel_by_first_atom(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the labels renumbered by the first atom of each."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int32)
