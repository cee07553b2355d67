"""Seconds and memory of `gridgeo verify` on partitions of many sizes.

::

    python -m benchmarks.bench_verify
    python -m benchmarks.bench_verify --sizes 50000

Each partition is a crooked tessellation in communities of ten grids; one grid in a hundred is
drawn too small, so that there is something to find. Each size is verified twice, as one real
command: findings only, and with the whole folder of results.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray

from benchmarks.measure import gridgeo_command, markdown, run_measured

SIZES = (1_000, 10_000, 50_000)
HEAD = ("grids", "communities", "results", "wall s", "CPU s", "MB")
SIDE_M = 250.0
#: Vertices of one side of a grid, and how far corners and vertices stray.
STEPS, CORNER_M, VERTEX_M = 8, 40.0, 6.0
#: Rows and columns of the grids of one community.
DEEP, WIDE = 2, 5
EVERY, SHRUNK_M = 100, 2.0
CRS = 4547


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES)
    parser.add_argument("--folder", type=Path, default=Path("out/bench_verify"))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rows = []
    for size in given.sizes:
        rows += measure(given.folder / str(size), size, given.seed)
    print(markdown(HEAD, rows))


def measure(folder: Path, size: int, seed: int) -> list[tuple[str, ...]]:
    """Return the rows of one size: without and with the folder of results."""
    package = write_partition(folder, size, seed)
    out = folder / "verified"
    source = [f"{package}::grids", "--communities", f"{package}::communities"]
    command = gridgeo_command("verify", *source, "--scheme", "plain", "--profile", "households")
    info = {name: pyogrio.read_info(package, layer=name)["features"] for name in LAYERS}
    rows: list[tuple[str, ...]] = []
    for told, options, makes in (
        ("findings", [], package),
        ("whole folder", ["--out", str(out), "--overwrite"], out / "plan.gpkg"),
    ):
        cost = run_measured([*command, *options], makes=makes)
        figures = (f"{cost.wall_s:.1f}", f"{cost.cpu_s:.1f}", f"{cost.process_mb:,.0f}")
        rows.append((f"{info['grids']:,}", f"{info['communities']:,}", told, *figures))
    return rows


LAYERS = ("grids", "communities")


def write_partition(folder: Path, size: int, seed: int) -> Path:
    """Write about `size` grids and their communities; return the GeoPackage."""
    folder.mkdir(parents=True, exist_ok=True)
    package = folder / "partition.gpkg"
    if not package.exists():
        grids, communities = partition(size, seed)
        grids.set_geometry(_spoilt(grids.geometry)).to_file(package, layer="grids", driver="GPKG")
        communities.to_file(package, layer="communities", driver="GPKG")
    return package


def _spoilt(grids: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the grids with one in `EVERY` drawn too small."""
    wrong = np.arange(len(grids)) % EVERY == EVERY // 2
    return grids.where(~wrong, grids.buffer(-SHRUNK_M, join_style="mitre"))


def partition(size: int, seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return sound grids (code, name, community, households), communities (code, name)."""
    rng = np.random.default_rng(seed)
    across = max(1, round(np.sqrt(size / (DEEP * WIDE)))) * WIDE
    down = max(1, round(size / across / DEEP)) * DEEP
    shapes = tessellation(down, across, rng)
    row, column = (place.ravel() for place in np.indices((down, across)))
    community = row // DEEP * (across // WIDE) + column // WIDE
    codes = np.array([f"C{number:05d}" for number in range(community.max() + 1)])
    order = np.argsort(community, kind="stable").reshape(len(codes), -1)
    unions = [shapely.coverage_union_all(shapes[members]) for members in order]
    serial = np.empty(len(shapes), dtype=int)
    serial[order] = np.arange(order.shape[1]) + 1
    own = zip(codes[community], serial, strict=True)
    columns = {
        "code": [f"{code}-{number:03d}" for code, number in own],
        "name": [f"网格{number}" for number in range(1, len(shapes) + 1)],
        "community": codes[community],
        "households": rng.integers(300, 501, len(shapes)),
    }
    grids = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    return grids, gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=unions, crs=CRS)


def tessellation(down: int, across: int, rng: np.random.Generator) -> NDArray[np.object_]:
    """Return a seamless tessellation, row by row: sides are shared vertex by vertex."""
    y, x = np.mgrid[0 : down + 1, 0 : across + 1] * SIDE_M
    corner = np.stack([x + 500_000.0, y + 3_380_000.0], axis=2)
    corner += rng.uniform(-CORNER_M, CORNER_M, corner.shape)
    east = _sides(corner[:, :-1], corner[:, 1:], rng)
    north = _sides(corner[:-1], corner[1:], rng)
    rings = [
        east[:-1, :],
        north[:, 1:],
        east[1:, :, ::-1],
        north[:, :-1, ::-1],
    ]
    ring = np.concatenate([side[:, :, :-1] for side in rings], axis=2)
    return np.asarray(shapely.polygons(ring.reshape(down * across, -1, 2)))


def _sides(
    start: NDArray[np.float64], end: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return crooked lines of `STEPS` pieces between corners; axis 2 runs along each line."""
    along = np.linspace(0.0, 1.0, STEPS + 1)[:, None]
    line = start[:, :, None] * (1 - along) + end[:, :, None] * along
    line[:, :, 1:-1] += rng.uniform(-VERTEX_M, VERTEX_M, line[:, :, 1:-1].shape)
    return line


if __name__ == "__main__":
    main()
