"""Coordinates as short text, which ``packed.js`` reads: the step from each vertex to the next."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

#: Whole units of one in so many parts of a degree are stored, about 10 cm ...
PER_DEGREE = 1_000_000
#: ... in digits of this many bits, the lowest first; one more bit says that another follows.
BITS = 5
#: The letters of the digits 0 to 63: inert in HTML, in JavaScript and in Jinja templates.
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


_NAMES = {
    shapely.GeometryType.LINESTRING: "LineString",
    shapely.GeometryType.MULTILINESTRING: "MultiLineString",
    shapely.GeometryType.POLYGON: "Polygon",
    shapely.GeometryType.MULTIPOLYGON: "MultiPolygon",
}
_AREAS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


def can_pack(degrees: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which geometries `packed_shapes` takes: lines and areas, not points or mixtures."""
    return np.isin(shapely.get_type_id(degrees), tuple(_NAMES))


def packed_shapes(degrees: NDArray[Any]) -> list[dict[str, Any]]:
    """Return lines and areas in degrees as geometries of GeoJSON, but with `packed` coordinates.

    Under ``packed`` the text of each line or ring stands where GeoJSON has its positions.

    Examples
    --------
    >>> packed_shapes(np.array([shapely.LineString([(0, 0), (0.000001, -0.000001)])]))
    [{'type': 'LineString', 'packed': 'AACB'}]
    """
    kinds = shapely.get_type_id(degrees)
    parts, shape = shapely.get_parts(degrees, return_index=True)
    area = np.isin(kinds, _AREAS)[shape]
    lines, part = shapely.get_parts(
        np.where(area, shapely.boundary(parts), parts), return_index=True
    )
    texts = _grouped(packed_lines(*whole_units(lines), len(lines)), part, len(parts))
    nested = [own if is_area else own[0] for own, is_area in zip(texts, area, strict=True)]
    names = [_NAMES[kind] for kind in kinds.tolist()]
    return [
        {"type": name, "packed": own if name.startswith("Multi") else own[0]}
        for name, own in zip(names, _grouped(nested, shape, len(degrees)), strict=True)
    ]


def whole_units(degrees: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return the vertices of lines in whole units, and the position of the line of each."""
    points, line = shapely.get_coordinates(degrees, return_index=True)
    return np.rint(points * PER_DEGREE).astype(np.int64), line


def packed_lines(whole: NDArray[np.int64], line: NDArray[np.intp], size: int) -> list[str]:
    """Return the text of each of `size` lines: its first vertex, then the step to each next."""
    first = np.diff(line, prepend=-1) != 0
    steps = np.where(first[:, None], whole, np.diff(whole, axis=0, prepend=0))
    return packed_numbers(steps.ravel(), 2 * np.bincount(line, minlength=size))


def packed_numbers(numbers: NDArray[np.int64], sizes: NDArray[np.int64]) -> list[str]:
    """Return `numbers` as texts of `sizes` numbers each: 0, -1, 1, -2 ... as 0, 1, 2, 3 ...

    Examples
    --------
    >>> packed_numbers(np.array([0, -1, 1, 16, 17]), np.array([3, 2]))
    ['ABC', 'gBiB']
    """
    plain = (numbers << 1) ^ (numbers >> 63)
    digits = np.ones(len(plain), dtype=np.int64)
    while (longer := plain >> (BITS * digits) > 0).any():
        digits += longer
    end = np.cumsum(digits)
    letters = np.empty(end[-1] if len(end) else 0, dtype=np.uint8)
    alphabet = np.frombuffer(LETTERS.encode(), dtype=np.uint8)
    for place in range(digits.max(initial=0)):
        there = digits > place
        more = (digits[there] > place + 1) << BITS
        digit = (plain[there] >> (BITS * place)) & ((1 << BITS) - 1)
        letters[(end - digits)[there] + place] = alphabet[digit | more]
    text = letters.tobytes().decode()
    ends = np.r_[0, end][np.r_[0, np.cumsum(sizes)]].tolist()
    return [text[start:stop] for start, stop in pairwise(ends)]


def _grouped(values: list[Any], place: NDArray[np.intp], size: int) -> list[list[Any]]:
    groups: list[list[Any]] = [[] for _ in range(size)]
    for value, own in zip(values, place.tolist(), strict=True):
        groups[own].append(value)
    return groups
