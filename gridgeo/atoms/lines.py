"""Lines that cut: how they are gathered, closed and turned into faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.segments import cut_into_segments

#: A closed gap runs this far past the line it meets: a line that ends exactly on another may
#: fail to close by a rounding error, silently.
OVERSHOOT_M = 0.01

Lines = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Closed:
    """The lines with their gaps closed: the added pieces, and how long each gap was."""

    pieces: Lines
    gap_m: NDArray[np.float64]
    dangling: int


def polygonise(lines: Lines) -> Lines:
    """Node `lines` with each other and return the faces between them, in no promised order."""
    noded = shapely.union_all(lines)
    faces: Lines = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return faces


def explode(geometries: Lines) -> Lines:
    """Return the single, non-empty lines of lines and polygons (their outlines)."""
    polygonal = shapely.get_dimensions(geometries) == 2
    parts: Lines = shapely.get_parts(np.where(polygonal, shapely.boundary(geometries), geometries))
    return parts[~shapely.is_empty(parts)]


def close_gaps(lines: Lines, against: Lines, *, tolerance_m: float) -> Closed:
    """Find ends of `lines` that stop short of a line, and return the pieces that close them.

    An end dangles when no other line of `lines` or `against` passes through it. It is joined to
    the nearest point of another line within `tolerance_m`, and past it by `OVERSHOOT_M`; where
    that is a corner of the line, it ends there exactly (past it, it might run along the line).

    Examples
    --------
    >>> cross, short = shapely.linestrings([[(0, 0), (10, 0)], [(5, 9), (5, 2)]])
    >>> closed = close_gaps(np.array([short]), np.array([cross]), tolerance_m=5)
    >>> [float(gap) for gap in closed.gap_m]
    [2.0]
    """
    noded = shapely.get_parts(shapely.union_all(lines))
    noded = noded[shapely.length(noded) > 0]
    segments, line = cut_into_segments(noded)
    rim, _ = cut_into_segments(against)
    ends, at = _dangling_ends(noded)
    everything = np.concatenate([segments, rim])
    tree = shapely.STRtree(everything)
    touching, hit = tree.query(ends, predicate="dwithin", distance=1e-6)
    own = np.concatenate([line, np.full(len(rim), -1)])[hit] == at[touching]
    met = np.unique(touching[~own])
    free = np.setdiff1d(np.arange(len(ends)), met)

    end, near = tree.query(ends[free], predicate="dwithin", distance=tolerance_m)
    end = free[end]
    distance = shapely.distance(ends[end], everything[near])
    other = np.concatenate([line, np.full(len(rim), -1)])[near] != at[end]
    end, near, distance = end[other], near[other], distance[other]
    order = np.lexsort((near, np.round(distance, 9), end))
    _, first = np.unique(end[order], return_index=True)
    end, near, distance = (values[order][first] for values in (end, near, distance))
    target = shapely.line_interpolate_point(
        everything[near], shapely.line_locate_point(everything[near], ends[end])
    )
    a, b = shapely.get_coordinates(ends[end]), shapely.get_coordinates(target)
    past = b + (b - a) * (OVERSHOOT_M / np.maximum(distance, 1e-12))[:, None]
    past = _or_corner(everything[near], b, past)
    pieces = shapely.linestrings(np.stack([a, past], axis=1)) if len(end) else np.array([])
    return Closed(pieces=np.asarray(pieces, dtype=object), gap_m=distance, dangling=len(free))


def _or_corner(
    segments: Lines, met: NDArray[np.float64], past: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return `past`, or the corner of the segment where it is met at one."""
    corners = shapely.get_coordinates(segments).reshape(-1, 2, 2)
    for corner in (corners[:, 0], corners[:, 1]):
        past = np.where((np.abs(met - corner).max(axis=1) < 1e-6)[:, None], corner, past)
    return past


def _dangling_ends(noded: Lines) -> tuple[Lines, NDArray[np.int64]]:
    """Return the end points that only one line has, and the position of that line."""
    ends = np.concatenate([shapely.get_point(noded, 0), shapely.get_point(noded, -1)])
    owner = np.tile(np.arange(len(noded)), 2)
    xy = shapely.get_coordinates(ends)
    _, inverse, count = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True, return_counts=True)
    single = count[inverse] == 1
    return ends[single], owner[single]
