"""Which facilities become dedicated grids, on what ground, and what is said of the others."""

import numpy as np
import pytest
from builders_city import (
    City,
    areas,
    block_city,
    communities,
    facilities,
    frame,
    households,
    settings,
    streets,
)
from shapely import Point, box

from gridgeo.config import CATEGORIES, DEFAULT_THRESHOLDS, DedicatedRules, Threshold
from gridgeo.pipeline import partition_layers
from gridgeo.pipeline.stages import make_atoms

HOME = (390, 190, 20)


def town(*rows, homes=(HOME,), **layers):
    """Return a community of 400 m by 200 m, two blocks, with facilities."""
    return City(
        {
            "communities": communities(box(0, 0, 400, 200)),
            "streets": streets(("支路", "中路", [(200, 0), (200, 200)])),
            "households": households(*homes),
            "facilities": facilities(*rows),
        }
        | layers
    )


def judge(city, **parts):
    """Return the row of the first facility in the list of those considered."""
    considered = make_atoms(city.layers(), settings(**parts)).considered
    assert len(considered) == len(city.frames["facilities"])
    return considered.set_index("name").loc[city.frames["facilities"]["设施名称"].iloc[0]]


# --- thresholds -------------------------------------------------------------------------------

BY_CATEGORY = dict(
    zip(CATEGORIES, ("写字楼", "产业园", "商场", "学校", "医院", "政府", "公园"), strict=True)
)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("share", [0.98, 1.02])
def test_the_area_of_the_outline_decides_by_category(category, share):
    side = np.sqrt(share * DEFAULT_THRESHOLDS[category].area_m2)
    row = judge(town((BY_CATEGORY[category], "某处", box(0, 0, side, side))))
    assert (row["kind"], row["dedicated"]) == (category, share > 1)
    sign_en, sign_zh = ("reaches", "达到") if share > 1 else ("below", "低于")
    assert f"{side * side:,.0f} m2 {sign_en}" in row["reason_en"]
    assert f"占地面积 {side * side:,.0f} 平方米，{sign_zh}阈值" in row["reason_zh"]


@pytest.mark.parametrize(
    ("said", "side", "dedicated"),
    [("是", 40, True), ("yes", 40, True), ("否", 150, False), ("no", 150, False), ("", 150, True),
     ("", 40, False), (None, 150, True)],
)  # fmt: skip
def test_a_column_forces_or_refuses_a_dedicated_grid(said, side, dedicated):
    city = town(("学校", "小学", box(0, 0, side, side)))
    city.frames["facilities"]["专属网格"] = [said]
    row = judge(city)
    assert row["dedicated"] == dedicated
    decided = "decided by hand" in row["reason_en"]
    assert decided == bool(said)
    assert "m2 reaches" in row["reason_en"] or "m2 below" in row["reason_en"]


def test_a_point_on_no_ground_of_its_own_cannot_be_forced():
    city = town(("办公", "办事处", Point(30, 30)), homes=((30, 30, 300), HOME))
    city.frames["facilities"]["专属网格"] = ["是"]
    row = judge(city)
    assert not row["dedicated"]
    assert "decided by hand" not in row["reason_en"]


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ({"占地面积": 8_000}, "area 8,000 m2 reaches 8,000 m2"),
        ({"建筑面积": 10_000}, "floor area 10,000 m2 reaches 10,000 m2"),
        ({"学生数": 500}, "people 500 reaches 500"),
    ],
)
def test_any_one_measure_is_enough_and_is_told(measure, told):
    yard = areas(box(10, 10, 60, 60))
    point = judge(town(("学校", "小学", Point(30, 30), measure), parcels=yard))
    assert point["dedicated"]
    assert point["reason_en"] == f"school on its parcel: {told}"


def test_a_facility_below_every_threshold_says_all_it_was_judged_by():
    row = judge(town(("学校", "小学", box(0, 0, 50, 50), {"学生数": 120})))
    assert not row["dedicated"]
    assert row["reason_en"] == ("school: area 2,500 m2 below 8,000 m2, people 120 below 500")
    assert (
        row["reason_zh"]
        == "学校：占地面积 2,500 平方米，低于阈值 8,000 平方米，人数 120 人，低于阈值 500 人"
    )


def test_thresholds_are_settings():
    rules = DedicatedRules(thresholds={"school": Threshold(area_m2=2_000)})
    school = ("学校", "小学", box(0, 0, 50, 50))
    assert judge(town(school), dedicated=rules)["dedicated"]
    nothing = DedicatedRules(thresholds={"school": Threshold()})
    row = judge(town(school), dedicated=nothing)
    assert not row["dedicated"]
    assert row["reason_en"] == "school: no measure to judge by"
    assert "没有可供判断的数据" in row["reason_zh"]


# --- what points stand on -----------------------------------------------------------------------

