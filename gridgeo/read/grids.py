"""Existing grids, as somebody drew them: read for the checks, never repaired."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridgeo.config import GRIDS, ReadRules, Source
from gridgeo.model import Note, Reject
from gridgeo.read.columns import check_columns, understand
from gridgeo.read.context import Ground, Journal, RawLayer, spatial_frame
from gridgeo.read.crs import reproject
from gridgeo.read.figures import counts
from gridgeo.read.geometry import have_geometry, of_type, rows_of
from gridgeo.read.load import load
from gridgeo.read.values import codes, texts
from gridgeo.read.working import working_crs

_FIELDS = ("code", "name", "kind", "community", "households", "residents")


@dataclass(frozen=True, kw_only=True)
class GridFile:
    """A file of grids: as it stands, and as it was understood.

    Parameters
    ----------
    original
        Every row and column of the layer, untouched, in its own CRS; ``geometry`` is active.
    layer
        The name of the layer.
    grids
        code, name, kind, community (``""`` where absent), households, residents (float64, NaN
        where absent), row (position in `original`) and geometry in the CRS of the job: reprojected
        and nothing else. Rows without geometry are there, with none.
    rejects, notes
        Rows of points or lines, and how the columns were understood.
    """

    original: gpd.GeoDataFrame
    layer: str
    grids: gpd.GeoDataFrame
    rejects: tuple[Reject, ...]
    notes: tuple[Note, ...]


def read_grids(source: Source, *, crs: CRS | None = None, rules: ReadRules) -> GridFile:
    """Return the grids of a file as they stand, in file order.

    Geometry is reprojected to `crs` (where it is None: to the metre CRS of the grids, else to one
    chosen from where they lie) and nothing else: missing geometry, crossing rings, overlaps and Z
    values are for the checks to see. Rows of another type than polygons are rejects.
    """
    journal = Journal()
    raw = load(source, GRIDS, rules, journal)
    crs = working_crs(raw, rules, journal) if crs is None else crs
    ground = Ground(rules=rules, journal=journal, crs=crs)
    check_columns(GRIDS, [raw], rules)
    found = understand(raw, _FIELDS, rules, journal)
    here = have_geometry(raw)
    placed = reproject(replace(raw, frame=rows_of(spatial_frame(raw), here)), crs, rules, journal)
    kept = of_type(placed, raw, ground, (3, 6))
    rows = kept.index.union(raw.frame.index[~here])
    geometry = kept[["geometry"]].reindex(rows)
    attributes = pd.DataFrame(
        {name: texts(raw, found.get(name), journal) for name in _FIELDS[1:3]}
        | {name: codes(raw, found.get(name), journal) for name in ("code", "community")}
        | {name: _counts(raw, found.get(name), journal) for name in _FIELDS[4:]}
    )
    grids = attributes.loc[rows, list(_FIELDS)].assign(row=rows).join(geometry)
    return GridFile(
        original=spatial_frame(raw),
        layer=raw.layer or PurePath(raw.file).stem,
        grids=gpd.GeoDataFrame(grids, geometry="geometry", crs=crs).reset_index(drop=True),
        rejects=tuple(journal.rejects),
        notes=tuple(dict.fromkeys(journal.notes)),
    )


def _counts(raw: RawLayer, column: str | None, journal: Journal) -> pd.Series[float]:
    if column is None:
        return pd.Series(np.nan, index=raw.frame.index)
    return counts(raw, column, journal, whole=False)
