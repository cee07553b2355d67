"""The samples that come with gridgeo: what they are, and what the main job makes of them."""

from pathlib import Path

import pytest

import gridgeo as gg
from gridgeo.cli.starter import sample_settings

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
NAMES = ("monaco", "wuhan")


@pytest.fixture(scope="module", params=NAMES)
def plan(request):
    return gg.run(gg.read_settings(sample_settings(request.param)), jobs=2)


def test_they_are_small():
    assert sum(path.stat().st_size for path in SAMPLES.rglob("*.gpkg")) < 6_000_000


@pytest.mark.parametrize("name", NAMES)
def test_they_say_whose_they_are(name):
    assert "(c) OpenStreetMap contributors, ODbL 1.0" in (SAMPLES / name / "README.md").read_text(
        encoding="utf-8"
    )


def test_grids_fill_their_communities(plan):
    assert plan.summary["area_difference_m2"] < 0.01
    assert [finding.rule for finding in plan.findings if finding.severity == "error"] == []


def test_every_household_is_accounted_for(plan):
    homes = plan.summary["households"]
    assert homes["in"] == homes["in_grids"] + homes["listed"]


def test_basic_grids_are_in_band_where_that_is_possible(plan):
    possible = plan.communities.loc[plan.communities["verdict"] == "in_band", "code"]
    basic = plan.grids[plan.grids["kind"] == "basic"]
    verdicts = basic.loc[basic["community"].isin(possible), "verdict"]
    assert set(verdicts) == {"in_band"}
    assert plan.summary["verdicts"]["not_found"] == 0


def test_each_shows_dedicated_grids_and_a_community_that_cannot_be_met(plan):
    assert plan.summary["dedicated"] >= 2
    stuck = plan.communities[plan.communities["verdict"] == "impossible"]
    assert len(stuck) > 0
    assert set(stuck["proof"]) <= {"arithmetic", "atom"}


def test_wuhan_households_of_each_community_stay_in_it():
    settings = gg.read_settings(sample_settings("wuhan"))
    grids = gg.run(settings, jobs=1).grids
    assert grids.groupby("community")["households"].sum().to_dict() == {
        "420102003008": 865,
        "420102003011": 6949,
        "420102003013": 551,
        "420102004005": 3315,
        "420102004006": 188,
    }
