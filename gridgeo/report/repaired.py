"""``repaired.gpkg``: mended grids as they came, every change, and the findings before and after."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import geopandas as gpd
import pyogrio

from gridgeo.geopackages import same_bytes
from gridgeo.hashes import as_json
from gridgeo.model import Repaired
from gridgeo.report.documents import RUN
from gridgeo.report.folder import Writer, check_folder, write_folder
from gridgeo.report.geopackage import append_layer, append_table, shape_of
from gridgeo.report.records import finding_frame, note_frame, reject_frame
from gridgeo.text import Lang

REPAIRED = "repaired.gpkg"


def save_repaired(repaired: Repaired, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write ``repaired.gpkg`` and ``run.json`` into `folder` and return it.

    The first layer holds the grids with all the columns they came with, under their own name;
    ``repairs`` every change and every defect left, ``accounts`` the figures before and after,
    ``findings_before`` and ``findings_after`` what the checks found.

    Raises
    ------
    OutputError
        The folder holds anything but earlier results of ours, or these without `overwrite`, or
        the files cannot be written.
    """
    writers: list[Writer] = [
        (REPAIRED, partial(_write_package, repaired)),
        (RUN, partial(_write_run, repaired)),
    ]
    return write_folder(folder, writers, overwrite=overwrite)


def check_repaired(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise `OutputError` where `save_repaired` would refuse `folder`."""
    check_folder(folder, [REPAIRED, RUN], overwrite=overwrite)


def _write_package(repaired: Repaired, path: Path) -> None:
    lang = repaired.settings.lang
    crs = repaired.repairs.crs
    layers = {
        "repairs": told(repaired.repairs, lang),
        "findings_before": finding_frame(repaired.before, lang, crs),
        "findings_after": finding_frame(repaired.after, lang, crs),
    }
    tables = {
        "accounts": repaired.accounts,
        "rejects": reject_frame(repaired.rejects, lang),
        "notes": note_frame(repaired.notes, lang),
    }
    taken = {*layers, *tables}
    name = f"{repaired.layer}_grids" if repaired.layer in taken else repaired.layer
    with same_bytes():
        _write_grids(repaired.grids, path, name)
        for layer, frame in layers.items():
            append_layer(frame, path, layer, shape_of(frame, layer))
        for table, rows in tables.items():
            append_table(rows, path, table)


def told(repairs: gpd.GeoDataFrame, lang: Lang) -> gpd.GeoDataFrame:
    """Return the repairs with `reason` in `lang` before the two languages."""
    place = repairs.columns.get_loc("reason_en")
    frame = repairs.copy()
    frame.insert(int(str(place)), "reason", repairs[f"reason_{lang}"])
    return frame


def _write_grids(grids: gpd.GeoDataFrame, path: Path, name: str) -> None:
    """Write the grids byte for byte: no polygon becomes a multi-polygon on the way."""
    found = set(grids.geom_type.dropna())
    pyogrio.write_dataframe(
        grids,
        path,
        layer=name,
        driver="GPKG",
        geometry_type=found.pop() if len(found) == 1 else "Unknown",
        promote_to_multi=False,
        layer_options={"GEOMETRY_NAME": "geom"},
    )


def _write_run(repaired: Repaired, path: Path) -> None:
    path.write_text(as_json(repaired.run), encoding="utf-8")
