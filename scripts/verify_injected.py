"""Put every kind of defect into real partitions, and print what the checks find.

    python scripts/verify_injected.py DATA

DATA holds ``aberdeen/aberdeen.gpkg`` and ``cambridge/cambridge_ma.gpkg``. A kind is found when its
check names the grids concerned, its amount within 1 %; whatever else is new must be at these
grids or their neighbours. Each kind is tried at ten places.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from benchmarks.defects import Defect, defects, neighbours
from gridgeo.config import Band, Codes
from gridgeo.model import Finding
from gridgeo.validate import Subject, community_of, validate

TRIES = 10
#: File, layer and code of the grids; layer and code of the communities; households.
CITIES = {
    "Aberdeen data zones": (
        *("aberdeen/aberdeen.gpkg", "datazones_2001", "DZ_CODE"),
        *("intermediate_zones_2001", "IZ_CODE", "hh_from_oa"),
    ),
    "Cambridge block groups": (
        *("cambridge/cambridge_ma.gpkg", "census_block_groups_2020", "GEOID20"),
        *("census_tracts_2020", "GEOID20", ""),
    ),
}


def main(data: Path) -> None:
    """Print a row for each city and kind."""
    print("| city | kind | found | new findings elsewhere |\n| --- | --- | --- | --- |")
    for city, spec in CITIES.items():
        grids, communities = read(data, *spec)
        known = Counter(key(one) for one in findings(grids, communities))
        told: dict[str, list[tuple[bool, int]]] = {}
        for seed in range(TRIES):
            for made in defects(grids, seed):
                new = fresh(findings(made.grids, communities), known)
                told.setdefault(made.name, []).append(judged(made, new, grids))
        for kind, tries in told.items():
            found, stray = sum(ok for ok, _ in tries), sum(count for _, count in tries)
            print(f"| {city} | {kind} | {found} of {TRIES} | {stray} |", flush=True)


def read(  # noqa: PLR0917  (one city of CITIES)
    data: Path, file: str, layer: str, code: str, above: str, parent: str, households: str
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the grids (index: code) and communities of a city."""
    outlines = gpd.read_file(data / file, layer=above)
    communities = outlines[[parent, "geometry"]].rename(columns={parent: "code"}).assign(name="")
    rows = gpd.read_file(data / file, layer=layer)
    counts = rows[households].astype(float) if households else 400.0
    grids = rows[[code, "geometry"]].rename(columns={code: "code"})
    grids = grids.assign(
        kind="basic", community="", households=counts, residents=np.nan, name="name " + rows[code]
    )
    places = community_of(Subject(grids=grids, communities=communities))
    grids["community"] = communities["code"].to_numpy()[places]
    shapes = shapely.normalize(grids.geometry.to_numpy())
    alone = shapely.get_num_geometries(shapes) == 1
    shapes[alone] = shapely.get_geometry(shapes[alone], 0)
    grids = grids.set_geometry(gpd.GeoSeries(shapes, crs=grids.crs))
    return grids.set_index("code", drop=False).rename_axis(None), communities


def findings(grids: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> list[Finding]:
    """Return the errors and warnings."""
    subject = Subject(grids=grids.reset_index(drop=True), communities=communities)
    band = Band(profile="households")
    said = validate(subject, band=band, codes=Codes(scheme="plain"))
    return [one for one in said if one.severity != "info"]


def key(one: Finding) -> tuple[object, ...]:
    """Return what a finding is about; one about all grids counts them, which any defect changes."""
    amount = None if one.amount is None or not one.grids else round(one.amount, 2)
    return one.rule, one.grids, amount


def fresh(now: list[Finding], known: Counter[tuple[object, ...]]) -> list[Finding]:
    """Return the findings that are not among those of the sound partition."""
    left = known.copy()
    new = []
    for one in now:
        if left[key(one)]:
            left[key(one)] -= 1
        else:
            new.append(one)
    return new


def judged(made: Defect, new: list[Finding], sound: gpd.GeoDataFrame) -> tuple[bool, int]:
    """Return whether a defect was found there by that much, and the findings elsewhere."""
    there = [one for one in new if one.rule == made.rule and made.at & set(one.grids)]
    amount = sum(one.amount or 0.0 for one in there)
    right = made.area is None or abs(amount - made.area) <= 0.01 * made.area
    near = made.at.union(*(neighbours(sound, code) for code in made.at & set(sound.index)))
    founded = made.at & set(made.grids.index) - set(sound.index)
    near = near.union(*(neighbours(made.grids, code) for code in founded))
    return bool(there) and right, sum(not near & set(one.grids) for one in new)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
