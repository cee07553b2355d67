"""Thin parts (wires, tongues, strips): found in anybody's grids, and none in what we make."""

import numpy as np
import pytest
import shapely
from builders_adjust import NORTH, SMALL, saved
from builders_adjust import town as drawn_town
from builders_atoms import EAST, WEST, cut
from builders_atoms import town as street_town
from builders_city import areas, facilities
from builders_judged import A, found, frame, only, reshaped, town
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from gridgeo.adjust import adjust_grids
from gridgeo.config import AtomRules, RepairRules
from gridgeo.geometry import thin_parts
from gridgeo.repair import DrawnPartition, repair_geometry

WIDTH, LEAST = AtomRules().thin_part_m, AtomRules().thin_part_m2


def tailed(width, length=60.0):
    """The first grid of the judged town with a tail along the second one."""
    return box(0, 0, 100, 100).union(box(100, 0, 100 + length, width))


# ---- the check


def test_a_tail_is_found_with_its_place_area_and_length():
    told = only(found(town(grids=reshaped(0, tailed(6))), "no_thin_part"))
    assert (told.severity, told.grids) == ("warning", (A + "001",))
    assert told.amount == pytest.approx(360, abs=1)
    assert told.where.symmetric_difference(box(100, 0, 160, 6)).area < 1
    assert "60 m long" in told.message.en
    assert "长 60 米" in told.message.zh


@pytest.mark.parametrize(("width", "length"), [(8.1, 60), (6, 33)])
def test_a_tail_that_is_wide_or_small_is_none(width, length):
    assert not found(town(grids=reshaped(0, tailed(width, length))), "no_thin_part")


def test_the_width_and_the_area_are_settings():
    grids = reshaped(0, tailed(6))
    for rule in ({"thin_part_m": 5.0}, {"thin_part_m": 0.0}, {"thin_part_m2": 400.0}):
        assert not found(town(grids=grids, **rule), "no_thin_part")


def test_what_is_thin_in_the_community_itself_is_no_fault_of_the_grid():
    subject = town(grids=reshaped(0, tailed(6)))
    outlines = subject.communities.geometry.to_numpy().copy()
    outlines[0] = tailed(6)
    communities = subject.communities.set_geometry(outlines, crs=subject.communities.crs)
    assert not found(town(grids=subject.grids, communities=communities), "no_thin_part")


@pytest.mark.parametrize(("streets", "severity"), [(2, "info"), (1, "warning")])
def test_a_tip_between_two_streets_is_listed_apart(streets, severity):
    tip = Polygon([(0, 0), (200, 4), (0, 8), (0, 100), (-100, 100), (-100, 0)])
    sides = [LineString([(0, 0), (200, 4)]), LineString([(0, 8), (200, 4)])][:streets]
    subject = town(grids=reshaped(0, tip), streets=frame({}, sides))
    assert only(found(subject, "no_thin_part")).severity == severity


# ---- atoms


def test_a_median_between_two_blocks_joins_one_of_them():
    # the median hangs together with the block north of the ring road
    lines = [
        ("支路", "西路", [(0, 96), (300, 96)]),
        ("支路", "东路", [(0, 102), (300, 102)]),
        ("支路", "环路", [(300, -9), (300, 96)]),
        ("支路", "北路", [(300, 102), (300, 209)]),
    ]
    atoms = cut(street_town(*lines, homes=[WEST, EAST, (100, 150, 40)]))
    polygons = atoms.frame.geometry.to_numpy()
    assert shapely.area(polygons).sum() == pytest.approx(400 * 200)
    assert not len(thin_parts(polygons, WIDTH, LEAST)[0])
    assert len(atoms.frame) == 3


def test_a_strip_between_an_outline_and_cells_is_divided_among_them():
    school = facilities(("学校", "育才小学", box(120, 40, 260, 160).union(box(260, 40, 395, 46))))
    atoms = cut(street_town(facilities=school))
    assert (atoms.frame["facility"] >= 0).sum() == 1
    assert not len(thin_parts(atoms.frame.geometry.to_numpy(), WIDTH, LEAST)[0])


