"""Samples of the estimator as problems: coordinates, neighbours (any usual graph) and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, QhullError

from gridgeo.config import Band
from gridgeo.partition.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray


def pairs_of(connectivity: Any, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the pairs of neighbours (int64[m, 2], left < right, sorted) and their weights.

    Parameters
    ----------
    connectivity
        A scipy sparse matrix (n, n); a networkx graph with n nodes; a libpysal ``Graph`` or
        ``W``, or whatever else has a ``sparse`` matrix; or an array of pairs (m, 2), with
        lengths (m, 3). Where a pair is given twice, or both ways, the larger weight counts;
        what links a sample to itself is left out.
    n
        The number of samples.

    Raises
    ------
    ValueError
        Of another kind or shape; a weight is negative or not a number; a pair names a sample
        that is not there.

    Examples
    --------
    >>> pairs_of([(1, 0, 80.0), (1, 2, 50.0)], 3)
    (array([[0, 1],
           [1, 2]]), array([80., 50.]))
    """
    if hasattr(connectivity, "adjacency") and hasattr(connectivity, "nodes"):
        left, right, weight = _of_networkx(connectivity, n)
    elif sparse.issparse(connectivity) or hasattr(connectivity, "sparse"):
        left, right, weight = _of_matrix(getattr(connectivity, "sparse", connectivity), n)
    else:
        left, right, weight = _of_array(connectivity, n)
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("a weight of connectivity is negative or not a number")
    ends = np.sort(np.column_stack([left, right]), axis=1).astype(np.int64)
    order = np.lexsort((-weight, ends[:, 1], ends[:, 0]))
    order = order[ends[order, 0] != ends[order, 1]]
    _, first = np.unique(ends[order], axis=0, return_index=True)
    return ends[order][first], weight[order][first]


def _of_networkx(graph: Any, n: int) -> tuple[Any, Any, NDArray[np.float64]]:
    nodes = list(graph.nodes)
    if len(nodes) != n:
        raise ValueError(f"connectivity has {len(nodes)} nodes, X has {n} samples")
    ordered = range(n) if set(nodes) == set(range(n)) else nodes
    row = {node: i for i, node in enumerate(ordered)}
    edges = [(row[a], row[b], w) for a, b, w in graph.edges(data="weight", default=1.0)]
    left, right, weight = np.array(edges, dtype=np.float64).reshape(-1, 3).T
    return left, right, weight


def _of_matrix(matrix: Any, n: int) -> tuple[Any, Any, NDArray[np.float64]]:
    if matrix.shape != (n, n):
        raise ValueError(f"connectivity has shape {matrix.shape}, X has {n} samples")
    entries = sparse.coo_array(matrix)
    return entries.row, entries.col, entries.data.astype(np.float64)


def _of_array(pairs: Any, n: int) -> tuple[Any, Any, NDArray[np.float64]]:
    given = np.asarray(pairs, dtype=np.float64)
    given = given.reshape(-1, 2) if given.size == 0 else given
    if given.ndim != 2 or given.shape[1] not in (2, 3):
        raise ValueError(
            "connectivity must be a scipy sparse matrix, a networkx graph, a libpysal Graph or W, "
            f"or pairs (m, 2) or (m, 3) with lengths; it has shape {given.shape}"
        )
    ends = given[:, :2]
    if (ends != np.floor(ends)).any() or (ends < 0).any() or (ends >= n).any():
        raise ValueError(f"a pair of connectivity names a sample that is not in 0..{n - 1}")
    weight = given[:, 2] if given.shape[1] == 3 else np.ones(len(given))
    return ends[:, 0], ends[:, 1], weight


