"""Which encoding text is in: laws of the judgement, and files that say something else."""

import json
import sqlite3

import pytest
from builders_files import write_mapinfo, write_shapefile
from builders_read import communities, households, notes, read_town
from hypothesis import given
from hypothesis import strategies as st

from gridgeo.errors import InputError
from gridgeo.formats.encodings import garbled, judge, known_encoding

NAMES = ["甲社区", "乙社区"]
COMMON = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动"


def shapefile(path, encoding, *, names=NAMES, field="名称", width=40, **declared):
    if encoding == "big5":
        field = "name"
    fields = {b"CODE": 20, field.encode(encoding)[:10]: width}
    codes = ["370102001001", "370102001002"]
    rows = [
        [code.encode(), name if isinstance(name, bytes) else name.encode(encoding)]
        for code, name in zip(codes, names, strict=True)
    ]
    return write_shapefile(path, communities(), fields, rows, **declared)


def names_of(layers):
    return sorted(layers.communities["name"])


# The judgement


@given(st.lists(st.text(COMMON, min_size=2, max_size=8), min_size=1, max_size=30), st.booleans())
def test_utf8_is_found_under_any_declaration(texts, gbk):
    cells = [(text.encode(), False) for text in texts]
    assert judge(cells, "gb18030" if gbk else "cp1252").encoding == "utf-8"


@given(st.lists(st.text(COMMON, min_size=3, max_size=8), min_size=5, max_size=30))
def test_a_single_byte_page_never_wins_over_chinese(texts):
    cells = [(text.encode("gbk"), False) for text in texts]
    assert judge(cells, "cp1252").encoding == "gb18030"
    assert judge(cells, "iso8859-1").encoding == "gb18030"


@pytest.mark.parametrize(
    ("texts", "encoding", "declared"),
    [
        (["臺北市信義區", "國民小學", "開發區"], "big5", ""),
        (["臺北市信義區", "國民小學", "開發區"], "big5", "cp1252"),
        (["Königstraße", "Café", "Zürich"], "cp1252", ""),
        (["Königstraße", "Café", "Zürich"], "cp1252", "cp1252"),
        (["Москва", "Невский проспект"], "cp1251", "cp1251"),
        (["東京都", "さくら通り", "ひかり台"], "cp932", "cp932"),
    ],
)
def test_other_writing_is_read_as_such(texts, encoding, declared):
    cells = [(text.encode(encoding), False) for text in texts]
    found = judge(cells, declared).encoding
    assert [raw.decode(found) for raw, _ in cells] == texts


def test_names_of_encodings_as_files_write_them():
    assert [known_encoding(name) for name in ("ANSI 936", "65001", "88591", "WindowsSimpChinese")] \
        == ["gb18030", "utf-8", "iso8859-1", "gb18030"]  # fmt: skip
    assert known_encoding("no such page") == ""


def test_text_garbled_before_is_undone_and_right_text_is_left():
    wrong = ["甲社区东".encode().decode("gbk"), "光谷花园".encode("gbk").decode("latin-1")]
    assert garbled([wrong[0]]) == [(wrong[0], "甲社区东")]
    assert garbled([wrong[1]]) == [(wrong[1], "光谷花园")]
    assert garbled(["甲社区", "Königstraße", "𠮷野家", "堃鑫苑"]) == []


# UTF-8 under another declaration (case 01), and single-byte pages over Chinese (case 02)


@pytest.mark.parametrize("declared", [{"cpg": "GB2312"}, {"ldid": 0x7A}, {"cpg": "BIG5"}])
def test_utf8_under_a_chinese_declaration_in_a_shapefile(tmp_path, declared):
    path = shapefile(tmp_path / "a.shp", "utf-8", **declared)
    layers = read_town(tmp_path, communities=path)
    assert names_of(layers) == ["乙社区", "甲社区"]
    assert "though the file declares" in notes(layers, "encoding")


@pytest.mark.parametrize("suffix", [".tab", ".mif"])
def test_utf8_in_a_mapinfo_table_that_says_gbk(tmp_path, suffix):
    frame = communities(code=["370102001001", "370102001002"], name=NAMES)
    path = write_mapinfo(
        tmp_path / f"a{suffix}", frame, bytes_="UTF-8", charset="WindowsSimpChinese"
    )
    layers = read_town(tmp_path, {"crs": {"communities": "4548"}}, communities=path)
    assert names_of(layers) == ["乙社区", "甲社区"]


@pytest.mark.parametrize(
    ("encoding", "cpg"), [("gbk", "1252"), ("big5", "ISO 8859-15"), ("gbk", "CP1251")]
)
def test_chinese_under_a_single_byte_page_in_a_shapefile(tmp_path, encoding, cpg):
    names = ["東興社區", "光明花園"] if encoding == "big5" else ["东兴社区", "光明花园"]
    path = shapefile(tmp_path / "a.shp", encoding, names=names, cpg=cpg)
    assert names_of(read_town(tmp_path, communities=path)) == sorted(names)


def test_chinese_in_a_mapinfo_table_that_says_latin(tmp_path):
    frame = communities(code=["370102001001", "370102001002"], name=NAMES)
    path = write_mapinfo(tmp_path / "a.tab", frame, charset="WindowsLatin1")
    layers = read_town(tmp_path, {"crs": {"communities": "4548"}}, communities=path)
    assert names_of(layers) == ["乙社区", "甲社区"]
    assert "declares cp1252: 乙社区, 甲社区" in notes(layers, "encoding")


# One bad cell (case 04)


def town_of_ten(path, write):
    """Write ten households, of which the name of the fourth is no text."""
    frame = households(户数=[10] * 10, 名称=[f"第{n}号楼" for n in range(10)])
    write(path, frame)
    return path


