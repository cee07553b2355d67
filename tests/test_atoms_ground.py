"""Cells, compounds, buildings, outlines and communities: what becomes of the ground of towns."""

import numpy as np
import pytest
import shapely
from builders_atoms import DENSE, EAST, WEST, cut, inner_borders, middle, town
from builders_city import (
    ORIGIN,
    areas,
    communities,
    facilities,
    households,
)
from shapely import Polygon, box
from shapely.affinity import translate

from gridgeo.config import AtomRules, Band
from gridgeo.errors import InputError

# --- cells, compounds, groups, buildings -----------------------------------------------------


def test_a_heavy_block_is_cut_into_cells():
    atoms = cut(town(homes=DENSE))
    assert set(atoms.frame["kind"]) == {"cell"}
    cap = AtomRules().cell_share * Band().upper
    assert atoms.frame["households"].max() <= cap
    assert atoms.frame["households"].sum() == 800
    assert set(inner_borders(atoms)["street_class"]) == {"none"}


def test_a_tower_that_holds_too_many_is_one_atom():
    atoms = cut(town(homes=[(100, 100, 900), *DENSE]))
    tower = atoms.frame[atoms.frame.contains(atoms.frame.geometry.iloc[0].representative_point())]
    assert len(tower) == 1
    assert atoms.frame["households"].max() >= 900
    assert (atoms.frame["households"] > 900 + 100).sum() == 0


def test_a_compound_that_fits_is_one_atom_with_its_name():
    yard = box(120, 40, 260, 160)  # 42 points, 168 households
    atoms = cut(town(homes=DENSE, compounds=areas(yard, names=["如意苑"])))
    (compound,) = np.flatnonzero(atoms.frame["name"] == "如意苑")
    assert atoms.frame["households"].iloc[compound] == 168
    np.testing.assert_allclose(atoms.frame.area.iloc[compound], yard.area, rtol=0.02)


def test_minor_streets_inside_a_compound_do_not_cut_it_but_main_roads_do():
    yard = areas(box(120, 40, 260, 160), names=["如意苑"])
    for kind, pieces in (("支路", 1), ("主干路", 2)):
        inner = (kind, "苑中路", [(190, 0), (190, 200)])
        atoms = cut(town(inner, homes=[WEST, EAST, (150, 90, 70), (230, 90, 80)], compounds=yard))
        assert len(atoms.frame) == pieces, kind


def test_a_compound_that_is_too_big_is_cut():
    atoms = cut(town(homes=DENSE, compounds=areas(box(0, 0, 400, 200), names=["大院"])))
    assert atoms.frame["households"].max() <= 100
    assert set(atoms.frame["name"]) == {"大院"}


def test_a_group_is_divided_neither_by_cells_nor_by_lanes():
    names = ["东组" if x > 240 else "西组" for x, _, _ in DENSE]
    lane = ("小区路", "巷子", [(300, 0), (300, 200)])
    city = town(lane).with_layers(households=households(*DENSE, groups=names))
    city_atoms = cut(city)
    east = np.array(city.layers().households["group"]) == "东组"
    (own,) = set(city_atoms.household_atom[east])
    assert city_atoms.frame["name"][own] == "东组"


def test_an_atom_without_compound_has_the_name_of_its_only_group():
    homes = [WEST, EAST]
    both = town(homes=homes).with_layers(households=households(*homes, groups=["甲", "乙"]))
    atoms = cut(both)
    assert set(atoms.frame["name"]) == {""}
    same = town(homes=homes).with_layers(households=households(*homes, groups=["甲", "甲"]))
    assert set(cut(same).frame["name"]) == {"甲"}


def test_a_group_that_is_too_big_is_divided():
    city = town().with_layers(households=households(*DENSE, groups=["全村"] * len(DENSE)))
    assert cut(city).frame["households"].max() <= 100


def test_cells_bend_around_buildings():
    blocks = [box(x, y, x + 70, y + 14) for y in range(8, 200, 25) for x in range(5, 400, 80)]
    homes = [(b.centroid.x, b.centroid.y, 22) for b in blocks]
    city = town(homes=homes, buildings=areas(*blocks))
    atoms = cut(city)
    rooms = city.layers().buildings.buffer(-0.05).to_numpy()
    inner = inner_borders(atoms)
    assert len(atoms.frame) > 5
    assert not shapely.intersects(shapely.union_all(inner.geometry.to_numpy()), rooms).any()


