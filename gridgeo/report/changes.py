"""The folder of a comparison: ``changes.gpkg``, ``changes.xlsx``, ``changes.html``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd

from gridgeo.comparison import Comparison
from gridgeo.geopackages import same_bytes
from gridgeo.hashes import as_json
from gridgeo.maps import changes_page
from gridgeo.report.documents import RUN, SUMMARY
from gridgeo.report.folder import Writer, check_folder, write_folder
from gridgeo.report.geopackage import append_layer, append_table
from gridgeo.report.records import note_frame, reject_frame
from gridgeo.report.workbook import write_sheets
from gridgeo.text import Text

CHANGES = "changes.gpkg"
_NAMES = (CHANGES, "changes.xlsx", "changes.html", SUMMARY, RUN)


def save_comparison(told: Comparison, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write a comparison into `folder` and return it.

    ``changes.gpkg`` has the layers ``changes``, ``crosswalk`` and ``before``, ``changes.xlsx`` the
    first two as sheets, ``changes.html`` is a map without network, ``summary.json`` the figures.
    The same comparison gives the same bytes in every file but ``run.json``.

    Raises
    ------
    OutputError
        The folder holds anything but earlier results of ours, or these without `overwrite`, or
        the files cannot be written.
    """
    write = (_write_package, _write_workbook, _write_map, _write_summary, _write_run)
    writers: list[Writer] = [
        (name, partial(one, told)) for name, one in zip(_NAMES, write, strict=True)
    ]
    return write_folder(folder, writers, overwrite=overwrite)


def check_comparison(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise `OutputError` where `save_comparison` would refuse `folder`."""
    check_folder(folder, _NAMES, overwrite=overwrite)


def change_sheets(told: Comparison, changes: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return the two sheets on changes with their titles; `changes` may be a part of them."""
    lang = told.settings.lang
    return [
        (Text("changes", "网格变更").say(lang), pd.DataFrame(changes.drop(columns="geometry"))),
        (
            Text("crosswalk", "新旧编码对照").say(lang),
            pd.DataFrame(told.crosswalk.drop(columns="geometry")),
        ),
    ]


def _write_package(told: Comparison, path: Path) -> None:
    layers = {"changes": told.changes, "crosswalk": told.crosswalk, "before": told.before}
    with same_bytes():
        for name, frame in layers.items():
            append_layer(frame, path, name, "MultiPolygon")
        append_table(reject_frame(told.rejects, told.settings.lang), path, "rejects")
        append_table(note_frame(told.notes, told.settings.lang), path, "notes")


def _write_workbook(told: Comparison, path: Path) -> None:
    write_sheets(change_sheets(told, told.changes), path, told.settings.lang)


def _write_map(told: Comparison, path: Path) -> None:
    path.write_text(changes_page(told), encoding="utf-8")


def _write_summary(told: Comparison, path: Path) -> None:
    path.write_text(as_json(told.summary), encoding="utf-8")


def _write_run(told: Comparison, path: Path) -> None:
    path.write_text(as_json(told.run), encoding="utf-8")
