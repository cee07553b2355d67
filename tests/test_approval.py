"""Approval: what is approved is locked, told everywhere, and a change is noticed."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pandas as pd
import pytest
from builders_plan import build_plan, square
from typer.testing import CliRunner

from gridgeo.adjust import approve, check_first, record_plan
from gridgeo.cli import app
from gridgeo.codes import empty_register, read_register, states_at
from gridgeo.errors import InputError, OutputError
from gridgeo.report import load_plan, save_approved, save_plan
from gridgeo.report.seal import contents_of


def draft(**changes):
    """Return a plan without open errors."""
    plan = build_plan()
    return replace(plan, findings=plan.findings[:1], **changes)


def approved(plan=None, **given):
    return approve(plan or draft(), **{"by": "李主任", "date": "2026-11-23", **given})


def split(plan):
    """Return the plan with its second grid cut in two; the northern half has a new code."""
    grids = plan.grids.copy()
    north = grids.iloc[[1]].assign(code="420102001001004", households=0)
    lower, upper = square(1, 1, 1, 0.6), square(1, 1.6, 1, 0.4)
    grids.loc[1, "geometry"] = lower
    north = north.set_geometry([upper], crs=grids.crs)
    joined = pd.concat([grids, north], ignore_index=True)
    return replace(plan, grids=joined.sort_values("code", ignore_index=True))


def test_a_plan_comes_back_as_it_was_approved(tmp_path):
    plan = approved()
    folder = save_plan(plan, tmp_path / "out")
    again = load_plan(folder)
    assert again.approval == plan.approval
    assert contents_of(again) == contents_of(plan) == dict(plan.approval.contents)
    assert (plan.approval.version, plan.approval.by) == ("1", "李主任")


@pytest.mark.parametrize("plan", [draft(), approved()], ids=["draft", "approved"])
def test_the_state_is_told_in_the_summary_and_the_report(plan, tmp_path):
    folder = save_plan(plan, tmp_path / "out")
    told = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["approval"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    if plan.approval is None:
        assert told == {"state": "draft"}
        assert "草案（未批准）" in page
    else:
        assert told["state"] == "approved"
        assert told["seal"] == plan.approval.seal
        assert "已批准：李主任，2026-11-23，版本 1" in page


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("UPDATE grids SET households = 321 WHERE fid = 1", "grids.households"),
        ("UPDATE communities SET name = '别处' WHERE fid = 1", "communities.name"),
        ("UPDATE settings SET value = '301' WHERE key = 'band.lower'", "settings.band.lower"),
        ("UPDATE approval SET value = '王' WHERE key = 'by'", "approval"),
        ("DELETE FROM findings", "findings.id"),
    ],
    ids=["count", "name", "setting", "approver", "finding"],
)
def test_a_change_behind_the_approval_is_noticed_and_named(change, named, tmp_path):
    folder = save_plan(approved(), tmp_path / "out")
    with closing(sqlite3.connect(folder / "plan.gpkg")) as database:
        for trigger in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            database.execute(f'DROP TRIGGER "{trigger[0]}"')
        database.execute(change)
        database.commit()
    with pytest.raises(InputError, match=named):
        load_plan(folder)


def test_a_summary_that_was_edited_is_noticed(tmp_path):
    folder = save_plan(approved(), tmp_path / "out")
    path = folder / "summary.json"
    path.write_text(path.read_text(encoding="utf-8").replace("0.25", "0.95"), encoding="utf-8")
    with pytest.raises(InputError, match="summary"):
        load_plan(folder)


def test_an_approved_plan_is_never_written_over(tmp_path):
    folder = save_plan(approved(), tmp_path / "out")
    before = (folder / "plan.gpkg").read_bytes()
    with pytest.raises(OutputError, match="locked: approved by 李主任") as told:
        save_plan(draft(), folder, overwrite=True)
    assert "前一版本" in told.value.say("zh")
    assert (folder / "plan.gpkg").read_bytes() == before


def test_a_plan_that_was_changed_after_its_approval_cannot_be_saved(tmp_path):
    plan = approved()
    other = replace(plan, grids=plan.grids.assign(name="改名"))
    with pytest.raises(InputError, match=r"changed after .*grids\.name"):
        save_plan(other, tmp_path / "out")


def test_only_the_draft_that_was_approved_is_replaced(tmp_path):
    folder = save_plan(draft(), tmp_path / "out")
    with pytest.raises(InputError, match="another one"):
        save_approved(approved(split(draft())), folder)
    assert load_plan(save_approved(approved(), folder)).approval is not None


def test_versions_follow_one_another():
    first = approved()
    second = approved(split(draft()), predecessor=first, date="2027-01-05")
    assert second.approval.version == "2"
    assert second.approval.predecessor == "1"
    assert second.approval.predecessor_seal == first.approval.seal
    walk = second.crosswalk
    assert set(walk["old_code"]) - {""} == set(first.grids["code"])
    assert set(walk["new_code"]) - {""} == set(second.grids["code"])
    assert walk["households"].sum() == second.grids["households"].sum()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"plan": build_plan()}, "breaks hard rules .*one code twice"),
        ({"plan": approved()}, "approved already"),
        ({"by": " "}, "nobody is named"),
        ({"date": "23.11.2026"}, "no date"),
        ({"predecessor": draft()}, "the predecessor is a draft"),
        ({"predecessor": approved(date="2026-12-01")}, "approved later"),
        ({"predecessor": approved(version="A")}, "no version follows 'A'"),
        ({"predecessor": approved(), "version": "1"}, "version 1, too"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_approved_is_refused_with_the_reason(given, message):
    with pytest.raises(InputError, match=message):
        approved(**given)


def test_the_register_holds_the_codes_from_the_approval_on():
    plan, later = draft(), split(draft())
    register = record_plan(empty_register(plan.grids.crs), plan, date="2026-11-23")
    assert states_at(register, "2026-11-23")["code"].tolist() == plan.grids["code"].tolist()
    assert record_plan(register, plan, date="2026-12-01").table.equals(register.table)
    register = record_plan(register, later, date="2027-01-05", reason="人口增长")
    rows = register.table[register.table["version"] == 2]
    assert rows["code"].tolist() == ["420102001001002", "420102001001004"]
    assert set(rows["change"]) == {"split"}
    assert set(rows["reason"]) == {"人口增长"}


def test_only_an_approval_that_came_to_no_end_may_be_repeated_as_the_first():
    plan = draft()
    check_first(empty_register(plan.grids.crs), plan, date="2026-11-23")
    register = record_plan(empty_register(plan.grids.crs), plan, date="2026-11-23")
    check_first(register, plan, date="2026-11-23")
    for later, date in ((plan, "2027-01-05"), (split(plan), "2026-11-23")):
        with pytest.raises(InputError, match=r"5 codes in use .*since 2026-11-23"):
            check_first(register, later, date=date)


def test_codes_that_stand_elsewhere_are_not_recorded():
    plan = draft()
    register = record_plan(empty_register(plan.grids.crs), plan, date="2026-11-23")
    codes = plan.grids["code"].tolist()
    swapped = replace(
        plan, grids=plan.grids.assign(code=[codes[2], codes[1], codes[0], *codes[3:]])
    )
    with pytest.raises(InputError, match=r"stands on other ground .*2 codes"):
        record_plan(register, swapped, date="2026-12-01")


def test_a_retired_code_is_not_recorded_again():
    plan = draft()
    register = record_plan(empty_register(plan.grids.crs), split(plan), date="2026-11-23")
    register = record_plan(register, plan, date="2026-12-01")
    with pytest.raises(InputError, match="was given out before"):
        record_plan(register, split(plan), date="2027-01-01")


def test_a_register_without_ground_needs_the_plan_before():
    plan = draft()
    register = record_plan(empty_register(), plan, date="2026-11-23")
    with pytest.raises(InputError, match="ground of code"):
        record_plan(register, split(plan), date="2026-12-01")
    register = record_plan(register, split(plan), date="2026-12-01", before=plan)
    assert register.version == 2


def test_codes_of_other_areas_stay_as_they_are():
    plan = draft()
    register = record_plan(empty_register(plan.grids.crs), plan, date="2026-11-23")
    left = plan.communities["code"] == "420102001001"
    part = replace(
        plan,
        communities=plan.communities[left].reset_index(drop=True),
        grids=plan.grids[plan.grids["community"] == "420102001001"].reset_index(drop=True),
    )
    assert record_plan(register, part, date="2026-12-01").table.equals(register.table)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_command_approves_locks_and_records(tmp_path):
    old, new = save_plan(draft(), tmp_path / "old"), save_plan(split(draft()), tmp_path / "new")
    register = tmp_path / "codes.gpkg"
    facts = ("--by", "李主任", "--codes", register)
    told = run("approve", old, *facts, "--date", "2026-11-23")
    assert told.exit_code == 0, told.output
    assert "版本 1" in told.output
    told = run("approve", new, *facts, "--date", "2027-01-05", "--predecessor", old)
    assert told.exit_code == 0, told.output
    assert "版本 2，接续版本 1" in told.output
    assert read_register(register).version == 2
    assert load_plan(new).approval.predecessor_seal == load_plan(old).approval.seal
    again = run("approve", new, *facts, "--date", "2027-01-06")
    assert again.exit_code == 2
    assert "早已批准" in again.output


def test_a_plan_whose_codes_cannot_be_recorded_stays_a_draft(tmp_path):
    folder = save_plan(draft(), tmp_path / "out")
    (tmp_path / "codes.csv").write_text("no register", encoding="utf-8")
    told = run("approve", folder, "--by", "李", "--date", "2026-11-23", "--codes",
               tmp_path / "codes.csv")  # fmt: skip
    assert told.exit_code == 2
    assert load_plan(folder).approval is None


def test_a_plan_from_before_there_were_approvals_is_a_draft(tmp_path):
    folder = save_plan(draft(), tmp_path / "out")
    shutil.copy(folder / "plan.gpkg", tmp_path / "plan.gpkg")
    with closing(sqlite3.connect(folder / "plan.gpkg")) as database:
        database.execute("DROP TABLE approval")
        database.execute("DELETE FROM gpkg_contents WHERE table_name = 'approval'")
        database.commit()
    assert load_plan(folder).approval is None
