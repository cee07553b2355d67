"""Grids that others drew, and households beside them: read for the checks, never repaired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridgeo.config import GRIDS, ROLES, ReadRules
from gridgeo.model import RECORD, Finding, Layers, Note, Plan, Reject
from gridgeo.read.columns import check_columns, understand
from gridgeo.read.context import RawLayer, ReadLog, StudyArea, rows_of, spatial_frame
from gridgeo.read.counts import counts, measures
from gridgeo.read.crs import reproject
from gridgeo.read.files import LayerSource, load, load_any
from gridgeo.read.geometry import have_geometry, of_type, working_crs
from gridgeo.read.grid_tables import draw_table
from gridgeo.read.layers import clean_household_layers
from gridgeo.read.repeats import without_twins
from gridgeo.read.values import codes, texts

_FIELDS = ("code", "name", "kind", "community", "households", "residents")


@dataclass(frozen=True, kw_only=True)
class GridFile:
    """A file of grids: as it stands, and as it was understood.

    Parameters
    ----------
    original
        Every row and column of the layer, unchanged, in the file's CRS; ``geometry`` is active.
    layer
        The name of the layer.
    grids
        code, name, kind, community (``""`` where absent), households, residents (float64, NaN
        where absent), area_stated (float64) and those of `RECORD` (text) where the file has
        them, row (position in `original`) and geometry in the CRS of the job: reprojected and
        nothing else. Rows without geometry are there, with none.
    rejects, notes
        Rows of points or lines, and how the columns were understood.
    findings
        What is wrong with the names of a table; see `gridgeo.read.grid_tables.draw_table`.
    """

    original: gpd.GeoDataFrame
    layer: str
    grids: gpd.GeoDataFrame
    rejects: tuple[Reject, ...]
    notes: tuple[Note, ...]
    findings: tuple[Finding, ...] = ()


#: Where grids are read from: a file ("PATH::LAYER" as text), a frame, or those of a plan.
Grids = LayerSource | Plan


def read_grids(
    source: Grids, *, crs: CRS | None = None, rules: ReadRules, ground: Layers | None = None
) -> GridFile:
    """Return the grids of a file, frame or plan as they stand, in their order there.

    Geometry is reprojected to `crs` (where it is None: to the metre CRS of the grids, else to one
    chosen from where they lie) and nothing else: missing geometry, crossing rings, overlaps and Z
    values are for the checks to see. Rows of another type than polygons are rejects. Grids that are
    only a table of names are drawn from the layers of `rules` on the communities of `ground`.
    """
    log = ReadLog()
    raw = load_any(source.grids if isinstance(source, Plan) else source, GRIDS, rules, log)
    if ground is not None and not isinstance(raw.frame, gpd.GeoDataFrame):
        return _drawn_from_table(raw, ground, rules, log)
    crs = working_crs(raw, rules, log) if crs is None else crs
    study_area = StudyArea(rules=rules, log=log, crs=crs)
    check_columns(GRIDS, [raw], rules)
    found = understand(raw, (*_FIELDS, "area", *RECORD), rules, log)
    here = have_geometry(raw)
    projected = reproject(replace(raw, frame=rows_of(spatial_frame(raw), here)), crs, rules, log)
    kept = of_type(projected, raw, study_area, (3, 6))
    rows = kept.index.union(raw.frame.index[~here])
    geometry = kept[["geometry"]].reindex(rows)
    read = {"code": codes, "name": texts, "kind": texts, "community": codes,
            "households": _counts, "residents": _counts}  # fmt: skip
    attributes = pd.DataFrame(
        {name: read[name](raw, found.get(name), log) for name in _FIELDS}
        | ({"area_stated": measures(raw, found["area"], log)} if "area" in found else {})
        | {
            name: _without_midnight(texts(raw, found[name], log))
            for name in RECORD
            if name in found
        }
    )
    grids = attributes.loc[rows].assign(row=rows).join(geometry)
    return GridFile(
        original=spatial_frame(raw),
        layer=raw.layer or PurePath(raw.file).stem,
        grids=gpd.GeoDataFrame(grids, geometry="geometry", crs=crs).reset_index(drop=True),
        rejects=tuple(log.rejects),
        notes=tuple(dict.fromkeys(log.notes)),
    )


def _drawn_from_table(raw: RawLayer, ground: Layers, rules: ReadRules, log: ReadLog) -> GridFile:
    check_columns(GRIDS, [raw], rules)
    table = draw_table(raw, ground, rules, log)
    return GridFile(
        original=table.grids,
        layer="grids",
        grids=table.grids.assign(row=np.arange(len(table.grids)))[[*_FIELDS, "row", "geometry"]],
        rejects=tuple(log.rejects),
        notes=tuple(dict.fromkeys(log.notes)),
        findings=table.findings,
    )


def _without_midnight(cells: pd.Series[str]) -> pd.Series[str]:
    """Return days as days: a column of dates is read with the time of day."""
    return cells.str.replace(r"[ T]00:00:00(\.0+)?$", "", regex=True)


def _counts(raw: RawLayer, column: str | None, log: ReadLog) -> pd.Series[float]:
    if column is None:
        return pd.Series(np.nan, index=raw.frame.index)
    return counts(raw, column, log, whole=False)


@dataclass(frozen=True, kw_only=True)
class HouseholdFile:
    """Points with households and residents, with rejects and notes."""

    households: gpd.GeoDataFrame
    rejects: tuple[Reject, ...]
    notes: tuple[Note, ...]


def read_household_points(rules: ReadRules, *, crs: CRS) -> HouseholdFile | None:
    """Return the households of ``rules.inputs``, as points in `crs`; None where there are none.

    Household points or polygons; without them the atoms, each as one point inside it.

    Raises
    ------
    InputError
        The layers cannot be read, or have no counts.
    """
    role = "households" if rules.inputs.get("households") else "atoms"
    sources = rules.inputs.get(role, ())
    if not sources:
        return None
    rules = _as_households(rules) if role == "atoms" else rules
    log = ReadLog()
    found = without_twins([load(source, "households", rules, log) for source in sources], log)
    check_columns("households", found, rules)
    raws: dict[str, list[RawLayer]] = {name: [] for name in ROLES} | {"households": found}
    study_area = StudyArea(rules=rules, log=log, crs=crs)
    _, households, _ = clean_household_layers(raws, "households", study_area)
    return HouseholdFile(
        households=households,
        rejects=tuple(log.rejects),
        notes=tuple(dict.fromkeys(log.notes)),
    )


def _as_households(rules: ReadRules) -> ReadRules:
    """Return the rules with the inputs and columns of atoms as those of households."""

    def turned(names: Mapping[str, str]) -> dict[str, str]:
        return {
            f"households{name.removeprefix('atoms')}": value
            for name, value in names.items()
            if name.partition(".")[0] == "atoms"
        }

    return replace(
        rules,
        columns=turned(rules.columns),
        crs=turned(rules.crs),
        datum=turned(rules.datum),
        encoding=turned(rules.encoding),
    )
