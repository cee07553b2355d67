"""Cells that say more or less than their column: units, datums, shapes, lists, lost digits."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from builders_books import FORMATS, write_any
from builders_read import X, Y, communities, compounds, households, notes, read, streets

from gridgeo.errors import InputError
from gridgeo.read import read_code_mapping, read_roster
from gridgeo.read.datums import _bd09, _gcj02
from gridgeo.read.totals import _kind_of_total
from gridgeo.tables import find_header


def write(path, rows, separator=",", encoding="utf-8"):
    path.write_text("\n".join(separator.join(map(str, row)) for row in rows), encoding)
    return str(path)


PLACE = households().to_crs(4326).geometry
DEGREES = [(point.x, point.y) for point in PLACE]


@pytest.mark.parametrize(
    ("header", "shift"),
    [
        (("经度(GCJ02)", "纬度(GCJ02)"), _gcj02),
        (("高德经度", "高德纬度"), _gcj02),
        (("gcj_lng", "gcj_lat"), _gcj02),
        (("lon（火星坐标）", "lat（火星坐标）"), _gcj02),
        (("百度经度", "百度纬度"), _bd09),
        (("bd_lon", "bd_lat"), _bd09),
        (("lng_bd09", "lat_bd09"), _bd09),
        (("经度（WGS84）", "纬度（WGS84）"), np.asarray),
        (("经度(CGCS2000)", "纬度(CGCS2000)"), np.asarray),
    ],
)
def test_the_datum_in_the_header_is_taken_off(tmp_path, header, shift):
    rows = [[*place, 50] for place in shift(np.array(DEGREES)).tolist()]
    table = write(tmp_path / "a.csv", [(*header, "户数"), *rows])
    layers = read(households=table)
    moved = layers.households.geometry.reset_index(drop=True).distance(households().geometry)
    assert moved.max() < 0.01
    told = notes(layers, "crs")
    assert ("as the header says" in told) == (shift is not np.asarray)


def test_a_pair_of_coordinates_has_one_datum_and_the_one_without_shift_is_taken(tmp_path):
    shifted = _gcj02(np.array(DEGREES)).tolist()
    names = ("经度(GCJ02)", "纬度(GCJ02)", "经度(WGS84)", "纬度(WGS84)", "户数")
    rows = [[*moved, *place, 50] for moved, place in zip(shifted, DEGREES, strict=True)]
    table = write(tmp_path / "a.csv", [names, *rows])
    assert "经度(WGS84), 纬度(WGS84) are taken" in notes(read(households=table), "crs")
    layers = read({"datum": {"households": "gcj02"}}, households=table)
    near = layers.households.geometry.reset_index(drop=True).distance(households().geometry)
    assert near.max() < 0.01
    columns = {"households.x": names[0], "households.y": names[1]}
    chosen = read({"columns": columns}, households=table)
    assert "GCJ-02, as the header says" in notes(chosen, "crs")


def _dms(value, form):
    degrees, minutes = int(value), (value % 1) * 60
    return form.format(d=degrees, m=int(minutes), s=(minutes % 1) * 60, mm=minutes)


@pytest.mark.parametrize(
    ("east", "north"),
    [
        ("{d}°{m}′{s:.4f}″", "{d}°{m}′{s:.4f}″"),
        ("E{d}°{m}'{s:.4f}\"", "N{d}°{m}'{s:.4f}\""),
        ("东经{d}度{m}分{s:.4f}秒", "北纬{d}度{m}分{s:.4f}秒"),
        ("{d}º{mm:.6f}’E", "{d}º{mm:.6f}’N"),
        ("{d} {m} {s:.4f}", "{d} {m} {s:.4f}"),
        ("{d}:{m}:{s:.4f}", "{d}:{m}:{s:.4f}"),
    ],
)
def test_degrees_minutes_and_seconds(tmp_path, east, north):
    rows = [[_dms(x, east), _dms(y, north), 50] for x, y in DEGREES]
    layers = read(households=write(tmp_path / "a.csv", [("经度", "纬度", "户数"), *rows], "\t"))
    moved = layers.households.geometry.reset_index(drop=True).distance(households().geometry)
    assert moved.max() < 0.01


def test_coordinates_that_are_none_name_column_row_and_value(tmp_path):
    rows = [("某路", "36.1", 5), ("117°75′", "36.1", 5), (*DEGREES[0], 5)]
    table = write(tmp_path / "a.csv", [("经度", "纬度", "户数"), *rows])
    with pytest.raises(InputError, match=r"2 of 3 rows.*row 2, field 经度, 纬度, value 某路, 36.1"):
        read(households=table)


SHAPES = [shape.wkt for shape in communities().geometry]


@pytest.mark.parametrize("column", ["WKT", "the_geom", "边界"])
@pytest.mark.parametrize("form", ["wkt", "ewkt", "wkb"])
def test_a_column_of_shapes(tmp_path, column, form):
    texts = {
        "wkt": [shape.wkt for shape in communities().geometry],
        "ewkt": [f"SRID=4548;{shape.wkt}" for shape in communities().geometry],
        "wkb": list(communities().geometry.to_wkb(hex=True)),
    }[form]
    frame = pd.DataFrame({"编码": communities()["编码"], column: texts, "名称": ["甲", "乙"]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    rules = {} if form == "ewkt" else {"crs": {"communities": "4548"}}
    layers = read(rules, communities=str(tmp_path / "a.csv"))
    assert layers.communities["name"].tolist() == ["甲", "乙"]
    assert layers.communities.area.sum() == 20_000
    if rules:
        with pytest.raises(InputError, match=r'crs=."communities": "'):
            read(communities=str(tmp_path / "a.csv"))


def test_wkt_in_a_workbook_and_a_cell_of_it_that_cannot_be_read(tmp_path):
    rows = [["地块", "wkt", "户数"], ["a", f"POINT ({X + 5} {Y + 5})", 3], ["b", "POINT (1", 4]]
    path = write_any(tmp_path / "a.xlsx", {"户数": [*rows, ["c", f"POINT ({X + 50} {Y + 5})", 5]]})
    layers = read({"crs": {"households": "4548"}}, households=str(path))
    assert layers.households_in == 12
    assert [(r.row, r.households, r.reason.en) for r in layers.rejects] == [(3, 4, "no geometry")]
    assert "shapes of column wkt cannot be read in rows 3" in notes(layers, "geometry")


def test_a_giant_cell_stops_nothing_and_is_shortened_in_the_rejects(tmp_path):
    long = "边" * 200_000
    rows = [(*place, 50, long) for place in DEGREES] + [("", "", 5, long)]
    layers = read(households=write(tmp_path / "a.csv", [("lon", "lat", "户数", "备注"), *rows]))
    assert layers.households_in == 155
    rows = [(*place, long if n == 1 else 50) for n, place in enumerate(DEGREES)]
    layers = read(households=write(tmp_path / "b.csv", [("lon", "lat", "户数"), *rows]))
    assert [len(r.value) < 250 for r in layers.rejects] == [True]


STRUCTS = [{"primary": "东苑", "common": None}, {"primary": "西苑", "common": None}]


@pytest.mark.parametrize("form", ["parquet", "geojson", "gpkg", "frame"])
def test_a_struct_is_its_name(tmp_path, form):
    frame = compounds().drop(columns="小区名称")
    texts = [json.dumps(one, ensure_ascii=False) for one in STRUCTS]
    path = tmp_path / f"a.{form}"
    given = frame.assign(names=STRUCTS) if form == "frame" else str(path)
    if form == "parquet":
        frame.to_parquet(path)
        table = pq.read_table(path)
        pq.write_table(table.append_column("names", pa.array(STRUCTS)), path)
    elif form == "geojson":
        content = json.loads(frame.to_crs(4326).to_json())
        for feature, one in zip(content["features"], STRUCTS, strict=True):
            feature["properties"]["names"] = one
        path.write_text(json.dumps(content), encoding="utf-8")
    elif form == "gpkg":
        frame.assign(names=texts).to_file(path)
    layers = read(compounds=given)
    assert sorted(layers.compounds["name"]) == ["东苑", "西苑"]


def test_a_list_of_classes_counts_as_its_first(tmp_path):
    several = [["residential", "tertiary"], ["primary"]]
    layers = read(streets=streets(highway=[np.array(one) for one in several]))
    assert sorted(layers.streets["street_class"]) == ["arterial", "local"]


def test_a_struct_without_a_name_is_left_out_and_said():
    frame = compounds(小区名称=[{"a": 1, "b": 2}, {"a": None}])
    layers = read(compounds=frame)
    assert layers.compounds["name"].tolist() == ["", ""]
    (warning,) = [note.message.en for note in layers.notes if note.warning]
    assert "1 structured cells of 小区名称 hold no name and are left out" in warning
    with pytest.raises(InputError, match="1 rows hold no whole number"):
        read(households=households(户数=[[1, 2]]))


@pytest.mark.parametrize(
    ("header", "value", "count"),
    [
        ("人口(万人)", "0.012", 120.0),
        ("人口/百人", "1.2", 120.0),
        ("population (thousands)", "0.12", 120.0),
        ("常住人口（单位：千人）", "0.12", 120.0),
        ("人口（人）", "120", 120.0),
    ],
)
def test_a_unit_in_the_header_multiplies(header, value, count):
    layers = read(households=households(**{"户数": [5], header: [value]}))
    assert layers.households["residents"].tolist() == [count]
    assert ("multiplied" in notes(layers)) == (value != "120")


def test_households_in_hundreds_are_whole():
    layers = read(households=households(**{"户数（百户）": ["0.29", "1.15", "2"]}))
    assert sorted(layers.households["households"]) == [29, 115, 200]
    assert read(households=households(**{"户数（户）": [7]})).households_in == 7


CODES = [420102001001000001, 420102001001000002]


@pytest.mark.parametrize("form", ["geojson", "gpkg", "parquet"])
def test_codes_beside_an_empty_one_keep_their_digits(tmp_path, form):
    frame = compounds(编码=pd.array([CODES[0], None], dtype="Int64"))
    path = tmp_path / f"a.{form}"
    frame.to_parquet(path) if form == "parquet" else frame.to_crs(4326).to_file(path)
    table = pd.DataFrame({"编码": [str(code) for code in CODES], "户数": [5, 7]})
    layers = read(compounds=str(path), households=table)
    assert layers.households["households"].tolist() == [5]
    assert [(r.row, r.households) for r in layers.rejects] == [(2, 7)]


@pytest.mark.parametrize("code", ["4.20102E+17", "4.2E17", "420102001001000000"])
def test_codes_that_a_spreadsheet_rounded(code):
    table = pd.DataFrame({"编码": [code, code], "户数": [5, 7]})
    with pytest.raises(InputError, match=r"lost digits.*row 1, field 编码"):
        read(compounds=compounds(编码=["1", "2"]), households=table)


def test_long_codes_that_end_in_zeros_and_are_unique_are_codes():
    long = ["420102001001000000", "420102001002000000"]
    table = pd.DataFrame({"编码": long, "户数": [5, 7]})
    assert read(compounds=compounds(编码=long), households=table).rejects == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [("网格员电话", "1.38E+10"), ("监督电话", "1.3800e10"), ("网格编码", "4.20102E+14")],
)
def test_a_roster_with_lost_digits_names_row_and_value(tmp_path, field, value):
    row = {"网格编码": "420102001001001", "网格员": "张某", field: value}
    pd.DataFrame([row]).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(InputError, match=rf"lost digits.*row 2, field {field}, value {value[:4]}"):
        read_roster(str(tmp_path / "a.csv"))


@pytest.mark.parametrize("suffix", FORMATS)
def test_phones_that_were_rounded_and_saved_again(tmp_path, suffix):
    rows = [["网格编码", "网格员电话"], ["a", 13800000000], ["b", 13900000000]]
    with pytest.raises(InputError, match=r"phone was stored as a number.*value 13800000000"):
        read_roster(str(write_any(tmp_path / f"a{suffix}", {"人员": rows})))
    rows[1][1] = 13812345678
    assert read_roster(str(write_any(tmp_path / f"b{suffix}", {"人员": rows})))[
        "worker_phone"
    ].tolist() == ["13812345678", "13900000000"]


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("合计", "all"), ("小计", "all"), ("总计", "all"), ("共计", "all"), ("累计", "all"),
        ("总 计", "all"), ("合　计", "all"), ("合计：", "all"), ("【合计】", "all"),
        ("合计（户）", "all"),
        ("本页小计", "all"), ("全镇总计", "all"), ("总户数合计", "part"),
        ("总 户 数：", "all"), ("共1,200户", "all"),
        ("Total", "all"), ("TOTAL:", "all"), ("Sub-total", "all"), ("Grand total", "all"),
        ("Sum", "all"), ("Total households", "all"), ("东苑小计", "part"), ("东苑 汇总", "part"),
        ("East Court Total", "part"), ("Total for East Court", "part"), ("Σ", "all"),
        ("东苑", ""), ("合计路小区", ""), ("Total Wellness House", ""), ("Summit Court", ""),
        ("共青路", ""), ("总部花园", ""), ("", ""),
    ],
)  # fmt: skip
def test_labels_of_totals(label, kind):
    assert _kind_of_total(label) == kind


@pytest.mark.parametrize("suffix", [*FORMATS, ".csv", ".parquet", "frame"])
def test_totals_and_subtotals_are_never_households(tmp_path, suffix):
    rows = [
        ["序号", "小区名称", "户数", "备注"],
        ["1", "东苑", "30", "含东西两区合计"],
        ["", "东苑 小计：", "30", ""],
        ["2", "西苑", "12", ""],
        ["合 计", "", "42", ""],
    ]
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    given = str(tmp_path / f"a{suffix}")
    if suffix == "frame":
        given = frame
    elif suffix == ".parquet":
        frame.to_parquet(given)
    elif suffix == ".csv":
        write(tmp_path / "a.csv", rows)
    else:
        write_any(tmp_path / f"a{suffix}", {"户数": rows})
    layers = read(households=given, compounds=compounds())
    assert layers.households_in == 42
    rows_of = "2, 4" if suffix in (".parquet", "frame") else "3, 5"
    assert f"rows of totals are not counted: {rows_of}" in notes(layers, "tables")
    assert layers.rejects == ()


def test_a_total_without_geometry_in_a_spatial_layer_is_no_household(tmp_path):
    frame = households(楼栋=["1", "2", "Total"], 户数=[5, 6, 11])
    frame.loc[2, "geometry"] = None
    layers = read(households=frame)
    assert (layers.households_in, layers.rejects) == (11, ())


ROWS = [["小区名称", "户数"], ["东苑", 30], ["西苑", 12]]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "，"])
@pytest.mark.parametrize("titles", [["某县住户情况表"], ["表1", "单位：户", ""], ["a,b;c|d"]])
def test_title_lines_before_any_delimiter(tmp_path, separator, titles):
    text = "\n".join([*titles, *(separator.join(map(str, row)) for row in ROWS)])
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    assert read(households=str(tmp_path / "a.csv"), compounds=compounds()).households_in == 42


def test_a_line_above_the_header_that_holds_a_name_is_no_header(tmp_path):
    rows = [["填报单位", "某街道", "地址", "某路1号"], [], [*ROWS[0], "人口", "备注"], *ROWS[1:]]
    path = write_any(tmp_path / "a.xlsx", {"户数": rows})
    layers = read(households=str(path), compounds=compounds())
    assert layers.households_in == 42


FORM = [
    ["某县住户情况表", "", "", ""],
    ["小区", "", "住户情况", ""],
    ["名称", "楼栋", "规模", ""],
    ["", "", "户数", "人口"],
    ["甲", "乙", "1", "2"],
    ["东苑", "1号", "30", "70"],
    ["西苑", "2号", "12", "30"],
]


@pytest.mark.parametrize("suffix", [*FORMATS, ".csv"])
def test_a_header_of_several_rows_and_one_that_numbers_the_columns(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    if suffix == ".csv":
        write(path, FORM)
    else:
        rows = [[int(c) if c.isdigit() else c or None for c in row] for row in FORM]
        write_any(path, {"户数": rows}, merged=[(2, 2, 1, 2), (2, 2, 3, 4), (3, 4, 1, 1)])
    layers = read(households=str(path), compounds=compounds())
    assert (layers.households_in, layers.households["residents"].sum()) == (42, 100)
    assert "the header stands in" in notes(layers, "tables")


def test_names_that_part_below_one_are_joined():
    rows = [["小区名称", "户数", "", "人口"], ["", "常住", "流动", ""], ["东苑", "3", "4", "9"]]
    header = find_header(rows, {"小区名称", "户数", "人口"}.__contains__, "a.csv")
    assert (header.stop, header.names) == (2, ["小区名称", "户数常住", "户数流动", "人口"])


@pytest.mark.parametrize(
    ("text", "row", "message"),
    [
        ('小区名称,户数\n东苑,30\n"西苑,12\n', 3, "not closed"),
        ('小区名称,户数\n"东苑"一期,30\n西苑,12\n', 2, "after a closing|follows a closing"),
        ('小区名称,户数\n"东苑,30\n西苑,12\n南苑",7\n', 2, "not closed"),
        ('小区名称\t户数\n东苑\t30\n"西苑\t12\n', 3, "not closed"),
    ],
)
def test_a_wrong_quotation_mark_is_named_by_its_row(tmp_path, text, row, message):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=rf"{message}.*row {row}\b") as caught:
        read(households=str(tmp_path / "a.csv"), compounds=compounds())
    assert "引号" in caught.value.say("zh")
    mended = text.replace('"', "")
    (tmp_path / "a.csv").write_text(mended, encoding="utf-8")
    read(households=str(tmp_path / "a.csv"), compounds=compounds())


def test_quoted_text_over_several_lines_is_one_cell(tmp_path):
    text = '小区名称,户数,地址\n东苑,30,"某路1号\n（东门）"\n西苑,12,"""西""门"\n'
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    layers = read(households=str(tmp_path / "a.csv"), compounds=compounds())
    assert (layers.households_in, layers.rejects) == (42, ())


def test_a_mapping_of_codes_on_a_visible_sheet(tmp_path):
    rows = [["名称", "编码"], ["甲", "370102001001"]]
    path = write_any(tmp_path / "a.xlsx", {"编码": rows, "选项": [["是"]]}, hidden_sheets=["选项"])
    assert read_code_mapping(str(path)) == {"甲": "370102001001"}


def test_a_table_of_facilities_with_coordinates_is_a_layer_of_points(tmp_path):
    shifted = _gcj02(np.array(DEGREES)).tolist()
    rows = [["小学", f"第{n}小学", *place] for n, place in enumerate(shifted)]
    table = write(tmp_path / "a.csv", [("类别", "名称", "经度(GCJ02)", "纬度(GCJ02)"), *rows])
    layers = read(facilities=table)
    assert layers.facilities["kind"].tolist() == ["school"] * 3
    moved = layers.facilities.geometry.reset_index(drop=True).distance(households().geometry)
    assert moved.max() < 0.01
