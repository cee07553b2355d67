"""Tables of households: encodings, headers, coordinates and keys."""

import openpyxl
import pandas as pd
import pytest
from builders_read import X, Y, buildings, compounds, households, notes, town, write_town

from gridgeo.config import ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.read import layers_from_frames, read_code_mapping, read_layers
from gridgeo.tables import find_header


def read_table(folder, path, *, rules=None, **layers):
    inputs = write_town(folder, **layers)
    inputs["households"] = (Source.parse(str(path)),)
    return read_layers(ReadRules(inputs=inputs, **(rules or {})))


def write_book(path, rows, *, title="Sheet1", merged=(), more=None):
    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    for name, extra in (more or {}).items():
        sheet = book.create_sheet(name)
        for row in extra:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("utf-16", "\t"), ("gb18030", ",")],
)
def test_csv_in_any_encoding(tmp_path, encoding, delimiter):
    lines = [("小区名称", "户数（户）"), ("东苑", "１２０"), ("西苑", '"1,080"')]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    layers = read_table(tmp_path, tmp_path / "a.csv", compounds=compounds())
    assert layers.households["households"].tolist() == [1080, 120]
    assert layers.households["group"].tolist() == ["西苑", "东苑"]
    assert "thousands" in notes(layers, "numbers")


def test_csv_with_longitude_and_latitude(tmp_path):
    points = households().to_crs(4326)
    frame = pd.DataFrame({"经度": points.geometry.x, "纬度": points.geometry.y, "户数": [1, 2, 3]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    layers = read_table(tmp_path, tmp_path / "a.csv")
    assert layers.households["households"].tolist() == [1, 2, 3]
    assert "经度, 纬度 are taken as EPSG:4326" in notes(layers, "crs")
    assert layers.households.geometry.iloc[0].distance(households().geometry.iloc[0]) < 1e-3


def test_csv_with_metres_needs_a_crs(tmp_path):
    (tmp_path / "a.csv").write_text(f"x,y,hh\n{X + 5},{Y + 5},9\n")
    with pytest.raises(InputError, match=r'no coordinate reference system.*crs=."households": "'):
        read_table(tmp_path, tmp_path / "a.csv")
    layers = read_table(tmp_path, tmp_path / "a.csv", rules={"crs": {"households": "4548"}})
    assert layers.households["households"].tolist() == [9]


def test_swapped_longitude_and_latitude_are_an_error(tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,hh\n36.13,117.0,9\n")
    with pytest.raises(InputError, match="swapped") as caught:
        read_table(tmp_path, tmp_path / "a.csv")
    assert "坐标疑似经纬度颠倒" in caught.value.say("zh")


def test_rows_without_coordinates_are_rejects(tmp_path):
    (tmp_path / "a.csv").write_text("lon,lat,hh\n117.0001,36.1307,9\n,,5\nhere,36.1,2\n")
    layers = read_table(tmp_path, tmp_path / "a.csv")
    assert [(r.row, r.households, r.reason.en) for r in layers.rejects] == [
        (3, 5, "no coordinates"),
        (4, 2, "no coordinates"),
    ]
    assert layers.households_in == 16


def test_workbook_with_title_merged_cells_and_totals(tmp_path):
    rows = [
        ["某街道住户统计表", None, None],
        ["小区名称", "楼栋", "户数"],
        ["东苑", "1号楼", 30],
        [None, "2号楼", 12.0],
        ["西苑", "1号楼", 8],
        ["合计", None, 50],
    ]
    path = write_book(tmp_path / "a.xlsx", rows, merged=("A1:C1", "A3:A4"))
    rules = {"columns": {"households.key": "小区名称"}}
    layers = read_table(tmp_path, path, rules=rules, compounds=compounds())
    assert layers.households_in == 50
    assert layers.households["households"].tolist() == [8, 42]
    assert "rows of totals are not counted: 6" in notes(layers, "tables")


def test_a_row_is_counted_as_the_spreadsheet_does_below_titles(tmp_path):
    rows = [
        ["某街道住户统计表"],
        [],
        ["小区名称", "户数"],
        ["东苑", 30],
        ["西苑", "约50户"],
        ["南苑", 7],
    ]
    path = write_book(tmp_path / "a.xlsx", rows)
    layers = read_table(tmp_path, path, compounds=compounds())
    assert {(r.row, r.value) for r in layers.rejects} == {(5, "约50户"), (6, "南苑")}
    assert layers.households_in == 37


def test_names_in_two_rows_with_merged_cells_are_joined(tmp_path):
    rows = [
        ["序号", "小区", None, "规模"],
        [None, "名称", "楼栋", "户数", "人口"],
        [1, "东苑", 2, 30, 70],
    ]
    path = write_book(tmp_path / "a.xlsx", rows, merged=("A1:A2", "B1:C1", "D1:E1"))
    layers = read_table(tmp_path, path, compounds=compounds())
    assert layers.households[["households", "residents"]].to_numpy().tolist() == [[30, 70]]
    assert "read as: 序号, 小区名称, 楼栋, 户数, 人口" in notes(layers, "tables")
    lines = [["小区", "", "规模", ""], ["名称", "楼栋", "户数", "人口"], ["无", "2", "30", "70"]]
    (tmp_path / "a.csv").write_text(
        "\n".join(",".join(line) for line in [*lines, ["东苑", "", "8"]])
    )
    layers = read_table(tmp_path, tmp_path / "a.csv", compounds=compounds())
    assert [(r.row, r.households) for r in layers.rejects] == [(3, 30)]


def test_names_that_repeat_below_merged_cells_keep_both():
    known = {"户数", "人口", "小区名称", "常住户数"}.__contains__
    rows = [["小区名称", "常住", "", "流动", ""], ["", "户数", "人口", "户数", "人口"]]
    told = ["小区名称", "常住户数", "常住人口", "流动户数", "流动人口"]
    assert find_header(rows, known, "a.csv").names == told


@pytest.mark.parametrize(
    "rows",
    [
        [["小区名称", "户数"]],
        [["小区名称", "户数", ""], ["名称", "户数", ""]],
        [["小区名称", "户数", ""], ["东苑", "三十", "备注"]],
        [["小区名称", "户数", ""], ["小区名称", "户数", "5"]],
        [["小区名称", "户数", "人口"], ["名称", "户数", "人口"]],
    ],
)
def test_a_row_below_the_header_that_is_data_stays_data(rows):
    assert find_header(rows, {"小区名称", "名称", "户数", "人口"}.__contains__, "a.csv").stop == 1


def test_keys_without_a_place_and_with_several_are_rejects(tmp_path):
    names = pd.DataFrame({"小区名称": ["东苑", "西苑", "南苑"], "户数": [5, 6, 7]})
    names.to_csv(tmp_path / "a.csv", index=False)
    double = pd.concat([compounds(), compounds().iloc[:1]], ignore_index=True)
    layers = read_table(tmp_path, tmp_path / "a.csv", compounds=double)
    assert {(r.value, r.row, r.households, r.reason.en) for r in layers.rejects} == {
        ("东苑", 2, 5, "the key matches several places"),
        ("南苑", 4, 7, "the key matches no place"),
    }
    assert layers.households["households"].tolist() == [6]
    assert layers.households_in == 18


def test_a_compound_is_spread_over_its_buildings_by_floor_area():
    table = pd.DataFrame({"小区": ["东苑", "西苑"], "户数": [41, 100], "人口": [90, 250]})
    whole = town(households=table, compounds=compounds(), buildings=buildings())
    layers = layers_from_frames(whole, ReadRules())
    west = layers.households[layers.households["group"] == "西苑"]
    assert west["households"].tolist() == [67, 33]
    assert west["residents"].sum() == 250
    east = layers.households[layers.households["group"] == "东苑"]
    assert east["households"].tolist() == [41]
    assert "the households of 1 compounds are spread over 2 buildings" in notes(layers)


def test_the_column_that_knows_most_keys_is_joined():
    table = pd.DataFrame({"编码": ["A1", "A2"], "小区名称": ["?", "西苑"], "户数": [4, 5]})
    coded = compounds(小区名称=["东苑", "西苑"], 编码=["a1", "Ａ2"])
    layers = layers_from_frames(town(households=table, compounds=coded), ReadRules())
    assert layers.households["households"].tolist() == [5, 4]
    assert "joined by 编码 to 编码" in notes(layers, "columns")


def test_explicit_keys_join_buildings(tmp_path):
    table = pd.DataFrame({"楼号": ["7", "9"], "n": [4, 5]})
    columns = {"households.key": "楼号", "households.households": "n", "buildings.key": "no"}
    whole = town(households=table, buildings=buildings(no=[9.0, 8.0, 7.0]))
    layers = layers_from_frames(whole, ReadRules(columns=columns))
    assert layers.households["households"].tolist() == [5, 4]


def test_a_table_that_can_be_joined_to_nothing():
    table = pd.DataFrame({"小区": ["东苑"], "户数": [5]})
    with pytest.raises(InputError, match="no coordinates, and no layer has a key"):
        layers_from_frames(town(households=table), ReadRules())
    strange = table.assign(小区="北苑")
    with pytest.raises(InputError, match="no key of the table is known"):
        layers_from_frames(town(households=strange, compounds=compounds()), ReadRules())


def test_several_sheets_need_a_name(tmp_path):
    rows = [["小区", "户数"], ["东苑", 3]]
    path = write_book(tmp_path / "a.xlsx", rows, title="住户", more={"空": [], "旧": rows})
    with pytest.raises(InputError, match="2 sheets with content: 住户, 旧"):
        read_table(tmp_path, path, compounds=compounds())
    assert read_table(tmp_path, f"{path}::旧", compounds=compounds()).households_in == 3
    with pytest.raises(InputError, match="no sheet '新'"):
        read_table(tmp_path, f"{path}::新", compounds=compounds())


def test_tables_that_are_none(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(InputError, match="cannot be read"):
        read_table(tmp_path, tmp_path / "a.xlsx")
    (tmp_path / "a.csv").write_text("only one column\n1\n")
    with pytest.raises(InputError, match="no row of column names"):
        read_table(tmp_path, tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text("小区,户数\n东苑,1,200\n")
    with pytest.raises(InputError, match=r"more cells than there are columns.*row 2"):
        read_table(tmp_path, tmp_path / "b.csv", compounds=compounds())
    (tmp_path / "c.csv").write_bytes(b"\x81\xff\xfe\xff,\xff\n")
    with pytest.raises(InputError, match="no rows"):
        read_table(tmp_path, tmp_path / "c.csv")


def test_codes_that_excel_rounded_are_an_error(tmp_path):
    rows = [["编码", "户数"], [37010200100100001.0, 5]]
    path = write_book(tmp_path / "a.xlsx", rows)
    with pytest.raises(InputError, match="lost digits") as caught:
        read_table(tmp_path, path, compounds=compounds(编码=["1", "2"]))
    assert "失真" in caught.value.say("zh")


def test_code_mapping_from_csv_and_workbook(tmp_path):
    rows = [["社区名称", "统计用区划代码"], ["甲社区", "370102001001"], ["乙社区", 370102001002]]
    path = write_book(tmp_path / "a.xlsx", rows)
    expected = {"甲社区": "370102001001", "乙社区": "370102001002"}
    assert read_code_mapping(str(path)) == expected
    text = (
        "code,name,街道\n370102001001,甲社区,x\n370102001002,乙社区,x\n"
        "370102001003,丙,x\n370102002001,丙,y\n"
    )
    (tmp_path / "a.csv").write_bytes(text.encode("gb18030"))
    assert read_code_mapping(str(tmp_path / "a.csv")) == expected


def test_code_mapping_with_a_short_code_names_the_row(tmp_path):
    (tmp_path / "a.csv").write_text("name,code\n甲,370102001001\n乙,370102001002\n丙,37010200\n")
    with pytest.raises(InputError, match=r"not 12 digits.*row 4, field code, value 37010200"):
        read_code_mapping(str(tmp_path / "a.csv"))
    (tmp_path / "b.csv").write_text("name,number\n甲,1\n")
    with pytest.raises(InputError, match="no column of names and 12-digit codes: name, number"):
        read_code_mapping(str(tmp_path / "b.csv"))
