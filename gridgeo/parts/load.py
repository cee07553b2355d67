"""Read one finished part of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from gridgeo.errors import InputError
from gridgeo.model import Plan
from gridgeo.parts.run import MANIFEST
from gridgeo.parts.store import read_json
from gridgeo.parts.task import PART, PARTS
from gridgeo.report.records import findings_of, notes_of, settings_of
from gridgeo.report.schema import SCHEMA, layer_frame
from gridgeo.text import Text

if TYPE_CHECKING:
    from gridgeo.config import Settings


def load_part(root: str | Path, name: str) -> Plan:
    """Return one part of a finished run as a plan.

    Its ``save`` writes the folder with map, workbook and report that a township may want.

    Raises
    ------
    InputError
        The run is not finished, or has no such part.
    """
    manifest = read_json(Path(root) / MANIFEST)
    folder = Path(root) / PARTS / name
    if name not in manifest.get("parts", {}) or not (folder / PART).is_file():
        raise _no_part(folder, list(manifest.get("parts", {})))
    frames: dict[str, Any] = {
        layer: layer_frame(layer, gpd.read_parquet(folder / f"{layer}.parquet")) for layer in SCHEMA
    }
    return Plan(
        **frames,
        settings=_settings(manifest["settings"]),
        findings=findings_of(gpd.read_parquet(folder / "findings.parquet")),
        rejects=(),
        notes=notes_of(pd.read_parquet(folder / "notes.parquet")),
        summary=read_json(folder / PART)["summary"],
    )


def _settings(rows: dict[str, str]) -> Settings:
    return settings_of(pd.DataFrame(rows.items(), columns=["key", "value"]))


def _no_part(folder: Path, known: list[str]) -> InputError:
    listed = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")
    return InputError(
        Text(
            f"no finished run has this part; there are: {listed or '-'}",
            f"没有该分片的完整结果；现有：{listed or '-'}",
        ),
        file=str(folder),
        remedy=Text("Run the partition to its end", "请先完成划分"),
    )
