"""Describe: unique names, the streets on each side, what lies inside."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Point, box

from gridgeo.describe import bounded_by, contains, name_grids, neighbours
from gridgeo.describe.contents import _street_ranges

laws = settings(max_examples=50, deadline=None)
NOBODY = pd.DataFrame({"kind": pd.Series(dtype=object), "name": pd.Series(dtype=object)})


def frame(columns, geometry):
    return gpd.GeoDataFrame(columns, geometry=list(geometry), crs=32650)


def layer(*rows, **more):
    """Rows of name and geometry."""
    names = pd.Series([name for name, _ in rows], dtype=object)
    return frame({"name": names, **more}, [shape for _, shape in rows])


def doors(*rows):
    """Rows of households, group, address and place."""
    columns = {
        "households": pd.Series([row[0] for row in rows], dtype=np.int64),
        "group": pd.Series([row[1] for row in rows], dtype=object),
        "name": pd.Series([row[2] for row in rows], dtype=object),
    }
    return frame(columns, [row[3] for row in rows])


# names ------------------------------------------------------------------------------------


def coded(*rows):
    """Rows of code, kind, community and facility."""
    columns = ("code", "kind", "community", "facility")
    table = pd.DataFrame(list(rows), columns=columns)
    return table.assign(community_code=[f"C{place}" for place in table["community"]])


kinds = st.sampled_from(["basic", "dedicated", "open"])
towns = st.lists(st.tuples(kinds, st.integers(0, 2), st.integers(-1, 3)), min_size=1, max_size=20)


@laws
@given(towns, st.sampled_from(["zh", "en"]), st.randoms())
def test_names_are_unique_in_a_community_whatever_the_order_of_rows(rows, lang, random):
    grids = coded(*[(f"{n:03d}", *row) for n, row in enumerate(rows)])
    places = pd.DataFrame({"name": ["甲", "", "丙"]})
    kinds = ["school", "school", "hospital", "office"]
    facilities = pd.DataFrame({"kind": kinds, "name": ["一小", "一小", "", ""]})
    names = name_grids(grids, places, facilities, lang=lang)
    assert not pd.DataFrame({"c": grids["community"], "n": names}).duplicated().any()
    shuffled = grids.iloc[random.sample(range(len(grids)), len(grids))]
    pd.testing.assert_series_equal(
        name_grids(shuffled, places, facilities, lang=lang).sort_index(), names
    )


def test_basic_grids_are_numbered_in_the_order_of_codes():
    grids = coded(("003", "basic", 0, -1), ("001", "basic", 0, -1), ("901", "open", 0, -1))
    names = name_grids(grids, pd.DataFrame({"name": ["花楼社区"]}), NOBODY, lang="zh")
    assert names.tolist() == ["花楼社区第2网格", "花楼社区第1网格", "花楼社区空地1"]
    names = name_grids(grids, pd.DataFrame({"name": ["Port"]}), NOBODY, lang="en")
    assert names.tolist() == ["Port grid 2", "Port grid 1", "Port open ground 1"]


def test_a_community_without_a_name_goes_by_its_code():
    grids = coded(("001", "basic", 0, -1))
    assert name_grids(grids, pd.DataFrame({"name": [""]}), NOBODY, lang="zh")[0] == "C0第1网格"


def test_dedicated_grids_have_the_name_of_their_facility():
    rows = [("801", 0, 0), ("802", 0, 1), ("803", 0, 2), ("804", 0, -1), ("805", 1, 0)]
    grids = coded(*[(code, "dedicated", place, facility) for code, place, facility in rows])
    facilities = pd.DataFrame({"kind": ["school"] * 3, "name": ["一小", "一小", ""]})
    names = name_grids(grids, pd.DataFrame({"name": ["甲", "乙"]}), facilities, lang="zh")
    assert names.tolist() == ["一小（1）", "一小（2）", "甲学校", "甲专属网格", "一小"]


# bounds -----------------------------------------------------------------------------------


def ring(left, right, *sides, name="", street_class="local"):
    return left, right, street_class, name, LineString(sides)


def table(*rows):
    columns = ("left", "right", "street_class", "street_name")
    found = {name: [row[n] for row in rows] for n, name in enumerate(columns)}
    return frame(found, [row[4] for row in rows])


def block(left=0, x=0.0, y=0.0, names=("南街", "东街", "北街", "西街"), **more):
    """The four sides of a square of 10 m, counter-clockwise from the south."""
    corners = [(x, y), (x + 10, y), (x + 10, y + 10), (x, y + 10), (x, y)]
    return [
        ring(left, -1, *ends, name=name, **more)
        for name, ends in zip(names, pairwise(corners), strict=True)
    ]


def atoms(count, community=None, facility=None):
    return pd.DataFrame(
        {"community": community or [0] * count, "facility": facility or [-1] * count}
    )


def test_each_side_has_its_street():
    told = bounded_by(np.array([0]), table(*block()), atoms(1), lang="zh")
    assert told.tolist() == ["北至北街；东至东街；南至南街；西至西街"]


@laws
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.randoms())
def test_moving_the_town_or_shuffling_borders_changes_nothing(dx, dy, random):
    rows = [*block(), ring(0, 1, (3, 3), (4, 9), (5, 3), (3, 3), name="内街")]
    random.shuffle(rows)
    there = table(*rows)
    there = there.set_geometry(there.geometry.translate(dx, dy))
    told = bounded_by(np.array([0, 1]), there, atoms(2), lang="zh")
    assert told[0] == "北至北街；东至东街；南至南街；西至西街"


def test_the_right_side_sees_the_border_from_the_other_side():
    shared = ring(0, 1, (10, 0), (10, 10), name="中街")
    told = bounded_by(np.array([0, 1]), table(shared), atoms(2), lang="zh")
    assert told.tolist() == ["东至中街", "西至中街"]


def test_sides_without_a_named_street_tell_who_lies_beyond():
    named = ring(0, 1, (10, 0), (10, 10), name="中街")
    nameless = ring(0, 2, (10, 10), (0, 10), street_class="arterial")
    rims = [ring(1, -1, (20, 0), (20, 10)), ring(2, -1, (10, 20), (0, 20))]
    there = table(named, nameless, *rims)
    seen = tuple(np.array([*told, "", ""], dtype=object) for told in (["乙", "丙"], ["甲", "甲"]))
    told = neighbours(np.array([0, 1, 2]), there, seen, lang="zh")
    assert told == {0: {"北至": "丙"}, 2: {"南至": "甲"}}
    bounds = bounded_by(np.array([0, 1, 2]), there, atoms(3), lang="zh")
    assert all(head in bounds[grid] for grid, sides in told.items() for head in sides)


def test_neighbour_along_a_small_part_of_a_side_is_not_told():
    corner = ring(0, 1, (10, 9), (10, 10), street_class="local")
    rim = ring(0, -1, (10, 0), (10, 9), street_class="local")
    seen = (np.array(["乙", ""], dtype=object), np.array(["甲", ""], dtype=object))
    told = neighbours(np.array([0, 1]), table(corner, rim), seen, lang="zh")
    assert told == {1: {"西至": "甲"}}


def test_borders_inside_a_grid_bound_nothing():
    shared = ring(0, 1, (10, 0), (10, 10), name="中街")
    told = bounded_by(np.array([0, 0]), table(*block(), shared), atoms(2), lang="zh")
    assert "中街" not in told[0]


@pytest.mark.parametrize(
    ("street_class", "en", "zh"),
    [
        ("arterial", "unnamed arterial", "主干路（无名）"),
        ("rail", "railway", "铁路"),
        ("water", "water", "水域"),
        ("none", "community border", "社区界"),
    ],
)
def test_what_has_no_name_goes_by_its_class(street_class, en, zh):
    rim = ring(0, -1, (10, 0), (10, 10), street_class=street_class)
    assert bounded_by(np.array([0]), table(rim), atoms(1), lang="en")[0] == f"east: {en}"
    assert bounded_by(np.array([0]), table(rim), atoms(1), lang="zh")[0] == f"东至{zh}"


def test_without_a_street_the_other_side_counts():
    far = ring(1, -1, (20, 0), (20, 10), name="东街")
    shared = table(ring(0, 1, (10, 0), (10, 10), street_class="none"), far)
    labels = np.array([0, 1])
    assert bounded_by(labels, shared, atoms(2), lang="zh")[0] == "东至楼间"
    school = atoms(2, facility=[-1, 1])
    for names, told in ((["", "一中"], "东至一中"), (["", ""], "东至专属网格")):
        assert bounded_by(labels, shared, school, facilities=names, lang="zh")[0] == told
    assert bounded_by(labels, shared, atoms(2, community=[0, 1]), lang="zh")[0] == "东至社区界"


def test_a_facility_is_not_its_own_neighbour():
    rows = [
        ring(0, -1, (0, 10), (0, 0), name="西街"),
        ring(0, 1, (10, 0), (10, 10), street_class="none"),
        ring(1, -1, (20, 0), (20, 10), name="东街"),
    ]
    school = atoms(2, facility=[-1, 0])
    told = bounded_by(np.array([0, 1]), table(*rows), school, facilities=["一中"], lang="zh")
    assert told.tolist() == ["东至一中；西至西街", "东至东街；西至楼间"]


@pytest.mark.parametrize(
    ("follows", "name", "zh", "en"),
    [
        ("compound", "梅一小区", "东至梅一小区边界", "east: edge of 梅一小区"),
        ("compound", "", "东至小区边界", "east: compound"),
        ("building_gap", "8号楼", "东至8号楼处", "east: at 8号楼"),
        ("building_gap", "", "东至楼间", "east: gap between buildings"),
        ("open", "", "东至相邻网格", "east: neighbouring grid"),
        ("open", "8号楼", "东至8号楼处", "east: at 8号楼"),
        ("water", "", "东至水域", "east: water"),
        ("path", "", "东至巷道（无名）", "east: unnamed lane"),
        ("street", "成府路", "东至成府路", "east: 成府路"),
    ],
)
def test_a_border_off_the_streets_is_called_by_what_it_follows(follows, name, zh, en):
    labels = np.array([0, 1])
    shared = ring(0, 1, (10, 0), (10, 10), street_class="none")
    told = table(shared, ring(1, -1, (20, 0), (20, 10), name="东街"))
    told = told.assign(follows=[follows, "street"], follows_name=[name, ""])
    assert bounded_by(labels, told, atoms(2), lang="zh")[0] == zh
    assert bounded_by(labels, told, atoms(2), lang="en")[0] == en


def test_where_nothing_is_known_that_could_be_followed_the_other_side_is_a_neighbour():
    shared = table(ring(0, 1, (10, 0), (10, 10), street_class="none"))
    told = shared.assign(follows="open", follows_name="")
    assert bounded_by(np.array([0, 1]), told, atoms(2), lang="zh")[0] == "东至相邻网格"


def test_without_any_street_known_a_neighbour_is_a_neighbour():
    shared = table(ring(0, 1, (10, 0), (10, 10), street_class="none"))
    assert bounded_by(np.array([0, 1]), shared, atoms(2), lang="zh")[0] == "东至相邻网格"


def test_a_border_without_a_street_is_the_community_beyond():
    rows = [
        ring(0, 1, (10, 0), (10, 10), street_class="none"),
        ring(0, -1, (10, 10), (0, 10), street_class="none"),
        ring(1, -1, (20, 0), (20, 10), name="东街"),
    ]
    places = pd.DataFrame({"name": ["甲", "乙"]})
    told = bounded_by(np.array([0, 1]), table(*rows), atoms(2, community=[0, 1]), places, lang="zh")
    assert told.tolist() == ["北至社区界；东至乙", "东至东街；西至甲"]


def test_short_streets_are_left_out_and_three_at_most_are_named():
    steps = [0, 14, 50, 70, 87, 100]
    rows = [
        ring(0, -1, (0, low), (0, high), name=name)
        for name, low, high in zip("甲乙丙丁戊", steps, steps[1:], strict=False)
    ]
    told = bounded_by(np.array([0]), table(*rows), atoms(1), lang="zh")
    assert told[0] == "东至乙、丙、丁"


def test_a_grid_in_a_hole_is_no_side_of_the_grid_around_it():
    hole = [(3, 3), (5, 3), (5, 5), (3, 5), (3, 3)]
    rows = [*block(), ring(1, 0, *hole, name="院墙")]
    labels = np.array([0, 1])
    atom = atoms(2)
    rows[-1] = (0, 1, "wall", "院墙", MultiLineString([hole[::-1]]))
    told = bounded_by(labels, table(*rows), atom, lang="zh")
    assert "院墙" not in told[0]
    assert told[1] == "北至院墙；东至院墙；南至院墙；西至院墙"


def test_a_grid_without_borders_has_no_words():
    told = bounded_by(np.array([0, 1]), table(*block()), atoms(2), lang="en")
    assert told[1] == ""


# contents ---------------------------------------------------------------------------------

GRIDS = frame({}, [box(0, 0, 10, 10), box(10, 0, 20, 10)])


def test_compounds_come_before_groups_before_buildings_before_addresses():
    compounds = layer(("大院", box(0, 0, 6, 6)), ("小院", box(6, 6, 8, 8)), ("", box(8, 8, 9, 9)))
    buildings = layer(("一号楼", box(1, 1, 2, 2)), ("塔楼", box(11, 1, 12, 2)))
    people = doors((5, "三组", "中山路1号", Point(15, 5)), (9, "四组", "", Point(15, 6)))
    told = contains(GRIDS, compounds, buildings, people, lang="zh")
    assert told.tolist() == ["大院、小院", "四组、三组"]
    bare = people.assign(group="")
    assert contains(GRIDS, compounds, buildings, bare, lang="zh")[1] == "塔楼"
    assert contains(GRIDS, layer(), layer(), bare, lang="zh").tolist() == ["", "中山路1号"]


def test_beyond_eight_names_the_rest_is_counted():
    many = layer(*[(f"楼{n}", box(n / 4, 0, n / 4 + 0.1, 1)) for n in range(10)])
    assert contains(GRIDS, many, layer(), doors(), lang="zh")[0].endswith("、楼7等 10 处")
    assert contains(GRIDS, many, layer(), doors(), lang="en")[0].endswith(", 楼7 and 2 more")


def test_a_point_on_a_border_counts_once():
    people = doors((5, "三组", "", Point(10, 5)))
    assert contains(GRIDS, layer(), layer(), people, lang="zh").tolist() == ["三组", ""]


def test_the_index_of_the_grids_is_kept():
    grids = GRIDS.set_axis([7, 3])
    people = doors((5, "三组", "", Point(15, 5)))
    assert contains(grids, layer(), layer(), people, lang="zh").to_dict() == {7: "", 3: "三组"}


@pytest.mark.parametrize(
    ("addresses", "ranges"),
    [
        (["中山路12号", "中山路 88号"], ["中山路12-88号"]),
        (["民生路5弄3号", "民生路5弄12号"], ["民生路5弄3-12号"]),
        (["21 SUNSET RD", "81-83 SUNSET RD #81/1", "25 1/2 SUNSET RD"], ["SUNSET RD 21-83"]),
        (["Rue Grimaldi 7", "Rue Grimaldi 7"], ["Rue Grimaldi 7"]),
        (["Old Mill", ""], ["Old Mill", ""]),
    ],
)
def test_addresses_become_ranges_by_street(addresses, ranges):
    assert [text for text, _ in _street_ranges(addresses, [1] * len(addresses))] == ranges


@laws
@given(st.lists(st.tuples(st.text(max_size=12), st.integers(0, 99)), max_size=12))
def test_no_household_is_lost_in_ranges(rows):
    told = _street_ranges([text for text, _ in rows], [count for _, count in rows])
    assert sum(count for _, count in told) == sum(count for _, count in rows)


def test_describing_changes_no_argument():
    borders, people = table(*block()), doors((5, "三组", "", Point(5, 5)))
    before = borders.copy(), people.copy()
    bounded_by(np.array([0]), borders, atoms(1), lang="zh")
    contains(GRIDS, layer(), layer(), people, lang="zh")
    assert borders.equals(before[0])
    assert people.equals(before[1])
    assert shapely.equals_exact(borders.geometry, before[0].geometry).all()
