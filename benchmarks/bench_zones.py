"""Official zones against ours.

::

    python benchmarks/bench_zones.py FOLDER

The folder holds Aberdeen's output areas (atoms), intermediate zones (communities) and data zones
(an official partition of the same communities, made to almost our band). Printed are the share
of grids in band outside communities proved impossible, and the inner border metres as a share of
those of the official zones: laid on the same atoms, and along their own outlines.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.config import Band, OpenGround, ReadRules, Search, Settings, Source, Weights
from gridgeo.model import Atoms, Bands, Partition
from gridgeo.partition import partition_atoms, warm_up
from gridgeo.pipeline import make_atoms
from gridgeo.read import read_layers

LAYERS = {
    "atoms": "aberdeen.gpkg::output_areas_2011",
    "communities": "aberdeen.gpkg::intermediate_zones_2001",
    "zones": "aberdeen.gpkg::datazones_2001",
}
BAND = Band(profile="households")
#: how far the number of grids may be from the official one
NEAR = 0.03


def main() -> None:
    """Print the table of the official zones and ours."""
    options = _options()
    source = {role: Source.parse(f"{options.folder}/{getattr(options, role)}") for role in LAYERS}
    inputs = {role: (source[role],) for role in ("atoms", "communities")}
    settings = Settings(read=ReadRules(inputs=inputs), band=BAND)
    atoms = make_atoms(read_layers(settings.read), settings)
    zones = gpd.read_file(source["zones"].path, layer=source["zones"].layer)
    zones = zones.to_crs(atoms.frame.crs)
    official = place(atoms, zones)
    warm_up()
    part, seconds = solve(atoms, {}, options)
    numbers = near_official(atoms, part, official)
    if numbers:
        part, seconds = solve(atoms, numbers, options)
    verdicts = part.communities["verdict"]
    excused = np.flatnonzero(verdicts.isin(["impossible", "small"]))
    print("| | grids | in band | in band where possible | inner border km | seconds |")
    print("|---|---|---|---|---|---|")
    told = [
        ("official zones", official, ""),
        ("gridgeo", part.labels, f"{seconds:.1f}"),
    ]
    for name, labels, spent in told:
        grids, share, asked, metres = judge(atoms, labels, excused)
        print(f"| {name} | {grids} | {share:.3f} | {asked:.3f} | {metres / 1000:.1f} | {spent} |")
    ours, theirs = (judge(atoms, labels, excused)[3] for labels in (part.labels, official))
    outlines = (zones.length.sum() - atoms.communities.length.sum()) / 2
    print(f"\nborder ratio {ours / theirs:.3f} on the same atoms, ", end="")
    print(f"{ours / outlines:.3f} against the official outlines ({outlines / 1000:.1f} km)")
    print(verdicts.value_counts().to_dict())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--effort", default="normal")
    parser.add_argument("--jobs", type=int, default=2)
    for role, layer in LAYERS.items():
        parser.add_argument(f"--{role}", default=layer, metavar="FILE::LAYER")
    return parser.parse_args()


def place(atoms: Atoms, zones: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Return for each atom the zone that a point inside it lies in, or the nearest."""
    inner = shapely.point_on_surface(atoms.frame.geometry.to_numpy())
    labels = zones.sindex.nearest(inner, return_all=False)[1]
    return np.asarray(labels, dtype=np.int64)


def solve(
    atoms: Atoms, numbers: dict[int, int], options: argparse.Namespace
) -> tuple[Partition, float]:
    """Return the partition with these numbers of grids where they are fixed, and its seconds."""
    start = time.perf_counter()
    part = partition_atoms(
        atoms,
        band=Bands(usual=BAND, grids=numbers),
        weights=Weights(),
        search=Search(effort=options.effort),
        open_ground=OpenGround(),
        jobs=options.jobs,
    )
    return part, time.perf_counter() - start


def near_official(atoms: Atoms, part: Partition, official: NDArray[np.int64]) -> dict[int, int]:
    """Return communities with one grid more, so that all are as many as official ones, to 3 %.

    Those with the smallest grids get it, where the band allows it. None are needed where
    the default rule comes that near by itself.
    """
    frame = atoms.frame.assign(zone=official, m2=atoms.frame.area).groupby("community")
    wanted = math.ceil((1 - NEAR) * frame["zone"].nunique().sum())
    count = part.communities["grids"]
    allowed = frame["households"].sum() >= BAND.lower * (count + 1)
    order = (frame["m2"].sum() / count)[allowed].sort_values(kind="stable").index
    return {int(c): int(count[c]) + 1 for c in order[: max(0, wanted - int(count.sum()))]}


def judge(
    atoms: Atoms, labels: NDArray[np.int64], excused: NDArray[np.int64]
) -> tuple[int, float, float, float]:
    """Return grids, the shares in band (all, not excused) and metres inside communities."""
    frame = atoms.frame.assign(label=labels)
    grids = frame.groupby(["community", "label"])["households"].sum()
    fits = grids.between(BAND.lower, BAND.upper)
    asked = ~grids.index.get_level_values("community").isin(excused)
    left, right = atoms.borders["left"].to_numpy(), atoms.borders["right"].to_numpy()
    community = frame["community"].to_numpy()
    cut = (right >= 0) & (community[left] == community[right]) & (labels[left] != labels[right])
    metres = float(atoms.borders.loc[cut, "border_m"].sum())
    return len(grids), float(fits.mean()), float(fits[asked].mean()), metres


if __name__ == "__main__":
    main()
