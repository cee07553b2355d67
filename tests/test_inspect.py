"""gridgeo inspect: what the other commands would read, with examples, counts and problems."""

import json

import pytest
from builders_books import FORMATS, write_any
from builders_read import compounds, households
from typer.testing import CliRunner

from gridgeo.cli import app
from gridgeo.config import ReadRules
from gridgeo.read import inspect_file

ROWS = [
    ["某县住户表", None, None],
    ["小区名称", "楼栋", "户数"],
    ["东苑", 1, 30],
    [None, 2, 12],
    ["西苑", 1, None],
    ["南苑", 1, 8],
    ["合 计", None, 50],
]


@pytest.fixture
def inspect(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*words):
        return CliRunner().invoke(app, ["inspect", *map(str, words)], env={"COLUMNS": "400"})

    return run


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_table_is_told_as_it_would_be_read(tmp_path, inspect, suffix):
    name = f"a{suffix}"
    write_any(tmp_path / name, {"户数": ROWS}, hidden_rows=[4], merged=[(3, 4, 1, 1)])
    told = inspect(name, "--json", "--lang", "en")
    assert told.exit_code == 0, told.output
    (layer,) = json.loads(told.stdout)
    assert (layer["layer"], layer["rows"], layer["households"]) == ("户数", 4, 50)
    assert layer["columns"] == {
        "小区名称": ["东苑", "西苑", "南苑"], "楼栋": ["1", "2"], "户数": ["30", "12", "8"],
    }  # fmt: skip
    assert layer["understood"]["households"]["households"] == "户数"
    assert any("rows of totals are not counted: 7" in note for note in layer["notes"])
    assert any("1 rows are hidden (4), with 12 households" in text for text in layer["problems"])
    assert "1 counts are empty" in layer["problems"]
    shown = inspect(name)
    assert "共 50 户" in shown.stdout
    assert "小区名称: 东苑 | 西苑 | 南苑" in shown.stdout
    assert "! " in shown.stdout


def test_what_cannot_be_used_is_named_by_row(tmp_path, inspect):
    text = "lon,lat,hh\n117.0,36.1,5\n,,3\n117.0,36.1,about 5\n117.0,36.2,7\n117.0,36.2,7\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    (layer,) = inspect_file(str(tmp_path / "a.csv"))
    assert layer.households == 22
    told = " ".join(problem.en for problem in layer.problems)
    assert "no coordinates: rows 3, column lon, lat" in told
    assert "rows 4, column hh: about 5" in told


def test_what_cannot_be_read_ends_with_2_after_the_rest_is_told(tmp_path, inspect):
    households().to_file(tmp_path / "a.gpkg", layer="住户")
    households().iloc[:0].to_file(tmp_path / "a.gpkg", layer="空")
    compounds().to_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    told = inspect("c.xlsx", "none.gpkg", "a.gpkg", "b.parquet")
    assert told.exit_code == 2
    assert "工作簿无法读取" in told.stderr
    assert "文件不存在" in told.stderr
    assert "图层没有任何记录" in told.stdout
    assert "小区名称: 东苑 | 西苑" in told.stdout
    assert inspect("b.parquet").exit_code == 0
    layers = json.loads(inspect("c.xlsx", "a.gpkg", "--json").stdout)
    assert [layer["readable"] for layer in layers] == [True, False]


def test_one_layer_and_columns_that_are_named(tmp_path, inspect):
    households(n=[5, 6, 7]).to_file(tmp_path / "a.gpkg", layer="住户")
    households().to_file(tmp_path / "a.gpkg", layer="旧")
    told = inspect("a.gpkg::住户", "--column", "households.households=n", "--json")
    (layer,) = json.loads(told.stdout)
    assert (layer["layer"], layer["households"]) == ("住户", 18)
    (info,) = inspect_file(
        f"{tmp_path / 'a.gpkg'}::住户", ReadRules(columns={"households.households": "n"})
    )
    assert info.understood["households"] == {"households": "n"}


def test_a_column_of_types_is_not_shown_as_a_group(tmp_path, inspect):
    households(户数=[1, 2, 3], building=["yes"] * 3).to_file(tmp_path / "a.gpkg")
    (layer,) = inspect_file(str(tmp_path / "a.gpkg"))
    assert "group" not in layer.understood["households"]
    assert any("values of building are types" in problem.en for problem in layer.problems)


def test_structured_and_long_cells_are_shortened(tmp_path, inspect):
    compounds(names=[{"primary": "东苑"}, None], 备注=["长" * 900, ""]).to_parquet(
        tmp_path / "a.parquet"
    )
    (layer,) = inspect_file(str(tmp_path / "a.parquet"))
    assert layer.examples["备注"] == ("长" * 40 + "...",)
    assert "东苑" in layer.examples["names"][0]
