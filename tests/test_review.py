"""`gridgeo review`: two rounds as an officer plays them; every number adds up."""

import hashlib
import shutil
import zipfile
from collections import Counter
from contextlib import chdir
from pathlib import Path

import docx
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point, box
from typer.testing import CliRunner

from gridgeo.cli import app
from gridgeo.model import Finding
from gridgeo.report import Table
from gridgeo.review import Entry, compare_ledgers, read_ledger
from gridgeo.review.ledger import _advance
from gridgeo.rounds import last_round, load_round, review_report
from gridgeo.rounds.sampling import draw_sample
from gridgeo.wording import RULEBOOK, Text

A, B = "310115005001", "310115005002"
X, Y = 600_000.0, 3_400_000.0
LAYERS = ["--communities", "c.gpkg", "--households", "h.gpkg"]
DAY_1, DAY_2 = "2026-06-01", "2026-09-01"


def put(file, shapes, **columns):
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=32651).to_file(file)


def cell(column, width=100.0):
    return box(X + 100 * column, Y, X + 100 * column + width, Y + 100)


def town(folder, name, *, gap=0.0, codes=None, stated=400, count=200):
    """Write two communities of four grids each; the first grid ends `gap` metres early."""
    codes = codes or [*(f"{A}00{n}" for n in range(1, 5)), *(f"{B}00{n}" for n in range(1, 5))]
    put(folder / "c.gpkg", [box(X, Y, X + 400, Y + 100), box(X + 400, Y, X + 800, Y + 100)],
        编码=[A, B], 名称=["甲社区", "乙社区"])  # fmt: skip
    doors = [Point(X + 100 * n + dx, Y + 50) for n in range(8) for dx in (20, 70)]
    put(folder / "h.gpkg", doors, 户数=[count] * 16)
    put(folder / name, [cell(0, 100 - gap), *(cell(n) for n in range(1, 8))], 网格编码=codes,
        名称=[f"第{n}网格" for n in range(1, 9)], 类型="basic", 社区=[A] * 4 + [B] * 4,
        户数=stated)  # fmt: skip


def run(*args, code=0):
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    assert done.exit_code == code, done.output
    return done.output


def begin(grids, date, code=0, sample=3):
    return run("review", "open", "r", grids, *LAYERS, "--date", date, "--by", "张三",
               "--unit", "区综治中心", "--sample", sample, code=code)  # fmt: skip


def fill(book, rows):
    """Fill cells into the first sheet: for each row number titles and texts; return the file."""
    opened = openpyxl.load_workbook(book)
    sheet = opened.worksheets[0]
    place = {one.value: one.column for one in sheet[1]}
    for row, cells in rows.items():
        for title, text in cells.items():
            sheet.cell(row, place[title]).value = text
    filled = Path(f"filled-{book.name}")
    opened.save(filled)
    return filled


