"""Samples of the estimator as problems: coordinates, neighbours (any usual graph) and weights.

Rows and graph are matched by name: a row's name is its label in the index of a frame, else its
number. What names other rows is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from scipy.spatial import Delaunay, QhullError

from gridgeo.config import Band
from gridgeo.partition.problem import Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Edges = tuple[Any, Any, NDArray[np.float64]]

#: attributes of networkx edges that are lengths of borders, the first that is there counts
_LENGTHS = ("weight", "border_m")
_NODES = "connectivity has {} nodes"


def index_of(rows: Any) -> pd.Index | None:
    """Return the names of the rows of a frame or series, None where rows are just numbered."""
    return rows.index if isinstance(rows, pd.DataFrame | pd.Series) else None


def coordinates_of(rows: Any) -> Any:
    """Return the centroids of a frame or series of geometries, float64[n, 2]; others as they are.

    What has a CRS, in degrees or in metres, is laid out in the UTM zone of its middle, in whole
    millimetres: so the CRS of a layer does not change its regions.

    Raises
    ------
    ValueError
        A geometry is missing or empty.
    """
    if isinstance(rows, gpd.GeoDataFrame):
        rows = rows.geometry
    if not isinstance(rows, gpd.GeoSeries):
        return rows
    lacking = rows.isna() | rows.is_empty
    if lacking.any():
        raise ValueError(f"row {rows.index[lacking].tolist()[0]!r} of X has no geometry")
    if rows.crs is not None and (rows.crs.is_geographic or rows.crs.is_projected):
        degrees = rows.to_crs("EPSG:4326")
        rows = degrees.to_crs(degrees.estimate_utm_crs())
    return np.round(rows.centroid.get_coordinates().to_numpy(), 3)


def weights_by(weight: Any, index: pd.Index | None) -> Any:
    """Return weights in the order of the rows: a series is matched by its index.

    Raises
    ------
    ValueError
        The index of the series has other names than that of the rows.
    """
    names = index_of(weight)
    if index is None or names is None or names.equals(index):
        return weight
    rows = _rows(names, _numbered(index, len(index)), "sample_weight has {} values", len(index))
    return weight.iloc[np.argsort(rows)]


def _pairs_of(
    connectivity: Any, n: int, index: pd.Index | None = None
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the pairs of neighbours (int64[m, 2], left < right, sorted) and their weights.

    Parameters
    ----------
    connectivity
        A networkx graph, a libpysal ``Graph`` or ``W``, whose nodes are the names of the rows; an
        array of pairs of names (m, 2), with lengths (m, 3); or a scipy sparse matrix (n, n), or
        whatever else has a ``sparse`` matrix, in the order of the rows. Where a pair is given
        twice, or both ways, the larger weight counts; what links a sample to itself is left out.
    n
        The number of samples.
    index
        The names of the rows; 0..n-1 where None.

    Raises
    ------
    ValueError
        Of another kind or shape; a weight is negative or not a number; rows and nodes have
        different names.

    Examples
    --------
    >>> _pairs_of([(1, 0, 80.0), (1, 2, 50.0)], 3)
    (array([[0, 1],
           [1, 2]]), array([80., 50.]))
    >>> _pairs_of([("c", "a")], 3, pd.Index(["a", "b", "c"]))[0].tolist()
    [[0, 2]]
    """
    row = _numbered(index, n)
    adjacency = getattr(connectivity, "adjacency", None)
    if adjacency is not None and hasattr(connectivity, "nodes"):
        left, right, weight = _of_networkx(connectivity, row, n)
    elif isinstance(adjacency, pd.Series):
        left, right, weight = _of_adjacency(adjacency, row, n)
    elif hasattr(connectivity, "neighbors") and hasattr(connectivity, "weights"):
        left, right, weight = _of_lists(connectivity.neighbors, connectivity.weights, row, n)
    elif sparse.issparse(connectivity) or hasattr(connectivity, "sparse"):
        left, right, weight = _of_matrix(getattr(connectivity, "sparse", connectivity), n)
    else:
        left, right, weight = _of_pairs(connectivity, row, n)
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("a weight of connectivity is negative or not a number")
    ends = np.sort(np.column_stack([left, right]), axis=1).astype(np.int64)
    order = np.lexsort((-weight, ends[:, 1], ends[:, 0]))
    order = order[ends[order, 0] != ends[order, 1]]
    _, first = np.unique(ends[order], axis=0, return_index=True)
    return ends[order][first], weight[order][first]


