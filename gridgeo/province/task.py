"""Second step of a chunked run: one chunk goes through the pipeline, in any process."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridgeo.config import ReadRules, Settings, gridgeo_version
from gridgeo.errors import GridgeoError, InputError
from gridgeo.model import SCHEMA, by_code, layer_frame, only_communities
from gridgeo.province.split import FOLDER, FORMAT
from gridgeo.report import finding_frame, note_frame, settings_frame, settings_of
from gridgeo.storage import atomic_folder, file_checksums, read_json, sha256_of, write_json
from gridgeo.wording import Text

if TYPE_CHECKING:
    from gridgeo.model import Layers, Plan

#: the folder of the finished chunks, and the record of each
CHUNKS, CHUNK = "parts", "part.json"


@dataclass(frozen=True, kw_only=True)
class Task:
    """All that a process needs to run one chunk: plain values, small enough to be sent.

    ``root`` is the folder of the run, which every worker must see under the same path;
    ``settings`` are the rows of `gridgeo.report.settings_frame`, ``files`` the hashes of
    the chunk's input.
    """

    name: str
    root: str
    crs: str
    given_atoms: bool
    settings: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    version: str
    hash: str

    @property
    def folder(self) -> Path:
        """Where the finished chunk goes."""
        return Path(self.root) / CHUNKS / self.name

    def done(self) -> dict[str, Any]:
        """Return the record of the finished chunk, empty where it is to be run (again)."""
        record = read_json(self.folder / CHUNK)
        complete = record.get("hash") == self.hash and all(
            (self.folder / name).is_file() and (self.folder / name).stat().st_size == file["bytes"]
            for name, file in record["files"].items()
        )
        return record if complete else {}


@dataclass(frozen=True)
class Outcome:
    """What came of a chunk: seconds and memory, or the error that it ended with."""

    name: str
    seconds: float = 0.0
    peak_mb: int | None = None
    error: GridgeoError | None = None


def tasks_of(index: dict[str, Any], settings: Settings, root: Path) -> list[Task]:
    """Return the tasks of a divided area, the chunk with the most households first.

    Raises
    ------
    SettingsError
        The settings of a single community name none, or several.
    """
    settings_by_chunk = _settings_by_chunk(index, settings)
    shared = {"version": gridgeo_version(), "format": FORMAT, "crs": index["crs"]}
    chunks = sorted(index["parts"].items(), key=lambda item: (-item[1]["households"], item[0]))
    return [
        Task(
            name=name,
            root=str(root),
            crs=index["crs"],
            given_atoms=index["given_atoms"],
            settings=settings_by_chunk[name],
            files=tuple((file, entry["sha256"]) for file, entry in chunk["files"].items()),
            version=str(shared["version"]),
            hash=sha256_of(
                {**shared, "settings": dict(settings_by_chunk[name]), "input": chunk["files"]}
            ),
        )
        for name, chunk in chunks
    ]


def run_chunk(task: Task) -> Outcome:
    """Run one chunk and write it; an error of its input comes back, any other is raised."""
    # heavy: only in the process that works
    from gridgeo.pipeline import partition_layers, peak_mb  # noqa: PLC0415

    start = time.perf_counter()
    try:
        _check_version(task)
        rows = pd.DataFrame(task.settings, columns=["key", "value"])
        settings = settings_of(rows)
        plan = partition_layers(_read_layers(task, settings.read.link_m), settings)
    except GridgeoError as error:
        return Outcome(task.name, error=error)
    _write(plan, task)
    return Outcome(task.name, round(time.perf_counter() - start, 3), peak_mb())


def _settings_by_chunk(
    index: dict[str, Any], settings: Settings
) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return the settings of each chunk, as rows, without what the division has already done."""
    known = pd.DataFrame(index["communities"])
    by_community = by_code(settings, known, known["final"].tolist())  # type: ignore[arg-type]
    read = ReadRules(link_m=settings.read.link_m)
    base = replace(by_community, read=read, codes=replace(settings.codes, mapping=""))
    chunks = known.assign(code=known["final"]).groupby("part")
    return {str(name): _rows(only_communities(base, codes)) for name, codes in chunks}  # type: ignore[arg-type]


def _rows(settings: Settings) -> tuple[tuple[str, str], ...]:
    return tuple(settings_frame(settings).itertuples(index=False, name=None))


def _check_version(task: Task) -> None:
    here = gridgeo_version()
    if here != task.version:
        raise InputError(
            Text(
                f"this worker runs gridgeo {here}, the run was started with {task.version}",
                f"本计算节点的 gridgeo 版本为 {here}，而任务由 {task.version} 版发起",
            ),
            remedy=Text("Install the same version on every worker", "请在所有计算节点安装同一版本"),
        )


def _read_layers(task: Task, link_m: float) -> Layers:
    from gridgeo.read import across_barriers, layers_of  # noqa: PLC0415

    folder = Path(task.root) / FOLDER / "parts" / task.name
    if not folder.is_dir() or dict(task.files) != {
        name: file["sha256"] for name, file in file_checksums(folder).items()
    }:
        raise _damaged(folder)
    frames = {path.stem: gpd.read_parquet(path) for path in sorted(folder.iterdir())}
    crs = CRS.from_wkt(task.crs)
    layers = layers_of(frames, crs, given_atoms=task.given_atoms)
    if layers.links is None:
        return layers
    lines = across_barriers(layers.links, layers.streets, layers.barriers, reach_m=link_m)
    return replace(layers, links=lines)


def _damaged(folder: Path) -> InputError:
    return InputError(
        Text("the divided input is not what was written", "分片输入与写出时不一致"),
        file=str(folder),
        remedy=Text(
            "Every worker must see the output folder under the same path; if it does, delete its "
            "folder input and run the same command again",
            "请确认每个计算节点都能以同一路径访问输出文件夹；若无误，请删除其中的 input "
            "文件夹后重新运行同一命令",
        ),
    )


def _write(plan: Plan, task: Task) -> None:
    lang, crs = plan.settings.lang, plan.grids.crs
    with atomic_folder(task.folder) as folder:
        for name in SCHEMA:
            layer_frame(name, getattr(plan, name)).to_parquet(folder / f"{name}.parquet")
        findings = finding_frame(plan.findings, lang, crs)
        findings.to_parquet(folder / "findings.parquet")
        note_frame(plan.notes, lang).to_parquet(folder / "notes.parquet")
        record = {
            "name": task.name,
            "hash": task.hash,
            "files": file_checksums(folder),
            "summary": plan.summary,
            "inner_border_m": _inner_border_m(plan),
        }
        write_json(folder / CHUNK, record)


def _inner_border_m(plan: Plan) -> float:
    """Return the metres of borders between two basic grids of one community."""
    grid = plan.atoms["grid"].to_numpy(dtype=object)
    community = plan.atoms["community"].to_numpy(dtype=object)
    basic = np.isin(grid, plan.grids.loc[plan.grids["kind"] == "basic", "code"])
    left, right = plan.borders["left"].to_numpy(), plan.borders["right"].to_numpy()
    inner = (right >= 0) & (grid[left] != grid[right]) & (community[left] == community[right])
    inner &= basic[left] & basic[right]
    return round(float(plan.borders["border_m"].to_numpy()[inner].sum()), 3)
