"""What borders follow on the ground, measured from the layers that were given and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import TOUCH_M, polygonal
from gridgeo.validate.assignment import texts
from gridgeo.validate.near import Segments, segments_of, split_near

if TYPE_CHECKING:
    import geopandas as gpd

#: The first kinds of `FOLLOWED` that are streets or barriers.
_STREETS_AND_BARRIERS = 5
#: A border within this distance of a line runs along it.
NEAR_M = 12.0
#: The gap between two footprints is at most so wide, and a border in it so far off its middle line.
_GAP_M = 40.0
_OFF_MIDDLE_M = 3.0
#: A street lies beside a border so near, at an angle under this one, for so many metres or more.
BESIDE_M = 60.0
_BESIDE_DEGREES = 20.0
_LEAST_BESIDE_M = 20.0
#: Borders are looked at between buildings in steps of this length.
_STEP_M = 2.0


@dataclass(frozen=True, kw_only=True)
class Follows:
    """Metres of each border by what it follows, shape (borders, kinds of `FOLLOWED`).

    ``open`` are the pieces that follow nothing, in steps of at most 2 m.
    """

    metres: NDArray[np.float64]
    open: Segments

    @property
    def street_m(self) -> NDArray[np.float64]:
        """Metres of each border along streets and barriers."""
        return np.asarray(self.metres[:, :_STREETS_AND_BARRIERS].sum(axis=1), dtype=np.float64)


def follows_of(
    lines: NDArray[Any],
    *,
    streets: gpd.GeoDataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    compounds: gpd.GeoDataFrame | None,
    parcels: gpd.GeoDataFrame | None,
    buildings: gpd.GeoDataFrame | None,
) -> Follows:
    """Return what lines follow, as far as layers are given.

    A line follows a street, path (a lane), railway, wall, water, the edge of a compound or of a
    parcel where it lies within 12 m of it, and the gap between buildings where it lies within 3 m
    of the middle line of two footprints that are at most 40 m apart. All else is ``open``.
    """
    lane, barrier = classes_of(streets) == "lane", classes_of(barriers)
    others = (
        shapes_of(streets)[~lane],
        shapes_of(streets)[lane],
        shapes_of(barriers)[barrier == "rail"],
        shapes_of(barriers)[(barrier != "rail") & (barrier != "water")],
        shapes_of(barriers)[barrier == "water"],
        shapes_of(compounds),
        shapes_of(parcels),
    )
    rest, metres = segments_of(lines), []
    for shapes in others:
        near, rest = split_near(rest, shapes, NEAR_M)
        metres.append(near.of_lines(len(lines)))
    rest = rest.in_steps(_STEP_M)
    between = _between_buildings(rest, polygonal(shapes_of(buildings)))
    left = rest.at(~between)
    metres += [rest.at(between).of_lines(len(lines)), left.of_lines(len(lines))]
    return Follows(metres=np.column_stack(metres), open=left)


def beside_streets(steps: Segments, layer: gpd.GeoDataFrame | None) -> Segments:
    """Return the steps that lie side by side with a street that is no tunnel, for long enough.

    The street is at most 60 m away, at an angle under 20 degrees, for 20 m or more.
    """
    if layer is not None and "cuts" in layer.columns:
        layer = layer[layer["cuts"].to_numpy(bool)]
    streets = segments_of(shapes_of(layer))
    middle = shapely.points(steps.middle)
    step, street = shapely.STRtree(streets.geometry).query(middle, "dwithin", BESIDE_M)
    course, along = steps.course[step], streets.course[street]
    slant = np.abs(course[:, 0] * along[:, 1] - course[:, 1] * along[:, 0])
    reach = ((steps.middle[step] - streets.ends[street, 0]) * along).sum(axis=1)
    level = (reach >= 0) & (reach <= streets.length_m[street])
    rows = np.unique(step[level & (slant < np.sin(np.radians(_BESIDE_DEGREES)))])
    beside = steps.at(rows)
    apart = np.abs(beside.ends[1:, 0] - beside.ends[:-1, 1]).max(axis=1, initial=0.0) > TOUCH_M
    stretch = np.cumsum(np.r_[True, apart | (np.diff(beside.line) > 0)][: len(rows)]) - 1
    long = np.bincount(stretch, beside.length_m) >= _LEAST_BESIDE_M - TOUCH_M
    return beside.at(long[stretch])


def _between_buildings(steps: Segments, footprints: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which steps run midway between the nearest building on either side of them."""
    points = np.asarray(shapely.points(steps.middle), dtype=object)
    widest = _GAP_M / 2 + _OFF_MIDDLE_M
    step, building = shapely.STRtree(footprints).query(points, "dwithin", widest)
    nearest = shapely.shortest_line(points[step], footprints[building])
    way = np.diff(shapely.get_coordinates(nearest).reshape(-1, 2, 2), axis=1)[:, 0]
    course = steps.course[step]
    on_left = course[:, 0] * way[:, 1] - course[:, 1] * way[:, 0] > 0
    far = np.hypot(way[:, 0], way[:, 1])
    (left_m, left), (right_m, right) = (
        _nearest(len(points), step[side], building[side], far[side]) for side in (on_left, ~on_left)
    )
    midway = np.abs(left_m - right_m) <= 2 * _OFF_MIDDLE_M
    return np.asarray((left_m + right_m <= _GAP_M) & midway & (left != right), dtype=np.bool_)


def _nearest(
    steps: int, step: NDArray[np.intp], building: NDArray[np.intp], far: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return how far the nearest building of each step is (far for none), and which it is."""
    order = np.lexsort((building, far, step))
    first = order[np.r_[True, np.diff(step[order]) > 0][: len(order)]]
    distance, which = np.full(steps, _GAP_M * 2), np.full(steps, -1, dtype=np.intp)
    distance[step[first]], which[step[first]] = far[first], building[first]
    return distance, which


def shapes_of(layer: gpd.GeoDataFrame | None) -> NDArray[Any]:
    """Return the geometry of a layer, empty where there is none."""
    shapes = np.zeros(0, dtype=object) if layer is None else layer.geometry.to_numpy().copy()
    shapes[shapely.is_missing(shapes)] = shapely.Point()
    return np.asarray(shapes, dtype=object)


def classes_of(layer: gpd.GeoDataFrame | None, unknown: str = "") -> NDArray[np.object_]:
    """Return the class of each street or barrier, `unknown` where the layer has no classes."""
    if layer is None or "street_class" not in layer.columns:
        return np.full(0 if layer is None else len(layer), unknown, dtype=object)
    return np.array(texts(layer["street_class"]), dtype=object)
