"""What Python says, as JSON files that the tests in node replay: python -m builders_js FOLDER."""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import shapely
from builders_city import block_city, communities, settings
from builders_plan import build_plan
from shapely import LineString, MultiLineString, MultiPolygon, Polygon, box

import gridgeo as gg
from gridgeo.adjust import Edit, Trial, try_edits
from gridgeo.config import Band
from gridgeo.errors import InputError
from gridgeo.maps import atom_data, label_data, plan_data
from gridgeo.maps.features import _packed_numbers, features
from gridgeo.model import Plan
from gridgeo.partition import count_by, judge_grid
from gridgeo.read.datums import _gcj02

HOLED = Polygon(
    [(0, 0), (0, 9), (9, 9), (9, 0)], [[(1, 1), (2, 1), (2, 2)], [(5, 5), (6, 5), (6, 7)]]
)
SHAPES = (
    LineString([(-179.999999, -89.999999), (179.999999, 89.999999), (0, 0)]),
    MultiLineString([[(1, 2), (3, 4)], [(5.5, 6), (7, 8), (9, 10)]]),
    HOLED,
    MultiPolygon([HOLED, box(10, 10, 11, 11)]),
)
STEPS = 60
_Fixture = dict[str, Any]
Profile = Literal["households", "residents", "either"]


