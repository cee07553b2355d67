"""Where old grids lie on the ground: the units they hold, what they join, where they go on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.graph import Ground, connected
from gridgeo.partition.joins import Join

if TYPE_CHECKING:
    from numpy.typing import NDArray


def grids_of_units(
    previous: NDArray[np.int64], unit: NDArray[np.int64], households: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the old grid of each unit: the one that most of its households come from.

    Examples
    --------
    >>> import numpy as np
    >>> grids_of_units(np.array([4, 9, 9, -1]), np.array([0, 1, 1, 2]), np.full(4, 10))
    array([ 4,  9, -1])
    """
    order = np.lexsort((previous, unit))
    pair, first = np.unique(np.column_stack([unit, previous])[order], axis=0, return_index=True)
    held = np.add.reduceat((households + 1e-6)[order], first)
    best = np.lexsort((pair[:, 1], -held, pair[:, 0]))
    _, top = np.unique(pair[best, 0], return_index=True)
    grids: NDArray[np.int64] = pair[best[top], 1]
    return grids


def keep_links(ground: Ground, old: NDArray[np.int64]) -> tuple[Ground, list[Join]]:
    """Link what an old grid joins across a barrier or by a short border; tell of the barriers."""
    same = ground.basic & (old[ground.left] == old[ground.right]) & (old[ground.left] >= 0)
    part = connected(ground, same & ground.linked)
    across = np.flatnonzero(same & (part[ground.left] != part[ground.right]))
    linked = ground.linked.copy()
    linked[across] = True
    told = across[ground.barrier[across] >= 0]
    joins = [Join(pairs=told, households=0, existing=True)] if told.size else []
    return replace(ground, linked=linked), joins


def seated(ground: Ground, piece: NDArray[np.int64], old: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the old grids with -1 where most of their households lie in another piece.

    A grid goes on in one piece at most: where barriers, dedicated ground or the border of the
    community have come to divide one, the households outside that piece move in any case.
    """
    here = np.flatnonzero((old >= 0) & (piece >= 0))
    seat = grids_of_units(piece[here], old[here], ground.households[here])
    own = np.full(int(old.max(initial=-1)) + 2, -1)
    own[np.unique(old[here])] = seat
    return np.where((old >= 0) & (piece >= 0) & (own[old] == piece), old, -1)
