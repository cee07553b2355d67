"""Packed coordinates: read back they are the shapes, in Python by the rule and in the page."""

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders_packed import LETTERS, numbers, positions
from builders_plan import build_plan
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, MultiPolygon, Point, Polygon, box

from gridgeo.maps import map_page
from gridgeo.maps.features import _packed_numbers, borders_once, features

HOLED = Polygon(
    [(0, 0), (0, 9), (9, 9), (9, 0)], [[(1, 1), (2, 1), (2, 2)], [(5, 5), (6, 5), (6, 7)]]
)
SHAPES = (
    LineString([(-179.999999, -89.999999), (179.999999, 89.999999), (0, 0)]),
    MultiLineString([[(1, 2), (3, 4)], [(5.5, 6), (7, 8), (9, 10)]]),
    HOLED,
    MultiPolygon([HOLED, box(10, 10, 11, 11)]),
    Point(113.123456, 30.654321),
)
WHOLE = st.integers(-360_000_000, 360_000_000)


@given(st.lists(st.lists(WHOLE, max_size=6)))
def test_numbers_come_back_from_inert_text(groups):
    flat = np.array([number for group in groups for number in group], dtype=np.int64)
    texts = _packed_numbers(flat, np.array([len(group) for group in groups], dtype=np.int64))
    assert [numbers(text) for text in texts] == groups
    assert set("".join(texts)) <= set(LETTERS)


def test_unpacked_shapes_are_their_geojson():
    made = features(gpd.GeoSeries(SHAPES, crs=4326))["features"]
    for shape, feature in zip(SHAPES, made, strict=True):
        assert coordinates(feature["geometry"]) == plain(shape)


def coordinates(geometry):
    return positions(geometry["packed"]) if "packed" in geometry else geometry["coordinates"]


def plain(shape):
    return json.loads(shapely.to_geojson(shape))["coordinates"]


def test_the_page_draws_what_was_packed(opened):
    page = opened(map_page(build_plan()))
    made = features(gpd.GeoSeries(SHAPES, crs=4326))
    drawn = page.evaluate("data => L.geoJson(data).toGeoJSON(6).features", made)
    assert [feature["geometry"]["type"] for feature in drawn] == [s.geom_type for s in SHAPES]
    assert [feature["geometry"]["coordinates"] for feature in drawn] == list(map(plain, SHAPES))


def test_borders_that_two_areas_share_are_drawn_once():
    rows = np.array([box(x, y, x + 1, y + 1) for x in range(4) for y in range(3)], dtype=object)
    drawn = borders_once(rows)
    assert shapely.length(drawn).sum() == 4 * 4 + 3 * 5
    assert shapely.union_all(drawn).equals(shapely.union_all(shapely.boundary(rows)))


@pytest.mark.parametrize("shapes", [[], [Polygon()], [HOLED, HOLED], [Polygon(), box(0, 0, 1, 1)]])
def test_borders_of_nothing_and_of_twins(shapes):
    whole = shapely.union_all(shapely.boundary(np.array(shapes, dtype=object)))
    drawn = borders_once(np.array(shapes, dtype=object))
    assert shapely.length(drawn).sum() == whole.length
    assert shapely.union_all(drawn).equals(whole)
