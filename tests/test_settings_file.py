"""gridgeo.toml: every setting can be written, every mistake is named."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.config import CATEGORIES, Band, Search, Settings, Source, Threshold, read_settings
from gridgeo.config.settings_file import settings_from
from gridgeo.errors import SettingsError

PARTS = [f.name for f in fields(Settings) if is_dataclass(getattr(Settings(), f.name))]


def toml(value):
    """Write a value, a mapping or a dataclass the way a person would."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return repr(value)


def table(name, value):
    lines = [f"[{name}]"]
    inner = []
    for field in fields(value):
        entry = getattr(value, field.name)
        if isinstance(entry, Mapping):
            inner.append((field.name, entry))
        elif entry is not None:
            lines.append(f"{field.name} = {toml(entry)}")
    for key, mapping in inner:
        if any(isinstance(entry, Threshold) for entry in mapping.values()):
            for category, threshold in mapping.items():
                lines.append(table(f"{name}.{key}.{category}", threshold))
        elif mapping:
            lines.append(f"[{name}.{key}]")
            lines += [f"{word} = {toml(weight)}" for word, weight in mapping.items()]
    return "\n".join(lines)


def write(folder, text, name="gridgeo.toml"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


# --- laws --------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", [part for part in PARTS if part != "read"])
def test_every_default_can_be_written_and_read_back(tmp_path, part):
    path = write(tmp_path, table(part, getattr(Settings(), part)))
    assert read_settings(path) == Settings()


@hypothesis.settings(max_examples=40, deadline=None, derandomize=True)
@given(
    st.integers(1, 400), st.integers(400, 900), st.sampled_from(["either", "households"]),
    st.integers(0, 2**31), st.floats(0, 5, allow_nan=False),
)  # fmt: skip
def test_what_is_written_is_what_is_read(lower, upper, profile, seed, weight):
    band = Band(lower=lower, upper=upper, profile=profile)
    document = {
        "band": {"lower": lower, "upper": upper, "profile": profile},
        "search": {"seed": seed},
        "weights": {"cut": {"none": weight}},
        "lang": "en",
    }
    settings = settings_from(document)
    assert settings.band == band
    assert settings.search == replace(Search(), seed=seed)
    assert settings.weights.cut == {**Settings().weights.cut, "none": weight}
    assert settings.lang == "en"


def test_an_empty_file_gives_the_defaults(tmp_path):
    assert read_settings(write(tmp_path, "")) == Settings()


# --- inputs and columns ------------------------------------------------------------------------


def test_inputs_are_relative_to_the_file_and_may_carry_layer_and_kind(tmp_path):
    text = """
    [inputs]
    communities = "data/社区.gpkg::边界"
    streets = ["a.shp", "/abs/b.shp"]
    facilities = { school = "s.gpkg::schools", hospital = ["h1.shp", "h2.shp"] }
    """
    inputs = read_settings(write(tmp_path, text)).read.inputs
    assert inputs["communities"] == (Source(path=str(tmp_path / "data/社区.gpkg"), layer="边界"),)
    assert [source.path for source in inputs["streets"]] == [str(tmp_path / "a.shp"), "/abs/b.shp"]
    kinds = [(source.kind, source.layer) for source in inputs["facilities"]]
    assert kinds == [("school", "schools"), ("hospital", ""), ("hospital", "")]


@pytest.mark.parametrize(
    "text",
    [
        '[columns]\n"households.households" = "户数"\n"communities.code" = "编码"',
        '[columns.households]\nhouseholds = "户数"\n[columns.communities]\ncode = "编码"',
        '[columns]\nhouseholds.households = "户数"\ncommunities.code = "编码"',
    ],
)
def test_columns_may_be_quoted_dotted_or_nested(tmp_path, text):
    columns = read_settings(write(tmp_path, text)).read.columns
    assert columns == {"households.households": "户数", "communities.code": "编码"}


def test_the_table_of_codes_is_relative_to_the_file_too(tmp_path):
    path = write(tmp_path, '[codes]\nmapping = "编码.csv"')
    assert read_settings(path).codes.mapping == str(tmp_path / "编码.csv")


def test_crs_datum_and_encoding_are_by_role(tmp_path):
    text = """
    [crs]
    streets = 4490
    [datum]
    households = "gcj02"
    [encoding]
    streets = "GBK"
    [read]
    missing_households = 0
    """
    read = read_settings(write(tmp_path, text)).read
    assert (read.crs, read.datum) == ({"streets": "4490"}, {"households": "gcj02"})
    assert (read.encoding, read.missing_households) == ({"streets": "GBK"}, 0)


def test_a_threshold_that_is_given_replaces_that_of_its_category_alone():
    document = {"dedicated": {"thresholds": {"school": {"people": 900}}}}
    thresholds = settings_from(document).dedicated.thresholds
    assert thresholds["school"] == Threshold(people=900.0)
    assert set(thresholds) == set(CATEGORIES)
    assert thresholds["hospital"] == Settings().dedicated.thresholds["hospital"]


def test_whole_numbers_stand_for_decimals():
    assert settings_from({"atoms": {"close_gap_m": 3}}).atoms.close_gap_m == 3.0


# --- mistakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "english", "chinese"),
    [
        ({"band": {"lowwer": 3}}, r"'lowwer' \[key band.lowwer\]. Did you mean lower", "是否想写"),
        ({"bnad": {}}, r"unknown setting 'bnad'.*Did you mean band", "未知的设置项 'bnad'"),
        ({"seed": 3}, r"unknown setting 'seed' \[key seed\]", "设置项 seed"),
        ({"zzz": 3}, "Known here: read, band", "可用的有"),
        ({"inputs": {"street": "x"}}, "key inputs.street.*Did you mean streets", "streets"),
        ({"weights": {"cuts": {}}}, "Did you mean cut", "cut"),
        ({"weights": {"cut": {"watr": 1}}}, "'watr' is not known here.*water", "water"),
        ({"dedicated": {"thresholds": {"scool": {}}}}, "Did you mean school", "school"),
        (
            {"dedicated": {"thresholds": {"school": {"area": 1}}}},
            r"key dedicated.thresholds.school.area\]. Did you mean area_m2",
            "area_m2",
        ),
        ({"crs": {"road": "4490"}}, "'road' is not known here.*key crs", "可选"),
        ({"datum": {"streets": "gcj"}}, "key datum.streets.*gcj02, bd09", "可选：gcj02"),
        ({"columns": {"road.name": "x"}}, "'road' is not known here.*key columns", "columns"),
        ({"lang": "fr"}, "'fr' is not known here.*zh, en", "可选：zh、en"),
        ({"codes": {"scheme": "cn20"}}, "codes.scheme.*cn15, plain", "cn15、plain"),
        ({"band": {"profile": "people"}}, "band.profile.*residents", "可选"),
    ],
)  # fmt: skip
def test_unknown_words_are_named_with_the_known_ones(document, english, chinese):
    with pytest.raises(SettingsError, match=english) as caught:
        settings_from(document)
    assert chinese in caught.value.say("zh")


