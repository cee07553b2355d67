"""The atom graph: atoms of all communities as arrays, pairs that share a border, and their links.

Two atoms are linked where part of their common border can be crossed: it is no water, rail or
motorway, or a street crosses it there. A part that is so short (corners that nearly meet, a metre
beside a barrier) that only chance would hold a grid together there does not count. Links that
planners gave (bridges, village roads) join atoms that share no border, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.model import CROSSED_BY_STREETS_ONLY
from gridgeo.partition.problem import Problem

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.config import Weights
    from gridgeo.model import Atoms


def _drop_short_links(
    ends: NDArray[np.int64],
    link_m: NDArray[np.float64],
    where: NDArray[np.float64],
    least_m: float,
) -> NDArray[np.bool_]:
    """Tell which pairs stay linked when links shorter than `least_m` are dropped.

    Parameters
    ----------
    ends
        int64[m, 2]: pairs of atoms.
    link_m
        float64[m]: the metres over which each pair connects, 0 where it does not.
    where
        float64[m, 2]: a location of each pair, which decides between links of equal length.

    Returns
    -------
    bool[m]
        Connected components stay the same: of the short links the longest that this needs are
        kept, so that each of these is a bridge.

    Examples
    --------
    >>> ends = np.array([[0, 1], [1, 2], [0, 2], [2, 3]])
    >>> _drop_short_links(ends, np.array([50, 40, 0.3, 0.2]), np.zeros((4, 2)), 1.0).tolist()
    [True, True, False, True]
    """
    keeps = link_m >= max(least_m, 1e-9)
    atoms = int(ends.max(initial=-1)) + 1
    graph = coo_array((np.ones(int(keeps.sum())), tuple(ends[keeps].T)), shape=(atoms, atoms))
    component = connected_components(graph, directed=False)[1]
    short = np.flatnonzero((link_m > 0) & ~keeps & (component[ends[:, 0]] != component[ends[:, 1]]))
    order = np.lexsort((*np.round(where[short].T, 3), -np.round(link_m[short], 3)))
    for pair in short[order].tolist():
        one, other = component[ends[pair]]
        if one != other:
            component[component == other] = one
            keeps[pair] = True
    return keeps


#: What a cut off the streets is charged as, by what it follows: beside a street or barrier like a
#: lane.
_CHARGED_AS = {
    "street": "lane",
    "path": "lane",
    "rail": "lane",
    "wall": "lane",
    "water": "lane",
    "compound": "compound",
    "parcel": "parcel",
    "building_gap": "building_gap",
}


@dataclass(frozen=True, kw_only=True)
class AtomGraph:
    """The atoms of all communities as arrays, and the pairs of them that share a border.

    Pairs lie within one community; ``left < right``; ``basic`` are those of two atoms that belong
    to no facility and no locked grid. ``cannot_links`` are pairs of atoms, int64[a, 2], that must
    not share a grid. ``barrier`` is the class that divides an unlinked pair (its position in
    `CROSSED_BY_STREETS_ONLY`, the one that is easiest to cross where there are several), -1 for
    linked pairs and for those whose link is too short. ``rim`` are atoms at the border of the
    community.
    """

    community: NDArray[np.int64]
    facility: NDArray[np.int64]
    locked: NDArray[np.int64]
    households: NDArray[np.int64]
    residents: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    area: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    border_m: NDArray[np.float64]
    cut_m: NDArray[np.float64]
    straddle_m: NDArray[np.float64]
    linked: NDArray[np.bool_]
    barrier: NDArray[np.int64]
    basic: NDArray[np.bool_]
    cannot_links: NDArray[np.int64]
    rim: NDArray[np.bool_]


def build_atom_graph(
    atoms: Atoms, weights: Weights, locked: NDArray[np.int64] | None = None
) -> AtomGraph:
    """Return the graph of these atoms, each pair of neighbours once, with its costs.

    Parameters
    ----------
    locked
        The locked grid of each atom, -1 for none; locked atoms belong to no facility.
    """
    frame = atoms.frame
    community = frame["community"].to_numpy(np.int64)
    locked = np.full(community.size, -1) if locked is None else locked
    facility = np.where(locked < 0, frame["facility"].to_numpy(np.int64), -1)
    free = (facility < 0) & (locked < 0)
    geometry = frame.geometry.to_numpy()
    centre = shapely.centroid(geometry)
    left, right, row_pair, rows = _pairs(atoms.borders, community)
    classes = _cut_classes(rows)
    border_m = rows["border_m"].to_numpy(np.float64)
    beside_m = rows["beside_street_m"].fillna(0.0).to_numpy(np.float64)
    crossed = rows["passable"].to_numpy(bool)
    rank = np.full(len(rows), -1)
    cut, straddle = np.zeros(len(rows)), np.zeros(len(rows))
    for name, weight in weights.cut.items():
        cut[classes == name] = weight
    for position, name in enumerate(CROSSED_BY_STREETS_ONLY):
        straddle[classes == name] = weights.straddle[name]
        rank[(classes == name) & ~crossed] = position
    pairs = left.size
    given = rows["link"].to_numpy(bool)
    link_m = sum_by(row_pair, np.where(given, np.inf, border_m * (rank < 0)), pairs)
    basic = free[left] & free[right]
    linked = link_m > 0
    location = np.column_stack([shapely.get_x(centre), shapely.get_y(centre)])
    linked[basic] = _drop_short_links(
        np.column_stack([left, right])[basic],
        link_m[basic],
        (location[left] + location[right])[basic],
        weights.least_link_m,
    )
    barrier = np.full(pairs, -1)
    np.maximum.at(barrier, row_pair, rank)
    return AtomGraph(
        community=community,
        facility=facility,
        locked=locked,
        households=frame["households"].to_numpy(np.int64),
        residents=frame["residents"].to_numpy(np.float64),
        x=location[:, 0],
        y=location[:, 1],
        area=shapely.area(geometry),
        left=left,
        right=right,
        border_m=sum_by(row_pair, border_m, pairs),
        cut_m=sum_by(row_pair, border_m * cut + beside_m * weights.beside_street, pairs),
        straddle_m=sum_by(row_pair, border_m * straddle, pairs),
        linked=linked,
        barrier=np.where(linked, -1, barrier),
        basic=basic,
        cannot_links=np.empty((0, 2), dtype=np.int64),
        rim=_rim(atoms.borders, community),
    )


def _cut_classes(rows: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Return what a cut is charged as: the class, off the streets what the border follows."""
    off = rows["follows"].map(_CHARGED_AS).where(rows["street_class"] == "none")
    return np.asarray(off.fillna(rows["street_class"]).to_numpy(dtype=object))


