"""The quality of the ground on real cities: what borders follow, what they cut, enclaves, shapes.

::

    python -m benchmarks.bench_ground DATA
    python -m benchmarks.bench_ground DATA haidian lujiazui --grids PLANS

Each city is one ``gridgeo partition``; with ``--grids`` one ``gridgeo verify`` of the grids in
``PLANS/CITY/plan.gpkg`` by the same layers. DATA holds one folder per city
(``scripts/verify_cities.py`` lists them).
"""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path
from typing import Any

from benchmarks.measure import gridgeo_command, markdown, run_measured
from gridgeo.wording import FOLLOWED
from scripts.verify_cities import CITIES, city_command

DEFAULT = ("cambridge", "wuhan_core", "lujiazui", "monaco", "haidian", "liechtenstein", "berlin")
HEAD = (
    *("city", "basic", "dedicated", "in band", "not found", "inner km"),
    *(f"{name} %" for name in FOLLOWED),
    *("beside streets m", "buildings cut", "enclaves", "homes in dedicated %"),
    *("corners per km", "compactness", "seconds"),
)


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("cities", nargs="*", help=f"default: {' '.join(DEFAULT)}")
    parser.add_argument("--grids", type=Path, help="plans to verify instead of cutting the cities")
    parser.add_argument("--out", type=Path, default=Path("out/bench_ground"))
    given = parser.parse_args()
    rows = [
        row(city, run_city(city, given.data, given.out / city, given.grids))
        for city in given.cities or DEFAULT
    ]
    print(markdown(HEAD, rows))


def run_city(city: str, data: Path, out: Path, plans: Path | None) -> dict[str, Any]:
    """Run gridgeo on a city and return its summary, with the seconds and the findings."""
    if plans is None:
        command = gridgeo_command(*city_command(city, str(data), out=str(out)), "--overwrite")
    else:
        layers = shlex.split(CITIES[city].format(data))
        grids = f"{plans / city / 'plan.gpkg'}::grids"
        command = gridgeo_command("verify", grids, *layers, "--out", out, "--overwrite")
    out.parent.mkdir(parents=True, exist_ok=True)
    cost = run_measured(command, makes=out / "summary.json")
    summary: dict[str, Any] = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return {**summary, "wall_s": cost.wall_s}


def row(city: str, summary: dict[str, Any]) -> list[object]:
    """Return the table row of a city."""
    ground = summary["ground"]
    total = sum(ground["follows_m"].values())
    homes = ground["dedicated_households"] / max(summary["households"]["in_grids"], 1)
    shares = (ground["follows_m"][name] / max(total, 1e-9) for name in FOLLOWED)
    return [
        city,
        summary["basic"],
        summary["dedicated"],
        _text(summary["in_band_share"], "{:.3f}"),
        summary["verdicts"]["not_found"],
        f"{total / 1000:.1f}",
        *(f"{share:.1%}".rstrip("%") for share in shares),
        f"{ground['beside_streets_m']:,.0f}",
        _text(ground["buildings_cut"], "{}"),
        ground["enclaves"],
        f"{homes:.1%}".rstrip("%"),
        _text(ground["corners_per_km"], "{:.1f}"),
        _text(ground["compactness"], "{:.2f}"),
        f"{summary['wall_s']:.0f}",
    ]


def _text(value: object, form: str) -> str:
    return "-" if value is None else form.format(value)


if __name__ == "__main__":
    main()
