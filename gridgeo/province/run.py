"""A chunked run: divide the area, run the chunks that are not done, merge them; load one chunk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gridgeo.config import Settings, gridgeo_version
from gridgeo.errors import GridgeoError, InputError, OutputError
from gridgeo.model import SCHEMA, Finding, Note, Plan, layer_frame
from gridgeo.pipeline import Clock, Progress
from gridgeo.province.merge import GRIDS, REPORT, TABLE, merge
from gridgeo.province.split import FOLDER, FORMAT, input_key, split
from gridgeo.province.task import CHUNK, CHUNKS, Outcome, Task, tasks_of
from gridgeo.province.workers import run_on_cluster, run_on_processes
from gridgeo.report import RUN, SUMMARY, findings_of, notes_of, settings_frame, settings_of
from gridgeo.storage import (
    atomic_folder,
    file_sha256,
    read_json,
    remove_leftovers,
    replace_folder,
    restore_folder,
    sha256_of,
    write_error,
    write_json,
)
from gridgeo.wording import Text

_MANIFEST = "manifest.json"
#: what a run leaves in its folder
_OURS = (FOLDER, CHUNKS, GRIDS, TABLE, REPORT, SUMMARY, _MANIFEST, RUN)


@dataclass(frozen=True, kw_only=True)
class Province:
    """An area that was done in chunks: its folder, figures, gravest findings, notes."""

    folder: Path
    summary: dict[str, Any]
    chunks: list[dict[str, Any]]
    findings: tuple[Finding, ...]
    rejects: int
    notes: tuple[Note, ...]


def run_chunks(
    settings: Settings,
    folder: str | Path,
    *,
    jobs: int = 1,
    scheduler: str = "",
    overwrite: bool = False,
    on_progress: Progress | None = None,
) -> Province:
    """Partition an area chunk by chunk, as ``settings.parts`` divides it, into `folder`.

    The same input and settings give the same bytes in every file but ``run.json``, whatever the
    workers, and however often the run was stopped: chunks that are finished and still fit are
    kept, the same call does the rest.

    Parameters
    ----------
    settings
        ``read.inputs`` and ``parts.by`` are needed.
    folder
        Where to. It may contain this run, unfinished or finished; a finished run of other input or
        settings needs `overwrite`.
    jobs
        Worker processes of this machine; each runs one chunk.
    scheduler
        Address of a Dask scheduler whose workers see `folder` under the same path; then `jobs`
        reports nothing.

    Raises
    ------
    InputError, SettingsError
        The layers cannot be used; or some chunks could not be done, then the others are kept.
    OutputError
        The folder contains something else, or cannot be written.
    """
    root = Path(folder).absolute()
    clock = Clock(on_progress)
    given = input_key(settings)
    key = _key(settings, given)
    _check_root(root, key, overwrite=overwrite)
    try:
        work = _work_folder(root, key)
        with clock.stage("divide"):
            index = split(settings, work, key=given, on_progress=clock.log)
        tasks = tasks_of(index, settings, work)
        with clock.stage("parts"):
            outcomes = _run_pending(tasks, clock, jobs=jobs, scheduler=scheduler)
        with clock.stage("merge"):
            province = _merge(work, tasks, index, settings, key=key, clock=clock)
        write_json(work / RUN, clock.record() | {"parts": outcomes})
        if work != root:
            replace_folder(work, root)
    except OSError as error:
        raise write_error(error, root) from error
    return replace(province, folder=root)


def _check_root(root: Path, key: str, *, overwrite: bool) -> None:
    """Raise OutputError where a run may not go into `root`."""
    if root.exists() and not root.is_dir():
        raise OutputError(
            Text("the output folder is a file", "输出文件夹是一个文件"), file=str(root)
        )
    present = sorted(path.name for path in root.iterdir()) if root.exists() else []
    foreign = [name for name in present if name not in _OURS and not name.startswith(".")]
    if foreign:
        shown = ", ".join(foreign[:5])
        raise OutputError(
            Text(f"the folder holds other files: {shown}", f"文件夹中有其他文件：{shown}"),
            file=str(root),
            remedy=Text("Choose an empty or new folder", "请选择空文件夹或新文件夹"),
        )
    finished = read_json(root / _MANIFEST)
    if finished and finished.get("key") != key and not overwrite:
        raise OutputError(
            Text(
                "the folder holds a finished run of other input or settings, or of another version",
                "文件夹中已有用其他数据、设置或程序版本完成的结果",
            ),
            file=str(root),
            remedy=Text(
                "Add --overwrite to replace it, or choose another folder",
                "加 --overwrite 覆盖，或选择其他文件夹",
            ),
        )


def _key(settings: Settings, given: str) -> str:
    """Return the hash of all that decides the result."""
    rows = settings_frame(settings)
    kept = rows[rows["key"] != "read.inputs"]
    value = {
        "input": given,
        "settings": dict(zip(kept["key"], kept["value"], strict=True)),
        "version": gridgeo_version(),
        "format": FORMAT,
    }
    return sha256_of(value)


def _work_folder(root: Path, key: str) -> Path:
    """Return where the run works: `root`, or beside it where a finished run of another key stands.

    That one stays until the new run is finished. Chunks that both have in common are linked, not
    computed again; a killed run goes on in the same folder.
    """
    restore_folder(root)
    work = root
    if read_json(root / _MANIFEST).get("key") not in {None, key}:
        work = root.with_name(f".{root.name}.gridgeo-next")
        if not work.exists():
            with atomic_folder(work) as fresh:
                for name in (FOLDER, CHUNKS):
                    shutil.copytree(root / name, fresh / name, copy_function=_link)
    work.mkdir(parents=True, exist_ok=True)
    remove_leftovers(work)
    remove_leftovers(work / CHUNKS)
    return work


def _link(source: str, target: str) -> None:
    """Link a file, or copy it where the file system knows no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _run_pending(
    tasks: Sequence[Task], clock: Clock, *, jobs: int, scheduler: str
) -> dict[str, dict[str, Any]]:
    """Run the chunks that are not done; return seconds and memory of each."""
    waiting = [task for task in tasks if not task.done()]
    done, failed = len(tasks) - len(waiting), []
    clock.advance(done, len(tasks))
    runs: dict[str, dict[str, Any]] = {}
    known = {task.name: task for task in waiting}
    with closing(_outcomes(waiting, jobs=jobs, scheduler=scheduler)) as outcomes:
        for outcome in outcomes:
            error = outcome.error or _unseen(known[outcome.name])
            if error is not None:
                failed.append((outcome.name, error))
                continue
            done += 1
            runs[outcome.name] = {"seconds": outcome.seconds, "peak_mb": outcome.peak_mb}
            clock.advance(done, len(tasks))
    if failed:
        raise _failed_chunks(sorted(failed, key=lambda pair: pair[0]), len(tasks))
    return dict(sorted(runs.items()))


