"""Which street or barrier lies on an edge: its class and name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.lines import Lines
from gridgeo.atoms.segments import Edges, cut_into_segments
from gridgeo.model import BORDER_CLASSES

#: An edge lies on a line when its middle is this near: it was noded from that very line.
ON_LINE_M = 0.02
_NO_LINES = np.empty(0, dtype=object)
NONE = BORDER_CLASSES.index("none")


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
            whole = frame.geometry.to_numpy()
            outlines = np.where(shapely.get_dimensions(whole) == 2, shapely.boundary(whole), whole)
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
        """Return rank and name of the strongest line on each edge; `NONE` and ``""`` elsewhere.

        Of several lines of the same class the nearest counts, then the named one, then the
        first by name.
        """
        rank = np.full(len(edges.left), NONE)
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
