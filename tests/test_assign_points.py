"""Points are placed in polygons, each exactly once."""

import hypothesis
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from gridgeo.geometry import assign_points, count_in
from gridgeo.geometry.points import _ON_RIM_M

SQUARES = np.array([box(x, y, x + 1, y + 1) for y in range(3) for x in range(3)])
whole_and_half = st.integers(-1, 8).map(lambda n: n / 2)


@hypothesis.settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(whole_and_half, whole_and_half), min_size=1, max_size=20))
def test_a_border_belongs_to_the_square_south_west_of_it(points):
    points = shapely.points(points)
    for point, placed in zip(points, assign_points(points, SQUARES), strict=True):
        touched = np.flatnonzero(shapely.intersects(SQUARES, point))
        assert placed == (touched[0] if len(touched) else -1)


@hypothesis.settings(max_examples=30, deadline=None, derandomize=True)
@given(st.permutations(range(11)), st.lists(st.tuples(whole_and_half, whole_and_half), min_size=1))
def test_the_order_of_polygons_changes_nothing(order, points):
    overlapping = np.array([*SQUARES, box(0.5, 0.5, 2.5, 2), box(1, 1, 3, 3)])
    order, points = np.array(order), shapely.points(points)
    shuffled = assign_points(points, overlapping[order])
    there = assign_points(points, overlapping)
    np.testing.assert_array_equal(np.append(order, -1)[shuffled], there)


@hypothesis.settings(max_examples=30, deadline=None, derandomize=True)
@given(st.permutations(range(12)))
def test_the_order_of_points_changes_nothing(order):
    points = shapely.points(np.random.default_rng(1).uniform(-0.5, 3.5, size=(12, 2)))
    shuffled = assign_points(points[list(order)], SQUARES)
    np.testing.assert_array_equal(shuffled, assign_points(points, SQUARES)[list(order)])


@pytest.mark.parametrize(("beyond", "placed"), [(0.5, 0), (0.99, 0), (1.01, -1)])
def test_a_point_just_outside_the_rim_lies_on_it(beyond, placed):
    point = shapely.points([(-beyond * _ON_RIM_M, 0.5)])
    assert assign_points(point, SQUARES).tolist() == [placed]


def test_inside_one_wins_over_near_another():
    point = shapely.points([(1.001, 0.5)])
    assert assign_points(point, SQUARES).tolist() == [1]


def test_nothing_in_nothing():
    nothing = np.array([], dtype=object)
    assert assign_points(nothing, SQUARES).tolist() == []
    assert assign_points(shapely.points([(0, 0)]), nothing).tolist() == [-1]


def test_sums_leave_out_what_lies_outside():
    placed = np.array([0, 2, -1, 2])
    assert count_in(placed, np.array([1, 2, 4, 8]), 4).tolist() == [1, 0, 10, 0]
