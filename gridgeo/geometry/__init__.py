"""Geometry that several stages need: points in polygons, overlays, edges, correspondence."""

from __future__ import annotations

from gridgeo.geometry.correspondence import (
    CHANGE_CODES,
    Overlap,
    change_codes,
    heirs,
    may_continue,
    moved_atoms,
    overlap_of,
)
from gridgeo.geometry.edges import (
    Edges,
    Polygons,
    coverage_edges,
    cut_into_segments,
)
from gridgeo.geometry.overlay import (
    NOISE_M2,
    TOLERANCE_M2,
    TOUCH_M,
    common,
    finite,
    grain_m,
    groups,
    largest_overlap,
    minus,
    places,
    polygonal,
    say_m2,
    taken_off,
    united,
)
from gridgeo.geometry.points import (
    count_in,
    households_in,
    place_points,
    points_of,
)

__all__ = [
    "CHANGE_CODES",
    "NOISE_M2",
    "TOLERANCE_M2",
    "TOUCH_M",
    "Edges",
    "Overlap",
    "Polygons",
    "change_codes",
    "common",
    "count_in",
    "coverage_edges",
    "cut_into_segments",
    "finite",
    "grain_m",
    "groups",
    "heirs",
    "households_in",
    "largest_overlap",
    "may_continue",
    "minus",
    "moved_atoms",
    "overlap_of",
    "place_points",
    "places",
    "points_of",
    "polygonal",
    "say_m2",
    "taken_off",
    "united",
]
