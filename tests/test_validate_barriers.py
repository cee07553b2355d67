"""Grids on two sides of water, rail or a motorway are found, unless a street joins them."""

import geopandas as gpd
import pytest
from builders_judged import CRS, found, town
from shapely import LineString, Point, box

RIVER = box(-10, 48, 210, 52)
BRIDGE = LineString([(50, 40), (50, 60)])


def lines(*shapes, street_class="local"):
    classes = [street_class] * len(shapes)
    return gpd.GeoDataFrame({"street_class": classes}, geometry=list(shapes), crs=CRS)


def homes(*places):
    return gpd.GeoDataFrame(
        {"households": [5] * len(places), "residents": 9.0},
        geometry=[Point(*at) for at in places],
        crs=CRS,
    )


def told(**layers):
    return {
        grid: one.severity
        for one in found(town(**layers), "barriers_respected")
        for grid in one.grids
    }


def sides(**layers):
    return sorted(severity for severity in told(**layers).values())


@pytest.mark.parametrize("kind", ["water", "rail"])
@pytest.mark.parametrize("shape", [RIVER, LineString([(-10, 50), (210, 50)])])
def test_a_barrier_through_both_grids_is_found_in_both(kind, shape):
    barriers = lines(shape, street_class=kind)
    assert sides(barriers=barriers, streets=lines(LineString([(20, 0), (20, 47)]))) == [
        "warning",
        "warning",
    ]


def test_a_wall_is_no_barrier_and_a_motorway_is_one():
    across = LineString([(-10, 50), (210, 50)])
    assert sides(barriers=lines(across, street_class="wall")) == []
    assert len(sides(streets=lines(across, street_class="motorway"))) == 2


@pytest.mark.parametrize(
    "bridge",
    [
        [BRIDGE],
        [LineString([(50, 40), (50, 50)]), LineString([(50, 50), (50, 60)])],
        [LineString([(50, 48), (50, 52)])],
    ],
    ids=["whole", "in two", "from bank to bank"],
)
def test_a_street_over_it_joins_the_sides_of_its_grid_alone(bridge):
    seen = told(barriers=lines(RIVER, street_class="water"), streets=lines(*bridge))
    assert len(seen) == 1


def test_a_street_that_ends_at_the_barrier_joins_nothing():
    rail = lines(LineString([(-10, 50), (210, 50)]), street_class="rail")
    assert len(sides(barriers=rail, streets=lines(LineString([(50, 0), (50, 50)])))) == 2


def test_it_is_no_more_than_an_info_where_nobody_lives_on_one_side():
    river = lines(RIVER, street_class="water")
    one_side = homes((20, 20), (120, 20), (180, 80))
    assert sides(barriers=river, households=one_side, streets=None) == ["info", "warning"]


def test_a_barrier_along_the_outline_or_cutting_off_a_corner_is_none():
    edge = lines(LineString([(100, -10), (100, 110)]), street_class="rail")
    corner = lines(LineString([(-1, 10), (10, -1)]), street_class="rail")
    assert sides(barriers=edge, streets=None) == sides(barriers=corner, streets=None) == []
