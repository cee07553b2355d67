"""Schemes: every pattern that is accepted reads each of its codes in one way only."""

import geopandas as gpd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from gridgeo.codes import assign_codes
from gridgeo.config import Codes, GridCode, classes_for_numbers, unusual_segments
from gridgeo.config.schemes import _CJT349, _CN15, _PLAIN, scheme_of
from gridgeo.config.settings_file import _settings_from
from gridgeo.errors import InputError, SettingsError

PARENT = "420102001001"
OBJECT = "010100"
signs = st.sampled_from(["", "-", "W", "9", "网格", "/", ".", "0-"])
segments = st.permutations(["{county:6}", "{township:3}", "{village:3}"])
patterns = st.one_of(
    st.builds(
        lambda own, number, joints, first: (
            joints[0]
            + (number + joints[1] if first else "")
            + joints[2].join(own)
            + ("" if first else joints[1] + number)
        ),
        st.one_of(segments, st.sampled_from([["{object:6}", "{village:3}"], ["{community:12}"]])),
        st.sampled_from(["{sequence:1}", "{sequence:3}", "{sequence:2+}"]),
        st.tuples(signs, signs, signs),
        st.booleans(),
    ),
    st.builds(
        lambda joint, number, first: (
            number + joint + "{community}" if first else "{community}" + joint + number
        ),
        st.sampled_from(["-", "网格", "/0", "a1"]),
        st.sampled_from(["{sequence:2}", "{sequence:2+}"]),
        st.booleans(),
    ),
)


def written(scheme, draw):
    """Return a code of the scheme with drawn parts."""
    places = {"6 digits": 6, "12 digits": 12, "3 digits": 3}
    form = scheme.community_form.en
    community = (
        "".join(str(draw(st.integers(0, 9))) for _ in range(places[form]))
        if form in places
        else draw(st.from_regex(r"[A-Z0-9社][A-Z0-9 a/-]{0,6}[A-Z0-9社]", fullmatch=True))
    )
    last = scheme.last or 10**6
    number = draw(st.integers(0 if scheme.undivided else 1, last))
    most = len(str(last)) if scheme.last else 8
    digits = draw(st.integers(scheme.digits_for(number), max(most, scheme.digits_for(number))))
    return GridCode(community, number, digits, scheme.object_code)


@given(patterns, st.data())
def test_parse_inverts_format_for_every_pattern(template, data):
    code = OBJECT if "{object" in template else ""
    scheme = scheme_of("template", template=template, object_code=code)
    said = written(scheme, data.draw)
    assert scheme.parse(scheme.format(said)) == said


@given(
    patterns, st.data(), st.text(alphabet="0123456789AW网格-/. ", max_size=2), st.integers(0, 30)
)
def test_format_inverts_parse_for_every_pattern(template, data, letter, at):
    code = OBJECT if "{object" in template else ""
    scheme = scheme_of("template", template=template, object_code=code)
    text = scheme.format(written(scheme, data.draw))
    at %= len(text) + 1
    text = text[:at] + letter + text[at + 1 :]
    said = scheme.parse(text)
    assert said is None or scheme.format(said) == text


