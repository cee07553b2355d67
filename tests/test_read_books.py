"""Workbooks of every format: what is hidden, merged, far away, an error, or no workbook at all."""

import random
import struct

import openpyxl
import pytest
from builders_books import FORMATS, patch, write_any, write_ods
from builders_read import compounds, notes, town
from openpyxl.worksheet.datavalidation import DataValidation

from gridgeo.config import ReadRules
from gridgeo.errors import InputError
from gridgeo.read import inspect_file, layers_from_frames

ROWS = [["小区名称", "户数"], ["东苑", 30], ["西苑", 12]]


@pytest.fixture
def read(tmp_path):
    """Read a table of households beside a town with compounds."""

    def read(path, rules=None):
        place = {"compounds": compounds(), "households": str(path)}
        given = ReadRules(columns={"households.key": "小区名称"}, **(rules or {}))
        return layers_from_frames(town(**place), given)

    return read


def warnings(layers):
    return "\n".join(note.message.en for note in layers.notes if note.warning)


@pytest.mark.parametrize("suffix", FORMATS)
def test_hidden_rows_count_and_are_told_or_are_left_out(tmp_path, read, suffix):
    path = write_any(tmp_path / f"a{suffix}", {"户数": ROWS}, hidden_rows=[3])
    layers = read(path)
    assert layers.households_in == 42
    assert "1 rows are hidden (3), with 12 households: they count" in warnings(layers)
    layers = read(path, {"hidden": "skip"})
    assert layers.households_in == 30
    assert [(r.row, r.value) for r in layers.rejects] == [(3, "12")]
    assert "12 households: they are left out" in warnings(layers)


def test_rows_in_an_outline_and_of_no_height_are_hidden(tmp_path, read):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in [["某街道"], [], *ROWS, ["东苑", 5]]:
        sheet.append(row)
    sheet.row_dimensions.group(4, 4, hidden=True)
    book.save(tmp_path / "a.xlsx")
    patch(tmp_path / "a.xlsx", '<row r="6"', '<row r="6" ht="0" customHeight="1"')
    assert "2 rows are hidden (4, 6), with 35 households" in warnings(read(tmp_path / "a.xlsx"))


@pytest.mark.parametrize("suffix", FORMATS)
def test_hidden_sheets_are_no_choice_and_are_named(tmp_path, read, suffix):
    sheets = {"说明": [["是"], ["否"]], "户数": ROWS, "旧": [*ROWS, ["东苑", 9]]}
    path = write_any(tmp_path / f"a{suffix}", sheets, hidden_sheets=["说明", "旧"])
    layers = read(path)
    assert layers.households_in == 42
    assert "hidden sheets are not read: 说明, 旧" in warnings(layers)
    layers = read(f"{path}::旧")
    assert layers.households_in == 51
    assert "sheet 旧 is hidden, with 51 households: they count" in warnings(layers)


def test_a_workbook_of_which_only_a_hidden_sheet_has_content(tmp_path, read):
    sheets = {"Sheet1": [], "户数": ROWS}
    path = write_any(tmp_path / "a.xlsx", sheets, hidden_sheets=["户数"])
    layers = read(path)
    assert layers.households_in == 42
    assert "sheet 户数 is hidden, with 42 households" in warnings(layers)
    with pytest.raises(InputError, match="0 sheets with content"):
        read(path, {"hidden": "skip"})


def test_choices_of_a_form_on_a_hidden_sheet_are_no_table(tmp_path, read):
    path = write_any(tmp_path / "a.xlsx", {"户数": ROWS, "选项": [["是"], ["否"]]})
    book = openpyxl.load_workbook(path)
    book["选项"].sheet_state = "veryHidden"
    book["户数"].add_data_validation(DataValidation(type="list", formula1="选项!$A$1:$A$2"))
    book.save(path)
    assert read(path).households_in == 42
    assert [info.rows for info in inspect_file(str(path))] == [2, 0]


@pytest.mark.parametrize("suffix", FORMATS)
def test_merged_keys_fill_down_and_a_merged_number_counts_once(tmp_path, read, suffix):
    rows = [
        ["小区名称", "楼栋", "户数", "人口"],
        ["东苑", 1, 30, 70],
        [None, 2, None, 20],
        [None, 3, None, 10],
        ["西苑", 4, 8, 9],
    ]
    merged = [(2, 4, 1, 1), (2, 4, 3, 3)]
    layers = read(write_any(tmp_path / f"a{suffix}", {"户数": rows}, merged=merged))
    assert layers.households_in == 38
    assert sorted(layers.households["residents"]) == [9, 100]
    assert layers.rejects == ()
    assert "户数 is merged over several rows 1 times" in warnings(layers)


