"""Layers in batches of rows: no more of a file is held than its format asks for."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj import CRS

from gridgeo.config import ReadRules, Source
from gridgeo.read.context import Journal, RawLayer
from gridgeo.read.load import choose_layer, load, no_rows, read_rows, tidy
from gridgeo.read.probe import check_path, layer_names, unreadable

_PARQUET = (".parquet", ".geoparquet")


def head(source: Source, role: str, rules: ReadRules) -> RawLayer:
    """Return a layer with its columns and its first row."""
    whole = next(batches(source, role, rules, Journal(), rows=1))
    return replace(whole, frame=whole.frame.iloc[:1])


def batches(
    source: Source, role: str, rules: ReadRules, journal: Journal, *, rows: int
) -> Iterator[RawLayer]:
    """Return a layer in batches of about `rows` rows, numbered as they stand in the file.

    GeoPackages and GeoParquet are read batch by batch; every other format is read whole, because
    its text must be seen whole to know its encoding or its header.

    Raises
    ------
    InputError
        As `gridgeo.read.load.load` does.
    """
    suffix = check_path(source.path).suffix.lower()
    if suffix == ".gpkg":
        yield from _geopackage(source, role, rules, journal, rows=rows)
    elif suffix in _PARQUET:
        yield from _parquet(source, role, rules, journal, rows=rows)
    else:
        yield load(source, role, rules, journal)


def _geopackage(
    source: Source, role: str, rules: ReadRules, journal: Journal, *, rows: int
) -> Iterator[RawLayer]:
    path = Path(source.path)
    layer = choose_layer(source, layer_names(source.path), "GPKG")
    info = pyogrio.read_info(path, layer=layer)
    if not info["fid_column"]:  # a view has no key to go on from
        yield load(source, role, rules, journal)
        return
    whole = RawLayer(role=role, frame=pd.DataFrame(), file=source.path, layer=layer,
                     kind=source.kind)  # fmt: skip
    size, start, last = _even(info["features"], rows), 0, None
    while True:
        where = None if last is None else f'"{info["fid_column"]}" > {last}'
        frame = read_rows(
            path, layer, "GPKG", journal, max_features=size, fid_as_index=True, where=where
        )
        if frame.empty:
            break
        last = int(frame.index[-1])
        yield replace(whole, frame=_numbered(tidy(frame), start))
        start += len(frame)
    if not start:
        raise no_rows(whole)


def _parquet(
    source: Source, role: str, rules: ReadRules, journal: Journal, *, rows: int
) -> Iterator[RawLayer]:
    layer_names(source.path)
    try:
        file = pq.ParquetFile(source.path)
        geo = _geometry_of(file.schema_arrow)
        if geo is None:
            yield load(source, role, rules, journal)
            return
        size, start = _even(file.metadata.num_rows, rows), 0
        for batch in file.iter_batches(batch_size=size):
            frame = _numbered(tidy(_frame(batch, *geo)), start)
            start += len(frame)
            yield RawLayer(role=role, frame=frame, file=source.path, kind=source.kind)
    except (pa.ArrowException, ValueError, OSError, KeyError) as error:
        raise unreadable(source.path, error) from error
    if not start:
        raise no_rows(RawLayer(role=role, frame=pd.DataFrame(), file=source.path))


def _geometry_of(schema: pa.Schema) -> tuple[str, CRS | None] | None:
    """Return geometry column and CRS of GeoParquet in WKB, None for any other file."""
    stored = (schema.metadata or {}).get(b"geo")
    if stored is None:
        return None
    geo = json.loads(stored)
    column = geo["columns"][geo["primary_column"]]
    if column["encoding"] != "WKB" or len(geo["columns"]) > 1:
        return None
    crs = column.get("crs", "OGC:CRS84")
    return geo["primary_column"], None if crs is None else CRS.from_user_input(crs)


def _frame(batch: pa.RecordBatch, geometry: str, crs: CRS | None) -> gpd.GeoDataFrame:
    frame = pa.Table.from_batches([batch]).replace_schema_metadata().to_pandas()
    shapes = shapely.from_wkb(frame.pop(geometry).to_numpy())
    hidden = [name for name in frame.columns if str(name).startswith("__index_level_")]
    return gpd.GeoDataFrame(frame.drop(columns=hidden), geometry=shapes, crs=crs)


def _even(total: int, rows: int) -> int:
    """Return the size of batches that are all about as large: no last one of a single row."""
    return max(1, math.ceil(total / max(1, math.ceil(total / rows))))


def _numbered(frame: Any, start: int) -> Any:
    return frame.set_axis(pd.RangeIndex(start, start + len(frame)), axis=0)
