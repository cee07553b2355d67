"""What is in a file: layers, rows, CRS, columns as understood, problems; for `gridgeo inspect`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.config import ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.formats import TABLES, check_path, layer_names
from gridgeo.model import Note, Reject
from gridgeo.read.columns import ALIASES, find_all
from gridgeo.read.context import RawLayer, ReadLog, rows_text, tally
from gridgeo.read.coordinates import axes_of, points_from
from gridgeo.read.counts import counts, with_counts
from gridgeo.read.crs import is_metric, known_crs, label
from gridgeo.read.files import load
from gridgeo.read.groups import group_of
from gridgeo.read.tables import table_sheets
from gridgeo.read.totals import without_totals
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


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerInfo:
    """One layer of a file as gridgeo would understand it.

    ``understood`` maps each role that the layer may play to its fields and their columns,
    ``examples`` each column to up to three of its values. ``households`` is the sum of the counts
    (None where no column has any), ``notes`` what reading says of it, ``problems`` what is to be
    looked at; ``unreadable``: it cannot be read at all.
    """

    file: str
    layer: str
    rows: int = 0
    geometry: str = ""
    crs: str = ""
    encoding: str = ""
    columns: tuple[str, ...] = ()
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    understood: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    households: int | None = None
    notes: tuple[Text, ...] = ()
    problems: tuple[Text, ...] = ()
    unreadable: bool = False


def inspect_file(path: str, rules: ReadRules | None = None) -> tuple[LayerInfo, ...]:
    """Return what is in each layer of a spatial file, a CSV or a workbook.

    A layer that cannot be loaded is listed with the problem; a file that cannot be opened
    raises InputError. `rules` are those of the households, as far as they say how to read.
    """
    source = Source.parse(path)
    file = check_path(source.path)
    if source.layer:
        layers: tuple[str, ...] = (source.layer,)
    elif file.suffix.lower() in TABLES:
        layers = table_sheets(file)
    else:
        layers = layer_names(source.path)
    rules = ReadRules() if rules is None else rules
    return tuple(_inspect(Source(path=source.path, layer=layer), rules) for layer in layers)


def _inspect(source: Source, rules: ReadRules) -> LayerInfo:
    log = ReadLog()
    try:
        raw = load(source, "households", rules, log)
    except InputError as error:
        return LayerInfo(
            file=source.path, layer=source.layer, problems=(error.full,), unreadable=True
        )
    kinds, crs = _geometry(raw)
    used, households, wrong = _count(raw, rules, log)
    understood = _understood(used, rules, log, countable=households is not None)
    return LayerInfo(
        file=source.path,
        layer=raw.layer or source.layer,
        rows=len(raw.frame),
        geometry=kinds,
        crs=crs,
        encoding=raw.encoding,
        columns=raw.columns,
        examples={name: _examples(raw.frame[name]) for name in raw.columns},
        understood=understood,
        households=households,
        notes=tuple(n.message for n in log.notes if not _is_problem(n)),
        problems=(*_problems(raw), *(n.message for n in log.notes if _is_problem(n)), *wrong),
    )


def _is_problem(note: Note) -> bool:
    return note.warning or note.topic == "file"


_EXAMPLES, _LONGEST = 3, 40
_SHOWN_ROWS = 3


def _examples(cells: pd.Series[Any]) -> tuple[str, ...]:
    """Return the first different values of a column, shortened."""
    texts = (" ".join(str(cell).split()) for cell in cells[cells.notna()].head(1000))
    seen = dict.fromkeys(text for text in texts if text)
    return tuple(
        text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        for text in list(seen)[:_EXAMPLES]
    )


def _count(
    raw: RawLayer, rules: ReadRules, log: ReadLog
) -> tuple[RawLayer, int | None, list[Text]]:
    """Return the rows of a layer that a job counts, their households, and what it does not use."""
    raw = without_totals(raw, log)
    column = next(iter(find_all(raw, "households", rules)), "")
    try:
        if not isinstance(raw.frame, gpd.GeoDataFrame) and (axes := axes_of(raw, rules)):
            points_from(raw, axes, rules, log)
        if not column:
            return raw, None, _rejected(log)
        raw = with_counts(raw, column, log)
        numbers = counts(raw, column, log)
    except InputError as error:
        return raw, None, [*_rejected(log), error.full]
    empty = int(numbers.isna().sum())
    if empty:
        log.note(
            "households", Text(f"{empty} counts are empty", f"{empty} 行户数为空"), warning=True
        )
    return raw, int(numbers.sum()), _rejected(log)


def _rejected(log: ReadLog) -> list[Text]:
    """Return what the rejects say, one text a reason, with the first rows."""
    by_reason: dict[tuple[str, Text], list[Reject]] = {}
    for one in log.rejects:
        by_reason.setdefault((one.field, one.reason), []).append(one)
    told = []
    for (column, reason), rejects in by_reason.items():
        rows = rows_text([one.row - 1 for one in rejects])
        values = ", ".join(one.value for one in rejects[:_SHOWN_ROWS])
        told.append(
            Text(
                f"{len(rejects)} rows would not be used, {reason.en}: rows {rows}, "
                f"column {column}: {values}",
                f"{len(rejects)} 行无法使用，{reason.zh}：第 {rows} 行，“{column}”列：{values}",
            )
        )
    return told


def _geometry(raw: RawLayer) -> tuple[str, str]:
    if not isinstance(raw.frame, gpd.GeoDataFrame):
        return "", ""
    known = known_crs(raw.frame.crs)
    crs = label(known) if known is not None else ""
    return tally(raw.frame.geom_type.fillna("NULL")), crs


def _understood(
    raw: RawLayer, rules: ReadRules, log: ReadLog, *, countable: bool
) -> dict[str, dict[str, str]]:
    kind = ""
    if isinstance(raw.frame, gpd.GeoDataFrame):
        commonest = raw.frame.geom_type.dropna().mode()
        kind = str(commonest.iloc[0]).removeprefix("Multi") if len(commonest) else "Point"
    out = {}
    for role in _ROLES.get(kind, ()):
        fields = {
            name: columns[0]
            for name in ALIASES[role]
            if (columns := find_all(replace(raw, role=role), name, rules))
        }
        if role == "households" and "group" in fields and countable:
            fields["group"] = group_of(raw, rules, log)[1]
            fields = {name: column for name, column in fields.items() if column}
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
