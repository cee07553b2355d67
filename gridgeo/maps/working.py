"""The data that the tools of the page work on: small ones at hand, atoms when they are wanted."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.bands import bands_of
from gridgeo.maps.escape import as_script
from gridgeo.maps.features import in_degrees
from gridgeo.maps.packed import PER_DEGREE, packed_lines, whole_units
from gridgeo.maps.page_words import page_words
from gridgeo.maps.style import SEVERITY_COLOURS, VERDICT_COLOURS
from gridgeo.model import SEVERITIES, Finding, Plan
from gridgeo.rulebook import rule_of

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
        "communities": _communities(plan),
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
    whole = shapely.length(parts)
    origin, arcs = _arcs(gpd.GeoSeries(_simple(parts), crs=plan.borders.crs))
    borders = plan.borders
    return {
        "origin": origin,
        "unit": 1 / PER_DEGREE,
        "arcs": arcs,
        "left": borders["left"].to_numpy()[row].tolist(),
        "right": borders["right"].to_numpy()[row].tolist(),
        "metres": np.round(whole, 1).tolist(),
        "street": (borders["street_class"].to_numpy()[row] != "none").astype(int).tolist(),
        "households": plan.atoms["households"].tolist(),
        "residents": _or_none(plan.atoms["residents"]),
        "community": _places(plan.atoms["community"], plan.communities["code"]),
        "grid": _places(plan.atoms["grid"], plan.grids["code"]),
    }


def _grids(plan: Plan) -> list[list[Any]]:
    grids = plan.grids
    return [
        list(row)
        for row in zip(
            grids["code"].tolist(),
            grids["name"].tolist(),
            _places(grids["community"], plan.communities["code"]),
            grids["kind"].tolist(),
            grids["households"].tolist(),
            _or_none(grids["residents"]),
            grids["verdict"].tolist(),
            grids["facility"].tolist(),
            _bounds(grids.geometry),
            strict=True,
        )
    ]


def _communities(plan: Plan) -> list[list[Any]]:
    frame = plan.communities
    bands = bands_of(plan.settings, frame)
    by_households = plan.atoms["residents"].isna().all()
    told = []
    for position in range(len(frame)):
        band = asdict(bands.of(position))
        told.append({**band, "profile": "households"} if by_households else band)
    columns = (frame["code"].tolist(), frame["name"].tolist(), frame["verdict"].tolist())
    return [list(row) for row in zip(*columns, told, _bounds(frame.geometry), strict=True)]


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
    own = [by_code[code] for code in found.grids if code in by_code]
    return shapely.union_all([shapely.envelope(one) for one in own]) if own else None


def _bounds(shapes: gpd.GeoSeries) -> list[list[float] | None]:
    """Return south, west, north, east in degrees of each shape, None where it has none."""
    there = ~(shapes.is_empty | shapes.isna()).to_numpy()
    found = np.round(shapely.bounds(in_degrees(shapes)), 6)[:, [1, 0, 3, 2]].tolist()
    return [bounds if has else None for bounds, has in zip(found, there, strict=True)]


def _places(values: pd.Series[Any], known: pd.Series[Any]) -> list[int]:
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
    whole, line = whole_units(in_degrees(lines))
    if not len(whole):
        return [0, 0], []
    origin = whole.min(axis=0)
    return origin.tolist(), packed_lines(whole - origin, line, len(lines))
