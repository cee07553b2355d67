"""The folder of a submission: grids, workbook, cover page, and a manifest of checksums."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from gridgeo.geometry import STAYING_CODES
from gridgeo.maps import CHANGE_COLOURS, CHANGE_MARK, GRID_LINE, KIND_COLOURS, visible
from gridgeo.model import RECORD, SCHEMA, Submission
from gridgeo.report.figures import path_of, to_drawing
from gridgeo.report.geopackage import ENDINGS, alias_frame, append_layer, append_table, shapefile_of
from gridgeo.report.page import PAGES
from gridgeo.report.results import change_sheets
from gridgeo.report.seal import APPROVAL, approval_frame
from gridgeo.report.workbook import write_sheets
from gridgeo.review import APPROVED, DRAFT, state_of
from gridgeo.storage import (
    Writer,
    as_json,
    check_folder,
    file_sha256,
    reproducible_geopackages,
    write_folder,
)
from gridgeo.wording import APPROVAL_FACTS, CARDS, CHANGES, KINDS, Text, word

_WIDTH, _HEIGHT = 680.0, 320.0
#: Retired grids are among the old ones.
_SIDE = {"retired": "old"}
_FILES = {
    ".gpkg": Text("grids, crosswalk (master)", "网格、编码对照（主文件）"),
    ".shp": Text("grids, shapefile", "网格图形（shp）"),
    ".shx": Text("shapefile, index", "shp 索引"),
    ".dbf": Text("shapefile, attributes", "shp 属性"),
    ".prj": Text("shapefile, CRS", "shp 坐标系"),
    ".cpg": Text("shapefile, encoding", "shp 编码"),
    ".xlsx": Text("workbook", "工作簿"),
    ".json": Text("facts for machines", "机读摘要"),
}


def _cover_page(submission: Submission, sums: Mapping[str, str]) -> str:
    """Return the cover of a package as an HTML page without script or network.

    Parameters
    ----------
    sums
        The SHA-256 of each file of the package, by name.
    """
    lang = submission.settings.lang
    summary = submission.comparison.summary
    return PAGES.get_template("cover.html.j2").render(
        lang=lang,
        say=lambda en, zh: Text(en, zh).say(lang),
        text=visible,
        submission=submission,
        state=(DRAFT if submission.approval is None else APPROVED).say(lang),
        summary=summary,
        counts=_counts(submission),
        households=int(submission.grids["households"].sum()),
        recoded=0 if submission.first else _recoded(submission),
        crs="" if submission.grids.crs is None else submission.grids.crs.name,
        drawing=_drawing(submission),
        cards=[
            {
                "title": word(CARDS, card["card"], lang),
                "before": _card(card, "before", submission),
                "after": _card(card, "after", submission),
            }
            for card in submission.scorecard
        ],
        files=[(name, _FILES["." + name.partition(".")[2]].say(lang), sums[name]) for name in sums],
    )


def _recoded(submission: Submission) -> int:
    """Return how many of the grids changed nothing but their code."""
    grids = submission.grids
    return int((grids["change"].isin(STAYING_CODES) & (grids["code"] != grids["old_code"])).sum())


def _counts(submission: Submission) -> list[tuple[str, int, str]]:
    """Return label, number and colour: of kinds at first, then of what became of the grids."""
    lang, summary = submission.settings.lang, submission.comparison.summary
    if submission.first:
        kinds = submission.grids["kind"].value_counts()
        return [
            (word(KINDS, kind, lang), int(kinds.get(kind, 0)), colour)
            for kind, colour in KIND_COLOURS.items()
        ]
    return [
        (word(CHANGES, change, lang), summary[_SIDE.get(change, "new")][change], colour)
        for change, colour in CHANGE_COLOURS.items()
    ]


def _card(card: Mapping[str, object], side: str, submission: Submission) -> str:
    state, count = card[f"state_{side}"], card[f"count_{side}"]
    found = Text(f"{count} open", f"{count} 项")
    words = {
        "green": Text("✓", "✓"),
        "amber": found,
        "red": found,
        "unknown": Text("not checked", "未检查"),
    }
    return words.get(str(state), Text("—", "—")).say(submission.settings.lang)


def _drawing(submission: Submission) -> Markup:
    """Return a drawing of the grids by what became of them, with ground that changed hatched."""
    rows = submission.comparison.changes
    rows = rows[(rows["new_code"] != "") & ~rows.geometry.is_empty]
    if rows.empty:
        return Markup("")
    west, south, east, north = rows.total_bounds
    scale = min(_WIDTH / max(east - west, 1), _HEIGHT / max(north - south, 1))
    drawn = to_drawing(rows.geometry.to_numpy(), west, north, scale)
    walk = submission.comparison.crosswalk
    moved = walk[walk["moved"] & ~walk.geometry.is_empty & (walk["old_code"] != "")]
    patch = Markup('<path d="{}" fill="{}" stroke="{}" stroke-width="0.5"/>')
    colours = KIND_COLOURS if submission.first else CHANGE_COLOURS
    kinds = rows["kind" if submission.first else "change"].to_numpy()
    patches = [
        patch.format(path_of(drawn[kinds == kind]), colour, GRID_LINE)
        for kind, colour in colours.items()
        if (kinds == kind).any()
    ]
    if len(moved):
        ground = to_drawing(moved.geometry.to_numpy(), west, north, scale)
        patches.append(patch.format(path_of(ground), "url(#hatch)", CHANGE_MARK))
    return Markup(
        '<svg class="map" role="img" viewBox="-2 -2 {:.0f} {:.0f}" stroke-linejoin="round"><defs>'
        '<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="5" stroke="{}" '
        'stroke-width="1.4"/></pattern></defs>{}</svg>'
    ).format(
        (east - west) * scale + 4,
        (north - south) * scale + 4,
        CHANGE_MARK,
        Markup("").join(patches),
    )


_MANIFEST = "manifest.sha256"
_SHAPEFILE = tuple(f"grids{end}" for end in ENDINGS)
_NAMES = (
    *("grids.gpkg", *_SHAPEFILE, "submission.xlsx", "submission.json"),
    *("cover.html", _MANIFEST),
)
_LEFT_OUT = ("soundness", "soundness_reason", "scheme")


def save_submission(submission: Submission, folder: str | Path, *, overwrite: bool = False) -> Path:
    """Write the package into `folder` and return it.

    ``grids.gpkg`` (layers ``grids``, ``retired``, ``crosswalk``, table ``approval``), the grids as
    a shapefile, ``submission.xlsx``, ``submission.json``, ``cover.html`` (one printed page) and
    ``manifest.sha256``, which ``sha256sum -c`` checks. The same submission gives the same bytes.

    Raises
    ------
    OutputError
        The folder contains anything but an earlier package, or one without `overwrite`, or the
        files cannot be written.
    """
    shapes = shapefile_of(submission.grids)
    writers: list[Writer] = [("grids.gpkg", partial(_write_package, submission))]
    writers += [(f"grids{end}", partial(_write_bytes, data)) for end, data in shapes.items()]
    writers += [
        ("submission.xlsx", partial(_write_workbook, submission)),
        ("submission.json", partial(_write_facts, submission)),
    ]
    last: list[Writer] = [
        ("cover.html", partial(_write_cover, submission)),
        (_MANIFEST, _write_manifest),
    ]
    return write_folder(folder, writers, overwrite=overwrite, last=last)


def check_submission(folder: str | Path, *, overwrite: bool = False) -> None:
    """Raise `OutputError` where `save_submission` would refuse `folder`."""
    check_folder(folder, _NAMES, overwrite=overwrite)


def _crosswalk_of(submission: Submission) -> gpd.GeoDataFrame:
    """Return the crosswalk of the grids that are reported, old ones and new ones."""
    walk = submission.comparison.crosswalk
    if submission.full:
        return walk
    rows = submission.comparison.changes
    other = rows[~rows["change"].isin(STAYING_CODES) | (rows["old_code"] != rows["new_code"])]
    concerned = walk["old_code"].isin(set(other["old_code"]) - {""})
    concerned |= walk["new_code"].isin(set(other["new_code"]) - {""})
    return walk[concerned].reset_index(drop=True)


def _retired_of(submission: Submission) -> gpd.GeoDataFrame:
    """Return the grids that were given up: their codes are never used again."""
    rows = submission.comparison.changes[submission.comparison.changes["change"] == "retired"]
    columns = ["old_code", "name", "households_before", "successors", "reason", "geometry"]
    return rows[columns].reset_index(drop=True)


def _write_package(submission: Submission, path: Path) -> None:
    layers = {
        "grids": submission.grids,
        "retired": _retired_of(submission),
        "crosswalk": _crosswalk_of(submission),
    }
    with reproducible_geopackages():
        for name, frame in layers.items():
            append_layer(frame, path, name, "MultiPolygon")
        append_table(approval_frame(submission.approval, contents=False), path, APPROVAL)


def _write_bytes(data: bytes, path: Path) -> None:
    path.write_bytes(data)


def _write_workbook(submission: Submission, path: Path) -> None:
    lang = submission.settings.lang
    columns = [name for name in SCHEMA["grids"] if name not in _LEFT_OUT]
    columns += [name for name in RECORD if name in submission.grids.columns]
    columns += ["change", "old_code", "predecessors", "change_reason"]
    rows = submission.comparison.changes
    if not submission.full:
        rows = rows[~rows["change"].isin(STAYING_CODES) | (rows["old_code"] != rows["new_code"])]
    changes, _ = change_sheets(submission.comparison, rows)
    sheets: list[tuple[Text, pd.DataFrame]] = [
        (Text("grids", "报送网格"), pd.DataFrame(submission.grids)[columns]),
        (Text("reasons", "变更原因"), changes[1]),
        (Text("crosswalk", "新旧编码对照"),
         pd.DataFrame(_crosswalk_of(submission).drop(columns="geometry"))),
        (Text("scorecard", "核查评分卡"), pd.DataFrame(submission.scorecard)),
        (Text("approval", "批准信息"), _approval(submission)),
        (Text("shapefile fields", "shp字段对照"), alias_frame(submission.grids, lang)),
    ]  # fmt: skip
    write_sheets([(title.say(lang), frame) for title, frame in sheets], path, lang)


def _approval(submission: Submission) -> pd.DataFrame:
    """Return the state of the plan in the words of the package."""
    lang = submission.settings.lang
    frame = approval_frame(submission.approval, contents=False)
    state = (DRAFT if submission.approval is None else APPROVED).say(lang)
    return frame.assign(
        key=[word(APPROVAL_FACTS, key, lang) for key in frame["key"]],
        value=[state, *frame["value"][1:]],
    )


def _write_facts(submission: Submission, path: Path) -> None:
    path.write_text(as_json(_facts(submission)), encoding="utf-8")


def _facts(submission: Submission) -> dict[str, Any]:
    crs = submission.grids.crs
    return {
        "title": submission.title,
        "plan": state_of(submission.approval),
        "since": None if submission.first else state_of(submission.before),
        "scope": "all" if submission.full else "changed",
        "grids": len(submission.grids),
        "crs": "" if crs is None else f"EPSG:{crs.to_epsg()}" if crs.to_epsg() else crs.to_wkt(),
        "changes": submission.comparison.summary,
        "scorecard": list(submission.scorecard),
    }


def _write_cover(submission: Submission, path: Path) -> None:
    files = [file for name in _NAMES if (file := path.parent / name).exists()]
    sums = {file.name: file_sha256(file) for file in files}
    path.write_text(_cover_page(submission, sums), encoding="utf-8")


def _write_manifest(path: Path) -> None:
    others = sorted(one for one in path.parent.iterdir() if one != path)
    lines = [f"{file_sha256(one)}  {one.name}\n" for one in others]
    path.write_text("".join(lines), encoding="ascii", newline="\n")
