"""Lines that cut: collected, closed, named by the street on them, and crossed by streets.

Gaps at the ends of lines are closed before lines are polygonised. Crossings are the places where
a street continues over water, rail or a motorway: bridges, underpasses, level crossings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import Edges, cut_into_segments
from gridgeo.model import BORDER_CLASSES, CROSSED_BY_STREETS_ONLY

#: A closed gap runs this far past the line it meets: a line that ends exactly on another may
#: fail to close by a rounding error, silently.
OVERSHOOT_M = 0.01

Lines = NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class _Closed:
    """The lines with their gaps closed: the added pieces, and how long each gap was."""

    pieces: Lines
    gap_m: NDArray[np.float64]
    dangling: int


def explode(geometries: Lines) -> Lines:
    """Return the single, non-empty lines of lines and polygons (their outlines)."""
    polygonal = shapely.get_dimensions(geometries) == 2
    parts: Lines = shapely.get_parts(np.where(polygonal, shapely.boundary(geometries), geometries))
    return parts[~shapely.is_empty(parts)]


def areas_met(lines: Lines, areas: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return which lines meet any of the areas, and the union of those that each of them meets."""
    line, area = shapely.STRtree(areas).query(lines, predicate="intersects")
    met, first = np.unique(line, return_index=True)
    several = np.split(area, first[1:])[: len(met)]
    return met, np.array([shapely.union_all(areas[some]) for some in several], dtype=object)


def close_gaps(lines: Lines, against: Lines, *, tolerance_m: float) -> _Closed:
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
    same_line = np.concatenate([line, np.full(len(rim), -1)])[hit] == at[touching]
    met = np.unique(touching[~same_line])
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
    return _Closed(pieces=np.asarray(pieces, dtype=object), gap_m=distance, dangling=len(free))


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


#: An edge lies on a line when its middle is this near: it was noded from that very line.
ON_LINE_M = 0.02
_NO_LINES = np.empty(0, dtype=object)
_NONE = BORDER_CLASSES.index("none")


@dataclass(frozen=True, kw_only=True)
class NamedLines:
    """Two-point lines with their name and the rank of their class in `BORDER_CLASSES`."""

    lines: Lines
    rank: NDArray[np.int64]
    name: NDArray[Any]

    @classmethod
    def gather(cls, *frames: gpd.GeoDataFrame) -> NamedLines:
        """Return the lines, and the outlines of polygons, of frames with street_class and name."""
        lines, rank, name = [_NO_LINES], [np.empty(0, dtype=np.int64)], [_NO_LINES]
        for frame in frames:
            geometry = frame.geometry.to_numpy()
            outlines = np.where(
                shapely.get_dimensions(geometry) == 2, shapely.boundary(geometry), geometry
            )
            parts, row = shapely.get_parts(outlines, return_index=True)
            segments, part = cut_into_segments(parts)
            classes = pd.Categorical(frame["street_class"], categories=list(BORDER_CLASSES))
            lines.append(segments)
            rank.append(classes.codes.astype(np.int64)[row[part]])
            name.append(frame["name"].to_numpy(dtype=object)[row[part]])
        return cls(
            lines=np.concatenate(lines), rank=np.concatenate(rank), name=np.concatenate(name)
        )

    def of(self, edges: Edges, *, within_m: float = ON_LINE_M) -> tuple[Any, Any]:
        """Return rank and name of the strongest line on each edge; `_NONE` and ``""`` elsewhere.

        Of several lines of the same class the nearest counts, then the named one, then the
        first by name.
        """
        rank = np.full(len(edges.left), _NONE)
        name = np.full(len(edges.left), "", dtype=object)
        if not len(self.lines):
            return rank, name
        middle = edges.middle
        edge, line = shapely.STRtree(self.lines).query(
            middle, predicate="dwithin", distance=within_m
        )
        far = np.round(shapely.distance(middle[edge], self.lines[line]), 3)
        found = pd.DataFrame(
            {
                "edge": edge,
                "rank": self.rank[line],
                "far": far,
                "unnamed": self.name[line] == "",
                "name": self.name[line],
            }
        )
        best = found.sort_values(list(found.columns)).drop_duplicates("edge")
        rank[best["edge"]] = best["rank"]
        name[best["edge"]] = best["name"]
        return rank, name


#: How far around a meeting point the street is followed to see on which sides it goes on.
_LOOK_M = 2.0
#: A street this near to the barrier there runs along it.
_ALONG_M = 0.2


def find_crossings(streets: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return the points where a street continues on both sides of a barrier.

    Streets that cut nothing (tunnels) count too. A street that ends at a barrier does not
    cross it.

    Parameters
    ----------
    streets
        street_class, name, cuts, geometry (lines, metres); motorways are barriers themselves.
    barriers
        street_class (water, rail, wall), geometry.
    """
    walls = _lines(streets[streets["cuts"]], barriers, barrier=True)
    ways = _lines(streets, barrier=False)
    if not len(ways) or not len(walls):
        return np.empty(0, dtype=object)
    way_tree, wall_tree = shapely.STRtree(ways), shapely.STRtree(walls)
    way, wall = wall_tree.query(ways, predicate="intersects")
    points = _meeting_points(ways[way], walls[wall])
    crossed = [
        _continues(
            point,
            ways[way_tree.query(point, predicate="dwithin", distance=_LOOK_M)],
            walls[wall_tree.query(point, predicate="dwithin", distance=_LOOK_M)],
        )
        for point in points
    ]
    crossings: NDArray[Any] = points[np.array(crossed, dtype=bool)]
    return crossings


def _lines(*frames: gpd.GeoDataFrame, barrier: bool) -> NDArray[Any]:
    named = NamedLines.gather(*frames)
    divides = np.isin(np.array(BORDER_CLASSES)[named.rank], CROSSED_BY_STREETS_ONLY)
    lines: NDArray[Any] = named.lines[divides == barrier]
    return lines


def _meeting_points(ways: NDArray[Any], walls: NDArray[Any]) -> NDArray[Any]:
    xy = shapely.get_coordinates(shapely.intersection(ways, walls))
    return np.asarray(shapely.points(np.unique(np.round(xy, 2), axis=0)), dtype=object)


def _continues(point: Any, ways: NDArray[Any], walls: NDArray[Any]) -> bool:
    """Whether streets leave a small disc around `point` on two sides of the barrier."""
    rim = shapely.boundary(shapely.buffer(point, _LOOK_M))
    sides = shapely.get_parts(shapely.polygonize([shapely.union_all(np.append(walls, rim))]))
    leaving = shapely.get_parts(shapely.intersection(shapely.union_all(ways), rim))
    leaving = leaving[shapely.distance(leaving, shapely.union_all(walls)) > _ALONG_M]
    if len(sides) < 2 or len(leaving) < 2:
        return False
    _, side = shapely.STRtree(sides).query(leaving, predicate="dwithin", distance=1e-6)
    return len(np.unique(side)) > 1
