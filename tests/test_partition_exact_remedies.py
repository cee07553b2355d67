"""The remedies that a county officer reads, and that they would really help."""

from dataclasses import replace

import numpy as np
from builders_problem import BANDS, partitions, problems
from builders_town import town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import Band, OpenGround, Search, Weights
from gridgeo.partition import Solution, partition_atoms
from gridgeo.partition.pieces import SolvedPiece
from gridgeo.partition.remedy import _BandedAmount, _nearest_limits
from gridgeo.wording import Text

BY_HOUSEHOLDS = BANDS[0]


def told(atoms, community=0, band=BY_HOUSEHOLDS):
    part = partition_atoms(
        atoms,
        band=band,
        weights=Weights(),
        search=Search(effort="fast"),
        open_ground=OpenGround(),
    )
    return part.communities.loc[community]


def test_a_tower_of_620_is_to_be_split_by_stairwell():
    found = told(town([[100, 100, 100, 100], [100, 620, 100, 100], [100, 100, 100, 100]]))
    assert found["reason_zh"] == (
        "620 户的一个单元（r1c1）超过上限 500 户，沿街道或楼栋无法再分。"
        "可行办法：将r1c1的这一单元按楼门拆成 2 部分，每部分约 310 户"
    )
    assert found["reason_en"].endswith(
        ". Remedy: split the unit r1c1 by stairwell into 2 parts of about 310 households"
    )


def test_a_village_of_540_moves_40_out_or_60_in_or_relaxes_a_limit():
    villages = town([[90, 90, 90, 200], [90, 90, 90, 200]], community=[[0, 0, 0, 1]] * 2)
    found = told(villages)
    assert found["reason_zh"] == (
        "540 户，无论划成几个网格，都不能使每个网格为 300–500 户。可行办法："
        "将 40 户划入相邻的社区1（调整后本村（社区）500 户、社区1 440 户）；"
        "或从相邻的社区1划入 60 户（调整后本村（社区）600 户、社区1 340 户）"
        "（以上按总量测算，调整后请重新运行核对）；"
        "或将本村（社区）的上限放宽到 540 户（划 1 个网格），或将下限放宽到 270 户（划 2 个网格）"
    )
    assert found["reason_en"] == (
        "540 households cannot be divided into grids of 300-500 households, whatever the number "
        "of grids. Remedy: move 40 households across the border to the neighbouring 社区1 (then "
        "500 here and 440 there); or take in 60 households across the border from the "
        "neighbouring 社区1 (then 600 here and 340 there) (by the totals: run again to see); or "
        "allow up to 540 households in a grid (1 in all), or as few as 270 (2 in all)"
    )


def test_a_village_whose_neighbour_can_neither_give_nor_take_merges_with_it():
    found = told(town([[90, 90, 90, 105], [90, 90, 90, 105]], community=[[0, 0, 0, 1]] * 2))
    assert found["reasons"] == "no_number_of_grids;by_totals;other_number_of_grids"
    assert "merge with the neighbouring 社区1 (750 households together)" in found["reason_en"]


def test_a_village_of_540_alone_can_only_relax_its_limits():
    found = told(town([[90, 90, 90], [90, 90, 90]]))
    assert found["reason_zh"].endswith(
        "可行办法：将本村（社区）的上限放宽到 540 户（划 1 个网格），"
        "或将下限放宽到 270 户（划 2 个网格）"
    )


def test_residents_count_where_the_profile_asks_for_them():
    village = town([[90] * 3], residents=[[450] * 3], community=[[0] * 3])
    found = told(village, band=Band(profile="residents"))
    assert "将本村（社区）的上限放宽到 1,350 人" in found["reason_zh"]


def test_a_part_cut_off_is_to_be_linked_or_given_away():
    atoms = town(
        [[300, 100, 0, 200, 200]],
        community=[[1, 0, 0, 0, 0]],
        facility=[[-1, -1, 0, -1, -1]],
    )
    found = told(atoms)
    assert found["proof"] == "disconnected"
    assert found["reason_zh"].endswith(
        "可行办法：修建桥梁、地道或开设通道，使 100 户的这一片与其余部分连通"
        "（以上按总量测算，调整后请重新运行核对）；"
        "或将这一片划入相邻的社区1（调整后 社区1 400 户）；"
        "或允许这一片单独成为 100 户的网格"
    )
    assert "a bridge, underpass or gate that links the part" in found["reason_en"]


def test_the_nearest_limits_are_told_where_all_ways_were_tried():
    found = told(town([[250, 100, 250]]))
    assert found["proof"] == "exhausted"
    assert found["reason_zh"].endswith(
        "可行办法：将本村（社区）的下限放宽到 250 户；或将本村（社区）的上限放宽到 600 户"
    )
    for lower, verdict in ((250, "in_band"), (251, "impossible")):
        band = replace(BY_HOUSEHOLDS, lower=lower)
        assert told(town([[250, 100, 250]]), band=band)["verdict"] == verdict


@settings(max_examples=40, deadline=None)
@given(problem=problems(most=7))
def test_the_relaxed_limit_is_the_nearest_that_suffices(problem):
    if any(partitions(BY_HOUSEHOLDS, problem)):
        return
    n = problem.households.size
    solution = Solution(
        labels=np.zeros(n, dtype=np.int32), grids=1, missed=1, distance=1.0, cost=0.0, moves=0
    )
    piece = SolvedPiece(
        members=np.arange(n),
        problem=problem,
        solution=solution,
        names=("",) * n,
        cut_off_by=None,
        contracted=(False,) * n,
    )
    limits = _nearest_limits(BY_HOUSEHOLDS, [piece])
    for side, step, least in (("lower", 1, 150), ("upper", -1, 750)):
        found = getattr(limits, side)
        if found is None:
            widest = replace(BY_HOUSEHOLDS, **{side: least})
            assert not any(partitions(widest, problem))
            continue
        assert any(partitions(replace(BY_HOUSEHOLDS, **{side: found}), problem))
        assert not any(partitions(replace(BY_HOUSEHOLDS, **{side: found + step}), problem))


@given(amount=st.integers(0, 3000), lower=st.integers(1, 400), wide=st.integers(0, 400))
def test_an_amount_fits_where_some_number_of_grids_holds_it(amount, lower, wide):
    measure = _BandedAmount(amount=amount, lower=lower, upper=lower + wide, unit=Text("", ""))
    fits = any(k * lower <= amount <= k * (lower + wide) for k in range(1, 3001))
    assert measure.fits(amount) == fits
