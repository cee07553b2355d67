"""The workbook: codes are text, formulas sleep, headers are in the language of the plan."""

import dataclasses
import re

import openpyxl
import pandas as pd
import pytest
from builders_plan import HOSTILE as HOSTILE_NAMES
from builders_plan import build_plan
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from gridgeo.adjust import Edit, apply_edits
from gridgeo.errors import InputError
from gridgeo.report import load_plan, read_workbook
from gridgeo.report.workbook import SHEETS, write_workbook

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


def test_hostile_names_are_text_as_they_are(tmp_path):
    plan = build_plan()
    plan = dataclasses.replace(
        plan, communities=plan.communities.assign(name="".join(HOSTILE_NAMES))
    )
    write_workbook(plan, tmp_path / "grids.xlsx")
    assert set(read_workbook(tmp_path / "grids.xlsx")["communities"]["name"]) == {
        "".join(HOSTILE_NAMES)
    }


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
            [
                "网格",
                "社区",
                "问题",
                "专属网格",
                "专属网格评估",
                "未采用的行",
                "新旧编码对照",
                "字段说明",
            ],
            "编码",
        ),
        (
            "en",
            [
                "grids",
                "communities",
                "findings",
                "dedicated",
                "considered",
                "rejects",
                "crosswalk",
                "columns",
            ],
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


def test_households_in_no_grid_stand_below_the_rejects(tmp_path):
    plan = build_plan()
    sheet = sheet_of(plan, tmp_path).parent["未采用的行"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert len(rows) == len(plan.rejects) + 1
    assert rows[-1] == [
        *("households", "plan.gpkg", 7, "位置（东, 北）", "530950, 3385950"),
        *("在所有社区之外", 7),
    ]


def test_the_last_sheet_explains_every_column(tmp_path):
    book = sheet_of(build_plan(), tmp_path).parent
    explained = {row[0].value for row in book["字段说明"].iter_rows(min_row=2)}
    used = {cell.value for name in book.sheetnames[:-1] for cell in book[name][1]}
    assert explained == used


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


def walk():
    return pd.DataFrame(
        {
            "old_code": ["", "420102001001001", "420102001001009"],
            "new_code": ["420102001001001", "420102001001001", ""],
            "households": [20, 300, 7],
            "area_m2": [10.0, 90.0, 5.0],
        }
    )


@settings(max_examples=8, deadline=None)
@given(
    names=st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=5, max_size=5),
    lang=st.sampled_from(["zh", "en"]),
)
def test_every_sheet_reads_back_as_it_was_written(tmp_path_factory, names, lang):
    plan = dataclasses.replace(build_plan(names=names, lang=lang), crosswalk=walk())
    path = tmp_path_factory.mktemp("book") / "grids.xlsx"
    write_workbook(plan, path)
    back = read_workbook(path)
    assert list(back) == [sheet.title.en for sheet in SHEETS]
    for sheet in SHEETS:
        written = pd.DataFrame(sheet.table(plan)).reset_index(drop=True)
        for name in ("name", "facility"):
            if name in written:
                written[name] = [plain(text) for text in written[name]]
        pd.testing.assert_frame_equal(back[sheet.title.en], written, check_dtype=False)


def plain(text):
    """Return a text without what Excel cannot hold, line ends as XML keeps them."""
    kept = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", "", text)
    return kept.replace("\r\n", "\n").replace("\r", "\n")


def test_moved_added_and_sorted_columns_read_back_and_lost_ones_are_told(tmp_path):
    path = tmp_path / "grids.xlsx"
    write_workbook(build_plan(), path)
    book = openpyxl.load_workbook(path)
    sheet = book["网格"]
    sheet.insert_cols(1)
    sheet["A1"] = "我的备注"
    sheet["B2"] = "420102001001777"
    book.save(path)
    grids = read_workbook(path)["grids"]
    assert grids["code"].tolist()[:2] == ["420102001001777", "420102001001002"]
    assert "我的备注" not in grids
    households = [cell.value for cell in sheet[1]].index("户数") + 1
    sheet.cell(3, households, "三百")
    book.save(path)
    with pytest.raises(InputError, match="三百"):
        read_workbook(path)
    sheet.delete_cols(households)
    book.save(path)
    with pytest.raises(InputError, match="户数"):
        read_workbook(path)
    del book["社区"]
    book.save(path)
    with pytest.raises(InputError):
        read_workbook(path)
    (tmp_path / "no.xlsx").write_text("no workbook")
    with pytest.raises(InputError):
        read_workbook(tmp_path / "no.xlsx")


def test_crosswalk_stays_in_the_plan_and_stands_in_the_workbook(tmp_path):
    plan = dataclasses.replace(build_plan(), crosswalk=walk())
    back = load_plan(plan.save(tmp_path / "plan"))
    pd.testing.assert_frame_equal(back.crosswalk, walk(), check_dtype=False)
    assert load_plan(build_plan().save(tmp_path / "first")).crosswalk is None
    sheet = openpyxl.load_workbook(tmp_path / "plan" / "grids.xlsx")["新旧编码对照"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][:4] == ["原编码", "现编码", "户数", "面积（平方米）"]
    assert rows[2] == ["420102001001001", "420102001001001", 300, 90, 1, 300 / 320]
    assert rows[1][4] is None  # it came from no grid
    assert sheet["A3"].number_format == "@"


def test_crosswalk_of_edits_accounts_for_every_household():
    plan = build_plan()
    old, new = "420102001001002", "420102001001001"
    after = apply_edits(plan, [Edit(do="merge", grids=(old,), to=new)])
    walked = after.crosswalk
    assert walked["households"].sum() == plan.atoms["households"].sum()
    by_new = walked.groupby("new_code")["households"].sum().to_dict()
    assert by_new == after.atoms.groupby("grid")["households"].sum().to_dict()
    assert set(walked.loc[walked["new_code"] == new, "old_code"]) == {old, new}


def test_sheets_print_across_and_wide_ones_on_a3(tmp_path):
    book = sheet_of(build_plan(), tmp_path).parent
    for sheet in book.worksheets[:-1]:
        width = sum(dimension.width for dimension in sheet.column_dimensions.values())
        assert sheet.page_setup.orientation == "landscape"
        assert int(sheet.page_setup.paperSize) == (9 if width <= 220 else 8)
        assert sheet.print_title_rows == "$1:$1"
    assert book["网格"].column_dimensions["I"].width < 20  # an area, not all its decimals