@pytest.mark.parametrize("kind", ["支路", "主干路", "步行街"])
def test_a_building_that_streets_cross_stays_whole(kind):
    hall = box(150, 80, 380, 120)
    homes = [(x, y, 30) for x in (60, 120, 260, 340) for y in (30, 170)] + [(250, 100, 40)]
    town_ = town(
        (kind, "中路", [(200, 0), (200, 200)]),
        (kind, "东路", [(300, 0), (300, 200)]),
        homes=homes,
        buildings=areas(hall),
    )
    atoms = cut(town_)
    shapes = atoms.frame.geometry.to_numpy()
    hall = town_.layers().buildings.geometry.iloc[0]
    parts = shapely.area(shapely.intersection(shapes, hall))
    assert len(shapes) >= 3
    np.testing.assert_allclose(np.sort(parts)[-2:], [0, hall.area], atol=1e-6)
    assert shapely.coverage_is_valid(shapes)
    np.testing.assert_allclose(shapely.area(shapes).sum(), 80_000)


def test_a_building_larger_than_a_grid_may_be_divided_by_a_street():
    hall = box(150, 80, 250, 120)
    homes = [(170, 100, 300), (230, 100, 300), *DENSE]
    atoms = cut(town(middle(), homes=homes, buildings=areas(hall)))
    assert atoms.frame["households"].max() < 600


# --- dedicated outlines ---------------------------------------------------------------------


def test_a_facility_is_carved_out_and_takes_the_strip_to_the_street():
    school = facilities(("学校", "第一中学", box(10, 10, 130, 190)))
    atoms = cut(town(middle(), homes=(EAST,), facilities=school))
    row = atoms.frame[atoms.frame["facility"] == 0]
    assert len(row) == 1
    np.testing.assert_allclose(row.area, 130 * 200, rtol=1e-3)


def test_a_facility_that_leaves_only_slivers_takes_the_whole_block():
    school = facilities(("学校", "第一中学", box(12, 12, 188, 188)))
    atoms = cut(town(middle(), homes=(EAST,), facilities=school))
    assert sorted(atoms.frame["facility"]) == [-1, 0]
    np.testing.assert_allclose(atoms.frame.area, 40_000)


@pytest.mark.parametrize("gap", [0, 4])
def test_facilities_side_by_side_share_the_strip_to_the_street(gap):
    """Each takes the ground before its own front, to the middle of the gap between them."""
    outlines = facilities(
        ("学校", "第一中学", box(12, 12, 90, 188)),
        ("学校", "第二中学", box(90 + gap, 12, 188, 188)),
    )
    atoms = cut(town(middle(), homes=(EAST,), facilities=outlines))
    by = atoms.frame[atoms.frame["facility"] >= 0].set_index("facility").geometry
    names = atoms.considered["name"].tolist()
    west, east = by[names.index("第一中学")], by[names.index("第二中学")]
    for part, whole in (
        (west, box(0, 0, 90 + gap / 2, 200)),
        (east, box(90 + gap / 2, 0, 200, 200)),
    ):
        assert part.symmetric_difference(translate(whole, *ORIGIN)).area < 0.02 * whole.area


def test_a_school_at_the_edge_of_a_campus_has_its_own_front():
    """A slanted shared border: overlays leave it with other vertices on either side."""
    school = Polygon([(11, 51), (113.3, 50.1), (109.7, 139.9), (11.7, 141)])
    outlines = facilities(("学校", "大学", box(11, 11, 189, 189)), ("学校", "附属中学", school))
    atoms = cut(town(middle(), homes=(EAST,), facilities=outlines))
    by = atoms.frame[atoms.frame["facility"] >= 0].dissolve("facility").geometry
    names = atoms.considered["name"].tolist()
    inner, outer = by[names.index("附属中学")], by[names.index("大学")]
    front = translate(box(0, 52, 11, 139), *ORIGIN)
    assert front.difference(inner).area < 0.1 * front.area
    assert inner.area + outer.area == pytest.approx(40_000, rel=1e-3)


def test_of_two_outlines_the_smaller_wins_the_ground_that_both_claim():
    outlines = facilities(
        ("园区", "大园", box(0, 0, 200, 200)), ("学校", "园中校", box(50, 50, 150, 150))
    )
    atoms = cut(town(middle(), homes=(EAST,), facilities=outlines))
    by = atoms.frame.dissolve("facility").area
    names = atoms.considered["name"].tolist()
    np.testing.assert_allclose(by[names.index("园中校")], 10_000, rtol=1e-3)
    np.testing.assert_allclose(by[names.index("大园")], 30_000, rtol=1e-3)


