"""The kinds of cases that validators of coverages are tested with, each as a small town.

The kinds are those of the tests of JTS and GEOS (CoveragePolygonValidator, CoverageValidator,
CoverageGapFinder, CoverageCleaner), of the QGIS geometry checker and of PostGIS (coverage, valid);
the towns are our own. What such a validator calls an invalid edge is here a finding with the
grids that hold the ground, and how much of it.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box
from shapely.affinity import rotate

from gridgeo.config import Band, Codes, RepairRules
from gridgeo.repair import DrawnPartition, repair_geometry
from gridgeo.validate import Subject, validate

NORTH, SOUTH = box(0, 50, 100, 100), box(0, 0, 100, 50)
WEST, EAST = box(0, 0, 50, 100), box(50, 0, 100, 100)
FRAME = box(0, 0, 100, 100)
OVERLAP, GAP, OUTSIDE, PARTS = "no_overlap", "fills_community", "inside_community", "one_part"
ENCLAVE, INVALID = "no_enclave", "valid_geometry"


def wedge(*corners):
    return Polygon(corners)


def found(shapes, outline=None):
    """Return rule, grids (numbers from 1) and amount of what is found; the band is not asked."""
    codes = [f"C1-{number:03d}" for number in range(1, len(shapes) + 1)]
    columns = {"code": codes, "name": codes, "kind": "basic", "community": "C1"}
    columns |= {"households": 400, "residents": np.nan}
    grids = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4547)
    outline = shapely.union_all(shapely.make_valid(list(shapes))) if outline is None else outline
    town = gpd.GeoDataFrame({"code": ["C1"], "name": [""]}, geometry=[outline], crs=4547)
    subject = Subject(grids=grids, communities=town)
    said = validate(subject, band=Band(profile="households"), codes=Codes(scheme="plain"))
    return [
        (one.rule, tuple(codes.index(code) + 1 for code in one.grids), one.amount)
        for one in said
        if one.severity != "info"
    ]


#: Name: grids, outline of the community (None: all that they hold), what is to be found.
COVERAGES = {
    # JTS and GEOS, CoveragePolygonValidator and CoverageValidator
    "edges on one line, one shorter than the other": (
        [box(0, 0, 100, 50), box(0, 50, 80, 100)], None, []),
    "the same ground twice, one with another part": (
        [WEST, MultiPolygon([box(0, 0, 50, 100), box(60, 0, 80, 100)])], None,
        [(OVERLAP, (1, 2), 5000), (PARTS, (2,), 2000)]),
    "a corner crosses an edge": (
        [NORTH, wedge((0, 0), (100, 0), (50, 75))], None,
        [(OVERLAP, (1, 2), 3750 / 9)]),
    "a corner crosses an edge and edges run inside": (
        [wedge((0, 0), (25, 60), (75, 60), (100, 0)), NORTH], None, [(OVERLAP, (1, 2), 1625 / 3)]),
    "a vertex stands on an edge without a vertex": (
        [NORTH, wedge((0, 0), (100, 0), (50, 50))], None, []),
    "an edge runs inside and touches an edge": (
        [wedge((40, 20), (40, 80), (90, 100), (90, 0)), box(0, 20, 60, 80)], None,
        [(OVERLAP, (1, 2), 1200)]),
    "an edge runs between two nodes of the other": (
        [box(50, 0, 100, 100), wedge((20, 50), (50, 100), (80, 50), (50, 0))], None,
        [(OVERLAP, (1, 2), 1500)]),
    "a grid with a bay lies over another": (
        [wedge((0, 100), (50, 100), (80, 75), (60, 75), (40, 50), (80, 0), (0, 0)), EAST], None,
        [(OVERLAP, (1, 2), 1000)]),
    "three parts each lie over another grid": (
        [MultiPolygon([wedge((40, 80), (90, 90), (90, 70)), wedge((30, 50), (90, 60), (90, 40)),
                       wedge((20, 20), (90, 30), (90, 10))]), box(0, 0, 60, 100)], None,
        [(OVERLAP, (1, 2), 80 + 150 + 1600 / 7), (PARTS, (1,), 500 + 600)]),
    "both grids have parts": (
        [MultiPolygon([box(40, 60, 90, 90), box(40, 10, 90, 40)]),
         MultiPolygon([box(0, 60, 50, 90), box(0, 10, 50, 40)])], None,
        [(OVERLAP, (1, 2), 600), (PARTS, (1,), 1500), (PARTS, (2,), 1500)]),
    "one edge is shared, the others run inside": (
        [wedge((0, 0), (50, 50), (80, 20)), wedge((0, 0), (50, 50), (100, 0))], None,
        [(OVERLAP, (1, 2), 1500)]),
    "a grid is larger than the hole that it lies in, and smaller elsewhere": (
        [Polygon(FRAME.exterior, [box(40, 40, 80, 80).exterior]), box(40, 40, 85, 75)], FRAME,
        [(GAP, (1, 2), 200), (OVERLAP, (1, 2), 175), (ENCLAVE, (1, 2), None)]),
    "a grid lies wholly in another": (
        [FRAME, box(30, 30, 70, 70)], None, [(OVERLAP, (1, 2), 1600)]),
    "edges match": ([WEST, box(50, 0, 100, 40), box(50, 40, 100, 100)], None, []),
    "rings run against the clock": ([WEST.reverse(), EAST], None, []),
    "a vertex is there twice": (
        [wedge((0, 0), (50, 0), (50, 50), (50, 50), (50, 100), (0, 100)), EAST], None, []),
    "grids meet in one point": (
        [box(0, 0, 50, 50), box(50, 50, 100, 100), box(50, 0, 100, 50), box(0, 50, 50, 100)],
        None, []),
    "a grid lies over three": (
        [WEST, EAST, box(0, 100, 100, 200), box(40, 90, 60, 110)], None,
        [(OVERLAP, (1, 4), 100), (OVERLAP, (2, 4), 100), (OVERLAP, (3, 4), 200)]),
    # JTS and GEOS, CoverageGapFinder; QGIS, gap check
    "a gap between three grids": (
        [WEST, box(50, 0, 100, 48), wedge((50, 50), (100, 48), (100, 100), (50, 100))],
        FRAME, [(GAP, (1, 2, 3), 50)]),
    "two gaps that touch in a point are one": (
        [WEST, wedge((50, 0), (100, 0), (100, 100), (50, 100), (54, 75), (50, 50), (54, 25))],
        FRAME, [(GAP, (1, 2), 200)]),
    "two gaps along one border": (
        [WEST, wedge((50, 0), (100, 0), (100, 100), (50, 100), (54, 80), (50, 60), (50, 40),
                     (54, 20))],
        FRAME, [(GAP, (1, 2), 80), (GAP, (1, 2), 80)]),
    "a gap that is wide": ([WEST, box(70, 0, 100, 100)], FRAME, [(GAP, (1, 2), 2000)]),
    "a gap at the rim": ([WEST, box(50, 0, 98, 100)], FRAME, [(GAP, (2,), 200)]),
    "a hole in one grid": (
        [Polygon(FRAME.exterior, [box(40, 40, 50, 50).exterior])], FRAME, [(GAP, (1,), 100)]),
    # JTS and GEOS, CoverageCleaner
    "borders that nearly match": (
        [wedge((0, 100), (100, 100), (100, 49.9), (0, 50)), SOUTH], FRAME,
        [(OVERLAP, (1, 2), 5)]),
    "borders that lie now here, now there": (
        [wedge((0, 100), (100, 100), (100, 50), (75, 50), (50, 50), (25, 50), (0, 50)),
         wedge((0, 0), (100, 0), (100, 50), (75, 51), (50, 50), (25, 49), (0, 50))], FRAME,
        [(GAP, (1, 2), 25), (OVERLAP, (1, 2), 25)]),
    # QGIS, geometry checker
    "three grids over one place": (
        [box(0, 0, 60, 100), box(40, 0, 100, 100), box(45, 40, 55, 60)], None,
        [(OVERLAP, (1, 2), 2000), (OVERLAP, (1, 3), 200), (OVERLAP, (2, 3), 200)]),
    "a sliver as a grid of its own": (
        [box(0, 0, 49.9, 100), box(49.9, 0, 50, 100), EAST], None, []),
    "a grid fills the hole of another": (
        [Polygon(FRAME.exterior, [box(40, 40, 60, 60).exterior]), box(40, 40, 60, 60)], FRAME,
        [(ENCLAVE, (1, 2), None)]),
    "a grid reaches over the border of the community": (
        [WEST, box(50, 0, 103, 100)], FRAME, [(OUTSIDE, (2,), 300)]),
    "parts that touch in a corner": (
        [MultiPolygon([box(0, 0, 50, 50), box(50, 50, 100, 100)]), box(50, 0, 100, 50),
         box(0, 50, 50, 100)], FRAME, [(PARTS, (1,), 2500)]),
}  # fmt: skip
#: Rings of one grid that fill a community of 100 x 100 m somehow: PostGIS, JTS and QGIS.
RINGS = {
    "crosses itself": wedge((0, 0), (100, 100), (100, 0), (0, 100)),
    "touches itself in a point": wedge((0, 0), (50, 50), (100, 0), (100, 100), (50, 50), (0, 100)),
    "turns back on its own edge": wedge((0, 0), (100, 0), (100, 100), (50, 100), (50, 150),
                                        (50, 100), (0, 100)),
    "holes that touch along an edge": Polygon(
        FRAME.exterior, [box(20, 20, 40, 40).exterior, box(40, 20, 60, 40).exterior]),
    "a hole that cuts the grid in two": Polygon(
        FRAME.exterior, [box(40, 0, 60, 100).exterior]),
    "a hole that is the grid itself": Polygon(FRAME.exterior, [FRAME.exterior]),
    "parts that lie over each other": MultiPolygon([box(0, 0, 60, 100), box(40, 0, 100, 100)]),
    "a figure of eight beside a square": MultiPolygon(
        [box(0, 0, 20, 20), wedge((30, 0), (60, 40), (60, 0), (30, 40))]),
    "no ground at all": wedge((0, 0), (100, 0), (50, 0), (0, 0)),
}  # fmt: skip


@pytest.mark.parametrize("name", COVERAGES)
def test_a_case_gives_what_it_should_and_nothing_else(name):
    shapes, outline, expected = COVERAGES[name]
    told = found(shapes, outline)
    assert [one[:2] for one in told] == [one[:2] for one in expected]
    for (_, _, amount), (_, _, known) in zip(told, expected, strict=True):
        assert known is None or amount == pytest.approx(known, rel=1e-4)


@pytest.mark.parametrize("name", COVERAGES)
@examples(max_examples=4)
@given(turn=st.floats(0, 360), order=st.randoms(use_true_random=False))
def test_neither_a_turn_nor_the_order_of_rows_changes_what_is_found(name, turn, order):
    shapes, outline, expected = COVERAGES[name]
    rows = list(range(len(shapes)))
    order.shuffle(rows)
    turned = [rotate(shapes[row], turn, origin=(0, 0)) for row in rows]
    around = None if outline is None else rotate(outline, turn, origin=(0, 0))
    told = [
        (rule, tuple(sorted(rows[one - 1] + 1 for one in grids)), amount)
        for rule, grids, amount in found(turned, around)
        if amount is None or amount > 0.1
    ]
    assert sorted(one[:2] for one in told) == sorted(one[:2] for one in expected)


@pytest.mark.parametrize("name", COVERAGES)
def test_repair_mends_a_case_or_leaves_it_and_a_second_run_does_nothing(name):
    shapes, outline, _ = COVERAGES[name]
    outline = shapely.union_all(list(shapes)) if outline is None else outline
    own = np.zeros(len(shapes), dtype=int)
    rules = RepairRules()

    def mended(grids):
        town = DrawnPartition(
            grids=grids, community=own, outlines=np.array([outline], dtype=object)
        )
        return repair_geometry(town, rules)

    before = np.array(shapes, dtype=object)
    once = mended(before)
    again = mended(once.grids)
    assert [one for one in again.records if one.done] == []
    assert shapely.is_valid(once.grids).all()
    assert (shapely.area(once.grids) > 0).all()
    assert (shapely.get_num_geometries(once.grids) <= shapely.get_num_geometries(before)).all()
    lost = shapely.difference(shapely.union_all(before), shapely.union_all(once.grids))
    assert shapely.intersection(lost, outline).area < 1e-6


@pytest.mark.parametrize("name", RINGS)
def test_rings_that_are_not_sound_are_named_and_stop_no_check(name):
    told = found([RINGS[name]], FRAME)
    assert (INVALID, (1,)) in [one[:2] for one in told]


def test_no_validator_of_edges_finds_a_wide_gap_but_we_do():
    shapes = COVERAGES["a gap that is wide"][0]
    assert shapely.coverage_is_valid(shapes, gap_width=5)
    assert [one[0] for one in found(shapes, FRAME)] == [GAP]
