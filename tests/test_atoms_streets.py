"""What cuts, what closes, what is crossed: atoms of towns small enough to be drawn by hand."""

import numpy as np
import pytest
import shapely
from builders_atoms import EAST, WEST, cut, inner_borders, middle, town
from builders_city import (
    City,
    barriers,
    communities,
    households,
    streets,
)
from shapely import LineString, Point, box

from gridgeo.atoms.lines import close_gaps
from gridgeo.config import AtomRules
from gridgeo.wording import join


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


@pytest.mark.parametrize(("tunnels", "findings"), [(3, 3), (20, 1)])
def test_many_streets_that_cut_nothing_are_one_finding_of_their_class(tunnels, findings):
    places = [20 * n + 60 for n in range(tunnels)]
    lines = [("主干路", f"{n:02d}路", [(x, 50), (x, 750)]) for n, x in enumerate(places)]
    frame = streets(*lines).assign(tunnel="yes")
    city = City(
        {
            "communities": communities(box(0, 0, 520, 800)),
            "streets": frame,
            "households": households((100, 400, 40), (300, 400, 50)),
        }
    )
    found = [one for one in cut(city).findings if one.rule == "streets_kept"]
    assert len(found) == findings
    assert sum(one.amount for one in found) == pytest.approx(700 * tunnels)
    if findings == 1:
        assert "00路, 01路, 02路, 03路, 04路 ... (" in found[0].message.en
