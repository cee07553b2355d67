"""The list of facilities that were considered, each with what became of it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from gridgeo.text import Text


def refuse(considered: gpd.GeoDataFrame, row: int, reason: Text) -> gpd.GeoDataFrame:
    """Return the list with the facility at position `row` no longer dedicated, and why."""
    here = np.arange(len(considered)) == row
    return considered.assign(
        dedicated=considered["dedicated"].mask(here, other=False),
        reason_en=considered["reason_en"].mask(here, reason.en),
        reason_zh=considered["reason_zh"].mask(here, reason.zh),
    )
