"""How few households move when counts grow: against the lower bounds, city by city.

::

    python -m benchmarks.bench_change city/gridgeo.toml --seeds 5
    python -m benchmarks.bench_change city/gridgeo.toml --previous zones.gpkg::official

Each argument is a settings file, or a folder with a ``gridgeo.toml``. Without ``--previous`` the
city is partitioned, then a seeded choice of its atoms grows, and the partition is adjusted; with
it the given grids are adjusted to the counts as they are.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.bench_city import settings_of
from benchmarks.measure import markdown
from gridgeo.config import Band, Settings, Source, read_settings
from gridgeo.geometry import moved_atoms, overlap_of, successors
from gridgeo.model import MISSED_VERDICTS, Atoms
from gridgeo.partition import adjust_atoms, inherit_grids, partition_atoms, warm_up
from gridgeo.pipeline import make_atoms
from gridgeo.read import read_grids, read_layers

HEAD = (
    *("city", "case", "grids", "out of band", "still out", "proved impossible"),
    *("households moved", "bound", "flow", "moved / bound", "moved / all %"),
    *("grids as they were", "from scratch moves %", "CPU s"),
)


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cities", nargs="+", type=Path)
    parser.add_argument("--previous", default="", help="grids to adjust, PATH[::LAYER]")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.1, help="of the atoms that grow")
    parser.add_argument("--growth", type=float, default=0.3, help="of their households")
    given = parser.parse_args()
    warm_up()
    rows = [row for city in given.cities for row in measure(settings_of(city), given)]
    print(markdown(HEAD, rows))


def measure(file: Path, given: argparse.Namespace) -> Iterator[list[object]]:
    """Yield a row for each case of a city."""
    settings = read_settings(file)
    layers = read_layers(settings.read)
    atoms = make_atoms(layers, settings)
    if given.previous:
        read = read_grids(Source.parse(given.previous), crs=layers.crs, rules=settings.read)
        old = inherit_grids(atoms, read.grids).previous
        yield [file.parent.name, given.previous, *figures(atoms, old, settings)]
        return
    old = partition_atoms(atoms, **options_of(settings)).labels
    for seed in range(given.seeds):
        rng = np.random.default_rng(seed)
        households = atoms.frame["households"].to_numpy(np.int64).copy()
        grown = rng.choice(households.size, round(given.share * households.size), replace=False)
        households[grown] = np.round(households[grown] * (1 + given.growth))
        now = replace(atoms, frame=atoms.frame.assign(households=households))
        yield [file.parent.name, f"growth, seed {seed}", *figures(now, old, settings)]


def options_of(settings: Settings) -> dict[str, Any]:
    """Return the settings that the stage wants."""
    names = ("band", "weights", "search", "open_ground")
    return {name: getattr(settings, name) for name in names}


def figures(atoms: Atoms, old: NDArray[np.int64], settings: Settings) -> list[object]:
    """Adjust once, partition once from scratch, and return the figures."""
    before = time.process_time()
    new = adjust_atoms(atoms, old, **options_of(settings))
    spent = time.process_time() - before
    scratch = partition_atoms(atoms, **options_of(settings)).labels
    households = atoms.frame["households"].to_numpy(np.int64)
    area = atoms.frame.geometry.area.to_numpy()
    heir = successors(overlap_of(old, scratch, households, area))
    drawn_anew = int(households[moved_atoms(old, scratch, heir)].sum())
    out = new.partition.grids["verdict"].isin(MISSED_VERDICTS)
    impossible = new.partition.communities["verdict"] == "impossible"
    return [
        len(new.partition.grids),
        _out_of_band(atoms, old, settings.band),
        int(out.sum()),
        int(impossible.sum()),
        new.moved,
        new.bound,
        new.flow,
        new.moved / new.bound if new.bound else 1.0,
        100 * new.moved / households.sum(),
        int((new.changes["change"] == "unchanged").sum()),
        100 * drawn_anew / households.sum(),
        spent,
    ]


def _out_of_band(atoms: Atoms, old: NDArray[np.int64], band: Band) -> int:
    """Return how many of the old grids miss the band with the counts as they are now."""
    given = atoms.frame[old >= 0].groupby(old[old >= 0])
    counts = given[["households", "residents"]].sum(min_count=1)
    fits = counts["households"].between(band.lower, band.upper) & (band.profile != "residents")
    lives = counts["residents"].between(band.residents_lower, band.residents_upper)
    return int((~(fits | (lives & (band.profile != "households")))).sum())


if __name__ == "__main__":
    main()
