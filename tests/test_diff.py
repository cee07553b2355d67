"""`gridgeo diff`: what became of each grid, told in a table, a workbook and a map."""

import json
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
import shapely.affinity
from builders_plan import build_plan, square
from hypothesis import given, settings
from hypothesis import strategies as st
from test_approval import approved, split
from typer.testing import CliRunner

from gridgeo.adjust import Side, changed_grids, compare_sides, diff, side_of
from gridgeo.cli import app
from gridgeo.config import Settings, Source
from gridgeo.errors import InputError
from gridgeo.report import save_comparison, save_plan

CRS = 32650
CELLS = [
    shapely.box(x * 100, y * 100, x * 100 + 100, y * 100 + 100) for y in (0, 1, 2) for x in range(4)
]
labels = st.lists(st.integers(0, 4), min_size=len(CELLS), max_size=len(CELLS))


def side(numbers):
    """Return a partition of the cells as one side of a comparison."""
    codes = sorted(set(numbers))
    ground = [
        shapely.union_all([c for c, n in zip(CELLS, numbers, strict=True) if n == k]) for k in codes
    ]
    grids = gpd.GeoDataFrame(
        {
            "code": [f"A-{n:02d}" for n in codes], "name": "", "kind": "basic", "community": "A",
            "community_name": "", "households": np.nan, "verdict": "", "reason": "",
        },
        geometry=ground,
        crs=CRS,
    )  # fmt: skip
    return Side(grids=grids, crs=grids.crs)


@settings(max_examples=20, deadline=None)
@given(labels, labels, st.lists(st.integers(0, 90), min_size=len(CELLS), max_size=len(CELLS)))
def test_the_crosswalk_makes_the_new_partition_of_the_old_one(before, after, households):
    homes = gpd.GeoDataFrame({"households": households}, geometry=shapely.centroid(CELLS), crs=CRS)
    told = compare_sides(side(before), side(after), Settings(), household_points=homes)
    walk, rows = told.crosswalk, told.changes
    cells = pd.DataFrame({"old": before, "new": after, "households": households})
    for name, code in (("old", "old_code"), ("new", "new_code")):
        counted = cells.groupby(name)["households"].sum()
        counted.index = [f"A-{n:02d}" for n in counted.index]
        assert walk.groupby(code)["households"].sum().to_dict() == counted.to_dict()
    assert walk.loc[walk["moved"], "households"].sum() == told.summary["households_moved"]
    np.testing.assert_allclose(walk.geometry.area, walk["area_m2"], atol=1.0)
    assert rows.loc[rows["new_code"] != "", "households"].sum() == sum(households)
    stay = rows["households_before"] - rows["households_out"]
    assert (stay == rows["households"] - rows["households_in"]).all()


@settings(max_examples=10, deadline=None)
@given(labels)
def test_a_partition_compared_with_itself_has_not_changed(numbers):
    told = compare_sides(side(numbers), side(numbers), Settings())
    assert set(told.changes["change"]) == {"unchanged"}
    assert changed_grids(told.changes).empty
    assert set(told.changes["reason"]) == {""}


def on_borders():
    """Return households on every border and corner of the cells, and within the cells."""
    places = [(x, y) for y in range(0, 301, 50) for x in range(0, 401, 50)]
    return gpd.GeoDataFrame(
        {"households": range(1, len(places) + 1)}, geometry=shapely.points(places), crs=CRS
    )


@settings(max_examples=15, deadline=None)
@given(labels, st.randoms(use_true_random=False), st.booleans())
def test_rows_in_another_order_and_rounded_move_no_household(numbers, chance, rounded):
    one, homes = side(numbers), on_borders()
    order = list(range(len(one.grids)))
    chance.shuffle(order)
    other = one.grids.iloc[order].reset_index(drop=True)
    if rounded:
        shift = [(chance.uniform(-0.01, 0.01), chance.uniform(-0.01, 0.01)) for _ in order]
        other.geometry = [
            shapely.affinity.translate(shape, *by)
            for shape, by in zip(other.geometry, shift, strict=True)
        ]
    for pair in ((one, Side(grids=other, crs=one.crs)), (Side(grids=other, crs=one.crs), one)):
        told = compare_sides(*pair, Settings(), household_points=homes)
        assert set(told.changes["change"]) == {"unchanged"}
        assert told.summary["households_moved"] == 0
        assert (told.crosswalk["old_code"] == told.crosswalk["new_code"]).all()


def test_every_change_is_told_with_its_reason():
    told = compare_sides(side_of(build_plan()), side_of(split(build_plan())), Settings())
    rows = told.changes.set_index("new_code")
    assert rows.loc["420102001001002", "change"] == "split"
    assert rows.loc["420102001001002", "reason"] == (
        "拆分：0 户划归 420102001001004；原网格 420102001001002 偏大（510 户）"
    )
    assert rows.loc["420102001001004", "reason"].startswith("由 420102001001002 拆分设立")
    assert len(changed_grids(told.changes)) == 2
    assert told.summary["codes_changed"] == 0


def test_codes_that_changed_and_grids_that_went_are_told():
    before, after = side([0, 0, 1, 1] * 3), side([2] * 12)
    told = compare_sides(before, after, replace(Settings(), lang="en"))
    assert told.changes[["change", "old_code", "new_code"]].to_numpy().tolist() == [
        ["merged", "A-00", "A-02"],
        ["retired", "A-01", ""],
    ]
    assert "the code changes from A-00 to A-02" in told.changes["reason"][0]
    assert told.changes["reason"][1] == "given up; its households go to A-02"
    assert told.notes[0].topic == "households"


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    """Return a plan, one that follows it, and its grids as a file."""
    folder = tmp_path_factory.mktemp("sides")
    old, new = (
        save_plan(build_plan(), folder / "old"),
        save_plan(split(build_plan()), folder / "new"),
    )
    build_plan().grids[["code", "households", "geometry"]].to_file(folder / "grids.geojson")
    return old, new, folder / "grids.geojson"


