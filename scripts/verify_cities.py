"""Run the main job on real cities and print a table of what came out.

    python scripts/verify_cities.py DATA [CITY ...]

DATA holds one folder per city with its GeoPackage. Each city is one `gridgeo partition` command,
printed as it is run; the plans go to ``out/cities/CITY``.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from pathlib import Path

CITIES = {
    "aberdeen": """--communities {0}/aberdeen/aberdeen.gpkg::intermediate_zones_2001
        --atoms {0}/aberdeen/aberdeen.gpkg::output_areas_2011 --scheme plain""",
    "tainan": """--communities {0}/tainan/tainan.gpkg::villages_li
        --atoms {0}/tainan/tainan.gpkg::atoms --scheme plain""",
    "tainan-households": """--communities {0}/tainan/tainan.gpkg::villages_li
        --atoms {0}/tainan/tainan.gpkg::atoms --scheme plain --profile households""",
    "cambridge": """--communities {0}/cambridge/cambridge_ma.gpkg::neighborhoods
        --streets {0}/cambridge/cambridge_ma.gpkg::streets
        --barriers rail={0}/cambridge/cambridge_ma.gpkg::rail
        --barriers water={0}/cambridge/cambridge_ma.gpkg::water
        --households {0}/cambridge/cambridge_ma.gpkg::household_points
        --parcels {0}/cambridge/cambridge_ma.gpkg::parcels_fy2014
        --facilities green_park={0}/cambridge/cambridge_ma.gpkg::open_space
        --facilities school={0}/cambridge/cambridge_ma.gpkg::schools_public
        --facilities school={0}/cambridge/cambridge_ma.gpkg::schools_private
        --facilities hospital={0}/cambridge/cambridge_ma.gpkg::hospitals
        --column communities.code=N_HOOD --scheme plain""",
    "monaco": """--communities {0}/monaco/monaco.gpkg::communities
        --streets {0}/monaco/monaco.gpkg::streets
        --barriers water={0}/monaco/monaco.gpkg::water
        --barriers rail={0}/monaco/monaco.gpkg::railways
        --buildings {0}/monaco/monaco.gpkg::buildings
        --facilities {0}/monaco/monaco.gpkg::facilities --scheme plain""",
    "wuhan_core": """--communities {0}/wuhan/wuhan_core.gpkg::communities_synth
        --streets {0}/wuhan/wuhan_core.gpkg::streets
        --households {0}/wuhan/wuhan_core.gpkg::household_points_synth
        --facilities {0}/wuhan/wuhan_core.gpkg::facilities_synth""",
    "lujiazui": """--communities {0}/lujiazui/shanghai_lujiazui.gpkg::communities_approx
        --streets {0}/lujiazui/shanghai_lujiazui.gpkg::streets
        --barriers water={0}/lujiazui/shanghai_lujiazui.gpkg::water
        --barriers wall={0}/lujiazui/shanghai_lujiazui.gpkg::walls
        --households {0}/lujiazui/shanghai_lujiazui.gpkg::household_points_est
        --compounds {0}/lujiazui/shanghai_lujiazui.gpkg::compounds_xiaoqu
        --buildings {0}/lujiazui/shanghai_lujiazui.gpkg::buildings
        --facilities {0}/lujiazui/shanghai_lujiazui.gpkg::landuse
        --facilities {0}/lujiazui/shanghai_lujiazui.gpkg::pois
        --column streets.class=kind_detail""",
    "haidian": """--communities {0}/haidian/haidian.gpkg::communities
        --streets {0}/haidian/haidian.gpkg::streets
        --barriers rail={0}/haidian/haidian.gpkg::railways
        --barriers water={0}/haidian/haidian.gpkg::water
        --households {0}/haidian/haidian.gpkg::homes
        --column households.households=households_est
        --buildings {0}/haidian/haidian.gpkg::buildings
        --compounds {0}/haidian/haidian.gpkg::compounds
        --facilities {0}/haidian/haidian.gpkg::facilities --scheme plain""",
    "liechtenstein": """--communities {0}/liechtenstein/liechtenstein.gpkg::communities
        --streets {0}/liechtenstein/liechtenstein.gpkg::streets
        --barriers rail={0}/liechtenstein/liechtenstein.gpkg::railways
        --barriers water={0}/liechtenstein/liechtenstein.gpkg::water
        --households {0}/liechtenstein/liechtenstein.gpkg::homes
        --column households.households=households_est
        --buildings {0}/liechtenstein/liechtenstein.gpkg::buildings
        --facilities {0}/liechtenstein/liechtenstein.gpkg::facilities --scheme plain""",
    "berlin": """--communities {0}/berlin/berlin_miraustr.gpkg::admin
        --streets {0}/berlin/berlin_miraustr.gpkg::streets
        --barriers rail={0}/berlin/berlin_miraustr.gpkg::railways
        --barriers water={0}/berlin/berlin_miraustr.gpkg::water
        --households {0}/berlin/berlin_miraustr.gpkg::buildings
        --column households.households=households_est
        --buildings {0}/berlin/berlin_miraustr.gpkg::buildings
        --facilities {0}/berlin/berlin_miraustr.gpkg::facilities --scheme plain""",
}
COLUMNS = (
    "city | communities | atoms | basic | dedicated | open | in_band | small | impossible "
    "| not_found | in band | where possible | on streets | households in = in grids + listed "
    "| area m2 | seconds of work | MB | seconds with start and files"
)


def main(data: str, cities: list[str]) -> None:
    """Run the cities and print their rows."""
    rows = [COLUMNS, " | ".join("---" for _ in COLUMNS.split("|"))]
    for city in cities or list(CITIES):
        out = Path("out/cities") / city
        command = ["gridgeo", *city_command(city, data, out=str(out)), "--overwrite"]
        print(shlex.join(command), flush=True)
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        rows.append(f"{row(city, out)} | {time.perf_counter() - start:.1f}")
    print("\n".join(f"| {line} |" for line in rows))


def city_command(city: str, data: str, *, out: str) -> list[str]:
    """Return the arguments of gridgeo that cut a city of `CITIES` into the folder `out`."""
    return ["partition", *shlex.split(CITIES[city].format(data)), "--out", out]


def row(city: str, out: Path) -> str:
    """Return the table row of a plan."""
    s = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    run = json.loads((out / "run.json").read_text(encoding="utf-8"))
    homes, verdicts = s["households"], s["verdicts"]
    shares = (s["in_band_share"], s["in_band_share_where_possible"], s["street_share"])
    cells = (
        city,
        *(f"{s[name]:,}" for name in ("communities", "atoms", "basic", "dedicated", "open")),
        *(f"{count}" for count in verdicts.values()),
        *("-" if share is None else f"{share:.3f}" for share in shares),
        f"{homes['in']:,} = {homes['in_grids']:,} + {homes['listed']:,}",
        f"{s['area_difference_m2']:.6f}",
        f"{sum(run['seconds'].values()):.1f}",
        f"{run['peak_mb']}",
    )
    return " | ".join(cells)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
