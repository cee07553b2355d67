"""Rows of a file as a frame, with whole numbers whole and geometry that shapely holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from gridgeo.formats.file_checks import unreadable
from gridgeo.formats.wkb import plain_geometry
from gridgeo.tables import WHOLE_NUMBERS, with_plain_numbers


def _plain_types(table: pa.Table) -> pa.Table:
    """Return `table` with what is stored in place of extension types, which others register."""
    for at, field in enumerate(table.schema):
        if isinstance(field.type, pa.BaseExtensionType):
            chunks = [chunk.storage for chunk in table.column(at).chunks]
            stored = pa.chunked_array(chunks, field.type.storage_type)
            table = table.set_column(at, field.name, stored)
    return table


#: GDAL's own way from FlatGeobuf to Arrow ends the process at a row without geometry
pyogrio.set_gdal_config_options({"OGR_FLATGEOBUF_STREAM_BASE_IMPL": True})


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Rows of a layer, and how many had arcs or were surfaces of 3D models."""

    frame: pd.DataFrame
    curves: int = 0
    surfaces: int = 0


def read_frame(path: Path, layer: str, **options: Any) -> Rows:
    """Return rows of a layer as pyogrio reads them, with geometry that shapely holds."""
    try:
        frame: pd.DataFrame = pyogrio.read_dataframe(
            path, layer=layer, use_arrow=True, arrow_to_pandas_kwargs=WHOLE_NUMBERS, **options
        )
    except (ShapelyError, NotImplementedError) as error:
        rows = _with_plain_geometry(path, layer, options)
        if not rows.curves + rows.surfaces:
            raise ShapelyError(str(error)) from error
        return replace(rows, frame=with_plain_numbers(rows.frame))
    return Rows(frame=with_plain_numbers(frame))


def _with_plain_geometry(path: Path, layer: str, options: Mapping[str, Any]) -> Rows:
    """Return rows of which shapely cannot hold all geometry."""
    options = dict(options)
    named = options.pop("fid_as_index", False)
    meta, table = pyogrio.read_arrow(path, layer=layer, return_fids=named, **options)
    column = meta["geometry_name"] or "wkb_geometry"
    shapes, curves, surfaces = plain_geometry(table[column].to_pylist())
    frame = table.drop_columns(column).to_pandas(**WHOLE_NUMBERS)
    if named:
        frame = frame.set_index(meta["fid_column"])
    out = gpd.GeoDataFrame(frame, geometry=shapes, crs=meta["crs"])
    return Rows(frame=out, curves=curves, surfaces=surfaces)


def load_parquet(path: Path, name: str) -> tuple[pd.DataFrame, bool]:
    """Return the rows of a Parquet file, and whether the format, not the file, says its CRS."""
    frame: pd.DataFrame
    try:
        stored = (pq.read_schema(path).metadata or {}).get(b"geo")
        if stored is not None:
            frame = gpd.read_parquet(path, to_pandas_kwargs=WHOLE_NUMBERS)
            return with_plain_numbers(frame), _assumes_crs(stored)
        frame = with_plain_numbers(_plain_types(pq.read_table(path)).to_pandas(**WHOLE_NUMBERS))
        native = _native_geometry(pq.ParquetFile(path))
        if native is None:
            return frame, False
        column, crs, assumed = native
        shapes = shapely.from_wkb(frame.pop(column).to_numpy())
        return gpd.GeoDataFrame(frame, geometry=shapes, crs=crs), assumed
    except (pa.ArrowException, ValueError, OSError, KeyError, ShapelyError, CRSError) as error:
        raise unreadable(name, error) from error


def _assumes_crs(stored: bytes) -> bool:
    """Return whether the metadata of GeoParquet leave the CRS to the format."""
    geo = json.loads(stored)
    return "crs" not in geo["columns"][geo["primary_column"]]


def _native_geometry(file: pq.ParquetFile) -> tuple[str, CRS | None, bool] | None:
    """Return column, CRS and whether that is assumed, for Parquet's own geometry type."""
    for number, column in enumerate(file.schema):
        kind = json.loads(column.logical_type.to_json() or "{}")
        if kind.get("Type") in ("Geometry", "Geography"):
            crs = kind.get("crs") or ""
            return file.schema.column(number).name, _native_crs(file, crs), not crs
    return None


def _native_crs(file: pq.ParquetFile, text: str) -> CRS | None:
    if not text:
        return CRS.from_user_input("OGC:CRS84")
    kind, _, key = text.partition(":")
    if kind == "projjson":
        text = (file.schema_arrow.metadata or {}).get(key.encode(), b"").decode()
    elif kind == "srid":
        text = f"EPSG:{key}" if key != "0" else ""
    try:
        return CRS.from_user_input(text) if text else None
    except CRSError:
        return None


def geometry_of(file: pq.ParquetFile) -> tuple[str, CRS | None, bool] | None:
    """Return column and CRS of geometry in WKB, and whether the format says that CRS."""
    stored = (file.schema_arrow.metadata or {}).get(b"geo")
    if stored is None:
        return _native_geometry(file)
    geo = json.loads(stored)
    column = geo["columns"][geo["primary_column"]]
    if column["encoding"] != "WKB" or len(geo["columns"]) > 1:
        return None
    crs = column.get("crs", "OGC:CRS84")
    parsed = None if crs is None else CRS.from_user_input(crs)
    return geo["primary_column"], parsed, _assumes_crs(stored)


def frame_of_batch(batch: pa.RecordBatch, geometry: str, crs: CRS | None) -> gpd.GeoDataFrame:
    """Return a batch of rows with the geometry of a column in WKB."""
    table = _plain_types(pa.Table.from_batches([batch]).replace_schema_metadata())
    frame = table.to_pandas(**WHOLE_NUMBERS)
    shapes = shapely.from_wkb(frame.pop(geometry).to_numpy())
    hidden = [name for name in frame.columns if str(name).startswith("__index_level_")]
    plain = with_plain_numbers(frame.drop(columns=hidden))
    return gpd.GeoDataFrame(plain, geometry=shapes, crs=crs)