@pytest.mark.parametrize("form", ["folder", "package", "file"])
def test_plans_packages_and_files_say_the_same(sides, form):
    old, new, file = sides
    given_side = {"folder": old, "package": old / "plan.gpkg", "file": file}[form]
    told = diff(Source(path=str(given_side)), Source(path=str(new)), Settings())
    assert (
        told.changes["change"].tolist()
        == ["unchanged", "split", "unchanged", "split"] + ["unchanged"] * 2
    )
    assert told.summary["households"] == 1240


def test_atoms_and_households_may_be_given(sides):
    old, new, _ = sides
    layers = {"atoms": (Source(path=str(new / "plan.gpkg"), layer="atoms"),)}
    rules = replace(Settings().read, inputs=layers, columns={"atoms.households": "households"})
    told = diff(Source(path=str(old)), Source(path=str(new)), replace(Settings(), read=rules))
    assert told.summary["households"] == 1240


def test_a_changed_approved_plan_is_no_side(tmp_path):
    folder = save_plan(approved(), tmp_path / "out")
    text = (folder / "summary.json").read_text(encoding="utf-8")
    (folder / "summary.json").write_text(text.replace("0.25", "0.5"), encoding="utf-8")
    with pytest.raises(InputError, match="changed after"):
        diff(Source(path=str(folder)), Source(path=str(folder)), Settings())


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def written(sides, tmp_path_factory):
    """Return the folder that the command wrote, and what it printed."""
    old, new, _ = sides
    out = tmp_path_factory.mktemp("diff") / "out"
    told = run("diff", old, new, "--out", out)
    assert told.exit_code == 0, told.output
    return out, told.output


def test_layers_of_a_settings_file_in_the_folder_move_nothing(sides, tmp_path, monkeypatch):
    old, new, _ = sides
    points = gpd.GeoDataFrame({"户数": [7]}, geometry=[square(0, 0).centroid], crs=4547)
    points.to_file(tmp_path / "homes.geojson")
    text = "[inputs]\nhouseholds = 'homes.geojson'\n"
    (tmp_path / "gridgeo.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for more, households in (([], 1240), (["--settings", "gridgeo.toml"], 7)):
        told = run("diff", old, new, "--out", "out", "--overwrite", *more)
        assert told.exit_code == 0, told.output
        summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
        assert summary["households"] == households


def test_the_command_writes_tables_and_a_map(written):
    out, printed = written
    assert "0 户变更归属" in printed
    names = {path.name for path in out.iterdir()}
    assert names == {"changes.gpkg", "changes.xlsx", "changes.html", "summary.json", "run.json"}
    assert json.loads((out / "summary.json").read_text(encoding="utf-8"))["new"]["split"] == 2
    changes = gpd.read_file(out / "changes.gpkg", layer="changes")
    assert changes["new_code"].tolist()[1] == "420102001001002"
    walk = gpd.read_file(out / "changes.gpkg", layer="crosswalk")
    assert walk["households"].sum() == 1240


def test_codes_are_text_in_the_workbook(written):
    book = openpyxl.load_workbook(written[0] / "changes.xlsx")
    assert book.sheetnames == ["网格变更", "新旧编码对照", "字段说明"]
    for sheet in book.worksheets[:2]:
        head = [cell.value for cell in sheet[1]]
        cell = sheet.cell(2, head.index("现编码") + 1)
        assert (cell.data_type, cell.number_format) == ("s", "@")


def test_the_map_fetches_nothing_and_hatches_what_changed(written):
    page = (written[0] / "changes.html").read_text(encoding="utf-8")
    assert not re.search(
        r"<(?:script|link|img|iframe)[^>]*(?:src|href)\s*=\s*[\"']?(?!data:)", page
    )
    assert "default-src 'none'" in page
    assert "归属变动的区域" in page
    assert '"hatch": "#c2185b"' in page


def test_the_same_comparison_gives_the_same_bytes(written, sides, tmp_path):
    old, new, _ = sides
    told = diff(Source(path=str(old)), Source(path=str(new)), Settings())
    again = save_comparison(told, tmp_path / "again")
    for name in ("changes.gpkg", "changes.xlsx", "changes.html", "summary.json"):
        assert (again / name).read_bytes() == (written[0] / name).read_bytes(), name


def test_hostile_names_stay_text_in_the_map(tmp_path):
    hostile = build_plan(names=["</script><script>alert(1)</script>", "{{ 7 * 7 }}", "=1+1"])
    told = compare_sides(side_of(hostile), side_of(split(hostile)), Settings())
    page = (save_comparison(told, tmp_path / "out") / "changes.html").read_text(encoding="utf-8")
    assert "alert(1)</script>" not in page
    assert "{{ 7 * 7 }}" not in page


@pytest.mark.parametrize(
    ("given_side", "message"),
    [("nothing.gpkg", "不存在"), ("empty", "没有方案"), ("doubled.geojson", "编码相同")],
)
def test_what_is_no_side_is_told(sides, given_side, message, tmp_path):
    (tmp_path / "empty").mkdir()
    twice = gpd.GeoDataFrame({"code": ["1", "1"]}, geometry=[square(0, 0), square(1, 0)], crs=4547)
    twice.to_crs(4326).to_file(tmp_path / "doubled.geojson")
    told = run("diff", tmp_path / given_side, sides[1], "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert message in told.output
    assert not Path(tmp_path / "out").exists()
