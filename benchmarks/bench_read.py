"""What reading a layer of 200,000 homes costs against another checkout, format by format.

``python -m benchmarks.bench_read OTHER_CHECKOUT`` runs both in turn and takes the least CPU of
each, so that what else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

HERE = Path(__file__).parents[1]
FORMATS = ("csv", "csv.gbk", "xlsx", "shp", "gpkg", "geojson", "parquet", "fgb")
_X, _Y, _CRS = 500_000.0, 4_000_000.0, "EPSG:4548"
#: reads a layer for each line and prints the seconds of CPU that it took; runs in either checkout
_READ = """
import sys, time
from gridgeo.config import ReadRules, Source
from gridgeo.read import read_layers

folder, path = sys.argv[1:]
inputs = {role: (Source(path=f"{folder}/{role}.parquet"),) for role in ("communities", "streets")}
crs = {"households": "4548"} if path.endswith((".csv", ".xlsx")) else {}
read_layers(ReadRules(inputs=inputs | {"households": (Source(path=f"{folder}/few.parquet"),)}))
for _ in sys.stdin:
    start = time.process_time()
    read_layers(ReadRules(inputs=inputs | {"households": (Source(path=path),)}, crs=crs))
    print(time.process_time() - start, flush=True)
"""


def main() -> None:
    """Print a table of CPU seconds: the other checkout, this one, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("other", type=Path)
    parser.add_argument("formats", nargs="*", default=FORMATS)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--times", type=int, default=5)
    given = parser.parse_args()
    print("| format | before, s | now, s | ratio |\n| --- | --- | --- | --- |")
    for kind in given.formats:
        with tempfile.TemporaryDirectory() as folder:
            path = write_homes(Path(folder), kind, given.rows)
            with _reader(given.other, folder, path) as other, _reader(HERE, folder, path) as here:
                took = [(_cpu(other), _cpu(here)) for _ in range(given.times)]
        before, now = (min(column) for column in zip(*took, strict=True))
        print(f"| {kind} | {before:.2f} | {now:.2f} | {now / before:.2f} |", flush=True)


def write_homes(folder: Path, kind: str, rows: int) -> Path:
    """Write a town and `rows` homes of five columns in a format; return the file of the homes."""
    side = max(rows, 1) ** 0.5 * 10
    shapes = [shapely.box(_X, _Y, _X + side, _Y + side)]
    community = gpd.GeoDataFrame({"编码": ["370102001001"], "名称": ["甲社区"]}, geometry=shapes)
    community.set_crs(_CRS).to_parquet(folder / "communities.parquet")
    line = shapely.LineString([(_X, _Y + side / 2), (_X + side, _Y + side / 2)])
    gpd.GeoDataFrame({"等级": ["主干路"]}, geometry=[line], crs=_CRS).to_parquet(
        folder / "streets.parquet"
    )
    homes = _homes(rows, side)
    homes.iloc[:10].to_parquet(folder / "few.parquet")
    path = folder / f"homes.{kind.removesuffix('.gbk')}"
    if kind.startswith("csv") or kind == "xlsx":
        table = homes.drop(columns="geometry").assign(x=homes.geometry.x, y=homes.geometry.y)
        if kind == "xlsx":
            table.to_excel(path, index=False)
        else:
            table.to_csv(path, index=False, encoding="gbk" if kind == "csv.gbk" else "utf-8")
    elif kind == "parquet":
        homes.to_parquet(path)
    else:
        homes.to_file(path, encoding="gbk" if kind == "shp" else None)
    return path


def _homes(rows: int, side: float) -> gpd.GeoDataFrame:
    dice = np.random.default_rng(1)
    places = shapely.points(np.column_stack([_X, _Y]) + dice.uniform(1, side - 1, (rows, 2)))
    numbers = np.arange(rows)
    return gpd.GeoDataFrame(
        {
            "户数": dice.integers(1, 9, rows),
            "人口": dice.integers(1, 30, rows),
            "地址": [f"幸福路{n % 997}号{n % 31}栋" for n in numbers],
            "小区名称": [f"花园{n % 4001}小区" for n in numbers],
            "编码": [f"370102001001{n:06d}" for n in numbers],
        },
        geometry=places,
        crs=_CRS,
    )


def _reader(checkout: Path, folder: str, path: Path) -> subprocess.Popen[str]:
    """Start a process with the code of a checkout that reads a layer whenever it is asked to."""
    return subprocess.Popen(  # noqa: S603  (our own)
        [sys.executable, "-c", _READ, folder, str(path)],
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _cpu(reader: subprocess.Popen[str]) -> float:
    """Return the CPU seconds of reading the layer once."""
    ask, answer = reader.stdin, reader.stdout
    if ask is None or answer is None:
        raise RuntimeError("the process has no pipes")
    print(file=ask, flush=True)
    return float(answer.readline())


if __name__ == "__main__":
    main()
