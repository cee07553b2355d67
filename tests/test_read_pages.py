"""Hidden columns, tables of web pages and other text named a workbook, text in odd encodings."""

import json

import geopandas as gpd
import pytest
from builders_books import FORMATS, patch, write_any
from builders_read import communities, compounds, notes, read
from openpyxl import Workbook

from gridgeo.errors import InputError
from gridgeo.read import inspect_file

ROWS = [["小区名称", "备注", "户数"], ["东苑", "a", 30], ["西苑", "b", 12]]
PAGE = "<table>" + "".join(
    "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS
)


def counted(path, rules=None):
    return read(rules, households=str(path), compounds=compounds())


def warnings(layers):
    return "\n".join(note.message.en for note in layers.notes if note.warning)


@pytest.mark.parametrize("suffix", FORMATS)
def test_hidden_columns_are_read_like_any_and_used_ones_are_named(tmp_path, suffix):
    path = write_any(tmp_path / f"a{suffix}", {"户数": ROWS}, hidden_columns=[2, 3])
    layers = counted(path)
    assert layers.households_in == 42
    assert "hidden columns are read like any: 户数;" in warnings(layers)
    assert any("hidden columns" in text.en for text in inspect_file(str(path))[0].problems)


@pytest.mark.parametrize("suffix", FORMATS)
def test_what_the_warning_of_a_hidden_column_advises_chooses_another(tmp_path, suffix):
    rows = [["小区名称", "户数", "现有户数"], ["东苑", 30, 31], ["西苑", 12, 13]]
    path = write_any(tmp_path / f"a{suffix}", {"户数": rows}, hidden_columns=[2])
    assert counted(path).households_in == 42
    layers = counted(path, {"columns": {"households.households": "现有户数"}})
    assert layers.households_in == 44
    assert "hidden columns" not in warnings(layers)


def test_grouped_columns_and_columns_of_no_width_are_hidden(tmp_path):
    book = Workbook()
    for row in ROWS:
        book.active.append(row)
    book.active.column_dimensions.group("B", "C", hidden=True)
    book.save(tmp_path / "a.xlsx")
    patch(tmp_path / "a.xlsx", "<cols>", '<cols><col min="1" max="1" width="0" customWidth="1"/>')
    assert "read like any: 小区名称, 户数;" in warnings(counted(tmp_path / "a.xlsx"))


_SHEETS = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="户数"><Table>'
    '<Column/><Column ss:Hidden="1" ss:Span="1"/>{0}</Table></Worksheet><Worksheet ss:Name="选项">'
    "<Table>{0}</Table>"
    '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden'
    "</Visible></WorksheetOptions></Worksheet></Workbook>"
)


def test_hidden_sheets_and_columns_of_xml(tmp_path):
    rows = "".join(
        "<Row>" + "".join(f"<Cell><Data>{cell}</Data></Cell>" for cell in row) + "</Row>"
        for row in ROWS
    )
    (tmp_path / "a.xls").write_text(_SHEETS.format(rows), encoding="utf-8")
    layers = counted(tmp_path / "a.xls")
    assert layers.households_in == 42
    assert "hidden sheets are not read: 选项" in warnings(layers)
    assert "hidden columns are read like any: 户数;" in warnings(layers)


@pytest.mark.parametrize("mark", ["hidden", 'style="visibility: collapse"', "style='DISPLAY:none'"])
def test_hidden_rows_of_a_web_page(tmp_path, mark):
    page = PAGE.replace("<tr><td>西苑", f"<tr {mark}><td>西苑")
    (tmp_path / "a.xls").write_text(page, encoding="gb18030")
    layers = counted(tmp_path / "a.xls")
    assert layers.households_in == 42
    assert "1 rows are hidden (3), with 12 households" in warnings(layers)


def test_scripts_and_styles_are_no_text_of_a_cell(tmp_path):
    page = PAGE.replace("东苑", "<style>.x{}</style>东苑<script>var a = '<b>';</script>")
    (tmp_path / "a.xls").write_text(page, encoding="utf-8")
    assert sorted(counted(tmp_path / "a.xls").households["households"]) == [12, 30]


