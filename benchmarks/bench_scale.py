"""Seconds, memory and growth of whole runs on synthetic cities of many sizes.

::

    python -m benchmarks.bench_scale                      10 thousand to 1 million households
    python -m benchmarks.bench_scale --sizes 1e6 1e7 --jobs 2 -- --by township

What stands after ``--`` goes to ``gridgeo partition``. Each size is one real command: start,
read, cut, partition, code, check, write. Cities are kept in the folder and used again.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import Cost, gridgeo_command, markdown, run_measured
from benchmarks.synthetic import write_city

SIZES = (1e4, 3e4, 1e5, 3e5, 1e6)
HEAD = (
    *("households", "grids", "in band where possible", "wall s", "CPU s"),
    *("s per 1,000 grids", "MB largest process", "MB all"),
)


@dataclass(frozen=True)
class Run:
    """One size: the figures of the plan and what it cost."""

    households: int
    grids: int
    in_band: float
    cost: Cost


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", nargs="+", type=float, default=SIZES)
    parser.add_argument("--folder", type=Path, default=Path("out/bench_scale"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--no-buildings", action="store_true", help="households without outlines")
    parser.add_argument("options", nargs="*", help="more options for gridgeo partition")
    given = parser.parse_args()
    runs = []
    for size in given.sizes:
        settings = city(given.folder, int(size), given.seed, buildings=not given.no_buildings)
        runs.append(measure(settings, ["--jobs", given.jobs, *given.options]))
        print(table(runs[-1:]).splitlines()[-1], flush=True)
    print(f"\n{table(runs)}\n\n{growth(runs)}")


def city(folder: Path, households: int, seed: int, *, buildings: bool) -> Path:
    """Return the settings of a city, written when it is not there yet."""
    name = f"{households}-{seed}-{'buildings' if buildings else 'points'}"
    target = folder / name
    if not (target / "gridgeo.toml").exists():
        write_city(target, households, seed=seed, buildings=buildings)
    return target / "gridgeo.toml"


def measure(settings: Path, options: list[object]) -> Run:
    """Run gridgeo on a city and return figures and cost."""
    out = settings.parent / "plan"
    shutil.rmtree(out, ignore_errors=True)
    command = gridgeo_command("partition", settings, "--out", out, *options)
    cost = run_measured(command, makes=out / "summary.json")
    figures = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return Run(
        households=figures["households"]["in_grids"],
        grids=figures["grids"],
        in_band=figures["in_band_share_where_possible"],
        cost=cost,
    )


def table(runs: list[Run]) -> str:
    """Return the runs as a table."""
    return markdown(HEAD, [_row(run) for run in runs])


def growth(runs: list[Run]) -> str:
    """Return the growth exponents of CPU seconds: over all sizes, and of the last step."""
    if len(runs) < 2:
        return ""
    households = np.log([run.households for run in runs])
    told = []
    for what in ("wall_s", "cpu_s", "process_mb"):
        amount = np.log([getattr(run.cost, what) for run in runs])
        whole = np.polyfit(households, amount, 1)[0]
        last = (amount[-1] - amount[-2]) / (households[-1] - households[-2])
        told.append(f"{what} {whole:.2f} (last step {last:.2f})")
    return f"Growth exponent by households: {'; '.join(told)}."


def _row(run: Run) -> list[object]:
    cost = run.cost
    return [
        run.households,
        run.grids,
        f"{100 * run.in_band:.2f} %",
        cost.wall_s,
        cost.cpu_s,
        1000 * cost.wall_s / run.grids,
        cost.process_mb,
        cost.total_mb,
    ]


if __name__ == "__main__":
    main()