def _outcomes(
    tasks: Sequence[Task], *, jobs: int, scheduler: str
) -> Generator[Outcome, None, None]:
    if tasks and scheduler:
        yield from run_on_cluster(tasks, scheduler=scheduler)
    elif tasks:
        yield from run_on_processes(tasks, jobs=jobs)


def _unseen(task: Task) -> InputError | None:
    if task.done():
        return None
    return InputError(
        Text("the worker's results are not in the output folder", "输出文件夹中没有计算节点的结果"),
        file=str(task.folder),
        remedy=Text(
            "Every worker must see the output folder under the same path",
            "请确认每个计算节点都能以同一路径访问输出文件夹",
        ),
    )


def _failed_chunks(failed: list[tuple[str, GridgeoError]], total: int) -> InputError:
    """Return the error that lists the chunks that failed, with the error of the first."""
    name, error = failed[0]
    listed = ", ".join(chunk for chunk, _ in failed[:10]) + (", ..." if len(failed) > 10 else "")
    return InputError(
        Text(
            f"{len(failed)} of {total} parts could not be done ({listed}), the others are kept; "
            f"{name}: {error.message.en}",
            f"{total} 个分片中有 {len(failed)} 个未能完成（{listed}），其余已保留；"
            f"{name}：{error.message.zh}",
        ),
        remedy=error.remedy,
        **error.place,
    )