def test_numbers_left_below_a_merged_number_do_not_count(tmp_path, read):
    path = write_any(tmp_path / "a.xlsx", {"户数": [*ROWS, ["西苑", 12]]})
    merged = '<mergeCells count="1"><mergeCell ref="B3:B4"/></mergeCells>'
    patch(path, "</sheetData>", f"</sheetData>{merged}")
    assert read(path).households_in == 42


@pytest.mark.parametrize("suffix", FORMATS)
def test_merged_codes_that_are_numbers_fill_down(tmp_path, suffix):
    rows = [["编码", "户数"], [101, 30], [None, 5], [102, 8]]
    path = write_any(tmp_path / f"a{suffix}", {"户数": rows}, merged=[(2, 3, 1, 1)])
    coded = compounds(编码=["101", "102"])
    layers = layers_from_frames(town(households=str(path), compounds=coded), ReadRules())
    assert sorted(layers.households["households"]) == [8, 35]


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_error_is_named_as_such(tmp_path, read, suffix):
    rows = [*ROWS, ["东苑", 7], ["西苑", "#DIV/0!"]]
    layers = read(write_any(tmp_path / f"a{suffix}", {"户数": rows}))
    (reject,) = layers.rejects
    assert (reject.row, reject.value) == (5, "#DIV/0!")
    assert "error" in reject.reason.en
    assert "column 户数 holds errors" in warnings(layers)
    whole = [ROWS[0], ["东苑", "#VALUE!"], ["西苑", "#VALUE!"]]
    with pytest.raises(InputError, match=r"2 rows hold an error.*row 2.*Correct the formulas"):
        read(write_any(tmp_path / f"b{suffix}", {"户数": whole}))


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_a_formula_without_a_stored_value_is_no_empty_cell(tmp_path, read, suffix):
    rows = [ROWS[0], ["东苑", "=10+20"], ["西苑", "=SUM(C3:D3)"]]
    with pytest.raises(InputError, match=r"2 rows hold a formula without a stored value") as caught:
        read(write_any(tmp_path / f"a{suffix}", {"户数": rows}))
    assert "missing_households" not in caught.value.say("en")
    assert "重新保存" in caught.value.say("zh")
    assert "=10+20" in caught.value.say("en")
    layers = read(write_any(tmp_path / f"b{suffix}", {"户数": [*ROWS, ["东苑", "=B2+1"]]}))
    assert [(r.row, r.value, r.reason.en) for r in layers.rejects] == [
        (4, "=B2+1", "the household count is a formula without a stored value")
    ]


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_a_space_in_the_last_cell_of_a_sheet_is_nothing(tmp_path, read, suffix):
    path = _with_last_cell(tmp_path / f"a{suffix}", " ")
    assert read(path).households_in == 42
    (info,) = inspect_file(str(path))
    assert (info.rows, info.problems) == (2, ())


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_content_far_from_the_table_is_named(tmp_path, read, suffix):
    with pytest.raises(InputError, match=r"cell XFD1048576 stands far.*Delete the content of cell"):
        read(_with_last_cell(tmp_path / f"a{suffix}", "1"))


def _with_last_cell(path, text):
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in ROWS:
            book.active.append(row)
        book.active.cell(1_048_576, 16_384, text)
        book.save(path)
        return path
    write_ods(path, {"户数": ROWS})
    cell = (
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    )
    far = (
        '<table:table-row table:number-rows-repeated="1048572"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row><table:table-row>'
        f'<table:table-cell table:number-columns-repeated="16383"/>{cell}</table:table-row>'
    )
    patch(path, "</table:table>", f"{far}</table:table>", "content.xml")
    return path


def _page(rows):
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><head><title>x</title></head><body><table>{cells}</table></body></html>"


_SPREADSHEET = (
    '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="户数"><Table>'
    "<Row><Cell><Data>小区名称</Data></Cell><Cell><Data>户数</Data></Cell></Row>"
    '<Row ss:Index="3"><Cell ss:MergeDown="1"><Data>东苑</Data></Cell><Cell><Data>20</Data></Cell>'
    '</Row><Row ss:Hidden="1"><Cell ss:Index="2"><Data>10</Data></Cell></Row>'
    "<Row><Cell><Data>西苑</Data></Cell><Cell><Data>12</Data></Cell></Row>"
    "</Table></Worksheet></Workbook>"
)


