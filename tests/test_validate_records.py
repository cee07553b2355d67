"""Names, stated areas and dates of counts; grids that lie elsewhere; codes of another place."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from shapely import box

from gridgeo.config import Band, Codes
from gridgeo.model import Finding
from gridgeo.review import assess, suggestion_of
from gridgeo.validate import judge
from gridgeo.wording import Text
from tests.builders_judged import A, B, found, frame, only, reshaped, town
from tests.builders_plan import build_plan


def test_one_name_twice_in_a_community_is_a_warning():
    grids = town().grids.assign(name=["甲1", "甲1", "甲1", "乙2"])
    told = only(found(town(grids=grids), "names_unique"))
    assert (told.grids, told.severity, told.amount) == ((A + "001", A + "002"), "warning", 2.0)
    assert found(town(grids=town().grids.assign(name=["1", "2", "1", "2"])), "names_unique") == []


@pytest.mark.parametrize("unit", [1.0, 10_000 / 15, 10_000.0, 1_000_000.0])
def test_a_stated_area_is_compared_in_its_unit(unit):
    stated = np.array([10_000, 10_000, 10_150, 12_000]) / unit
    told = only(found(town(grids=town().grids.assign(area_stated=stated)), "area_as_stated"))
    assert told.grids == (B + "002",)
    assert told.amount == pytest.approx(2_000)
    assert "states 12,000.0 m2, and measures 10,000.0" in told.message.en


def test_no_stated_area_is_no_finding_and_not_checked():
    assert found(town(grids=town().grids.assign(area_stated=np.nan)), "area_as_stated") == []
    examined = {one.rule: one for one in judge(town(), band=Band(), codes=Codes()).examined}
    assert examined["area_as_stated"].lacking.zh == "网格没有标注面积"
    assert examined["names_unique"].count == 4


def test_counts_of_different_years_and_what_is_no_day_are_warnings():
    grids = town().grids.assign(counted_on=["2026-06-30", "2026年1月", "2023", "上月"])
    told = found(town(grids=grids), "counts_dated")
    assert [one.grids for one in told] == [(B + "001",), (B + "002",)]
    assert "2023-01-01 to 2026-06-30" in told[0].message.en
    recent = town().grids.assign(counted_on=["2026-06-30", "2025-12", "2026", ""])
    assert found(town(grids=recent), "counts_dated") == []


def moved(east, north):
    grids = town().grids
    return grids.set_geometry(grids.translate(east, north))


@pytest.mark.parametrize(
    ("east", "north", "way"),
    [(300, 400, "north-east"), (0, -500, "south"), (-9e5, 0, "west"), (0, 60, "north")],
)
def test_grids_that_lie_elsewhere_are_one_finding_with_the_offset(east, north, way):
    told = found(town(grids=moved(east, north)))
    (error,) = [one for one in told if one.severity == "error"]
    assert error.rule == "out_of_place"
    assert error.amount == pytest.approx(np.hypot(east, north))
    assert f" m {way} of the communities" in error.message.en
    unchecked = {one.about for one in told if one.rule == "not_checked"}
    assert {"fills_community", "households_once", "inside_community"} <= unchecked


@pytest.mark.parametrize(("east", "north"), [(5, 5), (0, 15)])
def test_a_small_shift_is_found_grid_by_grid(east, north):
    rules = {one.rule for one in found(town(grids=moved(east, north)))}
    assert "out_of_place" not in rules
    assert "inside_community" in rules


def test_codes_of_another_place_are_one_finding_and_grids_are_judged_by_the_rest():
    shapes = [box(50 * n, 0, 50 * n + 50, 100) for n in range(8)]
    columns = {
        "code": [f"31011500{n // 4 + 1}001{n % 4 + 1:03}"[:15] for n in range(8)],
        "name": [f"第{n}网格" for n in range(8)],
        "kind": "basic",
        "community": ["甲"] * 4 + ["乙"] * 4,
        "households": [400] * 8,
        "residents": 1000.0,
    }
    subject = town(grids=frame(columns, shapes), households=None, atoms=None, households_in=None)
    told = [one for one in found(subject) if one.rule == "codes_parented"]
    assert len(told) == 1
    assert told[0].amount == 8.0
    assert "8 of 8 grids have codes of communities that are not there" in told[0].message.en


def test_soundness_is_judged_by_the_rest_where_most_codes_are_foreign():
    plan = build_plan()
    many = tuple(f"{n}" for n in range(20))
    grids = plan.grids.loc[plan.grids.index.repeat(4)].reset_index(drop=True).iloc[:20]
    grids = grids.assign(code=many)
    foreign = Finding(rule="codes_parented", severity="error", message=Text("m", "文"),
                      grids=many)  # fmt: skip
    judged = assess(replace(plan, grids=grids, findings=(foreign,)))
    assert set(judged.grids["soundness"]) == {"sound"}


@pytest.mark.parametrize(("community", "joined"), [(A, True), (B, False)])
def test_grids_of_two_communities_are_not_advised_to_be_joined(community, joined):
    inner = box(40, 40, 60, 60)
    grids = reshaped(0, box(0, 0, 200, 100).difference(inner))
    shapes = [grids.geometry[0], inner, *grids.geometry[2:]]
    grids = grids.set_geometry(frame({}, shapes).geometry).assign(community=[A, community, B, B])
    told = only(found(town(grids=grids), "no_enclave"))
    assert ("if joined" in told.message.en) is joined
    assert ("cannot be joined" in suggestion_of(told).en) is not joined
    assert isinstance(told.where, shapely.Polygon)
