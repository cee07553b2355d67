"""Which polygons a line passes, in the order in which it meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: What a line shares with a polygon counts from this length on.
_PASSED_M = 0.01


def polygons_along(line: Any, tree: shapely.STRtree, reach_m: float) -> NDArray[np.int64]:
    """Return the polygons that a line passes, from its first point to its last.

    Parameters
    ----------
    line
        A LineString.
    tree
        Of the polygons, which do not overlap.
    reach_m
        An end in no polygon counts to the nearest one that is as near as this.

    Returns
    -------
    int64[n]
        Positions in the tree; the same polygon twice only where others lie between.

    Examples
    --------
    >>> banks = shapely.STRtree([shapely.box(0, 0, 9, 9), shapely.box(20, 0, 30, 9)])
    >>> bridge = shapely.LineString([(25, 5), (10, 5)])
    >>> polygons_along(bridge, banks, reach_m=5).tolist()
    [1, 0]
    """
    near = np.sort(tree.query(line, predicate="intersects"))
    shared = shapely.intersection(line, tree.geometries[near])
    parts, owner = shapely.get_parts(shared, return_index=True)
    passed = shapely.length(parts) > _PASSED_M
    parts, owner = parts[passed], near[owner[passed]]
    at = shapely.line_locate_point(
        line, shapely.line_interpolate_point(parts, 0.5, normalized=True)
    )
    order = np.lexsort((owner, at))
    found = [int(one) for one in owner[order]]
    first, last = (_reached(shapely.get_point(line, end), tree, parts, reach_m) for end in (0, -1))
    steps = np.array([*first, *found, *last], dtype=np.int64)
    return steps[np.r_[True, steps[1:] != steps[:-1]]] if len(steps) else steps


def _reached(end: Any, tree: shapely.STRtree, passed: NDArray[Any], reach_m: float) -> list[int]:
    """Return the polygon that an end outside of what is `passed` reaches, if any."""
    if len(passed) and shapely.distance(passed, end).min() <= _PASSED_M:
        return []
    nearest = tree.query_nearest(end, max_distance=max(reach_m, _PASSED_M))
    return [int(nearest.min())] if len(nearest) else []
