"""What grids cost by the weights of the search, and in how many pieces they lie."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridgeo.partition.graph import connected, problem_of, sum_by
from gridgeo.partition.kernel import COST, tally
from gridgeo.partition.web import rule_of, weave

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.bands import Bands
    from gridgeo.config import Band, Weights
    from gridgeo.partition.graph import Ground
    from gridgeo.partition.problem import Problem

#: The terms of the cost, as ``docs/costs.md`` has them.
TERMS = ("borders_m", "straddled_m", "balance_m", "compactness_m")


def price_grids(
    ground: Ground, labels: NDArray[np.int64], *, bands: Bands, weights: Weights
) -> pd.DataFrame:
    """Return what each grid costs.

    Parameters
    ----------
    ground
        The atoms, laid out with the same weights.
    labels
        int64[n], the grid of each atom, 0..g-1; -1 for atoms of dedicated and open grids, which
        cost nothing. A grid lies in one community.
    bands, weights
        As for `partition_atoms`, which delivers the cheapest division that it finds.

    Returns
    -------
    DataFrame
        By label the terms of the cost in metres, `TERMS`; 0 for labels that no atom has. Of a
        border between two grids each has half, so the sum over a community is its cost.

    Examples
    --------
    >>> import gridgeo as gg
    >>> from gridgeo.adjust import try_edits
    >>> trial = try_edits(gg.load("out"))
    >>> plan = trial.plan
    >>> labels = pd.factorize(plan.atoms["grid"], sort=True)[0]
    >>> prices = price_grids(
    ...     trial.ground, labels, bands=trial.bands, weights=plan.settings.weights
    ... )
    >>> list(prices)
    ['borders_m', 'straddled_m', 'balance_m', 'compactness_m']
    >>> prices["balance_m"].tolist()  # all have 400 households, the middle of the band
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    grids = int(labels.max(initial=-1)) + 1
    inside = (labels[ground.left] >= 0) & (labels[ground.right] >= 0)
    left, right = labels[ground.left][inside], labels[ground.right][inside]
    cut, cut_m, straddle_m = left != right, ground.cut_m[inside], ground.straddle_m[inside]
    balance, compactness = _of_grids(ground, labels, grids, bands, weights)
    return pd.DataFrame(
        {
            "borders_m": (sum_by(left, cut_m * cut, grids) + sum_by(right, cut_m * cut, grids)) / 2,
            "straddled_m": sum_by(left, straddle_m * ~cut, grids),
            "balance_m": balance,
            "compactness_m": compactness,
        }
    )


def count_parts(ground: Ground, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the number of pieces of each grid 0..g-1; any common border connects.

    Atoms labelled -1 are in no grid.
    """
    grids = int(labels.max(initial=-1)) + 1
    same = labels[ground.left] == labels[ground.right]
    piece = connected(ground, same & (labels[ground.left] >= 0))
    pieces = np.unique(np.stack([labels, piece])[:, labels >= 0], axis=1)[0]
    return np.bincount(pieces, minlength=grids)


def _of_grids(
    ground: Ground,
    labels: NDArray[np.int64],
    grids: int,
    bands: Bands,
    weights: Weights,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return balance and compactness of each grid, by the band of its community."""
    members = np.flatnonzero(labels >= 0)
    whole = problem_of(ground, members, np.empty(0, dtype=np.int64), weights)
    web, own = weave(_in_corner(whole)), labels[members].astype(np.int32)
    community = np.full(grids, -1)
    community[own] = ground.community[members]
    by_band: dict[Band, list[int]] = {}
    for grid in np.unique(own).tolist():
        by_band.setdefault(bands.of(community[grid]), []).append(grid)
    balance, compactness = np.zeros(grids), np.zeros(grids)
    for band, chosen in by_band.items():
        rule = rule_of(whole, band)
        even = tally(web, rule._replace(compactness=0.0), own, grids)[1]
        shape = tally(web, rule._replace(balance_m=0.0), own, grids)[1]
        balance[chosen], compactness[chosen] = even[chosen, COST], shape[chosen, COST]
    return balance, compactness


def _in_corner(problem: Problem) -> Problem:
    """Return the problem with coordinates from its own corner: small numbers stay exact."""
    if not problem.x.size:
        return problem
    return replace(problem, x=problem.x - problem.x.min(), y=problem.y - problem.y.min())
