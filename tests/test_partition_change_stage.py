"""The least change of all communities: what stays, what is told, and what divides grids."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders_town import columns_cut, town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, OpenGround, Search, Weights
from gridgeo.model import Bands, Constraints
from gridgeo.partition import adjust_atoms, inherit_grids, partition_atoms

SETTINGS = {
    "band": Band(profile="households"),
    "weights": Weights(),
    "search": Search(effort="fast"),
    "open_ground": OpenGround(area_m2=15_000),
}


def with_households(atoms, households):
    return replace(atoms, frame=atoms.frame.assign(households=np.ravel(households)))


def atoms_of(labels):
    return {frozenset(np.flatnonzero(labels == g).tolist()) for g in np.unique(labels[labels >= 0])}


def change_of(adjusted):
    return adjusted.changes["change"].value_counts().to_dict()


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.sampled_from([0, 30, 60, 90, 140]), min_size=24, max_size=24),
    st.lists(st.sampled_from([1, 1, 1, 1, 1.3]), min_size=24, max_size=24),
    st.integers(1, 5),
)
def test_households_and_untouched_grids_are_conserved(households, growth, divide):
    community = np.tile(np.arange(6) >= divide, 4).astype(int)
    atoms = town(np.reshape(households, (4, 6)), community=community)
    old = partition_atoms(atoms, **SETTINGS).labels
    now = with_households(atoms, np.round(np.array(households) * growth).astype(int))
    new = adjust_atoms(now, old, **SETTINGS)
    told, labels = new.changes, new.partition.labels
    kept = told[told["change"] == "unchanged"]
    for row in kept.itertuples():
        assert np.array_equal(labels == row.grid, old == row.continues)
    grids = told[told["grid"] >= 0]
    assert grids["households"].sum() == now.frame["households"].sum()
    assert (grids["stayed"] + grids["came"]).equals(grids["households"])
    assert told["came"].sum() == told["went"].sum() == new.moved
    assert (
        new.flow <= new.bound <= new.moved
        or (new.partition.communities["verdict"] != "in_band").any()
    )


def test_what_is_in_band_stays_though_another_cut_would_cost_less():
    atoms = town(np.full((4, 4), 100))
    old = np.array([0, 0, 0, 1, 0, 1, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3])
    new = adjust_atoms(atoms, old, **SETTINGS)
    assert atoms_of(new.partition.labels) == atoms_of(old)
    assert change_of(new) == {"unchanged": 4}
    assert new.moved == new.bound == new.flow == 0


def test_only_the_grown_grid_and_its_neighbour_change():
    households = np.full((2, 12), 100)
    old = np.tile(np.arange(12) // 2, (2, 1)).ravel()
    households[0, 0] = 210
    new = adjust_atoms(town(households), old, **SETTINGS)
    assert change_of(new) == {"unchanged": 4, "reshaped": 2}
    assert (new.moved, new.bound, new.flow) == (100, 100, 100)


def test_an_oversized_grid_is_split_and_undersized_ones_are_merged():
    new = adjust_atoms(town(np.full((2, 4), 90)), np.zeros(8, dtype=int), **SETTINGS)
    assert change_of(new) == {"split": 2}
    assert (new.moved, new.bound, new.flow) == (360, 360, 360)
    new = adjust_atoms(town([[90, 90, 80, 80]]), np.array([0, 0, 1, 1]), **SETTINGS)
    assert new.changes["change"].tolist() == ["merged", "retired"]
    assert (new.moved, new.bound, new.flow) == (160, 160, 160)


def test_ground_without_an_old_grid_joins_one_and_moves_nobody():
    new = adjust_atoms(town([[160, 160, 50]]), np.array([0, 0, -1]), **SETTINGS)
    assert change_of(new) == {"reshaped": 1}
    assert (new.moved, new.bound) == (0, 0)
    new = adjust_atoms(town([[160, 160, 50]]), np.full(3, -1), **SETTINGS)
    assert change_of(new) == {"new": 1}


def test_an_existing_grid_across_a_river_stays_and_is_told():
    river = columns_cut(2, 1, "water")
    atoms = town(np.full((2, 4), 90), classes=river)
    old = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    new = adjust_atoms(atoms, old, **SETTINGS)
    assert change_of(new) == {"unchanged": 2}
    told = [finding.rule for finding in new.partition.findings]
    assert told == ["straddles_barrier"] * 2
    assert "原有网格" in new.partition.findings[0].message.zh


def test_a_community_border_through_a_grid_moves_the_lighter_side():
    atoms = town([[200, 150, 100, 160, 170]], community=[0, 0, 1, 1, 1])
    new = adjust_atoms(atoms, np.array([0, 0, 0, 1, 1]), **SETTINGS)
    assert new.moved == 100
    assert new.bound <= 100
    assert new.changes["continues"].tolist() == [0, 1]


def test_a_new_dedicated_grid_leaves_the_old_one_and_takes_its_households():
    atoms = town([[200, 20, 180]] * 1, facility=[-1, -1, 0])
    new = adjust_atoms(atoms, np.zeros(3, dtype=int), **SETTINGS)
    assert new.partition.grids["kind"].tolist() == ["basic", "dedicated"]
    assert new.moved == 180


def test_locked_grids_keep_their_atoms():
    atoms = town([[100, 100, 100, 250, 250, 60]])
    old = np.array([0, 0, 0, 1, 1, 2])
    locked = np.where(old == 1, 0, -1)
    new = adjust_atoms(atoms, old, **SETTINGS, ties=Constraints(locked=locked))
    labels = new.partition.labels
    assert np.array_equal(labels == labels[3], old == 1)


def test_a_fixed_number_of_grids_is_kept_though_more_moves():
    atoms = town(np.full((2, 4), 100))
    old = np.repeat([0, 1], 4)
    bands = Bands(usual=Band(lower=200, profile="households"), grids={0: 3})
    new = adjust_atoms(atoms, old, **{**SETTINGS, "band": bands})
    assert len(new.partition.grids) == 3
    assert new.moved == 200


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_impossible_community_is_explained_and_left_alone(jobs):
    atoms = town([[620, 100, 100, 150]])
    new = adjust_atoms(atoms, np.array([0, 1, 1, 1]), **SETTINGS, jobs=jobs)
    assert new.partition.communities["proof"].tolist() == ["atom"]
    assert new.moved == new.bound == 0


def old_grids(*boxes):
    return gpd.GeoDataFrame(
        {"code": [f"{i:03}" for i in range(len(boxes))]},
        geometry=[shapely.box(*box) for box in boxes],
        crs=32650,
    )


def test_polygons_of_whole_units_give_them_back():
    atoms = town(np.full((2, 4), 100))
    given = inherit_grids(atoms, old_grids((0, -200, 200, 0), (200, -200, 400, 0)))
    assert given.previous.tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
    assert given.findings == ()


def test_what_sticks_out_of_an_old_grid_and_who_had_none_is_told():
    atoms = town([[100, 100, 100, 70]])
    given = inherit_grids(atoms, old_grids((0, -100, 130, 0), (130, -100, 300, 0)))
    assert given.previous.tolist() == [0, 1, 1, -1]
    west, east, bare = given.findings
    assert (west.rule, west.grids, round(west.amount)) == ("follows_units", ("000",), 3000)
    assert "让出 3000 平方米" in west.message.zh
    assert "并入 3000 平方米" in east.message.zh
    assert (bare.rule, bare.amount) == ("had_grid", 70)
