"""Lines split where they lie near to others: exact, segment by segment, without buffers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

#: Shorter pieces are rounding, not line.
_LEAST_M = 1e-9


class Segments(NamedTuple):
    """Straight segments: their ends, shape (n, 2, 2), and the line that each is a piece of."""

    ends: NDArray[np.float64]
    line: NDArray[np.intp]

    @property
    def length_m(self) -> NDArray[np.float64]:
        """The length of each segment."""
        return np.asarray(np.hypot(*(self.ends[:, 1] - self.ends[:, 0]).T), dtype=np.float64)

    @property
    def course(self) -> NDArray[np.float64]:
        """The unit vector along each segment, shape (n, 2)."""
        return _directions(self.ends)[0]

    @property
    def middle(self) -> NDArray[np.float64]:
        """The middle of each segment, shape (n, 2)."""
        return np.asarray(self.ends.mean(axis=1), dtype=np.float64)

    @property
    def geometry(self) -> NDArray[np.object_]:
        """The segments as LineStrings."""
        return np.asarray(shapely.linestrings(self.ends), dtype=object)

    def of_lines(self, lines: int) -> NDArray[np.float64]:
        """Return the metres of the segments of each line 0..lines-1."""
        return np.bincount(self.line, self.length_m, minlength=lines).astype(np.float64)

    def at(self, rows: NDArray[Any]) -> Segments:
        """Return some of the segments."""
        return Segments(self.ends[rows], self.line[rows])

    @staticmethod
    def joined(several: Sequence[Segments]) -> Segments:
        """Return the segments of several (of one at least), those of each line in their order."""
        line = np.concatenate([some.line for some in several])
        order = np.argsort(line, kind="stable")
        return Segments(np.concatenate([some.ends for some in several])[order], line[order])

    def parts(
        self, row: NDArray[np.intp], start: NDArray[np.float64], end: NDArray[np.float64]
    ) -> Segments:
        """Return the pieces of segments at `row` from `start` to `end`, metres along each."""
        there = end - start > _LEAST_M
        row, start, end = row[there], start[there], end[there]
        origin, course = self.ends[row, 0], self.course[row]
        ends = np.stack([origin + course * start[:, None], origin + course * end[:, None]], axis=1)
        return Segments(ends, self.line[row])

    def in_steps(self, most_m: float) -> Segments:
        """Return the segments cut into equal steps of at most `most_m`."""
        counts = np.ceil(self.length_m / most_m).astype(np.intp)
        row = np.repeat(np.arange(len(counts)), counts)
        step = (self.length_m / np.maximum(counts, 1))[row]
        number = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self.parts(row, number * step, (number + 1) * step)


def segments_of(lines: NDArray[Any]) -> Segments:
    """Return the straight segments of lines; polygons count by their rings, points for nothing."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    flat = np.flatnonzero(shapely.get_dimensions(parts) == 1)
    lines, owner = np.concatenate([parts[flat], rings]), owner[np.concatenate([flat, part])]
    points, line = shapely.get_coordinates(lines, return_index=True)
    joined = np.flatnonzero((line[1:] == line[:-1]) & (points[1:] != points[:-1]).any(axis=1))
    return Segments(np.stack([points[joined], points[joined + 1]], axis=1), owner[line[joined]])


def split_near(
    segments: Segments, others: NDArray[Any], distance_m: float
) -> tuple[Segments, Segments]:
    """Return the pieces of segments within a distance of any of `others`, and the rest.

    Exact but for rounding: for two straight segments the near part of one is an interval, found
    in closed form.

    Parameters
    ----------
    others
        Lines, or polygons, which count by their outline.

    Examples
    --------
    >>> from shapely import LineString
    >>> border, street = LineString([(0, 0), (100, 0)]), LineString([(40, 3), (60, 3)])
    >>> near, far = split_near(segments_of(np.array([border])), np.array([street]), 5.0)
    >>> near.length_m.tolist(), far.length_m.tolist()
    ([28.0], [36.0, 36.0])
    """
    if not len(others):
        every, length = np.arange(len(segments.line)), segments.length_m
        return segments.at(every[:0]), segments.parts(every, np.zeros(len(every)), length)
    pieces = segments.geometry
    streets = segments_of(_around(pieces, others, distance_m)).ends
    tree = shapely.STRtree(np.asarray(shapely.linestrings(streets), dtype=object))
    row, street = tree.query(pieces, predicate="dwithin", distance=distance_m)
    start, end = _near_part(segments.ends[row], streets[street], distance_m)
    row, start, end = _joined(row, start, end)
    bare = np.setdiff1d(np.arange(len(pieces)), row)
    far = [
        (bare, np.zeros(len(bare)), segments.length_m[bare]),
        (row, _before(row, end), start),
    ]
    last = np.r_[row[1:] != row[:-1], np.ones(min(1, len(row)), dtype=bool)]
    far.append((row[last], end[last], segments.length_m[row[last]]))
    places, starts, ends = (np.concatenate(column) for column in zip(*far, strict=True))
    order = np.lexsort((starts, places))
    return segments.parts(row, start, end), segments.parts(
        places[order], starts[order], ends[order]
    )


def length_near(lines: NDArray[Any], others: NDArray[Any], distance_m: float) -> NDArray[Any]:
    """Return for each line the metres of it that lie within a distance of any of `others`."""
    return split_near(segments_of(lines), others, distance_m)[0].of_lines(len(lines))


def _around(pieces: NDArray[Any], others: NDArray[Any], distance_m: float) -> NDArray[Any]:
    """Return those of `others` whose bounds come near to a piece."""
    reach = shapely.bounds(pieces) + np.array([-1, -1, 1, 1]) * distance_m
    near = shapely.STRtree(others).query(shapely.box(*reach.T))[1]
    return np.asarray(others[np.unique(near)], dtype=object)


def _joined(
    row: NDArray[np.intp], start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return intervals in order, those of one row that overlap as one."""
    there = np.flatnonzero(end > start)
    order = there[np.lexsort((end[there], start[there], row[there]))]
    row, start, end = row[order], start[order], end[order]
    # intervals are ranked by their ends, so that the largest end so far is a running maximum of
    # whole numbers that grow from row to row
    rank = np.empty(len(order), dtype=np.int64)
    rank[np.lexsort((end, row))] = np.arange(len(order))
    furthest = np.maximum.accumulate(rank)
    by_rank = end[np.argsort(rank)]
    reached = by_rank[furthest] if len(order) else end
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (row[1:] != row[:-1]) | (start[1:] > reached[:-1])
    first = np.flatnonzero(begins)
    last = np.append(first[1:], len(order))[: len(first)] - 1
    return row[first], start[first], reached[last]


def _before(row: NDArray[np.intp], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the interval before each ends, 0 for the first of its row."""
    same = np.r_[False, row[1:] == row[:-1]][: len(row)]
    return np.where(same, np.r_[0.0, end[:-1]][: len(row)], 0.0)


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
