import numpy as np
import pytest
from builders_town import columns_cut, town
from test_partition_change import blocks

from gridgeo.config import Band, OpenGround, Search, Weights
from gridgeo.partition import Solution, dissolve, partition_atoms
from gridgeo.partition.pieces import SolvedPiece
from gridgeo.partition.verdicts import judge_community

BY_HOUSEHOLDS = Band(profile="households")


def cut(atoms, *, band=BY_HOUSEHOLDS, open_m2=20_000.0, **options):
    return partition_atoms(
        atoms,
        band=band,
        weights=Weights(),
        search=Search(effort="fast"),
        open_ground=OpenGround(area_m2=open_m2),
        **options,
    )


def verdict(part, community=0):
    return part.communities.loc[community]


def test_a_tower_of_620_is_named_and_the_rest_stays_in_band():
    part = cut(town([[100, 100, 100, 100], [100, 620, 100, 100], [100, 100, 100, 100]]))
    told = verdict(part)
    assert (told["verdict"], told["proof"]) == ("impossible", "atom")
    assert told["reasons"] == "atom_too_large;split_atom"
    assert "r1c1" in told["reason_en"]
    tower = part.grids.loc[part.labels[5]]
    assert tower["verdict"] == "over"
    assert tower["reasons"] == "above_limit"
    assert (part.grids["verdict"].drop(part.labels[5]) == "in_band").all()


def test_residents_can_admit_a_tower_under_either():
    households = [[620, 100, 100, 100]]
    residents = np.array([[1100, 250, 250, 250]])
    part = cut(town(households, residents=residents), band=Band())
    assert verdict(part)["verdict"] == "in_band"
    assert part.grids.loc[part.labels[0], "reasons"] == "by_residents"


def test_a_village_of_540_is_impossible_by_arithmetic():
    part = cut(town([[90, 90, 90], [90, 90, 90]]))
    told = verdict(part)
    assert (told["verdict"], told["proof"], told["grids"]) == ("impossible", "arithmetic", 1)
    assert told["reasons"] == "no_number_of_grids;other_number_of_grids"
    assert part.grids["verdict"].tolist() == ["over"]


def test_a_small_village_is_one_grid():
    part = cut(town([[40, 40, 40]], residents=[[90, 90, 90]]), band=Band())
    told = verdict(part)
    assert (told["verdict"], told["grids"]) == ("small", 1)
    assert told["reasons"] == "small_community"
    assert part.grids["verdict"].tolist() == ["small"]


def test_residents_put_a_small_village_in_band():
    part = cut(town([[95, 95, 95]], residents=[[300, 300, 300]]), band=Band())
    assert verdict(part)["verdict"] == "in_band"
    assert part.grids["reasons"].tolist() == ["by_residents"]


def test_no_ways_left_is_proved_by_trying_all():
    part = cut(town([[250, 100, 250]]))
    told = verdict(part)
    assert (told["verdict"], told["proof"]) == ("impossible", "exhausted")
    assert told["reasons"] == "exhausted;allow_fewer;allow_more"


def test_a_unit_that_fits_no_neighbour_is_named():
    part = cut(town([[*([100] * 10), 150, 400, 250], [*([100] * 10), 400, 400, 260]]))
    told = verdict(part)
    assert (told["verdict"], told["proof"]) == ("impossible", "atom")
    assert told["reasons"].startswith("atom_fits_nowhere")
    assert "r1c12" in told["reason_zh"]
    assert "r1c9" not in told["reason_zh"]


def test_halves_that_can_stand_are_not_joined_across_a_river():
    river = columns_cut(2, 1, "water")
    part = cut(town([[100, 100, 100, 100], [100, 100, 100, 100]], classes=river))
    assert verdict(part)["verdict"] == "in_band"
    assert part.findings == ()
    labels = part.labels.reshape(2, 4)
    assert np.array_equal(labels, [[0, 0, 1, 1], [0, 0, 1, 1]])


def test_a_part_cut_off_by_a_river_is_joined_and_reported():
    river = columns_cut(2, 0, "water")
    part = cut(town([[40, 100, 100], [40, 100, 100]], classes=river))
    assert verdict(part)["verdict"] == "in_band"
    (found,) = part.findings
    assert (found.rule, found.severity) == ("straddles_barrier", "info")
    assert (found.amount, found.unit) == (80.0, "households")
    assert "80 户的一片单独无法达标，其网格在此跨越水域" in found.message.zh
    assert found.where.length == pytest.approx(100)


def test_the_easiest_barrier_is_crossed():
    classes = {**columns_cut(1, 0, "water"), **columns_cut(1, 1, "motorway")}
    part = cut(town([[200, 100, 200]], classes=classes))
    assert len(part.findings) == 2
    assert "高速快速路" in part.findings[0].message.zh


