"""Compounds (小区), buildings, parcels and addresses: what households and atoms hold on to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridgeo.read.columns import find_all, say_columns
from gridgeo.read.context import Ground, RawLayer
from gridgeo.read.figures import measures
from gridgeo.read.geometry import place
from gridgeo.read.shapes import inner_points, polygons
from gridgeo.read.values import texts
from gridgeo.text import Text

_STOREY_M = 3.0
#: the fields of each role beside its name
_FIELDS = {
    "compounds": ("name",),
    "buildings": ("name", "floors"),
    "parcels": ("name",),
    "addresses": ("name",),
}


@dataclass(frozen=True, slots=True)
class Area:
    """A layer as it stands, and its usable rows, cleaned, with the row index of the layer."""

    raw: RawLayer
    frame: gpd.GeoDataFrame


def clean_areas(raws: Sequence[RawLayer], ground: Ground) -> list[Area]:
    """Return name (and floors of buildings) and geometry of each layer of one role."""
    return [Area(raw, _clean(raw, ground)) for raw in raws]


def area_columns(role: str) -> tuple[str, ...]:
    """Return the columns of the cleaned frames of a role."""
    return _FIELDS[role]


def _clean(raw: RawLayer, ground: Ground) -> gpd.GeoDataFrame:
    rules, journal = ground.rules, ground.journal
    found = {}
    for field in ("name", "floors", "height"):
        columns = find_all(raw, field, rules) if field in ("name", *_extra(raw.role)) else ()
        if columns:
            found[field] = columns[0]
    say_columns(raw, found, journal)
    shape = inner_points if raw.role == "addresses" else polygons
    out = shape(place(raw, ground), raw, ground)[["geometry"]]
    out = out.assign(name=texts(raw, found.get("name"), journal))
    if raw.role != "buildings":
        return out
    floors = _floors(raw, found, ground)
    return out.assign(floors=floors)


def _extra(role: str) -> tuple[str, ...]:
    return ("floors", "height") if role == "buildings" else ()


def _floors(raw: RawLayer, found: dict[str, str], ground: Ground) -> pd.Series[float]:
    """Return storeys; where only the height is known, one for every 3 m."""
    floors = measures(raw, found.get("floors"), ground.journal)
    height = measures(raw, found.get("height"), ground.journal)
    derived = floors.isna() & height.notna()
    if derived.any():
        ground.journal.say(
            "buildings",
            Text(
                f"{raw}: storeys of {derived.sum()} buildings taken from their height, "
                f"{_STOREY_M:g} m each",
                f"{raw.zh}：{derived.sum()} 栋建筑的层数按高度推算，每层 {_STOREY_M:g} 米",
            ),
        )
    return floors.where(~derived, (height / _STOREY_M).round().clip(lower=1.0))
