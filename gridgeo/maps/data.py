"""The data of the page's tools (search, filter, findings, editing), and the places of its labels.

Small data are read at once; atoms only when they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
_STRETCH_M = 600.0
_SHORT_M = 60.0


#: A table for the page: columns by name, each as long as the others.
Table = dict[str, list[Any]]
_COMMUNITY_LABEL = ("latitude", "longitude", "name", "room_m")
_GRID_LABEL = ("latitude", "longitude", "number", "households", "room_m", "code")
_STREET_LABEL = ("latitude", "longitude", "angle", "length_m", "name")


def _table(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return rows as columns with these names.

    Examples
    --------
    >>> _table(("code", "households"), [("001", 300), ("002", 400)])
    {'code': ['001', '002'], 'households': [300, 400]}
    """
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def label_data(plan: Plan) -> dict[str, Table]:
    """Return the labels as the page draws them: ``LabelData`` of ``assets/src/data_types.js``.

    Communities and grids come the widest first, streets the greatest first. All of it is plain
    text: the page never takes it for markup.
    """
    grids, lang = plan.grids, plan.settings.lang
    return {
        **grid_labels(grids.geometry, grids["code"], grids["households"], lang),
        "communities": _communities(plan),
        "streets": _streets(plan),
    }


def _sequence_of(code: str) -> str:
    """Return the part of a code that numbers the grid inside its community.

    Examples
    --------
    >>> _sequence_of("420103001001012"), _sequence_of("C01-7")
    ('012', '7')
    """
    return code.rpartition("-")[2] if "-" in code else code[-3:]


def _communities(plan: Plan) -> Table:
    centres, room = _centres(plan.communities.geometry)
    rows = zip(centres, plan.communities["name"], room, strict=True)
    labels = [[*centre, str(name), round(r)] for centre, name, r in rows]
    return _table(_COMMUNITY_LABEL, sorted(labels, key=lambda row: -row[3]))


def grid_labels(
    shapes: gpd.GeoSeries, codes: Iterable[str], households: Iterable[int], lang: Lang
) -> dict[str, Table]:
    """Return the labels of grids alone, the widest first; see `label_data`."""
    centres, room = _centres(shapes)
    counts = [Text(f"{n:,} hh", f"{n:,} 户").say(lang) for n in households]
    rows = zip(centres, codes, counts, room, strict=True)
    labels = [[*c, _sequence_of(code), count, round(r), code] for c, code, count, r in rows]
    return {
        "communities": _table(_COMMUNITY_LABEL, []),
        "grids": _table(_GRID_LABEL, sorted(labels, key=lambda row: -row[4])),
        "streets": _table(_STREET_LABEL, []),
    }


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


def _streets(plan: Plan) -> Table:
    named = plan.streets[plan.streets["name"] != ""]
    if named.empty:
        return _table(_STREET_LABEL, [])
    rank = {name: place for place, name in enumerate(BORDER_CLASSES)}
    streets = named.assign(rank=named["street_class"].map(rank)).sort_values(["rank", "name"])
    streets = streets.dissolve(["rank", "name"]).reset_index()
    merged = shapely.line_merge(streets.geometry.to_numpy())
    lines, owner = shapely.get_parts(merged, return_index=True)
    long = shapely.length(lines) >= _SHORT_M
    middles, angles, lengths, owner = _stretches(lines[long], owner[long])
    places = _places(gpd.GeoSeries(middles, crs=named.crs))
    rows = zip(places, angles, lengths, streets["name"].to_numpy()[owner], strict=True)
    labels = [[*p, round(float(a), 3), round(float(m)), str(name)] for p, a, m, name in rows]
    return _table(_STREET_LABEL, labels)


