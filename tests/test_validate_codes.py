"""Checks of codes: swapped, malformed, doubled, of no community."""

from dataclasses import replace

import pytest
from builders_judged import A, B, drawn, found, only, reshaped, town
from shapely import box

RULE = "codes_wellformed"


def test_swapped_codes_are_found_by_their_communities_and_households():
    grids = town().grids.copy()
    grids["code"] = grids["code"].iloc[[0, 2, 1, 3]].to_numpy()
    parented = found(town(grids=grids), "codes_parented")
    assert [f.grids for f in parented] == [(A + "002",), (B + "001",)]
    assert "has the code of community" in parented[0].message.en
    assert len(found(town(grids=grids), "households_once")) == 2


def test_swapped_codes_of_one_community_are_found_by_their_households():
    grids = town().grids.copy()
    grids["code"] = grids["code"].iloc[[1, 0, 2, 3]].to_numpy()
    told = found(town(grids=grids), "households_once")
    assert [(f.amount, f.grids) for f in told] == [(400.0, (A + "001", A + "002"))] * 2


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "#1 has no code"),
        (A + "01", "is not a 12-digit community code and 3 digits"),
        (A + "000", "is not a 12-digit community code and 3 digits"),
    ],
)
def test_malformed_codes_are_errors(code, said):
    grids = reshaped(0, box(0, 0, 100, 100), code=code, name="")
    assert said in only(found(town(grids=grids), "codes_wellformed")).message.en


def test_a_wrong_scheme_is_said_once():
    shapes = [box(x, 0, x + 1, 1) for x in range(8)]
    told = only(found(drawn(shapes), RULE))
    assert "8 of 8 codes (A-01, A-02" in told.message.en
    assert len(told.grids) == 8


def test_grids_without_codes_are_said_once_and_all_listed():
    shapes = [box(x, 0, x + 1, 1) for x in range(8)]
    subject = drawn(shapes)
    names = [f"第{n}网格" for n in range(8)]
    told = only(found(replace(subject, grids=subject.grids.assign(code="", name=names)), RULE))
    assert "8 of 8 grids have no code" in told.message.en
    assert (told.grids, told.amount) == (tuple(names), 8.0)


@pytest.mark.parametrize("lacking", range(9))
def test_every_grid_without_a_sound_code_is_named(lacking):
    shapes = [box(x, 0, x + 1, 1) for x in range(8)]
    subject = drawn(shapes)
    codes = [""] * lacking + [f"坏{n}" for n in range(lacking, 8)]
    told = found(replace(subject, grids=subject.grids.assign(code=codes, name="")), RULE)
    named = [grid for one in told for grid in one.grids]
    assert sorted(named) == sorted(code or f"#{n}" for n, code in enumerate(codes, 1))
    assert len(told) <= 8


def test_one_code_twice_is_an_error():
    grids = reshaped(0, box(0, 0, 100, 100), code=A + "002")
    told = only(found(town(grids=grids), "codes_unique"))
    assert (told.grids, told.where.area) == ((A + "002",), 20_000)


def test_a_code_of_no_community_is_an_error():
    grids = reshaped(0, box(0, 0, 100, 100), code="420102001009001")
    told = only(found(town(grids=grids), "codes_parented"))
    assert "a community that is not there: 420102001009" in told.message.en


def test_a_community_that_is_not_there_is_an_error():
    grids = reshaped(0, box(0, 0, 100, 100), community="丙")
    assert "names community 丙" in only(found(town(grids=grids), "codes_parented")).message.en


def test_communities_without_codes_are_said_to_be_unchecked():
    communities = town().communities.assign(code="")
    grids = town().grids.assign(community=["甲", "甲", "乙", "乙"])
    told = only(found(town(grids=grids, communities=communities)))
    assert told.rule == "not_checked"
    assert "codes_parented was not checked" in told.message.en


def test_unusual_segments_are_a_warning():
    communities = town().communities.assign(code=[A, "420102001600"])
    told = only(found(town(communities=communities), "segments_usual"))
    assert told.severity == "warning"
    assert "村（社区）段 600" in told.message.zh


def test_a_community_is_known_whatever_the_width_of_its_brackets():
    communities = town().communities.assign(name=["甲（一）", "乙"])
    grids = town().grids.assign(community=["甲(一)", "甲（一）", "乙", "乙"])
    assert found(town(grids=grids, communities=communities), "codes_parented") == []