def one_bad_csv(path, frame):
    points = frame.to_crs(4490).geometry
    lines = ["lon,lat,户数,名称"] + [
        f"{p.x:.8f},{p.y:.8f},10,{name}" for p, name in zip(points, frame["名称"], strict=True)
    ]
    cells = [line.encode("gbk") for line in lines]
    cells[4] = cells[4][:-1] + b"\xff"
    path.write_bytes(b"\r\n".join(cells))


def one_bad_geopackage(path, frame):
    frame.to_file(path, layer="h")
    with sqlite3.connect(path) as database:
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'"):
            database.execute(f'drop trigger "{name}"')
        database.execute("update h set 名称 = cast(x'B9E2B9C8' as text) where fid = 4")


def one_bad_geojson(path, frame):
    text = json.dumps(json.loads(frame.to_crs(4326).to_json()), ensure_ascii=False)
    raw = text.encode("gbk").replace("第3号楼".encode("gbk"), b"\xb5\xda3\xff\xba\xc5")
    path.write_bytes(raw)


@pytest.mark.parametrize(
    ("name", "write", "row"),
    [
        ("a.csv", one_bad_csv, 5),
        ("a.gpkg", one_bad_geopackage, 4),
        ("a.geojson", one_bad_geojson, 4),
    ],
)
def test_one_bad_cell_costs_that_cell(tmp_path, name, write, row):
    path = town_of_ten(tmp_path / name, write)
    layers = read_town(tmp_path, households=path)
    assert layers.households["households"].sum() == 100
    assert sorted(layers.households["name"])[1:] == [f"第{n}号楼" for n in range(10) if n != 3]
    assert [(one.row, one.field, one.households) for one in layers.rejects] == [(row, "名称", 0)]
    assert f"rows {row}" in notes(layers, "encoding")


# Text cut within a character (case 05)


@pytest.mark.parametrize(
    ("encoding", "width", "read"),
    [("utf-8", 9, "甲乙丙"), ("utf-8", 8, "甲乙"), ("gbk", 5, "甲乙"), ("big5", 7, "甲乙丙")],
)
def test_a_name_cut_by_its_field_is_read_up_to_the_cut(tmp_path, encoding, width, read):
    names = ["甲乙丙丁戊", "甲乙丙丁己"]
    path = shapefile(tmp_path / "a.shp", encoding, names=names, width=width)
    for rules in ({}, {"encoding": {"communities": encoding}}):
        layers = read_town(tmp_path, rules, communities=path)
        assert names_of(layers) == [read, read]
        cut = "end within a character" in notes(layers, "encoding")
        assert cut == (len(read.encode(encoding)) < width)


def test_what_ends_within_a_character_before_the_width_is_a_bad_cell(tmp_path):
    names = ["甲社区".encode(), "乙社".encode() + b"\xe5"]
    path = shapefile(tmp_path / "a.shp", "utf-8", names=names, width=40)
    layers = read_town(tmp_path, communities=path)
    assert names_of(layers) == ["", "甲社区"]
    assert [one.row for one in layers.rejects] == [2]


# --encoding, and what is said


def test_the_given_encoding_is_obeyed_or_the_error_names_what_fits(tmp_path):
    path = shapefile(tmp_path / "a.shp", "gbk", cpg="UTF-8")
    assert names_of(read_town(tmp_path, communities=path)) == ["乙社区", "甲社区"]
    with pytest.raises(InputError, match=r'rows 1, 2.*encoding=."communities": "gb18030'):
        read_town(tmp_path, {"encoding": {"communities": "utf-8"}}, communities=path)
    remedy = {"encoding": {"communities": "gb18030"}}
    assert names_of(read_town(tmp_path, remedy, communities=path)) == ["乙社区", "甲社区"]
    latin = read_town(tmp_path, {"encoding": {"communities": "latin-1"},
                                 "columns": {"communities.name": "Ãû³Æ"}},
                      communities=path)  # fmt: skip
    assert names_of(latin) == ["¼×ÉçÇø", "ÒÒÉçÇø"]


def test_an_encoding_that_is_none_names_some_that_are(tmp_path):
    path = shapefile(tmp_path / "a.shp", "gbk")
    with pytest.raises(InputError, match=r"no encoding 'gb-2'.*gb18030"):
        read_town(tmp_path, {"encoding": {"communities": "gb-2"}}, communities=path)
    layers = read_town(tmp_path, {"encoding": {"communities": "gb18030"}}, communities=path)
    assert names_of(layers) == ["乙社区", "甲社区"]


@pytest.mark.parametrize("encoding", ["big5", "utf-16", "utf-16-be", "utf-8-sig"])
def test_geojson_in_other_encodings(tmp_path, encoding):
    frame = communities(code=["370102001001", "370102001002"], name=["甲社區", "乙社區"])
    text = json.dumps(json.loads(frame.to_crs(4326).to_json()), ensure_ascii=False)
    path = tmp_path / "a.geojson"
    path.write_bytes(text.encode(encoding))
    assert names_of(read_town(tmp_path, communities=path)) == ["乙社區", "甲社區"]


def test_text_garbled_before_it_was_written_is_a_warning(tmp_path):
    names = [name.encode().decode("gbk") for name in ("甲社区东", "乙社区西")]
    frame = communities(编码=["370102001001", "370102001002"], 名称=names)
    frame.to_file(tmp_path / "a.gpkg")
    said = notes(read_town(tmp_path, communities=tmp_path / "a.gpkg"), "encoding")
    assert "warning" in said
    assert "garbled" in said
    assert "(甲社区东)" in said