def plain(value: Any) -> Any:
    """Return `value` with None for NaN, and numbers as JSON has them."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if value != value else value  # noqa: PLR0124  (NaN alone differs from itself)


def bands() -> _Fixture:
    """Return verdicts under every profile, at and beside every limit, unknown residents too."""
    verdicts = [
        {
            "band": asdict(band),
            "households": households,
            "residents": residents,
            "small": small,
            "verdict": judge_grid(band, households, residents, small=small).name,
        }
        for band in (Band(profile=name) for name in ("households", "residents", "either"))
        for households in (0, 1, 299, 300, 400, 500, 501, 2_000)
        for residents in (np.nan, 0.0, 799.5, 800.0, 1_000.0, 1_200.0, 1_200.5, 5_000.0)
        for small in (False, True)
    ]
    rng = np.random.default_rng(1)
    households = rng.integers(0, 3, 40)
    residents = np.where(rng.random(40) < 0.2, np.nan, rng.integers(0, 9, 40))
    grid = rng.integers(0, 12, 40)
    _, counted = count_by(grid, 12, households, residents)
    counts = {"households": households, "residents": residents, "grid": grid, "counted": counted}
    return {"verdicts": verdicts, "counts": {name: one.tolist() for name, one in counts.items()}}


def packed() -> _Fixture:
    """Return packed numbers and shapes with what they stand for."""
    numbers = [0, -1, 1, 15, 16, -16, -17, 1023, 1024, 359_999_999, -360_000_000]
    (text,) = _packed_numbers(np.array(numbers), np.array([len(numbers)]))
    made = features(gpd.GeoSeries(SHAPES, crs=4326))["features"]
    return {
        "numbers": numbers,
        "text": text,
        "shapes": [
            {
                "packed": feature["geometry"]["packed"],
                "coordinates": json.loads(shapely.to_geojson(shape))["coordinates"],
            }
            for shape, feature in zip(SHAPES, made, strict=True)
        ],
    }


def shifted() -> _Fixture:
    """Return places in and around China, and where GCJ-02 draws them."""
    lng, lat = np.meshgrid(np.linspace(70, 140, 15), np.linspace(0, 57, 13))
    places = np.column_stack([lng.ravel(), lat.ravel()])
    return {"places": places.tolist(), "drawn": _gcj02(places).tolist()}


def words() -> _Fixture:
    """Return counts as the labels of the map have them."""
    counts = [0, 7, 999, 1_000, 12_345, 1_234_567]
    return {"counts": counts, "texts": [f"{count:,}" for count in counts]}


def city(*, residents: float | None = None, profile: Profile = "either") -> Plan:
    """Return a plan of two communities of twelve blocks each; `residents` of each household."""
    frames = dict(block_city(6, 4, per_block=100).frames)
    frames["communities"] = communities(box(0, 0, 600, 800), box(600, 0, 1200, 800))
    if residents is not None:
        homes = frames["households"]
        frames["households"] = homes.assign(常住人口=residents * homes["户数"])
    plan = gg.partition_layers(frames, settings(band=Band(profile=profile)))
    without = np.arange(len(plan.borders)) % 3 == 0
    classes = plan.borders["street_class"].mask(without, "none")
    return replace(plan, borders=plan.borders.assign(street_class=classes))


def edits(plan: Plan, seed: int) -> _Fixture:
    """Return a plan as its page has it, and edits at random with what Python makes of each."""
    rng = np.random.default_rng(seed)
    trial, steps = try_edits(plan), []
    for number in range(STEPS):
        edit = _edit(trial, rng, number)
        try:
            tried = trial.do(edit)
        except InputError:
            steps.append({"edit": _written(edit), "refused": True})
            continue
        trial = tried
        steps.append({"edit": _written(edit), "refused": False, "grids": _grids(trial)})
    return {
        "plan": {"plan": "0123456789abcdef", **plan_data(plan)},
        "atoms": atom_data(plan),
        "labels": label_data(plan),
        "grids": _grids(try_edits(plan)),
        "borders": _street_shares(plan),
        "places": _places(plan),
        "steps": steps,
    }


def _edit(trial: Trial, rng: np.random.Generator, number: int) -> Edit:
    """Return an edit of any kind: most are allowed, some break a lock or leave a community."""
    keys = trial.grids.index.tolist()
    grid = keys[rng.integers(len(keys))]
    near = trial.draft.community == trial.grids.loc[grid, "community"]
    pool = np.flatnonzero((near | (rng.random() < 0.2)) & (trial.draft.grid != grid))
    atoms = sorted(rng.choice(pool, size=min(len(pool), int(rng.integers(1, 4))), replace=False))
    kinds = ["move"] * 8 + ["split", "split", "merge", "dedicate", "lock", "unlock", "unlock"]
    match kinds[rng.integers(len(kinds))]:
        case "move":
            return Edit(do="move", atoms=tuple(map(int, atoms)), to=grid)
        case "split":
            return Edit(do="split", atoms=tuple(map(int, atoms[:2])), grid=f"+{number + 1}")
        case "merge":
            other = keys[rng.integers(len(keys))]
            return Edit(do="merge", grids=(other,) if other != grid else tuple(keys[:1]), to=grid)
        case "dedicate":
            return Edit(do="dedicate", grid=grid, name="市一中")
        case "lock":
            return Edit(do="lock", grid=grid)
        case _:
            return Edit(do="unlock", grid=grid)


def _written(edit: Edit) -> _Fixture:
    """Return an edit as a file of edits has it."""
    fields: _Fixture = {
        "move": {"atoms": list(edit.atoms), "to": edit.to},
        "split": {"atoms": list(edit.atoms), "grid": edit.grid},
        "merge": {"grids": list(edit.grids), "into": edit.to},
        "dedicate": {"grid": edit.grid, "name": edit.name},
    }
    return {"do": edit.do, **fields.get(edit.do, {"grid": edit.grid})}


def _grids(trial: Trial) -> _Fixture:
    columns = ["households", "residents", "verdict", "parts", "locked", "kind"]
    return {
        row["key"]: row for row in trial.grids[columns].reset_index(names="key").to_dict("records")
    }


def _street_shares(plan: Plan) -> _Fixture:
    """Return which share of the borders of each grid with basic grids beside it is on streets."""
    inner = plan.borders[plan.borders["right"] >= 0]
    kinds = plan.grids.set_index("code")["kind"]
    found = {}
    for code in plan.grids["code"]:
        sides = [plan.atoms["grid"].to_numpy()[inner[side]] for side in ("left", "right")]
        homes = [plan.atoms["community"].to_numpy()[inner[side]] for side in ("left", "right")]
        basic = [kinds.reindex(side).eq("basic").to_numpy() for side in sides]
        own = ((sides[0] == code) != (sides[1] == code)) & (homes[0] == homes[1])
        own &= basic[0] & basic[1]
        metres = inner["border_m"].to_numpy()[own]
        street = (inner["street_class"] != "none").to_numpy()[own]
        found[code] = float(metres[street].sum() / metres.sum()) if own.any() else None
    return found


def _places(plan: Plan) -> list[list[float]]:
    """Return a place inside each atom, longitude and latitude."""
    points = shapely.point_on_surface(plan.atoms.geometry.to_numpy())
    return (
        gpd.GeoSeries(points, crs=plan.atoms.crs).to_crs(4326).get_coordinates().to_numpy().tolist()
    )


def fixtures() -> dict[str, _Fixture]:
    """Return all fixtures by the name of their file."""
    small = build_plan()
    return {
        "band": bands(),
        "packed": packed(),
        "gcj02": shifted(),
        "words": words(),
        "plan": {
            "plan": {"plan": "0123456789abcdef", **plan_data(small)},
            "labels": label_data(small),
        },
        "edits_unknown": edits(city(), 1),
        "edits_either": edits(city(residents=2.7), 2),
        "edits_residents": edits(city(residents=2.7, profile="residents"), 3),
    }


def main(folder: str) -> None:
    """Write all fixtures into `folder`."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, value in fixtures().items():
        text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
        (target / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1])
