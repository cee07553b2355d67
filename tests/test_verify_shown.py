"""What verify says of each grid and community: in plan, report, map and terminal."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from builders_adjust import code, layer_options, town
from builders_city import CODES, block_city
from shapely import box
from typer.testing import CliRunner

from gridgeo.cli import app
from gridgeo.cli.show import show_findings
from gridgeo.maps import build_map
from gridgeo.model import Finding
from gridgeo.pipeline import run, verify
from gridgeo.report import save_plan
from gridgeo.wording import Text

#: Two grids overlap, one is too small, one is sound.
SHAPES = (
    box(0, 0, 620, 200),
    box(600, 0, 1200, 200),
    box(0, 200, 200, 400),
    box(200, 200, 1200, 400),
)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn")
    return town(folder, *SHAPES, city=block_city(6, 2, per_block=80), 名称=["甲", "乙", "丙", "丁"])


@pytest.fixture(scope="module")
def plan(asked):
    return verify(*asked)


@pytest.fixture(scope="module")
def report(plan, tmp_path_factory):
    folder = save_plan(plan, tmp_path_factory.mktemp("report") / "out")
    return (folder / "report.html").read_text("utf-8")


def test_a_grid_that_states_no_community_has_the_one_it_lies_in(plan):
    assert set(plan.grids["community"]) == {CODES[0]}
    (row,) = plan.communities.to_dict("records")
    assert (row["households"], row["grids"]) == (plan.grids["households"].sum(), 4)
    assert (row["soundness"], row["soundness_reason"]) == ("must_adjust", "2 of 4 grids")
    told = plan.grids.set_index("code")["soundness"].to_dict()
    assert told == {
        code(1): "must_adjust",
        code(2): "must_adjust",
        code(3): "adjust",
        code(4): "sound",
    }


def test_nobody_knows_in_which_communities_drawn_grids_could_be_in_band(plan):
    assert plan.summary["in_band_share"] is not None
    assert plan.summary["in_band_share_where_possible"] is None


def test_the_report_names_every_grid_that_is_not_sound_and_why(report):
    assert "Report of the verification" in report
    start = report.index("<h2>Soundness of the grids</h2>")
    told = report[start : report.index("<h2>", start + 10)]
    for state, count, name in (("green", 1, "sound"), ("red", 2, "must be adjusted")):
        assert f'<div class="card {state}"><b>{count}</b><span>{name}</span>' in told
    assert [told.count(code(n)) for n in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert "no overlap" in told
    assert "in band" in told


def test_the_report_of_drawn_grids_claims_nothing_about_a_search(report):
    assert "What could not be met" not in report
    assert "Every community is in band" not in report
    communities = report[report.index("<h2>Communities</h2>") :]
    assert "must be adjusted" in communities[: communities.index("<h2>", 10)]


def test_the_map_shows_what_is_not_sound(plan):
    page = build_map(plan).get_root().render()
    assert "Checks: must be adjusted 2, to be adjusted 1" in page


def test_the_terminal_counts_them_and_says_nothing_of_atoms_that_are_not_there(asked, tmp_path):
    source, rules = asked
    told = ["verify", source.path, *layer_options(rules)]
    told += ["--lang", "en", "--profile", "households"]
    done = CliRunner().invoke(app, [*told, "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "sound 1, to be adjusted 1, must be adjusted 2" in done.output
    assert "√ one piece  " in done.output
    assert "× no overlap 1  " in done.output
    assert "()" not in done.output
    assert "atoms " not in done.output
    assert Path(tmp_path / "out" / "plan.gpkg").exists()


def test_the_terminal_shows_the_largest_of_each_rule_before_a_second_of_any(capsys):
    gaps = [_found("fills_community", n / 100) for n in range(40)]
    told = (*gaps, _found("codes_unique", None), _found("no_overlap", 7.0))
    show_findings(told, "en", total=len(told))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1] for line in lines[:2]] == ["0.39", "0.38"]
    assert [line.split(": ")[1] for line in lines[-3:-1]] == ["None", "7.0"]
    assert lines[-1] == "... and 30 more"


def _found(rule, amount):
    return Finding(rule=rule, severity="error", message=Text(f"{amount}", ""), amount=amount)


def test_a_plan_of_ours_that_is_sound_lists_no_grid(asked, tmp_path):
    page = (save_plan(run(asked[1]), tmp_path / "own") / "report.html").read_text("utf-8")
    start = page.index("<h2>Soundness of the grids</h2>")
    assert "<table>" not in page[start : page.index("<h2>", start + 10)]
    assert "Report of the partition" in page


def test_a_collapsed_ring_is_an_error_and_every_file_is_written(tmp_path):
    flat = shapely.from_wkt("POLYGON ((600000 3386000, 600400 3386000, 600000 3386000))")
    grids, asked = town(tmp_path, *SHAPES, city=block_city(6, 2, per_block=80))
    drawn = gpd.read_file(grids.path, layer=grids.layer or None)
    drawn.geometry = [flat, *drawn.geometry[1:]]
    plan = verify(drawn, asked)
    assert "valid_geometry" in {one.rule for one in plan.findings if one.severity == "error"}
    folder = save_plan(plan, tmp_path / "out")
    assert (folder / "report.html").stat().st_size
    assert (folder / "map.html").stat().st_size
    assert plan._repr_html_()
