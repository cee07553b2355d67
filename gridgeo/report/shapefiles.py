"""Grids as a shapefile: ASCII field names of 10 letters, UTF-8 with a .cpg, nothing cut inside."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import pyogrio

from gridgeo.report.headers import header
from gridgeo.text import Lang, Text

#: What each field holds: a column of the reported grids.
FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "code": "code",
        "scheme": "scheme",
        "name": "name",
        "kind": "kind",
        "comm_code": "community",
        "comm_name": "community_name",
        "households": "households",
        "residents": "residents",
        "area_m2": "area_m2",
        "bounded_by": "bounded_by",
        "contains": "contains",
        "facility": "facility",
        "verdict": "verdict",
        "change": "change",
        "old_code": "old_code",
        "old_codes": "predecessors",
        "why": "change_reason",
    }
)
ENDINGS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: A text field of a DBF holds no more bytes.
LONGEST = 254


def shapefile_of(grids: gpd.GeoDataFrame) -> dict[str, bytes]:
    """Return the files of a shapefile by their ending; text that is too long ends early.

    No Chinese character is cut in two (`cut_rows` tells where text was cut), and the same grids
    give the same bytes: the date in the .dbf is 2000-01-01.
    """
    columns = {
        field: [_fitting(text) for text in grids[column]]
        if pd.api.types.is_string_dtype(grids[column])
        else grids[column].to_numpy()
        for field, column in FIELDS.items()
    }
    frame = gpd.GeoDataFrame(columns, geometry=grids.geometry.array, crs=grids.crs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "grids.shp"
        pyogrio.write_dataframe(
            frame,
            path,
            driver="ESRI Shapefile",
            encoding="UTF-8",
            geometry_type="Polygon",
            promote_to_multi=False,
            layer_options={"DBF_DATE_LAST_UPDATE": "2000-01-01"},
        )
        return {end: path.with_suffix(end).read_bytes() for end in ENDINGS}


def alias_frame(grids: gpd.GeoDataFrame, lang: Lang) -> pd.DataFrame:
    """Return what each field of the shapefile holds, and in how many rows its text was cut."""
    rows = [
        (field, header(column, lang), column, _cut(grids, column, lang))
        for field, column in FIELDS.items()
    ]
    return pd.DataFrame(rows, columns=["dbf_field", "alias", "column", "note"], dtype="str")


def cut_rows(grids: gpd.GeoDataFrame, column: str) -> int:
    """Return in how many rows the text of `column` is too long for a DBF."""
    if not pd.api.types.is_string_dtype(grids[column]):
        return 0
    return int(sum(len(text.encode()) > LONGEST for text in grids[column]))


def _cut(grids: gpd.GeoDataFrame, column: str, lang: Lang) -> str:
    rows = cut_rows(grids, column)
    told = Text(f"cut in {rows} rows; whole in grids.gpkg", f"{rows} 行过长截断，全文见 grids.gpkg")
    return told.say(lang) if rows else ""


def _fitting(text: str) -> str:
    return text.encode()[:LONGEST].decode(errors="ignore")
