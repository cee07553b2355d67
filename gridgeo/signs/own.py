"""What the small map of a sign tells of its own grid, whatever the grids beside it do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gridgeo.model import Plan
from gridgeo.signs.paper import Layers, Lookup, Paper, paths, rings

#: streets and barriers this near bound a grid or run through it
ALONG_M = 25.0


def own_marks(plan: Plan, layers: Layers) -> Iterator[list[str]]:
    """Yield what the map of every grid of `plan` tells of the grid itself, in their order.

    The outline, streets and barriers in the grid or within `ALONG_M` metres of it, and facilities
    in it, as they stand on the paper of `gridgeo.signs.drawing`. Neither the grids beside it nor
    how streets are cut into pieces make a difference.
    """
    for shape in plan.grids.geometry:
        paper = Paper(shape)
        near = shape.buffer(ALONG_M, quad_segs=2)
        yield [
            rings(paper.put(np.array([shapely.normalize(shape)]))),
            *_lines(layers.streets, paper, near, ["street_class", "name"]),
            *_lines(layers.barriers, paper, near, ["street_class"]),
            *_places(layers.places, paper, shape),
        ]


def _lines(lookup: Lookup, paper: Paper, near: BaseGeometry, keys: list[str]) -> Iterator[str]:
    """Yield each kind of line with what of it is `near`, joined where it was cut."""
    rows, _ = lookup.within(near.bounds)
    seen = shapely.intersection(rows.geometry.to_numpy(), near)
    kinds = np.array([" ".join(row) for row in rows[keys].itertuples(index=False)], dtype=object)
    for kind in sorted(set(kinds)):
        joined = paper.put(_joined(seen[kinds == kind]))
        if drawn := rings(joined) + paths(joined):
            yield f"{kind} {drawn}"


def _joined(shapes: NDArray[Any]) -> NDArray[Any]:
    parts = shapely.get_parts(shapely.union_all(shapes))
    parts = parts[~shapely.is_empty(parts)]
    lines = shapely.get_dimensions(parts) == 1
    merged = shapely.line_merge(shapely.MultiLineString(parts[lines].tolist()))
    return np.asarray(shapely.normalize([merged, *parts[~lines]]), dtype=object)


def _places(lookup: Lookup, paper: Paper, shape: BaseGeometry) -> Iterator[str]:
    rows, _ = lookup.within(shape.bounds)
    points = shapely.point_on_surface(rows.geometry.to_numpy())
    inside = shapely.covers(shape, points)
    drawn = paper.put(points[inside])
    marks = pd.Series(rows["name"].to_numpy(dtype=object)[inside]) + [
        f" {point.x:g} {point.y:g}" for point in drawn
    ]
    yield from sorted(marks)
