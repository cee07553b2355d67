"""Laws of reading: nothing is lost, row order changes nothing, datums come back."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from builders_read import CRS, X, Y, buildings, compounds, households, town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import ReadRules
from gridgeo.read import layers_from_frames
from gridgeo.read.counts import apportion, parse_numbers
from gridgeo.read.datums import _bd09, _gcj02, _invert
from gridgeo.read.geometry import _choose_crs

COUNTS = st.one_of(st.none(), st.integers(0, 900).map(str), st.sampled_from(["１２", "1,200", ""]))


@settings(max_examples=8, deadline=None)
@given(st.lists(COUNTS, min_size=1, max_size=8), st.lists(st.booleans(), min_size=8, max_size=8))
def test_households_in_are_points_plus_rejects(counts, missing):
    frame = households(户数=["5", *counts, *["6"] * len(counts)])
    gone = np.array([False, *missing[: len(counts)], *[False] * len(counts)])
    frame = frame.assign(geometry=frame.geometry.where(~gone, None))
    layers = layers_from_frames(town(households=frame), ReadRules())
    numbers, _ = parse_numbers(frame["户数"])
    assert layers.households_in == numbers.fillna(0).sum()
    put_aside = sum(reject.households for reject in layers.rejects)
    assert layers.households["households"].sum() + put_aside == layers.households_in


@settings(max_examples=4, deadline=None)
@given(st.randoms(use_true_random=False))
def test_row_order_changes_nothing(random):
    whole = town(
        households=pd.DataFrame({"小区": ["东苑", "西苑"], "户数": [101, 57], "人口": [300, 111]}),
        compounds=compounds(),
        buildings=buildings(),
    )
    shuffled = {}
    for role, frame in whole.items():
        order = list(range(len(frame)))
        random.shuffle(order)
        shuffled[role] = frame.iloc[order]
    one = layers_from_frames(whole, ReadRules())
    two = layers_from_frames(shuffled, ReadRules())
    for name in ("communities", "streets", "households", "compounds", "buildings"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert one.notes == two.notes


def test_equal_geometry_is_ordered_by_attributes():
    frame = households(户数=[3, 1, 2], 名称=["丙", "甲", "乙"])
    frame = frame.set_geometry([shapely.Point(X + 5, Y + 5)] * 3, crs=CRS)
    one = layers_from_frames(town(households=frame), ReadRules()).households
    two = layers_from_frames(town(households=frame.iloc[::-1]), ReadRules()).households
    pd.testing.assert_frame_equal(one, two)


def test_frames_are_not_changed():
    whole = town(compounds=compounds(), buildings=buildings())
    before = {role: frame.copy() for role, frame in whole.items()}
    layers_from_frames(whole, ReadRules())
    for role, frame in whole.items():
        pd.testing.assert_frame_equal(frame, before[role])


def test_reading_its_own_layers_changes_nothing():
    one = layers_from_frames(town(buildings=buildings(), compounds=compounds()), ReadRules())
    names = ("communities", "streets", "households", "buildings", "compounds")
    two = layers_from_frames({name: getattr(one, name) for name in names}, ReadRules())
    for name in names:
        left, right = getattr(one, name), getattr(two, name)
        pd.testing.assert_frame_equal(left.drop(columns="cuts", errors="ignore"),
                                      right.drop(columns="cuts", errors="ignore"))  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 5000),
    st.lists(st.floats(0.01, 1e6, allow_nan=False), min_size=1, max_size=30),
)
def test_apportion_conserves_and_rounds_fairly(total, weights):
    shares = apportion(total, weights)
    exact = total * np.array(weights) / sum(weights)
    assert shares.sum() == total
    assert (np.abs(shares - exact) < 1 + 1e-6).all()


@pytest.mark.parametrize("forward", [_gcj02, _bd09])
@settings(max_examples=50, deadline=None)
@given(lon=st.floats(74, 134), lat=st.floats(18, 53))
def test_datum_round_trip(forward, lon, lat):
    here = np.array([[lon, lat]])
    back = _invert(forward, forward(here))
    assert np.abs(back - here).max() * 111_320 < 1e-6


def test_gcj02_agrees_with_the_published_example():
    shifted = _gcj02(np.array([[121.5272106, 31.1774276]]))
    np.testing.assert_allclose(shifted, [[121.531541859215, 31.17530398364597]], atol=1e-12)


def test_gcj02_leaves_the_rest_of_the_world_alone():
    paris = np.array([[2.35, 48.85]])
    np.testing.assert_array_equal(_gcj02(paris), paris)


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_a_declared_datum_is_taken_out(datum):
    true = town(households=households(户数=[9])).get("households").to_crs(4326)
    forward = {"gcj02": _gcj02, "bd09": _bd09}[datum]
    shifted = true.set_geometry(shapely.transform(true.geometry.to_numpy(), forward), crs=4326)
    off = shifted.to_crs(CRS).distance(true.to_crs(CRS)).iloc[0]
    assert 300 < off < 2000
    rules = ReadRules(datum={"households": datum})
    layers = layers_from_frames(town(households=shifted), rules)
    assert layers.households.distance(true.to_crs(CRS).geometry.iloc[0]).iloc[0] < 1e-6
    assert any(note.topic == "datum" for note in layers.notes)


@given(st.integers(75, 134))
def test_choose_crs_has_its_meridian_near(lon):
    crs = _choose_crs(lon + 0.4, 35.0)
    meridian = 75 + 3 * (int(crs.to_epsg()) - 4534)
    assert abs(meridian - (lon + 0.4)) <= 1.5
    assert f"CM {meridian}E" in crs.name


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [(120.2, 23.0, 32651), (-71.1, 42.4, 32619), (151.2, -33.9, 32756), (179.99, 10, 32660)],
)
def test_choose_crs_outside_the_mainland_is_utm(lon, lat, epsg):
    assert _choose_crs(lon, lat).to_epsg() == epsg


def test_geographic_communities_give_a_metre_crs_said_aloud():
    whole = {role: frame.to_crs(4490) for role, frame in town().items()}
    layers = layers_from_frames(whole, ReadRules())
    assert layers.crs.to_epsg() == 4548
    assert {frame.crs.to_epsg() for frame in (layers.communities, layers.streets)} == {4548}
    assert isinstance(layers.atoms, gpd.GeoDataFrame) is False
    said = [note.message for note in layers.notes if note.topic == "crs"]
    assert "CGCS2000 3-degree zone" in said[0].en
    assert "三度带" in said[0].zh
