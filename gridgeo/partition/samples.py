"""Samples with coordinates, neighbours and weights, as problems for the solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gridgeo.config import Band
from gridgeo.partition.neighbours import gabriel_pairs, pairs_of, share_out
from gridgeo.partition.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: a mean border and a mean spacing of samples, in the solver's metres: it rounds to millimetres
UNIT = 100.0
#: parts of `upper` that weights are counted in where they are no whole numbers
PARTS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Samples in the plane, their neighbours, and the component of each."""

    place: NDArray[np.float64]
    area: NDArray[np.float64]
    pairs: NDArray[np.int64]
    border: NDArray[np.float64]
    component: NDArray[np.int64]

    def problem(
        self,
        members: NDArray[np.int64],
        counts: NDArray[np.int64],
        *,
        balance: float,
        compactness: float,
        grids: int | None,
    ) -> Problem:
        """Return the problem of the component with these `members` (sorted)."""
        inside = np.flatnonzero(np.isin(self.pairs[:, 0], members))
        pairs = inside.size
        return Problem(
            households=counts[members],
            residents=np.full(members.size, np.nan),
            edges=np.searchsorted(members, self.pairs[inside]).astype(np.int32),
            cut_m=self.border[inside],
            straddle_m=np.zeros(pairs),
            linked=np.ones(pairs, dtype=bool),
            x=self.place[members, 0],
            y=self.place[members, 1],
            area=self.area[members],
            balance_m=balance * UNIT,
            compactness=compactness,
            grids=grids,
        )


def lay_out_samples(points: NDArray[np.float64], connectivity: Any) -> Samples:
    """Return samples (n, d) with a mean border and a mean spacing of `UNIT`."""
    n = len(points)
    place = _in_plane(points)
    if connectivity is None:
        pairs = gabriel_pairs(place)
        border = np.ones(len(pairs))
    else:
        pairs, border = pairs_of(connectivity, n)
    area = share_out(place)
    spacing, mean = np.sqrt(area.mean()), border.mean() if border.size else 0.0
    scale = UNIT / spacing if spacing > 0 else 1.0
    links = sparse.coo_array((np.ones(len(pairs)), pairs.T), shape=(n, n))
    return Samples(
        place=place * scale,
        area=area * scale**2,
        pairs=pairs,
        border=border * (UNIT / mean if mean > 0 else 1.0),
        component=connected_components(links, directed=False)[1].astype(np.int64),
    )


def _in_plane(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two columns: the points themselves, else their two principal coordinates."""
    if points.shape[1] == 2:
        return points
    centred = points - points.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    along = centred @ (axes * signs[:, None]).T
    return np.column_stack([along, np.zeros((len(points), 2 - along.shape[1]))])


def whole_counts(
    weight: NDArray[np.float64], lower: float, upper: float
) -> tuple[NDArray[np.int64], Band]:
    """Return weights and band in whole numbers: as they are, else in `PARTS` of `upper`.

    Examples
    --------
    >>> whole_counts(np.array([0.25, 0.5]), 0.5, 1.0)[0].tolist()
    [250000, 500000]
    """
    given = np.append(weight, [lower, upper])
    scale = 1.0 if (given == np.floor(given)).all() else PARTS / upper
    counts = np.round(weight * scale).astype(np.int64)
    limits = max(1, round(lower * scale)), max(1, round(upper * scale))
    return counts, Band(lower=limits[0], upper=limits[1], profile="households")
