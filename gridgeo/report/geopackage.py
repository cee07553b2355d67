"""``plan.gpkg``: the layers of a plan, its tables and QGIS styles, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from gridgeo.geopackages import same_bytes
from gridgeo.model import Plan
from gridgeo.report.records import finding_frame, note_frame, reject_frame, settings_frame
from gridgeo.report.schema import CROSSWALK, SCHEMA, layer_frame
from gridgeo.report.seal import APPROVAL, approval_frame
from gridgeo.report.styles import style_frame

GEOPACKAGE = "plan.gpkg"
_SHAPES = {"Polygon": "MultiPolygon", "LineString": "MultiLineString", "Point": "Point"}
#: Layers that are drawn in one kind of geometry even when they are empty.
_EMPTY_SHAPES = {"streets": "MultiLineString", "borders": "MultiLineString", "households": "Point"}


def write_geopackage(plan: Plan, path: Path) -> None:
    """Write all layers and tables of `plan` into the new file `path`.

    Polygons and lines are stored as multi-geometries (QGIS wants one type a layer); a layer that
    mixes points and polygons is stored as it is.
    """
    layers = {name: layer_frame(name, getattr(plan, name)) for name in SCHEMA}
    crs = plan.grids.crs
    layers["findings"] = finding_frame(plan.findings, plan.settings.lang, crs)
    with same_bytes():
        for name, frame in layers.items():
            append_layer(frame, path, name, shape_of(frame, name))
        for name, table in _tables(plan).items():
            append_table(table, path, name)
        append_styles(style_frame(layers, plan.settings.lang), path)


def _tables(plan: Plan) -> dict[str, pd.DataFrame]:
    tables = {
        "rejects": reject_frame(plan.rejects, plan.settings.lang),
        "notes": note_frame(plan.notes, plan.settings.lang),
        "settings": settings_frame(plan.settings),
        APPROVAL: approval_frame(plan.approval),
    }
    return tables if plan.crosswalk is None else {**tables, CROSSWALK: plan.crosswalk}


def append_layer(frame: gpd.GeoDataFrame, path: Path, name: str, shape: str) -> None:
    """Add rows to a layer of `path`, which is made where it is not there; see `shape_of`."""
    if shape.startswith("Multi"):
        frame = frame.set_geometry(_multi(frame))
    pyogrio.write_dataframe(
        frame,
        path,
        layer=name,
        driver="GPKG",
        geometry_type=shape,
        promote_to_multi=False,
        append=path.exists(),
        layer_options={"GEOMETRY_NAME": "geom"},
    )


def append_table(frame: pd.DataFrame, path: Path, name: str, **options: str) -> None:
    """Add rows to a table without geometry of `path`."""
    pyogrio.write_dataframe(
        frame, path, layer=name, driver="GPKG", append=True, layer_options=options
    )


def append_styles(styles: pd.DataFrame, path: Path) -> None:
    """Add the rows of `gridgeo.report.styles.style_frame`."""
    if len(styles):
        append_table(styles, path, "layer_styles", FID="id")


def shape_of(frame: gpd.GeoDataFrame, name: str) -> str:
    """Return the type of geometry that a layer is stored as."""
    found = sorted({kind.removeprefix("Multi") for kind in frame.geom_type.dropna()})
    if not found:
        return _EMPTY_SHAPES.get(name, "MultiPolygon" if name in SCHEMA else "Unknown")
    mixed = len(found) > 1 or (found[0] == "Point" and (frame.geom_type == "MultiPoint").any())
    return "Unknown" if mixed else _SHAPES.get(found[0], "Unknown")


def _multi(frame: gpd.GeoDataFrame) -> gpd.GeoSeries:
    single = frame.geom_type.isin(["Polygon", "LineString"]).to_numpy()
    shapes = frame.geometry.to_numpy().copy()
    if single.any():  # all of one kind: `shape_of` has looked
        polygons = (frame.geom_type[single] == "Polygon").all()
        make = shapely.multipolygons if polygons else shapely.multilinestrings
        shapes[single] = make(shapes[single], indices=range(single.sum()))
    return gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)