def test_a_part_that_its_atoms_keep_out_of_band_is_joined_after_the_search():
    river = columns_cut(1, 1, "rail")
    part = cut(town([[460, 240, 70, 150, 150]], classes=river))
    assert verdict(part)["verdict"] == "in_band"
    assert "铁路" in part.findings[0].message.zh
    assert sorted(dissolve_counts(part, [460, 240, 70, 150, 150])) == [300, 310, 460]


def dissolve_counts(part, households):
    return np.bincount(part.labels, weights=households).tolist()


def test_a_part_behind_a_school_is_disconnected():
    part = cut(town([[100, 0, 200, 200]], facility=[[-1, 0, -1, -1]]))
    told = verdict(part)
    assert (told["verdict"], told["proof"]) == ("impossible", "disconnected")
    assert told["reasons"].startswith("piece_cut_off;by_totals")
    assert "专属网格“学校0”" in told["reason_zh"]
    assert part.grids["kind"].tolist() == ["basic", "basic", "dedicated"]
    assert part.grids["reasons"].iloc[2] == "facility"


def test_a_facility_in_two_places_is_two_grids():
    part = cut(town([[0, 200, 200, 0]], facility=[[0, -1, -1, 0]]))
    told = part.grids[part.grids["kind"] == "dedicated"]["reason_zh"].tolist()
    assert told == ["学校0：面积达标（共 2 片之第 1 片）", "学校0：面积达标（共 2 片之第 2 片）"]


@pytest.mark.parametrize(("open_m2", "kinds"), [(15_000, 1), (5_000, 2)])
def test_ground_without_households_joins_or_stays_open(open_m2, kinds):
    river = columns_cut(1, 1, "water")
    part = cut(town([[200, 200, 0]], classes=river), open_m2=open_m2)
    assert part.grids["kind"].nunique() == kinds
    assert verdict(part)["verdict"] == "in_band"
    if kinds == 1:
        assert "无住户的一片跨水域" in part.findings[0].message.zh
    else:
        assert part.grids["reasons"].iloc[1] == "open_cut_off"
        assert part.grids["reason_zh"].iloc[1].endswith("被水域隔开")
        assert part.grids["verdict"].iloc[1] == "open"


def test_a_community_without_households_is_open_ground():
    part = cut(town([[0, 0, 200, 200]], community=[[0, 0, 1, 1]]))
    told = verdict(part)
    assert (told["verdict"], told["grids"]) == ("small", 0)
    assert part.grids["kind"].tolist() == ["open", "basic"]
    assert part.grids["reasons"].iloc[0] == "open_community"


def test_ground_apart_from_the_rest_of_its_community_says_so():
    part = cut(town([[200, 200, 400, 0]], community=[[0, 0, 1, 0]]))
    assert part.grids.loc[part.grids["kind"] == "open", "reasons"].tolist() == ["open_apart"]


def test_grids_are_numbered_north_to_south_then_west_to_east():
    part = cut(town([[200, 200, 200, 200], [400, 400, 400, 400]]))
    grids = dissolve(town([[200, 200, 200, 200], [400, 400, 400, 400]]), part)
    assert list(grids.index) == list(range(6))
    north = -grids.centroid.y.to_numpy().round()
    assert sorted(zip(north, grids.centroid.x, strict=True)) == list(
        zip(north, grids.centroid.x, strict=True)
    )


def test_streets_of_higher_rank_are_preferred_as_borders():
    arterial = columns_cut(3, 2, "arterial")
    part = cut(town(np.full((3, 6), 45), classes=arterial))
    labels = part.labels.reshape(3, 6)
    assert (labels[:, :3] == labels[0, 0]).all()
    assert (labels[:, 3:] == labels[0, 3]).all()
    assert labels[0, 0] != labels[0, 3]


def test_progress_counts_communities():
    seen = []
    cut(
        town([[200, 200, 200, 200]], community=[[0, 0, 1, 1]]),
        on_progress=lambda done, of: seen.append((done, of)),
    )
    assert seen == [(1, 2), (2, 2)]


def test_a_grid_four_times_too_large_is_one_grid_that_misses_the_band():
    solution = Solution(
        labels=np.repeat(np.arange(2, dtype=np.int32), [12, 4]),
        grids=2, missed=2, distance=700.0, cost=0.0, moves=0, interrupted=True,
    )  # fmt: skip
    piece = SolvedPiece(
        members=np.arange(16), problem=blocks([[100] * 16]), solution=solution,
        names=("",) * 16, cut_off_by=None, contracted=(False,) * 16,
    )  # fmt: skip
    told = judge_community(BY_HOUSEHOLDS, [piece])
    assert told.name == "not_found"
    assert told.reason.en.startswith("1 of 2 grids miss the band, by 700 households together")
