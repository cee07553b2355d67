"""Load one layer of one file as it stands; whatever goes wrong is an InputError."""

from __future__ import annotations

import os
import warnings
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import geopandas as gpd
import pandas as pd
from shapely.errors import ShapelyError

from gridgeo.config import ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.formats import (
    TABLES,
    OpenFile,
    Rows,
    check_complete,
    check_path,
    dbf_widths,
    declared_encoding,
    field_widths,
    first_open_ring,
    footprints,
    is_multipatch,
    is_part,
    library_errors,
    load_parquet,
    names_crs,
    odd_numbers,
    odd_values,
    opened,
    read_frame,
    unreadable,
    with_values,
)
from gridgeo.read.columns import unique_names
from gridgeo.read.context import RawLayer, ReadLog
from gridgeo.read.table_layer import load_table_layer
from gridgeo.read.text_cells import check_text, decode_layer, note_judgement
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
    else:
        raw = _load_vector(source, role, rules, log)
    if raw.frame.empty:
        raise no_rows(raw)
    return check_text(raw, log, rules.encoding.get(role, ""))


def no_rows(raw: RawLayer) -> InputError:
    """Return the error that a layer is empty."""
    return InputError(
        Text("the layer has no rows", "图层没有任何记录"),
        remedy=Text("Give a layer with content", "请提供有内容的图层"),
        **raw.place,
    )


def _load_vector(source: Source, role: str, rules: ReadRules, log: ReadLog) -> RawLayer:
    given = rules.encoding.get(role, "")
    with opened(source, given) as file:
        name = choose_layer(source, file)
        raw = RawLayer(
            role=role, frame=pd.DataFrame(), file=source.path,
            layer=name if file.named_layers else "", kind=source.kind,
        )  # fmt: skip
        if file.driver == "Parquet":
            frame, assumed = load_parquet(file.path, source.path)
            return replace(raw, frame=tidy(frame), crs_assumed=assumed)
        frame = tidy(read_rows(file, name, log))
        check_complete(file, len(frame))
        raw = replace(raw, frame=frame, crs_assumed=_assumes_crs(file))
        if file.driver in ("ESRI Shapefile", "MapInfo File"):
            return _decoded(raw, file, given, log)
        if file.driver == "ESRIJSON" and is_part(file.path):
            log.caution(
                "file",
                Text(f"{raw}: the server sent a part of the rows only; ask it for the others",
                     f"{raw.zh}：服务器只返回了部分记录，请分批下载全部记录"),
            )  # fmt: skip
    if file.text is not None:
        raw = replace(raw, encoding=file.text.encoding)
        note_judgement(raw, file.text, log, given=given)
    return raw


def _assumes_crs(file: OpenFile) -> bool:
    """Return whether the format, not the file, says which CRS it is."""
    return file.driver == "GeoJSONSeq" or (file.driver == "GeoJSON" and not names_crs(file.path))


def _decoded(raw: RawLayer, file: OpenFile, given: str, log: ReadLog) -> RawLayer:
    shape = file.driver == "ESRI Shapefile"
    return decode_layer(
        raw,
        declared=declared_encoding(file.path) if shape else file.charset,
        given=given,
        widths=dbf_widths(file.path) if shape else field_widths(file.path),
        log=log,
    )


def choose_layer(source: Source, file: OpenFile) -> str:
    """Return the layer that `source` names, or the only one; else InputError listing them."""
    names = file.layers
    if source.layer in names:
        return source.layer
    if len(names) == 1 and (not source.layer or not file.named_layers):
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


def read_rows(file: OpenFile, layer: str, log: ReadLog, **chosen: Any) -> pd.DataFrame:
    """Return rows of a layer as they are stored, all or those `chosen`; warnings are noted."""
    options = {"encoding": "ISO-8859-1"} if file.driver == "ESRI Shapefile" else dict(file.options)
    odd: dict[str, dict[int, Any]] = odd_values(file.path, layer) if file.driver == "GPKG" else {}
    with warnings.catch_warnings(record=True) as caught, library_errors(file.name, layer):
        warnings.simplefilter("always")
        try:
            rows = read_frame(
                file.path,
                file.inner or layer,
                **{**options, **chosen, **({"fid_as_index": True} if odd else {})},
            )
        except ShapelyError as error:
            raise _bad_geometry(file, error) from error
    if file.driver == "ESRI Shapefile":
        names = [str(name) for name in rows.frame.columns]
        odd = {names[at]: values for at, values in odd_numbers(file.path).items()}
    frame = with_values(rows.frame, odd)
    if file.driver == "ESRI Shapefile" and is_multipatch(file.path):
        shapes = gpd.GeoSeries(footprints(frame["geometry"].to_numpy()), index=frame.index)
        frame = gpd.GeoDataFrame(frame, geometry=shapes.set_crs(rows.frame.crs))
        rows = replace(rows, surfaces=len(frame))
    _note_rows(file, rows, odd, {str(warning.message) for warning in caught}, log)
    return frame


def _note_rows(
    file: OpenFile, rows: Rows, odd: dict[str, dict[int, Any]], warned: set[str], log: ReadLog
) -> None:
    named = PurePath(file.name).name
    for text in sorted(warned):
        log.note("file", Text(f"{named}: {text}", f"{named}：{text}"))
    if rows.surfaces:
        log.note(
            "geometry",
            Text(f"{named}: {rows.surfaces} surfaces of a 3D model (multipatch, TIN) are read as "
                 "the ground that they cover",
                 f"{named}：{rows.surfaces} 个三维模型（multipatch、TIN）按其地面投影轮廓读取"),
        )  # fmt: skip
    if rows.curves:
        log.note(
            "geometry",
            Text(f"{named}: {rows.curves} shapes have arcs, read as lines of short pieces",
                 f"{named}：{rows.curves} 个图形含弧段，按每 1 度一个折点化为折线读取"),
        )  # fmt: skip
    for name, values in odd.items():
        shown = ", ".join(str(value) for value in sorted(map(str, values.values()))[:3])
        log.caution(
            "numbers",
            Text(f"{named}: {len(values)} values of {name} are not of its type, and are read as "
                 f"they stand: {shown}",
                 f"{named}：字段 {name} 中 {len(values)} 个值与字段类型不符，按原样读取：{shown}"),
        )  # fmt: skip


def _bad_geometry(file: OpenFile, error: ShapelyError) -> InputError:
    row = first_open_ring(file.path) if file.driver == "GeoJSON" else None
    if row is None:
        return unreadable(file.name, error)
    return InputError(
        Text("the ring of the polygon is not closed", "多边形的环没有闭合"),
        remedy=Text(
            "Repeat the first point of the ring at its end", "请在环的末尾重复第一个点使其闭合"
        ),
        file=file.name,
        row=row,
    )


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with rows numbered from 0, text as column names and ``geometry`` active."""
    out = frame.reset_index(drop=True)
    if isinstance(out, gpd.GeoDataFrame) and out.active_geometry_name not in (None, "geometry"):
        out = out.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
    return out.set_axis(unique_names([str(name) for name in out.columns]), axis=1)