def test_a_locked_grid_keeps_its_thin_part():
    locked = box(100, 50, 200, 150).union(box(200, 50, 260, 56))
    atoms = cut(street_town(locked=areas(locked, names=["老网格"])))
    kept, _ = thin_parts(atoms.frame.geometry.to_numpy(), WIDTH, LEAST)
    assert [round(area) for area in shapely.area(kept)] == [360]


@effort(max_examples=25)
@given(
    width=st.floats(0.5, 7.5),
    length=st.floats(60, 170),
    south=st.floats(60, 130),
    median=st.floats(1.0, 7.5),
    turned=st.booleans(),
)
def test_atoms_have_no_thin_part_whatever_tails_and_medians_are_drawn(
    width, length, south, median, turned
):
    tail = box(220, south, 220 + length, south + width)
    if turned:
        tail = tail.union(box(220 + length - width, 20, 220 + length, south))
    school = facilities(("学校", "育才小学", box(120, 60, 220, 140).union(tail)))
    lines = [
        ("支路", name, [(-9, north), (300, north)])
        for name, north in (("南幅", 170), ("北幅", 170 + median))
    ]
    ends = [("支路", "东路", [(300, north), (300, north + side * 190)])
            for north, side in ((170, -1), (170 + median, 1))]  # fmt: skip
    atoms = cut(street_town(*lines, *ends, facilities=school))
    polygons = atoms.frame.geometry.to_numpy()
    assert shapely.coverage_is_valid(polygons)
    assert shapely.area(polygons).sum() == pytest.approx(400 * 200)
    assert atoms.frame["households"].sum() == 90
    assert not len(thin_parts(polygons, WIDTH, LEAST)[0])


def test_an_outline_with_very_many_vertices_is_opened_with_few_of_them(monkeypatch):
    tail = box(0, 0, 120, 100).union(box(120, 0, 220, 5))
    dense = shapely.transform(
        shapely.segmentize(tail, 0.1), lambda xy: xy + 0.03 * np.sin(xy * 1e4)
    )
    assert dense.is_valid
    opened, buffer = [], shapely.buffer

    def counted(shapes, *args, **kwargs):
        opened.extend(shapely.get_num_coordinates(shapes))
        return buffer(shapes, *args, **kwargs)

    monkeypatch.setattr(shapely, "buffer", counted)
    parts, piece = thin_parts(np.array([dense, tail]), WIDTH, LEAST)
    assert max(opened) < 100 < len(dense.exterior.coords) / 50
    assert piece.tolist() == [0, 1]
    assert shapely.area(parts) == pytest.approx(500, rel=0.05)
    assert shapely.difference(parts[0], dense).area < 1e-6


# ---- adjust and repair


def test_adjust_gives_a_tongue_to_the_grid_along_it(tmp_path):
    tongue = box(400, 194, 900, 200)
    west, east = SMALL.union(tongue), box(400, 0, 1200, 200).difference(tongue)
    grids, rules = drawn_town(tmp_path, west, east, *NORTH)
    new = adjust_grids(grids, rules)
    shapes = new.plan.grids.geometry.to_numpy()
    assert not len(thin_parts(shapes, WIDTH, LEAST)[0])
    assert shapely.union_all(shapes).area == pytest.approx(1200 * 400)
    assert any("thin parts" in reason for reason in new.proposals["reason_en"])
    again = adjust_grids(saved(new, tmp_path / "out"), rules)
    assert again.proposals.empty


def test_repair_divides_a_gap_among_the_grids_along_it():
    grids = np.array(
        [box(0, 102, 200, 200), box(200, 102, 400, 200), box(0, 0, 200, 98), box(200, 0, 400, 98)]
    )
    drawn = DrawnPartition(
        grids=grids, community=np.zeros(4, dtype=np.intp), outlines=np.array([box(0, 0, 400, 200)])
    )
    done = repair_geometry(drawn, RepairRules())
    assert shapely.union_all(done.grids).equals(box(0, 0, 400, 200))
    assert not len(thin_parts(done.grids, WIDTH, LEAST)[0])
    assert sum(one.done for one in done.records) == 2
