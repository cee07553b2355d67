"""Known kinds of defects are found where they are, by how much, and nowhere else."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from benchmarks.bench_verify import partition
from benchmarks.defects import KINDS, Defect, defects, neighbours
from gridgeo.config import Band, Codes, RepairRules
from gridgeo.repair import DrawnPartition, repair_geometry
from gridgeo.validate import Subject, validate

SEEDS = (1, 2)


@pytest.fixture(scope="module")
def town():
    grids, communities = partition(120, 4)
    grids = grids.assign(kind="basic", residents=np.nan, name="name " + grids["code"])
    return grids.set_index("code", drop=False).rename_axis(None), communities


def found(grids, communities):
    subject = Subject(grids=grids.reset_index(drop=True), communities=communities)
    codes = Codes(scheme="plain")
    said = validate(subject, band=Band(profile="households"), codes=codes)
    return [one for one in said if one.severity != "info"]


@pytest.fixture(scope="module")
def cases(town):
    return {(seed, made.name): made for seed in SEEDS for made in defects(town[0], seed)}


NAMES = ("missing grid", "moat", "hole", "overlap", "slivers", "shifted vertex", "far part", "twin",
         "same code", "bow-tie", "oversize", "undersize", "crossing", "no geometry", "no code",
         "nested")  # fmt: skip


def test_the_town_is_sound_and_every_kind_is_tried(town, cases):
    assert found(*town) == []
    assert {name for _, name in cases} == set(NAMES)
    assert len(NAMES) == len(KINDS)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_it_is_found_there_by_that_much_and_nowhere_else(town, cases, name, seed):
    made: Defect = cases[seed, name]
    new = found(made.grids, town[1])
    there = [one for one in new if one.rule == made.rule and made.at & set(one.grids)]
    assert there
    if made.area is not None:
        assert sum(one.amount for one in there) == pytest.approx(made.area, rel=0.01)
    near = made.at.union(*(neighbours(town[0], code) for code in made.at & set(town[0].index)))
    assert [one for one in new if not near & set(one.grids)] == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_repair_gives_the_sound_partition_back_or_leaves_it(town, cases, name, seed):
    sound, communities = town
    made: Defect = cases[seed, name]
    broken = made.grids.geometry.to_numpy()
    place = {code: n for n, code in enumerate(communities["code"])}
    parents = np.array([place[code] for code in made.grids["community"]])
    outlines = communities.geometry.to_numpy()
    done = repair_geometry(
        DrawnPartition(grids=broken, community=parents, outlines=outlines), RepairRules()
    )
    kept = shapely.make_valid(np.where(shapely.is_missing(broken), Polygon(), broken))
    changed = shapely.area(shapely.symmetric_difference(kept, done.grids)) > 0.01
    assert set(made.grids.index[changed]) <= made.at  # others may get the vertices they lack
    if made.mended:
        assert changed.any()
        before = sound.geometry.to_numpy()
        assert shapely.area(shapely.symmetric_difference(before, done.grids)).max() < 0.01


RING = [(0, 0), (100, 0), (100, 100), (0, 100)]
HOLE = [(40, 40), (60, 40), (60, 60), (40, 60)]
#: Cases that the validators of PostGIS, JTS and GEOS are tested with.
INVALID = {
    "bow-tie": Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]),
    "ring that touches itself from inside": Polygon(
        [(0, 0), (100, 0), (100, 100), (50, 0), (0, 100)]
    ),
    "hole that shares an edge with the shell": Polygon(
        RING, [[(0, 40), (20, 40), (20, 60), (0, 60)]]
    ),
    "hole outside the shell": Polygon(RING, [[(200, 0), (220, 0), (220, 20), (200, 20)]]),
    "nested holes": Polygon(RING, [HOLE, [(45, 45), (55, 45), (55, 55), (45, 55)]]),
    "the same hole twice": Polygon(RING, [HOLE, HOLE]),
    "nested shells": MultiPolygon([Polygon(RING), box(40, 40, 60, 60)]),
    "the same shell twice": MultiPolygon([Polygon(RING), Polygon(RING)]),
    "parts that share an edge": MultiPolygon([box(0, 0, 50, 100), box(50, 0, 100, 100)]),
    "spike": Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (50, 150), (50, 100), (0, 100)]),
    "ring without area": Polygon([(0, 0), (100, 0), (0, 0), (0, 0)]),
}


def square(*shapes):
    """Return what is found where `shapes` are the grids of a community of 100 x 100 m."""
    codes = [f"C1-{number:03d}" for number in range(1, len(shapes) + 1)]
    columns = {"code": codes, "name": codes, "kind": "basic", "community": "C1"}
    columns |= {"households": 400, "residents": np.nan}
    grids = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4547)
    return found(grids, gpd.GeoDataFrame({"code": ["C1"], "name": [""]}, geometry=[box(0, 0, 100, 100)], crs=4547))  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("name", INVALID)
def test_invalid_rings_are_found_and_stop_no_check(name):
    new = square(INVALID[name])
    assert [one.grids for one in new if one.rule == "valid_geometry"] == [("C1-001",)]


def test_a_vertex_that_only_one_side_has_is_no_defect():
    west, east = box(0, 0, 50, 100), Polygon([(50, 0), (100, 0), (100, 100), (50, 100), (50, 40)])
    south, north = box(0, 0, 100, 50), [box(0, 50, 30, 100), box(30, 50, 100, 100)]
    assert square(west, east) == []
    assert square(south, *north) == []


def test_an_unmatched_vertex_off_the_line_is_a_gap_of_its_triangle():
    west, east = box(0, 0, 50, 100), Polygon([(50, 0), (100, 0), (100, 100), (50, 100), (52, 50)])
    (gap,) = square(west, east)
    assert (gap.rule, gap.amount, gap.grids) == (
        "fills_community", pytest.approx(100.0), ("C1-001", "C1-002")
    )  # fmt: skip


def test_a_gap_narrower_than_a_hair_is_counted_not_listed():
    assert square(box(0, 0, 50, 100), box(50.00005, 0, 100, 100)) == []


def test_parts_that_meet_in_a_corner_are_not_one():
    first = MultiPolygon([box(0, 0, 50, 50), box(50, 50, 100, 100)])
    second = MultiPolygon([box(50, 0, 100, 50), box(0, 50, 50, 100)])
    assert [(one.rule, one.grids) for one in square(first, second)] == [
        ("one_part", ("C1-001",)),
        ("one_part", ("C1-002",)),
    ]
