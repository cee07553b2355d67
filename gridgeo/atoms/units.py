"""What a cell border may not divide: buildings, groups, hamlets and single household points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.place import place_points

#: A clipped building smaller than this is left out.
LEAST_BUILDING_M2 = 5.0
#: Houses of a hamlet are no farther apart than this.
HAMLET_M = 60.0

Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Units:
    """The indivisible units of one block.

    ``households`` is the sum of each unit; ``buildings`` are clipped to the block, ``points``
    are the household points outside them; ``building_unit`` and ``point_unit`` say whose they
    are.
    """

    households: Index
    buildings: NDArray[Any]
    building_unit: Index
    points: NDArray[Any]
    point_unit: Index

    def corners(self) -> tuple[NDArray[np.float64], Index]:
        """Return the coordinates (m, 2) of everything and the unit of each, sorted by unit."""
        things = np.concatenate([self.buildings, self.points])
        xy, thing = shapely.get_coordinates(things, return_index=True)
        unit = np.concatenate([self.building_unit, self.point_unit])[thing]
        order = np.argsort(unit, kind="stable")
        return xy[order], unit[order]


def gather_units(
    block: Any,
    points: NDArray[Any],
    households: Index,
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
    item = np.where(home >= 0, home, len(clipped) + spot)
    size = len(clipped) + (int(spot.max()) + 1 if len(spot) else 0)
    member = _hold_together(item, groups, households, size, limit)
    outdoors = home < 0
    used, number = np.unique(
        np.concatenate([member[: len(clipped)], member[item]]), return_inverse=True
    )
    building_unit, unit = number[: len(clipped)], number[len(clipped) :]
    return Units(
        households=np.bincount(unit, households, len(used)).astype(np.int64),
        buildings=clipped,
        building_unit=building_unit,
        points=points[outdoors],
        point_unit=unit[outdoors],
    )


def find_hamlets(points: NDArray[Any]) -> NDArray[Any]:
    """Return a group name for each point of a settlement, ``""`` for houses that stand alone.

    A natural hamlet (自然村) is houses less than `HAMLET_M` apart, whatever shape it has.
    """
    from sklearn.cluster import DBSCAN  # noqa: PLC0415  (2.6 s to import; few towns need it)

    xy = shapely.get_coordinates(points)
    found = DBSCAN(eps=HAMLET_M, min_samples=3).fit_predict(xy - xy.mean(axis=0))
    return np.array([f"hamlet {n}" if n >= 0 else "" for n in found], dtype=object)


def _hold_together(
    item: Index, groups: NDArray[Any], households: Index, size: int, limit: int
) -> Index:
    """Return for each of `size` items the lowest item that its groups tie it to.

    Row by row, `item`, `groups` and `households` tell of a household where it is; a group of
    more than `limit` households, or without a name, ties nothing.
    """
    names, number = np.unique(groups.astype(str), return_inverse=True)
    total = np.bincount(number, households, len(names))
    bound = (total[number] <= limit) & (names[number] != "")
    first = np.full(len(names), size)
    np.minimum.at(first, number[bound], item[bound])
    links = coo_array(
        (np.ones(bound.sum()), (item[bound], first[number[bound]])), shape=(size, size)
    )
    _, component = connected_components(links, directed=False)
    lowest = np.full(size, size)
    np.minimum.at(lowest, component, np.arange(size))
    return np.asarray(lowest[component])
