"""What is told edge by edge, without an overlay: grids that match, communities that are filled."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray


def matching(ground: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which grids meet their neighbours vertex by vertex; two such grids share no ground.

    Examples
    --------
    >>> from shapely import box
    >>> matching(np.array([box(0, 0, 2, 1), box(2, 0, 4, 1), box(3, 0, 5, 1)])).tolist()
    [True, False, False]
    """
    sound: NDArray[np.bool_] = shapely.is_empty(shapely.coverage_invalid_edges(ground))
    return sound


def filled(
    ground: NDArray[Any],
    outlines: NDArray[Any],
    parents: NDArray[np.intp],
    matches: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return which communities are, to the last digit, the ground of their grids.

    That is so where all of their grids are `matching`, and every edge lies either
    between two of them, or at one of them and on the outline. Where it is not told, it may
    still be so.

    Parameters
    ----------
    parents
        Position of the community of each grid, -1 for none.
    matches
        What `matching` says of the grids.

    Examples
    --------
    >>> from shapely import box
    >>> halves = np.array([box(0, 0, 1, 1), box(1, 0, 2, 1)])
    >>> towns = np.array([shapely.coverage_union_all(halves), box(5, 0, 6, 1)])
    >>> filled(halves, towns, np.array([0, 0]), matching(halves)).tolist()
    [True, False]
    """
    told = np.ones(len(outlines), dtype=np.bool_)
    told[parents[(parents >= 0) & ~matches]] = False
    edge, owner = _edges(np.concatenate([ground, outlines]))
    place = np.concatenate([parents, np.arange(len(outlines))])[owner]
    edge, owner, place = edge[place >= 0], owner[place >= 0], place[place >= 0]
    known, same = np.unique(place * (edge.max(initial=0) + 1) + edge, return_inverse=True)
    grids = np.bincount(same[owner < len(ground)], minlength=len(known))
    lines = np.bincount(same[owner >= len(ground)], minlength=len(known))
    sound = ((grids == 2) & (lines == 0)) | ((grids == 1) & (lines == 1))
    told[place[~sound[same]]] = False
    return told


def _edges(shapes: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return for each edge of each shape a number, equal for equal edges, and the shape."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    places, vertex = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    joined = np.flatnonzero(ring[1:] == ring[:-1])
    low = np.minimum(vertex[joined], vertex[joined + 1])
    high = np.maximum(vertex[joined], vertex[joined + 1])
    _, edge = np.unique(low * len(places) + high, return_inverse=True)
    return edge.astype(np.int64), shape[part[ring[joined]]]
