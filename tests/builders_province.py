"""A small province: townships side by side, each of two communities, and how to run it."""

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from builders_city import City, facilities, frame, households, lattice, settings, streets
from shapely import box

from gridgeo.config import ChunkRules, Settings, Source
from gridgeo.province import run_chunks
from gridgeo.province.task import run_chunk

ROOT = Path(__file__).parents[1]
#: a township is so wide and high; there is a street on every border and between
WIDE, HIGH, STEP = 800.0, 400.0, 200.0
#: what a run leaves that may differ from another
TIMES = "run.json"


def province(townships: int = 3, *, per_point: int = 50) -> City:
    """Return townships in a row with a street every 200 m, and two household rows outside."""
    width = townships * WIDE
    columns = [
        ("支路", f"纵{n}路", [(n * STEP, 0), (n * STEP, HIGH)])
        for n in range(int(width / STEP) + 1)
    ]
    rows = [("次干路", f"横{n}路", [(0, n * STEP), (width, n * STEP)]) for n in range(3)]
    half = WIDE / 2
    size = 2 * townships
    homes = lattice(0, 0, width, HIGH, step=STEP / 2, count=per_point)
    return City(
        {
            "communities": frame(
                [box(n * half, 0, (n + 1) * half, HIGH) for n in range(size)],
                编码=[f"4201020{n // 2 + 1:02d}{n % 2 + 1:03d}" for n in range(size)],
                名称=[f"{n + 1}社区" for n in range(size)],
            ),
            "streets": streets(*columns, *rows),
            "households": households(*homes, (-300.0, 50.0, 7), (width + 200.0, 50.0, 9)),
            "facilities": facilities(("学校", "一中", box(210, 10, 390, 190))),
        }
    )


def settings_in(
    folder: Path, city: City, *, by: Literal["township", "tile"] = "township", **parts: Any
) -> Settings:
    """Write the province and return the settings that run it."""
    inputs = {
        role: tuple(Source(path=str(folder / source.path)) for source in sources)
        for role, sources in city.write(folder).items()
    }
    base = settings(parts=ChunkRules(by=by, tile_m=WIDE), **parts)
    return replace(base, read=replace(base.read, inputs=inputs))


def run_here(told: Settings, folder: Path) -> Any:
    """Run the parts in this process: starting others takes longer than the parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gridgeo.province.run.run_on_processes", _in_turn)
        return run_chunks(told, folder)


def _in_turn(tasks: Iterable[Any], *, jobs: int) -> Iterator[Any]:
    for task in tasks:
        yield run_chunk(task)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file of a run but the one that holds times, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != TIMES
    }


def command(*arguments: object) -> list[str]:
    """Return the command line that runs gridgeo as a user does."""
    told = [str(argument) for argument in arguments]
    return [sys.executable, "-c", "from gridgeo.cli import main; main()", *told]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
