"""How blocks that are too heavy are halved."""

import numpy as np
import pytest
import shapely
from shapely import Polygon, box
from shapely.affinity import rotate

from gridgeo.atoms.cells import _bisect, _Units
from gridgeo.atoms.faces import cut_areas
from gridgeo.geometry import assign_points

#: five buildings as a map had them: each overlaps the next
BLOCK = [
    [0.0, 0.0],
    [1.64, 35.37],
    [3.36, 70.77],
    [69.52, 73.63],
    [65.89, 36.82],
    [62.33, 0.05],
    [0.0, 0.0],
]
HOUSES = [
    [[25.89, 2.42], [27.12, 20.72], [39.81, 20.89], [38.38, 2.45], [25.89, 2.42]],
    [[26.1, 12.36], [27.34, 30.65], [40.13, 30.9], [38.7, 12.46], [26.1, 12.36]],
    [[26.44, 21.2], [27.68, 39.5], [40.56, 39.82], [39.13, 21.38], [26.44, 21.2]],
    [[27.68, 31.52], [28.94, 49.83], [41.94, 50.23], [40.48, 31.78], [27.68, 31.52]],
    [[29.92, 40.92], [31.22, 59.25], [44.32, 59.72], [42.83, 41.25], [29.92, 40.92]],
]


def test_buildings_that_overlap_do_not_make_cuts_without_end():
    houses = np.array([Polygon(house) for house in HOUSES])
    units = _Units(
        buildings=houses,
        building_unit=np.arange(5),
        points=np.empty(0, dtype=object),
        point_unit=np.empty(0, dtype=np.int64),
        households=np.array([15, 24, 0, 5, 17]),
    )
    lines = _bisect(Polygon(BLOCK), units, cap=25)
    assert 0 < len(lines) < len(houses)


@pytest.mark.parametrize("degrees", [0, 10, 20, 35])
def test_rows_of_houses_askew_in_their_block_are_cut_to_the_end(degrees):
    yards = [box(x, y, x + 12, y + 12) for x in range(0, 400, 19) for y in range(0, 400, 19)]
    houses = np.array([rotate(yard, degrees, origin=(200, 200)) for yard in yards], dtype=object)
    units = _Units(
        buildings=houses,
        building_unit=np.arange(len(houses)),
        points=np.empty(0, dtype=object),
        point_unit=np.empty(0, dtype=np.int64),
        households=np.full(len(houses), 20),
    )
    block = box(-120, -120, 520, 520)
    cells = cut_areas(np.array([block]), _bisect(block, units, cap=100)).polygons
    home = assign_points(shapely.centroid(houses), cells)
    assert np.bincount(home).max() <= 7  # where a line crosses a house, its middle may lie beyond
