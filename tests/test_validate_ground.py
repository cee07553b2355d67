"""Checks of ground: gaps, overlaps, outlines, parts and holes."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders_judged import CRS, A, found, frame, only, reshaped, town
from shapely import MultiPolygon, Point, Polygon, box

from gridgeo.geometry import difference, union


def without_number():
    with np.errstate(invalid="ignore"):
        return Polygon([(0, 0), (9, 0), (9, np.nan), (0, 9)])


def test_a_hole_of_one_square_metre_is_an_error():
    holed = box(0, 0, 100, 100).difference(box(40, 40, 41, 41))
    told = only(found(town(grids=reshaped(0, holed)), "fills_community"))
    assert (told.severity, told.amount, told.grids) == ("error", pytest.approx(1.0), (A + "001",))
    assert told.where.equals(box(40, 40, 41, 41))
    assert "1 平方米" in told.message.zh


def test_a_sliver_gap_below_the_tolerance_is_still_counted():
    told = only(found(town(grids=reshaped(0, box(0, 0, 100 - 1e-6, 100))), "fills_community"))
    assert told.severity == "info"
    assert told.amount == pytest.approx(1e-4, rel=0.02)


@pytest.mark.parametrize(("width", "severity"), [(0.04, "info"), (0.06, "error")])
@pytest.mark.parametrize(
    ("rule", "west", "east"),
    [("fills_community", 0, -1), ("no_overlap", 0, 1), ("inside_community", -1, 0)],
)
def test_the_tolerance_is_a_width(rule, west, east, width, severity):
    shape = box(west * width, 0, 100 + east * width, 100)
    told = only(found(town(grids=reshaped(0, shape)), rule))
    assert (told.severity, told.amount) == (severity, pytest.approx(100 * width))


def test_gaps_apart_are_told_apart_and_touching_ones_are_one():
    holed = MultiPolygon([box(10, 10, 12, 12), box(12, 12, 13, 13), box(50, 50, 51, 51)])
    grids = reshaped(0, box(0, 0, 100, 100).difference(holed))
    assert [f.amount for f in found(town(grids=grids), "fills_community")] == [
        pytest.approx(1.0),
        pytest.approx(5.0),
    ]


def test_a_shifted_grid_gaps_overlaps_and_crosses():
    told = found(town(grids=reshaped(1, box(110, 0, 210, 100))))
    errors = [(f.rule, round(f.amount)) for f in told if f.severity == "error"]
    assert errors[:3] == [
        ("fills_community", 1000),
        ("no_overlap", 1000),
        ("inside_community", 1000),
    ]
    assert "(乙)" in only([f for f in told if f.rule == "inside_community"]).message.en


def test_a_grid_within_another_is_said_to_be_so():
    told = only(found(town(grids=reshaped(1, box(20, 20, 30, 30))), "no_overlap"))
    assert told.message.zh.endswith("其中一个完全落在另一个之内")


def test_a_grid_far_away_lies_outside_its_community():
    grids = reshaped(1, box(9000, 0, 9100, 100))
    told = only(found(town(grids=grids), "inside_community"))
    assert told.amount == pytest.approx(10_000)
    grids["community"] = ""
    assert "lies in no community" in only(found(town(grids=grids), "inside_community")).message.en


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (None, "has no geometry"),
        (Polygon(), "has an empty geometry"),
        (Point(1, 1), "is a Point, not a polygon"),
        (Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]), "invalid rings: Self-intersection"),
        (
            without_number(),
            "coordinates that are no numbers",
        ),
    ],
)
def test_unsound_geometry_is_named_and_stops_no_other_check(geometry, said):
    told = found(town(grids=reshaped(0, geometry)))
    first = told[0]
    assert (first.rule, first.grids) == ("valid_geometry", (A + "001",))
    assert said in first.message.en
    assert "fills_community" in {finding.rule for finding in told}


def test_parts_that_touch_at_a_corner_are_not_one():
    parts = MultiPolygon([box(0, 0, 50, 50), box(50, 50, 100, 100)])
    told = only(found(town(grids=reshaped(0, parts)), "one_part"))
    assert (told.severity, told.amount) == ("error", 2500)
    assert "in 2 parts of 2,500.0, 2,500.0 m2" in told.message.en


def test_parts_of_one_atom_are_named_but_no_error():
    parts = MultiPolygon([box(0, 0, 50, 50), box(60, 60, 100, 100)])
    atoms = frame({"grid": [A + "001"], "households": 400, "residents": 1000.0}, [parts])
    told = only(found(town(grids=reshaped(0, parts), atoms=atoms), "one_part"))
    assert told.severity == "info"


def test_parts_of_several_atoms_are_an_error():
    pieces = [box(0, 0, 50, 50), box(60, 60, 100, 100)]
    atoms = frame({"grid": [A + "001"] * 2, "households": 200, "residents": 500.0}, pieces)
    told = only(found(town(grids=reshaped(0, MultiPolygon(pieces)), atoms=atoms), "one_part"))
    assert told.severity == "error"


@pytest.mark.parametrize(("kind", "count"), [("basic", 1), ("dedicated", 0)])
def test_only_a_dedicated_grid_may_lie_in_a_hole(kind, count):
    inner = box(40, 40, 60, 60)
    grids = reshaped(0, box(0, 0, 200, 100).difference(inner))
    grids = grids.set_geometry(
        gpd.GeoSeries([grids.geometry[0], inner, *grids.geometry[2:]], crs=CRS)
    )
    grids.loc[1, "kind"] = kind
    assert len(found(town(grids=grids), "no_enclave")) == count


@pytest.mark.parametrize(("inner", "told"), [
    ([box(40, 40, 60, 60), box(60, 40, 80, 60)], [["001", "002", "003"]]),
    ([box(40, 40, 60, 60), box(70, 40, 80, 60)], [["001", "002"], ["001", "003"]]),
])  # fmt: skip
def test_grids_in_one_hole_are_one_finding(inner, told):
    outer = box(0, 0, 200, 100).difference(shapely.union_all(inner))
    rows = reshaped(0, outer)
    rows.loc[2, ["code", "community"]] = [A + "003", A]
    shapes = [outer, *inner, *rows.geometry[len(inner) + 1 :]]
    rows = rows.set_geometry(gpd.GeoSeries(shapes, index=rows.index, crs=CRS))
    findings = found(town(grids=rows), "no_enclave")
    assert [[name[-3:] for name in one.grids] for one in findings] == told
    assert sum(one.amount for one in findings) == sum(shape.area for shape in inner)
    held = [rows.set_index("code").loc[list(one.grids), "households"].sum() for one in findings]
    for one, households in zip(findings, held, strict=True):
        assert f"{households:,.0f} households if joined" in one.message.en


def voronoi(rng, count, outline):
    xy = rng.uniform(0, 1000, (count, 2)) + np.array([530_000.0, 3_380_000.0])
    cells = shapely.voronoi_polygons(shapely.MultiPoint(xy), extend_to=outline)
    pieces = shapely.intersection(shapely.get_parts(cells), outline)
    return pieces[shapely.area(pieces) > 0]


@pytest.mark.parametrize(("seed", "community"), [(34, 2), (101, 5)])
def test_overlays_are_sound_where_plain_ones_fail(seed, community):
    """GEOS 3.14 without a precision grid returns the whole community as what is not covered."""
    rng = np.random.default_rng(seed)
    communities = voronoi(rng, 8, box(530_000, 3_380_000, 531_000, 3_381_000))
    grids = np.concatenate([voronoi(rng, 60, outline) for outline in communities])
    outline = communities[community]
    near = grids[shapely.STRtree(grids).query(outline, predicate="intersects")]
    assert shapely.area(difference(communities[[community]], union(near))).sum() < 1e-5
