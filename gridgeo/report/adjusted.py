"""The folder of an adjustment: the plan, and its proposals as a workbook and as layers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gridgeo.geopackages import same_bytes
from gridgeo.report.folder import Writer, check_folder, write_folder
from gridgeo.report.geopackage import GEOPACKAGE, append_layer, append_table, shape_of
from gridgeo.report.save import BESIDE, PROPOSALS, WRITERS
from gridgeo.report.seal import check_unlocked
from gridgeo.report.workbook import write_sheets
from gridgeo.text import Lang, Text

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.proposals import Adjustment

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
        The folder holds anything but earlier results of ours, or these without `overwrite`, or an
        approved plan, or the files cannot be written.
    """
    writers: list[Writer] = [
        (name, partial(write, adjusted))
        for name, write in zip(PROPOSALS, (write_proposals, _write_layers), strict=True)
    ]
    writers += [(name, partial(write, adjusted.plan)) for name, write in WRITERS]
    check_adjusted(folder, overwrite=overwrite)
    return write_folder(folder, writers, overwrite=overwrite, ours=BESIDE)


def check_adjusted(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise `OutputError` where `save_adjusted` would refuse `folder`."""
    check_folder(folder, [*BESIDE, *PROPOSALS, *_PLAN], overwrite=overwrite)
    check_unlocked(Path(folder) / GEOPACKAGE)


def write_proposals(adjusted: Adjustment, path: Path) -> None:
    """Write proposals, the grids before and after, and the crosswalk of codes to a workbook."""
    lang = adjusted.plan.settings.lang
    proposals, sides = _told(adjusted.proposals, lang), _told(adjusted.sides, lang)
    tables = (
        proposals.rename(columns={"id": "proposal", "moved": "households_moved"})[list(_PROPOSAL)],
        sides[list(_SIDE)],
        adjusted.changes.crosswalk,
    )
    sheets = [
        (title.say(lang), pd.DataFrame(table)) for title, table in zip(_SHEETS, tables, strict=True)
    ]
    write_sheets(sheets, path, lang)


def _told(frame: gpd.GeoDataFrame, lang: Lang) -> gpd.GeoDataFrame:
    """Return the frame with the texts of one language under their plain names."""
    names = [name.removesuffix("_en") for name in frame.columns if name.endswith("_en")]
    return frame.assign(**{name: frame[f"{name}_{lang}"] for name in names})


def _write_layers(adjusted: Adjustment, path: Path) -> None:
    lang = adjusted.plan.settings.lang
    sides = _told(adjusted.sides, lang)
    layers = {
        "proposals": _told(adjusted.proposals, lang),
        **{side: sides[sides["side"] == side] for side in ("before", "after")},
    }
    with same_bytes():
        for name, frame in layers.items():
            shape = shape_of(frame, name)
            append_layer(frame, path, name, "MultiPolygon" if shape == "Unknown" else shape)
        append_table(adjusted.changes.crosswalk, path, "crosswalk")