def _rim(borders: gpd.GeoDataFrame, community: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which atoms border on another community or on none."""
    left, right = borders["left"].to_numpy(np.int64), borders["right"].to_numpy(np.int64)
    apart = (right < 0) | (community[left] != community[right])
    rim = np.zeros(community.size, dtype=bool)
    rim[left[apart]] = True
    rim[right[apart & (right >= 0)]] = True
    return rim


def sum_by(group: NDArray[Any], amount: NDArray[Any], groups: int) -> NDArray[np.float64]:
    """Return the sum of the amounts of each group 0..groups-1."""
    return np.asarray(np.bincount(group, weights=amount, minlength=groups), dtype=np.float64)


def _pairs(
    borders: gpd.GeoDataFrame, community: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.intp], gpd.GeoDataFrame]:
    """Return the pairs inside communities, the pair of each of their rows, and these rows."""
    left, right = borders["left"].to_numpy(np.int64), borders["right"].to_numpy(np.int64)
    real = (borders["border_m"].to_numpy(np.float64) > 0) | borders["link"].to_numpy(bool)
    inner = (right >= 0) & real
    inner &= community[left] == community[right]
    key, row_pair = np.unique(left[inner] * community.size + right[inner], return_inverse=True)
    return key // community.size, key % community.size, row_pair, borders[inner]


def label_components(graph: AtomGraph, pairs: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each atom the number of its connected component over the chosen pairs."""
    n = graph.community.size
    matrix = coo_array(
        (np.ones(int(pairs.sum()), dtype=np.int8), (graph.left[pairs], graph.right[pairs])),
        shape=(n, n),
    )
    return np.asarray(connected_components(matrix, directed=False)[1], dtype=np.int64)


def positions_by(key: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """Return the positions of each value of `key`, in order; negative values are left out."""
    order = np.argsort(key, kind="stable")
    values, first = np.unique(key[order], return_index=True)
    bounds = np.append(first, key.size)
    return {
        int(v): order[i:j]
        for v, i, j in zip(values, bounds[:-1], bounds[1:], strict=True)
        if v >= 0
    }


def problem_of(
    graph: AtomGraph,
    members: NDArray[np.int64],
    pairs: NDArray[np.int64],
    weights: Weights,
    grids: int | None = None,
) -> Problem:
    """Return the problem of the atoms `members` (sorted), `pairs` being all those among them."""
    cannot_links = graph.cannot_links[np.isin(graph.cannot_links, members).all(axis=1)]
    return Problem(
        households=graph.households[members],
        residents=graph.residents[members],
        edges=np.column_stack(
            [
                np.searchsorted(members, graph.left[pairs]),
                np.searchsorted(members, graph.right[pairs]),
            ]
        ).astype(np.int32),
        cut_m=graph.cut_m[pairs],
        straddle_m=graph.straddle_m[pairs],
        linked=graph.linked[pairs],
        x=graph.x[members],
        y=graph.y[members],
        area=graph.area[members],
        balance_m=weights.balance_m,
        compactness=weights.compactness,
        outer=_outer(graph, members),
        enclave_m=weights.enclave_m,
        grids=grids,
        cannot_links=np.searchsorted(members, cannot_links).astype(np.int32),
    )


def _outer(graph: AtomGraph, members: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which members are at the rim, or border on other ground that reaches it."""
    inside = np.zeros(graph.community.size, dtype=bool)
    inside[members] = True
    reached = label_components(graph, ~inside[graph.left] & ~inside[graph.right])
    at_rim = np.zeros(graph.community.size, dtype=bool)
    at_rim[reached[graph.rim & ~inside]] = True
    outside = at_rim[reached] & ~inside
    outer = graph.rim.copy()
    outer[graph.left[outside[graph.right]]] = True
    outer[graph.right[outside[graph.left]]] = True
    return np.asarray(outer[members], dtype=np.bool_)
