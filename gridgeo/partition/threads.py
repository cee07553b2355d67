"""Links too short to hold a grid together: corners that nearly meet, a metre beside a barrier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from numpy.typing import NDArray


def without_threads(
    ends: NDArray[np.int64],
    link_m: NDArray[np.float64],
    where: NDArray[np.float64],
    least_m: float,
) -> NDArray[np.bool_]:
    """Tell which pairs connect when links shorter than `least_m` do not, unless they must.

    Parameters
    ----------
    ends
        int64[m, 2]: pairs of atoms.
    link_m
        float64[m]: the metres over which each pair connects, 0 where it does not.
    where
        float64[m, 2]: a place of each pair, which decides between links as long.

    Returns
    -------
    bool[m]
        The same atoms hang together as with all links: of the short ones the longest that this
        takes are kept, so that each of these is the only way between its two sides.

    Examples
    --------
    >>> ends = np.array([[0, 1], [1, 2], [0, 2], [2, 3]])
    >>> without_threads(ends, np.array([50, 40, 0.3, 0.2]), np.zeros((4, 2)), 1.0).tolist()
    [True, True, False, True]
    """
    holds = link_m >= max(least_m, 1e-9)
    atoms = int(ends.max(initial=-1)) + 1
    graph = coo_array((np.ones(int(holds.sum())), tuple(ends[holds].T)), shape=(atoms, atoms))
    part = connected_components(graph, directed=False)[1]
    short = np.flatnonzero((link_m > 0) & ~holds & (part[ends[:, 0]] != part[ends[:, 1]]))
    order = np.lexsort((*np.round(where[short].T, 3), -np.round(link_m[short], 3)))
    for pair in short[order].tolist():
        one, other = part[ends[pair]]
        if one != other:
            part[part == other] = one
            holds[pair] = True
    return holds
