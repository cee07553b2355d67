"""The folders of an adjustment, a comparison and a repair."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pyogrio

from gridgeo.maps import changes_page
from gridgeo.model import Comparison, Repaired
from gridgeo.report.documents import RUN, SUMMARY
from gridgeo.report.geopackage import GEOPACKAGE, append_layer, append_table, shape_of
from gridgeo.report.records import finding_frame, note_frame, reject_frame
from gridgeo.report.save import BESIDE, PROPOSALS, WRITERS
from gridgeo.report.seal import check_unlocked
from gridgeo.report.workbook import write_sheets
from gridgeo.storage import Writer, as_json, check_folder, reproducible_geopackages, write_folder
from gridgeo.wording import Lang, Text

if TYPE_CHECKING:
    from gridgeo.model import Adjustment

_PLAN = [name for name, _ in WRITERS]
_SHEETS = (
    Text("proposals", "调整建议"),
    Text("before and after", "前后对照"),
    Text("crosswalk", "编码对照"),
)
_PROPOSAL = (
    *("proposal", "decision", "community", "reason", "effect", "grids_before", "grids_after"),
    *("households", "households_moved", "out_before", "out_after"),
)
_SIDE = (
    *("proposal", "side", "code", "change", "kind", "community", "households", "residents"),
    *("verdict", "reason"),
)


def save_adjusted(adjusted: Adjustment, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write the plan, ``proposals.xlsx`` and ``proposals.gpkg`` into `folder` and return it.

    `gridgeo.load` reads the plan of the folder. The column `decision` of the first sheet is to be
    filled in and read by the next run.

    Raises
    ------
    OutputError
        The folder contains anything but earlier results, or these without `overwrite`, or an
        approved plan, or the files cannot be written.
    """
    writers: list[Writer] = [
        (name, partial(write, adjusted))
        for name, write in zip(PROPOSALS, (_write_proposals, _write_layers), strict=True)
    ]
    writers += [(name, partial(write, adjusted.plan)) for name, write in WRITERS]
    check_adjusted(folder, overwrite=overwrite)
    return write_folder(folder, writers, overwrite=overwrite, ours=BESIDE)


