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

from gridgeo.read.file_checks import unreadable
from gridgeo.read.wkb import plain_geometry

#: beyond this a float does not hold every whole number
_EXACT = 2**53


def whole_types(kind: pa.DataType) -> pd.Int64Dtype | pd.UInt64Dtype | None:
    """Return the type of pandas that keeps whole numbers of Arrow whole beside gaps."""
    if pa.types.is_int64(kind):
        return pd.Int64Dtype()
    return pd.UInt64Dtype() if pa.types.is_uint64(kind) else None


def plain_types(table: pa.Table) -> pa.Table:
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
    kwargs = {"types_mapper": whole_types}
    try:
        frame: pd.DataFrame = pyogrio.read_dataframe(
            path, layer=layer, use_arrow=True, arrow_to_pandas_kwargs=kwargs, **options
        )
    except (ShapelyError, NotImplementedError) as error:
        rows = _with_plain_geometry(path, layer, options)
        if not rows.curves + rows.surfaces:
            raise ShapelyError(str(error)) from error
        return replace(rows, frame=whole_numbers(rows.frame))
    return Rows(frame=whole_numbers(frame))


def whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with plain numbers; those that a float cannot hold stay whole beside gaps."""
    turned: dict[str, Any] = {}
    for name, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.Int64Dtype | pd.UInt64Dtype):
            column: Any = frame[name]
            if not column.isna().any():
                turned[str(name)] = column.astype(str(dtype).lower())
            elif column.abs().fillna(0).max() > _EXACT:
                turned[str(name)] = column.astype(object).where(column.notna(), None)
            else:
                turned[str(name)] = column.astype("float64")
    return frame.assign(**turned) if turned else frame


def _with_plain_geometry(path: Path, layer: str, options: Mapping[str, Any]) -> Rows:
    """Return rows of which shapely cannot hold all geometry."""
    options = dict(options)
    named = options.pop("fid_as_index", False)
    meta, table = pyogrio.read_arrow(path, layer=layer, return_fids=named, **options)
    column = meta["geometry_name"] or "wkb_geometry"
    shapes, curves, surfaces = plain_geometry(table[column].to_pylist())
    frame = table.drop_columns(column).to_pandas(types_mapper=whole_types)
    if named:
        frame = frame.set_index(meta["fid_column"])
    out = gpd.GeoDataFrame(frame, geometry=shapes, crs=meta["crs"])
    return Rows(frame=out, curves=curves, surfaces=surfaces)


def load_parquet(path: Path, name: str) -> tuple[pd.DataFrame, bool]:
    """Return the rows of a Parquet file, and whether the format, not the file, says its CRS."""
    kwargs = {"types_mapper": whole_types}
    frame: pd.DataFrame
    try:
        stored = (pq.read_schema(path).metadata or {}).get(b"geo")
        if stored is not None:
            frame = gpd.read_parquet(path, to_pandas_kwargs=kwargs)
            return whole_numbers(frame), assumes_crs(stored)
        frame = whole_numbers(plain_types(pq.read_table(path)).to_pandas(types_mapper=whole_types))
        native = native_geometry(pq.ParquetFile(path))
        if native is None:
            return frame, False
        column, crs, assumed = native
        shapes = shapely.from_wkb(frame.pop(column).to_numpy())
        return gpd.GeoDataFrame(frame, geometry=shapes, crs=crs), assumed
    except (pa.ArrowException, ValueError, OSError, KeyError, ShapelyError, CRSError) as error:
        raise unreadable(name, error) from error


def assumes_crs(stored: bytes) -> bool:
    """Return whether the metadata of GeoParquet leave the CRS to the format."""
    geo = json.loads(stored)
    return "crs" not in geo["columns"][geo["primary_column"]]


def native_geometry(file: pq.ParquetFile) -> tuple[str, CRS | None, bool] | None:
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
