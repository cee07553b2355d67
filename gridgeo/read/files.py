"""Load one layer of one file as it stands; whatever goes wrong is an InputError."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
from shapely.errors import ShapelyError

from gridgeo.config import ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.read.columns import unique_names
from gridgeo.read.context import RawLayer, ReadLog
from gridgeo.read.file_checks import (
    SPATIAL,
    TABLES,
    check_path,
    layer_names,
    library_errors,
    unreadable,
)
from gridgeo.read.shapefile import (
    check_parts,
    declared_encoding,
    decode_frame,
    find_encoding,
    first_open_ring,
    fits,
    names_crs,
    texts_of,
)
from gridgeo.read.table_layer import load_table_layer
from gridgeo.tables import WHOLE_NUMBERS, with_plain_numbers
from gridgeo.wording import Text

#: A layer: a file (`Source`, or "PATH::LAYER" as text), or a frame.
LayerSource = Source | str | os.PathLike[str] | pd.DataFrame


def load_any(given: LayerSource, role: str, rules: ReadRules, log: ReadLog) -> RawLayer:
    """Return a layer from a file or a frame; the frame is not changed."""
    if isinstance(given, pd.DataFrame):
        return RawLayer(role=role, frame=tidy(given))
    source = given if isinstance(given, Source) else Source.parse(os.fspath(given))
    return load(source, role, rules, log)


def load(source: Source, role: str, rules: ReadRules, log: ReadLog) -> RawLayer:
    """Return one layer as it stands; empty and unreadable ones raise InputError."""
    path = check_path(source.path)
    if path.suffix.lower() in TABLES:
        with library_errors(source.path):
            raw = load_table_layer(path, source, role, rules, log)
    elif path.suffix.lower() in (".parquet", ".geoparquet"):
        raw = _load_parquet(path, source, role)
    else:
        raw = _load_vector(path, source, role, rules, log)
    if raw.frame.empty:
        raise no_rows(raw)
    return raw


def no_rows(raw: RawLayer) -> InputError:
    """Return the error that a layer is empty."""
    return InputError(
        Text("the layer has no rows", "图层没有任何记录"),
        remedy=Text("Give a layer with content", "请提供有内容的图层"),
        **raw.place,
    )


def _load_parquet(path: Path, source: Source, role: str) -> RawLayer:
    layer_names(source.path)
    try:
        spatial = b"geo" in (pq.read_schema(path).metadata or {})
        if spatial:
            frame = gpd.read_parquet(path, to_pandas_kwargs=WHOLE_NUMBERS)
        else:
            frame = pq.read_table(path).to_pandas(**WHOLE_NUMBERS)
    except (pa.ArrowException, ValueError, OSError, KeyError) as error:
        raise unreadable(source.path, error) from error
    whole = with_plain_numbers(frame)
    return RawLayer(role=role, frame=tidy(whole), file=source.path, kind=source.kind)


def _load_vector(path: Path, source: Source, role: str, rules: ReadRules, log: ReadLog) -> RawLayer:
    if path.suffix.lower() == ".shp":
        with library_errors(source.path):
            check_parts(path)
    driver = SPATIAL[path.suffix.lower()][0]
    name = choose_layer(source, layer_names(source.path), driver)
    frame = read_rows(path, name, driver, log)
    encoding = ""
    if driver == "ESRI Shapefile":
        encoding = _find_encoding(path, frame, rules.encoding.get(role, ""))
        frame = decode_frame(frame, encoding)
        if encoding != "utf-8":
            _note_encoding(str(source), encoding, log)
    layer = name if driver == "GPKG" else ""
    return RawLayer(
        role=role, frame=tidy(frame), file=source.path, layer=layer, kind=source.kind,
        encoding=encoding, crs_assumed=driver == "GeoJSON" and not names_crs(path),
    )  # fmt: skip


def choose_layer(source: Source, names: tuple[str, ...], driver: str) -> str:
    """Return the layer that `source` names, or the only one; else InputError listing them."""
    if source.layer in names:
        return source.layer
    if len(names) == 1 and (not source.layer or driver != "GPKG"):
        return names[0]
    listed = ", ".join(names)
    if source.layer:
        text = Text(
            f"no layer {source.layer!r}; the layers are: {listed}",
            f"没有图层“{source.layer}”，现有：{listed}",
        )
    else:
        text = Text(
            f"{len(names)} layers and none named: {listed}",
            f"文件有 {len(names)} 个图层，未指明用哪个：{listed}",
        )
    remedy = Text("Name one as PATH::LAYER", "请用 路径::图层名 指明其中一个")
    raise InputError(text, remedy=remedy, file=source.path)


def read_rows(path: Path, layer: str, driver: str, log: ReadLog, **chosen: Any) -> pd.DataFrame:
    """Return rows of a layer as GDAL reads them, all or those `chosen`; its warnings are noted."""
    options = {"encoding": "ISO-8859-1"} if driver == "ESRI Shapefile" else {}
    with warnings.catch_warnings(record=True) as caught, library_errors(str(path), layer):
        warnings.simplefilter("always")
        try:
            frame: pd.DataFrame = pyogrio.read_dataframe(
                path,
                layer=layer,
                use_arrow=True,
                arrow_to_pandas_kwargs=WHOLE_NUMBERS,
                **options,
                **chosen,
            )
        except ShapelyError as error:
            raise _bad_geometry(path, error) from error
    for text in sorted({str(warning.message) for warning in caught}):
        log.note("file", Text(f"{path.name}: {text}", f"{path.name}：{text}"))
    return with_plain_numbers(frame)


def _bad_geometry(path: Path, error: ShapelyError) -> InputError:
    row = first_open_ring(path) if path.suffix.lower() in (".geojson", ".json") else None
    if row is None:
        return unreadable(str(path), error)
    return InputError(
        Text("the ring of the polygon is not closed", "多边形的环没有闭合"),
        remedy=Text(
            "Repeat the first point of the ring at its end", "请在环的末尾重复第一个点使其闭合"
        ),
        file=str(path),
        row=row,
    )


def _find_encoding(path: Path, frame: pd.DataFrame, given: str) -> str:
    """Return the encoding of a shapefile's text; raises InputError where none fits."""
    found = texts_of(frame)
    encoding = find_encoding(found, given or declared_encoding(path))
    if not encoding or (given and not fits(found, given)):
        raise InputError(
            Text(f"the text cannot be read as {given or 'any known encoding'}",
                 f"文字无法按 {given or '已知编码'} 读取"),
            remedy=Text("Give the right encoding, such as gb18030", "请指明正确的编码，如 gb18030"),
            file=str(path),
        )  # fmt: skip
    return encoding


def _note_encoding(source: str, encoding: str, log: ReadLog) -> None:
    log.note(
        "encoding", Text(f"{source}: text read as {encoding}", f"{source}：文字按 {encoding} 读取")
    )


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with rows numbered from 0, text as column names and ``geometry`` active."""
    out = frame.reset_index(drop=True)
    if isinstance(out, gpd.GeoDataFrame) and out.active_geometry_name not in (None, "geometry"):
        out = out.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
    return out.set_axis(unique_names([str(name) for name in out.columns]), axis=1)
