"""The problem of one piece as arrays, its solution, cancellation, and the effort of a search."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Timer
from types import MappingProxyType
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
    outer, enclave_m
        bool[n]: whether an atom borders on something else than the others; what it costs that a
        grid encloses others so that they border on it alone. Where `outer` is None nothing does.
    grids
        The number of grids, None where it is free.
    cannot_links
        int32[a, 2]: pairs that must not share a grid.
    penalty
        What a household outside the band costs the search, by what it usually does: 1 is for atoms
        of ten households or more and weights near the defaults of `gridgeo.config.Weights`.
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
    outer: NDArray[np.bool_] | None = None
    enclave_m: float = 0.0
    grids: int | None = None
    cannot_links: NDArray[np.int32] = field(
        default_factory=lambda: np.empty((0, 2), dtype=np.int32)
    )
    penalty: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Solution:
    """The best labelling that was found, 0..grids-1; every grid is connected.

    ``missed`` counts the bands that are missed (an oversized grid counts once for every further
    time that the upper limit goes into it), ``distance`` the households by which they are missed;
    ``cost`` is in metres; ``unmet_cannot_links`` counts the cannot-link pairs in one grid.
    ``exact`` means proved: where this labelling is not in band, none is, whatever its number of
    grids.

    The effort spent: ``starts`` and proposed ``moves``, and the result of the first start alone
    (``first_missed``, ``first_cost``); ``interrupted`` where the search was cancelled.

    ``certificate`` says how good a labelling in band is proved to be: ``optimal`` (none of as many
    grids costs less), ``pairwise`` (no two adjacent grids can be repartitioned at less cost),
    ``gap`` (none costs less than ``bound``), or ``""``. `bound` may be known beside ``pairwise``.

    ``must_move`` and ``must_flow`` are for minimal changes only: see
    `gridgeo.partition.MinimalChange`.
    """

    labels: NDArray[np.int32]
    grids: int
    missed: int
    distance: float
    cost: float
    moves: int
    exact: bool = False
    unmet_cannot_links: int = 0
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
        """Tell whether a band is missed or a cannot-link is not met."""
        return bool(self.missed or self.unmet_cannot_links)

    @property
    def rank(self) -> tuple[int, int, float, float]:
        """The values that solutions are compared by, in this order; less is better.

        Cannot-links not met, bands missed, distance, cost.
        """
        return self.unmet_cannot_links, self.missed, round(self.distance, 3), round(self.cost, 3)


def restrict_problem(problem: Problem, members: NDArray[np.int64], grids: int | None) -> Problem:
    """Return the problem of some atoms (ascending), with this number of grids."""
    position = np.full(problem.households.size, -1)
    position[members] = np.arange(members.size)
    inner = (position[problem.edges] >= 0).all(axis=1)
    cannot_links = position[problem.cannot_links]
    outer = problem.outer
    if outer is not None:
        outer = outer.copy()
        outer[problem.edges[(position[problem.edges] < 0).any(axis=1)]] = True
        outer = outer[members]
    return replace(
        problem,
        **{a: getattr(problem, a)[members] for a in ("households", "residents", "x", "y", "area")},
        **{a: getattr(problem, a)[inner] for a in ("cut_m", "straddle_m", "linked")},
        edges=position[problem.edges[inner]].astype(np.int32),
        outer=outer,
        grids=grids,
        cannot_links=cannot_links[(cannot_links >= 0).all(axis=1)].astype(np.int32),
    )


def number_by_first(labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the labels renumbered from 0 in the order in which they first appear."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[inverse], dtype=np.int64)


def canonical_order(problem: Problem) -> tuple[Problem, NDArray[np.int64]]:
    """Return the problem in an order that its content alone decides, and that order.

    Coordinates are relative to the corner of the piece and all measures are rounded to a
    millimetre, so that neither the order of rows nor the place of the town changes the search.
    """
    x, y = (np.round(a - a.min(), 3) for a in (problem.x, problem.y))
    area = np.maximum(np.round(problem.area, 3), 1e-3)
    residents = np.nan_to_num(problem.residents, nan=-1.0)
    order = np.lexsort((residents, problem.households, area, y, x))
    position = np.empty_like(order)
    position[order] = np.arange(order.size)
    ends = np.sort(position[problem.edges], axis=1)
    rows = np.lexsort((ends[:, 1], ends[:, 0]))
    cannot_links = np.unique(np.sort(position[problem.cannot_links], axis=1), axis=0)
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
        outer=None if problem.outer is None else problem.outer[order],
        cannot_links=cannot_links.astype(np.int32),
    )
    return ordered, order


def fingerprint(problem: Problem) -> int:
    """Return a number that the content of a problem in canonical order decides."""
    state = 0
    contents = (
        problem.households,
        problem.edges,
        problem.cut_m,
        problem.x,
        problem.y,
        problem.cannot_links,
    )
    for a in contents:
        state = zlib.crc32(np.ascontiguousarray(a).tobytes(), state)
    return state


class Cancellation:
    """A flag that every kernel polls; `cancel` makes all of them return the best they have.

    Each search that is given the cancellation ends within about a tenth of a second, with a valid
    labelling.

    Examples
    --------
    >>> cancellation = Cancellation()
    >>> cancellation.cancelled
    False
    >>> cancellation.cancel()
    >>> cancellation.cancelled
    True
    """

    def __init__(self) -> None:
        self.flag = np.zeros(1, dtype=np.uint8)

    def cancel(self) -> None:
        """Cancel all searches with this flag; safe from any thread and from signal handlers."""
        self.flag[0] = 1

    @property
    def cancelled(self) -> bool:
        """Tell whether `cancel` was called."""
        return bool(self.flag[0])

    @contextmanager
    def after(self, seconds: float | None) -> Iterator[Cancellation]:
        """Cancel when the block runs for more wall-clock seconds than these; never where None."""
        if seconds is None:
            yield self
            return
        timer = Timer(seconds, self.cancel)
        timer.daemon = True
        timer.start()
        try:
            yield self
        finally:
            timer.cancel()


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """The iterations of the search of one piece.

    A start proposes `per_pair` moves per atom times the square of the number of grids, but not
    more than `max_per_atom`; over many atoms not more than `moves_per_start` in all, though
    `min_per_atom` per atom in any case. So few grids take few moves, and many atoms end in
    reasonable time.
    """

    per_pair: int
    max_per_atom: int
    moves_per_start: int
    min_per_atom: int
    #: the most independent starts; two that end alike are enough
    starts: int
    #: repairs while bands are missed, and recombinations per grid in each
    repairs: int = 2
    recombinations: int = 40
    #: rounds of the elite pool: reheating, then set partitioning over all grids met so far
    elite_rounds: int = 0
    #: size of the elite pool, reheats of each labelling in a round, and the share of a start's
    #: proposals in each
    elite_size: int = 4
    reheats: int = 6
    reheat_share: float = 0.1

    def moves_per_atom(self, atoms: int, grids: int) -> int:
        """Return the proposals per atom of one start.

        Examples
        --------
        >>> effort = EFFORTS["fast"]
        >>> effort.moves_per_atom(120, 3), effort.moves_per_atom(10_000, 250)
        (180, 200)
        """
        large = max(self.min_per_atom, min(self.max_per_atom, self.moves_per_start // atoms))
        return min(self.per_pair * grids * grids, large)


EFFORTS: Mapping[str, Effort] = MappingProxyType(
    {
        "fast": Effort(
            per_pair=20, max_per_atom=600, moves_per_start=300_000, min_per_atom=200, starts=1
        ),
        "normal": Effort(
            per_pair=25,
            max_per_atom=2000,
            moves_per_start=4_000_000,
            min_per_atom=700,
            starts=4,
            elite_rounds=1,
            elite_size=3,
        ),
        "best": Effort(
            per_pair=400,
            max_per_atom=40_000,
            moves_per_start=16_000_000,
            min_per_atom=2000,
            starts=8,
            repairs=8,
            elite_rounds=4,
            elite_size=6,
            reheats=10,
            reheat_share=0.05,
        ),
    }
)
