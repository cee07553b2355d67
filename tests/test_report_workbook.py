"""The workbook: codes are text, formulas sleep, headers are in the language of the plan."""

import dataclasses

import openpyxl
import pytest
from builders_plan import build_plan
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from gridgeo.report.headers import COLUMNS
from gridgeo.report.workbook import write_workbook

HOSTILE = ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(A1)", "坏\x07\x1f名"]


def sheet_of(plan, folder, number=0):
    write_workbook(plan, folder / "grids.xlsx")
    book = openpyxl.load_workbook(folder / "grids.xlsx")
    return book[book.sheetnames[number]]


@settings(max_examples=15, deadline=None)
@given(names=st.lists(st.text(max_size=12), min_size=5, max_size=5))
def test_no_text_ever_becomes_a_formula(tmp_path_factory, names):
    sheet = sheet_of(build_plan(names=names), tmp_path_factory.mktemp("book"))
    kinds = {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row}
    assert kinds <= {"s", "n"}


def test_formulas_stay_text_and_control_characters_go(tmp_path):
    sheet = sheet_of(build_plan(names=HOSTILE), tmp_path)
    column = [cell.value for cell in sheet[1]].index("名称") + 1
    cells = [sheet.cell(row, column) for row in range(2, 7)]
    assert [cell.value for cell in cells] == [*HOSTILE[:4], "坏名"]
    assert [cell.quotePrefix for cell in cells] == [True] * 4 + [False]


def test_codes_are_text_for_excel_and_for_readers(tmp_path):
    sheet = sheet_of(build_plan(), tmp_path)
    assert sheet["A2"].value == "420102001001001"
    assert (sheet["A2"].data_type, sheet["A2"].number_format) == ("s", "@")
    read = CalamineWorkbook.from_path(tmp_path / "grids.xlsx").get_sheet_by_index(0).to_python()
    assert read[1][0] == "420102001001001"
    assert read[1][6] == 320


@pytest.mark.parametrize(
    ("lang", "sheets", "first"),
    [
        (
            "zh",
            ["网格", "社区", "问题", "专属网格", "专属网格评估", "未采用的行", "字段说明"],
            "编码",
        ),
        (
            "en",
            ["grids", "communities", "findings", "dedicated", "considered", "rejects", "columns"],
            "code",
        ),
    ],
)
def test_sheets_and_headers_follow_the_language(tmp_path, lang, sheets, first):
    sheet = sheet_of(build_plan(lang=lang), tmp_path)
    assert sheet.parent.sheetnames == sheets
    assert sheet["A1"].value == first
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == sheet.dimensions


def test_terms_are_told_in_the_language(tmp_path):
    plan = build_plan()
    sheet = sheet_of(plan, tmp_path)
    rows = {row[0].value: [cell.value for cell in row] for row in sheet.iter_rows(min_row=2)}
    assert "达标" in rows["420102001001001"]
    assert {"专属网格", "第一中学"} <= set(rows["420102001001801"])
    considered = sheet.parent["专属网格评估"]
    assert [row[3].value for row in considered.iter_rows(min_row=2)] == ["是", "否"]


def test_the_last_sheet_explains_every_column(tmp_path):
    book = sheet_of(build_plan(), tmp_path).parent
    explained = {row[0].value for row in book["字段说明"].iter_rows(min_row=2)}
    used = {cell.value for name in book.sheetnames[:-1] for cell in book[name][1]}
    assert used <= explained
    assert len(explained) == len(COLUMNS)


def test_unknown_counts_are_empty_cells(tmp_path):
    sheet = sheet_of(build_plan(), tmp_path)
    column = [cell.value for cell in sheet[1]].index("人口") + 1
    assert [sheet.cell(row, column).value for row in range(2, 7)] == [900, 1300, 800, None, 300]


def test_a_text_longer_than_a_cell_is_cut_for_excel_only(tmp_path):
    plan = build_plan()
    grids = plan.grids.assign(contains="长" * 40_000)
    sheet = sheet_of(dataclasses.replace(plan, grids=grids), tmp_path)
    column = [cell.value for cell in sheet[1]].index("包含范围") + 1
    assert len(sheet.cell(2, column).value) <= 32_767
