"""Which signs are printed again: those that say something else of their own grid, and no others."""

import json
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point
from shapely.affinity import scale

from gridgeo.signs import assign_staff, build_signs, plan_issues, read_issues, save_signs
from gridgeo.typeset import find_fonts
from tests.builders_plan import SIDE, X, Y, build_plan
from tests.builders_signs import DATE, press_of, roster_of, signs_of

LATER = "2027-01-05"


@pytest.fixture(scope="module")
def fonts():
    return find_fonts()


def changed(plan, layer, row, column, value):
    """Return the plan with one cell of a layer changed."""
    frame = getattr(plan, layer).copy()
    frame.loc[frame.index[row], column] = value
    return replace(plan, **{layer: frame})


def printed_after(fonts, before, after):
    """Return the rows of `after` that are printed, and those that aged."""
    press = press_of(fonts)
    first = plan_issues(signs_of(before), press, date=DATE)
    issues = plan_issues(signs_of(after), press, date=LATER, since=first.current)
    codes = after.grids["code"].tolist()
    return [codes.index(code) for code in issues.printed], [codes.index(c) for c in issues.aged]


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 4),
    st.sampled_from(["name", "geometry", "kind", "households", "bounded_by"]),
    st.floats(0.5, 0.9),
)
def test_a_change_of_one_grid_prints_no_other_sign(row, column, factor):
    plan = build_plan()
    shape = scale(plan.grids.geometry.iloc[row], factor, factor)
    values = {"kind": "open", "households": 7, "geometry": shape}
    after = changed(plan, "grids", row, column, values.get(column, "新"))
    pairs = zip(signs_of(plan), signs_of(after), strict=True)
    assert [n for n, (a, b) in enumerate(pairs) if a.grid_content != b.grid_content] == [row]


def test_signs_around_a_changed_grid_hold_and_are_listed(fonts, tmp_path):
    plan, press = build_plan(), press_of(fonts)
    now = changed(plan, "grids", 1, "name", "新网格")
    before, signs = signs_of(plan), signs_of(now)
    save_signs(before, plan_issues(before, press, date=DATE), press, tmp_path / "1")
    second = plan_issues(signs, press, date=LATER, since=read_issues(tmp_path / "1"))
    codes = plan.grids["code"].tolist()
    assert second.printed == (codes[1],)
    assert second.aged == (codes[0], *codes[2:])
    save_signs(signs, second, press, tmp_path / "2")
    told = json.loads((tmp_path / "2" / "signs.json").read_text("utf-8"))
    assert told["aged"] == list(second.aged)
    third = plan_issues(signs, press, date="2028-01-01", since=read_issues(tmp_path / "2"))
    assert (third.printed, third.aged) == ((), second.aged)  # they still hang as they were printed


def test_neighbours_of_nameless_bounds_are_no_change(fonts):
    plan = build_plan()
    plan = replace(
        plan,
        grids=plan.grids.assign(bounded_by="东至支路（无名）"),
        borders=plan.borders.assign(street_name=""),
    )
    after = changed(plan, "grids", 1, "name", "新网格")
    assert signs_of(after)[0].content["bounds"] == ["东至支路（无名），邻新网格"]
    assert printed_after(fonts, plan, after)[0] == [1]


@pytest.mark.parametrize(
    ("place", "value", "rows"),
    [
        (("grids", 0, "contains"), "新村", [0]),
        (("grids", 3, "facility"), "第二中学", [3]),
        (("grids", 0, "residents"), 901.0, [0]),
        (("streets", 0, "name"), "解放大道", [0, 1, 2, 3, 4]),
        (("streets", 1, "street_class"), "lane", [0, 1, 2, 3]),
        (("streets", 1, "cuts"), False, [0, 1, 2, 3]),
        (("considered", 1, "name"), "大诊所", [2]),
        (("considered", 1, "geometry"), Point(X + 40, Y + 20), [2]),
        (("barriers", 0, "street_class"), "rail", [4]),
        (("barriers", 0, "geometry"), LineString([(X, Y), (X, Y + 9)]), [2, 4]),
    ],
)
def test_what_a_sign_says_of_its_grid_is_printed_again(fonts, place, value, rows):
    plan = build_plan()
    assert printed_after(fonts, plan, changed(plan, *place, value))[0] == rows


def test_streets_cut_in_pieces_are_the_same_streets(fonts):
    plan = build_plan()
    lines = [line.coords for line in plan.streets.geometry.segmentize(SIDE / 3)]
    cut = [shapely.MultiLineString(list(pairwise(points))) for points in lines]
    pieces = plan.streets.set_geometry(cut, crs=plan.streets.crs).explode(ignore_index=True)
    assert len(pieces) > len(plan.streets)
    assert printed_after(fonts, plan, replace(plan, streets=pieces[::-1]))[0] == []


