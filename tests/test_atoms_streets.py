"""What cuts, what closes, what is crossed: atoms of towns small enough to be drawn by hand."""

import numpy as np
import pytest
import shapely
from builders_city import (
    City,
    areas,
    barriers,
    communities,
    facilities,
    households,
    lattice,
    settings,
    streets,
)
from shapely import LineString, Point, Polygon, box
from shapely.affinity import translate

from gridgeo.atoms.lines import close_gaps
from gridgeo.config import AtomRules, Band
from gridgeo.errors import InputError
from gridgeo.pipeline.stages import make_atoms
from gridgeo.wording import join

WEST, EAST = (100, 100, 40), (300, 100, 50)
PASSING = ("支路", "外路", [(-50, -50), (-50, 250)])


def town(*lines, homes=(WEST, EAST), **layers):
    """Return a community of 400 m by 200 m with these streets."""
    return City(
        {
            "communities": communities(box(0, 0, 400, 200)),
            "streets": streets(*(lines or (PASSING,))),
            "households": households(*homes),
        }
        | layers
    )


def cut(city, **parts):
    return make_atoms(city.layers(), settings(**parts))


def covered(piece, *, at, height=200, **values):
    """Return a town whose middle street is covered from y = `at` on over a length of `piece`."""
    lines = [
        ("主干路", "中路", [(200, 0), (200, at)]),
        ("主干路", "中路", [(200, at), (200, at + piece)]),
        ("主干路", "中路", [(200, at + piece), (200, height)]),
    ]
    frame = streets(*lines).assign(**{name: [None, value, None] for name, value in values.items()})
    homes = households((100, height / 2, 40), (300, height / 2, 50))
    return City(
        {"communities": communities(box(0, 0, 400, height)), "streets": frame, "households": homes}
    )


@pytest.mark.parametrize("values", [{"tunnel": "yes"}, {"layer": "-1"}, {"隧道": "是"}])
def test_a_street_goes_on_through_an_underpass(values):
    atoms = cut(covered(33, at=80, **values))
    assert atoms.frame["households"].tolist() == [40, 50]
    assert "33 m together" in said(atoms, "streets").en
    assert not [one for one in atoms.findings if one.rule == "streets_kept"]


def test_a_long_tunnel_cuts_nothing_and_says_so():
    atoms = cut(covered(600, at=100, height=800, tunnel="yes"))
    assert atoms.frame["households"].tolist() == [90]
    found = [one for one in atoms.findings if one.rule == "streets_kept"]
    assert [round(one.amount) for one in found] == [600]
    assert "in tunnels or below ground" in found[0].message.en
    longer = cut(covered(600, at=100, height=800, tunnel="yes"), atoms=AtomRules(covered_m=600))
    assert longer.frame["households"].tolist() == [40, 50]


def test_a_covered_piece_that_ends_in_a_block_cuts_nothing():
    tunnel = streets(
        ("主干路", "中路", [(200, 0), (200, 80)]), ("主干路", "中路", [(200, 80), (200, 120)])
    )
    atoms = cut(town(streets=tunnel.assign(tunnel=[None, "yes"])))
    assert atoms.frame["households"].tolist() == [90]


def middle(kind="支路", name="中路", south=0.0, north=200.0):
    return (kind, name, [(200, south), (200, north)])


def said(atoms, topic):
    return join([note.message for note in atoms.notes if note.topic == topic])


# --- what cuts ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["高速公路", "主干路", "次干路", "支路"])
def test_a_street_cuts(kind):
    atoms = cut(town(middle(kind)))
    assert atoms.frame["households"].tolist() == [40, 50]
    assert atoms.frame["kind"].tolist() == ["block", "block"]
    np.testing.assert_allclose(atoms.frame.area, [40_000, 40_000])


@pytest.mark.parametrize("kind", ["隧道", "地铁", "小区路"])
def test_tunnels_subways_and_lanes_of_light_blocks_do_not_cut(kind):
    assert len(cut(town(middle(kind))).frame) == 1


def test_a_lane_cuts_a_block_that_is_too_heavy():
    homes = ((100, 100, 140), (300, 100, 150))
    atoms = cut(town(middle("小区路", "同心里"), homes=homes))
    assert atoms.frame["households"].tolist() == [140, 150]
    inner = atoms.borders[atoms.borders["right"] >= 0]
    assert inner[["street_class", "street_name"]].to_numpy().tolist() == [["lane", "同心里"]]


@pytest.mark.parametrize(("gap", "closes"), [(0.02, True), (4.9, True), (5.1, False), (40, False)])
@pytest.mark.parametrize("against", ["rim", "street"])
def test_undershoots_within_the_tolerance_are_closed_and_counted(gap, closes, against):
    if against == "rim":
        atoms, whole = cut(town(middle(north=200 - gap))), 1
    else:
        across = ("支路", "横路", [(0, 110), (400, 110)])
        atoms, whole = cut(town(across, middle(north=110 - gap))), 2
    assert len(atoms.frame) == whole + closes
    told = said(atoms, "gaps")
    assert f"{int(closes)} of 1 dangling street ends were closed" in told.en
    assert f"1 处断头路端中有 {int(closes)} 处" in told.zh
    assert not closes or f"{gap:.2f} m" in told.en


def test_without_a_tolerance_nothing_is_closed():
    atoms = cut(town(middle(north=199.5)), atoms=AtomRules(close_gap_m=0))
    assert len(atoms.frame) == 1


def test_a_gap_to_a_corner_is_closed_at_the_corner():
    stub, corner = [(10, -2), (10, -9)], [(0, 0), (10, 0), (10, 5)]
    lines = shapely.linestrings([stub]), shapely.linestrings([corner])
    (piece,) = close_gaps(*lines, tolerance_m=5).pieces
    assert shapely.get_coordinates(piece).tolist() == [[10, -2], [10, 0]]


