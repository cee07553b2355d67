"""Archives and tables as other systems pack them; inspect and the commands read the same."""

import shutil
import zipfile

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from builders_books import write_any
from builders_read import communities, compounds, households, read, write_town

from gridgeo.config import ReadRules, Source
from gridgeo.read import inspect_file, read_layers


def parts(folder, stem="c"):
    """Write the communities as a shapefile and return its files."""
    communities().to_file(folder / f"{stem}.shp", encoding="utf-8")
    return sorted(folder.glob(f"{stem}.*"))


def pack(path, files, name):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, name(file))
    return path


def _in_gbk(path, files):
    """Pack files under names in GBK, as programs on a Chinese Windows do."""
    pack(path, files, lambda file: f"XXXX{file.suffix}")
    path.write_bytes(path.read_bytes().replace(b"XXXX", "社区".encode("gbk")))


def _with_junk(path, files):
    pack(path, files, lambda file: f"c/{file.name}")
    with zipfile.ZipFile(path, "a") as archive:
        for file in files:
            archive.writestr(f"__MACOSX/c/._{file.name}", b"\0\5\x16\7" + bytes(40))
        archive.writestr("c/.DS_Store", b"x")
        archive.writestr("c/c.shp.xml", b"<metadata/>")
        archive.writestr("读我.txt", "说明")


@pytest.mark.parametrize(
    "write",
    [
        lambda path, files: pack(path, files, lambda file: f"数据/社区/{file.name}"),
        lambda path, files: pack(path, files, lambda file: file.name.upper()),
        lambda path, files: pack(path, files, lambda file: f"c\\{file.name}"),
        _in_gbk,
        _with_junk,
    ],
    ids=["folders", "capitals", "backslashes", "gbk names", "junk of a mac"],
)
def test_archives_as_other_systems_pack_them_are_read(tmp_path, write):
    write(tmp_path / "a.zip", parts(tmp_path))
    layers = read(communities=str(tmp_path / "a.zip"))
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]


def test_a_geodatabase_in_an_archive_is_read(tmp_path):
    pyogrio.write_dataframe(communities(), tmp_path / "g.gdb", driver="OpenFileGDB", layer="社区")
    files = sorted((tmp_path / "g.gdb").iterdir())
    pack(tmp_path / "a.gdb.zip", files, lambda file: f"g.gdb/{file.name}")
    shutil.rmtree(tmp_path / "g.gdb")
    layers = read(communities=str(tmp_path / "a.gdb.zip"))
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]


@pytest.mark.parametrize("ending", [".TAB", ".MIF", ".SHP"])
def test_capital_endings_are_read(tmp_path, ending):
    path = tmp_path / f"c{ending.lower()}"
    if ending == ".SHP":
        communities().to_file(path, encoding="utf-8")
    else:
        pyogrio.write_dataframe(communities(), path, driver="MapInfo File", ENCODING="CP936")
    for file in sorted(tmp_path.glob("c.*")):
        file.rename(file.with_suffix(file.suffix.upper()))
    layers = read({"crs": {"communities": "4548"}}, communities=str(path.with_suffix(ending)))
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]


@pytest.mark.parametrize("options", [{}, {"SPATIAL_INDEX": "NO"}])
def test_flatgeobuf_without_a_crs_or_an_index_is_read(tmp_path, options):
    bare = communities().set_crs(None, allow_override=True)
    with pytest.warns(UserWarning, match="crs"):
        pyogrio.write_dataframe(bare, tmp_path / "c.fgb", driver="FlatGeobuf", **options)
    rules = {"crs": {"communities": "4548"}}
    assert read(rules, communities=str(tmp_path / "c.fgb")).households_in == 207


ROWS = [["小区名称", "备注", "户数"], ["东苑", None, 30], [None, "x", 5], ["西苑", "y", 12],
        ["合计", None, 47]]  # fmt: skip


def _hidden_and_merged(folder):
    more = {"hidden_rows": [3], "hidden_columns": [3], "merged": [(2, 3, 1, 1)]}
    return write_any(folder / "a.xlsx", {"户数": ROWS}, **more), {}


def _in_gbk_with_a_bad_cell(folder):
    rows = ["小区名称,备注,户数", "东苑,普通住宅,30", "西苑,普通住宅,12"]
    (folder / "a.csv").write_bytes("\n".join(rows).encode("gbk") + "\n东苑,普通住宅小区,5".encode())
    return folder / "a.csv", {}


def _of_another_datum(folder):
    homes = households().to_crs(4326)
    frame = pd.DataFrame({"经度(GCJ02)": homes.geometry.x, "纬度(GCJ02)": homes.geometry.y})
    frame.assign(户数=[120, 80, "三"]).to_csv(folder / "a.csv", index=False)
    return folder / "a.csv", {}


def _of_types_and_empty_counts(folder):
    frame: gpd.GeoDataFrame = households(户数=[120, None, 7], building=["yes", "yes", "yes"])
    frame.to_file(folder / "a.gpkg")
    return folder / "a.gpkg", {}


def _with_an_encoding(folder):
    households(户数=[120, 80, 7], 地址=["é", "东", "西"]).to_file(
        folder / "a.shp", encoding="utf-8"
    )
    return folder / "a.shp", {"encoding": {"households": "utf-8"}}


@pytest.mark.parametrize(
    "write",
    [
        _hidden_and_merged, _in_gbk_with_a_bad_cell, _of_another_datum, _of_types_and_empty_counts,
        _with_an_encoding,
    ],
)  # fmt: skip
def test_inspect_says_of_a_file_what_reading_says(tmp_path, write):
    path, rules = write(tmp_path)
    inputs = write_town(tmp_path, compounds=compounds()) | {"households": (Source(path=str(path)),)}
    layers = read_layers(ReadRules(inputs=inputs, **rules))
    (info,) = inspect_file(str(path), ReadRules(**rules))
    # where each row lies is known beside other layers alone
    lost = sum(one.households for one in layers.rejects if one.field != "小区名称")
    assert info.households == layers.households_in - lost
    told = {text.en.replace("::户数", "") for text in (*info.notes, *info.problems)}
    for note in layers.notes:
        if note.message.en.startswith(("households (a", str(path))) and note.topic in (
            "encoding", "tables", "groups", "text", "numbers",
        ):  # fmt: skip
            assert note.message.en.replace("::户数", "") in told
