"""The page canvas of a small map, and the placement of street names on it without overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.affinity import rotate

from gridgeo.model import Plan

#: The map in millimetres on A4, and the margin around the grid as a share of its side.
WIDTH, HEIGHT = 182.0, 104.0
_MARGIN = 0.16


class PageCanvas:
    """The window around a grid, and the transformation from ground to page."""

    def __init__(self, shape: Any) -> None:
        west, south, east, north = shape.bounds
        side = max((east - west) / WIDTH, (north - south) / HEIGHT, 0.05)
        self.metres = side * (1 + 2 * _MARGIN)
        middle = np.array([(west + east) / 2, (south + north) / 2])
        half = np.array([WIDTH, HEIGHT]) * self.metres / 2
        self._corner = np.array([middle[0] - half[0], middle[1] + half[1]])
        self.window = (*(middle - half), *(middle + half))

    def put(self, shapes: NDArray[Any]) -> NDArray[Any]:
        """Return the shapes in page coordinates, clipped at the frame."""
        seen = shapely.simplify(shapely.clip_by_rect(shapes, *self.window), 0.08 * self.metres)
        turn = np.array([1, -1]) / self.metres
        found: NDArray[Any] = shapely.transform(
            seen, lambda xy: np.round((xy - self._corner) * turn, 2)
        )
        return found


class Lookup:
    """The rows of a frame by place."""

    def __init__(self, frame: gpd.GeoDataFrame) -> None:
        self._frame = frame.reset_index(drop=True)
        self._tree = shapely.STRtree(self._frame.geometry.to_numpy())

    def within(self, window: tuple[float, ...]) -> tuple[gpd.GeoDataFrame, NDArray[np.intp]]:
        """Return the rows whose box touches `window`, and their positions, in their order."""
        at = np.sort(self._tree.query(shapely.box(window[0], window[1], window[2], window[3])))
        return self._frame.iloc[at], at


@dataclass(frozen=True)
class MapLayers:
    """The layers of a plan that are drawn, ready to be looked up by place."""

    grids: Lookup
    streets: Lookup
    barriers: Lookup
    places: Lookup

    @classmethod
    def of(cls, plan: Plan) -> MapLayers:
        """Return the layers of `plan`: streets that cut, and facilities with a name."""
        return cls(
            grids=Lookup(plan.grids),
            streets=Lookup(plan.streets[plan.streets["cuts"].astype(bool)]),
            barriers=Lookup(plan.barriers),
            places=Lookup(plan.considered[plan.considered["name"] != ""]),
        )


def rings(shapes: Any) -> str:
    """Return the rings of the areas among `shapes` as the path of SVG."""
    parts = shapely.get_parts(np.atleast_1d(shapes))
    lines = shapely.get_rings(parts[shapely.area(parts) > 0])
    return "".join(_path(ring, end="Z") for ring in lines)


def paths(shapes: Any) -> str:
    """Return the lines among `shapes` as the path of SVG."""
    parts = shapely.get_parts(np.atleast_1d(shapes))
    lines = parts[shapely.get_dimensions(parts) == 1]
    return "".join(_path(line) for line in shapely.get_parts(lines))


def _path(line: shapely.Geometry, end: str = "") -> str:
    points = [f"{x:g} {y:g}" for x, y in shapely.get_coordinates(line)]
    return "M" + "L".join(points) + end


#: where along a street its name is tried
_TRIES = (0.5, 0.35, 0.65, 0.2, 0.8)
#: a name needs so much of the street, and the street be so straight there
_SPARE, _STRAIGHT = 1.15, 0.97
_WIDE = 0x2E80


@dataclass(frozen=True, slots=True)
class Label:
    """Text with the place of its middle, its turn in degrees clockwise, and its height."""

    text: str
    x: float
    y: float
    turn: float
    size: float
    upright: bool


class LabelPlacement:
    """Placement of labels on a map: a label that is placed keeps its area free of others."""

    def __init__(self, width: float, height: float) -> None:
        self._frame = shapely.box(0.8, 0.8, width - 0.8, height - 0.8)
        self._taken: list[shapely.Polygon] = []
        self.written: set[str] = set()

    def write(self, label: Label) -> bool:
        """Return whether there was room for `label`; then it is taken."""
        length, size = _length_of(label.text, label.size), label.size * 1.1
        box = shapely.box(
            label.x - length / 2, label.y - size / 2, label.x + length / 2, label.y + size / 2
        )
        ground = rotate(box, label.turn, origin=(label.x, label.y))
        if not self._frame.contains(ground) or shapely.intersects(ground, self._taken).any():
            return False
        self._taken.append(ground)
        self.written.add(label.text)
        return True


def _length_of(text: str, size: float) -> float:
    """Return about how long `text` is; wide characters are square."""
    return sum(size if ord(letter) >= _WIDE else 0.58 * size for letter in text)


def street_labels(
    names: NDArray[Any], lines: NDArray[Any], placement: LabelPlacement, size: float
) -> Iterator[Label]:
    """Yield a label for every name that fits on `placement`, the longest street first.

    Parameters
    ----------
    names, lines
        Name and line of each street on the page, y downwards; ``""`` is passed over.
    placement
        The labels placed so far; new ones are added.
    size
        The height of the letters.
    """
    drawn = (names != "") & ~shapely.is_empty(lines)
    runs = {name: _longest(lines[names == name]) for name in sorted(set(names[drawn]))}
    for name in sorted(runs, key=lambda name: (-runs[name].length, name)):
        for label in _tries(name, runs[name], size):
            if placement.write(label):
                yield label
                break


def _longest(lines: NDArray[Any]) -> shapely.LineString:
    merged = shapely.line_merge(shapely.union_all(lines))
    parts = shapely.get_parts(merged)
    found: shapely.LineString = parts[np.argmax(shapely.length(parts))]
    return found


def _tries(name: str, run: shapely.LineString, size: float) -> Iterator[Label]:
    length = _length_of(name, size)
    need = length * _SPARE
    for share in _TRIES:
        start = share * run.length - need / 2
        if start < 0 or start + need > run.length:
            continue
        first, last = run.interpolate(start), run.interpolate(start + need)
        x, y = last.x - first.x, last.y - first.y
        if np.hypot(x, y) < _STRAIGHT * need:
            continue
        turn = float(np.degrees(np.arctan2(y, x)))
        turn = turn - 180 if turn > 90 else turn + 180 if turn <= -90 else turn
        upright = abs(turn) > 50 and all(ord(letter) >= _WIDE for letter in name)
        middle = run.interpolate(share * run.length)
        yield Label(name, middle.x, middle.y, turn, size, upright)