def _stretches(
    lines: NDArray[Any], owner: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Cut lines into stretches; return middle, angle, length and owner of each."""
    length = shapely.length(lines)
    pieces = np.maximum(1, np.round(length / _STRETCH_M)).astype(int)
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
_SIMPLE_M = 1.0
#: Findings beyond this many stand in the workbook only.
_MOST_FINDINGS = 2_000


def data_block(name: str, data: dict[str, Any]) -> str:
    """Return a script element that holds `data` as JSON, which no browser runs."""
    return f'<script type="application/json" id="{name}">{as_script(data)}</script>'


def plan_data(plan: Plan) -> dict[str, Any]:
    """Return what search, filter, findings and editing need: plain text, shown as text only.

    The fields are those of ``PlanData`` in ``assets/src/data_types.js``, but for ``plan``.
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

    The fields are those of ``AtomData`` in ``assets/src/data_types.js``; the texts of ``arcs`` are
    those of `packed_lines`. Positions of communities and grids are those of `plan_data`.
    """
    linked = plan.borders["link"].to_numpy(dtype=bool)
    borders = plan.borders[~linked]
    lines = shapely.line_merge(borders.geometry.to_numpy())
    parts, row = shapely.get_parts(lines, return_index=True)
    lengths = shapely.length(parts)
    origin, arcs = _arcs(gpd.GeoSeries(_simple(parts), crs=borders.crs))
    return {
        "origin": origin,
        "unit": 1 / PER_DEGREE,
        "arcs": arcs,
        "left": borders["left"].to_numpy()[row].tolist(),
        "right": borders["right"].to_numpy()[row].tolist(),
        "metres": np.round(lengths, 1).tolist(),
        "street": (borders["street_class"].to_numpy()[row] != "none").astype(int).tolist(),
        "links": plan.borders.loc[linked, ["left", "right"]].to_numpy().tolist(),
        "households": plan.atoms["households"].tolist(),
        "residents": _or_none(plan.atoms["residents"]),
        "community": _place_data(plan.atoms["community"], plan.communities["code"]),
        "grid": _place_data(plan.atoms["grid"], plan.grids["code"]),
    }


def _grids(plan: Plan) -> Table:
    grids = plan.grids
    return {
        "code": grids["code"].tolist(),
        "name": grids["name"].tolist(),
        "community": _place_data(grids["community"], plan.communities["code"]),
        "kind": grids["kind"].tolist(),
        "households": grids["households"].tolist(),
        "residents": _or_none(grids["residents"]),
        "verdict": grids["verdict"].tolist(),
        "facility": grids["facility"].tolist(),
        "bounds": _bounds(grids.geometry),
    }


#: what of the band the page judges by
_BAND_FIELDS = ("lower", "upper", "residents_lower", "residents_upper", "profile")


def _community_data(plan: Plan) -> Table:
    frame = plan.communities
    bands = bands_of(plan.settings, frame)
    by_households = plan.atoms["residents"].isna().all()
    bands_here = [
        {name: getattr(band, name) for name in _BAND_FIELDS}
        for band in map(bands.of, range(len(frame)))
    ]
    return {
        "code": frame["code"].tolist(),
        "name": frame["name"].tolist(),
        "verdict": frame["verdict"].tolist(),
        "band": [
            band | {"profile": "households"} if by_households else band for band in bands_here
        ],
        "bounds": _bounds(frame.geometry),
    }


def _findings(plan: Plan) -> Table:
    lang = plan.settings.lang
    order = sorted(plan.findings, key=lambda found: SEVERITIES.index(found.severity))
    shown = order[:_MOST_FINDINGS]
    by_code = dict(zip(plan.grids["code"], plan.grids.geometry, strict=True))
    places = gpd.GeoSeries([_place(found, by_code) for found in shown], crs=plan.grids.crs)
    return {
        "rule": [rule_of(found.rule).title.say(lang) for found in shown],
        "severity": [found.severity for found in shown],
        "message": [found.message.say(lang) for found in shown],
        "grids": [list(found.grids[:8]) for found in shown],
        "bounds": _bounds(places),
        "accepted": [found.status == "accepted" for found in shown],
    }


def _place(found: Finding, by_code: dict[str, Any]) -> Any:
    if found.where is not None and not found.where.is_empty:
        return found.where
    shapes = [by_code[code] for code in found.grids if code in by_code]
    return shapely.union_all([shapely.envelope(one) for one in shapes]) if shapes else None


def _bounds(shapes: gpd.GeoSeries) -> list[list[list[float]] | None]:
    """Return south-west and north-east corner of each shape in degrees, None where it has none.

    Latitude comes first, as in `gridgeo.maps.base.bounds_of`.
    """
    there = ~(shapes.is_empty | shapes.isna()).to_numpy()
    edges = np.round(shapely.bounds(in_degrees(shapes)), 6)[:, [1, 0, 3, 2]]
    corners = edges.reshape(-1, 2, 2).tolist()
    return [bounds if has else None for bounds, has in zip(corners, there, strict=True)]


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
    simple = shapely.simplify(lines, _SIMPLE_M)
    flat = shapely.is_closed(lines) & (shapely.get_num_coordinates(simple) < 4)
    return np.where(flat, lines, simple)


def _arcs(lines: gpd.GeoSeries) -> tuple[list[int], list[str]]:
    """Return the origin, and each line as the text of its first vertex and the steps from there."""
    units, line = whole_units(in_degrees(lines))
    if not len(units):
        return [0, 0], []
    origin = units.min(axis=0)
    return origin.tolist(), packed_lines(units - origin, line, len(lines))
