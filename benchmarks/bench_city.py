"""Seconds and memory of each stage on real cities.

::

    python -m benchmarks.bench_city data/samples/wuhan data/samples/monaco/gridgeo.toml

Each argument is a settings file, or a folder with a ``gridgeo.toml``; each is one real command.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.measure import gridgeo_command, markdown, run_measured

STAGES = ("read", "atoms", "partition", "finer", "codes", "validate")
HEAD = ("city", "households", "atoms", "grids", *STAGES, "start and write", "wall s", "CPU s", "MB")


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cities", nargs="+", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    rows = [measure(settings_of(city), jobs=given.jobs) for city in given.cities]
    print(markdown(HEAD, rows))


def settings_of(city: Path) -> Path:
    """Return the settings file of a city."""
    return city / "gridgeo.toml" if city.is_dir() else city


def measure(settings: Path, *, jobs: int) -> list[object]:
    """Run gridgeo on a city and return a row of the table."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "plan"
        command = gridgeo_command("partition", settings, "--out", out, "--jobs", jobs)
        cost = run_measured(command, makes=out / "summary.json")
        figures = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        stages = json.loads((out / "run.json").read_text(encoding="utf-8"))["seconds"]
    seconds = [float(stages.get(name, 0.0)) for name in STAGES]
    return [
        figures["name"] or settings.stem,
        figures["households"]["in_grids"],
        figures["atoms"],
        figures["grids"],
        *seconds,
        cost.wall_s - sum(stages.values()),
        cost.wall_s,
        cost.cpu_s,
        cost.process_mb,
    ]


if __name__ == "__main__":
    main()
