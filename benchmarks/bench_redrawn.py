"""The yearly adjustment of a city whose zones were drawn on another base map than its atoms.

::

    python -m benchmarks.bench_redrawn FOLDER --gridgeo gridgeo other/gridgeo

Writes 548 zones over 4,322 atoms in 101 communities to the folder: streets that bend, blocks of
about 100 m, zones whose corners lie some metres beside those of the atoms (`--error`). Then each
command given adjusts the zones; one after another, so that their figures are of one run.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.measure import markdown

_CRS = "EPSG:32650"
_ORIGIN = (420_000.0, 3_450_000.0)
#: communities in a row, and the atoms of one: columns and rows of 100 m
_ACROSS, _COMMUNITIES, _COLUMNS, _ROWS = 11, 101, 7, 6
_ATOMS, _ZONES = 4_322, 548
#: points of each side of a block
_BENDS = 4


def main() -> None:
    """Build the city, run each command on it and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--error", type=float, default=3.0, help="of the zones' corners, metres")
    parser.add_argument("--gridgeo", nargs="+", default=["gridgeo"])
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    build(given.folder / "city.gpkg", seed=given.seed, error_m=given.error)
    head = ("command", "wall s", "CPU s", "grids", "out before", "out after", "moved", "must move")
    rows = [run(command, given.folder, i) for i, command in enumerate(given.gridgeo)]
    print(markdown(head, rows))


def build(file: Path, *, seed: int, error_m: float) -> None:
    """Write layers ``communities``, ``atoms`` and ``zones`` of a city to a GeoPackage."""
    rng = np.random.default_rng(seed)
    bends = rng.uniform(-18.0, 18.0, (2, 1000, 1000))
    errors = rng.normal(0.0, error_m, (2, 1000, 1000))
    communities: list[tuple[object, ...]] = []
    atoms: list[tuple[object, ...]] = []
    zones: list[tuple[str, shapely.Geometry]] = []
    for number in range(_COMMUNITIES):
        row, column = divmod(number, _ACROSS)
        cells = [
            (column * _COLUMNS + x, row * _ROWS + (y if x % 2 == 0 else _ROWS - 1 - y))
            for x in range(_COLUMNS)
            for y in range(_ROWS)
        ]
        blocks = [[_block(*cell, bends)] for cell in cells]
        if number < _ATOMS - _COMMUNITIES * len(cells):
            blocks[0] = _halves(blocks[0][0])
        code = f"3201050{number // 90 + 1:02d}{number % 90 + 1:03d}"
        communities.append(
            (code, f"C{number + 1}", _block_union([_block(*c, bends) for c in cells]))
        )
        for block in blocks:
            atoms += [(code, int(rng.gamma(9.0, 47 / 9)) // len(block), part) for part in block]
        drawn = [_block(*cell, bends + errors) for cell in cells]
        for chunk in np.array_split(np.arange(len(cells)), _zones_of(number)):
            outline = _block_union([drawn[i] for i in chunk])
            zones.append((code, outline))
    _write(file, "communities", communities, ["code", "name", "geometry"])
    _write(file, "atoms", atoms, ["community", "households", "geometry"])
    _write(file, "zones", _numbered(zones), ["code", "geometry"])


def _zones_of(number: int) -> int:
    least, more = divmod(_ZONES, _COMMUNITIES)
    return least + (number < more)


def _numbered(zones: list[tuple[str, shapely.Geometry]]) -> list[tuple[str, shapely.Geometry]]:
    """Return the zones of communities with codes: 001, 002 and so on in each."""
    seen: dict[str, int] = {}
    coded = []
    for community, outline in zones:
        seen[community] = seen.get(community, 0) + 1
        coded.append((f"{community}{seen[community]:03d}", outline))
    return coded


def _block(x: int, y: int, shift: NDArray[np.float64]) -> shapely.Polygon:
    """Return the block of a column and row; neighbours have the same bends."""
    n = _BENDS
    corner = [(x * n + i, y * n) for i in range(n)]
    corner += [((x + 1) * n, y * n + i) for i in range(n)]
    corner += [((x + 1) * n - i, (y + 1) * n) for i in range(n)]
    corner += [(x * n, (y + 1) * n - i) for i in range(n)]
    i, j = np.array(corner).T
    east = _ORIGIN[0] + i * 100.0 / n + shift[0, i, j] / n
    north = _ORIGIN[1] + j * 100.0 / n + shift[1, i, j] / n
    return shapely.Polygon(np.column_stack([east, north]))


def _halves(block: shapely.Polygon) -> list[shapely.Polygon]:
    corners = shapely.get_coordinates(block)[:-1]
    half = len(corners) // 2
    return [
        shapely.Polygon(corners[: half + 1]),
        shapely.Polygon(np.vstack([corners[half:], corners[:1]])),
    ]


def _block_union(blocks: list[shapely.Polygon]) -> shapely.Geometry:
    return shapely.coverage_union_all(blocks)


def _write(file: Path, layer: str, rows: Sequence[tuple[object, ...]], columns: list[str]) -> None:
    frame = gpd.GeoDataFrame(dict(zip(columns, zip(*rows, strict=True), strict=True)), crs=_CRS)
    frame.to_file(file, layer=layer, driver="GPKG")


def run(command: str, folder: Path, number: int) -> list[object]:
    """Adjust the zones with a command; return the figures that it wrote."""
    out = folder / f"adjusted{number}"
    inputs = {name: f"{folder}/city.gpkg::{name}" for name in ("communities", "atoms", "zones")}
    begin, before = time.perf_counter(), _children_s()
    subprocess.run(  # noqa: S603  (the commands that were given)
        [
            *(command, "adjust", inputs["zones"], "--communities", inputs["communities"]),
            *("--atoms", inputs["atoms"], "--jobs", "2", "--out", str(out), "--overwrite"),
        ],
        check=False,
        stdout=subprocess.DEVNULL,
    )
    wall, spent = time.perf_counter() - begin, _children_s() - before
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    figures = summary["adjustment"]
    names = ("grids_after", "out_before", "out_after", "households_moved", "must_move")
    return [command, wall, spent, *(figures[name] for name in names)]


def _children_s() -> float:
    """Return the seconds of CPU of all commands so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
