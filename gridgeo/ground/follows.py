"""What borders follow on the ground, measured from the layers that were given and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import TOUCH_M, polygonal
from gridgeo.ground.near import Segments, segments_of, split_near
from gridgeo.wording import FOLLOWED

if TYPE_CHECKING:
    import geopandas as gpd

#: Kinds of `FOLLOWED` that are streets or barriers.
_STREETS_AND_BARRIERS = ("street", "path", "rail", "wall", "water")
#: What a border of each street class follows.
_KIND_OF_CLASS = MappingProxyType(
    {"water": "water", "rail": "rail", "wall": "wall", "lane": "path"}
)
#: A border lies on a line, and not beside it, within this distance.
_ON_M = 0.1
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
STEP_M = 2.0


@dataclass(frozen=True, kw_only=True)
class Lines:
    """The layers that borders may follow; None where one is not given.

    Streets and barriers may have street_class: a street without one is no lane, a barrier without
    one is a wall.
    """

    streets: gpd.GeoDataFrame | None
    barriers: gpd.GeoDataFrame | None
    compounds: gpd.GeoDataFrame | None
    parcels: gpd.GeoDataFrame | None
    buildings: gpd.GeoDataFrame | None

    @classmethod
    def of(cls, given: Any) -> Lines:
        """Return the layers of the same names that `given` has, such as `gridgeo.model.Layers`."""
        return cls(**{field.name: getattr(given, field.name) for field in fields(cls)})

    def streets_and_barriers(self) -> dict[str, NDArray[Any]]:
        """Return the shapes of each kind of street and barrier, the first to follow first."""
        kind = [kind_of_class(name) for name in classes_of(self.streets)]
        barrier = [kind_of_class(name, unknown="wall") for name in classes_of(self.barriers)]
        shapes = np.concatenate([shapes_of(self.streets), shapes_of(self.barriers)])
        kinds = np.array(kind + barrier, dtype=object)
        return {name: shapes[kinds == name] for name in _STREETS_AND_BARRIERS}


def kind_of_class(street_class: str, unknown: str = "street") -> str:
    """Return which of `FOLLOWED` a border on a street or barrier of a class follows."""
    return _KIND_OF_CLASS.get(street_class, "street" if street_class else unknown)


@dataclass(frozen=True, kw_only=True)
class Follows:
    """The pieces of borders by what they follow, for each kind of `FOLLOWED`.

    ``open`` are the pieces that follow nothing, in steps of at most 2 m.
    """

    pieces: Mapping[str, Segments]
    borders: int

    @property
    def open(self) -> Segments:
        """The pieces that follow nothing."""
        return self.pieces["open"]

    @property
    def metres(self) -> NDArray[np.float64]:
        """Metres of each border by what it follows, shape (borders, kinds of `FOLLOWED`)."""
        return np.column_stack([self.pieces[name].of_lines(self.borders) for name in FOLLOWED])

    @property
    def street_m(self) -> NDArray[np.float64]:
        """Metres of each border along streets and barriers."""
        there = [name in _STREETS_AND_BARRIERS for name in FOLLOWED]
        return np.asarray(self.metres[:, there].sum(axis=1), dtype=np.float64)


def follows_of(borders: NDArray[Any], lines: Lines) -> Follows:
    """Return what borders (lines) follow, as far as layers are given.

    A border follows the street, path (a lane), railway, wall or water that it lies on, else the
    first of them within 12 m of it, else the edge of a compound or of a parcel within 12 m, else
    the gap between buildings where it lies within 3 m of the middle line of two footprints that
    are at most 40 m apart. All else is ``open``.
    """
    ways = lines.streets_and_barriers()
    areas = {"compound": shapes_of(lines.compounds), "parcel": shapes_of(lines.parcels)}
    rest, found = segments_of(borders), {name: list[Segments]() for name in FOLLOWED}
    for others, distance_m in ((ways, _ON_M), (ways, NEAR_M), (areas, NEAR_M)):
        for name, shapes in others.items():
            near, rest = split_near(rest, shapes, distance_m)
            found[name].append(near)
    rest = rest.in_steps(STEP_M)
    between = _between_buildings(rest, polygonal(shapes_of(lines.buildings)))
    found["building_gap"].append(rest.at(between))
    found["open"].append(rest.at(~between))
    pieces = {name: Segments.joined(some) for name, some in found.items()}
    return Follows(pieces=pieces, borders=len(borders))


def beside_streets(steps: Segments, layer: gpd.GeoDataFrame | None) -> Segments:
    """Return the steps that lie side by side with a street that is no tunnel, for long enough.

    The street is at most 60 m away, at an angle under 20 degrees, for 20 m or more.
    """
    if layer is not None and "cuts" in layer.columns:
        layer = layer[layer["cuts"].to_numpy(bool)]
    streets = segments_of(shapes_of(layer))
    if not len(streets.length_m):
        return steps.at(np.zeros(0, dtype=np.intp))
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
    if not len(footprints):
        return np.zeros(len(steps.length_m), dtype=bool)
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
    classes = layer["street_class"].fillna("").astype(str).str.strip()
    return np.asarray(classes.to_numpy(dtype=object))