def table(book):
    return pd.read_excel(book, dtype=str, engine="openpyxl").fillna("")


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A first round: a gap, a code given twice, two wrong counts."""
    folder = tmp_path_factory.mktemp("begun")
    codes = [*(f"{A}00{n}" for n in range(1, 5)), *(f"{B}00{n}" for n in (1, 2, 3, 3))]
    town(folder, "g1.gpkg", gap=5, codes=codes, stated=[400, 410, 390, *[400] * 5])
    with chdir(folder):
        begin("g1.gpkg", DAY_1, code=1)
    return folder


@pytest.fixture
def first(begun, tmp_path, monkeypatch):
    """The folder of the first round, to be filled in."""
    shutil.copytree(begun, tmp_path / "t")
    monkeypatch.chdir(tmp_path / "t")
    return tmp_path / "t" / "r" / "round-1"


def reconcile(path):
    """Every table of the report adds up to the ledger."""
    made = load_round(path)
    states = Counter(one.status for one in made.entries)
    compared = compare_ledgers(made.before, made.entries)
    assert compared.before + compared.new + compared.reopened - compared.fixed == compared.after
    assert compared.after == states["open"] + states["accepted"]
    tables = [
        block
        for section in review_report(made).sections
        for block in section.blocks
        if isinstance(block, Table)
    ]
    titles = {column.title for one in tables for column in one.columns}
    assert {"检查项", "错误", "警告", "例外", "乡镇（街道）", "社区（村）"} <= titles
    summed = [one for one in tables if {"错误", "警告", "例外"} <= {c.title for c in one.columns}]
    assert len(summed) == 3
    for one in summed:
        places = [n for n, c in enumerate(one.columns) if c.title in {"错误", "警告", "例外"}]
        figures = [[int(row[n].text) for n in places] for row in one.rows]
        assert [sum(column) for column in zip(*figures[:-1], strict=True)] == figures[-1]
        assert figures[-1][0] + figures[-1][1] == states["open"]
        assert figures[-1][2] == states["accepted"]
    return made, compared


def test_a_review_of_two_rounds_adds_up(first):
    book = table(first / "findings.xlsx")
    assert set(book["较上一轮"]) == {"新增"}
    rules = dict(zip(book["检查项"], book.index + 2, strict=True))
    gap, twice = rules["覆盖社区（村）"], rules["编码唯一"]
    wrong = [n for n, check in enumerate(book["检查项"], start=2) if check == "户数守恒"]
    filled = fill(first / "findings.xlsx", {
        gap: {"责任人": "王五", "整改期限": "2026年7月1日", "整改人": "王五",
              "整改日期": "20260620"},
        twice: {"责任人": "王五", "整改期限": "2026/7/1", "整改人": "王五",
                "整改日期": "2026/6/20"},
        wrong[0]: {"例外理由": "会商同意", "例外批准人": "李主任", "例外日期": "2026-06-15"},
    })  # fmt: skip
    seen = {"现场核查人": "赵六", "现场核查日期": "2026-06-10"}
    sheet = fill(first / "sample.xlsx", {
        2: {**seen, "边界与实地": "一致", "实地户数": "400户", "公示牌情况": "有且正确"},
        3: {**seen, "边界与实地": "不一致", "公示牌情况": "没有", "其他问题": "围墙已拆"},
        4: {**seen, "边界与实地": "一致", "实地户数": 300},
    })  # fmt: skip
    told = run("review", "fill", "r", filled, sheet)
    assert "已填回 3 个" in told
    made, compared = reconcile(first)
    assert compared.before == 0
    on_site = [one for one in made.entries if one.rule == "found_on_site"]
    assert len(on_site) == 4
    again = run("review", "fill", "r", filled, sheet)
    assert again == told
    run("review", "report", "r")

    town(first.parents[1], "g2.gpkg", stated=[400, 410, *[400] * 6])
    begin("g2.gpkg", DAY_2)
    second = last_round(Path("r"))
    before = {one.id: one for one in made.entries}
    now, compared = reconcile(second)
    assert compared.before == len(made.entries)
    became = Counter(compared.of.values())
    after = {one.id: one for one in now.entries}
    assert after[book["问题编号"][gap - 2]].status == "fixed"
    assert after[book["问题编号"][twice - 2]].status == "fixed"
    kept = [one for one in now.entries if one.status == "accepted"]
    assert [one.id for one in kept] == [book["问题编号"][wrong[0] - 2]]
    assert kept[0].rule == "totals_conserved"
    assert all(after[one.id].status == "open" for one in on_site)
    assert became["fixed"] == compared.fixed > 2
    assert before.keys() <= after.keys()
    run("review", "report", "r")
    assert "第 2 轮" in run("review", "show", "r")
    text = "\n".join(one.text for one in docx.Document(second / "review.docx").paragraphs)
    assert "合格" in text


def test_what_was_found_on_the_street_is_settled_by_people(first):
    seen = {"现场核查人": "赵六", "现场核查日期": "2026-06-10"}
    sheet = fill(first / "sample.xlsx", {2: {**seen, "其他问题": "围墙已拆"}})
    run("review", "fill", "r", sheet)
    (found,) = [one for one in read_ledger(first / "ledger.csv") if one.rule == "found_on_site"]
    row = table(first / "findings.xlsx")["问题编号"].tolist().index(found.id) + 2

    def status(**cells):
        run("review", "fill", "r", fill(first / "findings.xlsx", {row: cells}))
        return {one.id: one.status for one in read_ledger(first / "ledger.csv")}[found.id]

    assert status(整改人="王五", 整改日期="2026-06-20") == "fixed"
    assert status(核实人="孙七", 核实日期="2026-06-21") == "verified"
    run("review", "fill", "r", sheet)  # the same sheet again opens nothing
    assert {one.id: one.status for one in read_ledger(first / "ledger.csv")}[found.id] == "verified"
    later = fill(first / "sample.xlsx", {2: {"现场核查人": "赵六", "现场核查日期": "2026-06-30",
                                             "其他问题": "围墙已拆"}})  # fmt: skip
    run("review", "fill", "r", later)
    opened = {one.id: one for one in read_ledger(first / "ledger.csv")}[found.id]
    assert (opened.status, opened.corrected_by) == ("open", "")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"整改期限": "下周"}, "不是日期"),
        ({"整改日期": "2026-06-20"}, "姓名与日期须同时填写"),
        ({"整改人": "王五", "整改日期": "2026-06-20", "核实人": "王五", "核实日期": "2026-06-21"},
         "不得为同一人"),
        ({"整改人": "王五", "整改日期": "2026-06-20", "核实人": "孙", "核实日期": "2026-06-19"},
         "早于整改日期"),
        ({"核实人": "孙七", "核实日期": "2026-06-21"}, "未填写整改"),
        ({"例外理由": "会商"}, "须同时填写"),
        ({"问题编号": "QXXXX"}, "没有这个问题编号"),
    ],
)  # fmt: skip
def test_cells_that_cannot_be_used_are_listed_with_their_row_and_nothing_is_taken(
    first, cells, told
):
    kept = (first / "ledger.csv").read_bytes()
    book = fill(first / "findings.xlsx", {2: cells, 3: {"责任人": "王五"}})
    said = run("review", "fill", "r", book, code=2)
    assert "第 2 行" in said
    assert told in said
    assert (first / "ledger.csv").read_bytes() == kept


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"边界与实地": "大概"}, "可填：一致、不一致、无法辨认"),
        ({"实地户数": "很多", "现场核查人": "赵", "现场核查日期": "2026-06-10"}, "不是整数"),
        ({"其他问题": "围墙已拆"}, "缺少现场核查人或日期"),
        ({"抽样编号": "C77", "其他问题": "围墙"}, "没有此编号"),
    ],
)
def test_sheets_that_cannot_be_used_are_listed_with_their_row(first, cells, told):
    said = run("review", "fill", "r", fill(first / "sample.xlsx", {3: cells}), code=2)
    assert "第 3 行" in said
    assert told in said


def test_copies_of_several_people_do_not_wipe_each_other_out(first):
    one = fill(first / "findings.xlsx", {2: {"责任人": "王五"}}).rename("one.xlsx")
    other = fill(first / "findings.xlsx", {3: {"责任人": "孙七"}})
    run("review", "fill", "r", one)
    run("review", "fill", "r", other)
    assert [e.assignee for e in read_ledger(first / "ledger.csv")[:2]] == ["王五", "孙七"]
    run("review", "fill", "r", fill(first / "findings.xlsx", {2: {"责任人": "-"}}))
    assert [e.assignee for e in read_ledger(first / "ledger.csv")[:2]] == ["", "孙七"]


def test_the_same_round_gives_the_same_bytes(first):
    def digests():
        names = ("findings.xlsx", "sample.xlsx", "sample.pdf", "review.docx", "review.pdf",
                 "round.json", "ledger.csv")  # fmt: skip
        return {name: hashlib.sha256((first / name).read_bytes()).hexdigest() for name in names}

    run("review", "report", "r")
    before = digests()
    assert {i.date_time for i in zipfile.ZipFile(first / "review.docx").infolist()} == {
        (2000, 1, 1, 0, 0, 0)
    }
    assert docx.Document(first / "review.docx").core_properties.created.date().isoformat() == DAY_1
    for path in first.iterdir():
        path.unlink()
    first.rmdir()
    begin("g1.gpkg", DAY_1, code=1)
    run("review", "report", "r")
    assert digests() == before


def test_a_round_is_not_before_the_one_before(first):
    assert "上一轮" in begin("g1.gpkg", "2026-05-01", code=2)
    assert "核查日期有误" in begin("g1.gpkg", "2026-6-1x", code=2)


def test_the_first_round_goes_on_with_the_ledger_of_verify(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    town(tmp_path, "g.gpkg", gap=5)
    run("verify", "g.gpkg", *LAYERS, "--ledger", "g.findings.csv", code=1)
    begin("g.gpkg", DAY_1, code=1)
    made, compared = reconcile(tmp_path / "r" / "round-1")
    assert compared.before == len(made.entries) > 0
    assert compared.new == 0


def test_every_check_states_what_it_examined_or_what_it_lacked(first):
    checks = load_round(first).plan.summary["checks"]
    assert set(checks) == set(RULEBOOK)
    assert (checks["households_once"]["examined"], checks["households_once"]["unit"]) == (
        16, "points")  # fmt: skip
    assert checks["fills_community"]["examined"] == 2
    assert checks["in_band"]["examined"] == 8
    assert checks["codes_registered"]["not_checked"] == "缺少编码登记表"
    assert checks["compounds_whole"] == {
        "examined": 0, "unit": "compounds", "not_checked": "缺少小区",
    }  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from("ABC"), st.sampled_from(["sound", "adjust"])), min_size=1,
        max_size=40),
    st.integers(0, 50),
    st.integers(0, 5),
)  # fmt: skip
def test_a_sample_is_in_proportion_whatever_the_order_of_rows(kinds, size, seed):
    frame = pd.DataFrame(
        {
            "code": [f"{n:03}" for n in range(len(kinds))],
            "name": "",
            "community": [one for one, _ in kinds],
            "community_name": [one for one, _ in kinds],
            "soundness": [one for _, one in kinds],
        }
    )
    samples, strata = draw_sample(frame, size, seed)
    assert len(samples) == min(size, len(kinds)) == sum(one.drawn for one in strata)
    assert len({one.grid for one in samples}) == len(samples)
    for one in strata:
        exact = one.grids * len(samples) / len(kinds)
        assert abs(one.drawn - exact) < 1
        assert one.drawn == sum(
            (s.community, s.soundness) == (one.community, one.soundness) for s in samples
        )
    mixed = draw_sample(frame.sample(frac=1, random_state=seed), size, seed)
    assert mixed == (samples, strata)


def found(rule, grids, where, amount=100.0):
    return Finding(rule=rule, severity="error", message=Text("", ""), grids=grids, where=where,
                   amount=amount, unit="m2")  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (found("in_band", ("1",), box(0, 0, 100, 100)),
         found("in_band", ("1",), box(0, 0, 300, 90))),
        (found("fills_community", ("1", "2"), box(0, 0, 90, 2)),
         found("fills_community", ("1", "2"), box(60, 0, 95, 2))),
        (found("no_overlap", ("1", "9"), box(0, 0, 10, 10)),
         found("no_overlap", ("1", "2"), box(0, 0, 10, 10))),
    ],
    ids=["grid redrawn", "gap made smaller", "code corrected"],
)  # fmt: skip
def test_a_finding_is_the_same_after_small_changes(before, after):
    ledger, _, _ = _advance([], [before], date=DAY_1)
    ledger, _, _ = _advance(ledger, [after], date=DAY_2)
    assert [one.status for one in ledger] == ["open"]


def test_another_finding_of_the_rule_far_away_is_another_one():
    one = found("fills_community", ("1", "2"), box(0, 0, 10, 10))
    other = found("fills_community", ("1", "2"), box(500, 0, 510, 10))
    ledger, _, _ = _advance([], [one], date=DAY_1)
    ledger, _, _ = _advance(ledger, [other], date=DAY_2)
    assert [one.status for one in ledger] == ["fixed", "open"]


def test_a_comparison_of_ledgers_counts_what_is_new_and_settled_twice():
    entry = {"rule": "in_band"}
    before = [Entry(id="A", **entry), Entry(id="B", status="fixed", **entry)]
    after = [
        Entry(id="A", status="fixed", **entry),
        Entry(id="B", **entry),
        Entry(id="C", status="verified", **entry),
        Entry(id="D", status="accepted", **entry),
    ]
    compared = compare_ledgers(before, after)
    assert dict(compared.of) == {"A": "fixed", "B": "reopened", "C": "new", "D": "new"}
    assert (compared.before, compared.new, compared.reopened, compared.fixed, compared.after) == (
        1, 2, 1, 2, 2)  # fmt: skip
