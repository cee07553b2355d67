"""The life of findings, and the table that people edit."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from typer.testing import CliRunner

from gridgeo.cli import app
from gridgeo.errors import InputError, OutputError
from gridgeo.model import Finding
from gridgeo.review import Entry, read_ledger, write_ledger
from gridgeo.review.ledger import _advance
from gridgeo.review.ledger_file import _COLUMNS
from gridgeo.wording import Text

DAY = "2026-11-23"


def gap(area=4.0, east=0.0, grids=("420102001001001", "420102001001002"), **more):
    side = area**0.5
    return Finding(
        rule="fills_community",
        severity="error",
        message=Text("a gap", "有缝隙"),
        grids=grids,
        where=box(east, 0, east + side, side),
        amount=area,
        unit="m2",
        **more,
    )


def run(entries, *findings):
    return _advance(entries, findings, date=DAY)


def accepted(entries):
    return tuple(
        replace(one, status="accepted", reason="河道", by="张三", when=DAY) for one in entries
    )


def test_a_finding_is_open_then_fixed_then_verified_and_open_again_when_it_returns():
    ledger, found, _ = run([], gap())
    assert [one.status for one in ledger] == ["open"]
    assert found[0].id == ledger[0].id
    life = []
    for findings in ((gap(),), (), (), (), (gap(),)):
        ledger, _, _ = run(ledger, *findings)
        life.append(ledger[0].status)
    assert life == ["open", "fixed", "verified", "verified", "open"]
    assert len(ledger) == 1


def test_what_a_person_marks_as_fixed_is_verified_or_opened_again():
    marked = [replace(run([], gap())[0][0], status="fixed")]
    assert run(marked)[0][0].status == "verified"
    assert run(marked, gap())[0][0].status == "open"


def test_an_accepted_exception_does_not_come_back():
    ledger = accepted(run([], gap())[0])
    for _ in range(3):
        ledger, found, notes = run(ledger, gap())
        assert [one.status for one in found] == ["accepted"]
        assert found[0].note == "河道; 张三; 2026-11-23"
        assert ledger[0].status == "accepted"
        assert notes == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [("reason", ""), ("by", ""), ("when", ""), ("when", "上周"), ("when", "2026-13-01")],
)
def test_an_exception_without_reason_name_or_day_does_not_hold_but_stays_as_written(field, value):
    ledger = [replace(one, **{field: value}) for one in accepted(run([], gap())[0])]
    after, found, notes = run(ledger, gap())
    assert (found[0].status, found[0].note) == ("open", "")
    assert (after[0].status, getattr(after[0], field)) == ("accepted", value)
    assert "理由、经办人和日期" in notes[0].message.zh
    complete = [replace(after[0], reason="河道", by="张三", when=DAY)]
    assert run(complete, gap())[1][0].status == "accepted"


@pytest.mark.parametrize("day", ["2026-11-23", "2026/1/8", "2026年1月8日", "20261123"])
def test_days_are_understood_as_people_and_spreadsheets_write_them(day):
    ledger = [replace(one, when=day) for one in accepted(run([], gap())[0])]
    assert run(ledger, gap())[1][0].status == "accepted"


def test_an_exception_that_grows_is_open_again_even_bit_by_bit():
    ledger = accepted(run([], gap(4.0))[0])
    assert run(ledger, gap(4.3))[1][0].status == "accepted"
    creeping, _, _ = run(ledger, gap(4.3))
    after, found, notes = run(creeping, gap(4.6))
    assert found[0].status == "open"
    assert "增至" in notes[0].message.zh
    assert after[0].amount == 4.6


def test_an_exception_covers_neither_another_place_nor_other_grids():
    ledger = accepted(run([], gap())[0])
    _, found, _ = run(ledger, gap(east=500.0))
    assert found[0].status == "open"
    _, found, _ = run(ledger, gap(grids=("420102001001001",)))
    assert found[0].status == "open"


@given(shift=st.floats(-5.0, 5.0), seed=st.integers(0, 99))
def test_ids_are_the_same_in_the_next_run_whatever_the_noise_and_the_order(shift, seed):
    first = [gap(east=east) for east in (0.0, 40.0, 80.0)]
    ledger, found, _ = run([], *first)
    moved = [
        replace(one, where=shapely.transform(one.where, lambda xy: xy + shift), id="")
        for one in first
    ]
    order = np.random.default_rng(seed).permutation(3)
    _, again, _ = run(ledger, *(moved[n] for n in order))
    assert [one.id for one in again] == [found[n].id for n in order]


def test_what_could_not_be_checked_is_neither_fixed_nor_verified():
    ledger, _, _ = run([], gap())
    unchecked = Finding(
        rule="not_checked", severity="info", message=Text("", ""), about="fills_community"
    )
    assert run(ledger, unchecked)[0] == ledger


def test_information_is_not_tracked():
    assert run([], replace(gap(), severity="info"))[0] == ()


def test_no_two_entries_have_one_id():
    ledger, _, _ = run([], gap())
    elsewhere = [replace(ledger[0], x=900.0, status="accepted")]
    after, _, _ = run(elsewhere, gap())
    assert len({one.id for one in after}) == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_table_comes_back_as_it_was_written(tmp_path, lang):
    ledger = accepted(run([], gap(), gap(east=90.0), replace(gap(), where=None, amount=None))[0])
    path = tmp_path / "台账.csv"
    write_ledger(ledger, path, lang)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    back = read_ledger(path)
    assert [one.grids for one in back] == [one.grids for one in ledger]
    assert run(back, gap(), gap(east=90.0))[1][0].status == "accepted"
    write_ledger(back, tmp_path / "again.csv", lang)
    assert (tmp_path / "again.csv").read_bytes() == path.read_bytes()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_what_excel_saves_is_read(tmp_path):
    path = tmp_path / "a.csv"
    write_ledger(run([], gap())[0], path, "zh")
    text = path.read_text(encoding="utf-8-sig").replace("待处理,,,", "例外,河道,张三,2026/11/23")
    path.write_bytes(text.replace(",", "\t").encode("gb18030"))
    (entry,) = read_ledger(path)
    assert (entry.status, entry.reason, entry.when) == ("accepted", "河道", "2026/11/23")
    assert entry.grids == gap().grids


def test_formulas_stay_asleep(tmp_path):
    path = tmp_path / "a.csv"
    write_ledger([Entry(id="Q1", rule="in_band", reason="=1+1")], path, "zh")
    assert "'=1+1" in path.read_text(encoding="utf-8-sig")
    assert read_ledger(path)[0].reason == "=1+1"


def test_a_ledger_that_is_not_there_is_empty(tmp_path):
    assert read_ledger(tmp_path / "none.csv") == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("状态", "什么", "问题台账缺少“状态”列"),
        ("待处理", "随便", "未知状态“随便”.*行 2"),
        ("4.000", "四", "不是数值.*字段 amount"),
    ],
)
def test_a_ledger_that_cannot_be_used_is_told_with_its_row(tmp_path, old, new, told):
    path = tmp_path / "a.csv"
    write_ledger(run([], gap())[0], path, "zh")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_ledger(path)
    assert pytest.importorskip("re").search(told, error.value.say("zh"))


def test_bytes_that_are_no_text_are_told(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(InputError, match="GB 18030"):
        read_ledger(path)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(OutputError, match="cannot be written"):
        write_ledger([], tmp_path / "no" / "a.csv", "zh")


def test_the_columns_have_titles_in_both_languages():
    assert all(title.en and title.zh for title in _COLUMNS.values())


def test_the_command_line_keeps_the_ledger_and_honours_exceptions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = {"社区编码": ["420102001001"], "社区名称": ["甲"]}
    outline = gpd.GeoDataFrame(
        place, geometry=[box(600_000, 3_386_000, 600_200, 3_386_100)], crs=4547
    )
    outline.to_file("c.gpkg")
    cells = [
        box(600_000, 3_386_000, 600_098, 3_386_100),
        box(600_100, 3_386_000, 600_200, 3_386_100),
    ]
    codes = ["420102001001001", "420102001001002"]
    record = {
        "网格编码": codes,
        "名称": codes,
        "类型": "basic",
        "社区": "420102001001",
        "户数": 400,
    }
    gpd.GeoDataFrame(record, geometry=cells, crs=4547).to_file("g.gpkg")
    args = ["verify", "g.gpkg", "--communities", "c.gpkg", "--ledger", "g.findings.csv"]
    assert CliRunner().invoke(app, args).exit_code == 1
    path = tmp_path / "g.findings.csv"
    (entry,) = read_ledger(path)
    assert (entry.rule, entry.grids, entry.amount) == ("fills_community", tuple(codes), 200.0)
    write_ledger(
        [replace(entry, status="accepted", reason="河道", by="张三", when=DAY)], path, "zh"
    )
    told = CliRunner().invoke(app, [*args[:4], "--out", "out"])
    assert told.exit_code == 0, told.output
    found = gpd.read_file(tmp_path / "out" / "plan.gpkg", layer="findings").set_index("id")
    assert found.loc[entry.id, "status"] == "accepted"
    assert found.loc[entry.id, "note"].startswith("河道")
    assert read_ledger(path)[0].status == "accepted"


def test_a_finding_of_thousands_of_grids_fits_a_cell_and_is_known_again(tmp_path):
    many = tuple(f"{n:015d}" for n in range(5000))
    ledger, _, _ = run([], gap(grids=many))
    write_ledger(accepted(ledger), tmp_path / "l.csv", "zh")
    assert all(len(line) < 32_767 for line in (tmp_path / "l.csv").read_text("utf-8").split(","))
    kept = read_ledger(tmp_path / "l.csv")
    assert kept[0].grids[-1].startswith("+4900 ")
    after, found, _ = run(kept, gap(grids=many))
    assert [one.status for one in after] == ["accepted"]
    assert found[0].grids == many
    after, _, _ = run(kept, gap(grids=(*many[:-1], "X")))
    assert [one.status for one in after] == ["fixed", "open"]