def test_other_tables_of_a_web_page_are_told(tmp_path):
    (tmp_path / "a.xls").write_text(PAGE + "</table>" + PAGE, encoding="utf-8")
    layers = counted(tmp_path / "a.xls")
    assert layers.households_in == 42
    assert "the web page has 1 more tables, which are not read" in warnings(layers)
    menu = "<table><tr><td>菜单</td></tr></table>"
    (tmp_path / "a.xls").write_text(menu + PAGE, encoding="utf-8")
    assert "more tables" not in warnings(counted(tmp_path / "a.xls"))


_FLAT = b'<o:document xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: x", "web archive"),
        (b'ID;PWXL;N;E\r\nC;Y1;X1;K"a"\r\nE\r\n', "SYLK"),
        (b'TABLE\r\n0,1\r\n"EXCEL"\r\n', "DIF"),
        (b"{\\rtf1\\ansi hello}", "RTF"),
        (b"\x1f\x8b\x08\x00" + bytes(20), "gzip"),
        (_FLAT, "flat OpenDocument"),
    ],
)  # fmt: skip
def test_other_files_named_a_workbook_are_named(tmp_path, content, message):
    (tmp_path / "a.xls").write_bytes(content)
    with pytest.raises(InputError, match=rf"the file is .*{message}.*\.xlsx"):
        counted(tmp_path / "a.xls")


TEXT = "\n".join(",".join(map(str, row)) for row in ROWS)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_without_a_mark(tmp_path, encoding):
    (tmp_path / "a.csv").write_bytes(TEXT.encode(encoding))
    assert counted(tmp_path / "a.csv").households_in == 42
    whole = communities().to_crs(4326)
    (tmp_path / "c.geojson").write_bytes(whole.to_json(ensure_ascii=False).encode(encoding))
    layers = read(communities=str(tmp_path / "c.geojson"))
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]


def test_the_mark_of_the_end_of_a_dos_file_is_no_row(tmp_path):
    (tmp_path / "a.csv").write_bytes(TEXT.encode("gbk") + b"\r\n\x1a")
    assert counted(tmp_path / "a.csv").rejects == ()


@pytest.mark.parametrize("name", ["东苑", "东苑小区", "东苑花园小区"])
def test_utf8_cells_amid_gbk_are_bad_cells_of_a_table(tmp_path, name):
    rows = [f"{one},普通住宅,{n}" for n, one in enumerate(["西苑"] * 9, start=1)]
    lines = ["小区名称,备注,户数", *rows]
    raw = "\n".join(lines).encode("gbk") + f"\n{name},普通住宅,30".encode()
    (tmp_path / "a.csv").write_bytes(raw)
    layers = counted(tmp_path / "a.csv")
    assert layers.households_in == 75
    told = [reject for reject in layers.rejects if reject.field == "小区名称"]
    assert {reject.row for reject in told} == {11}
    assert any(name in reject.value for reject in told)
    assert "rows 11" in warnings(layers)


@pytest.mark.parametrize("name", ["丙村", "丙村社区"])
def test_utf8_cells_amid_gbk_are_bad_cells_of_geojson(tmp_path, name):
    whole: gpd.GeoDataFrame = communities(编码=["1", "2"], 名称=["甲社区", "X"]).to_crs(4326)
    raw = json.dumps(json.loads(whole.to_json()), ensure_ascii=False).encode("gbk")
    (tmp_path / "c.geojson").write_bytes(raw.replace(b'"X"', f'"{name}"'.encode()))
    layers = read(communities=str(tmp_path / "c.geojson"))
    assert layers.communities["name"].tolist() == ["甲社区", ""]
    assert name in "".join(reject.value for reject in layers.rejects)


def test_metres_of_web_mercator_that_are_said_to_be_degrees(tmp_path):
    wrong = str(tmp_path / "c.gpkg")
    communities().to_crs(3857).set_crs(4326, allow_override=True).to_file(wrong)
    with pytest.raises(InputError, match='"communities": "3857"'):
        read(communities=wrong)
    layers = read({"crs": {"communities": "3857"}}, communities=wrong)
    assert layers.households_in == 207
    assert "the file says EPSG:4326" in notes(layers, "crs")
