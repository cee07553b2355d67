"""The band has one definition: whoever judges counts says what `judge_counts` says."""

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, Codes
from gridgeo.model import deciding_counts, judge_counts
from gridgeo.partition import Problem, judge_grid
from gridgeo.partition.kernel import build_csr_graph, evaluate_labels, objective_of
from gridgeo.partition.proofs import _band_state
from gridgeo.validate import Subject, validate

BANDS = st.builds(
    lambda profile, lower, width, people, spread: Band(
        profile=profile,
        lower=lower,
        upper=lower + width,
        residents_lower=people,
        residents_upper=people + spread,
    ),
    st.sampled_from(["either", "households", "residents"]),
    st.integers(1, 400),
    st.integers(0, 300),
    st.integers(1, 900),
    st.integers(0, 600),
)
HOUSEHOLDS = st.integers(1, 900)
RESIDENTS = st.one_of(st.just(math.nan), st.integers(0, 2000).map(float))


def one_atom(households, residents):
    return Problem(
        households=np.array([households]),
        residents=np.array([residents], dtype=np.float64),
        edges=np.empty((0, 2), dtype=np.int32),
        cut_m=np.empty(0),
        straddle_m=np.empty(0),
        linked=np.empty(0, dtype=bool),
        x=np.zeros(1),
        y=np.zeros(1),
        area=np.ones(1),
    )


@given(BANDS, HOUSEHOLDS, RESIDENTS)
def test_the_search_the_proofs_and_the_verdict_agree(band, households, residents):
    inside = judge_counts(band, households, residents).verdict == "in_band"
    assert (judge_grid(band, households, residents, small=False).name == "in_band") == inside
    unknown = math.isnan(residents)
    assert _band_state(band, [(households, 0.0 if unknown else residents, unknown)])[0] == inside
    problem = one_atom(households, residents)
    labels = np.zeros(1, dtype=np.int32)
    value = evaluate_labels(build_csr_graph(problem), objective_of(problem, band), labels, 1)
    assert (value[1] == 0.0) == inside


@settings(max_examples=30)
@given(BANDS, st.one_of(st.just(math.nan), HOUSEHOLDS.map(float)), RESIDENTS)
def test_the_check_finds_what_is_out_of_band_by_the_measure_that_decides(
    band, households, residents
):
    square = shapely.box(0, 0, 500, 500)
    grids = gpd.GeoDataFrame(
        {
            "code": ["420102001001001"],
            "kind": "basic",
            "community": "420102001001",
            "name": "甲",
            "households": [households],
            "residents": [residents],
        },
        geometry=[square],
        crs="EPSG:4547",
    )
    communities = gpd.GeoDataFrame(
        {"code": ["420102001001"], "name": ["甲"]}, geometry=[square], crs="EPSG:4547"
    )
    found = validate(Subject(grids=grids, communities=communities), band=band, codes=Codes())
    about = [one for one in found if one.rule == "in_band" and one.grids]
    judged = judge_counts(band, households, residents)
    if judged.verdict in {"in_band", ""}:
        assert about == []
    else:
        assert [(one.amount, one.unit) for one in about] == [(abs(judged.off), judged.measure)]


@pytest.mark.parametrize(
    ("profile", "residents", "measures"),
    [
        ("either", 900.0, ["households", "residents"]),
        ("either", math.nan, ["households"]),
        ("households", 900.0, ["households"]),
        ("residents", 900.0, ["residents"]),
        ("residents", math.nan, ["households"]),
    ],
)
def test_which_counts_decide(profile, residents, measures):
    counts = deciding_counts(Band(profile=profile), 400, residents)
    assert [one.measure for one in counts] == measures
