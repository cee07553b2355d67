"""Tolerance as a width in metres: ground too narrow to count, outlines that are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

#: Of small ground the outline may move, but no more than this of it.
_MOST_SHARE = 0.1


def narrow(pieces: NDArray[Any], width_m: float) -> NDArray[np.bool_]:
    """Return which polygonal pieces are nowhere wider than `width_m`; empty ones are.

    Examples
    --------
    >>> narrow(np.array([shapely.box(0, 0, 900, 0.04), shapely.box(0, 0, 1, 1)]), 0.05).tolist()
    [True, False]
    """
    area, length = shapely.area(pieces), shapely.length(pieces)
    # No piece is larger than its length times the radius of the widest circle in it.
    thin = area <= length * width_m / 2
    doubtful = np.flatnonzero(thin)
    inner = shapely.buffer(pieces[doubtful], -width_m / 2, join_style="mitre")
    thin[doubtful] = shapely.is_empty(inner)
    return np.asarray(thin, dtype=np.bool_)


def without_narrow(pieces: NDArray[Any], width_m: float) -> NDArray[Any]:
    """Return polygonal geometries without the parts that are `narrow`."""
    parts, owner = shapely.get_parts(pieces, return_index=True)
    kept = ~narrow(parts, width_m)
    if kept.all():
        return pieces
    out = pieces.copy()
    out[owner[~kept]] = shapely.Polygon()
    mended = kept & np.isin(owner, owner[~kept])
    if mended.any():
        shapely.multipolygons(parts[mended], indices=owner[mended], out=out)
    return out


def opened(ground: Any, width_m: float) -> Any:
    """Return some ground without what is narrower than `width_m` (a mitred opening).

    Examples
    --------
    >>> yard, tail = shapely.box(0, 0, 50, 50), shapely.box(50, 0, 90, 6)
    >>> round(opened(yard.union(tail), 8.0).area)
    2500
    """
    core = shapely.buffer(ground, -width_m / 2, join_style="mitre")
    wide = shapely.buffer(core, width_m / 2, join_style="mitre")
    return shapely.intersection(ground, wide)


#: Openings are this much larger, so that rounding leaves no slits along the outline.
_SLIT_M = 0.01
#: Outlines of at least so many vertices, and so many of them for each width along the outline ...
_DENSE_VERTICES, _DENSE = 1_000, 16
#: ... are opened in a copy that departs from them by about this share of the width.
_COARSE = 1 / 20


def thin_parts(
    pieces: NDArray[Any], width_m: float, least_m2: float = 0.0
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the parts of polygonal pieces narrower than `width_m`, and the piece of each.

    They are what an opening (erosion by half the width, then dilation, with mitred corners) takes
    away: strips, necks and tips. Parts smaller than `least_m2` are left out. Outlines with very
    many vertices for the width are simplified first: offsets of edges that are much shorter than
    the width all cross each other.

    Examples
    --------
    >>> yard, tail = shapely.box(0, 0, 50, 50), shapely.box(50, 0, 90, 6)
    >>> parts, piece = thin_parts(np.array([yard.union(tail), yard]), 8.0)
    >>> shapely.area(parts).round().tolist(), piece.tolist()
    ([240.0], [0])
    """
    dense, plain = _simplified_where_dense(pieces, width_m)
    core = shapely.buffer(plain, -width_m / 2, join_style="mitre")
    opened = shapely.buffer(core, width_m / 2 + _SLIT_M, join_style="mitre")
    parts, piece = _real_parts(shapely.difference(plain, opened), least_m2)
    inside = np.flatnonzero(dense[piece])
    if len(inside):
        parts[inside] = shapely.intersection(parts[inside], pieces[piece[inside]])
        again, place = _real_parts(parts, least_m2)
        return again, piece[place]
    return parts, piece


