"""Locked grids, and what is to stay together or apart: outlines and lines that planners draw."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd

from gridgeo.read.columns import find_all, say_columns
from gridgeo.read.context import Ground, RawLayer
from gridgeo.read.geometry import place
from gridgeo.read.shapes import gather, lines, polygons
from gridgeo.read.values import texts

TIES = ("together", "apart", "locked")
TIE_COLUMNS = ("name",)


def clean_ties(raws: Sequence[RawLayer], ground: Ground) -> gpd.GeoDataFrame:
    """Return name and geometry of all layers of one role of `TIES`.

    Locked grids are polygons, pairs to be kept apart lines; what stays together is either.
    """
    return gather([part for raw in raws for part in _clean(raw, ground)], TIE_COLUMNS, ground.crs)


def _clean(raw: RawLayer, ground: Ground) -> list[gpd.GeoDataFrame]:
    columns = find_all(raw, "name", ground.rules)[:1]
    say_columns(raw, {"name": columns[0]} if columns else {}, ground.journal)
    name = texts(raw, columns[0] if columns else None, ground.journal)
    placed = place(raw, ground)
    flat = placed.geom_type.isin(["Polygon", "MultiPolygon"])
    if raw.role != "together":
        flat[:] = raw.role == "locked"
    parts = ((placed[flat], polygons), (placed[~flat], lines))
    return [
        shape(part, raw, ground)[["geometry"]].join(name.rename("name"))
        for part, shape in parts
        if len(part)
    ]