def check_adjusted(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise `OutputError` where `save_adjusted` would refuse `folder`."""
    check_folder(folder, [*BESIDE, *PROPOSALS, *_PLAN], overwrite=overwrite)
    check_unlocked(Path(folder) / GEOPACKAGE)


def _write_proposals(adjusted: Adjustment, path: Path) -> None:
    """Write proposals, the grids before and after, and the crosswalk of codes to a workbook."""
    lang = adjusted.plan.settings.lang
    proposals, sides = _in_language(adjusted.proposals, lang), _in_language(adjusted.sides, lang)
    tables = (
        proposals.rename(columns={"id": "proposal", "moved": "households_moved"})[list(_PROPOSAL)],
        sides[list(_SIDE)],
        adjusted.changes.crosswalk,
    )
    sheets = [
        (title.say(lang), pd.DataFrame(table)) for title, table in zip(_SHEETS, tables, strict=True)
    ]
    write_sheets(sheets, path, lang)


def _in_language(frame: gpd.GeoDataFrame, lang: Lang) -> gpd.GeoDataFrame:
    """Return the frame with the texts of one language under their plain names."""
    names = [name.removesuffix("_en") for name in frame.columns if name.endswith("_en")]
    return frame.assign(**{name: frame[f"{name}_{lang}"] for name in names})


def _write_layers(adjusted: Adjustment, path: Path) -> None:
    lang = adjusted.plan.settings.lang
    sides = _in_language(adjusted.sides, lang)
    layers = {
        "proposals": _in_language(adjusted.proposals, lang),
        **{side: sides[sides["side"] == side] for side in ("before", "after")},
    }
    with reproducible_geopackages():
        for name, frame in layers.items():
            shape = shape_of(frame, name)
            append_layer(frame, path, name, "MultiPolygon" if shape == "Unknown" else shape)
        append_table(adjusted.changes.crosswalk, path, "crosswalk")


_CHANGES = "changes.gpkg"
_NAMES = (_CHANGES, "changes.xlsx", "changes.html", SUMMARY, RUN)


def save_comparison(comparison: Comparison, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a comparison into `folder` and return it.

    ``changes.gpkg`` has the layers ``changes``, ``crosswalk`` and ``before``, ``changes.xlsx`` the
    first two as sheets, ``changes.html`` is a map without network, ``summary.json`` the figures.
    The same comparison gives the same bytes in every file but ``run.json``.

    Raises
    ------
    OutputError
        The folder contains anything but earlier results of ours, or these without `overwrite`, or
        the files cannot be written.
    """
    write = (_write_package, _write_workbook, _write_map, _write_summary, _write_run)
    writers: list[Writer] = [
        (name, partial(one, comparison)) for name, one in zip(_NAMES, write, strict=True)
    ]
    return write_folder(folder, writers, overwrite=overwrite)


def check_comparison(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise `OutputError` where `save_comparison` would refuse `folder`."""
    check_folder(folder, _NAMES, overwrite=overwrite)


def change_sheets(comparison: Comparison, changes: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the two sheets on changes with their titles; `changes` may be a part of them."""
    lang = comparison.settings.lang
    return [
        (Text("changes", "网格变更").say(lang), pd.DataFrame(changes.drop(columns="geometry"))),
        (
            Text("crosswalk", "新旧编码对照").say(lang),
            pd.DataFrame(comparison.crosswalk.drop(columns="geometry")),
        ),
    ]


def _write_package(comparison: Comparison, path: Path) -> None:
    layers = {
        "changes": comparison.changes,
        "crosswalk": comparison.crosswalk,
        "before": comparison.before,
    }
    with reproducible_geopackages():
        for name, frame in layers.items():
            append_layer(frame, path, name, "MultiPolygon")
        append_table(reject_frame(comparison.rejects, comparison.settings.lang), path, "rejects")
        append_table(note_frame(comparison.notes, comparison.settings.lang), path, "notes")


def _write_workbook(comparison: Comparison, path: Path) -> None:
    write_sheets(change_sheets(comparison, comparison.changes), path, comparison.settings.lang)


def _write_map(comparison: Comparison, path: Path) -> None:
    path.write_text(changes_page(comparison), encoding="utf-8")


def _write_summary(comparison: Comparison, path: Path) -> None:
    path.write_text(as_json(comparison.summary), encoding="utf-8")


def _write_run(comparison: Comparison, path: Path) -> None:
    path.write_text(as_json(comparison.run), encoding="utf-8")


_REPAIRED = "repaired.gpkg"


def save_repaired(repaired: Repaired, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write ``repaired.gpkg`` and ``run.json`` into `folder` and return it.

    The first layer has the grids with all the columns they came with, under their own name;
    ``repairs`` every change and every defect left, ``accounts`` the figures before and after,
    ``findings_before`` and ``findings_after`` what the checks found.

    Raises
    ------
    OutputError
        The folder contains anything but earlier results of ours, or these without `overwrite`, or
        the files cannot be written.
    """
    writers: list[Writer] = [
        (_REPAIRED, partial(_write_repaired_package, repaired)),
        (RUN, partial(_write_repair_run, repaired)),
    ]
    return write_folder(folder, writers, overwrite=overwrite)


def check_repaired(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise `OutputError` where `save_repaired` would refuse `folder`."""
    check_folder(folder, [_REPAIRED, RUN], overwrite=overwrite)


def _write_repaired_package(repaired: Repaired, path: Path) -> None:
    lang = repaired.settings.lang
    crs = repaired.repairs.crs
    layers = {
        "repairs": _with_language(repaired.repairs, lang),
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
    with reproducible_geopackages():
        _write_grids(repaired.grids, path, name)
        for layer, frame in layers.items():
            append_layer(frame, path, layer, shape_of(frame, layer))
        for table, rows in tables.items():
            append_table(rows, path, table)


def _with_language(repairs: gpd.GeoDataFrame, lang: Lang) -> gpd.GeoDataFrame:
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


def _write_repair_run(repaired: Repaired, path: Path) -> None:
    path.write_text(as_json(repaired.run), encoding="utf-8")