def _numbered(index: pd.Index | None, n: int) -> dict[Any, int]:
    """Return the number of each row by its name."""
    if index is not None and not index.is_unique:
        twice = index[index.duplicated()].tolist()[0]
        raise ValueError(f"the index of X has {twice!r} twice: rows cannot be matched by it")
    return {name: i for i, name in enumerate(range(n) if index is None else index)}


def _rows(names: Iterable[Any], row: dict[Any, int], what: str, n: int) -> NDArray[np.int64]:
    """Return the number of the row of each of the `names`, which must be those of all rows."""
    given = list(names)
    strange = [name for name in given if name not in row]
    if strange or len(given) != n:
        rule = (
            f"they are not its rows, 0 to {n - 1}: give X as a frame whose index has these names"
            if list(row) == list(range(n))
            else "they are matched to the index of X, which must have the same names"
        )
        named = f", {strange[0]!r} among them" if strange else ""
        raise ValueError(f"{what.format(len(given))}{named}, X has {n} samples; {rule}")
    return np.array([row[name] for name in given], dtype=np.int64)


def _of_networkx(graph: Any, row: dict[Any, int], n: int) -> Edges:
    _rows(graph.nodes, row, _NODES, n)
    there = {key for _, _, values in graph.edges(data=True) for key in values}
    length = next((name for name in _LENGTHS if name in there), _LENGTHS[0])
    edges = [
        (row[a], row[b], values.get(length, 1.0))
        for a, b, values in graph.edges(data=True)
        if values.get("passable", True)
    ]
    left, right, weight = np.array(edges, dtype=np.float64).reshape(-1, 3).T
    return left, right, weight


def _of_adjacency(adjacency: pd.Series[Any], row: dict[Any, int], n: int) -> Edges:
    """Return the edges of a libpysal Graph, where an isolated node is its own neighbour."""
    focal, neighbour = (adjacency.index.get_level_values(i) for i in (0, 1))
    _rows(focal.unique(), row, _NODES, n)
    left, right = (np.array([row[name] for name in names]) for names in (focal, neighbour))
    return left, right, adjacency.to_numpy(dtype=np.float64)


def _of_lists(neighbours: Any, weights: Any, row: dict[Any, int], n: int) -> Edges:
    """Return the edges of a libpysal W: for each node its neighbours, and their weights."""
    _rows(neighbours, row, _NODES, n)
    edges = [
        (row[a], row[b], w)
        for a, others in neighbours.items()
        for b, w in zip(others, weights[a], strict=True)
    ]
    left, right, weight = np.array(edges, dtype=np.float64).reshape(-1, 3).T
    return left, right, weight


def _of_matrix(matrix: Any, n: int) -> Edges:
    if matrix.shape != (n, n):
        raise ValueError(f"connectivity has shape {matrix.shape}, X has {n} samples")
    entries = sparse.coo_array(matrix)
    return entries.row, entries.col, entries.data.astype(np.float64)


def _of_pairs(pairs: Any, row: dict[Any, int], n: int) -> Edges:
    given = np.asarray(pairs, dtype=None if len(pairs) else np.float64)
    if given.dtype.kind not in "iuf":
        given = np.array([list(pair) for pair in pairs], dtype=object)
    given = given.reshape(-1, 2) if given.size == 0 else given
    if given.ndim != 2 or given.shape[1] not in (2, 3):
        raise ValueError(
            "connectivity must be a scipy sparse matrix, a networkx graph, a libpysal Graph or W, "
            f"or pairs (m, 2) or (m, 3) with lengths; it has shape {given.shape}"
        )
    ends = given[:, :2]
    if strange := [name for name in ends.ravel().tolist() if name not in row]:
        known = f"0..{n - 1}" if list(row) == list(range(n)) else "the index of X"
        raise ValueError(f"a pair of connectivity names {strange[0]!r}: that is not in {known}")
    left, right = (np.array([row[name] for name in ends[:, i].tolist()]) for i in (0, 1))
    weight = given[:, 2].astype(np.float64) if given.shape[1] == 3 else np.ones(len(given))
    return left, right, weight


