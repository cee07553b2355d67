"""Homes inside the outline of a campus stay in basic grids; what stays inside is a finding."""

import numpy as np
import pytest
import shapely
from builders_city import City, areas, communities, facilities, households, settings, streets
from shapely import box

from gridgeo.config import DedicatedRules
from gridgeo.pipeline import partition_layers

CAMPUS = box(0, 0, 600, 600)


def homes(west, south, east, north, each, *, step=50):
    return [
        (float(x), float(y), each)
        for x in np.arange(west + 20, east, step)
        for y in np.arange(south + 20, north, step)
    ]


def run(*rows, dedicated=None, **layers):
    """Return the plan of a campus with homes, beside a street with 420 households."""
    beside = homes(-300, 0, 0, 600, 6)
    city = City(
        {
            "communities": communities(box(-300, 0, 600, 600)),
            "streets": streets(("主干路", "一路", [(0, -50), (0, 650)])),
            "facilities": facilities(("学校", "大学", CAMPUS)),
            "households": households(*beside, *rows),
        }
        | layers
    )
    return partition_layers(city.layers(), settings(dedicated=dedicated or DedicatedRules()))


def held(plan, kind):
    return int(plan.grids.loc[plan.grids["kind"] == kind, "households"].sum())


@pytest.mark.parametrize("corner", [(5, 5), (350, 350)])
def test_a_compound_inside_a_campus_is_a_basic_grid(corner):
    west, south = corner
    compound = box(west, south, west + 245, south + 245)
    rows = homes(west, south, west + 245, south + 245, 16)
    plan = run(*rows, compounds=areas(compound, names=["东园"]))
    assert held(plan, "dedicated") == 0
    (campus,) = plan.grids.loc[plan.grids["kind"] == "dedicated"].geometry
    assert campus.geom_type == "Polygon"
    assert campus.area > 0.6 * CAMPUS.area
    assert "基础网格" in plan.considered["reason"].iloc[0]


def test_a_cluster_of_homes_without_an_outline_is_a_basic_grid():
    plan = run(*homes(300, 300, 460, 460, 24, step=25))
    assert held(plan, "dedicated") == 0


def test_the_ground_of_a_cluster_ends_at_the_path_and_midway_to_other_buildings():
    houses = [box(x, y, x + 18, y + 12) for x in (302, 330, 358, 386) for y in range(302, 450, 25)]
    hall = box(250, 300, 280, 450)
    rows = [(*house.centroid.coords[0], 20) for house in houses]
    plan = run(
        *rows,
        buildings=areas(*houses, hall, names=[""] * (len(houses) + 1)),
        streets=streets(
            ("主干路", "一路", [(0, -50), (0, 650)]), ("巷道", "校内路", [(415, -50), (415, 650)])
        ),
    )
    (campus,) = plan.grids.loc[plan.grids["kind"] == "dedicated"].geometry
    (cluster,) = plan.grids.loc[plan.grids["households"] == 480].geometry
    west, _, east, _ = np.array(cluster.bounds) - campus.bounds[0]
    assert west == pytest.approx((280 + 302) / 2, abs=1.5)
    assert east == pytest.approx(415, abs=0.1)
    assert held(plan, "dedicated") == 0


def test_few_homes_stay_and_are_named():
    plan = run(
        *homes(300, 300, 400, 400, 20), compounds=areas(box(290, 290, 410, 410), names=["教工楼"])
    )
    assert held(plan, "dedicated") == 80
    (found,) = [one for one in plan.findings if one.rule == "dedicated_without_homes"]
    assert found.severity == "warning"
    assert "内有 80 户，分布于 4 处：教工楼 80" in found.message.zh
    assert plan.grids.set_index("code").loc[found.grids[0], "soundness"] != "sound"


def test_a_campus_that_is_all_homes_is_not_hollowed_out():
    plan = run(*homes(0, 0, 600, 600, 10))
    (campus,) = plan.grids.loc[plan.grids["kind"] == "dedicated"].geometry
    np.testing.assert_allclose(campus.area, CAMPUS.area, rtol=0.02)
    assert held(plan, "dedicated") > 1000
    assert [one for one in plan.findings if one.rule == "dedicated_without_homes"]


def test_the_number_is_a_setting():
    rows = homes(300, 300, 400, 400, 20)
    plan = run(*rows, dedicated=DedicatedRules(homes=80))
    assert not [one for one in plan.findings if one.rule == "dedicated_without_homes"]
    assert shapely.coverage_is_valid(plan.grids.geometry.to_numpy())