@pytest.mark.parametrize(
    ("document", "english", "chinese"),
    [
        ({"band": 3}, r"3 is not a table \[key band", "3 不是一个表"),
        ({"inputs": "x.gpkg"}, r"not a table \[key inputs", "不是一个表"),
        ({"inputs": {"streets": 3}}, "3 is not a path, PATH::LAYER", "路径::图层"),
        ({"inputs": {"streets": ["a.shp", 3]}}, "3 is not a path", "路径"),
        ({"band": {"lower": "300"}}, r"'300' is not a whole number \[key band.lower", "不是整数"),
        ({"band": {"lower": 300.5}}, "300.5 is not a whole number", "不是整数"),
        ({"band": {"lower": True}}, "True is not a whole number", "不是整数"),
        ({"atoms": {"close_gap_m": "5"}}, "'5' is not a number", "不是数值"),
        ({"atoms": {"close_gap_m": True}}, "True is not a number", "不是数值"),
        ({"weights": {"cut": {"none": "2"}}}, "weights.cut.none", "不是数值"),
        ({"dedicated": {"thresholds": {"school": {"people": "x"}}}}, "'x' is not", "thresholds"),
        ({"title": 3}, "3 is not text", "不是文字"),
        ({"lang": 3}, "3 is not", "3"),
    ],
)
def test_values_of_the_wrong_type_are_named(document, english, chinese):
    with pytest.raises(SettingsError, match=english) as caught:
        settings_from(document)
    assert chinese in caught.value.say("zh")


@pytest.mark.parametrize(
    ("document", "english", "chinese"),
    [
        ({"band": {"lower": 600}}, "limit 600 is above the upper limit 500", "下限 600 高于上限"),
        ({"band": {"residents_upper": 700}}, "800 is above the upper limit 700", "对调或更正"),
        ({"band": {"lower": 0}}, "0 is less than 1.*band.lower", "0 小于 1"),
        ({"atoms": {"close_gap_m": -1}}, "-1.0 is less than 0.*atoms.close_gap_m", "小于 0"),
        ({"atoms": {"heavy_share": 0}}, "atoms.heavy_share", "小于"),
        ({"search": {"effort": "most"}}, "search.effort", "fast、normal、best"),
        ({"search": {"seconds": -1}}, "search.seconds", "小于 0"),
        ({"weights": {"balance_m": -1}}, "weights.balance_m", "小于 0"),
        ({"codes": {"dedicated_start": -1}}, "codes.dedicated_start", "小于 0"),
        ({"atoms": {"close_gap_m": float("nan")}}, "nan is less than 0", "nan"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_named(document, english, chinese):
    with pytest.raises(SettingsError, match=english) as caught:
        settings_from(document)
    assert chinese in caught.value.say("zh")


@pytest.mark.parametrize(
    ("content", "english", "chinese"),
    [
        (b"[band", "the settings cannot be read", "无法读取设置"),
        (b"lower = = 3", "the settings cannot be read.*line 1", "无法读取设置"),
        ("title = '网格'".encode("gbk"), "the settings cannot be read", "无法读取设置"),
    ],
)
def test_a_file_that_is_no_toml_is_named(tmp_path, content, english, chinese):
    path = tmp_path / "gridgeo.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match=english) as caught:
        read_settings(path)
    assert caught.value.place["file"] == str(path)
    assert chinese in caught.value.say("zh")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    path = tmp_path / "gridgeo.toml"
    path.write_bytes(b"\xef\xbb\xbf[band]\nlower = 200\n")
    assert read_settings(path).band.lower == 200


def test_a_missing_file_offers_init(tmp_path):
    with pytest.raises(SettingsError, match=r"no such settings file.*gridgeo init") as caught:
        read_settings(tmp_path / "none.toml")
    assert "可用 gridgeo init 生成" in caught.value.say("zh")


def test_a_folder_is_no_settings_file(tmp_path):
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path)