@given(st.from_regex(r"[0-9]{20}", fullmatch=True))
def test_every_20_digits_are_a_code_of_cjt349_and_back(text):
    said = _CJT349.parse(text)
    assert _CJT349.format(said) == text
    assert (said.object, said.community, said.digits) == (text[:6], text[6:18], 2)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{county:6}{village:3}", "number {sequence:3} is missing"),
        ("{sequence:3}", "either {community} or the segments"),
        ("{community}{county:6}{sequence:3}", "either {community} or the segments"),
        ("{county:6}{county:6}{sequence:3}", "county is there twice"),
        ("{town:3}{sequence:3}", "no part 'town'"),
        ("{county}{sequence:3}", "county lacks its number of digits"),
        ("{county:6}{sequence}", "sequence lacks its number of digits"),
        ("{county:6+}{sequence:3}", "only sequence can have more"),
        ("{community+}{sequence:3}", "'{community+}{sequence:3}' is not understood"),
        ("{community:12+}{sequence:3}", "only sequence can have more"),
        ("{community}{sequence:2+}", "nothing tells community and number apart"),
        ("{community}0{sequence:2+}", "nothing tells community and number apart"),
        ("{county:6} {sequence:3}", "' {sequence:3}' is not understood"),
        ("{county:0}{sequence:3}", "'{county:0}{sequence:3}' is not understood"),
        ("{county:6{sequence:3}", "is not understood"),
    ],
)
def test_wrong_patterns_are_told(template, said):
    with pytest.raises(SettingsError) as caught:
        Codes(scheme="template", template=template)
    assert said in str(caught.value)
    assert "codes.template" in str(caught.value)
    assert "可用的段" in caught.value.say("zh")


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ({"scheme": "template"}, "go together"),
        ({"scheme": "cn15", "template": "{community}-{sequence:2}"}, "go together"),
        ({"scheme": "cjt349"}, "cjt349 needs an object code of 6 digits"),
        ({"scheme": "cjt349", "object_code": "12345"}, "needs an object code of 6 digits"),
        ({"scheme": "cjt349", "object_code": "12345A"}, "needs an object code of 6 digits"),
        ({"scheme": "cn15", "object_code": "010100"}, "cn15 has no object code"),
    ],
)
def test_settings_that_do_not_go_together_are_told(codes, said):
    with pytest.raises(SettingsError, match=said):
        _settings_from({"codes": codes})


def test_the_pattern_of_cn15_is_cn15():
    scheme = Codes(scheme="template", template=_CN15.template).code_scheme
    assert scheme.parse(PARENT + "007") == GridCode(community=PARENT, sequence=7, digits=3)
    assert scheme.last == 999
    assert scheme.statistical


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        (_CN15, GridCode("12", 1, 3)),
        (_CN15, GridCode(PARENT, 1000, 3)),
        (_CN15, GridCode(PARENT, 0, 3)),
        (_CN15, GridCode(PARENT, 1, 2)),
        (_CN15, GridCode(PARENT, 1, 3, OBJECT)),
        (_CJT349, GridCode(PARENT, 1, 2)),
        (_PLAIN, GridCode(" A", 1, 2)),
    ],
)
def test_what_the_scheme_cannot_say_is_not_written(scheme, code):
    with pytest.raises(InputError, match=f"a code of scheme {scheme.id} cannot be made"):
        scheme.format(code)


def _grids(count):
    shapes = [box(i, 0, i + 1, 1) for i in range(count)]
    return gpd.GeoDataFrame({"kind": "basic", "community": 0}, index=range(count), geometry=shapes)


@pytest.mark.parametrize(("count", "numbers"), [(1, ["00"]), (3, ["01", "02", "03"])])
def test_a_community_that_is_one_grid_has_number_00_in_cjt349(count, numbers):
    town = gpd.GeoDataFrame({"code": [PARENT], "name": ["甲"]}, geometry=[box(0, 0, 9, 1)])
    rules = Codes(scheme="cjt349", object_code=OBJECT, dedicated_start=0, open_start=0)
    codes = assign_codes(_grids(count), town, rules)["code"].tolist()
    assert codes == [OBJECT + PARENT + number for number in numbers]


@pytest.mark.parametrize(
    ("scheme", "code", "said"),
    [
        (_CN15, PARENT + "001", []),
        (_CN15, PARENT + "122", ["urban-rural class"]),
        (_CN15, "990102001001001", ["province segment 99"]),
        (_CN15, "420102001498001", ["without a committee"]),
        (_CN15, "420102001601210", ["village segment 601", "urban-rural class"]),
        (_CJT349, OBJECT + "42010200160101", ["several communities merged"]),
        (_CJT349, OBJECT + PARENT + "22", []),
        (_CN15, "A", []),
        (_PLAIN, PARENT + "-111", []),
    ],
)
def test_what_a_scheme_warns_of(scheme, code, said):
    told = [text.en for text in scheme.warnings(code)]
    assert len(told) == len(said)
    assert all(part in text for part, text in zip(said, told, strict=True))


def test_virtual_villages_are_named():
    assert "598" in unusual_segments("420102001598").zh


def test_numbers_that_have_come_so_far_are_no_classes():
    codes = [f"{PARENT}{number:03d}" for number in range(1, 125)]
    assert [codes[row][-3:] for row in classes_for_numbers(codes)] == []
    assert classes_for_numbers(["A", PARENT + "210", "42010200100A111"]) == [1]
