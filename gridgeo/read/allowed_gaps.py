"""Ground that may belong to no grid: rivers, lakes."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd

from gridgeo.read.columns import understand
from gridgeo.read.context import Ground, RawLayer
from gridgeo.read.geometry import place
from gridgeo.read.shapes import gather, polygons
from gridgeo.read.values import texts


def clean_gaps(raws: Sequence[RawLayer], ground: Ground) -> gpd.GeoDataFrame:
    """Return name and geometry of the ground that may belong to no grid."""
    frames = []
    for raw in raws:
        found = understand(raw, ("name",), ground.rules, ground.journal)
        kept = polygons(place(raw, ground), raw, ground)
        name = texts(raw, found.get("name"), ground.journal)
        frames.append(kept[["geometry"]].assign(name=name))
    return gather(frames, ("name",), ground.crs)