def gabriel_pairs(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the pairs of the Gabriel graph of points in the plane, int64[m, 2].

    Two points are neighbours when no third lies in, or on, the circle that has them as a
    diameter; such a graph is planar and connected. A point that coincides with another is linked
    to it; points on one line are a chain.

    Examples
    --------
    >>> gabriel_pairs(np.array([[0, 0], [2, 0], [2, 2], [0, 2], [1, 5.0]])).tolist()
    [[0, 1], [0, 3], [1, 2], [2, 3], [2, 4], [3, 4]]
    """
    try:
        mesh = Delaunay(points)
    except (QhullError, ValueError):  # fewer than three points, or all on one line
        chain = np.lexsort(points.T)
        return np.column_stack([chain[:-1], chain[1:]]).astype(np.int64)
    corners = mesh.simplices.astype(np.int64)
    sides = np.concatenate([corners[:, [1, 2]], corners[:, [2, 0]], corners[:, [0, 1]]])
    apex = np.concatenate([corners[:, 0], corners[:, 1], corners[:, 2]])
    a, b = points[sides[:, 0]] - points[apex], points[sides[:, 1]] - points[apex]
    inside = (a * b).sum(axis=1) <= 1e-9 * np.hypot(*a.T) * np.hypot(*b.T)
    ends, pair = np.unique(np.sort(sides, axis=1), axis=0, return_inverse=True)
    kept = ends[np.bincount(pair, weights=inside) == 0]
    same = mesh.coplanar[:, [0, 2]].astype(np.int64)
    return np.concatenate([kept, same])


def delaunay_areas(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the area of each point: a third of every Delaunay triangle at it.

    Zero for all where the points lie on one line.
    """
    area = np.zeros(len(points))
    try:
        corners = Delaunay(points).simplices
    except (QhullError, ValueError):
        return area
    a, b, c = (points[corners[:, i]] for i in range(3))
    twice = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    for i in range(3):
        np.add.at(area, corners[:, i], np.abs(twice) / 6)
    return area


#: a mean border and a mean spacing of samples, in the solver's metres: it rounds to millimetres
UNIT_M = 100.0
#: steps from 0 to `upper` for weights that are not whole numbers
WEIGHT_STEPS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Samples:
    """Samples in the plane, their neighbours, and the component of each."""

    xy: NDArray[np.float64]
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
            x=self.xy[members, 0],
            y=self.xy[members, 1],
            area=self.area[members],
            balance_m=balance * UNIT_M,
            compactness=compactness,
            grids=grids,
        )


def build_samples(points: NDArray[np.float64], connectivity: Any) -> Samples:
    """Return samples (n, d) with a mean border and a mean spacing of `UNIT_M`."""
    n = len(points)
    xy = _in_plane(points)
    if connectivity is None:
        pairs = gabriel_pairs(xy)
        border = np.ones(len(pairs))
    else:
        pairs, border = pairs_of(connectivity, n)
    area = delaunay_areas(xy)
    spacing, mean = np.sqrt(area.mean()), border.mean() if border.size else 0.0
    scale = UNIT_M / spacing if spacing > 0 else 1.0
    links = sparse.coo_array((np.ones(len(pairs)), pairs.T), shape=(n, n))
    return Samples(
        xy=xy * scale,
        area=area * scale**2,
        pairs=pairs,
        border=border * (UNIT_M / mean if mean > 0 else 1.0),
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


def integer_counts(
    weight: NDArray[np.float64], lower: float, upper: float
) -> tuple[NDArray[np.int64], Band]:
    """Return weights and band as integers: as they are, else in `WEIGHT_STEPS` of `upper`.

    Examples
    --------
    >>> integer_counts(np.array([0.25, 0.5]), 0.5, 1.0)[0].tolist()
    [250000, 500000]
    """
    given = np.append(weight, [lower, upper])
    scale = 1.0 if (given == np.floor(given)).all() else WEIGHT_STEPS / upper
    counts = np.round(weight * scale).astype(np.int64)
    limits = max(1, round(lower * scale)), max(1, round(upper * scale))
    return counts, Band(lower=limits[0], upper=limits[1], profile="households")
