"""Read a saved plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from gridgeo.config import Settings
from gridgeo.errors import InputError, SettingsError, why
from gridgeo.model import CROSSWALK, SCHEMA, Plan, layer_frame, single_parts
from gridgeo.report.documents import RUN, SUMMARY
from gridgeo.report.geopackage import GEOPACKAGE
from gridgeo.report.records import findings_of, notes_of, rejects_of, settings_of
from gridgeo.report.seal import check_sealed, stored_approval
from gridgeo.wording import Text


def load_plan(folder: str | Path) -> Plan:
    """Return the plan that `gridgeo.report.save_plan` wrote into `folder`.

    Frames, findings, rejects, notes, settings, summary and run come back as they were; a
    multi-geometry of one part comes back as that part.

    Raises
    ------
    InputError
        A file of the plan is missing or cannot be read, or an approved plan was changed since.
    """
    path = Path(folder)
    package = path / GEOPACKAGE
    frames = {name: layer_frame(name, _layer(package, name)) for name in SCHEMA}
    summary = _document(path / SUMMARY)
    summary.pop("approval", None)
    plan = Plan(
        **frames,
        settings=_settings(package),
        findings=findings_of(_layer(package, "findings", text=_FINDING_TEXT)),
        rejects=rejects_of(_table(package, "rejects")),
        notes=notes_of(_table(package, "notes")),
        summary=summary,
        run=_document(path / RUN) if (path / RUN).exists() else {},
        crosswalk=_crosswalk(package),
        approval=stored_approval(package),
    )
    check_sealed(plan)
    return plan


_FINDING_TEXT = (
    *("id", "rule", "severity", "status", "grids", "unit", "note", "about"),
    *("message_en", "message_zh"),
)


def _settings(package: Path) -> Settings:
    try:
        return settings_of(_table(package, "settings"))
    except (KeyError, TypeError, ValueError, SettingsError) as error:
        raise InputError(
            Text("the settings are not understood: ", "无法识别参数设置：") + why(error),
            file=str(package),
            layer="settings",
            remedy=Text(
                "Open it with the version of gridgeo that wrote it",
                "请用写出该方案的 gridgeo 版本打开",
            ),
        ) from error


def _layer(package: Path, name: str, *, text: tuple[str, ...] = ()) -> gpd.GeoDataFrame:
    frame = _table(package, name)
    if pyogrio.read_info(package, layer=name)["geometry_type"].startswith("Multi"):
        shapes = single_parts(frame.geometry)
        frame = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    return frame.assign(**{column: frame[column].fillna("").astype("str") for column in text})


def _crosswalk(package: Path) -> pd.DataFrame | None:
    if CROSSWALK not in set(pyogrio.list_layers(package)[:, 0]):
        return None
    return pd.DataFrame(_table(package, CROSSWALK)).fillna({"old_code": "", "new_code": ""})


def _table(package: Path, name: str) -> gpd.GeoDataFrame:
    if not package.is_file():
        raise InputError(
            Text("the folder holds no plan", "文件夹中没有方案"),
            file=str(package),
            remedy=Text("Give a folder that gridgeo wrote", "请指定 gridgeo 输出的文件夹"),
        )
    try:
        found: gpd.GeoDataFrame = pyogrio.read_dataframe(package, layer=name)
    except (DataSourceError, DataLayerError) as error:
        raise InputError(
            Text("the layer cannot be read: ", "无法读取图层：") + why(error),
            file=str(package),
            layer=name,
            remedy=Text("Run the partition again", "请重新运行划分"),
        ) from error
    return found


def _document(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            Text("the file cannot be read: ", "无法读取文件：") + why(error),
            file=str(path),
            remedy=Text("Run the partition again", "请重新运行划分"),
        ) from error
    return found