AT = Point(50, 50)
SCHOOL = ("学校", "中学", AT)
BLOCK, PARCEL, YARD, HOUSE = 40_000, 14_400, 11_025, 10_000
GROUND = {
    "parcels": areas(box(10, 10, 130, 130)),
    "compounds": areas(box(15, 15, 120, 120)),
    "buildings": areas(box(20, 20, 120, 120)),
}


@pytest.mark.parametrize(
    ("roles", "area", "told"),
    [
        (("parcels", "compounds", "buildings"), PARCEL, "on its parcel"),
        (("compounds", "buildings"), YARD, "on its compound"),
        (("buildings",), BLOCK, "on its block"),
        ((), BLOCK, "on its block"),
    ],
)
def test_a_point_takes_parcel_compound_or_block(roles, area, told):
    row = judge(town(SCHOOL, **{role: GROUND[role] for role in roles}))
    assert row["dedicated"]
    assert row["area_m2"] == pytest.approx(area)
    assert row.geometry.area == pytest.approx(area)
    assert told in row["reason_en"]


def test_a_point_whose_block_is_lived_in_takes_its_building():
    homes = (HOME, (190, 190, 31))
    row = judge(town(SCHOOL, homes=homes, buildings=GROUND["buildings"]))
    assert row["area_m2"] == pytest.approx(HOUSE)
    assert "on its building" in row["reason_en"]
    assert "按所在楼栋" in row["reason_zh"]


def test_a_compound_that_is_lived_in_is_not_taken():
    homes = (HOME, (60, 60, 31))
    row = judge(town(SCHOOL, homes=homes, compounds=GROUND["compounds"]))
    assert not row["dedicated"]
    assert "give its outline" in row["reason_en"]
    assert "请提供其范围" in row["reason_zh"]


@pytest.mark.parametrize("kind", ["写字楼", "商场", "政府"])
def test_a_shop_does_not_take_a_block(kind):
    row = judge(town((kind, "某处", AT)))
    assert not row["dedicated"]
    assert row.geometry.geom_type == "Point"


def test_a_vast_block_is_not_taken():
    rules = DedicatedRules(point_block_area_m2=39_000)
    assert not judge(town(SCHOOL), dedicated=rules)["dedicated"]


# --- what is not taken --------------------------------------------------------------------------


def test_of_two_facilities_on_the_same_ground_the_larger_is_taken():
    small = ("医院", "门诊部", box(5, 5, 150, 150))
    large = ("学校", "医学院", box(0, 0, 150, 150))
    atoms = make_atoms(town(small, large).layers(), settings())
    told = atoms.considered.set_index("name")
    assert told["dedicated"].to_dict() == {"医学院": True, "门诊部": False}
    assert told.loc["门诊部", "reason_en"] == "on the ground of 医学院"
    assert told.loc["门诊部", "reason_zh"] == "与医学院同址"


CAMPUS = ("医院", "", box(0, 0, 190, 190))
TOWER = areas(box(20, 20, 120, 120))


@pytest.mark.parametrize(
    ("points", "named"),
    [
        ([("医院", "东院", AT)], "东院"),
        ([("医院", "东院", AT), ("医院", "西院", Point(150, 150))], ""),
        ([("学校", "东校", AT)], ""),
    ],
)
def test_an_outline_takes_the_name_of_the_point_of_its_category_in_it(points, named):
    city = town(CAMPUS, *points, homes=(HOME, (190, 190, 31)), buildings=TOWER)
    told = make_atoms(city.layers(), settings()).considered
    outline = told.geometry.area.idxmax()
    assert told.loc[outline, ["name", "dedicated"]].tolist() == [named, True]


def test_a_point_yields_to_the_outline_of_its_category_only():
    rows = [CAMPUS, ("医院", "东院", AT), ("学校", "东校", AT)]
    city = town(*rows, homes=(HOME, (190, 190, 31)), buildings=TOWER)
    told = make_atoms(city.layers(), settings()).considered
    hospital = told[(told["kind"] == "hospital") & ~told["dedicated"]].iloc[0]
    assert hospital["reason_zh"] == "位于东院的范围图形内，以该图形为准"
    assert hospital["reason_en"] == "within the outline of 东院"
    assert "位于" not in told.set_index("name").loc["东校", "reason_zh"]


def test_a_point_in_an_outline_that_is_too_small_stands_for_itself():
    rows = [("医院", "", box(40, 40, 60, 60)), ("医院", "东院", AT)]
    city = town(*rows, homes=(HOME, (190, 190, 31)), buildings=TOWER)
    told = make_atoms(city.layers(), settings()).considered.set_index("name")
    assert told["dedicated"].to_dict() == {"": False, "东院": True}


def test_neighbours_that_overlap_a_little_are_both_taken():
    rows = [("学校", "西校", box(0, 0, 100, 200)), ("医院", "东院", box(90, 0, 190, 200))]
    assert make_atoms(town(*rows).layers(), settings()).considered["dedicated"].all()


