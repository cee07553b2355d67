"""Limits of a grid's area and of the walk in it, for the countryside."""

import geopandas as gpd
import pytest
from shapely import Point, box

import gridgeo as gg
from gridgeo.config import Band, Codes, Override, Settings
from gridgeo.validate import Subject, validate

CRS = "EPSG:4548"
X, Y = 500_000, 4_000_000
PLAIN = Codes(scheme="plain")


def layer(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def country(rows=4, columns=12, households=75):
    """A village of fields of 200 m by 200 m, 75 households in each: 3,600 in 192 ha."""
    squares = [
        box(X + 200 * c, Y + 200 * r, X + 200 * c + 200, Y + 200 * r + 200)
        for r in range(rows)
        for c in range(columns)
    ]
    return {
        "communities": layer([box(X, Y, X + 200 * columns, Y + 200 * rows)], 名称=["甲村"]),
        "atoms": layer(squares, 户数=[households] * len(squares)),
    }


def plan(**band):
    return gg.partition_layers(country(), Settings(codes=PLAIN, band=Band(**band), lang="en"))


def found(plan):
    return [finding for finding in plan.findings if finding.rule == "within_reach"]


def test_without_limits_nothing_is_found_and_that_is_said():
    free = plan()
    assert not found(free)
    assert free.summary["checks"]["within_reach"]["not_checked"] == "no limit in the settings"


def test_a_limit_of_area_gives_more_and_smaller_grids_in_the_band():
    free, limited = plan(), plan(most_area_ha=18.0)
    assert free.grids["area_m2"].max() > 180_000
    assert limited.grids["area_m2"].max() <= 180_000
    assert (limited.grids["verdict"] == "in_band").all()
    assert not found(limited)
    assert limited.summary["checks"]["within_reach"]["examined"] == len(limited.grids)


def test_grids_are_rounder_where_the_walk_is_limited():
    free = plan()
    limited = plan(most_walk_m=650.0)
    before = [finding.amount for finding in judged(free, most_walk_m=650.0)]
    after = [finding.amount for finding in found(limited)]
    assert len(after) < len(before) or not before
    assert (limited.grids["verdict"] == "in_band").all()


def judged(plan, **band):
    subject = Subject(grids=plan.grids, communities=plan.communities, atoms=plan.atoms)
    findings = validate(subject, band=Band(**band), codes=PLAIN)
    return [finding for finding in findings if finding.rule == "within_reach"]


def test_the_band_comes_before_the_limit_and_the_finding_says_why():
    narrow = plan(most_area_ha=10.0)
    assert (narrow.grids["verdict"] == "in_band").all()
    assert {finding.grids[0] for finding in found(narrow)} == set(narrow.grids["code"])
    assert "300 households of this community take 16.0 ha" in found(narrow)[0].message.en
    assert (found(narrow)[0].unit, found(narrow)[0].severity) == ("ha", "warning")


@pytest.mark.parametrize(("most_m", "over"), [(499, True), (501, False), (0, False)])
def test_the_walk_is_the_straight_line_between_the_farthest_homes(most_m, over):
    grids = layer(
        [box(X, Y, X + 2000, Y + 1000)],
        code=["001"],
        name=["1"],
        kind=["basic"],
        community=["A"],
        households=[400],
        residents=[1.0],
    )
    homes = layer(
        [Point(X + 10, Y + 10), Point(X + 310, Y + 410), Point(X + 1900, Y + 10)],
        households=[200, 200, 0], residents=[float("nan")] * 3,
    )  # fmt: skip
    subject = Subject(
        grids=grids,
        communities=layer([box(X, Y, X + 2000, Y + 1000)], code=["A"], name=["甲"]),
        households=homes,
    )
    findings = validate(subject, band=Band(most_walk_m=most_m), codes=PLAIN)
    walks = [finding.amount for finding in findings if finding.rule == "within_reach"]
    assert walks == ([500.0] if over else [])


def test_a_community_may_have_limits_of_its_own():
    settings = Settings(
        codes=PLAIN, lang="en", community={"甲村": Override(most_area_ha=18.0, lower=290)}
    )
    assert gg.partition_layers(country(), settings).grids["area_m2"].max() <= 180_000
