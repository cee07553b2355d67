"""The layers of a plan as ``plan.gpkg``, ``grids.geojson`` and shapefiles.

A GeoPackage has the same bytes each time. A shapefile has ASCII field names of 10 letters and UTF-8
text with a .cpg; text that is too long for a field is listed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from gridgeo.model import CROSSWALK, RECORD, SCHEMA, Plan, layer_frame
from gridgeo.report.records import note_frame, plan_findings, reject_frame, settings_frame
from gridgeo.report.seal import APPROVAL, approval_frame
from gridgeo.report.styles import style_frame
from gridgeo.storage import reproducible_geopackages
from gridgeo.wording import Lang, Text, header

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
    layers["findings"] = plan_findings(plan)
    with reproducible_geopackages():
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
    """Add the rows of `gridgeo.report.style_frame`."""
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


def write_geojson(plan: Plan, path: Path) -> None:
    """Write the grids of `plan` to the new file `path`: EPSG:4326, seven decimals (about 1 cm)."""
    grids = layer_frame("grids", plan.grids)
    pyogrio.write_dataframe(
        grids.to_crs(4326) if grids.crs is not None else grids,
        path,
        layer="grids",
        driver="GeoJSON",
        geometry_type="Unknown",
        layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "7", "WRITE_BBOX": "NO"},
    )


#: The column of the reported grids in each field.
_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "code": "code",
        "scheme": "scheme",
        "name": "name",
        "kind": "kind",
        "comm_code": "community",
        "comm_name": "community_name",
        "households": "households",
        "residents": "residents",
        "area_m2": "area_m2",
        "bounded_by": "bounded_by",
        "contains": "contains",
        "facility": "facility",
        "verdict": "verdict",
        "change": "change",
        "old_code": "old_code",
        "old_codes": "predecessors",
        "why": "change_reason",
    }
)
#: Fields for the columns of `gridgeo.model.RECORD` that the grids have.
_RECORD_FIELDS = {"management_level": "mgmt_level", "responsible": "resp_body"}
ENDINGS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: A text field of a DBF has no more bytes.
_LONGEST = 254


def shapefile_of(grids: gpd.GeoDataFrame) -> dict[str, bytes]:
    """Return the files of a shapefile by their ending; text that is too long ends early.

    No Chinese character is cut in two (`_cut_rows` counts rows with cut text), and the same grids
    give the same bytes: the date in the .dbf is 2000-01-01.
    """
    columns = {
        field: [_fitting(text) for text in grids[column]]
        if pd.api.types.is_string_dtype(grids[column])
        else grids[column].to_numpy()
        for field, column in _fields_of(grids).items()
    }
    frame = gpd.GeoDataFrame(columns, geometry=grids.geometry.array, crs=grids.crs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grids.shp"
        pyogrio.write_dataframe(
            frame,
            path,
            driver="ESRI Shapefile",
            encoding="UTF-8",
            geometry_type="Polygon",
            promote_to_multi=False,
            layer_options={"DBF_DATE_LAST_UPDATE": "2000-01-01"},
        )
        return {end: path.with_suffix(end).read_bytes() for end in ENDINGS}


def _fields_of(grids: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the column in each field, with those of the record that the grids have."""
    there = [name for name in RECORD if name in grids.columns]
    return {**_FIELDS, **{_RECORD_FIELDS.get(name, name): name for name in there}}


def alias_frame(grids: gpd.GeoDataFrame, lang: Lang) -> pd.DataFrame:
    """Return what each field of the shapefile holds, and in how many rows its text was cut."""
    rows = [
        (field, header(column, lang), column, _cut(grids, column, lang))
        for field, column in _fields_of(grids).items()
    ]
    return pd.DataFrame(rows, columns=["dbf_field", "alias", "column", "note"], dtype="str")


def _cut_rows(grids: gpd.GeoDataFrame, column: str) -> int:
    """Return in how many rows the text of `column` is too long for a DBF."""
    if not pd.api.types.is_string_dtype(grids[column]):
        return 0
    return int(sum(len(text.encode()) > _LONGEST for text in grids[column]))


def _cut(grids: gpd.GeoDataFrame, column: str, lang: Lang) -> str:
    rows = _cut_rows(grids, column)
    text = Text(f"cut in {rows} rows; whole in grids.gpkg", f"{rows} 行过长截断，全文见 grids.gpkg")
    return text.say(lang) if rows else ""


def _fitting(text: str) -> str:
    return text.encode()[:_LONGEST].decode(errors="ignore")
