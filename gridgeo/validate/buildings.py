"""Buildings that stand in several grids of one community."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import intersection

#: Less of a building than this, in m2 and as a share of it, is how it was digitised.
_LEAST_M2 = 5.0
_LEAST_SHARE = 0.02


def cut_buildings(
    footprints: NDArray[Any], ground: NDArray[Any], community: NDArray[np.intp]
) -> pd.DataFrame:
    """Return building, community, grid, m2 and share of each part of a building that is cut.

    A building is cut where two grids of one community, of any kind, hold 5 m2 and 2 % of it each;
    what the border of the community divides is not. Rows follow the building, then the larger part.
    """
    building, grid = shapely.STRtree(ground).query(footprints, predicate="intersects")
    several = (np.bincount(building, minlength=len(footprints)) > 1)[building]
    building, grid = (
        building[several & (community[grid] >= 0)],
        grid[several & (community[grid] >= 0)],
    )
    m2 = shapely.area(intersection(footprints[building], ground[grid]))
    share = m2 / np.maximum(shapely.area(footprints[building]), 1e-9)
    parts = pd.DataFrame(
        {"building": building, "community": community[grid], "grid": grid, "m2": m2, "share": share}
    )
    parts = parts[(parts["m2"] >= _LEAST_M2) & (parts["share"] >= _LEAST_SHARE)]
    parts = parts[parts.groupby(["building", "community"])["grid"].transform("size") > 1]
    return parts.sort_values(["building", "m2"], ascending=[True, False], ignore_index=True)
