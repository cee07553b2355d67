"""`gridgeo submit`: what goes upward is what changed, can be checked, and opens everywhere."""

import hashlib
import json
import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from builders_plan import build_plan
from hypothesis import given
from hypothesis import strategies as st
from pyogrio.errors import DataSourceError
from python_calamine import CalamineWorkbook
from test_approval import approved, draft, split
from typer.testing import CliRunner

from gridgeo.adjust import side_of, submit
from gridgeo.cli import app
from gridgeo.errors import InputError, OutputError
from gridgeo.report import load_plan, save_plan, save_submission
from gridgeo.report.geopackage import _FIELDS, _LONGEST, ENDINGS, alias_frame, shapefile_of

CHANGED = ["420102001001002", "420102001001004"]
first = approved()
second = approved(split(draft()), predecessor=first, date="2027-01-05")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Return the folder of a package of what changed."""
    told = submit(second, since=side_of(first))
    return save_submission(told, tmp_path_factory.mktemp("package") / "out")


def text_of(path):
    return path.read_text(encoding="utf-8")


def test_only_changed_grids_go_upward_unless_all_are_wanted():
    told = submit(second, since=side_of(first))
    assert told.grids["code"].tolist() == CHANGED
    assert told.grids["change"].tolist() == ["split", "split"]
    whole = submit(second, since=side_of(first), full=True)
    assert whole.grids["code"].tolist() == second.grids["code"].tolist()
    alone = submit(first)
    assert (alone.full, alone.first) == (True, True)
    assert set(alone.comparison.changes["reason"]) == {"首次划分"}


def test_the_package_says_the_same_in_every_form(package):
    in_package = gpd.read_file(package / "grids.gpkg", layer="grids")
    shapes = gpd.read_file(package / "grids.shp")
    book = pd.read_excel(
        package / "submission.xlsx", sheet_name="报送网格", dtype=str, engine="calamine"
    )
    for codes in (in_package["code"], shapes["code"], book["编码"]):
        assert codes.tolist() == CHANGED
    assert shapes["name"].tolist() == in_package["name"].tolist() == ["第1网格"] * 2
    assert shapes.geometry.area.tolist() == pytest.approx(in_package.geometry.area.tolist())
    assert shapes["why"].tolist() == in_package["change_reason"].tolist()


def test_the_shapefile_has_ascii_names_an_encoding_and_an_alias_sheet(package):
    info = pyogrio.read_info(package / "grids.shp")
    assert info["fields"].tolist() == list(_FIELDS)
    assert all(re.fullmatch("[a-z0-9_]{1,10}", name) for name in _FIELDS)
    assert text_of(package / "grids.cpg").strip() == "UTF-8"
    book = pd.read_excel(
        package / "submission.xlsx", sheet_name="shp字段对照", dtype=str, engine="calamine"
    )
    assert book["shp字段"].tolist() == list(_FIELDS)
    assert book["含义"].notna().all()


@given(st.text("甲乙ab=1，", min_size=60, max_size=200))
def test_long_text_ends_early_between_two_characters(text):
    grids = submit(first).grids.assign(contains=text)
    assert set(shapefile_of(grids)) == set(ENDINGS)
    cut = text.encode()[:_LONGEST].decode(errors="ignore")
    assert text.startswith(cut)
    note = alias_frame(grids, "zh").set_index("dbf_field")["note"]["contains"]
    assert bool(note) == (len(text.encode()) > _LONGEST)


def test_the_manifest_names_every_other_file_with_its_sum(package):
    lines = text_of(package / "manifest.sha256").splitlines()
    told = dict(reversed(line.split("  ")) for line in lines)
    there = {path.name for path in package.iterdir()} - {"manifest.sha256"}
    assert set(told) == there
    for name, digest in told.items():
        assert hashlib.sha256((package / name).read_bytes()).hexdigest() == digest


def test_the_state_travels_with_the_package(package):
    facts = json.loads(text_of(package / "submission.json"))
    assert facts["plan"]["state"] == "approved"
    assert facts["plan"]["seal"] == second.approval.seal
    assert facts["since"]["seal"] == first.approval.seal
    assert (facts["scope"], facts["grids"]) == ("changed", 2)
    table = pyogrio.read_dataframe(package / "grids.gpkg", layer="approval")
    assert table.set_index("key")["value"]["by"] == "李主任"


def test_the_workbook_has_reasons_crosswalk_and_scorecard(package):
    book = openpyxl.load_workbook(package / "submission.xlsx")
    assert book.sheetnames == [
        *("报送网格", "变更原因", "新旧编码对照", "核查评分卡", "批准信息"),
        *("shp字段对照", "字段说明"),
    ]
    walk = pd.read_excel(
        package / "submission.xlsx", sheet_name="新旧编码对照", dtype=str, engine="calamine"
    )
    assert walk["原编码"].tolist() == [CHANGED[0]] * 2
    assert walk["现编码"].tolist() == CHANGED


def test_codes_and_formulas_are_text(tmp_path):
    plan = draft(grids=build_plan(names=["=1+1", "+1", "@x", "-2", "名"]).grids)
    folder = save_submission(submit(plan), tmp_path / "out")
    sheet = openpyxl.load_workbook(folder / "submission.xlsx").worksheets[0]
    kinds = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row}
    assert kinds <= {"s", "n"}
    read = CalamineWorkbook.from_path(folder / "submission.xlsx").get_sheet_by_index(0).to_python()
    assert read[1][:2] == ["420102001001001", "=1+1"]


def test_the_cover_is_a_page_without_network_that_tells_the_state(package, tmp_path):
    page = text_of(package / "cover.html")
    for said in ("网格调整成果报送单", "李主任", "2027-01-05", "拆分", "仅变更网格"):
        assert said in page
    assert not re.search(r"<script|https?://(?!www\.w3\.org)", page)
    for name in ("grids.gpkg", "submission.xlsx"):
        assert hashlib.sha256((package / name).read_bytes()).hexdigest() in page
    cover = text_of(save_submission(submit(draft()), tmp_path / "draft") / "cover.html")
    assert "草案（未批准）" in cover
    assert "网格划分成果报送单" in cover


def test_the_cover_counts_grids_that_changed_their_code_only(tmp_path):
    plan = draft()
    code = plan.grids["code"][0]
    renamed = plan.grids["code"].where(plan.grids["code"] != code, f"{code[:12]}099")
    told = submit(replace(plan, grids=plan.grids.assign(code=renamed)), since=side_of(first))
    page = text_of(save_submission(told, tmp_path / "out") / "cover.html")
    assert "其中 1 个仅改编码" in page
    assert "仅改编码" not in text_of(save_submission(submit(plan), tmp_path / "new") / "cover.html")


def test_hostile_words_stay_text_on_the_cover(tmp_path):
    plan = approved(draft(), by="<script>alert(1)</script>")
    page = text_of(save_submission(submit(plan), tmp_path / "out") / "cover.html")
    assert "<script" not in page


def test_scorecards_stand_side_by_side():
    cards = [{"card": "in_band", "state": "red", "count": 4}]
    before = replace(first, summary={**first.summary, "scorecard": cards}, approval=None)
    told = submit(draft(grids=split(draft()).grids), since=side_of(before))
    in_band = next(card for card in told.scorecard if card["card"] == "in_band")
    assert (in_band["state_before"], in_band["count_before"]) == ("red", 4)
    assert in_band["state_after"] == ""


def test_the_same_submission_gives_the_same_bytes(package, tmp_path):
    again = save_submission(submit(second, since=side_of(first)), tmp_path / "again")
    for path in package.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("since", "message"),
    [
        (None, "follows version 1"),
        (side_of(draft()), "not the plan that it follows"),
        (side_of(approved(by="王")), "not the plan that it follows"),
    ],
    ids=["none", "a draft", "another one"],
)
def test_a_plan_is_submitted_after_the_one_it_follows(since, message):
    with pytest.raises(InputError, match=message):
        submit(second, since=since)


def test_nothing_changed_is_nothing_to_report():
    with pytest.raises(InputError, match=r"no grid has changed.*full=True"):
        submit(draft(), since=side_of(draft()))
    assert len(submit(draft(), since=side_of(draft()), full=True).grids) == 5


def test_grids_that_are_drawn_again_are_not_reported():
    drawn = draft()
    shapes = shapely.segmentize(drawn.grids.geometry.array, 20.0)
    moved = shapely.transform(shapes, lambda xy: xy + 0.7 * np.sin(xy))
    again = replace(
        drawn, grids=drawn.grids.set_geometry(gpd.GeoSeries(moved, crs=drawn.grids.crs))
    )
    with pytest.raises(InputError, match=r"no grid has changed"):
        submit(again, since=side_of(drawn))
    told = submit(again, since=side_of(drawn), full=True)
    assert set(told.grids["change"]) == {"redrawn"}


def test_the_command_writes_the_package_and_protects_what_is_there(tmp_path):
    old, new = save_plan(first, tmp_path / "old"), save_plan(second, tmp_path / "new")
    out = tmp_path / "out"
    command = ["submit", str(new), "--since", str(old), "--out", str(out)]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.output
    assert "报送网格 2 个" in told.output
    again = CliRunner().invoke(app, command)
    assert again.exit_code == 2
    assert "--overwrite" in again.output
    (new / "summary.json").write_text("{}", encoding="utf-8")
    told = CliRunner().invoke(app, [*command, "--overwrite"])
    assert told.exit_code == 2
    assert "被改动" in told.output


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(*_args, **_options):
        raise DataSourceError("disk full")

    monkeypatch.setattr("gridgeo.report.submission.append_table", fail)
    with pytest.raises(OutputError, match="disk full"):
        save_submission(submit(first), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    assert load_plan(save_plan(first, tmp_path / "plan")).approval == first.approval
