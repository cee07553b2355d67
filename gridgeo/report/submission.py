"""The folder that goes upward: grids, workbook, cover and a manifest of checksums."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gridgeo.approval import APPROVED, DRAFT, state_of
from gridgeo.geopackages import same_bytes
from gridgeo.hashes import as_json, file_sha256
from gridgeo.report.changes import change_sheets
from gridgeo.report.cover import cover_page
from gridgeo.report.folder import Writer, check_folder, write_folder
from gridgeo.report.geopackage import append_layer, append_table
from gridgeo.report.schema import SCHEMA
from gridgeo.report.seal import APPROVAL, approval_frame
from gridgeo.report.shapefiles import ENDINGS, alias_frame, shapefile_of
from gridgeo.report.workbook import write_sheets
from gridgeo.submission import Submission
from gridgeo.text import Text
from gridgeo.words import APPROVAL_FACTS, word

MANIFEST = "manifest.sha256"
_SHAPEFILE = tuple(f"grids{end}" for end in ENDINGS)
_NAMES = (
    *("grids.gpkg", *_SHAPEFILE, "submission.xlsx", "submission.json"),
    *("cover.html", MANIFEST),
)
_LEFT_OUT = ("soundness", "soundness_reason", "scheme")


def save_submission(told: Submission, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write the package into `folder` and return it.

    ``grids.gpkg`` (layers ``grids``, ``retired``, ``crosswalk``, table ``approval``), the grids as
    a shapefile, ``submission.xlsx``, ``submission.json``, ``cover.html`` (one printed page) and
    ``manifest.sha256``, which ``sha256sum -c`` checks. The same submission gives the same bytes.

    Raises
    ------
    OutputError
        The folder holds anything but an earlier package, or one without `overwrite`, or the
        files cannot be written.
    """
    shapes = shapefile_of(told.grids)
    writers: list[Writer] = [("grids.gpkg", partial(_write_package, told))]
    writers += [(f"grids{end}", partial(_write_bytes, data)) for end, data in shapes.items()]
    writers += [
        ("submission.xlsx", partial(_write_workbook, told)),
        ("submission.json", partial(_write_facts, told)),
    ]
    last: list[Writer] = [
        ("cover.html", partial(_write_cover, told)),
        (MANIFEST, _write_manifest),
    ]
    return write_folder(folder, writers, overwrite=overwrite, last=last)


def check_submission(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise `OutputError` where `save_submission` would refuse `folder`."""
    check_folder(folder, _NAMES, overwrite=overwrite)


def crosswalk_of(told: Submission) -> gpd.GeoDataFrame:
    """Return the crosswalk of the grids that are reported, old ones and new ones."""
    walk = told.told.crosswalk
    if told.full:
        return walk
    rows = told.told.changes
    other = rows[(rows["change"] != "unchanged") | (rows["old_code"] != rows["new_code"])]
    concerned = walk["old_code"].isin(set(other["old_code"]) - {""})
    concerned |= walk["new_code"].isin(set(other["new_code"]) - {""})
    return walk[concerned].reset_index(drop=True)


def retired_of(told: Submission) -> gpd.GeoDataFrame:
    """Return the grids that were given up: their codes are never used again."""
    rows = told.told.changes[told.told.changes["change"] == "retired"]
    columns = ["old_code", "name", "households_before", "successors", "reason", "geometry"]
    return rows[columns].reset_index(drop=True)


def _write_package(told: Submission, path: Path) -> None:
    layers = {"grids": told.grids, "retired": retired_of(told), "crosswalk": crosswalk_of(told)}
    with same_bytes():
        for name, frame in layers.items():
            append_layer(frame, path, name, "MultiPolygon")
        append_table(approval_frame(told.approval, contents=False), path, APPROVAL)


def _write_bytes(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def _write_workbook(told: Submission, path: Path) -> None:
    lang = told.settings.lang
    columns = [name for name in SCHEMA["grids"] if name not in _LEFT_OUT]
    columns += ["change", "old_code", "predecessors", "change_reason"]
    rows = told.told.changes
    if not told.full:
        rows = rows[(rows["change"] != "unchanged") | (rows["old_code"] != rows["new_code"])]
    changes, _ = change_sheets(told.told, rows)
    sheets: list[tuple[Text, pd.DataFrame]] = [
        (Text("grids", "报送网格"), pd.DataFrame(told.grids)[columns]),
        (Text("reasons", "变更原因"), changes[1]),
        (Text("crosswalk", "新旧编码对照"),
         pd.DataFrame(crosswalk_of(told).drop(columns="geometry"))),
        (Text("scorecard", "核查评分卡"), pd.DataFrame(told.scorecard)),
        (Text("approval", "批准信息"), _approval(told)),
        (Text("shapefile fields", "shp字段对照"), alias_frame(told.grids, lang)),
    ]  # fmt: skip
    write_sheets([(title.say(lang), frame) for title, frame in sheets], path, lang)


def _approval(told: Submission) -> pd.DataFrame:
    """Return the state of the plan in the words of the package."""
    lang = told.settings.lang
    frame = approval_frame(told.approval, contents=False)
    state = (DRAFT if told.approval is None else APPROVED).say(lang)
    return frame.assign(
        key=[word(APPROVAL_FACTS, key, lang) for key in frame["key"]],
        value=[state, *frame["value"][1:]],
    )


def _write_facts(told: Submission, path: Path) -> None:
    path.write_text(as_json(_facts(told)), encoding="utf-8")


def _facts(told: Submission) -> dict[str, Any]:
    crs = told.grids.crs
    return {
        "title": told.title,
        "plan": state_of(told.approval),
        "since": None if told.first else state_of(told.before),
        "scope": "all" if told.full else "changed",
        "grids": len(told.grids),
        "crs": "" if crs is None else f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.to_wkt(),
        "changes": told.told.summary,
        "scorecard": list(told.scorecard),
    }


def _write_cover(told: Submission, path: Path) -> None:
    files = [file for name in _NAMES if (file := path.parent / name).exists()]
    sums = {file.name: file_sha256(file) for file in files}
    path.write_text(cover_page(told, sums), encoding="utf-8")


def _write_manifest(path: Path) -> None:
    others = sorted(one for one in path.parent.iterdir() if one != path)
    lines = [f"{file_sha256(one)}  {one.name}\n" for one in others]
    path.write_text("".join(lines), encoding="ascii", newline="\n")
