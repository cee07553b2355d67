"""Geometry that several stages need: points in polygons, overlays, edges, correspondence."""

from __future__ import annotations

from gridgeo.geometry.along import (
    polygons_along,
)
from gridgeo.geometry.correspondence import (
    CHANGE_CODES,
    STAYING_CODES,
    Overlap,
    change_codes,
    may_succeed,
    moved_atoms,
    overlap_of,
    successors,
)
from gridgeo.geometry.division import (
    divide_ground,
)
from gridgeo.geometry.edges import (
    Edges,
    Polygons,
    coverage_edges,
    cut_into_segments,
    parts_between,
    polygonise,
)
from gridgeo.geometry.nearest import (
    Midway,
    midway_between,
)
from gridgeo.geometry.overlay import (
    NOISE_M2,
    TOLERANCE_M2,
    TOUCH_M,
    connected_groups,
    connected_pieces,
    difference,
    finite,
    format_m2,
    intersection,
    largest_overlap,
    polygonal,
    precision_m,
    simplify_coverage,
    subtract_others,
    union,
)
from gridgeo.geometry.points import (
    assign_points,
    count_in,
    households_in,
    points_of,
)
from gridgeo.geometry.widths import (
    compactness,
    lines_across,
    narrow,
    opened,
    same_outline,
    thin_parts,
    without_narrow,
)

__all__ = [
    "CHANGE_CODES",
    "NOISE_M2",
    "STAYING_CODES",
    "TOLERANCE_M2",
    "TOUCH_M",
    "Edges",
    "Midway",
    "Overlap",
    "Polygons",
    "assign_points",
    "change_codes",
    "compactness",
    "connected_groups",
    "connected_pieces",
    "count_in",
    "coverage_edges",
    "cut_into_segments",
    "difference",
    "divide_ground",
    "finite",
    "format_m2",
    "households_in",
    "intersection",
    "largest_overlap",
    "lines_across",
    "may_succeed",
    "midway_between",
    "moved_atoms",
    "narrow",
    "opened",
    "overlap_of",
    "parts_between",
    "points_of",
    "polygonal",
    "polygonise",
    "polygons_along",
    "precision_m",
    "same_outline",
    "simplify_coverage",
    "subtract_others",
    "successors",
    "thin_parts",
    "union",
    "without_narrow",
]
