"""The quality of the ground: what borders follow, buildings cut, enclaves, corners, shapes."""

import pytest
from builders_judged import CRS, A, found, frame, only, town
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from gridgeo.config import Band, Codes
from gridgeo.validate import judge
from gridgeo.wording import FOLLOWED, ground_rows


def quality(**layers):
    return judge(town(**layers), band=Band(), codes=Codes()).ground


def follows(**layers):
    """Metres by kind of the two borders of the town, at x = 100 and x = 300, 100 m each."""
    told = quality(**{"streets": None, **layers}).follows_m
    return {name: metres for name, metres in told.items() if metres}


def line(*points, **columns):
    return frame({name: [value] for name, value in columns.items()}, [LineString(points)])


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        ({"streets": line((105, 0), (105, 100), street_class="local")}, "street"),
        ({"streets": line((105, 0), (105, 100), street_class="lane")}, "path"),
        ({"barriers": line((105, 0), (105, 100), street_class="rail")}, "rail"),
        ({"barriers": line((105, 0), (105, 100), street_class="wall")}, "wall"),
        ({"barriers": frame({"street_class": ["water"]}, [box(105, 0, 150, 100)])}, "water"),
        ({"compounds": frame({"name": ["x"]}, [box(105, 0, 150, 100)])}, "compound"),
        ({"parcels": frame({}, [box(105, 0, 150, 100)])}, "parcel"),
    ],
)
def test_a_border_follows_what_lies_beside_it(layer, kind):
    assert follows(**layer) == {kind: 100.0, "open": 100.0}


def test_of_several_kinds_the_first_counts_and_each_metre_once():
    streets = line((100, 60), (100, 100), street_class="local")
    compounds = frame({"name": ["x"]}, [box(100, 0, 150, 100)])
    told = follows(streets=streets, compounds=compounds)
    assert told == {"street": 52.0, "compound": 48.0, "open": 100.0}


@pytest.mark.parametrize(
    ("left", "right", "between"),
    [(10, 10, True), (10, 15, True), (10, 17, False), (19, 21, True), (21, 21, False)],
)
def test_between_two_buildings_is_near_their_middle_line_and_at_most_40_m(left, right, between):
    """Buildings of 100 m length `left` and `right` metres beside the border at x = 100."""
    shapes = [box(70 - left, 0, 100 - left, 100), box(100 + right, 0, 130 + right, 100)]
    told = follows(buildings=frame({"name": ["x", "x"]}, shapes))
    assert told == ({"building_gap": 100.0, "open": 100.0} if between else {"open": 200.0})


def test_the_two_arms_of_one_building_are_no_gap():
    court = box(60, 0, 140, 100).difference(box(90, 0, 110, 90))
    told = follows(buildings=frame({"name": ["x"]}, [court]))
    assert "building_gap" not in told


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), min_size=2, unique=True))
def test_the_kinds_add_up_to_the_borders(points):
    streets = line(*points, street_class="lane")
    buildings = frame({"name": ["x", "x"]}, [box(80, 20, 95, 60), box(104, 10, 120, 90)])
    told = quality(streets=streets, buildings=buildings)
    assert tuple(told.follows_m) == tuple(FOLLOWED)
    assert sum(told.follows_m.values()) == pytest.approx(200.0, abs=1.0)


def test_a_border_beside_a_street_is_found_with_its_metres():
    streets = line((140, -20), (140, 60), street_class="local", cuts=True)
    finding = only(found(town(streets=streets), "borders_on_ground"))
    assert finding.grids == (f"{A}001", f"{A}002")
    assert (finding.amount, finding.unit) == (pytest.approx(60, abs=1.1), "m")
    assert finding.where.within(box(99, 0, 101, 62))


@pytest.mark.parametrize(("metres", "severity"), [(60, "info"), (100, "warning")])
def test_a_border_long_beside_a_street_is_a_warning(metres, severity):
    streets = line((140, -20), (140, metres + 1), street_class="local", cuts=True)
    assert only(found(town(streets=streets), "borders_on_ground")).severity == severity


