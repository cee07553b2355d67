"""Existing grids, as somebody drew them: read for the checks, never repaired."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridgeo.config import ReadRules, Source
from gridgeo.model import Note, Reject
from gridgeo.read.columns import check_columns, understand
from gridgeo.read.context import Ground, Journal, RawLayer
from gridgeo.read.crs import reproject
from gridgeo.read.figures import counts
from gridgeo.read.geometry import of_type, with_geometry
from gridgeo.read.load import load
from gridgeo.read.values import codes, texts

_FIELDS = ("code", "name", "kind", "community", "households", "residents")


def read_grids(
    source: Source, *, crs: CRS, rules: ReadRules
) -> tuple[gpd.GeoDataFrame, tuple[Reject, ...], tuple[Note, ...]]:
    """Return the grids of a file as they stand, in `crs`, in file order.

    The frame has code, name, kind, community (``""`` where absent), households, residents
    (float64, NaN where absent) and geometry. Geometry is reprojected and nothing else: crossing
    rings, overlaps and Z values are for the checks to see. Rows without a polygon are rejects.
    """
    journal = Journal()
    ground = Ground(rules=rules, journal=journal, crs=crs)
    raw = load(source, "grids", rules, journal)
    check_columns("grids", [raw], rules)
    found = understand(raw, _FIELDS, rules, journal)
    placed = reproject(replace(raw, frame=with_geometry(raw, ground)), crs, rules, journal)
    kept = of_type(placed, raw, ground, (3, 6))
    attributes = pd.DataFrame(
        {name: texts(raw, found.get(name), journal) for name in _FIELDS[1:3]}
        | {name: codes(raw, found.get(name), journal) for name in ("code", "community")}
        | {name: _counts(raw, found.get(name), journal) for name in _FIELDS[4:]}
    )
    grids = kept[["geometry"]].join(attributes)[[*_FIELDS, "geometry"]].reset_index(drop=True)
    return grids, tuple(journal.rejects), tuple(dict.fromkeys(journal.notes))


def _counts(raw: RawLayer, column: str | None, journal: Journal) -> pd.Series[float]:
    if column is None:
        return pd.Series(np.nan, index=raw.frame.index)
    return counts(raw, column, journal, whole=False)
