"""Facilities that pass a threshold, and that no planner would make a grid of."""

import numpy as np
import pytest
from builders_city import City, communities, facilities, households, settings, streets
from shapely import Point, Polygon, box, union_all

from gridgeo.config import DedicatedRules, Threshold
from gridgeo.pipeline.stages import make_atoms


def town(*rows, homes, **layers):
    """Return a community of 800 m by 400 m, two blocks, with facilities."""
    return City(
        {
            "communities": communities(box(0, 0, 800, 400)),
            "streets": streets(("支路", "中路", [(400, 0), (400, 400)])),
            "households": households(*homes),
            "facilities": facilities(*rows),
        }
        | layers
    )


def judge(city, **parts):
    """Return the facility that is considered, and the share of its outline in its atoms."""
    atoms = make_atoms(city.layers(), settings(**parts))
    (row,) = atoms.considered.itertuples()
    taken = atoms.frame[atoms.frame["facility"] == 0].intersection(row.geometry).area.sum()
    return row, taken / max(row.geometry.area, 1)


HOME = (790, 390, 400)


@pytest.mark.parametrize(("living", "dedicated"), [(25, False), (5, True)])
def test_a_nursery_does_not_take_a_block_that_is_lived_in(living, dedicated):
    nursery = ("幼儿园", "幼儿园", Point(100, 100))
    city = town(nursery, homes=[(200, 300, living), HOME])
    row, _ = judge(city, dedicated=DedicatedRules(point_block_area_m2=1e6))
    assert row.dedicated == dedicated
    if not dedicated:
        assert "without parcel, block or building" in row.reason_en


@pytest.mark.parametrize(
    ("kind", "living", "dedicated"),
    [("体育场", 94, False), ("体育场", 40, True), ("学校", 94, True)],
)
def test_a_stadium_in_which_people_live_is_none_but_a_campus_may(kind, living, dedicated):
    stadium = (kind, "某处", box(20, 20, 300, 300))
    city = town(stadium, homes=[(150, 150, living), HOME])
    row, _ = judge(city)
    assert row.dedicated == dedicated
    assert ("94 households live there (more than 50)" in row.reason_en) == (not dedicated)
    city.frames["facilities"]["专属网格"] = ["是"]
    assert judge(city)[0].dedicated


def comb(teeth):
    """A strip of 360 m by 60 m with teeth of 20 m by 280 m to the north."""
    outline = [(20, 20), (380, 20), (380, 80)]
    for tooth in range(teeth):
        x = 380 - tooth * 45
        outline += [(x, 80), (x, 360), (x - 20, 360), (x - 20, 80)]
    return Polygon([*outline, (20, 80)]).buffer(0)


def ring():
    return Point(200, 200).buffer(180).difference(Point(200, 200).buffer(110))


@pytest.mark.parametrize(
    ("outline", "dedicated"),
    [(comb(8), False), (ring(), True), (box(20, 20, 380, 160), True)],
    ids=["comb", "around a lake", "plain"],
)
def test_a_park_like_a_comb_is_none(outline, dedicated):
    row, _ = judge(town(("公园", "公园", outline), homes=[HOME]))
    assert outline.area > 30_000
    assert row.dedicated == dedicated
    assert ("comb" in row.reason_en) == (not dedicated)


@pytest.mark.parametrize(("least", "dedicated"), [(0.3, False), (0.1, True)])
def test_an_outline_of_which_little_remains_is_none(least, dedicated):
    """A yard with paths of 5 m through the fields, which are too narrow for an atom."""
    paths = [box(20 + 40 * n, 20, 25 + 40 * n, 380) for n in range(19)]
    outline = union_all([box(20, 150, 90, 220), *paths])
    rules = DedicatedRules(least_share=least)
    row, share = judge(town(("学校", "学校", outline), homes=[HOME]), dedicated=rules)
    assert row.dedicated == dedicated
    if not dedicated:
        assert "% of its outline could become its grid" in row.reason_en
        assert share == 0
    else:
        assert 0.1 < share < 0.3


def test_the_area_counts_inside_the_community():
    row, _ = judge(town(("学校", "学校", box(-500, 100, 40, 200)), homes=[HOME]))
    assert not row.dedicated
    assert row.reason_en == "school: area 4,000 m2 below 8,000 m2"


def test_the_limits_are_settings_of_the_category():
    limits = {"institution": Threshold(area_m2=20_000, homes=100)}
    city = town(("体育场", "某处", box(20, 20, 300, 300)), homes=[(150, 150, 94), HOME])
    assert judge(city, dedicated=DedicatedRules(thresholds=limits))[0].dedicated
    assert np.isclose(judge(city)[1], 0)
