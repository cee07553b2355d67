"""Validate: sound towns pass, every check fires on a town broken on purpose."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from gridgeo.config import Band, Codes
from gridgeo.errors import InputError
from gridgeo.validate import CHECKS, Subject, area_difference, judge, street_share, validate
from gridgeo.validate.overlay import minus, united

A, B = "420102001001", "420102001002"
CRS = 32650
laws = settings(max_examples=25, deadline=None)


def frame(columns, geometry):
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=CRS)


def town(**layers):
    """Two communities side by side, each of two grids of 100 x 100 m with 400 households."""
    cells = [box(x, 0, x + 100, 100) for x in (0, 100, 200, 300)]
    codes = [A + "001", A + "002", B + "001", B + "002"]
    columns = {
        "code": codes,
        "name": ["甲1", "甲2", "乙1", "乙2"],
        "kind": "basic",
        "community": [A, A, B, B],
        "households": [400] * 4,
        "residents": [1000.0] * 4,
    }
    doors = [Point(x + dx, y) for x in (0, 100, 200, 300) for dx, y in ((20, 30), (70, 80))]
    points = {"households": 200, "residents": 500.0, "grid": np.repeat(codes, 2)}
    atoms = {"grid": np.repeat(codes, 2), "households": 200, "residents": 500.0}
    halves = [box(x, y, x + 100, y + 50) for x in (0, 100, 200, 300) for y in (0, 50)]
    sound = {
        "grids": frame(columns, cells),
        "communities": frame(
            {"code": [A, B], "name": ["甲", "乙"]}, [box(0, 0, 200, 100), box(200, 0, 400, 100)]
        ),
        "households": frame(points, doors),
        "atoms": frame(atoms, halves),
        "streets": frame({}, [LineString([(x, -50), (x, 150)]) for x in (100, 300)]),
        "facilities": frame(
            {"name": ["小卖部"], "dedicated": False, "reason_en": "", "reason_zh": ""},
            [box(10, 10, 20, 20)],
        ),
        "households_in": 1600,
    }
    return Subject(**{**sound, **layers})


def without_number():
    with np.errstate(invalid="ignore"):
        return Polygon([(0, 0), (9, 0), (9, np.nan), (0, 9)])


def reshaped(row, geometry, **columns):
    """The town with another geometry, or other columns, for one grid."""
    grids = town().grids.copy()
    shapes = grids.geometry.to_numpy().copy()
    shapes[row] = geometry
    grids = grids.set_geometry(gpd.GeoSeries(shapes, crs=CRS))
    for name, value in columns.items():
        grids.loc[row, name] = value
    return grids


def found(subject, *rules, codes=None, band=None):
    told = validate(subject, band=band or Band(), codes=codes or Codes())
    return [finding for finding in told if not rules or finding.rule in rules]


def only(findings):
    assert len(findings) == 1, [str(finding.message) for finding in findings]
    return findings[0]


@st.composite
def cuts(draw):
    """A rectangle cut again and again: its sides and its pieces, in quarter metres."""
    pieces = [(0, 0, draw(st.integers(8, 400)), draw(st.integers(8, 400)))]
    for _ in range(draw(st.integers(0, 12))):
        x, y, w, h = pieces.pop(draw(st.integers(0, len(pieces) - 1)))
        if draw(st.booleans()) and w >= 8:
            at = draw(st.integers(4, w - 4))
            pieces += [(x, y, at, h), (x + at, y, w - at, h)]
        elif h >= 8:
            at = draw(st.integers(4, h - 4))
            pieces += [(x, y, w, at), (x, y + at, w, h - at)]
        else:
            pieces.append((x, y, w, h))
    shapes = [shapely.box(x / 4, y / 4, (x + w) / 4, (y + h) / 4) for x, y, w, h in pieces]
    return shapes, draw(st.floats(-1e6, 1e6)), draw(st.floats(0, 5e6)), draw(st.randoms())


def drawn(shapes, dx=0.0, dy=0.0, outline=None):
    """A subject of one community and the given grids, moved by dx and dy."""
    move = lambda geometry: shapely.transform(geometry, lambda xy: xy + np.array([dx, dy]))  # noqa: E731
    columns = {
        "code": [f"A-{n:02d}" for n in range(1, len(shapes) + 1)],
        "name": "x",
        "kind": "basic",
        "community": "A",
        "households": 400,
        "residents": np.nan,
    }
    outline = shapely.union_all(shapes) if outline is None else outline
    return Subject(
        grids=frame(columns, move(np.array(shapes, dtype=object))),
        communities=frame({"code": ["A"], "name": ["A"]}, [move(outline)]),
    )


@laws
@given(cuts())
def test_any_partition_of_a_rectangle_is_sound(case):
    shapes, dx, dy, _ = case
    subject = drawn(shapes, dx, dy)
    told = found(subject, codes=Codes(scheme="plain"))
    assert [str(f.message) for f in told if f.severity == "error"] == []
    assert area_difference(subject.grids, subject.communities) < 1e-5


@laws
@given(cuts())
def test_a_dropped_grid_is_a_gap_of_its_area(case):
    shapes, dx, dy, random = case
    lost = random.choice(shapes)
    outline = shapely.union_all(shapes)
    rest = [shape for shape in shapes if shape is not lost]
    told = found(drawn(rest, dx, dy, outline), "fills_community", codes=Codes(scheme="plain"))
    assert only(told).amount == pytest.approx(lost.area, rel=1e-6)


@laws
@given(cuts())
def test_a_doubled_grid_is_an_overlap_of_its_area(case):
    shapes, dx, dy, random = case
    twice = random.choice(shapes)
    subject = drawn([*shapes, twice], dx, dy)
    told = found(subject, "no_overlap", codes=Codes(scheme="plain"))
    assert only(told).amount == pytest.approx(twice.area, rel=1e-6)
    assert "the same ground" in told[0].message.en
    assert area_difference(subject.grids, subject.communities) == pytest.approx(
        twice.area, rel=1e-6
    )


@laws
@given(cuts(), st.floats(0.5, 50), st.floats(0.5, 50))
def test_what_a_moved_grid_leaves_and_takes_is_all_found(case, dx, dy):
    shapes, _, _, random = case
    row = random.randrange(len(shapes))
    outline = shapely.union_all(shapes)
    moved = [*shapes]
    moved[row] = shapely.transform(shapes[row], lambda xy: xy + np.array([dx, dy]))
    subject = drawn(moved, outline=outline)
    told = found(subject, codes=Codes(scheme="plain"))
    areas = dict.fromkeys(("fills_community", "no_overlap", "inside_community"), 0.0)
    for finding in told:
        if finding.rule in areas:
            areas[finding.rule] += finding.amount
    left = shapes[row].difference(moved[row]).area
    outside = moved[row].difference(outline).area
    assert areas["fills_community"] == pytest.approx(left, abs=1e-4)
    assert areas["inside_community"] == pytest.approx(outside, abs=1e-4)
    assert areas["no_overlap"] == pytest.approx(left - outside, abs=1e-3)


@laws
@given(st.randoms())
def test_the_order_of_rows_changes_nothing(random):
    broken = reshaped(1, box(95, -3, 200, 100), households=700)
    rows = list(range(4))
    random.shuffle(rows)
    shuffled = broken.iloc[rows].reset_index(drop=True)
    assert shown(found(town(grids=shuffled))) == shown(found(town(grids=broken)))


def shown(findings):
    return [(f.rule, f.severity, f.message, f.grids, f.amount) for f in findings]


def test_a_sound_town_has_no_findings():
    assert found(town()) == []


def test_judging_changes_no_argument():
    grids = reshaped(0, None)
    before = grids.copy()
    found(town(grids=grids))
    assert grids.equals(before)


def test_every_check_has_its_own_name():
    assert len({check.__name__ for check in CHECKS}) == len(CHECKS)


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


def test_swapped_codes_are_found_by_their_communities_and_households():
    grids = town().grids.copy()
    grids["code"] = grids["code"].iloc[[0, 2, 1, 3]].to_numpy()
    parented = found(town(grids=grids), "codes_parented")
    assert [f.grids for f in parented] == [(A + "002",), (B + "001",)]
    assert "has the code of community" in parented[0].message.en
    assert len(found(town(grids=grids), "households_once")) == 2


def test_swapped_codes_of_one_community_are_found_by_their_households():
    grids = town().grids.copy()
    grids["code"] = grids["code"].iloc[[1, 0, 2, 3]].to_numpy()
    told = found(town(grids=grids), "households_once")
    assert [(f.amount, f.grids) for f in told] == [(400.0, (A + "001", A + "002"))] * 2


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "#1 has no code"),
        (A + "01", "is not a 12-digit community code and 3 digits"),
        (A + "000", "is not a 12-digit community code and 3 digits"),
    ],
)
def test_malformed_codes_are_errors(code, said):
    grids = reshaped(0, box(0, 0, 100, 100), code=code, name="")
    assert said in only(found(town(grids=grids), "codes_wellformed")).message.en


def test_a_wrong_scheme_is_said_once():
    shapes = [box(x, 0, x + 1, 1) for x in range(8)]
    told = only(found(drawn(shapes), "codes_wellformed"))
    assert "8 of 8 codes (A-01, A-02" in told.message.en


def test_one_code_twice_is_an_error():
    grids = reshaped(0, box(0, 0, 100, 100), code=A + "002")
    told = only(found(town(grids=grids), "codes_unique"))
    assert (told.grids, told.where.area) == ((A + "002",), 20_000)


def test_a_code_of_no_community_is_an_error():
    grids = reshaped(0, box(0, 0, 100, 100), code="420102001009001")
    told = only(found(town(grids=grids), "codes_parented"))
    assert "a community that is not there: 420102001009" in told.message.en


def test_a_community_that_is_not_there_is_an_error():
    grids = reshaped(0, box(0, 0, 100, 100), community="丙")
    assert "names community 丙" in only(found(town(grids=grids), "codes_parented")).message.en


def test_communities_without_codes_are_said_to_be_unchecked():
    communities = town().communities.assign(code="")
    grids = town().grids.assign(community=["甲", "甲", "乙", "乙"])
    told = only(found(town(grids=grids, communities=communities)))
    assert told.rule == "not_checked"
    assert "codes_parented was not checked" in told.message.en


def test_unusual_segments_are_a_warning():
    communities = town().communities.assign(code=[A, "420102001600"])
    told = only(found(town(communities=communities), "segments_usual"))
    assert told.severity == "warning"
    assert "村（社区）段 600" in told.message.zh


def test_a_household_in_no_grid_is_lost_unless_it_is_listed():
    points = town().households.copy()
    far = points.geometry.to_numpy().copy()
    far[0] = Point(-500, 0)
    points = points.set_geometry(gpd.GeoSeries(far, crs=CRS))
    assert only(found(town(households=points), "households_once")).severity == "error"
    points.loc[0, "grid"] = ""
    told = only(found(town(households=points), "households_once"))
    assert (told.severity, told.amount) == ("info", 200.0)


def test_a_household_outside_every_community_is_no_fault_of_grids_that_others_drew():
    points = town().households.drop(columns="grid")
    shapes = points.geometry.to_numpy().copy()
    shapes[0] = Point(-500, 0)
    points = points.set_geometry(gpd.GeoSeries(shapes, crs=CRS))
    told = only(found(town(households=points), "households_once"))
    assert (told.severity, told.amount) == ("warning", 200.0)
    assert "位于所有社区之外" in told.message.zh


def test_a_household_in_two_grids_is_an_error():
    grids = reshaped(0, box(0, 0, 130, 100))
    told = only(found(town(grids=grids), "households_once"))
    assert (told.grids, told.amount) == ((A + "001", A + "002"), 200.0)


def test_a_household_on_a_border_belongs_to_either_side():
    points = town().households.copy()
    shapes = points.geometry.to_numpy().copy()
    shapes[1] = Point(100.004, 80)
    points = points.set_geometry(gpd.GeoSeries(shapes, crs=CRS))
    assert found(town(households=points)) == []


def test_a_household_that_states_no_or_an_unknown_grid_is_an_error():
    points = town().households.copy()
    points["grid"] = ["", "X", *points["grid"][2:]]
    told = found(town(households=points), "households_once")
    assert sorted(f.message.en.split(" but ")[1] for f in told) == [
        "state none",
        "state one that is not there",
    ]


def test_totals_that_differ_are_errors():
    grids = reshaped(0, box(0, 0, 100, 100), households=390)
    told = found(town(grids=grids), "totals_conserved")
    assert {f.amount for f in told} == {10.0}
    assert any("1,600 households came in" in f.message.en for f in told)
    assert any("标注 390 户，实际为 400 户" in f.message.zh for f in told)


def test_a_grid_that_only_atoms_name_is_an_error():
    told = found(town(grids=town().grids.iloc[1:], households=None), "totals_conserved")
    assert f"grid {A}001 is not there; 400 households state it" in told[-1].message.en


def test_listed_households_balance_what_came_in():
    assert found(town(households_in=1650, households_listed=50)) == []


@pytest.mark.parametrize(
    ("band", "households", "residents", "said"),
    [
        (Band(), 520, np.nan, "holds 520 households, 20 households above the band of 300 to 500"),
        (Band(), 520, 1300, "and 1,300 residents, 20 households above"),
        (Band(profile="households"), 250, 1000, "50 households below the band of 300 to 500"),
        (Band(profile="residents"), 400, 700, "100 residents below the band of 800 to 1200"),
    ],
)
def test_a_grid_outside_the_band_is_a_warning(band, households, residents, said):
    grids = reshaped(0, box(0, 0, 100, 100), households=households, residents=residents)
    points = town().households.assign(residents=np.nan)
    told = only(found(town(grids=grids, households=points), "in_band", band=band))
    assert told.severity == "warning"
    assert said in told.message.en


def test_one_measure_of_two_is_enough():
    grids = town().grids.assign(households=600)
    assert found(town(grids=grids), "in_band") == []


def test_the_only_grid_of_a_small_community_is_allowed():
    grids = town().grids.iloc[[0, 1]].copy()
    grids = frame(grids.drop(columns="geometry"), [box(0, 0, 200, 100), box(200, 0, 400, 100)])
    grids["community"], grids["households"], grids["residents"] = [A, B], [120, 400], np.nan
    told = only(found(town(grids=grids), "in_band"))
    assert told.severity == "info"


def test_counts_that_grids_lack_are_those_of_the_points_inside():
    grids = town().grids.assign(households=np.nan, residents=np.nan)
    points = town().households.assign(households=[200] * 6 + [300] * 2)
    told = only(
        found(town(grids=grids, households=points), "in_band", band=Band(profile="households"))
    )
    assert (told.grids, told.amount) == ((B + "002",), 100.0)


def test_a_field_that_no_grid_has_is_said_once():
    grids = town().grids.assign(name="", kind=["basic", "basic", "basic", "park"])
    told = found(town(grids=grids), "attributes_complete")
    assert [f.message.en for f in told] == [
        "all grids have no name",
        "1 grids have the unknown kind 'park'",
    ]


def test_what_cannot_be_checked_is_said():
    bare = Subject(grids=town().grids, communities=town().communities)
    told = found(bare)
    assert {f.rule for f in told} == {"not_checked"}
    assert [f.message.en.split()[0] for f in told] == [
        "households_once",
        "totals_conserved",
        "on_streets",
        "facilities_dedicated",
    ]


def test_a_missing_column_is_refused():
    with pytest.raises(InputError, match=r"column code is missing; there are name.*layer grids"):
        Subject(grids=town().grids.drop(columns="code"), communities=town().communities)


def test_another_coordinate_system_is_refused():
    with pytest.raises(InputError, match=r"coordinate system is EPSG:4326.*layer communities"):
        Subject(grids=town().grids, communities=town().communities.to_crs(4326))


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
    assert shapely.area(minus(communities[[community]], united(near))).sum() < 1e-5


def test_a_judgement_is_the_findings_and_the_two_figures():
    subject = town(grids=reshaped(1, box(110, 0, 210, 100)))
    told = judge(subject, band=Band(), codes=Codes())
    assert shown(told.findings) == shown(found(subject))
    assert told.area_difference_m2 == area_difference(subject.grids, subject.communities)
    assert told.area_difference_m2 == pytest.approx(3000)
    assert told.street_share == street_share(subject.grids, subject.streets, None)


def test_atoms_that_state_no_grid_count_where_they_lie():
    silent = town().atoms.assign(grid="")
    assert found(town(atoms=silent), "totals_conserved") == []
    fewer = silent.assign(households=[100] + [200] * 7)
    (finding,) = found(town(atoms=fewer), "totals_conserved")
    assert finding.grids == (A + "001",)
