import networkx as nx
import numpy as np
import pytest
from builders_town import columns_cut, town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, OpenGround, Override, Search, Weights
from gridgeo.errors import SettingsError
from gridgeo.model import Bands, Constraints
from gridgeo.partition import dissolve, partition_atoms

BY_HOUSEHOLDS = Band(profile="households")


def cut(atoms, ties=None, *, band=BY_HOUSEHOLDS):
    return partition_atoms(
        atoms,
        band=band,
        weights=Weights(),
        search=Search(effort="fast"),
        open_ground=OpenGround(),
        ties=ties,
    )


def held(part, households):
    return np.bincount(part.labels, weights=np.ravel(households)).tolist()


def locked(n, **grids):
    numbers = np.full(n, -1)
    for number, atoms in enumerate(grids.values()):
        numbers[atoms] = number
    return Constraints(locked=numbers, names=tuple(grids))


@st.composite
def tied_towns(draw):
    rows, columns = draw(st.integers(2, 4)), draw(st.integers(2, 5))
    n = rows * columns
    households = draw(st.lists(st.sampled_from([0, 40, 90, 150]), min_size=n, max_size=n))
    atom = st.integers(0, n - 1)
    group = st.lists(atom, min_size=2, max_size=4, unique=True).map(np.array)
    together = draw(st.lists(group, max_size=3))
    apart = draw(st.lists(st.tuples(atom, atom).filter(lambda p: p[0] != p[1]), max_size=2))
    locks = draw(st.lists(st.sampled_from([-1, -1, -1, 0, 1]), min_size=n, max_size=n))
    ties = Constraints(
        together=tuple(together),
        apart=np.array(apart, dtype=np.int64).reshape(-1, 2),
        locked=np.array(locks) if draw(st.booleans()) else None,
    )
    return town(np.reshape(households, (rows, columns))), ties


@settings(max_examples=60, deadline=None)
@given(tied_towns())
def test_what_is_asked_is_done_or_said(case):
    atoms, ties = case
    part = cut(atoms, ties)
    labels = part.labels
    rules = [finding.rule for finding in part.findings]
    assert np.array_equal(np.unique(labels), np.arange(len(part.grids)))
    if ties.locked is not None:
        for number in np.unique(ties.locked[ties.locked >= 0]):
            own = np.unique(labels[ties.locked == number])
            assert own.size == 1
            assert np.array_equal(labels == own[0], ties.locked == number)
            assert part.grids.loc[own[0], ["kind", "locked"]].tolist() == ["basic", number]
    free = np.ones(labels.size, bool) if ties.locked is None else ties.locked < 0
    broken = sum(np.unique(labels[g[free[g]]]).size > 1 for g in ties.together)
    assert broken <= rules.count("together_unmet") <= len(ties.together)
    shared = sum(labels[a] == labels[b] for a, b in ties.apart)
    assert shared == rules.count("apart_unmet")
    inner = atoms.borders[atoms.borders["right"] >= 0]
    graph = nx.Graph(zip(inner["left"], inner["right"], strict=True))
    for grid in range(len(part.grids)):
        if part.grids.loc[grid, "locked"] < 0:
            assert nx.is_connected(graph.subgraph(np.flatnonzero(labels == grid).tolist()))


def test_groups_stay_together():
    households = np.full((4, 5), 80)
    groups = (np.array([0, 1, 2, 3]), np.array([4, 9, 14, 19]))
    part = cut(town(households), Constraints(together=groups))
    assert [np.unique(part.labels[g]).size for g in groups] == [1, 1]
    assert part.communities.loc[0, "verdict"] == "in_band"
    assert part.findings == ()


def test_groups_that_share_an_atom_are_one():
    part = cut(
        town(np.full((2, 6), 70)), Constraints(together=(np.array([0, 1]), np.array([1, 2, 3])))
    )
    assert np.unique(part.labels[:4]).size == 1
    assert part.communities.loc[0, "verdict"] == "in_band"


def test_a_group_that_is_too_much_is_named():
    ties = Constraints(together=(np.array([0, 1, 2]),))
    part = cut(town([[200, 200, 200, 100, 100, 200]]), ties)
    told = part.communities.loc[0]
    assert (told["verdict"], told["proof"]) == ("impossible", "atom")
    assert told["reasons"] == "group_too_large;split_group"
    assert "a group that must stay together (r0c0 + r0c1 + r0c2)" in told["reason_en"]
    assert sorted(held(part, [200, 200, 200, 100, 100, 200])) == [400, 600]


def test_a_group_holds_across_a_river():
    river = columns_cut(2, 1, "water")
    atoms = town([[100, 100, 100, 100], [100, 100, 100, 100]], classes=river)
    part = cut(atoms, Constraints(together=(np.array([1, 2]),)))
    assert part.labels[1] == part.labels[2]
    assert part.communities.loc[0, "verdict"] == "in_band"


@pytest.mark.parametrize(
    ("options", "group", "why"),
    [
        ({}, [0, 3], "彼此不相邻"),
        ({"community": [[0, 0, 1, 1]]}, [1, 2], "分属不同社区"),
        ({"facility": [[0, 1, -1, -1]]}, [0, 1], "属于专属网格用地"),
    ],
)
def test_groups_that_cannot_be_kept_are_reported(options, group, why):
    atoms = town([[200, 200, 200, 200]], **options)
    (found,) = cut(atoms, Constraints(together=(np.array(group),))).findings
    assert (found.rule, found.severity) == ("together_unmet", "warning")
    assert found.message.zh == f"要求同属一格的 2 个单元无法全部合在一起：{why}"
    assert found.where.area == pytest.approx(20_000)


