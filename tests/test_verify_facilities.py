"""A facility that reaches its threshold has a grid of its own: verify and adjust agree."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from builders_adjust import layer_options
from builders_adjust import town as plain_town
from builders_city import CODES, ORIGIN, block_city, facilities, frame
from builders_plan import build_plan
from shapely import Point, box
from shapely.affinity import translate
from typer.testing import CliRunner

from gridgeo.adjust import adjust_grids
from gridgeo.cli import app
from gridgeo.config import Band, Codes
from gridgeo.pipeline import verify
from gridgeo.pipeline.evaluate import _dedicated_of
from gridgeo.validate import Subject, validate

WEST, EAST = box(0, 0, 600, 400), box(600, 0, 1200, 400)
#: fills one block of the west, 4 hectares
YARD = box(0, 0, 200, 200)
SCHOOL = ("学校", "第一中学", YARD)
REST = WEST.difference(YARD)
RULE = "facilities_dedicated"


def town(folder, *shapes, rows=(SCHOOL,), without=(), **columns):
    """Write a town of 6 x 2 blocks with facilities, and its grids; return both to be read."""
    city = block_city(6, 2, per_block=64)
    if rows:
        city = city.with_layers(facilities=facilities(*rows))
    names = [f"{CODES[0]}{n:03d}" for n in range(1, len(shapes) + 1)]
    told = {"名称": names, "所属社区": CODES[0]} | columns
    return plain_town(folder, *shapes, city=city.without(*without), **told)


def found(town):
    return [one for one in verify(*town).findings if one.rule == RULE]


def judged(*grids, facility=YARD):
    """Return what the check finds; `grids` are (kind, shape)."""
    kinds = [kind for kind, _ in grids]
    subject = Subject(
        grids=frame(
            [shape for _, shape in grids],
            code=[f"G{n}" for n in range(1, len(grids) + 1)],
            name="",
            kind=kinds,
            community="甲",
            households=np.nan,
            residents=np.nan,
        ),
        communities=frame([box(0, 0, 1200, 400)], code=["1"], name=["甲"]),
        facilities=frame([facility], name=["校"], dedicated=True, reason_en="area", reason_zh="大"),
    )
    return warned(subject)


def warned(subject):
    return [one for one in validate(subject, band=Band(), codes=Codes()) if one.rule == RULE]


def test_a_school_inside_a_basic_grid_is_named_with_measure_threshold_and_place(tmp_path):
    plan = verify(*town(tmp_path, WEST, EAST, 类型="basic"))
    (told,) = [one for one in plan.findings if one.rule == RULE]
    assert told.severity == "warning"
    assert told.grids == ("420102001001001",)
    assert told.message.en == (
        "第一中学 stands in grid 420102001001001 and deserves a dedicated grid "
        "(school: area 40,000 m2 reaches 8,000 m2)"
    )
    assert "“第一中学”位于网格 420102001001001 内，宜单设专属网格（学校：占地面积 40,000" in (
        told.message.zh
    )
    assert (round(told.amount), told.unit) == (40_000, "m2")
    assert told.where.symmetric_difference(translate(YARD, *ORIGIN)).area < 1
    assert plan.grids["soundness"].tolist() == ["adjust", "sound"]
    (card,) = [one for one in plan.summary["scorecard"] if one["card"] == "dedicated"]
    assert (card["state"], card["count"]) == ("amber", 1)
    assert plan.considered["reason"].tolist() == ["school: area 40,000 m2 reaches 8,000 m2"]


SMALL = ("学校", "小学", box(700, 50, 750, 100))
POINT = ("学校", "点位学校", Point(99, 99))
AWAY = ("学校", "外地学校", box(5e3, 0, 6e3, 900))
SECOND = ("学校", "第二中学", box(600, 0, 800, 200))
CASES = {
    "basic grids": (
        (YARD, REST, EAST),
        {"类型": "basic"},
        (SCHOOL, SMALL, POINT, AWAY, SECOND),
        ["第一中学", "第二中学"],
    ),
    "one is dedicated": (
        (YARD, REST, EAST),
        {"类型": ["dedicated", "basic", "basic"]},
        (SCHOOL, SECOND),
        ["第二中学"],
    ),
    "kinds unknown": ((YARD, REST, EAST), {}, (SCHOOL, SECOND), ["第二中学"]),
}


@pytest.mark.parametrize("case", CASES)
def test_verify_and_adjust_agree(tmp_path, case):
    shapes, columns, rows, expected = CASES[case]
    here = town(tmp_path, *shapes, rows=rows, **columns)
    assert sorted(one.message.en.split()[0] for one in found(here)) == expected
    told = adjust_grids(*here).proposals["reason_en"]
    names = [row[1] for row in rows]
    assert [name for name in names if told.str.contains(f"{name} deserves").any()] == expected


def test_without_facilities_it_is_said_that_nothing_was_checked(tmp_path):
    plan = verify(*town(tmp_path, WEST, EAST, rows=()))
    assert [one.about for one in plan.findings if one.rule == "not_checked"] == [RULE]


def test_communities_and_facilities_are_enough(tmp_path):
    bare = ("streets", "households")
    point = ("学校", "第二中学", Point(900, 100))
    here = town(tmp_path, WEST, EAST, rows=(SCHOOL, point), without=bare, 类型="basic")
    assert [one.message.en.split()[0] for one in found(here)] == ["第一中学"]


def test_grids_without_ground_or_with_broken_rings_stop_nothing(tmp_path):
    bow_tie = frame([WEST]).geometry.iloc[0]
    here, rules = town(tmp_path, WEST, EAST, 类型="basic")
    old = gpd.read_file(here.path)
    west, south, east, north = bow_tie.bounds
    twisted = type(bow_tie)([(west, south), (east, north), (east, south), (west, north)])
    old.loc[2] = {**old.loc[1], "编码": "420102001001003", "geometry": None}
    old.loc[3] = {**old.loc[1], "编码": "420102001001004", "geometry": twisted}
    old.to_file(here.path, layer="old", engine="pyogrio")
    assert [one.grids for one in found((here, rules))] == [("420102001001001",)]


@pytest.mark.parametrize(
    ("grids", "named"),
    [
        ([("dedicated", box(0, 0, 120, 200)), ("basic", box(120, 0, 600, 400))], []),
        ([("dedicated", box(0, 0, 80, 200)), ("basic", box(80, 0, 600, 400))], ["G2"]),
        ([("open", WEST)], ["G1"]),
        ([("", WEST)], ["G1"]),
        ([("", box(0, 0, 210, 200))], []),
        ([("basic", box(0, 0, 90, 200))], []),
        ([("basic", box(0, 0, 90, 200)), ("basic", box(90, 0, 600, 400))], ["G2"]),
    ],
)
def test_most_of_the_ground_decides(grids, named):
    assert [code for one in judged(*grids) for code in one.grids] == named
    again = judged(*grids[::-1])
    assert len(again) == len(named)


def test_a_plan_of_ours_is_judged_by_the_grids_that_it_gave():
    plan = build_plan()
    whole = {"grids": plan.grids, "communities": plan.communities}
    assert warned(Subject(**whole, facilities=_dedicated_of(plan))) == []
    basic = plan.grids.assign(kind="basic")
    (told,) = warned(Subject(**whole | {"grids": basic}, facilities=_dedicated_of(plan)))
    assert told.grids == ("420102001001801",)


def test_the_command_takes_facilities(tmp_path):
    grids, rules = town(tmp_path, WEST, EAST, 类型="basic")
    layers = layer_options(rules)
    told = CliRunner().invoke(app, ["verify", grids.path, *layers, "--lang", "en"])
    assert "dedicated grid" in told.output
    assert "第一中学" in told.output
