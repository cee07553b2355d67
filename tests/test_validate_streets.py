"""Streets: the near part of a border is exact, the share counts inner borders only."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, Polygon, box

from gridgeo.config import Band, Codes
from gridgeo.ground import length_near
from gridgeo.validate import Subject, street_share, validate

laws = settings(max_examples=25, deadline=None)
numbers = st.integers(-60, 60)
paths = st.lists(st.tuples(numbers, numbers), min_size=2, max_size=6, unique=True).map(LineString)


def array(*geometry):
    return np.array(geometry, dtype=object)


def grids(*shapes, kind="basic", community="A"):
    columns = {
        "code": [f"A-{n:02d}" for n in range(len(shapes))],
        "name": "x",
        "kind": kind,
        "community": community,
        "households": 400,
        "residents": np.nan,
    }
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=32650)


def lines(*shapes):
    return gpd.GeoDataFrame(geometry=list(shapes), crs=32650)


@laws
@given(st.lists(paths, min_size=1, max_size=3), st.lists(paths, min_size=1, max_size=4))
def test_the_near_part_is_that_within_the_buffer(borders, streets):
    near = length_near(array(*borders), array(*streets), 7.0)
    buffer = shapely.union_all(shapely.buffer(streets, 7.0, quad_segs=256))
    steps = [[LineString(s) for s in zip(b.coords, b.coords[1:], strict=False)] for b in borders]
    expected = [sum(step.intersection(buffer).length for step in own) for own in steps]
    assert near == pytest.approx(expected, abs=0.05)


@laws
@given(paths, paths, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_moving_both_changes_nothing(border, street, dx, dy):
    moved = shapely.transform([border, street], lambda xy: xy + np.array([dx, dy]))
    here = length_near(array(border), array(street), 12.0)
    there = length_near(moved[:1], moved[1:], 12.0)
    assert there == pytest.approx(here, abs=1e-3)


@laws
@given(paths, paths)
def test_a_line_given_twice_counts_once(border, street):
    once = length_near(array(border), array(street), 9.0)
    twice = length_near(array(border), array(street, street), 9.0)
    assert twice == pytest.approx(once)
    assert once[0] <= border.length + 1e-9


def test_points_are_near_nothing_and_polygons_count_by_their_outline():
    border = LineString([(0, 0), (100, 0)])
    pond = Polygon([(-50, -50), (150, -50), (150, 50), (-50, 50)])
    assert length_near(array(border), array(Point(5, 5), pond), 12.0) == [0.0]
    assert length_near(array(border), array(Polygon(box(20, 0, 40, 9))), 0.5) == pytest.approx(21.0)


def test_only_borders_of_basic_grids_of_one_community_count():
    row = [box(x, 0, x + 10, 10) for x in (0, 10, 20, 30)]
    town = grids(
        *row, kind=["basic", "basic", "dedicated", "basic"], community=["A", "A", "A", "A"]
    )
    on_first, on_second = LineString([(10, 0), (10, 10)]), LineString([(20, -99), (20, 99)])
    assert street_share(town, lines(on_first), None, tolerance_m=1.0) == 1.0
    assert street_share(town, lines(on_second), None, tolerance_m=1.0) == 0.0
    apart = town.assign(community=["A", "B", "C", "D"])
    assert street_share(apart, lines(on_first), None) is None


def test_barriers_count_like_streets_and_nothing_is_no_share():
    town = grids(box(0, 0, 10, 10), box(10, 0, 20, 10))
    river = lines(MultiLineString([[(10, 0), (10, 5)], [(10, 5), (10, 10)]]))
    assert street_share(town, None, river, tolerance_m=0.5) == 1.0
    assert street_share(town, None, None) is None
    assert street_share(town, lines(), lines()) is None


def test_a_grid_that_follows_no_street_is_a_warning():
    town = grids(box(0, 0, 100, 100), box(100, 0, 200, 100))
    communities = gpd.GeoDataFrame(
        {"code": ["A"], "name": ["A"]}, geometry=[box(0, 0, 200, 100)], crs=32650
    )
    away = lines(LineString([(100, 80), (100, 300)]))
    subject = Subject(grids=town, communities=communities, streets=away)
    told = [f for f in validate(subject, band=Band(), codes=Codes()) if f.rule == "on_streets"]
    assert [f.grids for f in told] == [("A-00", "A-01")]
    assert "2 of 2 basic grids follow streets along less than half" in told[0].message.en
    assert (told[0].amount, told[0].where.length) == (pytest.approx(68), 100)
