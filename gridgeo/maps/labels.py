"""Where the names of communities, grids and streets stand on the map."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.maps.features import DECIMALS, in_degrees
from gridgeo.model import BORDER_CLASSES, Plan
from gridgeo.text import Lang, Text

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
    placed = [[*centre, str(name), round(r)] for centre, name, r in rows]
    return sorted(placed, key=lambda row: -row[3])


def grid_labels(
    shapes: gpd.GeoSeries, codes: Iterable[str], households: Iterable[int], lang: Lang
) -> list[list[Any]]:
    """Return the labels of grids, the widest first; see `label_data`."""
    centres, room = _centres(shapes)
    told = [Text(f"{n:,} hh", f"{n:,} 户").say(lang) for n in households]
    rows = zip(centres, codes, told, room, strict=True)
    placed = [[*c, sequence_of(code), count, round(r), code] for c, code, count, r in rows]
    return sorted(placed, key=lambda row: -row[4])


def _centres(shapes: gpd.GeoSeries) -> tuple[list[list[float]], list[float]]:
    if shapes.empty:
        return [], []
    radii = shapely.maximum_inscribed_circle(shapes.to_numpy(), tolerance=5.0)
    centres = gpd.GeoSeries(shapely.get_point(radii, 0), crs=shapes.crs)
    return _places(centres), shapely.length(radii).tolist()


def _places(points: gpd.GeoSeries) -> list[list[float]]:
    degrees = shapely.get_coordinates(in_degrees(points))
    placed: list[list[float]] = np.round(degrees[:, ::-1], DECIMALS).tolist()
    return placed


def _streets(plan: Plan) -> list[list[Any]]:
    named = plan.streets[plan.streets["name"] != ""]
    if named.empty:
        return []
    rank = {name: place for place, name in enumerate(BORDER_CLASSES)}
    whole = named.assign(rank=named["street_class"].map(rank)).sort_values(["rank", "name"])
    whole = whole.dissolve(["rank", "name"]).reset_index()
    merged = shapely.line_merge(whole.geometry.to_numpy())
    lines, owner = shapely.get_parts(merged, return_index=True)
    long = shapely.length(lines) >= SHORT_M
    middles, angles, lengths, owner = _stretches(lines[long], owner[long])
    places = _places(gpd.GeoSeries(middles, crs=named.crs))
    rows = zip(places, angles, lengths, whole["name"].to_numpy()[owner], strict=True)
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
