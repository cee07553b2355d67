"""A block is halved by straight lines between its units, as a planner would draw them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.lines import OVERSHOOT_M
from gridgeo.atoms.units import Units

Index = NDArray[np.int64]

#: What a cut costs: how uneven it is (0 to 1), each unit that it crosses, and its length as a
#: multiple of the side of a square as large as the piece.
UNEVEN, CROSSED, LONG = 2.0, 0.3, 0.4
#: A gap this wide between two rows of buildings is as good as one can be.
WIDE_GAP_M = 30.0
GAP = 0.3
#: Units whose middles are nearer to each other than this are not told apart along an axis.
SAME_SPOT_M = 1e-3


def bisect(block: Any, units: Units, *, cap: int) -> NDArray[Any]:
    """Return the lines that cut `block` into pieces of at most `cap` households.

    Every piece is halved across one of the two axes of its smallest rectangle, where the halves
    are even, the gap between the units is wide and the cut is short. Where that would leave all
    units on one side, it is halved evenly, whatever the line crosses. The lines run `OVERSHOOT_M`
    past the pieces that they cut.

    Coordinates count from the corner of the block: far from the origin an axis that is off by a
    rounding error would move its lines by a tenth of a millimetre.
    """
    corner = np.array(block.bounds[:2])
    block = shapely.transform(block, lambda xy: xy - corner)
    xy, owner = units.corners()
    xy = xy - corner
    count = np.bincount(owner)
    anchor = np.column_stack([np.bincount(owner, xy[:, i]) / count for i in (0, 1)])
    lines: list[Any] = []
    waiting = [(block, np.arange(len(count)))]
    while waiting:
        piece, members = waiting.pop()
        if units.households[members].sum() <= cap or len(members) == 1:
            continue
        rows = np.isin(owner, members)
        cuts = _cuts(piece, xy[rows], owner[rows], units.households[members])
        places = np.asarray(shapely.points(anchor[members]), dtype=object)
        even = _even_cuts(piece, anchor[members], units.households[members])
        tried = ((cut, *_split(piece, cut, places)) for cut in chain(cuts, even))
        for line, parts, nearest in tried:
            if len(np.unique(nearest)) > 1:
                lines.append(shapely.intersection(line, shapely.buffer(piece, OVERSHOOT_M)))
                waiting += [(part, members[nearest == i]) for i, part in enumerate(parts)]
                break
    return shapely.transform(np.array(lines, dtype=object), lambda xy: xy + corner)


def _cuts(piece: Any, xy: NDArray[np.float64], owner: Index, households: Index) -> list[Any]:
    """Return the best line across each axis, the better one first."""
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    cuts: list[tuple[float, int, Any]] = []
    for axis in _axes(piece):
        along = xy @ axis
        low, high = np.minimum.reduceat(along, first), np.maximum.reduceat(along, first)
        at, cost = _best_position(low, high, households)
        line = _across(piece, axis, at)
        length = shapely.length(shapely.intersection(line, piece)) / np.sqrt(piece.area)
        cuts.append((round(cost + LONG * length, 6), len(cuts), line))
    return [line for *_, line in sorted(cuts)]


def _even_cuts(piece: Any, anchor: NDArray[np.float64], households: Index) -> Iterator[Any]:
    """Yield the line across each axis that halves the households most evenly."""
    for axis in _axes(piece):
        along = anchor @ axis
        order = np.argsort(np.round(along, 3), kind="stable")
        along = along[order]
        share = np.cumsum(households[order])[:-1] / max(1, households.sum())
        same_spot = along[1:] - along[:-1] < SAME_SPOT_M
        best = int(np.argmin(np.round(np.abs(share - 0.5) + same_spot, 6)))
        if not same_spot[best]:
            yield _across(piece, axis, float(along[best] + along[best + 1]) / 2)


def _split(piece: Any, line: Any, places: NDArray[Any]) -> tuple[NDArray[Any], Index]:
    """Return the parts of a cut piece, and for each place the part that it is nearest to."""
    noded = shapely.union_all([shapely.boundary(piece), line])
    parts = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inside = shapely.covers(shapely.buffer(piece, 1e-3), shapely.point_on_surface(parts))
    kept = parts[inside]
    return kept, shapely.STRtree(kept).nearest(places)


def _axes(piece: Any) -> NDArray[np.float64]:
    """Return the two directions of the smallest rectangle around `piece`, as unit vectors."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(piece))
    side = corners[1] - corners[0]
    u = side / np.hypot(*side)
    return np.array([u, (-u[1], u[0])])


def _best_position(
    low: NDArray[np.float64], high: NDArray[np.float64], households: Index
) -> tuple[float, float]:
    """Return where along an axis to cut between units of extent low..high, and what it costs."""
    middle = (low + high) / 2
    order = np.argsort(np.round(middle, 3), kind="stable")
    low, high, middle = low[order], high[order], middle[order]
    before = np.maximum.accumulate(high)[:-1]
    after = np.minimum.accumulate(low[::-1])[::-1][1:]
    clean = after >= before
    at = np.where(clean, (before + after) / 2, (middle[:-1] + middle[1:]) / 2)
    crossed = ((low[None, :] < at[:, None]) & (high[None, :] > at[:, None])).sum(axis=1)
    share = np.cumsum(households[order])[:-1] / max(1, households.sum())
    gap = np.clip(np.where(clean, after - before, 0) / WIDE_GAP_M, 0, 1)
    same_spot = middle[1:] - middle[:-1] < SAME_SPOT_M
    cost = UNEVEN * np.abs(share - 0.5) + CROSSED * crossed - GAP * gap + 100.0 * same_spot
    best = int(np.argmin(np.round(cost, 6)))
    return float(at[best]), float(cost[best])


def _across(piece: Any, axis: NDArray[np.float64], at: float) -> Any:
    """Return the line through position `at` of `axis`, at right angles to it, past the piece."""
    normal = np.array([-axis[1], axis[0]])
    reach = shapely.get_coordinates(shapely.envelope(piece)) @ normal
    ends = [at * axis + (reach.min() - 1) * normal, at * axis + (reach.max() + 1) * normal]
    return shapely.linestrings(ends)
