"""Findings keep their ids, and say what follows from them."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import shapely
from shapely import box

from gridgeo.config import Band, Codes, Settings
from gridgeo.model import Finding, bands_of
from gridgeo.pipeline.deliver import deliver_existing
from gridgeo.review import assess, identify, scorecard
from gridgeo.validate import CHECKS, Subject, validate
from gridgeo.wording import CARDS, RULEBOOK, Text, rule_of

HERE = "420102001001"


def finding(rule="no_overlap", severity="error", **more):
    return Finding(rule=rule, severity=severity, message=Text("m", "文"), **more)


def judged(grids):
    subject = Subject(grids=grids, communities=community())
    return validate(subject, band=Band(), codes=Codes())


def community():
    frame = {"code": [HERE], "name": ["甲"]}
    return gpd.GeoDataFrame(frame, geometry=[box(0, 0, 200, 100)], crs=4547)


def town(*boxes):
    return gpd.GeoDataFrame(
        {
            "code": [f"{HERE}{n:03d}" for n in range(1, len(boxes) + 1)],
            "name": [f"第{n}格" for n in range(1, len(boxes) + 1)],
            "kind": "basic",
            "community": HERE,
            "households": 400.0,
            "residents": np.nan,
        },
        geometry=list(boxes),
        crs=4547,
    )


def test_every_check_is_in_the_rulebook_with_source_suggestion_and_card():
    assert {check.__name__ for check in CHECKS} == set(RULEBOOK)
    for rule in RULEBOOK.values():
        assert rule.card in CARDS
        assert rule.source.zh
        assert rule.suggestion.zh
    assert rule_of("unheard_of").title.en == "unheard_of"


def test_ids_differ_by_rule_grids_and_place_and_are_the_same_in_the_next_run():
    here, there = box(3, 3, 5, 5), box(500, 3, 502, 5)
    several = [
        finding(grids=("1", "2"), where=here),
        finding(grids=("1", "3"), where=here),
        finding(grids=("1", "2"), where=there),
        finding(rule="one_part", grids=("1", "2"), where=here),
        finding(rule="not_checked", about="on_streets"),
        finding(rule="not_checked", about="in_band"),
    ]
    ids = [one.id for one in identify(several)]
    assert len(set(ids)) == len(several)
    assert [one.id for one in identify(several)] == ids
    assert [one.id for one in identify(reversed(several))] == ids[::-1]


def test_noise_in_coordinates_changes_no_id():
    grids = town(box(0, 0, 97, 100), box(99, 0, 200, 100))
    moved = shapely.transform(grids.geometry.to_numpy(), lambda xy: xy + 1e-7 * np.cos(xy))
    again = grids.set_geometry(gpd.GeoSeries(moved, crs=grids.crs))
    errors = [
        [one.id for one in identify(judged(frame)) if one.severity == "error"]
        for frame in (grids, again)
    ]
    assert errors[0]
    assert errors[0] == errors[1]


def test_ids_that_are_there_stay():
    assert [one.id for one in identify([replace(finding(), id="Q1")])] == ["Q1"]


def test_cards_tell_broken_rules_from_warnings_and_from_what_nobody_checked():
    cards = scorecard(
        [
            finding("fills_community"),
            finding("fills_community", "info"),
            finding("in_band", "warning"),
            finding("no_overlap", status="accepted"),
            finding("not_checked", "info", about="on_streets"),
        ]
    )
    assert [(card["card"], card["state"], card["count"]) for card in cards] == [
        ("complete", "red", 1),
        ("households", "green", 0),
        ("no_overlap", "green", 0),
        ("one_piece", "green", 0),
        ("in_band", "amber", 1),
        ("on_streets", "unknown", 0),
        ("dedicated", "green", 0),
        ("codes", "green", 0),
    ]


class _Layers:
    """The layers that `deliver_existing` asks for, but for the grids."""

    crs = community().crs
    communities = community()
    households = gpd.GeoDataFrame(
        {"households": [], "residents": [], "group": [], "name": []}, geometry=[], crs=4547
    )
    facilities = gpd.GeoDataFrame({"kind": [], "name": [], "area_m2": []}, geometry=[], crs=4547)
    streets = gpd.GeoDataFrame(geometry=[], crs=4547)
    barriers = streets
    links = None
    atoms = None


def test_grids_and_communities_are_sound_to_be_adjusted_or_must_be():
    settings = Settings()
    grids = town(box(0, 0, 60, 100), box(60, 0, 120, 100), box(119, 0, 200, 100))
    grids.loc[0, "households"] = 250.0
    plan = deliver_existing(grids, _Layers, settings, bands_of(settings, community()))
    done = assess(replace(plan, findings=judged(grids)))
    assert done.grids["soundness"].tolist() == ["adjust", "must_adjust", "must_adjust"]
    assert done.grids["soundness_reason"].tolist() == ["规模适度", "互不重叠", "互不重叠"]
    assert done.communities["soundness"].tolist() == ["must_adjust"]
    assert done.communities["soundness_reason"].tolist() == ["3 个网格中有 2 个"]
    accepted = tuple(replace(one, status="accepted") for one in done.findings)
    again = assess(replace(done, findings=accepted))
    assert set(again.grids["soundness"]) == {"sound"}
    assert again.communities["soundness_reason"].tolist() == [""]


def test_a_community_without_grids_must_be_adjusted():
    settings = Settings(lang="en")
    grids = town(box(0, 0, 200, 100)).assign(community="elsewhere")
    plan = deliver_existing(grids, _Layers, settings, bands_of(settings, community()))
    done = assess(plan)
    assert done.communities["soundness_reason"].tolist() == ["it has no grid"]


def test_a_community_with_neither_code_nor_name_says_so():
    settings = Settings(lang="en")
    grids = town(box(0, 0, 200, 100)).assign(community="")
    plan = deliver_existing(grids, _Layers, settings, bands_of(settings, community()))
    bare = replace(plan, communities=plan.communities.assign(code="", name=""))
    assert assess(bare).communities["soundness_reason"].tolist() == ["it has neither code nor name"]
