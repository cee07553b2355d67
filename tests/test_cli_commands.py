"""What the commands do and print, and the codes that they exit with."""

import json
import os
import subprocess
import sys
from dataclasses import fields, replace
from inspect import signature

import geopandas as gpd
import pytest
from builders_city import City, block_city, facilities, random_city
from shapely import box
from typer.testing import CliRunner

import gridgeo as gg
from gridgeo.cli import app
from gridgeo.cli.commands import partition_command
from gridgeo.cli.options import CliInput, pairs, parse_source, sources
from gridgeo.cli.show import MOST_FINDINGS, show_plan
from gridgeo.config import ROLES, Source
from gridgeo.errors import SettingsError
from gridgeo.model import Finding
from gridgeo.wording import Text

OUTPUTS = {
    *("plan.gpkg", "grids.geojson", "grids.xlsx", "summary.json", "run.json", "report.html"),
    "map.html",
}
LAYERS = ["--communities", "communities.gpkg", "--households", "households.gpkg"]
INPUTS = [*LAYERS, "--streets", "streets.gpkg"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    block_city(4, 2, per_block=100).write(tmp_path)
    return tmp_path


def gridgeo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_partition_writes_the_folder_and_tells_the_score(folder):
    told = gridgeo("partition", *INPUTS, "--out", "out", "--lang", "en", "--jobs", 1)
    assert told.exit_code == 0, told.output
    assert {path.name for path in (folder / "out").iterdir()} == OUTPUTS
    for word in ("in band 1", "800 = 800 + 0 (in grids + listed)", "0.000000 m2", "map.html"):
        assert word in told.stdout
    assert told.stderr == ""
    summary = json.loads((folder / "out" / "summary.json").read_text(encoding="utf-8"))
    assert summary["households"] == {"in": 800, "in_grids": 800, "listed": 0}
    plan = gg.load("out")
    assert {**plan.summary, "approval": {"state": "draft"}} == summary
    assert plan.grids["households"].between(300, 500).all()


def test_it_speaks_chinese_unless_told_otherwise(folder):
    told = gridgeo("partition", *INPUTS, "--out", "out")
    assert "达标率" in told.stdout
    assert "结果位于 out" in told.stdout
    assert gg.load("out").grids["name"].tolist() == ["甲社区第1网格", "甲社区第2网格"]


def test_a_settings_file_is_taken_and_options_go_before_it(folder):
    (folder / "gridgeo.toml").write_text(
        '[inputs]\ncommunities = "communities.gpkg"\nstreets = "streets.gpkg"\n'
        'households = "households.gpkg"\n[band]\nlower = 150\nupper = 250\n',
        encoding="utf-8",
    )
    assert gridgeo("partition", "--out", "a").exit_code == 0
    assert len(gg.load("a").grids) == 4
    told = gridgeo("partition", "gridgeo.toml", "--out", "b", "--lower", 300, "--upper", 500)
    assert told.exit_code == 0
    assert len(gg.load("b").grids) == 2
    assert gg.load("b").settings.band.upper == 500


def test_grids_outside_the_band_and_rejects_are_no_failure(folder):
    heavy = block_city(1, 1, per_block=100).frames["households"]
    odd = heavy.assign(户数=["600", None, "3", "4"])
    City({"households": odd}).write(folder)
    told = gridgeo("partition", *INPUTS, "--out", "out", "--lang", "en")
    assert told.exit_code == 0, told.output
    assert "1 rows could not be used: layer rejects" in told.stdout
    assert "impossible 1" in told.stdout


def test_households_in_no_grid_are_told_with_their_share(folder):
    homes = block_city(1, 1, per_block=100).frames["households"]
    homes.geometry = homes.geometry.where(homes.index > 0, homes.translate(yoff=5000))
    City({"households": homes}).write(folder)
    told = gridgeo("partition", *INPUTS, "--out", "out", "--lang", "en")
    assert told.exit_code == 0, told.output
    assert "25 households (25.0%) are in no grid: grids.xlsx, sheet rejects" in told.stdout


def test_seed_profile_and_scheme_reach_the_plan(folder):
    options = ("--seed", 7, "--profile", "households", "--scheme", "plain")
    assert gridgeo("partition", *INPUTS, *options, "--out", "out").exit_code == 0
    plan = gg.load("out")
    assert plan.settings.search.seed == 7
    assert plan.settings.band.profile == "households"
    assert plan.grids["code"].tolist() == ["420102001001-001", "420102001001-002"]


def test_a_category_for_a_whole_file(folder):
    school = facilities(("任意", "某处", box(0, 0, 200, 200))).drop(columns="类别")
    City({"facilities": school}).write(folder)
    told = gridgeo("partition", *INPUTS, "--facilities", "school=facilities.gpkg", "--out", "out")
    assert told.exit_code == 0, told.output
    assert gg.load("out").grids["kind"].tolist() == ["basic", "basic", "dedicated"]


# --- verify ----------------------------------------------------------------------------------


@pytest.fixture
def grids(folder):
    """Return the grids of a plan, as somebody else would deliver them."""
    assert gridgeo("partition", *INPUTS, "--out", "ours").exit_code == 0
    return gpd.read_file("ours/plan.gpkg", layer="grids")


def verify(frame, *options):
    frame.to_file("theirs.gpkg", layer="网格")
    return gridgeo("verify", "theirs.gpkg::网格", *LAYERS, "--lang", "en", *options)


def test_verify_passes_what_is_right(grids):
    told = verify(grids)
    assert told.exit_code == 0, told.output
    assert "100.0%" in told.stdout


def test_verify_needs_no_more_than_communities(folder, grids):
    grids.to_file("theirs.gpkg", layer="网格")
    told = gridgeo("verify", "theirs.gpkg", "--communities", "communities.gpkg", "--lang", "en")
    assert told.exit_code == 0, told.output
    assert "households_once was not checked" in told.stdout


def test_verify_exits_with_1_where_a_hard_rule_is_broken(grids):
    broken = grids.copy()
    broken.loc[0, "geometry"] = broken.geometry[0].buffer(3)
    told = verify(broken, "--out", "judged")
    assert told.exit_code == 1
    assert "no overlap:" in told.stdout
    assert gg.load("judged").summary["findings"]["error"] > 0


def test_verify_exits_with_0_where_only_the_band_is_missed(grids):
    told = verify(grids.assign(households=[650, 150]).drop(columns="residents"))
    assert "error" in told.stdout  # the points say 400 and 400
    alone = gridgeo("verify", "theirs.gpkg", "--communities", "communities.gpkg", "--lang", "en")
    assert alone.exit_code == 0, alone.output
    assert "in band: grid" in alone.stdout


def test_verify_writes_nothing_unless_told_to(folder, grids):
    before = sorted(folder.iterdir())
    verify(grids)
    assert sorted(folder.iterdir()) == sorted([*before, folder / "theirs.gpkg"])


# --- inspect and options ------------------------------------------------------------------------


def test_inspect_tells_layers_columns_and_what_they_are_taken_for(folder):
    told = gridgeo("inspect", "households.gpkg", "communities.gpkg", "--lang", "en")
    assert told.exit_code == 0
    assert "households.gpkg::households" in told.stdout
    assert "households = 户数" in told.stdout
    assert "code = 编码" in told.stdout
    assert "EPSG:4547" in told.stdout


def test_options_parse_into_sources(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert parse_source("学校=a.gpkg::b") == Source(path="a.gpkg", layer="b", kind="学校")
    (tmp_path / "a=b.gpkg").write_text("", encoding="utf-8")
    assert parse_source("a=b.gpkg::c") == Source(path="a=b.gpkg", layer="c")
    given = sources({"streets": ["a.shp", "b.shp"], "households": None})
    assert {role: len(found) for role, found in given.items()} == {"streets": 2}


def test_pairs_keep_what_follows_the_first_equals_sign():
    assert pairs("column", ["streets.name = 路=名"]) == {"streets.name": "路=名"}
    assert pairs("crs", None) == {}
    with pytest.raises(SettingsError, match=r"not NAME=VALUE.*crs={\"streets\": \"4490\"}"):
        pairs("crs", ["streets="])


def test_a_settings_file_nearby_is_taken_and_said_where_layers_are_given_too(folder, capsys):
    text = "[inputs]\nstreets = 'b.shp'\nparcels = 'p.shp'\n[band]\nupper = 450\n"
    (folder / "gridgeo.toml").write_text(text, encoding="utf-8")
    settings = CliInput(layers={"streets": ["a.shp"]}, lang="en").settings()
    assert settings.band.upper == 450
    assert {role: str(one) for role, (one,) in settings.read.inputs.items()} == {
        "streets": "a.shp", "parcels": "p.shp",
    }  # fmt: skip
    assert "settings: ./gridgeo.toml, with its parcels" in capsys.readouterr().err
    (folder / "gridgeo.toml").write_text("nonsense", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be read"):
        CliInput(layers={"streets": ["a.shp"]}).settings()


def test_partition_takes_the_band_of_a_settings_file_beside_layers_of_the_command_line(folder):
    text = "[band]\nlower = 150\nupper = 250\n"
    (folder / "gridgeo.toml").write_text(text, encoding="utf-8")
    told = gridgeo("partition", *INPUTS, "--out", "out")
    assert told.exit_code == 0, told.output
    assert "读取设置文件 ./gridgeo.toml" in told.stderr
    assert len(gg.load("out").grids) == 4


def test_a_column_without_a_name_means_none(folder):
    assert pairs("column", ["households.group="]) == {"households.group": ""}
    told = gridgeo("partition", *INPUTS, "--column", "households.group=", "--out", "out")
    assert told.exit_code == 0, told.output
    assert gg.load("out").settings.read.columns == {"households.group": ""}


def test_every_setting_of_the_command_line_is_an_option_of_partition():
    options = set(signature(partition_command).parameters)
    assert {one.name for one in fields(CliInput)} - {"layers"} <= options
    assert set(ROLES) - {"allowed_gaps"} <= options


def test_no_command_prints_the_help():
    assert "partition" in gridgeo().output


def test_a_plan_of_a_random_town_has_no_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    city = random_city(21, river=True, carriageways=True, compounds=True, schools=True)
    city.write(tmp_path)
    layers = [part for role in city.frames for part in (f"--{role}", f"{role}.gpkg")]
    assert gridgeo("partition", *layers, "--out", "out").exit_code == 0


def test_accepted_findings_are_neither_shown_nor_counted(capsys):
    plan = gg.partition_layers(block_city(4, 2, per_block=100).layers(), gg.Settings(lang="en"))
    one = Finding(rule="in_band", severity="warning", message=Text("far", "远"), id="QOPEN")
    shown = [one] * (MOST_FINDINGS + 2)
    accepted = [replace(one, id="QACCEPTED", status="accepted")] * 5
    show_plan(replace(plan, findings=(*accepted, *shown)), None)
    printed = capsys.readouterr().out
    assert printed.count("QOPEN") == MOST_FINDINGS
    assert "QACCEPTED" not in printed
    assert "... and 2 more" in printed


_NOISY = """
import os, sys, gridgeo.cli
gridgeo.cli.app = lambda: (os.write(1, b"tmpSolver.run();"), print("社区"), sys.exit(3))
gridgeo.cli.main()
"""


def test_what_libraries_write_past_python_does_not_reach_the_console():
    """HiGHS has a line that no option silences; its own C code writes to descriptor 1."""
    told = subprocess.run(
        [sys.executable, "-c", _NOISY],
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert told.returncode == 3
    assert told.stdout.decode().splitlines() == ["社区"]
    assert not told.stderr