def test_street_whose_box_alone_touches_the_grid_is_none_of_its_own(fonts):
    plan = build_plan()
    bend = LineString([(X - 200, Y + 400), (X + 800, Y + 400 + 800), (X + 800, Y + 1200)])
    more = plan.streets.iloc[[1]].set_geometry([bend], crs=plan.streets.crs)
    streets = pd.concat([plan.streets, more.assign(street_class="lane")], ignore_index=True)
    printed, _ = printed_after(fonts, plan, replace(plan, streets=streets))
    assert printed == [0]


def test_outline_that_begins_at_another_corner_is_the_same(fonts):
    plan = build_plan()
    turned = [shapely.Polygon(np.roll(shape.exterior.coords[:-1], 2, axis=0))
              for shape in plan.grids.geometry]  # fmt: skip
    assert printed_after(fonts, plan, replace(plan, grids=plan.grids.set_geometry(turned)))[0] == []


def redrawn(plan, metres):
    """Return the plan as digitised anew: each vertex moved by up to `metres`."""
    shapes = shapely.segmentize(plan.grids.geometry.array, 60.0)
    moved = shapely.transform(shapes, lambda xy: xy + metres * np.sin(xy / 7))
    grids = plan.grids.set_geometry(gpd.GeoSeries(moved, crs=plan.grids.crs))
    return replace(plan, grids=grids.assign(area_m2=grids.area))


def test_signs_of_grids_that_were_only_redrawn_hold_and_are_listed(fonts, tmp_path):
    plan, press = build_plan(), press_of(fonts)
    signs, codes = signs_of(plan), tuple(plan.grids["code"])
    save_signs(signs, plan_issues(signs, press, date=DATE), press, tmp_path / "1")
    earlier = read_issues(tmp_path / "1")
    again = redrawn(plan, 0.9)
    issues = plan_issues(signs_of(again), press, date=LATER, since=earlier)
    assert (issues.printed, issues.aged) == ((), codes)
    assert [issue.outline for issue in issues.current] == [issue.outline for issue in earlier]
    named = signs_of(changed(again, "grids", 1, "households", 511))
    assert plan_issues(named, press, date=LATER, since=earlier).printed == (codes[1],)
    further = signs_of(redrawn(again, 0.9))  # measured from what was printed, not from last year
    assert plan_issues(further, press, date=LATER, since=issues.current).printed
    assert not plan_issues(further, press, date=LATER, since=issues.current, redrawn_m=3.0).printed


def test_manifest_that_knows_no_neighbours_prints_all_again(fonts, tmp_path):
    signs, press = signs_of(build_plan()), press_of(fonts)
    save_signs(signs, plan_issues(signs, press, date=DATE), press, tmp_path / "old")
    path = tmp_path / "old" / "signs.json"
    told = json.loads(path.read_text("utf-8"))
    told["signs"] = [
        {**{key: row[key] for key in row if key != "drawn"}, "content": "0"}
        for row in told["signs"]
    ]
    path.write_text(json.dumps(told), encoding="utf-8")
    issues = plan_issues(signs, press, date=LATER, since=read_issues(tmp_path / "old"))
    assert [issue.version for issue in issues.current] == [2] * len(signs)
    assert len(issues.printed) == len(signs)


def test_only_changed_signs_are_printed_again(fonts, tmp_path):
    press, plan = press_of(fonts), build_plan()
    before = signs_of(plan)
    first = plan_issues(before, press, date=DATE)
    save_signs(before, first, press, tmp_path / "first")
    roster = roster_of(plan)
    roster.loc[1, "worker"] = "新人"
    gone = plan.grids["code"].iloc[4]
    now = build_signs(plan, assign_staff(roster, plan.grids))[:4]
    second = plan_issues(now, press, date="2027-01-05", since=read_issues(tmp_path / "first"))
    assert second.printed == (plan.grids["code"].iloc[1],)
    assert second.withdrawn == (gone,)
    assert [issue.version for issue in second.current] == [1, 2, 1, 1]
    assert [issue.date for issue in second.current] == [DATE, "2027-01-05", DATE, DATE]
    save_signs(now, second, press, tmp_path / "second")
    third = plan_issues(now, press, date="2028-01-01", since=read_issues(tmp_path / "second"))
    assert third.printed == ()
    assert third.current == second.current


def test_another_paper_prints_all_again(fonts):
    signs = signs_of(build_plan())
    first = plan_issues(signs, press_of(fonts), date=DATE)
    again = plan_issues(signs, press_of(fonts, size="A3"), date=DATE, since=first.current)
    assert len(again.printed) == len(signs)
