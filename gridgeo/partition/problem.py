"""The job of one piece of ground, as arrays: what the search is given and what it answers."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Atoms to be labelled, n of them, connected by their links; m pairs share a border.

    Parameters
    ----------
    households
        int64[n].
    residents
        float64[n], NaN where unknown.
    edges
        int32[m, 2], each pair once.
    cut_m, straddle_m
        float64[m]: what the pair costs when it lies in two grids, and when in one.
    linked
        bool[m]: False where the border is a barrier that nothing crosses. Such a pair has its
        costs but does not connect.
    x, y, area
        float64[n]: centroids in metres, areas in m².
    balance_m, compactness
        As in `gridgeo.config.Weights`.
    grids
        The number of grids, where it is fixed.
    apart
        int32[a, 2]: pairs that must not share a grid.
    """

    households: NDArray[np.int64]
    residents: NDArray[np.float64]
    edges: NDArray[np.int32]
    cut_m: NDArray[np.float64]
    straddle_m: NDArray[np.float64]
    linked: NDArray[np.bool_]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    area: NDArray[np.float64]
    balance_m: float = 0.0
    compactness: float = 0.0
    grids: int | None = None
    apart: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int32))


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The best labelling that was found, 0..grids-1, every grid connected.

    ``missed`` counts the bands that are missed (an oversized grid counts once for every further
    time that the upper limit goes into it), ``distance`` the households by which; ``cost`` is in
    metres; ``together`` counts the pairs that should be apart and are not. ``exact`` means proved:
    no labelling, whatever its number of grids, misses fewer bands.

    What it took: ``starts`` and proposed ``moves``, and what the first start alone reached
    (``first_missed``, ``first_cost``); ``interrupted`` where the search was told to stop.

    ``certificate`` says how good a labelling in band is proved to be: ``optimal`` (none of as many
    grids costs less), ``pairwise`` (no two grids can be divided better among themselves), ``gap``
    (none costs less than ``bound``, no more is known), or ``""``. `bound` may be known beside
    ``pairwise``.

    ``must_move`` and ``must_flow`` are for changes only: see `gridgeo.partition.change.Change`.
    """

    labels: NDArray[np.int32]
    grids: int
    missed: int
    distance: float
    cost: float
    moves: int
    exact: bool = False
    together: int = 0
    starts: int = 1
    first_missed: int = 0
    first_cost: float = 0.0
    interrupted: bool = False
    certificate: str = ""
    bound: float = -math.inf
    must_move: int = 0
    must_flow: int = 0

    @property
    def failed(self) -> bool:
        """Tell whether a band is missed, or a pair not apart."""
        return bool(self.missed or self.together)

    @property
    def rank(self) -> tuple[int, int, float, float]:
        """What is compared, in this order; less is better.

        Pairs not apart, bands missed, distance, cost.
        """
        return self.together, self.missed, round(self.distance, 3), round(self.cost, 3)


def in_order(problem: Problem) -> tuple[Problem, NDArray[np.int64]]:
    """Return the problem in an order that its content alone decides, and that order.

    Coordinates count from the piece's own corner and all measures are rounded to a millimetre,
    so that neither the order of rows nor where the town lies changes the search.
    """
    x, y = (np.round(a - a.min(), 3) for a in (problem.x, problem.y))
    area = np.maximum(np.round(problem.area, 3), 1e-3)
    residents = np.nan_to_num(problem.residents, nan=-1.0)
    order = np.lexsort((residents, problem.households, area, y, x))
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    ends = np.sort(place[problem.edges], axis=1)
    rows = np.lexsort((ends[:, 1], ends[:, 0]))
    apart = np.unique(np.sort(place[problem.apart], axis=1), axis=0)
    ordered = replace(
        problem,
        households=problem.households[order],
        residents=problem.residents[order],
        edges=ends[rows].astype(np.int32),
        cut_m=np.round(problem.cut_m[rows], 3),
        straddle_m=np.round(problem.straddle_m[rows], 3),
        linked=problem.linked[rows],
        x=x[order],
        y=y[order],
        area=area[order],
        apart=apart.astype(np.int32),
    )
    return ordered, order


def fingerprint(problem: Problem) -> int:
    """Return a number that the content of an ordered problem decides."""
    state = 0
    told = (problem.households, problem.edges, problem.cut_m, problem.x, problem.y, problem.apart)
    for a in told:
        state = zlib.crc32(np.ascontiguousarray(a).tobytes(), state)
    return state