# --- communities that do not fit ------------------------------------------------------------


@pytest.mark.parametrize(("bulge", "amount"), [(-1.2, 120.0), (0.02, 2.0), (1.4, 140.0)])
def test_overlaps_and_gaps_between_communities_are_repaired_with_a_finding(bulge, amount):
    rim = [(200, 0), (400, 0), (400, 200), (200, 200), (200 + bulge, 100)]
    city = town().with_layers(communities=communities(box(0, 0, 200, 200), Polygon(rim)))
    atoms = cut(city)
    polygons = atoms.communities.geometry.to_numpy()
    assert shapely.coverage_is_valid(polygons)
    np.testing.assert_allclose(shapely.area(polygons).sum(), 80_000)
    assert atoms.frame["households"].sum() == 90
    told = [finding for finding in atoms.findings if finding.rule == "communities_repaired"]
    assert {finding.severity for finding in told} == {"warning"}
    np.testing.assert_allclose(sum(f.amount for f in told), amount, rtol=0.02)
    assert "社区" in told[0].message.zh


def test_an_overlap_says_what_each_community_got():
    halves = communities(box(0, 0, 230, 200), box(170, 0, 400, 200))
    city = town(homes=((50, 100, 300), (200, 50, 7), (200, 150, 11), (350, 100, 350)))
    (told,) = cut(city.with_layers(communities=halves)).findings
    names = halves["name"].tolist() if "name" in halves else ["", ""]
    assert all(name in told.message.zh for name in names)
    assert "12,000.00 m2" in told.message.en
    assert "with 18 households" in told.message.en
    assert "with 0 households" in told.message.en


def test_communities_that_fit_are_not_touched():
    halves = communities(box(0, 0, 200, 200), box(200, 0, 400, 200))
    city = town().with_layers(communities=halves)
    atoms = cut(city)
    assert atoms.findings == ()
    assert atoms.communities.geometry.geom_equals_exact(halves.geometry, 0).all()
    assert sorted(atoms.frame["community"]) == [0, 1]


def test_a_gap_too_wide_to_be_a_mistake_stays():
    halves = communities(box(0, 0, 200, 200), box(204, 0, 400, 200))
    atoms = cut(town().with_layers(communities=halves))
    np.testing.assert_allclose(atoms.frame.area.sum(), 79_200)


def test_a_community_inside_another_is_an_error():
    pair = communities(box(0, 0, 400, 200), box(100, 50, 300, 150))
    with pytest.raises(InputError, match=r"乙社区.*layer communities.*Cut them out") as caught:
        cut(town().with_layers(communities=pair))
    assert "请先把它们从外围社区中扣除" in caught.value.say("zh")


# --- households -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "placed"), [(200.0, 0), (199.9, 0), (200.1, 1), (400.005, 1), (400.02, -1), (-0.02, -1)]
)
def test_a_household_on_a_shared_border_belongs_to_the_first_atom(x, placed):
    atoms = cut(town(middle(), homes=((x, 100, 3), WEST, EAST)))
    at = shapely.Point(600_000 + x, 3_386_100)
    city = town(middle(), homes=((x, 100, 3), WEST, EAST)).layers()
    (row,) = np.flatnonzero(city.households.geometry.to_numpy() == at)
    assert atoms.household_atom[row] == placed
    assert atoms.frame["households"].sum() == 90 + (3 if placed >= 0 else 0)


def test_a_town_without_any_street_inside_is_one_block():
    atoms = cut(town())
    assert len(atoms.frame) == 1
    assert (atoms.borders["right"] == -1).all()


def test_atoms_are_numbered_by_community_then_west_to_east():
    halves = communities(box(200, 0, 400, 200), box(0, 0, 200, 200))
    lines = [("支路", "横路", [(0, 100), (400, 100)]), ("支路", "纵路", [(300, 0), (300, 200)])]
    atoms = cut(town(*lines).with_layers(communities=halves))
    order = np.lexsort((atoms.frame.centroid.y, atoms.frame.centroid.x, atoms.frame["community"]))
    assert order.tolist() == list(range(len(order)))
    assert translate(atoms.frame.union_all(), -600_000, -3_386_000).area == pytest.approx(80_000)