def _gabriel_pairs(points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the pairs of the Gabriel graph of points in the plane, int64[m, 2].

    Two points are neighbours when no third lies in, or on, the circle that has them as a
    diameter; such a graph is planar and connected. A point that coincides with another is linked
    to it; points on one line are a chain.

    Examples
    --------
    >>> _gabriel_pairs(np.array([[0, 0], [2, 0], [2, 2], [0, 2], [1, 5.0]])).tolist()
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


def _delaunay_areas(points: NDArray[np.float64]) -> NDArray[np.float64]:
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
#: a mean weight of samples and a compactness that need no higher penalty on what is out of band
_USUAL_COUNT = 10
_USUAL_COMPACTNESS = 0.5
#: steps from 0 to `upper` for weights that are not whole numbers
_WEIGHT_STEPS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class _Samples:
    """Samples in the plane, their neighbours, and the component of each.

    They stand in an order that their content decides, to which all arrays refer; `rows` are their
    rows in X.
    """

    rows: NDArray[np.int64]
    xy: NDArray[np.float64]
    area: NDArray[np.float64]
    pairs: NDArray[np.int64]
    border: NDArray[np.float64]
    component: NDArray[np.int64]

    def problem(
        self,
        members: NDArray[np.int64],
        counts: NDArray[np.int64],
        grids: int | None,
        balance: float,
        compactness: float,
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
            penalty=max(1.0, _USUAL_COUNT / max(1.0, float(counts.mean())))
            * max(1.0, balance, compactness / _USUAL_COMPACTNESS),
        )


def build_samples(
    points: NDArray[np.float64],
    weight: NDArray[np.float64],
    connectivity: Any,
    index: pd.Index | None = None,
) -> _Samples:
    """Return samples (n, d) with a mean border and a mean spacing of `UNIT_M`."""
    n = len(points)
    if connectivity is None:
        rows = np.argsort(_ranks(points, weight), kind="stable")
        xy = _in_plane(points[rows])
        pairs = _gabriel_pairs(xy)
        border = np.ones(len(pairs))
    else:
        given, border = _pairs_of(connectivity, n, index)
        rows = np.argsort(_ranks(points, weight, given, border), kind="stable")
        xy = _in_plane(points[rows])
        pairs = np.sort(np.argsort(rows)[given], axis=1)
    area = _delaunay_areas(xy)
    spacing, mean = np.sqrt(area.mean()), border.mean() if border.size else 0.0
    scale = UNIT_M / spacing if spacing > 0 else 1.0
    links = sparse.coo_array((np.ones(len(pairs)), pairs.T), shape=(n, n))
    return _Samples(
        rows=rows,
        xy=xy * scale,
        area=area * scale**2,
        pairs=pairs,
        border=border * (UNIT_M / mean if mean > 0 else 1.0),
        component=connected_components(links, directed=False)[1].astype(np.int64),
    )


def _ranks(
    points: NDArray[np.float64],
    weight: NDArray[np.float64],
    pairs: NDArray[np.int64] | None = None,
    border: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Return the rank of each sample by place and weight; of equal ones, by their neighbours.

    What stays equal then can change places without changing the regions.
    """
    contents = np.column_stack([points, weight]) + 0.0
    rank = np.unique(contents, axis=0, return_inverse=True)[1].reshape(-1)
    if pairs is None or border is None:
        return rank
    found = 0
    while found < int(rank.max()) + 1 < rank.size:
        found = int(rank.max()) + 1
        tied = np.bincount(rank)[rank] > 1
        around: dict[int, list[tuple[int, float]]] = {int(v): [] for v in np.flatnonzero(tied)}
        for (u, v), metres in zip(pairs.tolist(), border.tolist(), strict=True):
            for one, other in ((u, v), (v, u)):
                if one in around:
                    around[one].append((int(rank[other]), metres))
        keys = [(int(r), sorted(around.get(v, []))) for v, r in enumerate(rank)]
        order = sorted(range(rank.size), key=keys.__getitem__)
        steps = [keys[a] != keys[b] for a, b in pairwise(order)]
        rank = np.empty_like(rank)
        rank[order] = np.cumsum([0, *steps])
    return rank


def _in_plane(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return two columns: the points themselves, else their two principal coordinates."""
    if points.shape[1] == 2:
        corner: NDArray[np.float64] = points.min(axis=0)
        return points - corner
    centred = points - points.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    signs = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    along = centred @ (axes * signs[:, None]).T
    return np.column_stack([along, np.zeros((len(points), 2 - along.shape[1]))])


def integer_counts(
    weight: NDArray[np.float64], lower: float, upper: float
) -> tuple[NDArray[np.int64], Band]:
    """Return weights and band as integers: as they are, else in `_WEIGHT_STEPS` of `upper`.

    Examples
    --------
    >>> integer_counts(np.array([0.25, 0.5]), 0.5, 1.0)[0].tolist()
    [250000, 500000]
    """
    given = np.append(weight, [lower, upper])
    scale = 1.0 if (given == np.floor(given)).all() else _WEIGHT_STEPS / upper
    counts = np.round(weight * scale).astype(np.int64)
    limits = max(1, round(lower * scale)), max(1, round(upper * scale))
    return counts, Band(lower=limits[0], upper=limits[1], profile="households")