def test_a_street_that_stops_far_inside_dangles_without_harm():
    atoms = cut(town(middle(south=60, north=140)))
    assert len(atoms.frame) == 1
    assert "0 of 2 dangling" in said(atoms, "gaps").en


# --- slivers --------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [6, 12, 24])
def test_two_carriageways_leave_one_border_of_the_main_road(width):
    pair = [
        ("主干路", "大道", [(200 - width / 2, 0), (200 - width / 2, 200)]),
        ("主干路", "大道", [(200 + width / 2, 0), (200 + width / 2, 200)]),
    ]
    atoms = cut(town(*pair))
    assert len(atoms.frame) == 2
    assert "1 slivers absorbed: 2 blocks" in said(atoms, "slivers").en
    inner = atoms.borders[atoms.borders["right"] >= 0]
    assert inner[["street_class", "street_name"]].to_numpy().tolist() == [["arterial", "大道"]]


def test_a_sliver_keeps_the_stronger_street_as_border():
    lines = [("主干路", "大道", [(200, 0), (200, 200)]), ("支路", "辅路", [(212, 0), (212, 200)])]
    atoms = cut(town(*lines))
    assert atoms.borders.loc[atoms.borders["right"] >= 0, "street_name"].tolist() == ["大道"]


@pytest.mark.parametrize(("lived_in", "pieces"), [(9, 2), (10, 3)])
def test_a_narrow_strip_with_households_is_no_sliver(lived_in, pieces):
    lines = [("支路", "甲路", [(200, 0), (200, 200)]), ("支路", "乙路", [(212, 0), (212, 200)])]
    atoms = cut(town(*lines, homes=(WEST, EAST, (206, 50, lived_in))))
    assert len(atoms.frame) == pieces
    assert atoms.frame["households"].sum() == 90 + lived_in


def test_a_roundabout_leaves_no_sliver():
    ring = list(Point(200, 100).buffer(20).exterior.coords)
    lines = [middle(), ("支路", "横路", [(0, 100), (400, 100)]), ("支路", "环岛", ring)]
    atoms = cut(town(*lines))
    assert len(atoms.frame) == 4
    assert atoms.frame.area.min() > 15_000


# --- border classes and crossings -----------------------------------------------------------


def inner_borders(atoms):
    return atoms.borders[atoms.borders["right"] >= 0]


def test_a_border_has_a_row_for_each_class_and_name():
    lines = [middle("主干路", "大道", 0, 120), middle("支路", "小街", 120, 200)]
    rows = inner_borders(cut(town(*lines)))
    told = rows[["street_class", "street_name", "border_m", "passable"]].to_numpy().tolist()
    assert told == [["arterial", "大道", 120.0, True], ["local", "小街", 80.0, True]]


def test_the_stronger_of_two_streets_on_one_line_gives_the_class():
    rows = inner_borders(cut(town(middle("支路", "小街"), middle("主干路", "大道"))))
    assert rows["street_name"].tolist() == ["大道"]


RIVER = ("河流", "清河", box(184, -10, 216, 210))
RAIL = ("铁路", "京广线", LineString([(200, -10), (200, 210)]))
ACROSS = [(-10, 90), (410, 90)]


@pytest.mark.parametrize("barrier", [RIVER, RAIL])
@pytest.mark.parametrize(
    ("lines", "crossed"),
    [
        ([], False),
        ([("支路", "桥路", ACROSS)], True),
        ([("小区路", "人行桥", ACROSS)], True),
        ([("隧道", "下穿路", ACROSS)], True),
        ([("支路", "断头路", [(-10, 90), (184, 90)])], False),
        ([("支路", "断头路", [(-10, 90), (200, 90)])], False),
        ([("支路", "滨河路", [(150, -10), (150, 210)])], False),
    ],
    ids=["none", "bridge", "footbridge", "underpass", "ends", "ends within", "along"],
)
def test_a_barrier_is_passable_only_where_a_street_goes_on_behind_it(barrier, lines, crossed):
    atoms = cut(town(*lines, barriers=barriers(barrier)))
    rows = atoms.borders[atoms.borders["street_class"].isin(["water", "rail"])]
    assert len(rows) > 0
    assert _connected(atoms) == crossed


@pytest.mark.parametrize(("end", "crossed"), [(410, True), (200, False)])
def test_a_motorway_divides_unless_a_street_crosses_it(end, crossed):
    lines = [middle("高速公路", "绕城高速"), ("支路", "横路", [(-10, 90), (end, 90)])]
    assert _connected(cut(town(*lines))) == crossed


def test_a_wall_divides_nothing():
    atoms = cut(town(barriers=barriers(("围墙", "", LineString([(200, -1), (200, 201)])))))
    assert inner_borders(atoms)["street_class"].tolist() == ["wall"]
    assert _connected(atoms)


def _connected(atoms):
    """Whether the ground west of the barrier and that east of it are linked."""
    rows = inner_borders(atoms)
    rows = rows[rows["passable"]]
    member = np.arange(len(atoms.frame))
    for _ in member:
        for left, right in zip(rows["left"], rows["right"], strict=True):
            member[[left, right]] = member[[left, right]].min()
    x = shapely.get_x(shapely.centroid(atoms.frame.geometry.to_numpy()))
    return bool(member[x.argmin()] == member[x.argmax()])


# --- cells, compounds, groups, buildings -----------------------------------------------------

DENSE = lattice(0, 0, 400, 200, step=20, count=4)  # 200 points, 800 households


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
