"""Which street or barrier lies on an edge: its class and name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.lines import Lines, explode
from gridgeo.atoms.segments import Edges
from gridgeo.model import BORDER_CLASSES

#: An edge lies on a line when its middle is this near: it was noded from that very line.
ON_LINE_M = 0.02
NONE = BORDER_CLASSES.index("none")


@dataclass(frozen=True, kw_only=True)
class NamedLines:
    """Lines with the rank of their class (position in `BORDER_CLASSES`) and their name."""

    lines: Lines
    rank: NDArray[np.int64]
    name: NDArray[Any]

    @classmethod
    def gather(cls, *frames: gpd.GeoDataFrame) -> NamedLines:
        """Return the lines, and the outlines of polygons, of frames with street_class and name."""
        lines, rank, name = [], [], []
        for frame in frames:
            parts = [explode(np.array([g])) for g in frame.geometry.to_numpy()]
            count = [len(p) for p in parts]
            lines.extend(parts)
            classes = pd.Categorical(frame["street_class"], categories=list(BORDER_CLASSES))
            rank.append(np.repeat(classes.codes.astype(np.int64), count))
            name.append(np.repeat(frame["name"].to_numpy(dtype=object), count))
        return cls(
            lines=np.concatenate([np.empty(0, dtype=object), *lines]),
            rank=np.concatenate([np.empty(0, dtype=np.int64), *rank]),
            name=np.concatenate([np.empty(0, dtype=object), *name]),
        )

    def of(self, edges: Edges, *, within_m: float = ON_LINE_M) -> tuple[Any, Any]:
        """Return rank and name of the strongest line on each edge; `NONE` and ``""`` elsewhere.

        Of several lines of the same class the nearest counts, then the named one, then the
        first by name.
        """
        rank = np.full(len(edges.left), NONE)
        name = np.full(len(edges.left), "", dtype=object)
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
        best = found.sort_values(list(found)).drop_duplicates("edge")
        rank[best["edge"]] = best["rank"]
        name[best["edge"]] = best["name"]
        return rank, name
