"""`gridgeo init` and the samples: the template never drifts from the defaults."""

import re
import tomllib
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely
from typer.testing import CliRunner

import gridgeo as gg
from gridgeo.cli import app
from gridgeo.cli.starter import sample_settings, write_starter
from gridgeo.config import CATEGORIES, ROLES, ReadRules, Settings, read_settings
from gridgeo.config.settings_file import _READ_TABLES, _settings_from
from gridgeo.read import read_layers

TEMPLATE = Path(gg.__file__).parent / "cli" / "template.toml"


def uncommented() -> dict:
    return tomllib.loads(re.sub(r"(?m)^#(?=[a-z])", "", TEMPLATE.read_text("utf-8")))


def test_uncommenting_everything_changes_nothing():
    settings = _settings_from(uncommented())
    search = replace(settings.search, seconds=None)
    assert replace(settings, read=ReadRules(), search=search) == Settings()


def test_as_written_it_is_the_defaults(tmp_path):
    path, _ = write_starter(tmp_path, overwrite=False)
    assert read_settings(path) == Settings()


def keys_of(value: object) -> dict:
    return {
        f.name: keys_of(getattr(value, f.name)) if is_dataclass(getattr(value, f.name)) else None
        for f in fields(value)
    }


def test_every_setting_is_explained():
    document = uncommented()
    for name, inner in keys_of(Settings()).items():
        assert name in document
        if inner is not None and name != "read":
            assert sorted(document[name]) == sorted(inner), name
    assert set(document["dedicated"]["thresholds"]) == set(CATEGORIES)
    assert set(document["inputs"]) == set(ROLES)
    assert set(document) == {*keys_of(Settings()), *_READ_TABLES}
    assert document["read"] == {"missing_households": 0, "hidden": "count", "link_m": 15.0}


def test_every_setting_has_words_in_both_languages_above_it():
    lines = TEMPLATE.read_text("utf-8").splitlines()
    assert max(map(len, lines)) <= 110
    heads = [line for line in lines if line.startswith("# ") and "---" not in line]
    text = "\n".join(heads)
    assert re.search("[\u4e00-\u9fff]", text)
    for before, line in pairwise(lines):
        if re.match(r"#[a-z]", line):
            assert before.startswith(("#", "[")), f"nothing explains {line}"


def test_init_refuses_to_replace(tmp_path):
    write_starter(tmp_path, overwrite=False)
    (tmp_path / "gridgeo.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(gg.OutputError, match=r"the file is there already \[file .*gridgeo.toml\]"):
        write_starter(tmp_path, overwrite=False)
    assert (tmp_path / "gridgeo.toml").read_text("utf-8") == "mine"
    write_starter(tmp_path, overwrite=True)
    assert "[band]" in (tmp_path / "gridgeo.toml").read_text("utf-8")


def test_init_writes_none_when_one_is_there(tmp_path):
    (tmp_path / "户数模板.xlsx").write_bytes(b"mine")
    with pytest.raises(gg.OutputError, match=r"户数模板\.xlsx"):
        write_starter(tmp_path, overwrite=False)
    assert [path.name for path in tmp_path.iterdir()] == ["户数模板.xlsx"]


def test_init_says_where_it_cannot_write(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(gg.OutputError, match=r"cannot write here.*file"):
        write_starter(tmp_path / "file", overwrite=True)


def test_init_command_lists_what_it_wrote(tmp_path):
    result = CliRunner().invoke(app, ["init", str(tmp_path / "new"), "--lang", "en"])
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "gridgeo.toml",
        "households-template.xlsx",
    ]
    again = CliRunner().invoke(app, ["init", str(tmp_path / "new"), "--lang", "en"])
    assert again.exit_code == 2


@pytest.mark.parametrize(
    ("lang", "sheet", "name"), [("zh", "户数", "阳光花园"), ("en", "households", "Sunshine Garden")]
)
def test_filled_in_template_joins_to_the_compounds(tmp_path, lang, sheet, name):
    _, book_path = write_starter(tmp_path, overwrite=False, lang=lang)
    book = openpyxl.load_workbook(book_path)
    page = book[sheet]
    assert [page.column_dimensions[letter].number_format for letter in "ABCD"] == [
        *("@", "@"),
        *("0", "0"),
    ]
    page.append([name, "1", 96, 281])
    page.append([name, "2", 128, 370])
    page.append(["?", "2", 5, 7])
    book.save(book_path)
    frames = {
        "communities": {"code": ["420102003008"], "name": ["甲"]},
        "compounds": {"name": [name]},
    }
    for layer, columns in frames.items():
        size = 500 if layer == "communities" else 100
        frame = gpd.GeoDataFrame(columns, geometry=[shapely.box(0, 0, size, size)], crs=32650)
        frame.to_file(tmp_path / "town.gpkg", layer=layer)
    (tmp_path / "gridgeo.toml").write_text(
        f"""[inputs]
        communities = "town.gpkg::communities"
        compounds = "town.gpkg::compounds"
        households = "{book_path.name}::{sheet}"
        """,
        encoding="utf-8",
    )
    layers = read_layers(read_settings(tmp_path / "gridgeo.toml").read, partial=True)
    assert layers.households["households"].sum() == 96 + 128
    assert layers.households["residents"].sum() == 281 + 370
    assert [reject.households for reject in layers.rejects] == [5]


@pytest.mark.parametrize("name", ["monaco", "wuhan"])
def test_sample_settings_name_layers_that_are_there(name):
    settings = read_settings(sample_settings(name))
    assert settings.title
    assert "ODbL" in settings.attribution
    for sources in settings.read.inputs.values():
        for source in sources:
            assert Path(source.path).is_file()


def test_unknown_sample_lists_those_there_are():
    with pytest.raises(gg.SettingsError, match=r"no sample 'paris'") as raised:
        sample_settings("paris")
    assert raised.value.remedy.en == "Choose one of monaco, wuhan"


def test_demo_command_refuses_an_unknown_sample(tmp_path):
    result = CliRunner().invoke(app, ["demo", "paris", "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()
