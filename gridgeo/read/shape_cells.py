"""Places of the rows of a table from one column: WKT, WKB, GeoJSON, or pairs of degrees."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.errors import ShapelyError

from gridgeo.config import ReadRules
from gridgeo.read.columns import ALIASES, normal
from gridgeo.read.context import RawLayer, ReadLog, rows_text
from gridgeo.read.datums import DATUM_NAMES, to_wgs84
from gridgeo.tables import datum_of, without_datum
from gridgeo.wording import Text

#: how a cell may name its CRS before the shape: EWKT, and WKT of SPARQL
_PREFIX = re.compile(r"SRID=(\d+)\s*;\s*|<\S*?/EPSG/\S*?/(\d+)>\s*", re.IGNORECASE)
_WKT = re.compile(
    r"(?:MULTI)?(POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\s*(?:Z|M|ZM)?\s*(?:\(|EMPTY)",
    re.IGNORECASE,
)
_WKB = re.compile(r"(?:\\x|0x)?(0[01][0-9A-F]{40,})", re.IGNORECASE)
_JSON = re.compile(r"\{.*\"(?:coordinates|geometries)\"\s*:.*\}", re.DOTALL)
_NUMBER = r"([-+]?\d{1,3}\.\d+)"
_PAIR = re.compile(rf"[(\[]?\s*{_NUMBER}\s*[,，;；\s]\s*{_NUMBER}\s*[)\]]?")
#: what a column of pairs of degrees is called
_PAIRS = re.compile(
    r"(经纬度|坐标|位置|location|position|(lon|lng)_?lat|lat_?(lon|lng)|coord(inate)?s?|gps|point)+"
    r"(坐标)?"
)


def with_shapes(raw: RawLayer, rules: ReadRules, log: ReadLog) -> RawLayer:
    """Return a table as a spatial layer where most cells of one of its columns are shapes.

    Of several such columns the one with areas is taken, else the one with lines. Rows whose cell
    cannot be read have no geometry. The layer as it is without such a column.
    """
    found = {str(name): kind for name in raw.frame.columns if (kind := _kind_of(raw.frame[name]))}
    if not found:
        return _with_pairs(raw, rules, log) if "x" in ALIASES[raw.role] else raw
    column = min(found, key=lambda name: _KINDS.index(found[name]))
    read = [_shape(cell) for cell in raw.frame[column]]
    shapes = np.array([shape for shape, _ in read] + [None], dtype=object)[:-1]
    codes = {code for _, code in read if code}
    text = Text(f"{raw}: shapes taken from column {column}", f"{raw.zh}：图形取自“{column}”列")
    log.note("geometry", text)
    return _placed(raw, column, shapes, codes.pop() if len(codes) == 1 else None, log)


def _placed(
    raw: RawLayer,
    column: str,
    shapes: NDArray[Any],
    epsg: int | None,
    log: ReadLog,
) -> RawLayer:
    """Return a layer with the shapes of a column, and note the rows that have none."""
    lost = shapely.is_missing(shapes) & (raw.frame[column] != "").to_numpy()
    if lost.any():
        rows = rows_text([int(at) for at in raw.frame.index[lost]])
        log.note(
            "geometry",
            Text(
                f"{raw}: the shapes of column {column} cannot be read in rows {rows}",
                f"{raw.zh}：“{column}”列第 {rows} 行的图形无法读取",
            ),
            warning=True,
        )
    crs = None if epsg is None else CRS.from_epsg(epsg)
    frame = gpd.GeoDataFrame(raw.frame.drop(columns=column), geometry=shapes, crs=crs)
    return replace(raw, frame=frame)


def _most(cells: pd.Series[str], reads: Callable[[str], object]) -> bool:
    """Return whether most cells of a column are filled, and the first ones can be read."""
    filled = cells[cells != ""]
    head = [str(cell) for cell in filled.iloc[:20]]
    if not head or 2 * len(filled) <= len(cells):
        return False
    return 2 * sum(bool(reads(cell)) for cell in head) > len(head)


#: kinds of shapes, the first is preferred
_KINDS = ("POLYGON", "GEOMETRYCOLLECTION", "LINESTRING", "POINT")


def _kind_of(cells: pd.Series[str]) -> str:
    """Return what shapes a column holds (one of `_KINDS`), ``""`` for one that holds none."""
    if not _most(cells, _looks_like_shape):
        return ""
    shapes = [_shape(str(cell))[0] for cell in cells[cells != ""].iloc[:20]]
    names = (type(shape).__name__.upper() for shape in shapes if shape is not None)
    kinds = [name.removeprefix("MULTI") for name in names]
    return next((kind for kind in _KINDS if kind in kinds), "POINT" if not kinds else kinds[0])


def _bare(cell: str) -> tuple[str, int]:
    """Return a cell without quotes and the CRS before its shape, and the EPSG number of that."""
    text = cell.strip().strip("'\"").strip()
    named = _PREFIX.match(text)
    return (text[named.end() :], int(named[1] or named[2])) if named else (text, 0)


def _looks_like_shape(cell: str) -> bool:
    text, _ = _bare(cell)
    return any(pattern.match(text) for pattern in (_WKT, _WKB, _JSON))


def _shape(cell: str) -> tuple[shapely.Geometry | None, int]:
    """Return the geometry of a cell, None where there is none, and the EPSG number it names."""
    text, code = _bare(cell)
    if not text:
        return None, 0
    try:
        binary = _WKB.fullmatch(text)
        if binary:
            shape = shapely.from_wkb(binary[1])
            return shape, code or int(shapely.get_srid(shape))
        if text.startswith("{"):
            return _from_json(text)
        return shapely.from_wkt(text), code
    except (ShapelyError, ValueError, TypeError, LookupError):
        return None, 0


def _from_json(text: str) -> tuple[shapely.Geometry | None, int]:
    """Return the geometry of GeoJSON; it is in degrees of WGS 84 unless its numbers are larger."""
    found = json.loads(text)
    shape = shapely.from_geojson(json.dumps(found.get("geometry") or found))
    in_degrees = np.abs(shapely.bounds(shape)).max() <= _DEGREES
    return shape, 4326 if in_degrees else 0


#: the largest longitude, and the largest latitude
_DEGREES, _LATITUDE = 180, 90


def _with_pairs(raw: RawLayer, rules: ReadRules, log: ReadLog) -> RawLayer:
    """Return a table as points where a column holds longitude and latitude in one cell.

    Which of the two is the longitude must be clear: one of them is above 90 degrees.
    """
    names = (name for name in raw.columns if _PAIRS.fullmatch(normal(without_datum(name))))
    column = next((name for name in names if _most(raw.frame[name], _PAIR.fullmatch)), None)
    if column is None:
        return raw
    matches = [_PAIR.fullmatch(cell.strip()) for cell in raw.frame[column]]
    xy = np.array([match.groups() if match else (np.nan, np.nan) for match in matches], dtype=float)
    first, second = (np.nanmax(np.abs(xy[:, n])) for n in (0, 1))
    if max(first, second) > _DEGREES or (first > _LATITUDE) == (second > _LATITUDE):
        return raw
    xy = xy if first > _LATITUDE else xy[:, ::-1]
    points: NDArray[Any] = np.array(shapely.points(xy), dtype=object)
    points[np.isnan(xy).any(axis=1)] = None
    datum = "" if rules.crs.get(raw.role) or rules.datum.get(raw.role) else datum_of(column)
    if datum in DATUM_NAMES:
        here = ~shapely.is_missing(points)
        points[here] = to_wgs84(points[here], datum)
    named = rules.crs.get(raw.role) or DATUM_NAMES.get(datum, "EPSG:4326 (WGS 84)")
    text = Text(
        f"{raw}: {column} holds longitude and latitude, taken as {named}",
        f"{raw.zh}：“{column}”列为经纬度，按 {named} 读取",
    )
    log.note("crs", text)
    return _placed(raw, column, points, None if rules.crs.get(raw.role) else 4326, log)
