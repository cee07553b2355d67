"""Other spellings of what tables hold: totals, places, units, structs, phones, headers."""

import json

import numpy as np
import pytest
import shapely
from builders_books import FORMATS, write_any
from builders_read import communities, compounds, households, notes, read, streets

from gridgeo.errors import InputError
from gridgeo.read import read_roster
from gridgeo.read.datums import _gcj02

PLACE = households().to_crs(4326).geometry
HOMES = [["小区名称", "户数"], ["东苑", 30], ["西苑", 12]]


def write(path, rows, separator=",", encoding="utf-8"):
    path.write_text("\n".join(separator.join(map(str, row)) for row in rows), encoding)
    return str(path)


def warnings(layers):
    return "\n".join(note.message.en for note in layers.notes if note.warning)


def counted(table, rules=None):
    return read(rules, households=str(table), compounds=compounds())


@pytest.mark.parametrize(
    "label",
    [
        "合計", "小計：", "總計", "總戶數", "共計", "東區小計", "合计/Total", "合计行",
        "Sub-total - East", "共 2 个小区", "T o t a l", "匯總", "总户数合计", "本页小计",
    ],
)  # fmt: skip
def test_other_labels_of_totals(tmp_path, label):
    layers = counted(write(tmp_path / "a.csv", [*HOMES, [label, 42]]))
    assert layers.households_in == 42
    assert "rows of totals are not counted: 4" in notes(layers, "tables")


@pytest.mark.parametrize("name", ["共富小区", "合计桥小区", "Subtotal House", "总部花园", "汇总苑"])
def test_names_with_a_word_of_totals_in_them_are_homes(tmp_path, name):
    layers = read(
        households=write(tmp_path / "a.csv", [["小区名称", "户数"], [name, 30], ["西苑", 12]]),
        compounds=compounds(小区名称=[name, "西苑"]),
    )
    assert sorted(layers.households["households"]) == [12, 30]


def _sexagesimal(value, form):
    degrees, rest = divmod(value, 1)
    minutes, seconds = divmod(rest * 3600, 60)
    return form.format(d=int(degrees), m=int(minutes), s=round(seconds, 5))


@pytest.mark.parametrize(
    ("form", "suffix"),
    [
        ("{d}-{m}-{s}", ("", "")), ("{d}_{m}_{s}", ("", "")), ("{d}。{m}′{s}″", ("", "")),
        ("{d}∘{m}´{s}´´", ("", "")), ("{d}°{m}ˊ{s}〃", ("", "")),
        ("{d}°{m}'{s}''", ("东经", "北纬")),
        ("{d}度{m}分{s}秒", ("東經", "北緯")), ("{d} {m} {s}", (" E", " N")),
    ],
)  # fmt: skip
def test_other_spellings_of_degrees_minutes_and_seconds(tmp_path, form, suffix):
    rows = [
        [_sexagesimal(x, form) + suffix[0], _sexagesimal(y, form) + suffix[1], 50]
        for x, y in zip(PLACE.x, PLACE.y, strict=True)
    ]
    layers = read(households=write(tmp_path / "a.tsv", [["经度", "纬度", "户数"], *rows], "\t"))
    moved = layers.households.geometry.reset_index(drop=True).distance(households().geometry)
    assert moved.max() < 0.01


def test_decimal_degrees_with_a_letter(tmp_path):
    rows = [[f"{p.x:.8f}E", f"N{p.y:.8f}", 50] for p in PLACE]
    layers = read(households=write(tmp_path / "a.csv", [["lon", "lat", "户数"], *rows]))
    moved = layers.households.geometry.reset_index(drop=True).distance(households().geometry)
    assert moved.max() < 0.01


def test_a_range_of_degrees_is_no_place(tmp_path):
    rows = [[p.x, p.y, 50] for p in PLACE]
    rows[0][1] = "36.1-36.2"
    layers = read(households=write(tmp_path / "a.csv", [["lon", "lat", "户数"], *rows]))
    assert [(r.row, r.households) for r in layers.rejects] == [(2, 50)]


