"""Geometry that shapely cannot hold: arcs become lines, surfaces of 3D models become polygons."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

#: an arc has a vertex each so many degrees: within 2 mm at a radius of 50 m
_STEP = np.radians(1.0)
_POINT, _LINE, _POLYGON, _ARC, _CHAIN, _CURVED = 1, 2, 3, 8, 9, 10
_SURFACES, _TRIANGLE = (15, 16), 17

_Points = NDArray[np.float64]


def plain_geometry(stored: Sequence[bytes | None]) -> tuple[NDArray[Any], int, int]:
    """Return geometry from WKB, and how many had arcs and how many were surfaces."""
    out = np.empty(len(stored), dtype=object)
    curves = surfaces = 0
    for at, raw in enumerate(stored):
        if raw is None:
            continue
        reader = _Reader(raw)
        out[at] = reader.geometry()
        curves += reader.curved
        surfaces += reader.solid
        if reader.solid:
            out[at] = footprints(out[at : at + 1])[0]
    return out, curves, surfaces


def footprints(geometry: NDArray[Any]) -> NDArray[Any]:
    """Return the surfaces of 3D models as the ground that they cover."""
    flat = shapely.force_2d(geometry)
    out: NDArray[Any] = flat.copy()
    for at, one in enumerate(flat):
        if one is not None:
            faces = shapely.get_parts(shapely.get_parts(np.array([one])))
            faces = faces[shapely.get_type_id(faces) == 3]
            faces = shapely.make_valid(faces[shapely.area(faces) > 0])
            out[at] = shapely.union_all(faces) if len(faces) else shapely.Polygon()
    return out


class _Reader:
    """Reads one geometry of WKB (ISO or extended), flat: heights and measures are left out."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0
        self.curved = self.solid = False

    def geometry(self) -> Any:
        kind, order, size = self._head()
        if kind == _POINT:
            return shapely.Point(self._points(1, order, size)[0])
        if kind in (_LINE, _ARC, _CHAIN):
            return shapely.LineString(self._path(kind, order, size))
        if kind in (_POLYGON, _TRIANGLE):
            self.solid |= kind == _TRIANGLE
            rings = [self._run(order, size) for _ in range(self._count(order))]
            return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()
        if kind == _CURVED:
            self.curved = True
            rings = [self._path(*self._head()) for _ in range(self._count(order))]
            return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()
        self.solid |= kind in _SURFACES
        parts = [self.geometry() for _ in range(self._count(order))]
        return _together(kind, parts)

    def _head(self) -> tuple[int, str, int]:
        order = "<" if self.raw[self.at] == 1 else ">"
        (kind,) = struct.unpack_from(order + "I", self.raw, self.at + 1)
        self.at += 5
        if kind >= 1 << 28:
            extra = bool(kind & 0x8000_0000) + bool(kind & 0x4000_0000)
            self.at += 4 * bool(kind & 0x2000_0000)
            kind &= 0xFFFF
        else:
            extra = {0: 0, 1: 1, 2: 1, 3: 2}.get(kind // 1000, 0)
        return kind % 1000, order, 2 + extra

    def _count(self, order: str) -> int:
        (count,) = struct.unpack_from(order + "I", self.raw, self.at)
        self.at += 4
        return int(count)

    def _points(self, count: int, order: str, size: int) -> _Points:
        values = np.frombuffer(self.raw, order + "f8", count * size, self.at)
        self.at += 8 * count * size
        return values.reshape(count, size)[:, :2].astype(float)

    def _run(self, order: str, size: int) -> _Points:
        return self._points(self._count(order), order, size)

    def _path(self, kind: int, order: str, size: int) -> _Points:
        """Return the points of a line, an arc or a chain of both."""
        if kind == _LINE:
            return self._run(order, size)
        self.curved = True
        if kind == _ARC:
            return _stroked(self._run(order, size))
        pieces = [self._path(*self._head()) for _ in range(self._count(order))]
        return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])


def _stroked(points: _Points) -> _Points:
    """Return arcs, each through three points, as points along them."""
    arcs = [_arc(*points[at : at + 3])[1:] for at in range(0, len(points) - 2, 2)]
    return np.concatenate([points[:1], *arcs])


def _arc(start: _Points, middle: _Points, end: _Points) -> _Points:
    """Return points along an arc, the same ones from either end."""
    if tuple(end) < tuple(start):
        return _arc(end, middle, start)[::-1]
    around = bool((start == end).all())
    centre = (start + middle) / 2 if around else _centre(start, middle, end)
    if centre is None:
        return np.array([start, middle, end])
    first, between, last = (np.arctan2(*(one - centre)[::-1]) for one in (start, middle, end))
    turn = (last - first) % (2 * np.pi) or 2 * np.pi
    if (between - first) % (2 * np.pi) > turn:
        turn -= 2 * np.pi
    angles = first + turn * np.linspace(0, 1, max(3, int(np.ceil(abs(turn) / _STEP)) + 1))
    radius = float(np.hypot(*(start - centre)))
    along = centre + radius * np.column_stack([np.cos(angles), np.sin(angles)])
    along[0], along[-1] = start, end
    return along


def _centre(start: _Points, middle: _Points, end: _Points) -> _Points | None:
    """Return the centre of the circle through three points, None where they lie on a line."""
    (bx, by), (cx, cy) = middle - start, end - start
    twice = 2 * (bx * cy - by * cx)
    if abs(twice) < 1e-12 * max(abs(bx), abs(by), abs(cx), abs(cy), 1e-300) ** 2:
        return None
    b, c = bx * bx + by * by, cx * cx + cy * cy
    return np.asarray(start + np.array([cy * b - by * c, bx * c - cx * b]) / twice)


def _together(kind: int, parts: list[Any]) -> Any:
    types = {part.geom_type for part in parts}
    if types == {"Polygon"} and kind != 7:
        return shapely.MultiPolygon(parts)
    if types == {"LineString"} and kind != 7:
        return shapely.MultiLineString(parts)
    if types == {"Point"} and kind != 7:
        return shapely.MultiPoint(parts)
    return shapely.GeometryCollection(parts)
