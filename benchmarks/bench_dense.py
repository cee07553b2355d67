"""Time `gridgeo verify` of two outlines with very many vertices.

    python -m benchmarks.bench_dense [--vertices 200000] [--old CHECKOUT]

Two grids of one community, 2.5 km wide and 5 km long, meet along a crooked border. Either both
have the same vertices there (``shared``), or each was digitised by itself (``twice``), so that
tens of thousands of gaps and overlaps lie between them. CHECKOUT is the folder of another version
of gridgeo, run in turn with this one; where that version looks up how it is installed, name a
folder with its metadata in PYTHONPATH.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.measure import markdown

CRS = "EPSG:32650"
HEAD = ("border", "version", "CPU s", "lines printed")
_WEST_SOUTH = np.array([500_000.0, 3_380_000.0])
_WIDE_M = _LONG_M = 5_000.0
_NOISE_M = 0.2
_PYTHONPATH = [path for path in (os.environ.get("PYTHONPATH"),) if path]
_RUN = "import sys; from gridgeo.cli import main; sys.argv[0] = 'gridgeo'; main()"


def main() -> None:
    """Print a row for each border and version."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vertices", type=int, default=200_000)
    parser.add_argument("--old", type=Path)
    parser.add_argument("--folder", type=Path, default=Path("out/bench_dense"))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    here = Path(__file__).parents[1]
    checkouts = {"now": here} if given.old is None else {"before": given.old, "now": here}
    given.folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for border in ("shared", "twice"):
        package = given.folder.resolve() / f"{border}.gpkg"
        write_outlines(package, given.vertices, twice=border == "twice", seed=given.seed)
        for version, checkout in checkouts.items():
            cpu_s, lines = verified(package, checkout.resolve())
            rows.append((border, version, f"{cpu_s:.1f}", lines))
    print(markdown(HEAD, rows))


def write_outlines(package: Path, vertices: int, *, twice: bool, seed: int) -> None:
    """Write the two grids and their community."""
    rng = np.random.default_rng(seed)
    along = np.linspace(0.0, _LONG_M, vertices - 3)
    course = _WIDE_M / 2 + 20 * np.sin(along / 60)
    first = course + rng.uniform(-_NOISE_M, _NOISE_M, len(along))
    second = course + rng.uniform(-_NOISE_M, _NOISE_M, len(along)) if twice else first
    grids = [
        _outline([[0.0, 0.0]], first, along, [[0.0, _LONG_M]]),
        _outline([[_WIDE_M, 0.0]], second, along, [[_WIDE_M, _LONG_M]]),
    ]
    columns = {
        "code": ["C1-01", "C1-02"],
        "name": ["West", "East"],
        "community": "C1",
        "households": [400, 350],
    }
    frame = gpd.GeoDataFrame(columns, geometry=grids, crs=CRS)
    frame.to_file(package, layer="grids", driver="GPKG")
    west, south = _WEST_SOUTH
    whole = shapely.box(west, south, west + _WIDE_M, south + _LONG_M)
    outline = gpd.GeoDataFrame({"code": ["C1"], "name": ["One"]}, geometry=[whole], crs=CRS)
    outline.to_file(package, layer="communities", driver="GPKG")


def _outline(
    start: list[list[float]], x: np.ndarray, y: np.ndarray, end: list[list[float]]
) -> shapely.Polygon:
    return shapely.Polygon(np.concatenate([start, np.column_stack([x, y]), end]) + _WEST_SOUTH)


def verified(package: Path, checkout: Path) -> tuple[float, int]:
    """Return the CPU seconds of `gridgeo verify`, start included, and the lines that it printed."""
    command = [sys.executable, "-c", _RUN, "verify", f"{package}::grids"]
    command += ["--communities", f"{package}::communities", "--scheme", "plain"]
    command += ["--profile", "households"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(  # noqa: S603  (a version of gridgeo)
        command,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(checkout), *_PYTHONPATH])},
        capture_output=True,
        check=False,
    )
    if done.returncode not in {0, 1} or b"Traceback" in done.stderr:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_s, len(done.stdout.splitlines())


if __name__ == "__main__":
    main()
