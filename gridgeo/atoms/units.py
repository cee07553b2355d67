"""What a cell border may not divide: buildings, groups and single household points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.place import place_points

#: Outlines of buildings are sampled this far inside the wall, at steps of this length.
INSET_M = 0.5
STEP_M = 5.0
#: A clipped building smaller than this is left out.
LEAST_BUILDING_M2 = 5.0


@dataclass(frozen=True, kw_only=True)
class Units:
    """The indivisible units of one block.

    ``seeds`` (s, 2) are the coordinates that stand for them in a tessellation, ``unit`` the unit
    of each seed, ``households`` the sum of each unit; ``buildings`` are clipped to the block and
    ``building_unit`` says whose they are; ``point_unit`` is the unit of each household point.
    """

    seeds: NDArray[np.float64]
    unit: NDArray[np.int64]
    households: NDArray[np.int64]
    buildings: NDArray[Any]
    building_unit: NDArray[np.int64]
    point_unit: NDArray[np.int64]


def gather_units(
    block: Any,
    points: NDArray[Any],
    households: NDArray[np.int64],
    groups: NDArray[Any],
    buildings: NDArray[Any],
    *,
    limit: int,
) -> Units:
    """Return the units of a block; a group larger than `limit` does not hold together."""
    clipped = shapely.intersection(buildings, block)
    clipped = clipped[shapely.area(clipped) >= LEAST_BUILDING_M2]
    home = place_points(points, clipped)
    xy = shapely.get_coordinates(points)
    _, spot = np.unique(xy[:, 0] + 1j * xy[:, 1], return_inverse=True)
    raw = np.where(home >= 0, home, len(clipped) + spot)
    size = len(clipped) + (int(spot.max()) + 1 if len(spot) else 0)
    member = _hold_together(raw, groups, households, size, limit)
    seeds, owner = _sample(clipped)
    outdoors = home < 0
    seeds = np.concatenate([seeds, xy[outdoors]])
    unit = np.concatenate([member[owner], member[raw[outdoors]]])
    used, unit = np.unique(unit, return_inverse=True)
    number = np.full(size, -1)
    number[used] = np.arange(len(used))
    seeds, first = np.unique(seeds, axis=0, return_index=True)
    point_unit = number[member[raw]]
    return Units(
        seeds=seeds,
        unit=unit[first],
        households=np.bincount(point_unit, households, len(used)).astype(np.int64),
        buildings=clipped,
        building_unit=number[member[: len(clipped)]],
        point_unit=point_unit,
    )


def _hold_together(
    raw: NDArray[np.int64],
    groups: NDArray[Any],
    households: NDArray[np.int64],
    size: int,
    limit: int,
) -> NDArray[np.int64]:
    """Return for each raw unit the first raw unit of the group that it belongs to."""
    names, number = np.unique(groups.astype(str), return_inverse=True)
    total = np.bincount(number, households, len(names))
    bound = (total[number] <= limit) & (names[number] != "")
    first = np.full(len(names), size)
    np.minimum.at(first, number[bound], raw[bound])
    links = coo_array(
        (np.ones(bound.sum()), (raw[bound], first[number[bound]])), shape=(size, size)
    )
    _, component = connected_components(links, directed=False)
    lowest = np.full(size, size)
    np.minimum.at(lowest, component, np.arange(size))
    return np.asarray(lowest[component])


def _sample(buildings: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return points along the inside of the walls, and the building of each."""
    inner = shapely.buffer(buildings, -INSET_M, join_style="mitre")
    inner = np.where(shapely.is_empty(inner), shapely.point_on_surface(buildings), inner)
    return shapely.get_coordinates(shapely.segmentize(inner, STEP_M), return_index=True)