@pytest.mark.parametrize(
    ("suffix", "encoding"), [(".xls", "utf-8"), (".xlsx", "gb18030"), (".et", "utf-16")]
)
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (_page(ROWS), "a web page"),
        (_SPREADSHEET, "XML of Excel 2003"),
        ("某街道住户\n小区名称\t户数\n东苑\t30\n西苑\t12\n", "text"),
    ],
)
def test_what_is_named_a_workbook_and_is_none(tmp_path, content, kind, encoding, suffix):
    (tmp_path / f"a{suffix}").write_bytes(content.encode(encoding))
    frames = town(households=str(tmp_path / f"a{suffix}"), compounds=compounds())
    layers = layers_from_frames(frames, ReadRules())
    assert layers.households_in == 42
    assert f"the file is {kind}" in notes(layers, "tables")


def test_cells_that_span_rows_of_a_web_page(tmp_path, read):
    page = (
        "<table><tr><th>菜单</th></tr></table><TABLE border=1><TR><TH colspan=3>某街道住户表</TH>"
        "<tr><th rowspan=2>小区名称<th colspan=2>规模<tr><th>户数<th>人口"
        "<tr><td rowspan=2>东苑<td>20<td>44<tr style='display:none'><td>10<td>20"
        "<tr><td>西&nbsp;苑<td>12<td>30<tr><td>合计</td><td>42</td><td>94</td></table>"
    )
    (tmp_path / "a.xls").write_text(page, encoding="utf-8")
    layers = read(tmp_path / "a.xls")
    assert layers.households_in == 42
    assert sorted(layers.households["residents"]) == [30, 64]
    assert "1 rows are hidden (5), with 10 households" in warnings(layers)


def test_a_workbook_that_is_named_csv_is_read(tmp_path, read):
    write_any(tmp_path / "a.xls", {"户数": ROWS}).rename(tmp_path / "a.csv")
    assert read(tmp_path / "a.csv").households_in == 42


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7 ...", "the file is a PDF"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related", "web archive"),
        (b"\x09\x04\x06\x00\x00\x00\x10\x00", "Excel 4"),
        (b"<html><body>no table</body></html>", "web page without a table"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, read, content, message):
    (tmp_path / "a.xls").write_bytes(content)
    with pytest.raises(InputError, match=rf"{message}.*\.xlsx"):
        read(tmp_path / "a.xls")


def test_entities_in_xml_are_refused(tmp_path, read):
    bomb = _SPREADSHEET.replace("<Workbook", '<!DOCTYPE x [<!ENTITY a "aaaa">]><Workbook')
    (tmp_path / "a.xls").write_text(bomb, encoding="utf-8")
    with pytest.raises(InputError, match="XML cannot be read"):
        read(tmp_path / "a.xls")


def test_the_sheets_of_xml_need_a_name_too(tmp_path, read):
    twice = _SPREADSHEET.replace("</Worksheet>", "</Worksheet>" + _second(), 1)
    (tmp_path / "a.xls").write_text(twice, encoding="utf-8")
    with pytest.raises(InputError, match="2 sheets with content: 户数, 旧"):
        read(tmp_path / "a.xls")
    assert read(f"{tmp_path / 'a.xls'}::旧").households_in == 42


def _second():
    start, end = _SPREADSHEET.index("<Worksheet"), _SPREADSHEET.index("</Workbook>")
    return _SPREADSHEET[start:end].replace("户数", "旧", 1)


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".ods"])
@pytest.mark.parametrize("seed", range(8))
def test_broken_workbooks_end_in_an_error_or_the_same_count(tmp_path, read, capfd, suffix, seed):
    path = write_any(tmp_path / f"a{suffix}", {"户数": ROWS})
    rng = random.Random(f"{suffix}{seed}")
    content = bytearray(path.read_bytes())
    for _ in range(1 + seed % 4):
        at = rng.randrange(len(content))
        content[at : at + 1 + seed] = rng.randbytes(1 + seed)
    path.write_bytes(content[: len(content) - 40 * (seed == 7)])
    told = []
    try:
        assert read(path).households_in in (30, 12, 42)
    except InputError as error:
        told = [str(error)]
    assert all(path.name in text for text in told)
    assert "panicked" not in capfd.readouterr().err


def test_an_ods_whose_xml_does_not_end_is_an_error(tmp_path, read):
    path = write_any(tmp_path / "a.ods", {"户数": ROWS})
    patch(path, "</table:table>.*", "", "content.xml")
    with pytest.raises(InputError, match="cannot be read"):
        read(path)


def test_an_xls_with_a_cell_far_away_is_an_error(tmp_path, read):
    path = write_any(tmp_path / "a.xls", {"户数": ROWS})
    content = path.read_bytes()
    far = content.replace(struct.pack("<HHHHHd", 0x203, 14, 2, 1, 0, 12.0),
                          struct.pack("<HHHHHd", 0x203, 14, 60_000, 60_000, 0, 12.0))  # fmt: skip
    assert far != content
    path.write_bytes(far)
    with pytest.raises(InputError, match="stands far from the table"):
        read(path)
