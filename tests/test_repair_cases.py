"""Cases that validators of coverages are tried with (JTS, PostGIS, our robustness list)."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Point, Polygon, box

from gridgeo.config import RepairRules
from gridgeo.errors import SettingsError
from gridgeo.repair import DrawnPartition, repair_geometry

RULES = RepairRules()


def repair(*grids, rules=RULES, **known):
    array = np.empty(len(grids), dtype=object)
    array[:] = grids
    community = known.pop("community", np.full(len(grids), -1))
    known = {k: np.array(v, dtype=object) if isinstance(v, list) else v for k, v in known.items()}
    return repair_geometry(
        DrawnPartition(grids=array, community=np.array(community), **known), rules
    )


def told(done, *, mended=True):
    return [(m.what, m.grids, round(m.amount, 6)) for m in done.records if m.done == mended]


def vertices(geometry):
    return set(map(tuple, shapely.get_coordinates(geometry).tolist()))


# ---- matching vertices


def test_a_vertex_without_partner_gets_one_and_no_ground_moves():
    left, lower, upper = box(0, 0, 50, 100), box(50, 0, 90, 40), box(50, 40, 90, 100)
    done = repair(left, lower, upper)
    assert told(done) == [("vertices", (0,), 1.0)]
    assert (50.0, 40.0) in vertices(done.grids[0])
    assert done.grids[0].equals(left)
    assert done.grids[1] is lower
    assert done.grids[2] is upper
    assert shapely.coverage_is_valid(done.grids)


def test_grids_that_touch_in_a_corner_only_are_sound():
    assert repair(box(0, 0, 50, 50), box(50, 50, 100, 100)).records == ()


def test_borders_that_miss_each_other_by_less_than_a_millimetre_meet():
    left = box(0, 0, 50, 100)
    right = Polygon([(50.0004, 0), (100, 0), (100, 100), (50.0003, 100), (50.0002, 50)])
    frame = shapely.difference(box(-20, -20, 120, 120), shapely.union(left, box(50, 0, 100, 100)))
    done = repair(left, right, frame)
    assert shapely.coverage_is_valid(done.grids)
    assert shapely.union_all(done.grids).area == pytest.approx(140 * 140)


# ---- overlaps


def test_an_overlap_over_the_tolerance_is_left_and_listed():
    grids = box(0, 0, 60, 100), box(50, 0, 100, 100)
    done = repair(*grids)
    assert told(done, mended=False) == [("overlap", (0, 1), 1000.0)]
    assert all(new is old for new, old in zip(done.grids, grids, strict=True))


def test_a_small_defect_beside_a_large_one_is_mended_and_the_large_one_left():
    big = box(0, 0, 100, 100), box(80, 0, 200, 100)
    done = repair(*big, box(199, 0, 300, 100))
    assert told(done, mended=False) == [("overlap", (0, 1), 2000.0)]
    assert [what for what, *_ in told(done)][:1] == ["overlap"]
    assert done.grids[0] is big[0]


def test_a_school_inside_a_grid_does_not_vanish():
    done = repair(box(0, 0, 100, 100), box(40, 40, 60, 60))
    assert told(done, mended=False) == [("overlap", (0, 1), 400.0)]
    assert done.grids[1].area == 400


def test_a_tiny_grid_inside_another_keeps_its_ground():
    tiny = box(40, 40, 41, 41)
    done = repair(box(0, 0, 100, 100), tiny)
    assert done.grids[1] is tiny
    assert done.grids[0].area == 10_000 - 1


def test_twins_are_left_and_listed():
    done = repair(box(0, 0, 100, 100), box(0, 0, 100, 100))
    assert told(done, mended=False) == [("overlap", (0, 1), 10_000.0)]
    small = repair(box(0, 0, 10, 10), box(0, 0, 10, 10))
    assert told(small) == []
    assert [g.area for g in small.grids] == [100, 100]


def test_an_overlap_of_three_goes_to_one():
    done = repair(box(0, 0, 101, 100), box(100, 0, 200, 100), Polygon(
        [(50, 99), (150, 99), (150, 200), (50, 200)]))  # fmt: skip
    assert not told(done, mended=False)
    assert sum(shapely.area(done.grids)) == pytest.approx(shapely.union_all(done.grids).area)


def test_an_overlap_goes_to_the_grid_of_the_community_it_lies_in():
    communities = [box(0, 0, 100, 100), box(100, 0, 200, 100)]
    done = repair(box(0, 0, 102, 100), box(100, 0, 200, 100), community=[0, 1],
                  outlines=communities)  # fmt: skip
    assert told(done) == [("overlap", (0, 1), 200.0)]
    assert done.grids[0].bounds == (0, 0, 100, 100)


# ---- gaps


def test_a_hole_in_one_grid_is_filled_where_it_is_small():
    ring = Polygon(box(0, 0, 100, 100).exterior, [box(40, 40, 50, 50).exterior.coords])
    assert told(repair(ring)) == [("gap", (0,), 100.0)]
    wide = Polygon(box(0, 0, 100, 100).exterior, [box(40, 40, 60, 60).exterior.coords])
    assert told(repair(wide), mended=False) == [("gap", (0,), 400.0)]


def test_an_allowed_gap_stays():
    ring = Polygon(box(0, 0, 100, 100).exterior, [box(40, 40, 50, 50).exterior.coords])
    pond = box(39, 39, 51, 51)
    assert repair(ring, allowed=pond).records == ()


def test_a_gap_along_the_rim_shows_only_against_the_community():
    grid = box(0, 0, 98, 100)
    assert repair(grid).records == ()
    done = repair(grid, community=[0], outlines=[box(0, 0, 100, 100)])
    assert told(done) == [("gap", (0,), 200.0)]
    assert done.grids[0].equals(box(0, 0, 100, 100))


def test_a_gap_where_people_live_is_left():
    grids = box(0, 0, 98, 100), box(100, 0, 200, 100)
    known = {"community": [0, 0], "outlines": [box(0, 0, 200, 100)]}
    assert told(repair(*grids, **known)) != []
    done = repair(*grids, **known, points=[Point(99, 50)])
    assert told(done) == []
    assert told(done, mended=False) == [("gap", (0, 1), 200.0)]


def test_no_grid_takes_a_network_of_lanes():
    lanes = [box(x, y, x + 40, y + 40) for x in (0, 43, 86) for y in (0, 43, 86)]
    done = repair(*lanes, community=[0] * 9, outlines=[box(0, 0, 126, 126)])
    assert told(done) == []
    assert [m.reason.en for m in done.records] == ["the grid would change too much"]


# ---- outside


def test_ground_over_the_border_of_the_community_goes_to_the_grid_there():
    communities = [box(0, 0, 100, 100), box(100, 0, 200, 100)]
    done = repair(box(0, 0, 101, 100), box(101, 0, 200, 100), community=[0, 1],
                  outlines=communities)  # fmt: skip
    assert told(done) == [("outside", (0, 1), 100.0)]
    assert [g.bounds for g in done.grids] == [c.bounds for c in communities]


# ---- rings


def test_a_small_twist_is_untied():
    twisted = Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (51, 101), (50, 101), (51, 100),
                       (0, 100)])  # fmt: skip
    done = repair(twisted)
    assert told(done)[0][:2] == ("ring", (0,))
    assert done.grids[0].is_valid


def test_a_bow_tie_takes_the_only_ground_that_is_free():
    around = Polygon(box(0, 0, 300, 300).exterior, [box(100, 100, 200, 200).exterior.coords])
    bow_tie = Polygon([(100, 100), (200, 200), (200, 100), (100, 200)])
    done = repair(around, bow_tie)
    assert told(done) == [("ring", (1,), 10_000.0)]
    assert done.grids[1].equals(box(100, 100, 200, 200))
    assert done.grids[0] is around


def test_grids_that_cannot_be_read_are_left_where_two_of_them_are():
    holes = [box(20, 20, 60, 60), box(70, 20, 110, 60)]
    around = Polygon(box(0, 0, 130, 80).exterior, [hole.exterior.coords for hole in holes])
    bow_tie = Polygon([(20, 20), (60, 60), (60, 20), (20, 60)])
    done = repair(around, bow_tie, None)
    assert done.grids[1] is bow_tie
    assert done.grids[2] is None
    assert [what for what, *_ in told(done, mended=False)] == ["ring", "ring", "gap", "gap"]


def test_a_grid_without_geometry_is_named():
    done = repair(box(0, 0, 10, 10), None, Polygon())
    assert told(done, mended=False) == [("ring", (1,), 0.0), ("ring", (2,), 0.0)]


# ---- crumbs


def test_a_crumb_joins_the_grid_around_it():
    crumb = box(140, 40, 150, 50)
    host = Polygon(box(100, 0, 200, 100).exterior, [crumb.exterior.coords])
    done = repair(MultiPolygon([box(0, 0, 100, 100), crumb]), host)
    assert told(done) == [("part", (0, 1), 100.0)]
    assert done.grids[0].equals(box(0, 0, 100, 100))
    assert done.grids[1].equals(box(100, 0, 200, 100))


def test_a_crumb_where_people_live_and_an_islet_in_the_sea_stay():
    crumb = box(140, 40, 150, 50)
    host = Polygon(box(100, 0, 200, 100).exterior, [crumb.exterior.coords])
    done = repair(MultiPolygon([box(0, 0, 100, 100), crumb]), host, points=[Point(145, 45)])
    assert told(done) == []
    islet = MultiPolygon([box(0, 0, 100, 100), box(500, 0, 505, 5)])
    alone = repair(islet)
    assert alone.grids[0] is islet
    assert told(alone, mended=False) == [("part", (0,), 25.0)]


def test_a_large_second_part_is_not_a_crumb():
    assert repair(MultiPolygon([box(0, 0, 100, 100), box(200, 0, 220, 20)])).records == ()


# ---- settings


def test_a_wider_tolerance_mends_more():
    grids = box(0, 0, 60, 100), box(50, 0, 200, 100)
    assert told(repair(*grids, rules=RepairRules(width_m=12)))


@pytest.mark.parametrize("name", ["width_m", "area_m2", "most_share", "ring_share"])
def test_negative_tolerances_are_refused(name):
    with pytest.raises(SettingsError, match=f"repair.{name}"):
        RepairRules(**{name: -1})
