"""Proposals in a workbook and on the command line, read again and kept."""

from dataclasses import replace

import geopandas as gpd
import openpyxl
import pytest
from builders_adjust import (
    layer_options,
    told,
    two_proposals,
)
from typer.testing import CliRunner

import gridgeo
from gridgeo.adjust import adjust_grids, approve
from gridgeo.cli import app
from gridgeo.errors import InputError, OutputError
from gridgeo.report import save_adjusted, save_approved
from gridgeo.review import read_decisions


def test_the_workbook_is_filled_in_and_read_again(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    both = adjust_grids(grids, replace(rules_, lang="zh"))
    book_file = save_adjusted(both, tmp_path / "out") / "proposals.xlsx"
    book = openpyxl.load_workbook(book_file)
    assert book.sheetnames == ["调整建议", "前后对照", "编码对照", "字段说明"]
    sheet = book.worksheets[0]
    titles = [cell.value for cell in sheet[1]]
    assert titles[:4] == ["建议编号", "决定", "社区编码", "原因"]
    assert [row[1].value for row in sheet.iter_rows(min_row=2)] == ["采纳", "采纳"]
    assert sheet.data_validations.dataValidation[0].formula1 == '"采纳,不采纳,待定"'
    assert sheet["F2"].number_format == "@"
    sheet["B2"], sheet["B3"] = "不采纳", ""
    book.save(tmp_path / "filled.xlsx")
    decisions = read_decisions(tmp_path / "filled.xlsx")
    first, second = told(both, "id")
    assert decisions.rejected == {first}
    assert decisions.undecided == {second}
    assert told(adjust_grids(grids, rules_, decisions=decisions), "decision") == [
        "rejected",
        "open",
    ]


@pytest.mark.parametrize(
    ("spoil", "told_of"),
    [
        (lambda grids: grids.translate(0.5, -0.3), "outlines, gaps and overlaps"),
        (lambda grids: grids.assign(code="X" + grids["code"].str[1:]), "codes"),
    ],
)
def test_what_adjust_leaves_is_told_with_what_mends_it(tmp_path, spoil, told_of):
    grids, rules_ = two_proposals(tmp_path)
    sound = adjust_grids(grids, rules_).plan
    spoilt = spoil(sound.grids)
    if not isinstance(spoilt, gpd.GeoDataFrame):
        spoilt = sound.grids.set_geometry(spoilt)
    spoilt.to_file(tmp_path / "spoilt.gpkg")
    options = [*layer_options(rules_), "--effort", "fast", "--lang", "en"]
    asked = ["adjust", str(tmp_path / "spoilt.gpkg"), *options, "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 1, done.output
    plan = gridgeo.load(tmp_path / "out")
    left = sum(one.severity == "error" for one in plan.findings)
    (note,) = [note.message.en for note in plan.notes if note.topic == "adjust"]
    assert f"{left} errors stay" in note
    assert told_of in note
    assert ("gridgeo repair" in note) == told_of.startswith("outlines")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (
            [["proposal", "decision"], ["P1", "maybe"]],
            r"'maybe' is no decision.*row 2, field decision",
        ),
        ([["proposal", "reason"], ["P1", "x"]], "no columns proposal and decision"),
        (None, "cannot be read"),
    ],
)
def test_a_workbook_that_is_none_of_ours_is_told(tmp_path, cells, message):
    file = tmp_path / "filled.xlsx"
    if cells is None:
        file.write_text("no workbook", encoding="utf-8")
    else:
        book = openpyxl.Workbook()
        for row in cells:
            book.active.append(row)
        book.save(file)
    with pytest.raises(InputError, match=message):
        read_decisions(file)


def test_the_command_proposes_applies_and_writes(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    run = CliRunner().invoke
    options = [*layer_options(rules_), "--effort", "fast", "--lang", "en"]
    first = run(app, ["adjust", grids.path, *options, "--out", str(tmp_path / "a")])
    assert first.exit_code == 0, first.output
    assert "240 / 1,440 (16.7%)" in first.output
    plan = gridgeo.load(tmp_path / "a")
    assert plan.summary["adjustment"]["proposals"] == 2
    layers_there = gpd.list_layers(tmp_path / "a" / "proposals.gpkg")["name"].tolist()
    assert layers_there == ["proposals", "before", "after", "crosswalk"]
    again = run(
        app,
        [
            "adjust",
            f"{tmp_path / 'a' / 'plan.gpkg'}::grids",
            *options,
            "--out",
            str(tmp_path / "b"),
        ],
    )
    assert "Nothing is to be adjusted" in again.output
    names = ",".join(gpd.read_file(tmp_path / "a" / "proposals.gpkg", layer="proposals")["id"])
    left = run(
        app, ["adjust", grids.path, *options, "--reject", names, "--out", str(tmp_path / "c")]
    )
    assert "accept 0, reject 2" in left.output
    wrong = ["--reject", names, "--decisions", str(tmp_path / "a" / "proposals.xlsx")]
    twice = run(app, ["adjust", grids.path, *options, *wrong, "--out", str(tmp_path / "d")])
    assert twice.exit_code == 2
    assert not (tmp_path / "d").exists()


def test_the_proposals_stay_beside_the_plan_when_it_is_approved(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    new = adjust_grids(grids, rules_)
    folder = save_adjusted(new, tmp_path / "out")
    save_approved(approve(gridgeo.load(folder), by="王主任", date="2026-11-23"), folder)
    assert (folder / "proposals.xlsx").exists()
    with pytest.raises(OutputError, match="locked"):
        save_adjusted(new, folder, overwrite=True)


def test_the_same_run_gives_the_same_bytes(tmp_path):
    grids, rules_ = two_proposals(tmp_path)
    first, second = (
        save_adjusted(adjust_grids(grids, rules_, jobs=jobs), tmp_path / name)
        for jobs, name in ((1, "a"), (3, "b"))
    )
    for name in ("proposals.xlsx", "proposals.gpkg", "plan.gpkg", "summary.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
