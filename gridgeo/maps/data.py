"""The data of the page's tools (search, filter, findings, editing), and the places of its labels.

Small data are read at once; atoms only when they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.maps.assets import as_script
from gridgeo.maps.features import DECIMALS, PER_DEGREE, in_degrees, packed_lines, whole_units
from gridgeo.maps.style import SEVERITY_COLOURS, VERDICT_COLOURS
from gridgeo.model import BORDER_CLASSES, SEVERITIES, Finding, Plan, bands_of
from gridgeo.wording import Lang, Text, page_words, rule_of

#: A street name is written on each stretch of this length, and on none that is shorter than ...
STRETCH_M = 600.0
SHORT_M = 60.0


def label_data(plan: Plan) -> dict[str, list[list[Any]]]:
    """Return the labels as lists for the page.

    ``communities``: latitude, longitude, name, metres of room to each side. ``grids``: latitude,
    longitude, sequence, households, metres of room, code; the widest first. ``streets``: latitude,
    longitude, angle against east in radians, metres of length, name; the greatest first. All of
    it is plain text: the page never takes it for markup.
    """
    grids, lang = plan.grids, plan.settings.lang
    return {
        "communities": _communities(plan),
        "grids": grid_labels(grids.geometry, grids["code"], grids["households"], lang),
        "streets": _streets(plan),
    }


def sequence_of(code: str) -> str:
    """Return the part of a code that numbers the grid inside its community.

    Examples
    --------
    >>> sequence_of("420103001001012"), sequence_of("C01-7")
    ('012', '7')
    """
    return code.rpartition("-")[2] if "-" in code else code[-3:]


def _communities(plan: Plan) -> list[list[Any]]:
    centres, room = _centres(plan.communities.geometry)
    rows = zip(centres, plan.communities["name"], room, strict=True)
    labels = [[*centre, str(name), round(r)] for centre, name, r in rows]
    return sorted(labels, key=lambda row: -row[3])


def grid_labels(
    shapes: gpd.GeoSeries, codes: Iterable[str], households: Iterable[int], lang: Lang
) -> list[list[Any]]:
    """Return the labels of grids, the widest first; see `label_data`."""
    centres, room = _centres(shapes)
    counts = [Text(f"{n:,} hh", f"{n:,} 户").say(lang) for n in households]
    rows = zip(centres, codes, counts, room, strict=True)
    labels = [[*c, sequence_of(code), count, round(r), code] for c, code, count, r in rows]
    return sorted(labels, key=lambda row: -row[4])


def _centres(shapes: gpd.GeoSeries) -> tuple[list[list[float]], list[float]]:
    if shapes.empty:
        return [], []
    radii = shapely.maximum_inscribed_circle(shapes.to_numpy(), tolerance=5.0)
    centres = gpd.GeoSeries(shapely.get_point(radii, 0), crs=shapes.crs)
    return _places(centres), shapely.length(radii).tolist()


def _places(points: gpd.GeoSeries) -> list[list[float]]:
    degrees = shapely.get_coordinates(in_degrees(points))
    places: list[list[float]] = np.round(degrees[:, ::-1], DECIMALS).tolist()
    return places


def _streets(plan: Plan) -> list[list[Any]]:
    named = plan.streets[plan.streets["name"] != ""]
    if named.empty:
        return []
    rank = {name: place for place, name in enumerate(BORDER_CLASSES)}
    streets = named.assign(rank=named["street_class"].map(rank)).sort_values(["rank", "name"])
    streets = streets.dissolve(["rank", "name"]).reset_index()
    merged = shapely.line_merge(streets.geometry.to_numpy())
    lines, owner = shapely.get_parts(merged, return_index=True)
    long = shapely.length(lines) >= SHORT_M
    middles, angles, lengths, owner = _stretches(lines[long], owner[long])
    places = _places(gpd.GeoSeries(middles, crs=named.crs))
    rows = zip(places, angles, lengths, streets["name"].to_numpy()[owner], strict=True)
    return [[*p, round(float(a), 3), round(float(m)), str(name)] for p, a, m, name in rows]


def _stretches(
    lines: NDArray[Any], owner: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Cut lines into stretches; return middle, angle, length and owner of each."""
    length = shapely.length(lines)
    pieces = np.maximum(1, np.round(length / STRETCH_M)).astype(int)
    line = np.repeat(np.arange(len(lines)), pieces)
    number = np.arange(len(line)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    each = (length / pieces)[line]
    middle = (number + 0.5) * each
    reach = np.minimum(each / 2, 60.0)
    ends = [
        shapely.get_coordinates(shapely.line_interpolate_point(lines[line], middle + step))
        for step in (-reach, reach)
    ]
    across = ends[1] - ends[0]
    angle = np.arctan2(across[:, 1], across[:, 0])
    upright = (angle + np.pi / 2) % np.pi - np.pi / 2  # never upside down
    middles = shapely.line_interpolate_point(lines[line], middle)
    return middles, upright, each, owner[line]


#: Borders between atoms are simplified each by itself between its two ends: still a coverage.
SIMPLE_M = 1.0
#: Findings beyond this many stand in the workbook only.
MOST_FINDINGS = 2_000


def data_block(name: str, data: dict[str, Any]) -> str:
    """Return a script element that holds `data` as JSON, which no browser runs."""
    return f'<script type="application/json" id="{name}">{as_script(data)}</script>'


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return what search, filter, findings and editing need: plain text, shown as text only.

    ``grids``: code, name, community (position), kind, households, residents (None unknown),
    verdict, facility, bounds. ``communities``: code, name, verdict, band, bounds. ``findings``:
    rule, severity, message, grids, bounds (None without a place), accepted. Bounds are south,
    west, north, east in degrees.
    """
    return {
        "lang": plan.settings.lang,
        "words": page_words(plan.settings.lang),
        "colours": {**VERDICT_COLOURS, **SEVERITY_COLOURS},
        "grids": _grids(plan),
        "communities": _community_data(plan),
        "findings": _findings(plan),
        "locked": list(plan.summary.get("locked", [])),
        "editable": len(plan.borders) > 0 and bool((plan.atoms["grid"] != "").any()),
    }


def atom_data(plan: Plan) -> dict[str, Any]:
    """Return the atoms as arcs, each once, with the atom on either side, in ``unit`` degrees.

    ``arcs``: texts (`packed_lines`) of x, y from ``origin``, then steps; ``left``, ``right``:
    positions of atoms, -1 for none; ``metres``, ``street`` (1 where a street or barrier runs
    there). For each atom ``households``, ``residents`` (None unknown), ``community`` and ``grid``:
    positions in `plan_data`, -1 for none.
    """
    lines = shapely.line_merge(plan.borders.geometry.to_numpy())
    parts, row = shapely.get_parts(lines, return_index=True)
    lengths = shapely.length(parts)
    origin, arcs = _arcs(gpd.GeoSeries(_simple(parts), crs=plan.borders.crs))
    borders = plan.borders
    return {
        "origin": origin,
        "unit": 1 / PER_DEGREE,
        "arcs": arcs,
        "left": borders["left"].to_numpy()[row].tolist(),
        "right": borders["right"].to_numpy()[row].tolist(),
        "metres": np.round(lengths, 1).tolist(),
        "street": (borders["street_class"].to_numpy()[row] != "none").astype(int).tolist(),
        "households": plan.atoms["households"].tolist(),
        "residents": _or_none(plan.atoms["residents"]),
        "community": _place_data(plan.atoms["community"], plan.communities["code"]),
        "grid": _place_data(plan.atoms["grid"], plan.grids["code"]),
    }


def _grids(plan: Plan) -> list[list[Any]]:
    grids = plan.grids
    return [
        list(row)
        for row in zip(
            grids["code"].tolist(),
            grids["name"].tolist(),
            _place_data(grids["community"], plan.communities["code"]),
            grids["kind"].tolist(),
            grids["households"].tolist(),
            _or_none(grids["residents"]),
            grids["verdict"].tolist(),
            grids["facility"].tolist(),
            _bounds(grids.geometry),
            strict=True,
        )
    ]


def _community_data(plan: Plan) -> list[list[Any]]:
    frame = plan.communities
    bands = bands_of(plan.settings, frame)
    by_households = plan.atoms["residents"].isna().all()
    communities = []
    for position in range(len(frame)):
        band = asdict(bands.of(position))
        communities.append({**band, "profile": "households"} if by_households else band)
    columns = (frame["code"].tolist(), frame["name"].tolist(), frame["verdict"].tolist())
    return [list(row) for row in zip(*columns, communities, _bounds(frame.geometry), strict=True)]


def _findings(plan: Plan) -> list[list[Any]]:
    lang = plan.settings.lang
    order = sorted(plan.findings, key=lambda found: SEVERITIES.index(found.severity))
    shown = order[:MOST_FINDINGS]
    by_code = dict(zip(plan.grids["code"], plan.grids.geometry, strict=True))
    places = gpd.GeoSeries([_place(found, by_code) for found in shown], crs=plan.grids.crs)
    return [
        [
            rule_of(found.rule).title.say(lang),
            found.severity,
            found.message.say(lang),
            list(found.grids[:8]),
            bounds,
            found.status == "accepted",
        ]
        for found, bounds in zip(shown, _bounds(places), strict=True)
    ]


def _place(found: Finding, by_code: dict[str, Any]) -> Any:
    if found.where is not None and not found.where.is_empty:
        return found.where
    shapes = [by_code[code] for code in found.grids if code in by_code]
    return shapely.union_all([shapely.envelope(one) for one in shapes]) if shapes else None


def _bounds(shapes: gpd.GeoSeries) -> list[list[float] | None]:
    """Return south, west, north, east in degrees of each shape, None where it has none."""
    there = ~(shapes.is_empty | shapes.isna()).to_numpy()
    found = np.round(shapely.bounds(in_degrees(shapes)), 6)[:, [1, 0, 3, 2]].tolist()
    return [bounds if has else None for bounds, has in zip(found, there, strict=True)]


def _place_data(values: pd.Series[Any], known: pd.Series[Any]) -> list[int]:
    """Return the first place of each value among the known ones, -1 for none and for no text."""
    first = pd.Series(np.arange(len(known)), index=known.to_numpy())
    first = first[(first.index != "") & ~first.index.duplicated()]
    found: list[int] = first.reindex(values.to_numpy(), fill_value=-1).tolist()
    return found


def _or_none(values: pd.Series[Any]) -> list[Any]:
    return [None if pd.isna(value) else round(value, 2) for value in values.tolist()]


def _simple(lines: NDArray[Any]) -> NDArray[Any]:
    """Return the lines simplified between their ends; rings that would collapse stay."""
    simple = shapely.simplify(lines, SIMPLE_M)
    flat = shapely.is_closed(lines) & (shapely.get_num_coordinates(simple) < 4)
    return np.where(flat, lines, simple)


def _arcs(lines: gpd.GeoSeries) -> tuple[list[int], list[str]]:
    """Return the origin, and each line as the text of its first vertex and the steps from there."""
    units, line = whole_units(in_degrees(lines))
    if not len(units):
        return [0, 0], []
    origin = units.min(axis=0)
    return origin.tolist(), packed_lines(units - origin, line, len(lines))
