"""Validate as a whole: a sound town passes, what cannot be judged is said or refused."""

import pytest
from builders_judged import A, B, found, frame, reshaped, town
from shapely import LineString, box

from gridgeo.config import Band, Codes
from gridgeo.errors import InputError
from gridgeo.validate import CHECKS, Subject, judge


def test_a_sound_town_has_no_findings():
    assert found(town()) == []


def test_judging_changes_no_argument():
    grids = reshaped(0, None)
    before = grids.copy()
    found(town(grids=grids))
    assert grids.equals(before)


def test_every_check_has_its_own_name():
    assert len({check.__name__ for check in CHECKS}) == len(CHECKS)


def test_a_field_that_no_grid_has_is_said_once():
    grids = town().grids.assign(name="", kind=["basic", "basic", "basic", "park"])
    told = found(town(grids=grids), "attributes_complete")
    assert [f.message.en for f in told] == [
        "all grids have no name",
        "1 grid has the unknown kind 'park'",
    ]


def test_what_cannot_be_checked_is_said():
    bare = Subject(grids=town().grids, communities=town().communities)
    told = found(bare)
    assert {f.rule for f in told} == {"not_checked"}
    assert [f.message.en.split()[0] for f in told] == [
        "households_once",
        "totals_conserved",
        "on_streets",
        "facilities_dedicated",
    ]


def test_a_missing_column_is_refused():
    with pytest.raises(InputError, match=r"column code is missing; there are name.*layer grids"):
        Subject(grids=town().grids.drop(columns="code"), communities=town().communities)


def test_another_coordinate_system_is_refused():
    with pytest.raises(InputError, match=r"coordinate system is EPSG:4326.*layer communities"):
        Subject(grids=town().grids, communities=town().communities.to_crs(4326))


def test_a_judgement_is_the_findings_and_the_two_figures():
    told = judge(town(grids=reshaped(1, box(110, 0, 210, 100))), band=Band(), codes=Codes())
    assert [(f.rule, f.grids, f.amount) for f in told.findings] == [
        ("fills_community", (f"{A}001", f"{A}002"), pytest.approx(1000)),
        ("no_overlap", (f"{A}002", f"{B}001"), pytest.approx(1000)),
        ("inside_community", (f"{A}002",), pytest.approx(1000)),
    ]
    assert told.area_difference_m2 == pytest.approx(3000)


@pytest.mark.parametrize(("length", "share"), [(100, 0.5), (50, 0.25 + 12 / 200)])
def test_the_share_on_streets_is_of_the_inner_borders_of_both_communities(length, share):
    """Of 200 m, those along the street and within 12 m of its end."""
    street = frame({}, [LineString([(100, 0), (100, length)])])
    told = judge(town(streets=street), band=Band(), codes=Codes())
    assert told.street_share == pytest.approx(share)