def test_pairs_stay_apart():
    households = np.full((3, 4), 100)
    free = cut(town(households))
    pairs = np.array([[0, 1], [5, 6]])
    part = cut(town(households), Constraints(apart=pairs))
    assert (part.labels[pairs[:, 0]] != part.labels[pairs[:, 1]]).all()
    assert part.communities.loc[0, "verdict"] == "in_band"
    assert part.findings == () == free.findings


def test_a_pair_that_cannot_be_parted_is_reported():
    ties = Constraints(together=(np.array([0, 1]),), apart=np.array([[0, 1]]))
    (found,) = cut(town([[200, 200, 200, 200]]), ties).findings
    assert found.rule == "apart_unmet"
    assert "锁定网格或须在一起的单元" in found.message.zh
    part = cut(town([[40, 40]]), Constraints(apart=np.array([[0, 1]])))
    told = {finding.rule for finding in part.findings}
    parted = part.labels[0] != part.labels[1]
    assert parted or told == {"apart_unmet"}


def test_locked_grids_keep_their_atoms_and_the_rest_goes_around_them():
    households = np.full((4, 4), 100)
    part = cut(town(households), locked(16, 旧一格=[5, 6, 9, 10]))
    grid = part.labels[5]
    assert np.flatnonzero(part.labels == grid).tolist() == [5, 6, 9, 10]
    told = part.grids.loc[grid]
    assert (told["verdict"], told["reasons"]) == ("in_band", "by_households;locked")
    assert part.communities.loc[0, ["verdict", "grids"]].tolist() == ["in_band", 4]
    assert sorted(held(part, households)) == [400, 400, 400, 400]


def test_a_locked_grid_outside_the_band_stays_and_is_named():
    part = cut(town(np.full((2, 6), 100)), locked(12, 东里=[0, 6]))
    told = part.grids.loc[part.labels[0]]
    assert told["verdict"] == "under"
    assert told["reasons"] == "below_limit;locked"
    community = part.communities.loc[0]
    assert (community["verdict"], community["proof"]) == ("impossible", "atom")
    assert community["reasons"] == "locked_grid"
    assert "东里" in community["reason_zh"]
    rest = np.delete(np.arange(12), [0, 6])
    assert set(part.grids.loc[np.unique(part.labels[rest]), "verdict"]) == {"in_band"}


def test_a_part_that_a_locked_grid_cuts_off_says_so():
    part = cut(town([[100, 400, 200, 200]]), locked(4, a=[1]))
    told = part.communities.loc[0]
    assert (told["verdict"], told["proof"]) == ("impossible", "disconnected")
    assert told["reasons"].startswith("piece_cut_off")
    assert "被锁定的网格隔开" in told["reason_zh"]


def test_empty_ground_beside_a_locked_grid_does_not_join_it():
    part = cut(town([[0, 400, 200, 200]]), locked(4, a=[1]))
    assert np.flatnonzero(part.labels == part.labels[1]).tolist() == [1]
    assert part.grids["kind"].tolist().count("open") == 1


def test_a_community_that_is_one_locked_grid_is_judged_by_it():
    part = cut(town([[40, 40]]), locked(2, a=[0, 1]))
    assert part.communities.loc[0, "verdict"] == "small"
    part = cut(town([[200, 200]]), locked(2, a=[0, 1]))
    assert part.communities.loc[0, ["verdict", "grids"]].tolist() == ["in_band", 1]
    assert dissolve(town([[200, 200]]), part)["households"].tolist() == [400]


def test_each_community_has_its_own_band():
    atoms = town([[90, 90, 90, 270, 270, 270]], community=[[0, 0, 0, 1, 1, 1]])
    bands = Bands(usual=BY_HOUSEHOLDS, overrides={1: Override(lower=250).of(BY_HOUSEHOLDS)})
    part = cut(atoms, band=bands)
    assert part.communities["verdict"].tolist() == ["small", "in_band"]
    assert held(part, [90, 90, 90, 270, 270, 270]) == [270, 270, 270, 270]
    assert cut(atoms).communities.loc[1, "verdict"] == "impossible"


def test_the_number_of_grids_can_be_fixed():
    atoms = town(np.full((4, 6), 100))
    for grids in (5, 8):
        part = cut(atoms, band=Bands(usual=BY_HOUSEHOLDS, grids={0: grids}))
        assert part.communities.loc[0, ["verdict", "grids"]].tolist() == ["in_band", grids]
    part = cut(atoms, band=Bands(usual=BY_HOUSEHOLDS, grids={0: 4}))
    told = part.communities.loc[0]
    assert (told["verdict"], told["proof"], told["grids"]) == ("impossible", "arithmetic", 4)
    assert told["reasons"] == "not_this_number_of_grids"


def test_a_fixed_number_is_shared_by_the_parts_and_the_locked_grids():
    river = columns_cut(2, 1, "water")
    atoms = town(np.full((2, 9), 100), classes=river)
    part = cut(atoms, band=Bands(usual=BY_HOUSEHOLDS, grids={0: 5}))
    assert part.communities.loc[0, ["verdict", "grids"]].tolist() == ["in_band", 5]
    part = cut(atoms, locked(18, a=[7, 8, 16, 17]), band=Bands(usual=BY_HOUSEHOLDS, grids={0: 4}))
    assert part.communities.loc[0, ["verdict", "grids"]].tolist() == ["in_band", 4]


def test_an_override_is_checked():
    with pytest.raises(SettingsError, match="is above the upper limit"):
        Override(lower=500, upper=300)
    with pytest.raises(SettingsError, match="less than 1"):
        Override(grids=0)
