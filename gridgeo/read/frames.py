"""Rows of a file as a frame, with whole numbers whole and geometry that shapely knows.

GDAL gives arcs as lines with many points. Surfaces of 3D models (multipatch, TIN, polyhedral
surface) become their footprint.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from gridgeo.read.file_checks import unreadable

#: beyond this a float does not hold every whole number
_EXACT = 2**53
#: whole numbers from Arrow stay whole
INT64 = {pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype()}
#: WKB types of surfaces: polyhedral surface, TIN, triangle
_SURFACES = {15: 6, 16: 6, 17: 3}


def read_frame(path: Path, layer: str, **options: Any) -> tuple[pd.DataFrame, int]:
    """Return rows of a layer as pyogrio reads them, and how many are surfaces of 3D models."""
    kwargs = {"types_mapper": INT64.get}
    surfaces = 0
    try:
        frame: pd.DataFrame = pyogrio.read_dataframe(
            path, layer=layer, use_arrow=True, arrow_to_pandas_kwargs=kwargs, **options
        )
    except ShapelyError:
        frame, surfaces = _with_surfaces(path, layer, options)
    return whole_numbers(frame), surfaces


def whole_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with plain numbers; those that a float cannot hold stay whole beside gaps."""
    turned: dict[str, Any] = {}
    for name, dtype in frame.dtypes.items():
        if isinstance(dtype, pd.Int64Dtype | pd.UInt64Dtype):
            column: Any = frame[name]
            if not column.isna().any():
                turned[str(name)] = column.astype(str(dtype).lower())
            elif column.abs().max() > _EXACT:
                turned[str(name)] = column.astype(object).where(column.notna(), None)
            else:
                turned[str(name)] = column.astype("float64")
    return frame.assign(**turned) if turned else frame


def _with_surfaces(path: Path, layer: str, options: Mapping[str, Any]) -> tuple[pd.DataFrame, int]:
    """Return rows of which shapely cannot hold all geometry: surfaces become footprints."""
    options = dict(options)
    named = options.pop("fid_as_index", False)
    meta, table = pyogrio.read_arrow(path, layer=layer, return_fids=named, **options)
    column = meta["geometry_name"] or "wkb_geometry"
    stored = table[column].to_pylist()
    renamed = [None if one is None else _plain_wkb(one) for one in stored]
    shapes = shapely.from_wkb(renamed)
    solid = np.array([new != old for new, old in zip(renamed, stored, strict=True)])
    shapes[solid] = footprints(shapes[solid])
    frame = table.drop_columns(column).to_pandas(types_mapper=INT64.get)
    if named:
        frame = frame.set_index(meta["fid_column"])
    out = gpd.GeoDataFrame(frame, geometry=shapes, crs=meta["crs"])
    return out, int(solid.sum())


def _plain_wkb(raw: bytes) -> bytes:
    """Return WKB with surfaces as polygons: the bytes are alike but for the type."""
    out = bytearray(raw)
    _rename(out, 0)
    return bytes(out)


def _rename(raw: bytearray, at: int) -> int:
    """Rename the surfaces in the geometry at a place; return where it ends."""
    order = "<" if raw[at] == 1 else ">"
    (kind,) = struct.unpack_from(order + "I", raw, at + 1)
    high, low = (kind // 1000 * 1000, kind % 1000) if kind < 1 << 28 else (
        kind & 0xF000_0000, kind & 0xFFFF)  # fmt: skip
    dimensions = 2 + _extra(high)
    struct.pack_into(order + "I", raw, at + 1, high + _SURFACES.get(low, low))
    at += 5
    if low == 1:
        return at + 8 * dimensions
    (count,) = struct.unpack_from(order + "I", raw, at)
    at += 4
    for _ in range(count):
        if low in (3, 17):
            (points,) = struct.unpack_from(order + "I", raw, at)
            at += 4 + 8 * dimensions * points
        elif low == 2:
            at += 8 * dimensions
        else:
            at = _rename(raw, at)
    return at


def _extra(high: int) -> int:
    if high >= 1 << 28:
        return bool(high & 0x8000_0000) + bool(high & 0x4000_0000)
    return {1000: 1, 2000: 1, 3000: 2}.get(high, 0)


def footprints(geometry: NDArray[Any]) -> NDArray[Any]:
    """Return the surfaces of 3D models as the ground that they cover."""
    flat = shapely.force_2d(geometry)
    out: NDArray[Any] = flat.copy()
    for at, one in enumerate(flat):
        if one is not None:
            faces = shapely.get_parts(shapely.get_parts(np.array([one])))
            faces = faces[shapely.get_type_id(faces) == 3]
            faces = shapely.make_valid(faces[shapely.area(faces) > 0])
            out[at] = shapely.union_all(faces) if len(faces) else shapely.Polygon()
    return out


def load_parquet(path: Path, name: str) -> tuple[pd.DataFrame, bool]:
    """Return the rows of a Parquet file, and whether the format, not the file, says its CRS."""
    kwargs = {"types_mapper": INT64.get}
    frame: pd.DataFrame
    try:
        stored = (pq.read_schema(path).metadata or {}).get(b"geo")
        if stored is not None:
            frame = gpd.read_parquet(path, to_pandas_kwargs=kwargs)
            return whole_numbers(frame), assumes_crs(stored)
        frame = whole_numbers(pq.read_table(path).to_pandas(types_mapper=INT64.get))
        native = native_geometry(pq.ParquetFile(path))
        if native is None:
            return frame, False
        column, crs, assumed = native
        shapes = shapely.from_wkb(frame.pop(column).to_numpy())
        return gpd.GeoDataFrame(frame, geometry=shapes, crs=crs), assumed
    except (pa.ArrowException, ValueError, OSError, KeyError, ShapelyError) as error:
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
