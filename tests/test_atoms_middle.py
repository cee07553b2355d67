"""Cells of a superblock part in the middle of the gaps between buildings."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gridgeo.atoms.cells import cell_lines
from gridgeo.atoms.faces import cut_areas
from gridgeo.atoms.middle import move_to_gaps
from gridgeo.ground import Lines, follows_of


def slabs(*, gap_m, shift_m=0.0):
    """Six slabs of 80 x 12 m in two columns; the right one starts `shift_m` higher."""
    left = [shapely.box(20, y, 100, y + 12) for y in (20, 80, 140)]
    right = [
        shapely.box(100 + gap_m, y + shift_m, 180 + gap_m, y + shift_m + 12) for y in (20, 80, 140)
    ]
    return np.array(left + right, dtype=object)


def cut(block, buildings, *, cap=150, households=50):
    points = shapely.point_on_surface(buildings)
    homes = np.full(len(points), households)
    none = np.full(len(points), "", dtype=object)
    return cell_lines(block, points, homes, none, buildings, cap=cap, limit=400)


def follows(lines, buildings):
    layer = gpd.GeoDataFrame(geometry=buildings, crs=32650)
    given = Lines(streets=None, barriers=None, compounds=None, parcels=None, buildings=layer)
    return follows_of(lines, given)


def lengths(found):
    return {name: float(pieces.length_m.sum()) for name, pieces in found.pieces.items()}


@pytest.mark.parametrize("shift_m", [0.0, 7.0])
def test_the_border_runs_midway_between_rows_that_face_each_other(shift_m):
    buildings = slabs(gap_m=24, shift_m=shift_m)
    block = shapely.box(0, 0, 224, 180)
    lines = cut(block, buildings)
    assert len(cut_areas(np.array([block]), lines)) == 2
    metres = lengths(follows(lines, buildings))
    assert metres["building_gap"] > 0.5 * sum(metres.values())
    assert not shapely.intersects(shapely.union_all(lines), shapely.union_all(buildings))


def halves(block, at):
    x0, y0, x1, y1 = block.bounds
    return np.array([shapely.box(x0, y0, at, y1), shapely.box(at, y0, x1, y1)], dtype=object)


def test_a_slanting_gap_is_followed_where_a_straight_border_leaves_its_middle():
    block = shapely.box(0, 0, 240, 180)
    steps = [(90, 20), (98, 50), (106, 80), (114, 110), (122, 140)]
    left = [shapely.box(10, y, x, y + 26) for x, y in steps]
    right = [shapely.box(x + 36, y, 230, y + 26) for x, y in steps]
    buildings = np.array(left + right, dtype=object)
    none = (np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    cells = halves(block, 124)
    moved = move_to_gaps(cells, block, (buildings, np.repeat([0, 1], 5)), none)
    before, after = (
        lengths(follows(np.array([shapely.intersection(*both)]), buildings))
        for both in (cells, moved)
    )
    assert before["building_gap"] < 60
    assert after["building_gap"] > 120
    np.testing.assert_allclose(shapely.area(moved).sum(), block.area)


def test_cells_that_would_fall_apart_stay():
    block = shapely.box(0, 0, 200, 180)
    buildings = np.array(
        [
            shapely.box(20, 10, 90, 30),
            shapely.box(20, 150, 90, 170),
            shapely.box(5, 80, 100, 100),
            shapely.box(110, 80, 190, 100),
        ],
        dtype=object,
    )
    none = (np.empty(0, dtype=object), np.empty(0, dtype=np.int64))
    cells = halves(block, 105)
    moved = move_to_gaps(cells, block, (buildings, np.array([0, 0, 1, 1])), none)
    assert moved is cells


def test_where_buildings_do_not_face_each_other_the_border_stays_straight():
    buildings = slabs(gap_m=60)
    block = shapely.box(0, 0, 260, 180)
    lines = cut(block, buildings)
    assert shapely.line_merge(shapely.union_all(lines)).geom_type == "LineString"
    ends = shapely.get_coordinates(lines)
    assert np.ptp(ends[:, 0]) < 1e-6 or np.ptp(ends[:, 1]) < 1e-6


def test_every_building_stays_in_one_cell():
    rng = np.random.default_rng(5)
    corners = rng.uniform(10, 270, (60, 2))
    shapes = shapely.box(*corners.T, *(corners + rng.uniform(6, 25, (60, 2))).T)
    buildings = []
    for shape in shapes:
        if not buildings or shapely.distance(shape, shapely.union_all(buildings)) > 2:
            buildings.append(shape)
    buildings = np.array(buildings, dtype=object)
    lines = cut(shapely.box(0, 0, 300, 300), buildings, cap=300)
    crossed = shapely.length(shapely.intersection(buildings, shapely.union_all(lines)))
    inside = shapely.buffer(buildings, -0.05)
    assert len(lines)
    assert not shapely.intersects(inside, shapely.union_all(lines)).any(), crossed