@pytest.mark.parametrize(
    "form",
    [
        lambda shape: shape.wkt,
        lambda shape: f"'{shape.wkt}'",
        lambda shape: "SRID=4326; " + shape.wkt,
        lambda shape: f"<http://www.opengis.net/def/crs/EPSG/0/4326> {shape.wkt}",
        lambda shape: "0x" + shape.wkb_hex,
        lambda shape: json.dumps(shapely.geometry.mapping(shape)),
        lambda shape: json.dumps(
            {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
        ),
    ],
)
@pytest.mark.parametrize("column", ["geometry", "边界"])
def test_other_forms_of_a_column_of_shapes(tmp_path, form, column):
    whole = communities().to_crs(4326)
    rows = [[*row[:2], form(row[2])] for row in whole.itertuples(index=False)]
    table = write(tmp_path / "a.tsv", [["编码", "名称", column], *rows], "\t")
    layers = read({"crs": {"communities": "4326"}}, communities=table)
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]
    assert np.allclose(layers.communities.area, 10_000, atol=1)


def test_of_two_columns_of_shapes_the_areas_are_taken(tmp_path):
    rows = [[code, shape.centroid.wkt, shape.wkt]
            for code, _, shape in communities().itertuples(index=False)]  # fmt: skip
    table = write(tmp_path / "a.tsv", [["编码", "中心", "范围"], *rows], "\t")
    layers = read({"crs": {"communities": "4548"}}, communities=table)
    assert np.allclose(layers.communities.area, 10_000)
    assert "shapes taken from column 范围" in notes(layers, "geometry")


@pytest.mark.parametrize(
    ("column", "form"),
    [
        ("经纬度", "{x},{y}"), ("location", "{x},{y}"), ("坐标", "({x}，{y})"),
        ("GPS坐标", "[{x};{y}]"), ("lng_lat", "{x}, {y}"), ("latlng", "{y} {x}"),
    ],
)  # fmt: skip
def test_longitude_and_latitude_in_one_cell(tmp_path, column, form):
    rows = [[form.format(x=p.x, y=p.y), 50] for p in PLACE]
    layers = read(households=write(tmp_path / "a.tsv", [[column, "户数"], *rows, ["", 7]], "\t"))
    moved = layers.households.geometry.reset_index(drop=True).distance(households().geometry)
    assert moved.max() < 0.01
    assert layers.households_in == 157
    assert [r.households for r in layers.rejects] == [7]


def test_one_cell_of_gcj02_by_its_header_or_the_settings(tmp_path):
    shifted = _gcj02(np.column_stack([PLACE.x, PLACE.y])).tolist()
    for name, rules in (("经纬度(GCJ02)", {}), ("坐标", {"datum": {"households": "gcj02"}})):
        rows = [[f"{x},{y}", 50] for x, y in shifted]
        layers = read(rules, households=write(tmp_path / "a.tsv", [[name, "户数"], *rows], "\t"))
        moved = layers.households.geometry.reset_index(drop=True).distance(households().geometry)
        assert moved.max() < 0.01


@pytest.mark.parametrize(
    "value",
    [
        "['secondary', 'tertiary']", '["secondary","tertiary"]', "{secondary,tertiary}",
        "secondary, tertiary", "secondary|tertiary", "('secondary', 'tertiary')", "secondary;x",
    ],
)  # fmt: skip
def test_a_list_of_classes_as_text_counts_as_its_first(value):
    layers = read(streets=streets(highway=[value, "service"]))
    assert sorted(layers.streets["street_class"]) == ["arterial", "lane"]


@pytest.mark.parametrize(
    "value",
    [
        "{'primary': '东苑', 'common': None, 'rules': []}", '"name"=>"东苑", "type"=>"flats"',
        "('东苑',)", "[('primary', '东苑')]", '{"common": {"zh": "东苑"}}',
    ],
)  # fmt: skip
def test_a_struct_as_other_programs_write_it_is_its_name(tmp_path, value):
    frame = compounds(小区名称=[value, "西苑"])
    layers = read(households=write(tmp_path / "a.csv", HOMES), compounds=frame)
    assert sorted(layers.households["households"]) == [12, 30]
    assert layers.rejects == ()


