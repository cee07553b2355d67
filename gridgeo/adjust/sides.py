"""One side of a comparison: a plan, or any file of grids, with where its households live."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import shapely
from pyproj import CRS

from gridgeo.adjust.homes import homes_of
from gridgeo.config import ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.model import Note, Plan, Reject
from gridgeo.read import read_grids
from gridgeo.report import load_plan
from gridgeo.text import Text

_COLUMNS = ("code", "name", "kind", "community", "community_name", "households", "reason")


@dataclass(frozen=True, kw_only=True)
class Side:
    """Grids with `_COLUMNS`, verdict and geometry, in one metre CRS; households are NaN or given.

    `plan` is None where the side is a file.
    """

    grids: gpd.GeoDataFrame
    crs: CRS
    homes: gpd.GeoDataFrame | None = None
    plan: Plan | None = None
    rejects: tuple[Reject, ...] = ()
    notes: tuple[Note, ...] = ()


def read_side(source: Source, rules: ReadRules, *, crs: CRS | None = None) -> Side:
    """Return the grids of a plan's folder, a ``plan.gpkg``, or any file of grids.

    Geometry is brought to `crs`, where it is given.

    Raises
    ------
    InputError
        There are none, they cannot be read, or an approved plan was changed since.
    """
    if Path(source.path).is_dir():
        return side_of(load_plan(source.path), crs=crs)
    if Path(source.path).name == "plan.gpkg" and not source.layer:
        source = replace(source, layer="grids")
    file = read_grids(source, crs=crs, rules=rules)
    _check_some(file.grids, source)
    grids = file.grids.drop(columns="row").assign(community_name="", verdict="", reason="")
    ground = grids.geometry.to_numpy().copy()
    ground[shapely.is_missing(ground)] = shapely.Polygon()
    return Side(
        crs=_metric(grids, source),
        grids=grids.set_geometry(gpd.GeoSeries(ground, index=grids.index, crs=grids.crs)),
        rejects=file.rejects,
        notes=file.notes,
    )


def side_of(plan: Plan, *, crs: CRS | None = None) -> Side:
    """Return a plan as one side of a comparison."""
    grids = plan.grids[[*_COLUMNS, "verdict", "geometry"]]
    grids = grids.astype({"households": "float64"})
    homes = homes_of(plan)
    if crs is not None and grids.crs != crs:
        grids = grids.to_crs(crs)
        homes = None if homes is None else homes.to_crs(crs)
    return Side(grids=grids, crs=_metric(grids, "plan"), homes=homes, plan=plan)


def _metric(grids: gpd.GeoDataFrame, source: object) -> CRS:
    if grids.crs is None:
        raise InputError(Text("the grids have no CRS", "网格没有坐标系"), file=str(source))
    return grids.crs


def _check_some(grids: gpd.GeoDataFrame, source: Source) -> None:
    if not len(grids):
        raise InputError(Text("there are no grids", "没有网格"), file=str(source))
