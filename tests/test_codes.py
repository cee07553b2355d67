"""Codes: exact inverses, numbers that cannot meet, an order that moving the town cannot change."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from gridgeo.codes import assign_codes, community_codes, reading_order
from gridgeo.config import SCHEMES, Codes, GridCode, unusual_segments
from gridgeo.config.schemes import _CN15, _PLAIN
from gridgeo.errors import InputError, SettingsError

PARENT = "420102001001"
cn15_codes = st.builds(
    GridCode, st.from_regex(r"[0-9]{12}", fullmatch=True), st.integers(1, 999), st.just(3)
)
plain_codes = st.integers(1, 10**6).flatmap(
    lambda n: st.builds(
        GridCode,
        st.from_regex(r"[A-Z0-9社-][A-Z0-9 -]{0,8}[A-Z0-9-]", fullmatch=True),
        st.just(n),
        st.integers(max(2, len(str(n))), 9),
    )
)
towns = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(1, 5), st.integers(1, 5)),
    min_size=1,
    max_size=25,
    unique_by=lambda row: (2 * row[0] + row[2], 2 * row[1] + row[3]),
)


def rectangles(rows):
    return np.array([box(x, y, x + w, y + h) for x, y, w, h in rows], dtype=object)


def lattice(columns=4, rows=3, step=100.0):
    return gpd.GeoDataFrame(
        {"kind": "basic", "community": 0},
        index=range(columns * rows),
        geometry=[
            box(step * c, step * r, step * (c + 1), step * (r + 1))
            for r in range(rows)
            for c in range(columns)
        ],
        crs=32650,
    )


def town(codes=(PARENT,), names=None):
    names = names or [f"社区{i}" for i in range(len(codes))]
    outlines = [box(400 * i, 0, 400 * (i + 1), 300) for i in range(len(codes))]
    return gpd.GeoDataFrame({"code": list(codes), "name": names}, geometry=outlines, crs=32650)


@given(cn15_codes)
def test_cn15_parse_inverts_format(code):
    assert _CN15.parse(_CN15.format(code)) == code


@given(plain_codes)
def test_plain_parse_inverts_format(code):
    assert _PLAIN.parse(_PLAIN.format(code)) == code


def one_letter_off(text, letter, at):
    """Return `text` with one letter replaced: near enough to a code to be taken for one."""
    at %= len(text) + 1
    return text[:at] + letter + text[at + 1 :]


letters = st.text(alphabet="0123456789AZ- \n社", max_size=2)
written = cn15_codes.map(_CN15.format) | plain_codes.map(_PLAIN.format)
spoilt = st.builds(one_letter_off, written, letters, st.integers(0, 30))


@given(st.sampled_from(sorted(SCHEMES)), written | spoilt)
def test_format_inverts_parse_wherever_parse_accepts(scheme, text):
    code = SCHEMES[scheme].parse(text)
    assert code is None or SCHEMES[scheme].format(code) == text


@given(towns)
def test_reading_order_is_a_permutation_from_north_to_south(rows):
    pieces = rectangles(rows)
    order = reading_order(pieces)
    height = 0.75 * np.median([h for _, _, _, h in rows])
    north = shapely.get_y(shapely.centroid(pieces[order]))
    assert sorted(order) == list(range(len(pieces)))
    assert (np.maximum.accumulate(north[::-1])[::-1] - north < height).all()


@given(towns, st.integers(-5000, 5000), st.integers(-5000, 5000), st.randoms())
def test_moving_the_town_or_shuffling_its_rows_changes_no_number(rows, dx, dy, random):
    pieces = rectangles(rows)
    shuffled = list(range(len(rows)))
    random.shuffle(shuffled)
    moved = shapely.transform(pieces[shuffled], lambda xy: xy + np.array([dx, dy]))
    assert [shuffled[i] for i in reading_order(moved)] == reading_order(pieces).tolist()


def test_a_lattice_is_read_like_a_page():
    codes = assign_codes(lattice(), town(), Codes())["code"]
    assert codes.sort_values().index.tolist() == [8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3]
    assert codes.min() == PARENT + "001"
    assert codes.max() == PARENT + "012"


def test_neighbours_a_little_askew_stay_in_one_band():
    askew = [box(0, 0, 100, 100), box(100, 40, 200, 140), box(200, -30, 300, 70)]
    assert reading_order(askew).tolist() == [0, 1, 2]


def test_no_pieces_have_no_order():
    assert reading_order([]).tolist() == []


def test_input_and_index_are_kept():
    grids = lattice().sample(frac=1, random_state=1)
    before = grids.copy()
    coded = assign_codes(grids, town(), Codes())
    assert coded.index.equals(grids.index)
    assert grids.equals(before)
    assert coded["scheme"].unique().tolist() == ["cn15"]
    assert coded["community_code"].unique().tolist() == [PARENT]


@pytest.mark.parametrize(
    ("rules", "numbers"),
    [
        (Codes(), [1, 2, 801, 901]),
        (Codes(dedicated_start=0, open_start=0), [1, 2, 3, 4]),
        (Codes(dedicated_start=901, open_start=0), [1, 2, 901, 902]),
        (Codes(dedicated_start=901, open_start=801), [1, 2, 901, 801]),
        (Codes(dedicated_start=0, open_start=500), [1, 2, 3, 500]),
    ],
)
def test_kinds_have_their_own_numbers(rules, numbers):
    grids = lattice(4, 1).assign(kind=["basic", "basic", "dedicated", "open"])
    codes = assign_codes(grids, town(), rules)["code"]
    assert [int(code[-3:]) for code in codes] == numbers


def test_plain_codes_have_one_width():
    grids = lattice(3, 1).assign(kind=["basic", "basic", "dedicated"], community=[0, 1, 1])
    codes = assign_codes(grids, town(["A", "B"]), Codes(scheme="plain"))["code"]
    assert codes.tolist() == ["A-001", "B-001", "B-801"]


def test_plain_without_codes_counts_the_communities_in_reading_order():
    places = town(["", "C02", ""])
    assert community_codes(places, _PLAIN, mapping={}) == ["C01", "C02", "C03"]


def test_mapping_goes_by_own_code_then_by_name():
    places = town(["7", "", "420102001003"], ["甲", "乙", "丙"])
    mapping = {"7": "420102001001", "甲": "999999999999", "乙": "420102001002"}
    assert community_codes(places, _CN15, mapping=mapping) == [
        "420102001001",
        "420102001002",
        "420102001003",
    ]


def test_communities_without_a_code_are_named():
    with pytest.raises(InputError, match=r"2 of 3 communities .*社区1 \('12'\).*communities\.code"):
        assign_codes(lattice(), town([PARENT, "12", ""]), Codes())


def test_many_communities_without_a_code_are_counted():
    with pytest.raises(InputError, match="and 3 more") as caught:
        community_codes(town([""] * 8), _CN15, mapping={})
    assert "8 个社区中有 8 个" in caught.value.say("zh")


def test_two_communities_with_one_code_are_refused():
    with pytest.raises(InputError, match=f"2 communities have the code {PARENT}: 社区0, 社区1"):
        assign_codes(lattice(), town([PARENT, PARENT]), Codes())


def test_numbers_that_meet_are_refused():
    grids = lattice(3, 1).assign(kind=["basic", "basic", "dedicated"])
    with pytest.raises(SettingsError, match=r"basic: 1-2\) run into those of its dedicated"):
        assign_codes(grids, town(), Codes(dedicated_start=2))


def test_numbers_past_999_are_refused():
    grids = lattice(3, 1).assign(kind="dedicated")
    with pytest.raises(SettingsError, match=r"would need number 1000; the last one .* is 999"):
        assign_codes(grids, town(), Codes(dedicated_start=998))


@pytest.mark.parametrize(
    "text", ["", "4201020010010", PARENT + "000", PARENT + "00A", "A-1", "-01"]
)
def test_malformed_codes_are_not_parsed(text):
    assert _CN15.parse(text) is None
    assert _PLAIN.parse(text) is None


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("990102001001", "province segment 99"),
        ("420102000001", "township segment 000"),
        ("420102600001", "township segment 600"),
        ("420102001600", "village segment 600"),
    ],
)
def test_unusual_segments_are_named(code, said):
    assert said in unusual_segments(code).en