@pytest.mark.parametrize(
    "streets",
    [
        line((161, 0), (161, 100), street_class="local", cuts=True),
        line((120, 0), (160, 100), street_class="local", cuts=True),
        line((140, 0), (140, 17), street_class="local", cuts=True),
        line((140, 0), (140, 100), street_class="local", cuts=False),
    ],
    ids=["too far", "too slanted", "too short", "a tunnel"],
)
def test_streets_that_are_not_beside_a_border_are_no_finding(streets):
    assert found(town(streets=streets), "borders_on_ground") == []


def test_a_cut_building_names_its_grids_and_shares():
    cut = frame({"name": ["8号楼", ""]}, [box(70, 40, 130, 50), box(40, 40, 103, 50)])
    first, second = found(town(buildings=cut), "buildings_whole")
    assert first.grids == second.grids == (f"{A}001", f"{A}002")
    assert "8号楼 of 600 m2 stands in 2 grids" in first.message.en
    assert (first.amount, second.amount) == (pytest.approx(300), pytest.approx(30))
    assert quality(buildings=cut).buildings_cut == 2


@pytest.mark.parametrize("shape", [box(70, 40, 100.4, 50), box(170, 40, 230, 50)])
def test_slivers_of_buildings_and_borders_of_communities_cut_nothing(shape):
    whole = frame({"name": ["x"]}, [shape])
    assert found(town(buildings=whole), "buildings_whole") == []
    assert quality(buildings=whole).buildings_cut == 0


def test_a_building_above_the_limit_may_be_divided():
    cut = frame({"name": ["x"]}, [box(70, 40, 130, 50)])
    homes = frame({"households": [300, 300], "residents": 1500.0}, [Point(80, 45), Point(120, 45)])
    subject = town(buildings=cut, households=homes, atoms=None, households_in=600)
    finding = only(found(subject, "buildings_whole"))
    assert (finding.severity, "exceeds the band" in finding.message.en) == ("info", True)


def test_enclaves_corners_homes_and_compactness_are_counted():
    hole = box(240, 40, 260, 60)
    ground = [box(0, 0, 100, 100), box(100, 0, 200, 100), box(200, 0, 400, 100) - hole, hole]
    grids = town().grids.set_geometry(ground, crs=CRS)
    told = quality(grids=grids.assign(kind=["dedicated", "basic", "basic", "basic"]))
    assert (told.enclaves, told.dedicated_households) == (1, 400)
    assert told.corners == 3  # of the four of a ring, all but where it closes
    assert told.compactness == pytest.approx(
        sum(4 * 3.14159265 * g.area / g.length**2 for g in ground[1:]) / 3, abs=1e-4
    )


def test_a_staircase_of_small_steps_has_no_corner_and_one_of_large_steps_has():
    def stairs(step):
        points = [(100, 0)]
        while points[-1][1] < 100:
            x, y = points[-1]
            points += (
                [(x + step, y), (x + step, y + 4 * step)]
                if x == 100
                else [(x - step, y), (x - step, y + 4 * step)]
            )
        inner = [(x, min(y, 100)) for x, y in points]
        left = Polygon([(0, 0), *inner, (0, 100)])
        cells = [left, box(0, 0, 200, 100) - left, *town().grids.geometry[2:]]
        return quality(grids=town().grids.set_geometry(cells, crs=CRS)).corners

    assert stairs(1) == 0
    assert stairs(10) > 2


def test_the_figures_read_well_in_both_languages():
    rows = {name.en: value for name, value in ground_rows(quality().figures())}
    assert rows["borders follow"].en == "street 100 % of 0.2 km"
    assert rows["borders follow"].zh == "街道 100%（共 0.2 千米）"
    assert "buildings cut" not in rows