@pytest.mark.parametrize("shape", [box(900, 0, 1100, 200), Point(900, 50)])
def test_a_facility_outside_every_community_is_listed(shape):
    row = judge(town(("学校", "外校", shape)))
    assert not row["dedicated"]
    assert (row["reason_en"], row["reason_zh"]) == ("outside every community", "位于所有社区之外")


def test_a_facility_too_narrow_for_an_atom_is_refused():
    row = judge(town(("学校", "跑道", box(0, 95, 400, 105), {"学生数": 900})))
    assert not row["dedicated"]
    assert "too narrow" in row["reason_en"]
    assert "范围过小或过窄" in row["reason_zh"]


def strip(west, east):
    """Return a row of 5 blocks; the facility fills the third; `west` and `east` live beside."""
    city = block_city(5, 1, per_block=0)
    homes = [(50, 50, west), (250, 50, 0), (650, 50, 1), (850, 50, east)]
    school = facilities(("学校", "中学", box(400, 0, 600, 200)))
    lived = [home for home in homes if home[2]]
    return city.with_layers(households=households(*lived), facilities=school)


@pytest.mark.parametrize(("west", "taken"), [(299, False), (300, True)])
def test_a_facility_that_cuts_off_too_few_households_is_not_taken(west, taken):
    row = judge(strip(west, 400))
    assert row["dedicated"] == taken
    if not taken:
        assert row["reason_en"] == (
            "passes, but its grid would cut off 299 households from their community"
        )
        assert "会使 299 户与本社区其余部分隔断" in row["reason_zh"]


def test_ground_without_households_may_be_cut_off():
    assert judge(strip(0, 400))["dedicated"]


def test_a_facility_at_the_end_of_a_community_cuts_nothing_off():
    city = strip(40, 40)
    moved = facilities(("学校", "中学", box(800, 0, 1000, 200)))
    homes = households((50, 50, 40), (650, 50, 40))
    assert judge(city.with_layers(facilities=moved, households=homes))["dedicated"]


def test_of_two_that_together_cut_something_off_the_smaller_goes_first():
    city = block_city(5, 2, per_block=0)
    homes = [(50, 50, 100), (50, 250, 100), (850, 50, 300), (850, 250, 300)]
    rows = [("学校", "小校", box(402, 0, 598, 200)), ("医院", "大院", box(400, 200, 600, 400))]
    atoms = make_atoms(
        city.with_layers(households=households(*homes), facilities=facilities(*rows)).layers(),
        settings(),
    )
    told = atoms.considered.set_index("name")["dedicated"].to_dict()
    assert told == {"小校": False, "大院": True}


# --- in the plan --------------------------------------------------------------------------------


def test_every_facility_is_in_the_plan_with_its_grid_or_the_reason():
    rows = [SCHOOL, ("医院", "诊所", box(250, 10, 270, 30)), ("公园", "外园", Point(900, 0))]
    plan = partition_layers(town(*rows).layers(), settings())
    considered = plan.considered.set_index("name")
    dedicated = plan.grids[plan.grids["kind"] == "dedicated"]
    assert dedicated["name"].tolist() == ["中学"]
    assert dedicated["facility"].tolist() == ["中学"]
    assert considered.loc["中学", "grid"] == dedicated["code"].iloc[0]
    assert considered.loc[["诊所", "外园"], "grid"].tolist() == ["", ""]
    assert "学校（按所在街区）：街区面积 40,000 平方米，达到阈值" in dedicated["reason"].iloc[0]
    assert dedicated["verdict"].tolist() == ["dedicated"]


def test_a_grid_that_holds_a_part_of_its_facility_says_how_much():
    rows = [("学校", "大院", box(0, 0, 200, 400))]
    plan = partition_layers(town(*rows).layers(), settings())
    (told,) = plan.grids.loc[plan.grids["kind"] == "dedicated", "reason"]
    assert told.endswith("；其范围 80,000 平方米中有 40,000 平方米在本网格内")
    (whole,) = (
        partition_layers(town(SCHOOL).layers(), settings())
        .grids.query("kind == 'dedicated'")
        .reason
    )
    assert "本网格内" not in whole


def test_residents_of_dedicated_grids_are_counted_and_shown():
    homes = frame([Point(20, 20), Point(300, 100)], 户数=[12, 350], 常住人口=[40, 900])
    plan = partition_layers(
        town(SCHOOL, homes=(HOME,)).with_layers(households=homes).layers(), settings()
    )
    grid = plan.grids[plan.grids["kind"] == "dedicated"].iloc[0]
    assert (grid["households"], grid["residents"]) == (12, 40)
    assert plan.grids["households"].sum() == 362


def test_a_town_without_facilities_considers_none():
    atoms = make_atoms(town(SCHOOL).without("facilities").layers(), settings())
    assert len(atoms.considered) == 0
    assert (atoms.frame["facility"] == -1).all()