def _merge(
    root: Path,
    tasks: Sequence[Task],
    index: dict[str, Any],
    settings: Settings,
    *,
    key: str,
    clock: Clock,
) -> Province:
    names = sorted(task.name for task in tasks)
    remove_leftovers(root / CHUNKS)  # what workers that were lost on the way had begun
    for folder in sorted((root / CHUNKS).iterdir()):
        if folder.name not in names and (folder / CHUNK).is_file():
            shutil.rmtree(folder)  # of an earlier run that was divided otherwise
    merged = merge(root, names, index, settings, on_progress=clock.advance)
    write_json(root / _MANIFEST, _manifest(root, tasks, index, settings, key))
    return Province(
        folder=root,
        summary=merged.summary,
        chunks=merged.chunks,
        findings=merged.findings,
        rejects=merged.rejects,
        notes=notes_of(pd.read_parquet(root / FOLDER / "notes.parquet")),
    )


def _manifest(
    root: Path, tasks: Sequence[Task], index: dict[str, Any], settings: Settings, key: str
) -> dict[str, Any]:
    """Return the manifest of the run: it depends on neither time nor place of the run."""
    rows = settings_frame(settings)
    chunks = {}
    for task in sorted(tasks, key=lambda task: task.name):
        record = task.done()
        chunks[task.name] = {
            "hash": task.hash,
            "communities": record["summary"]["communities"],
            "grids": record["summary"]["grids"],
            "households": record["summary"]["households"],
            "bytes": sum(file["bytes"] for file in record["files"].values()),
            "files": record["files"],
        }
    return {
        "key": key,
        "version": gridgeo_version(),
        "crs": index["crs"],
        "households": index["households"],
        "settings": dict(zip(rows["key"], rows["value"], strict=True)),
        "parts": chunks,
        "files": {
            name: {"bytes": (root / name).stat().st_size, "sha256": file_sha256(root / name)}
            for name in (GRIDS, TABLE, REPORT, SUMMARY)
        },
    }


def load_chunk(root: str | Path, name: str) -> Plan:
    """Return one chunk of a finished run as a plan.

    Its ``save`` writes the folder with map, workbook and report that a township may want.

    Raises
    ------
    InputError
        The run is not finished, or has no such chunk.
    """
    manifest = read_json(Path(root) / _MANIFEST)
    folder = Path(root) / CHUNKS / name
    if name not in manifest.get("parts", {}) or not (folder / CHUNK).is_file():
        raise _unknown_chunk(folder, list(manifest.get("parts", {})))
    frames: dict[str, Any] = {
        layer: layer_frame(layer, gpd.read_parquet(folder / f"{layer}.parquet")) for layer in SCHEMA
    }
    return Plan(
        **frames,
        settings=_settings(manifest["settings"]),
        findings=findings_of(gpd.read_parquet(folder / "findings.parquet")),
        rejects=(),
        notes=notes_of(pd.read_parquet(folder / "notes.parquet")),
        summary=read_json(folder / CHUNK)["summary"],
    )


def _settings(rows: dict[str, str]) -> Settings:
    return settings_of(pd.DataFrame(rows.items(), columns=["key", "value"]))


def _unknown_chunk(folder: Path, known: list[str]) -> InputError:
    listed = ", ".join(known[:10]) + (", ..." if len(known) > 10 else "")
    return InputError(
        Text(
            f"no finished run has this part; there are: {listed or '-'}",
            f"没有该分片的完整结果；现有：{listed or '-'}",
        ),
        file=str(folder),
        remedy=Text("Run the partition to its end", "请先完成划分"),
    )