def _real_parts(pieces: NDArray[Any], least_m2: float) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the parts of `pieces` with an area of at least `least_m2`, and the piece of each."""
    parts, piece = shapely.get_parts(pieces, return_index=True)
    real = (shapely.area(parts) > 0) & (shapely.area(parts) >= least_m2)
    return parts[real], piece[real].astype(np.int64)


def _simplified_where_dense(
    pieces: NDArray[Any], width_m: float
) -> tuple[NDArray[np.bool_], NDArray[Any]]:
    """Return which polygons have very many vertices, and all, those with fewer vertices."""
    count = shapely.get_num_coordinates(pieces)
    dense = (count >= _DENSE_VERTICES) & (count * width_m > _DENSE * shapely.length(pieces))
    if not dense.any():
        return dense, pieces
    plain, step = pieces.copy(), _COARSE * width_m
    coarse = shapely.set_precision(shapely.simplify(plain[dense], step), step)
    plain[dense] = shapely.simplify(coarse, step)
    return dense, plain


#: Looking across a piece starts this far inside it.
_INSIDE_M = 1e-3
#: The outline goes straight on where its direction has at least this cosine with the one before;
#: at other vertices a corner lies opposite, where the piece turns, within this share of the width.
_STRAIGHT = 0.7
_OPPOSITE = 0.25


def lines_across(
    piece: Any, points: NDArray[np.complex128], most_m: float, *, past_m: float = 0.0
) -> list[Any]:
    """Return lines across a narrow polygon from those of its vertices that are in `points`.

    Each is square to the outline where it starts and ends on the outline, or `past_m` behind it;
    there is none where the polygon is wider than `most_m`, or at the corners where it ends.

    Examples
    --------
    >>> strip = shapely.Polygon([(0, 0), (90, 0), (90, 4), (30, 4), (0, 4)])
    >>> [line.length for line in lines_across(strip, np.array([30 + 4j]), 8.0)]
    [4.0]
    """
    lines = []
    for ring in shapely.get_rings(piece):
        xy = shapely.get_coordinates(ring)[:-1]
        for number in np.flatnonzero(np.isin(xy[:, 0] + 1j * xy[:, 1], points)).tolist():
            before, after = xy[number] - xy[number - 1], xy[(number + 1) % len(xy)] - xy[number]
            before, after = before / np.hypot(*before), after / np.hypot(*after)
            along = before + after
            square = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
            for side in (square, -square):
                ends = [xy[number] + _INSIDE_M * side, xy[number] + 2 * most_m * side]
                inside = shapely.get_parts(shapely.intersection(shapely.LineString(ends), piece))
                first = inside[shapely.distance(inside, shapely.Point(ends[0])) < _INSIDE_M]
                if not len(first) or not _INSIDE_M < first[0].length < most_m:
                    continue
                end = shapely.get_coordinates(first[0])[-1]
                opposite = np.hypot(*(xy - end).T).min() < _OPPOSITE * first[0].length
                if before @ after > _STRAIGHT or opposite:
                    lines.append(shapely.LineString([xy[number], end + past_m * side]))
    return lines


def same_outline(one: NDArray[Any], other: NDArray[Any], width_m: float) -> NDArray[np.bool_]:
    """Return for each pair of polygons whether their outlines are nowhere further apart.

    Each vertex lies within `width_m` of the other outline, and the ground that only one of the
    two holds is what a strip of that width along the outline holds, or less, and a tenth at most.

    Examples
    --------
    >>> square = np.array([shapely.box(0, 0, 100, 100)])
    >>> [same_outline(square, np.array([shapely.box(0, 0, 100 + d, 100)]), 0.05).item()
    ...  for d in (0.04, 0.06)]
    [True, False]
    """
    same = np.asarray(shapely.equals_identical(one, other), dtype=np.bool_)
    bounds = np.abs(shapely.bounds(one) - shapely.bounds(other)).max(axis=1, initial=0.0)
    rows = np.flatnonzero(~same & (bounds <= width_m))
    rows = rows[_all_within(one[rows], other[rows], width_m)]
    rows = rows[_all_within(other[rows], one[rows], width_m)]
    apart = shapely.area(shapely.symmetric_difference(one[rows], other[rows]))
    most = np.minimum(width_m * shapely.length(one[rows]), _MOST_SHARE * shapely.area(one[rows]))
    same[rows] = apart <= most
    return same


def _all_within(one: NDArray[Any], other: NDArray[Any], width_m: float) -> NDArray[np.bool_]:
    """Return which of `one` have every vertex near to the outline of the other."""
    lines = shapely.boundary(other)
    shapely.prepare(lines)
    vertices, owner = shapely.get_coordinates(one, return_index=True)
    far = ~shapely.dwithin(lines[owner], shapely.points(vertices), width_m)
    return np.asarray(np.bincount(owner[far], minlength=len(one)) == 0, dtype=np.bool_)


def compactness(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return 4π · area / perimeter² of each shape: 1 for a disc.

    Examples
    --------
    >>> compactness(np.array([shapely.box(0, 0, 3, 3)])).round(2).tolist()
    [0.79]
    """
    found: NDArray[np.float64] = 4 * np.pi * shapely.area(shapes) / shapely.length(shapes) ** 2
    return found
