"""Compounds (小区), buildings, parcels and addresses; facilities with category and size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.config import CATEGORIES
from gridgeo.errors import InputError
from gridgeo.read.columns import find_all, missing_column, note_columns
from gridgeo.read.context import RawLayer, StudyArea, tally
from gridgeo.read.counts import measures
from gridgeo.read.geometry import gather, inner_points, of_type, polygons, to_study_area
from gridgeo.read.repeats import without_repeated_facilities
from gridgeo.read.values import Classes, classify, is_empty, texts, truthy
from gridgeo.read.vocabulary import category
from gridgeo.wording import Text

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


def clean_areas(raws: Sequence[RawLayer], study_area: StudyArea) -> list[Area]:
    """Return name (and floors of buildings) and geometry of each layer of one role."""
    return [Area(raw, _clean_areas_of_layer(raw, study_area)) for raw in raws]


def area_columns(role: str) -> tuple[str, ...]:
    """Return the columns of the cleaned frames of a role."""
    return _FIELDS[role]


def _clean_areas_of_layer(raw: RawLayer, study_area: StudyArea) -> gpd.GeoDataFrame:
    rules, log = study_area.rules, study_area.log
    found = {}
    for field in ("name", "floors", "height"):
        columns = find_all(raw, field, rules) if field in ("name", *_extra(raw.role)) else ()
        if columns:
            found[field] = columns[0]
    note_columns(raw, found, log)
    shape = inner_points if raw.role == "addresses" else polygons
    out = shape(to_study_area(raw, study_area), raw, study_area)[["geometry"]]
    out = out.assign(name=texts(raw, found.get("name"), log))
    if raw.role != "buildings":
        return out
    floors = _floors(raw, found, study_area)
    return out.assign(floors=floors)


def _extra(role: str) -> tuple[str, ...]:
    return ("floors", "height") if role == "buildings" else ()


def _floors(raw: RawLayer, found: dict[str, str], study_area: StudyArea) -> pd.Series[float]:
    """Return storeys; where only the height is known, one for every 3 m."""
    floors = measures(raw, found.get("floors"), study_area.log)
    height = measures(raw, found.get("height"), study_area.log)
    derived = floors.isna() & height.notna()
    if derived.any():
        study_area.log.note(
            "buildings",
            Text(
                f"{raw}: storeys of {derived.sum()} buildings taken from their height, "
                f"{_STOREY_M:g} m each",
                f"{raw.zh}：{derived.sum()} 栋建筑的层数按高度推算，每层 {_STOREY_M:g} 米",
            ),
        )
    return floors.where(~derived, (height / _STOREY_M).round().clip(lower=1.0))


FACILITY_COLUMNS = ("kind", "name", "area_m2", "floor_area_m2", "people", "wanted")
_MEASURES = {"area_m2": "area", "floor_area_m2": "floor_area", "people": "people"}


def clean_facilities(raws: Sequence[RawLayer], study_area: StudyArea) -> gpd.GeoDataFrame:
    """Return the facilities that have a category; the others are counted in a note."""
    frames = [frame for raw in raws if len(frame := _clean_facilities_of_layer(raw, study_area))]
    facilities = gather(frames, FACILITY_COLUMNS, study_area.crs)
    return without_repeated_facilities(facilities, study_area.log)


def _clean_facilities_of_layer(raw: RawLayer, study_area: StudyArea) -> gpd.GeoDataFrame:
    rules, log = study_area.rules, study_area.log
    kinds = () if raw.kind else find_all(raw, "kind", rules)
    classified = classify(raw, kinds, category, log)
    fields = ("name", *_MEASURES.values(), "dedicated")
    single = {field: columns[0] for field in fields if (columns := find_all(raw, field, rules))}
    used = {"kind": ", ".join(classified.columns)} if classified.columns else {}
    note_columns(raw, used | single, log)
    classes = _file_default(raw, classified, kinds)
    _note_others(raw, classified.values[classes == ""], study_area)
    attributes = pd.DataFrame(
        {"kind": classes, "name": texts(raw, single.get("name"), log)}
        | {name: measures(raw, single.get(field), log) for name, field in _MEASURES.items()}
        | {"wanted": _wanted(raw, single.get("dedicated"))},
        index=raw.frame.index,
    )
    out = _shapes(raw, study_area).join(attributes)
    if "facilities.area" not in rules.columns:  # a polygon is its own measure
        out["area_m2"] = out["area_m2"].where(out.geom_type == "Point", np.nan)
    return out[out["kind"] != ""]


def _wanted(raw: RawLayer, column: str | None) -> pd.Series[str]:
    """Return ``yes`` or ``no`` where somebody decided on a dedicated grid, ``""`` elsewhere."""
    if column is None:
        return pd.Series("", index=raw.frame.index, dtype=object)
    said = truthy(raw, column).map({True: "yes", False: "no"})
    return said.where(~is_empty(raw.frame[column]), "")


def _file_default(raw: RawLayer, classified: Classes, kinds: Sequence[str]) -> pd.Series[str]:
    if not raw.kind:
        if not kinds:
            raise missing_column(raw, "kind")
        return classified.classes
    default = raw.kind if raw.kind in CATEGORIES else category(raw.kind)
    if not default:
        raise InputError(
            Text(f"{raw.kind!r} is no category of facilities", f"{raw.kind!r} 不是设施类别"),
            remedy=Text(f"Choose one of {', '.join(CATEGORIES)}", f"可选：{'、'.join(CATEGORIES)}"),
            **raw.place,
        )
    return pd.Series(default, index=raw.frame.index, dtype=object)


def _note_others(raw: RawLayer, values: pd.Series[str], study_area: StudyArea) -> None:
    if len(values):
        study_area.log.note(
            "facilities",
            Text(
                f"{raw}: {len(values)} rows are of no category that becomes a dedicated grid: "
                f"{tally(values)}",
                f"{raw.zh}：{len(values)} 行不属于可设专属网格的类别：{tally(values)}",
            ),
        )


def _shapes(raw: RawLayer, study_area: StudyArea) -> gpd.GeoDataFrame:
    """Return points (a multipoint as its middle) and valid polygons of the usable rows."""
    projected = of_type(to_study_area(raw, study_area), raw, study_area, (0, 4, 3, 6))
    geometry = projected.geometry.to_numpy()
    several = shapely.get_type_id(geometry) == 4
    geometry = np.where(several, shapely.point_on_surface(geometry), geometry)
    projected = projected[["geometry"]].set_geometry(geometry, crs=projected.crs)
    flat = projected.geom_type.isin(["Polygon", "MultiPolygon"])
    parts = [projected[~flat]]
    if flat.any():
        parts.append(polygons(projected[flat], raw, study_area))
    return gpd.GeoDataFrame(pd.concat(parts), crs=projected.crs)