@pytest.mark.parametrize(
    ("rows", "residents"),
    [
        ([["小区名称", "户数", "人口"], ["", "（户）", "（百人）"], ["东苑", 30, 0.7]], 70),
        ([["小区名称", "户数", "人口"], ["-", "户", "人"], ["东苑", 30, 70]], 70),
        ([["小區名稱", "戶數", "人口數"], ["東苑", 30, 70]], 70),
    ],
)
def test_units_below_the_names_and_traditional_names(tmp_path, rows, residents):
    frame = compounds(小区名称=[rows[-1][0], "西苑"])
    table = write(tmp_path / "a.csv", rows, encoding="utf-8")
    layers = read(households=table, compounds=frame)
    assert layers.households_in == 30
    assert layers.households["residents"].sum() == residents
    assert layers.rejects == ()


@pytest.mark.parametrize("title", ["单位：百户", "某镇住户表（单位：户、万人）"])
def test_a_unit_of_many_in_a_title_is_warned_of(tmp_path, title):
    layers = counted(write(tmp_path / "a.csv", [[title, ""], *HOMES]))
    assert layers.households_in == 42
    assert "a title gives the unit" in warnings(layers)
    layers = counted(write(tmp_path / "a.csv", [["单位：户", ""], *HOMES]))
    assert "unit" not in warnings(layers)


def test_what_the_warning_of_a_unit_advises_multiplies(tmp_path):
    rows = [["单位：百户", ""], ["小区名称", "户数(百户)"], ["东苑", 0.3], ["西苑", 0.12]]
    layers = counted(write(tmp_path / "a.csv", rows))
    assert layers.households_in == 42
    assert "unit" not in warnings(layers)


def test_cells_that_are_marked_as_text(tmp_path):
    rows = [["小区名称", "户数"], ['="东苑"', '"=""30"""'], ["西苑", 12]]
    assert counted(write(tmp_path / "a.csv", rows)).households_in == 42


def roster(path, phone, worker="甲"):
    rows = [["网格编码", "网格员", "网格员电话"], ["420102001001001", worker, phone]]
    return read_roster(write(path, rows, "\t"))


@pytest.mark.parametrize(
    "phone",
    ["1,38E+10", "１.３８Ｅ＋１０", "1.38E +10", "1.38E+10/1.39E+10", "########", "1.38123e10"],
)
def test_other_phones_that_lost_digits(tmp_path, phone):
    with pytest.raises(InputError, match=r"the phone was stored as a number.*row 2"):
        roster(tmp_path / "a.tsv", phone)


@pytest.mark.parametrize("phone", ["'13812345678", "13812345678.0", '="13812345678"'])
def test_phones_as_spreadsheets_mark_them(tmp_path, phone):
    assert roster(tmp_path / "a.tsv", phone)["worker_phone"].tolist() == ["13812345678"]


@pytest.mark.parametrize("phone", ["027-8888 1234", "13812345678 ext 12", "+86 138 1234 5678"])
def test_phones_of_any_form_stay(tmp_path, phone):
    assert roster(tmp_path / "a.tsv", phone)["worker_phone"].tolist() == [phone]


@pytest.mark.parametrize("suffix", FORMATS)
def test_nothing_that_was_not_calculated_comes_onto_a_sign(tmp_path, suffix):
    head = ["网格编码", "网格员", "网格员电话"]
    for cell in ("#REF!", *(("=B1&C1",) if suffix in (".xlsx", ".ods") else ())):
        rows = [head, ["420102001001001", cell, "13812345678"]]
        path = write_any(tmp_path / f"a{suffix}", {"人员": rows})
        with pytest.raises(InputError, match=r"(error|formula).*row 2, field 网格员") as caught:
            read_roster(str(path))
        assert caught.value.remedy is not None
