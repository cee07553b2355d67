"""The list of facilities that were considered, each with what became of it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from gridgeo.text import Text


def refuse(considered: gpd.GeoDataFrame, row: int, reason: Text) -> gpd.GeoDataFrame:
    """Return the list with the facility at position `row` no longer dedicated, and why."""
    here = np.arange(len(considered)) == row
    return considered.assign(
        dedicated=considered["dedicated"].mask(here, other=False),
        reason_en=considered["reason_en"].mask(here, reason.en),
        reason_zh=considered["reason_zh"].mask(here, reason.zh),
    )


def yield_to_locked(
    considered: gpd.GeoDataFrame, locked: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Give up dedicated grids whose ground lies mostly in locked grids: these keep all of it."""
    if locked is None or not len(locked):
        return considered
    kept = shapely.union_all(locked.geometry.to_numpy())
    ground = considered.geometry.to_numpy()
    inside = shapely.area(shapely.intersection(ground, kept)) > shapely.area(ground) / 2
    for row in np.flatnonzero(considered["dedicated"].to_numpy(dtype=bool) & inside):
        considered = refuse(considered, int(row), LOCKED)
    return considered


LOCKED = Text("passes, but lies in a locked grid", "达到阈值，但位于锁定的网格内，故不单设")
