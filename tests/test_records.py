"""What DB11/T 2157 asks of a grid record stays with its grid through every command."""

import json

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
from shapely import LineString, Point, box
from typer.testing import CliRunner

from gridgeo.adjust import Edit, apply_edits
from gridgeo.cli import app
from gridgeo.report import load_plan

A = "420102001001"
X, Y = 600_000.0, 3_400_000.0
TITLES = {"用地类别": "land_use", "管理等级": "management_level", "责任主体": "responsible",
          "初始时间": "start_date", "终止日期": "end_date", "户数日期": "counted_on"}  # fmt: skip


def run(*args, code=0):
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    assert done.exit_code == code, done.output


@pytest.fixture
def grids(tmp_path, monkeypatch):
    """Four grids of 400 households with a record each."""
    monkeypatch.chdir(tmp_path)

    def put(file, shapes, **columns):
        gpd.GeoDataFrame(columns, geometry=list(shapes), crs=32650).to_file(file)

    put("c.gpkg", [box(X, Y, X + 400, Y + 100)], 编码=[A], 名称=["甲社区"])
    lines = [LineString([(X + x, Y - 9), (X + x, Y + 109)]) for x in (50, 100, 150, 200, 250, 300)]
    put("s.gpkg", lines, 等级=["支路"] * 6)
    doors = [Point(X + 25 + 50 * n, Y + 50) for n in range(8)]
    put("h.gpkg", doors, 户数=[200] * 8)
    put(
        "g.gpkg",
        [box(X + 100 * n, Y, X + 100 * n + 100, Y + 100) for n in range(4)],
        网格编码=[f"{A}00{n}" for n in range(1, 5)], 名称=[f"第{n}网格" for n in range(1, 5)],
        类型="basic", 社区=A, 户数=400, 用地类别=["R2", "B1", "R2", "A3"],
        管理等级=["一级", "二级", "二级", "一级"], 责任主体="甲社区居委会",
        初始时间=pd.to_datetime(["2024-01-01"] * 4), 终止日期="", 户数日期="2026-06-30",
    )  # fmt: skip
    return tmp_path


LAYERS = ["--communities", "c.gpkg", "--streets", "s.gpkg", "--households", "h.gpkg"]


def record(folder, layer="grids", file="plan.gpkg"):
    frame = pyogrio.read_dataframe(f"{folder}/{file}", layer=layer).set_index("code")
    return frame[list(TITLES.values())].fillna("")


def test_the_record_is_carried_by_verify_adjust_apply_and_submit(grids):
    run("verify", "g.gpkg", *LAYERS, "--out", "v")
    verified = record("v")
    assert verified["land_use"].tolist() == ["R2", "B1", "R2", "A3"]
    assert set(verified["start_date"]) == {"2024-01-01"}
    run("adjust", "g.gpkg", *LAYERS, "--effort", "fast", "--jobs", 1, "--out", "a")
    pd.testing.assert_frame_equal(record("a"), verified)
    sheet = openpyxl.load_workbook("a/grids.xlsx").worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    assert set(TITLES) <= set(titles)
    assert sheet.cell(2, titles.index("责任主体") + 1).value == "甲社区居委会"
    run("submit", "a", "--out", "u")
    pd.testing.assert_frame_equal(record("u", file="grids.gpkg"), verified)
    shape = gpd.read_file("u/grids.shp")
    assert shape["mgmt_level"].tolist() == verified["management_level"].tolist()
    features = json.loads((grids / "a/grids.geojson").read_text("utf-8"))["features"]
    assert features[0]["properties"]["land_use"] == "R2"
    plan = load_plan("a")
    first, second = plan.grids["code"][:2]
    merged = apply_edits(plan, [Edit(do="merge", grids=(second,), to=first)])
    kept = merged.grids.set_index("code")
    assert kept.loc[first, "land_use"] == "R2"
    assert second not in kept.index
    assert np.array_equal(kept["land_use"], ["R2", "R2", "A3"])


def test_a_plan_without_records_has_no_such_columns(grids):
    run("partition", *LAYERS, "--effort", "fast", "--jobs", 1, "--out", "p")
    fields = pyogrio.read_info("p/plan.gpkg", layer="grids")["fields"]
    assert not set(TITLES.values()) & set(fields)
