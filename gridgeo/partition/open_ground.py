"""Open ground: pieces without households that join an adjacent grid or become open grids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridgeo.model import CROSSED_BY_STREETS_ONLY
from gridgeo.partition.atom_graph import AtomGraph, positions_by
from gridgeo.partition.pieces import BarrierLink
from gridgeo.wording import STREETS, Reason, Text, join

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import OpenGround


def assign_open_ground(
    graph: AtomGraph, piece: NDArray[np.int64], labels: NDArray[np.int64], rule: OpenGround
) -> tuple[NDArray[np.int64], list[BarrierLink]]:
    """Assign pieces without households to an adjacent grid, or make them open grids.

    Parameters
    ----------
    piece
        The piece of each atom, -1 for dedicated ones.
    labels
        The grid of each atom; -1 in pieces without households. Locked grids take nothing.

    Returns
    -------
    tuple
        Labels, those of open grids above all others, and the links across barriers that the
        joined pieces need. A piece smaller than ``area_m2`` joins the grid that it shares most
        border with, a dedicated one only where there is no other; of those that no grid can take
        the largest becomes an open grid, which others can then join.
    """
    labels = labels.copy()
    joins: list[BarrierLink] = []
    pairs = positions_by(graph.community[graph.left])
    pending = list(positions_by(np.where(labels < 0, piece, -1)).values())
    for community, positions in positions_by(
        np.array([graph.community[atoms[0]] for atoms in pending], dtype=np.int64)
    ).items():
        pairs_here = pairs.get(community, np.empty(0, dtype=np.int64))
        joins += _assign(graph, [pending[i] for i in positions], pairs_here, labels, rule)
    return labels, joins


def _assign(
    graph: AtomGraph,
    pending: list[NDArray[np.int64]],
    pairs: NDArray[np.int64],
    labels: NDArray[np.int64],
    rule: OpenGround,
) -> list[BarrierLink]:
    """Label the pending pieces of one community in place; return the barrier links."""
    joins = []
    while pending:
        hosts = [_host(graph, atoms, pairs, labels, rule) for atoms in pending]
        for atoms, host in zip(pending, hosts, strict=True):
            if host:
                labels[atoms] = host[0]
                joins.append(host[1])
        if not any(hosts):
            largest = max(pending, key=lambda atoms: _size(graph, atoms))
            labels[largest] = labels.max() + 1
        pending = [atoms for atoms in pending if labels[atoms[0]] < 0]
    return joins


def _size(graph: AtomGraph, atoms: NDArray[np.int64]) -> tuple[float, float, float]:
    area = round(float(graph.area[atoms].sum()), 2)
    return area, -round(float(graph.x[atoms].min()), 3), -round(float(graph.y[atoms].min()), 3)


def _host(
    graph: AtomGraph,
    atoms: NDArray[np.int64],
    pairs: NDArray[np.int64],
    labels: NDArray[np.int64],
    rule: OpenGround,
) -> tuple[int, BarrierLink] | None:
    """Return the grid that a small piece joins, and the barrier link; None where it cannot."""
    if graph.area[atoms].sum() >= rule.area_m2:
        return None
    pairs, other = _pairs_around(graph, atoms, pairs)
    labelled = (labels[other] >= 0) & (graph.locked[other] < 0)
    basic_hosts = labelled & (graph.facility[other] < 0)
    chosen = basic_hosts if basic_hosts.any() else labelled
    if not chosen.any():
        return None
    grids, inverse = np.unique(labels[other[chosen]], return_inverse=True)
    shared = np.round(np.bincount(inverse, weights=graph.border_m[pairs[chosen]]), 3)
    x, y = (np.round([a[labels == g].min() for g in grids], 3) for a in (graph.x, graph.y))
    host = int(grids[np.lexsort((y, x, -shared))[0]])
    across = pairs[(labels[other] == host) & graph.basic[pairs]]
    return host, BarrierLink(pairs=across, households=0)


def _pairs_around(
    graph: AtomGraph, atoms: NDArray[np.int64], pairs: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return those of the pairs with one atom in a piece, and the other atom of each."""
    left, right = (np.isin(a[pairs], atoms) for a in (graph.left, graph.right))
    pairs, inside = pairs[left != right], left[left != right]
    return pairs, np.where(inside, graph.right[pairs], graph.left[pairs])


def open_reason(graph: AtomGraph, atoms: NDArray[np.int64], names: list[Text]) -> Reason:
    """Return why a piece is an open grid."""
    by = cut_off_by(graph, atoms, names)
    alone = (graph.community == graph.community[atoms[0]]).sum() == len(atoms)
    code = "open_cut_off" if by else "open_community" if alone else "open_apart"
    return Reason(code, {"area": float(graph.area[atoms].sum()), "by": by})


def cut_off_by(graph: AtomGraph, atoms: NDArray[np.int64], names: list[Text]) -> Text | None:
    """Return what lies between these atoms and the rest of their community, None for nothing."""
    pairs, other = _pairs_around(graph, atoms, np.arange(graph.left.size))
    barriers = graph.barrier[pairs[graph.basic[pairs]]]
    cuts = [STREETS[CROSSED_BY_STREETS_ONLY[b]] for b in np.unique(barriers[barriers >= 0])]
    taken = other[~graph.basic[pairs]]
    facilities = np.unique(graph.facility[taken])
    cuts += [
        Text(f"the dedicated grid {names[f].en}", f"专属网格“{names[f].zh}”")
        for f in facilities[facilities >= 0]
    ]
    if (graph.locked[taken] >= 0).any():
        cuts.append(Text("a locked grid", "锁定的网格"))
    return join(cuts, en=" and ", zh="、") if cuts else None
