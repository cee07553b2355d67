"""How much of some lines lies near to others, exactly and without buffers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray


def length_near(lines: NDArray[Any], others: NDArray[Any], distance: float) -> NDArray[np.float64]:
    """Return for each line the metres of it that lie within `distance` of any of `others`.

    Exact but for rounding: for two straight segments the near part of one is an interval, found
    in closed form; intervals on a segment are joined before they are summed.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings.
    others
        Lines, or polygons, which count by their outline.

    Examples
    --------
    >>> from shapely import LineString
    >>> border, street = LineString([(0, 0), (100, 0)]), LineString([(40, 3), (60, 3)])
    >>> length_near(np.array([border]), np.array([street]), 5.0).tolist()
    [28.0]
    """
    pieces, line = segments(lines)
    streets, _ = segments(_outlines(others))
    tree = shapely.STRtree(np.asarray(shapely.linestrings(streets), dtype=object))
    piece, street = tree.query(shapely.linestrings(pieces), predicate="dwithin", distance=distance)
    start, end = _near_part(pieces[piece], streets[street], distance)
    near_m = _once(piece, start, end)
    return np.bincount(line[piece], near_m, minlength=len(lines)).astype(np.float64)


def segments(lines: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the straight segments of `lines`, shape (n, 2, 2), and the line of each."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    joined = np.flatnonzero((part[1:] == part[:-1]) & (points[1:] != points[:-1]).any(axis=1))
    ends = np.stack([points[joined], points[joined + 1]], axis=1)
    return ends, owner[part[joined]]


def _outlines(geometry: NDArray[Any]) -> NDArray[Any]:
    dimension = shapely.get_dimensions(geometry)
    flat = geometry[dimension >= 1]
    area = dimension[dimension >= 1] == 2
    return np.concatenate([flat[~area], shapely.boundary(flat[area])])


def _near_part(
    pieces: NDArray[np.float64], streets: NDArray[np.float64], distance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the interval, in metres along each piece, within `distance` of its street.

    What is near to a segment is a rectangle and two discs, and convex: the interval reaches
    from the first entry into any of the three to the last exit.
    """
    along, length = _directions(streets)
    course, reach = _directions(pieces)
    x, y = _turned(pieces[:, 0] - streets[:, 0], along)
    dx, dy = _turned(course, along)
    low, high = _slab(x, dx, np.zeros_like(length), length)
    below, above = _slab(y, dy, np.full_like(length, -distance), np.full_like(length, distance))
    entries = [(np.maximum(low, below), np.minimum(high, above))]
    entries += [_disc(x - centre, y, dx, dy, distance) for centre in (0.0, length)]
    start = np.minimum.reduce([np.where(a <= b, a, np.inf) for a, b in entries])
    end = np.maximum.reduce([np.where(a <= b, b, -np.inf) for a, b in entries])
    return np.clip(start, 0.0, reach), np.clip(end, 0.0, reach)


def _directions(ends: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    step = ends[:, 1] - ends[:, 0]
    length = np.hypot(step[:, 0], step[:, 1])
    return step / length[:, None], length


def _turned(
    vector: NDArray[np.float64], along: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    return (vector * along).sum(axis=1), (vector * across).sum(axis=1)


def _slab(
    start: NDArray[np.float64],
    step: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where ``start + s * step`` is between `low` and `high`; empty as (inf, -inf)."""
    level = np.abs(step) < 1e-12
    inside = (low <= start) & (start <= high)
    safe = np.where(level, 1.0, step)
    first, last = (low - start) / safe, (high - start) / safe
    enter = np.where(level, np.where(inside, -np.inf, np.inf), np.minimum(first, last))
    leave = np.where(level, np.where(inside, np.inf, -np.inf), np.maximum(first, last))
    return enter, leave


def _disc(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    dx: NDArray[np.float64],
    dy: NDArray[np.float64],
    radius: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middle = -(x * dx + y * dy)
    half = radius**2 - (x * dy - y * dx) ** 2
    root = np.sqrt(np.maximum(half, 0.0))
    return np.where(half >= 0, middle - root, np.inf), np.where(half >= 0, middle + root, -np.inf)


def _once(
    piece: NDArray[np.intp], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each interval adds to those before it on the same piece, in given order."""
    frame = pd.DataFrame({"piece": piece, "start": start, "end": end})
    frame = frame.sort_values(["piece", "start", "end"])
    reached = frame.groupby("piece")["end"].cummax().groupby(frame["piece"]).shift()
    added = frame["end"] - np.fmax(frame["start"], reached.fillna(-np.inf))
    return added.clip(lower=0.0).reindex(range(len(piece))).to_numpy()
