"""Ground without households that something cuts off: it joins a neighbour or stays open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.model import CROSSED_BY_STREETS_ONLY
from gridgeo.partition.graph import Ground, split_by
from gridgeo.partition.joins import Join
from gridgeo.text import Text, join
from gridgeo.words import STREETS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import OpenGround


@dataclass(frozen=True, kw_only=True)
class OpenPiece:
    """One piece of open ground and why it is one."""

    atoms: NDArray[np.int64]
    reason: Text


def settle_open_ground(
    ground: Ground,
    piece: NDArray[np.int64],
    labels: NDArray[np.int64],
    names: list[Text],
    rule: OpenGround,
) -> tuple[NDArray[np.int64], list[OpenPiece], list[Join]]:
    """Give small pieces without households to a grid beside them; return the others.

    Parameters
    ----------
    piece
        The piece of each atom, -1 for dedicated ones.
    labels
        The grid of each atom; -1 in pieces without households.
    names
        The name of each facility, for the reasons.

    Returns
    -------
    tuple
        Labels with the joined pieces, the pieces that stay open, and the links across barriers
        that the joined ones need. A piece smaller than ``area_m2`` joins the basic grid that
        it shares most border with, or where there is none the dedicated one.
    """
    labels = labels.copy()
    stays: list[OpenPiece] = []
    joins: list[Join] = []
    for atoms in split_by(np.where(labels < 0, piece, -1)).values():
        inside = np.zeros(labels.size, dtype=bool)
        inside[atoms] = True
        pairs = np.flatnonzero(inside[ground.left] != inside[ground.right])
        other = np.where(inside[ground.left[pairs]], ground.right[pairs], ground.left[pairs])
        host = _host(ground, pairs, other, labels)
        if host >= 0 and ground.area[atoms].sum() < rule.area_m2:
            across = pairs[(labels[other] == host) & ground.basic[pairs]]
            joins.append(Join(pairs=across, households=0))
            labels[atoms] = host
        else:
            stays.append(OpenPiece(atoms=atoms, reason=_reason(ground, atoms, names)))
    return labels, stays, joins


def _host(
    ground: Ground,
    pairs: NDArray[np.int64],
    other: NDArray[np.int64],
    labels: NDArray[np.int64],
) -> int:
    """Return the grid with the longest shared border, a basic one if there is any, or -1."""
    taken = labels[other] >= 0
    basic = taken & (ground.facility[other] < 0)
    chosen = basic if basic.any() else taken
    if not chosen.any():
        return -1
    grids, inverse = np.unique(labels[other[chosen]], return_inverse=True)
    shared = np.round(np.bincount(inverse, weights=ground.border_m[pairs[chosen]]), 3)
    x = np.array([ground.x[labels == g].min() for g in grids])
    y = np.array([ground.y[labels == g].min() for g in grids])
    return int(grids[np.lexsort((np.round(y, 3), np.round(x, 3), -shared))[0]])


def _reason(ground: Ground, atoms: NDArray[np.int64], names: list[Text]) -> Text:
    area = ground.area[atoms].sum()
    told = Text(f"No households on {area:,.0f} m²", f"无住户，面积 {area:,.0f} 平方米")
    by = cut_off_by(ground, atoms, names)
    return told + Text(", cut off by ", "，被") + by + Text("", "隔开") if by else told


def cut_off_by(ground: Ground, atoms: NDArray[np.int64], names: list[Text]) -> Text | None:
    """Return what lies between these atoms and the rest of their community, None for nothing."""
    inside = np.zeros(ground.community.size, dtype=bool)
    inside[atoms] = True
    pairs = np.flatnonzero(inside[ground.left] != inside[ground.right])
    other = np.where(inside[ground.left[pairs]], ground.right[pairs], ground.left[pairs])
    barriers = ground.barrier[pairs[ground.basic[pairs]]]
    cuts = [STREETS[CROSSED_BY_STREETS_ONLY[b]] for b in np.unique(barriers[barriers >= 0])]
    facilities = np.unique(ground.facility[other[~ground.basic[pairs]]])
    cuts += [
        Text(f"the dedicated grid {names[f].en}", f"专属网格“{names[f].zh}”") for f in facilities
    ]
    return join(cuts, en=" and ", zh="、") if cuts else None
