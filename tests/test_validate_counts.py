"""Checks of counts: households in one grid, totals, the band."""

import geopandas as gpd
import numpy as np
import pytest
from builders_judged import CRS, A, B, found, frame, only, reshaped, town
from shapely import Point, box

from gridgeo.config import Band
from gridgeo.review import suggestion_of
from gridgeo.wording import Text, rule_of


def test_a_household_in_no_grid_is_lost_unless_it_is_listed():
    points = town().households.copy()
    far = points.geometry.to_numpy().copy()
    far[0] = Point(-500, 0)
    points = points.set_geometry(gpd.GeoSeries(far, crs=CRS))
    assert only(found(town(households=points), "households_once")).severity == "error"
    points.loc[0, "grid"] = ""
    told = only(found(town(households=points), "households_once"))
    assert (told.severity, told.amount) == ("warning", 200.0)
    assert "位于所有社区之外" in told.message.zh


def test_a_household_that_is_listed_though_it_lies_in_a_community_is_told_too():
    grids = reshaped(0, box(0, 0, 90, 100))
    points = town().households.copy()
    shapes = points.geometry.to_numpy().copy()
    shapes[0] = Point(95, 50)
    points = points.set_geometry(gpd.GeoSeries(shapes, crs=CRS))
    points.loc[0, "grid"] = ""
    told = only(found(town(grids=grids, households=points), "households_once"))
    assert (told.severity, told.amount) == ("warning", 200.0)
    assert "列为不在网格内" in told.message.zh


def test_a_household_outside_every_community_is_no_fault_of_grids_that_others_drew():
    points = town().households.drop(columns="grid")
    shapes = points.geometry.to_numpy().copy()
    shapes[0] = Point(-500, 0)
    points = points.set_geometry(gpd.GeoSeries(shapes, crs=CRS))
    told = only(found(town(households=points), "households_once"))
    assert (told.severity, told.amount) == ("warning", 200.0)
    assert "位于所有社区之外" in told.message.zh


def test_a_household_in_two_grids_is_an_error():
    grids = reshaped(0, box(0, 0, 130, 100))
    told = only(found(town(grids=grids), "households_once"))
    assert (told.grids, told.amount) == ((A + "001", A + "002"), 200.0)


def test_a_household_on_a_border_belongs_to_either_side():
    points = town().households.copy()
    shapes = points.geometry.to_numpy().copy()
    shapes[1] = Point(100.004, 80)
    points = points.set_geometry(gpd.GeoSeries(shapes, crs=CRS))
    assert found(town(households=points)) == []


def test_a_household_that_states_no_or_an_unknown_grid_is_an_error():
    points = town().households.copy()
    points["grid"] = ["", "X", *points["grid"][2:]]
    told = found(town(households=points), "households_once")
    assert sorted(f.message.en.split(" but ")[1] for f in told) == [
        "state none",
        "state one that is not there",
    ]


def test_totals_that_differ_are_errors():
    grids = reshaped(0, box(0, 0, 100, 100), households=390)
    told = found(town(grids=grids), "totals_conserved")
    assert {f.amount for f in told} == {10.0}
    assert any("1,600 households came in" in f.message.en for f in told)
    assert any("标注 390 户，实际为 400 户" in f.message.zh for f in told)


def test_a_grid_that_only_atoms_name_is_an_error():
    told = found(town(grids=town().grids.iloc[1:], households=None), "totals_conserved")
    assert f"grid {A}001 is not there; 400 households state it" in told[-1].message.en


def test_listed_households_balance_what_came_in():
    assert found(town(households_in=1650, households_listed=50)) == []


@pytest.mark.parametrize(
    ("band", "households", "residents", "said"),
    [
        (Band(), 520, np.nan, "holds 520 households, 20 households above the band of 300 to 500"),
        (Band(), 520, 1300, "and 1,300 residents, 20 households above"),
        (Band(profile="households"), 250, 1000, "50 households below the band of 300 to 500"),
        (Band(profile="residents"), 400, 700, "100 residents below the band of 800 to 1200"),
    ],
)
def test_a_grid_outside_the_band_is_a_warning(band, households, residents, said):
    grids = reshaped(0, box(0, 0, 100, 100), households=households, residents=residents)
    points = town().households.assign(residents=np.nan)
    told = only(found(town(grids=grids, households=points), "in_band", band=band))
    assert told.severity == "warning"
    assert said in told.message.en


def test_one_measure_of_two_is_enough():
    grids = town().grids.assign(households=600)
    assert found(town(grids=grids), "in_band") == []


def test_the_only_grid_of_a_small_community_is_allowed():
    grids = town().grids.iloc[[0, 1]].copy()
    grids = frame(grids.drop(columns="geometry"), [box(0, 0, 200, 100), box(200, 0, 400, 100)])
    grids["community"], grids["households"], grids["residents"] = [A, B], [120, 400], np.nan
    told = only(found(town(grids=grids), "in_band"))
    assert told.severity == "info"
    assert suggestion_of(told) == Text("", "")


def test_what_to_do_in_an_impossible_community_is_what_was_proved():
    grids = reshaped(0, box(0, 0, 100, 100), households=520, residents=np.nan)
    points = town().households.assign(residents=np.nan)
    for verdict, own in (("impossible", True), ("in_band", False)):
        layers = {"communities": town().communities.assign(verdict=[verdict, "in_band"])}
        told = only(found(town(grids=grids, households=points, **layers), "in_band"))
        assert ("已证明“甲”" in suggestion_of(told).zh) == own
        assert (suggestion_of(told) == rule_of("in_band").suggestion) != own


def test_counts_that_grids_lack_are_those_of_the_points_inside():
    grids = town().grids.assign(households=np.nan, residents=np.nan)
    points = town().households.assign(households=[200] * 6 + [300] * 2)
    told = only(
        found(town(grids=grids, households=points), "in_band", band=Band(profile="households"))
    )
    assert (told.grids, told.amount) == ((B + "002",), 100.0)


def test_atoms_that_state_no_grid_count_where_they_lie():
    silent = town().atoms.assign(grid="")
    assert found(town(atoms=silent), "totals_conserved") == []
    fewer = silent.assign(households=[100] + [200] * 7)
    (finding,) = found(town(atoms=fewer), "totals_conserved")
    assert finding.grids == (A + "001",)
