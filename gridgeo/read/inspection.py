"""What is in a file: layers, rows, CRS, columns as understood, problems; for `gridgeo inspect`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import shapely

from gridgeo.config import ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.read.columns import ALIASES, candidates
from gridgeo.read.context import RawLayer, ReadLog, tally
from gridgeo.read.crs import is_metric, known_crs, label
from gridgeo.read.file_checks import check_path
from gridgeo.read.files import load
from gridgeo.read.formats import TABLES
from gridgeo.read.opening import layer_names
from gridgeo.read.tables import sheet_names
from gridgeo.wording import Text

#: which roles a layer of a geometry type may play
_ROLES = MappingProxyType(
    {
        "Point": ("households", "facilities", "addresses"),
        "LineString": ("streets", "barriers"),
        "Polygon": (
            "communities", "atoms", "compounds", "buildings", "parcels", "facilities", "barriers",
            "grids",
        ),
        "": ("households",),
    }
)  # fmt: skip


#: fields that do not identify the role of a layer
_COMMON = frozenset({"name", "key", "tunnel", "level", "height"})


#: topics of notes that are problems of a file
_TOLD = ("file", "geometry", "encoding")


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerInfo:
    """One layer of a file as gridgeo would understand it.

    ``understood`` maps each role that the layer may play to its fields and their columns.
    """

    file: str
    layer: str
    rows: int
    geometry: str
    crs: str
    encoding: str
    columns: tuple[str, ...]
    understood: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    problems: tuple[Text, ...] = ()


def inspect_file(path: str) -> tuple[LayerInfo, ...]:
    """Return what is in each layer of a spatial file, a CSV or a workbook.

    A layer that cannot be loaded is listed with the problem; a file that cannot be opened
    raises InputError.
    """
    file = check_path(path)
    suffix = file.suffix.lower()
    if suffix in TABLES:
        layers = ("",) if suffix in (".csv", ".txt", ".tsv") else sheet_names(file)
    else:
        layers = layer_names(path)
    return tuple(_inspect(Source(path=path, layer=layer)) for layer in layers)


def _inspect(source: Source) -> LayerInfo:
    log = ReadLog()
    try:
        raw = load(source, "households", ReadRules(), log)
    except InputError as error:
        return LayerInfo(
            file=source.path, layer=source.layer, rows=0, geometry="", crs="", encoding="",
            columns=(), problems=(error.message,),
        )  # fmt: skip
    kinds, crs = _geometry(raw)
    return LayerInfo(
        file=source.path,
        layer=raw.layer or source.layer,
        rows=len(raw.frame),
        geometry=kinds,
        crs=crs,
        encoding=raw.encoding,
        columns=raw.columns,
        understood=_understood(raw),
        problems=(*_problems(raw), *(n.message for n in log.notes if n.topic in _TOLD)),
    )


def _geometry(raw: RawLayer) -> tuple[str, str]:
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        return "", ""
    known = known_crs(raw.frame.crs)
    crs = label(known) if known is not None else ""
    return tally(raw.frame.geom_type.fillna("NULL")), crs


def _understood(raw: RawLayer) -> dict[str, dict[str, str]]:
    kind = ""
    if isinstance(raw.frame, gpd.GeoDataFrame):
        commonest = raw.frame.geom_type.dropna().mode()
        kind = str(commonest.iloc[0]).removeprefix("Multi") if len(commonest) else "Point"
    out = {}
    for role in _ROLES.get(kind, ()):
        fields = {
            name: columns[0]
            for name, aliases in ALIASES[role].items()
            if (columns := candidates(raw.columns, aliases))
        }
        if role == "communities" or fields.keys() - _COMMON:
            out[role] = fields
    return out


def _problems(raw: RawLayer) -> list[Text]:
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        return []
    geometry = raw.frame.geometry.to_numpy()
    here = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    coordinates, at = shapely.get_coordinates(geometry, return_index=True)
    infinite = len(np.unique(at[~np.isfinite(coordinates).all(axis=1)]))
    invalid = int((~shapely.is_valid(geometry[here])).sum())
    found = []
    known = known_crs(raw.frame.crs)
    if known is None:
        found.append(
            Text("no coordinate reference system: give --crs", "没有坐标系：请用 --crs 指明")
        )
    elif not is_metric(known):
        found.append(Text("the CRS does not measure metres", "坐标系不以米为单位，将自动换算"))
    for number, english, chinese in (
        (int((~here).sum()), "rows without geometry", "行没有几何图形"),
        (infinite, "rows with coordinates that are no numbers", "行的坐标不是有效数值"),
        (invalid, "invalid geometries", "个图形无效（自相交等）"),
    ):
        if number:
            found.append(Text(f"{number} {english}", f"{number} {chinese}"))
    return found
