"""The borders between grids of one community: what lies on both sides of them, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import precision_m


@dataclass(frozen=True, kw_only=True)
class InnerBorders:
    """The border of each pair of neighbours (left < right) as lines."""

    left: NDArray[np.intp]
    right: NDArray[np.intp]
    line: NDArray[Any]

    @property
    def border_m(self) -> NDArray[np.float64]:
        """The length of each border."""
        return np.asarray(shapely.length(self.line), dtype=np.float64)


def inner_borders(ground: NDArray[Any], group: NDArray[np.intp]) -> InnerBorders:
    """Return the borders between pieces of one group (-1: in none)."""
    left, right = shapely.STRtree(ground).query(ground, predicate="intersects")
    inner = (left < right) & (group[left] == group[right]) & (group[left] >= 0)
    left, right = left[inner], right[inner]
    rims = shapely.boundary(ground)
    shared = shapely.intersection(rims[left], rims[right], grid_size=precision_m(rims))
    line = _lines_of(shared)
    real = shapely.length(line) > 0
    return InnerBorders(left=left[real], right=right[real], line=line[real])


def _lines_of(geometry: NDArray[Any]) -> NDArray[Any]:
    """Return the lines among the parts of each geometry, joined end to end."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    lines = shapely.get_dimensions(parts) == 1
    out = np.full(len(geometry), shapely.MultiLineString(), dtype=object)
    if lines.any():
        shapely.multilinestrings(parts[lines], indices=owner[lines], out=out)
    return np.asarray(shapely.line_merge(out), dtype=object)
