"""The register in the commands: a partition carries codes on, approval records, verify checks."""

import geopandas as gpd
import pytest
from builders_city import block_city
from typer.testing import CliRunner

import gridgeo as gg
from gridgeo.cli import app
from gridgeo.codes import code_at, read_register
from gridgeo.config import Codes
from gridgeo.validate.case import Case
from gridgeo.validate.codes import codes_no_class

INPUTS = ["--communities", "communities.gpkg", "--households", "households.gpkg",
          "--streets", "streets.gpkg"]  # fmt: skip
REGISTER = ["--codes", "codes.gpkg"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def fine(*arguments):
    told = run(*arguments)
    assert told.exit_code == 0, told.output
    return told.output


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """Return the folder of a town whose two grids were divided into four within a year."""
    folder = tmp_path_factory.mktemp("year")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        block_city(4, 2, per_block=100).write(folder)
        who = ["--by", "李主任", *REGISTER]
        fine("partition", *INPUTS, "--out", "old", "--jobs", 1)
        fine("approve", "old", *who, "--date", "2026-01-10")
        fine("partition", *INPUTS, *REGISTER, "--lower", 150, "--upper", 250, "--out", "new")
        fine("approve", "new", *who, "--date", "2026-11-23", "--predecessor", "old")
    return folder


@pytest.fixture
def town(year, monkeypatch):
    monkeypatch.chdir(year)
    return year


def test_codes_carry_on_and_every_household_is_answered_for_on_any_day(town):
    old, new = gg.load("old"), gg.load("new")
    assert len(old.grids) == 2
    assert len(new.grids) == 4
    assert set(old.grids["code"]) < set(new.grids["code"])
    assert old.crosswalk is None
    assert set(new.crosswalk["new_code"]) >= set(new.grids["code"])
    assert new.crosswalk["households"].sum() == new.grids["households"].sum()
    register = read_register("codes.gpkg")
    assert register.version == 2
    homes = new.households.geometry.to_numpy()
    assert code_at(register, homes, "2026-06-01").tolist() == old.households["grid"].tolist()
    assert code_at(register, homes, "2026-12-01").tolist() == new.households["grid"].tolist()


def test_an_approved_plan_is_neither_written_over_nor_adjusted_in_place(town):
    told = run("partition", *INPUTS, "--out", "old", "--overwrite")
    assert told.exit_code == 2
    assert "已锁定" in told.output


def test_a_plan_where_codes_are_in_use_is_not_the_first(town, tmp_path):
    fine("partition", *INPUTS, *REGISTER, "--lower", 700, "--upper", 900, "--out", tmp_path / "one")
    copy = tmp_path / "codes.gpkg"
    copy.write_bytes((town / "codes.gpkg").read_bytes())
    asked = ["approve", tmp_path / "one", "--by", "李", "--date", "2027-02-01", "--codes", copy]
    told = run(*asked)
    assert told.exit_code == 2
    assert "--predecessor" in told.output
    assert gg.load(tmp_path / "one").approval is None
    assert copy.read_bytes() == (town / "codes.gpkg").read_bytes()
    fine(*asked, "--version", "2027")
    assert gg.load(tmp_path / "one").approval.version == "2027"


def test_the_year_can_be_reported_upward(town, tmp_path):
    told = fine("submit", "new", "--since", "old", "--out", tmp_path / "up")
    assert "报送网格 4 个" in told


def verified(grids, tmp_path, register="codes.gpkg"):
    grids.to_file(tmp_path / "grids.gpkg")
    out = tmp_path / "out"
    told = run("verify", tmp_path / "grids.gpkg", "--communities", "communities.gpkg", "--codes",
               register, "--out", out)  # fmt: skip
    assert told.exit_code in {0, 1}, told.output
    return {
        (one.rule, one.severity) for one in gg.load(out).findings if one.rule.startswith("codes")
    }


def given_grids():
    return gpd.read_file("new/plan.gpkg", layer="grids")[
        ["code", "name", "kind", "community", "households", "geometry"]
    ]


def test_what_was_approved_is_sound_against_the_register(town, tmp_path):
    assert verified(given_grids(), tmp_path) == set()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({0: 1, 1: 0}, {("codes_in_place", "error")}),
        ({0: "420102001001077"}, {("codes_registered", "warning"), ("codes_all_there", "warning")}),
    ],
    ids=["swapped", "unknown and missing"],
)
def test_codes_that_differ_from_the_register_are_found(town, tmp_path, change, found):
    grids = given_grids()
    codes = grids["code"].tolist()
    for row, code in change.items():
        grids.loc[row, "code"] = codes[code] if isinstance(code, int) else codes[row][:12] + "077"
    assert verified(grids, tmp_path) == found


def test_a_retired_code_in_use_again_is_found(town, tmp_path):
    lone = gpd.read_file("old/plan.gpkg", layer="grids")
    fine("partition", *INPUTS, *REGISTER, "--lower", 700, "--upper", 900, "--out", tmp_path / "one")
    copy = tmp_path / "codes.gpkg"
    copy.write_bytes((town / "codes.gpkg").read_bytes())
    fine("approve", tmp_path / "one", "--by", "李", "--date", "2027-02-01", "--codes", copy,
         "--predecessor", "new")  # fmt: skip
    assert ("codes_not_reissued", "error") in verified(lone, tmp_path, register=copy)


def test_a_verification_without_a_register_says_so(town, tmp_path):
    told = run("verify", "new/plan.gpkg::grids", "--communities", "communities.gpkg")
    assert "未提供编码登记表" in told.output


def test_numbers_like_urban_rural_classes_are_warned_of():
    case = Case.__new__(Case)
    object.__setattr__(case, "codes", Codes())
    case.__dict__["grid_codes"] = ["420102001001111", "420102001001001"]
    case.__dict__["handles"] = case.__dict__["grid_codes"]
    case.__dict__["ground"] = [gpd.points_from_xy([0], [0])[0].buffer(1)] * 2
    told = list(codes_no_class(case))
    assert [(one.rule, one.severity, one.grids) for one in told] == [
        ("codes_no_class", "warning", ("420102001001111",))
    ]


def test_a_register_without_ground_cannot_carry_codes_on(town, tmp_path):
    register = read_register("codes.gpkg")
    table = register.table.drop(columns="geometry")
    table.to_csv(tmp_path / "codes.csv", index=False)
    told = run("partition", *INPUTS, "--codes", tmp_path / "codes.csv", "--out", tmp_path / "out")
    assert told.exit_code == 2
    assert "没有图形" in told.output


def test_adjust_checks_codes_against_the_register_as_verify_does(town, tmp_path):
    grids = given_grids()
    codes = grids["code"].tolist()
    grids["code"] = [codes[1], codes[0], *codes[2:]]
    grids.to_file(tmp_path / "swapped.gpkg", layer="grids")
    (tmp_path / "band.toml").write_text("[band]\nlower = 150\nupper = 250\n")
    said = run("adjust", f"{tmp_path}/swapped.gpkg::grids", *INPUTS, *REGISTER,
               "--settings", tmp_path / "band.toml", "--out", tmp_path / "out")  # fmt: skip
    assert said.exit_code == 1, said.output
    found = gg.load(tmp_path / "out").findings
    told = {(one.rule, one.severity) for one in found if one.rule.startswith("codes_")}
    assert ("codes_in_place", "error") in told
