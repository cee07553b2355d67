"""The paper of a small map: layers looked up by place, and shapes as paths of SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.model import Plan

#: The map in millimetres on A4, and the margin around the grid as a share of its side.
WIDTH, HEIGHT = 182.0, 104.0
_MARGIN = 0.16


class Paper:
    """The window around a grid, and the way from the ground to the paper."""

    def __init__(self, shape: Any) -> None:
        west, south, east, north = shape.bounds
        side = max((east - west) / WIDTH, (north - south) / HEIGHT, 0.05)
        self.metres = side * (1 + 2 * _MARGIN)
        middle = np.array([(west + east) / 2, (south + north) / 2])
        half = np.array([WIDTH, HEIGHT]) * self.metres / 2
        self._corner = np.array([middle[0] - half[0], middle[1] + half[1]])
        self.window = (*(middle - half), *(middle + half))

    def put(self, shapes: NDArray[Any]) -> NDArray[Any]:
        """Return the shapes on paper, cut at the frame, in tenths of a millimetre."""
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
class Layers:
    """The layers of a plan that are drawn, ready to be looked up by place."""

    grids: Lookup
    streets: Lookup
    barriers: Lookup
    places: Lookup

    @classmethod
    def of(cls, plan: Plan) -> Layers:
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
