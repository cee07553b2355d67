"""Files as counties have them: formats, encodings, disguises and damage."""

import json
import warnings

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from builders_read import CRS, X, Y, communities, households, notes, read_town, streets, write_town
from shapely import Point

from gridgeo.config import ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.read import inspect_file, read_layers

VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="passwd"><SrcDataSource>CSV:/etc/passwd</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)
POLYGLOT = '{"type": "FeatureCollection", "x": "' + VRT.replace('"', "'") + '", "features": []}'


def write_shapefile(path, frame, encoding, *, cpg=False):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL cuts long names, as the counties' exports do
        frame.to_file(path, encoding=encoding)
    if not cpg:
        path.with_suffix(".cpg").unlink(missing_ok=True)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "parquet", "shp"])
def test_every_format_reads_alike(tmp_path, suffix):
    path = tmp_path / f"户 数.{suffix}"
    frame = households(户数=[3, 4], 名称=["甲", "乙"])
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "geojson":
        frame.to_crs(4326).to_file(path)
    else:
        frame.to_file(path)
    layers = read_town(tmp_path, households=path)
    assert layers.households_in == 7
    assert layers.households["name"].tolist() == ["甲", "乙"]
    assert layers.households.crs.to_epsg() == 4548
    assert layers.households.distance(Point(X + 20, Y + 40)).iloc[0] < 1e-3


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("cpg", [True, False])
def test_shapefile_encodings_come_out_right(tmp_path, encoding, cpg):
    frame = communities(社区名=["甲社区", "乙社区"], 编码=["370102001001", "370102001002"])
    write_shapefile(tmp_path / "a.shp", frame, encoding, cpg=cpg)
    layers = read_town(tmp_path, communities=tmp_path / "a.shp")
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]
    assert ("gb18030" in notes(layers, "encoding")) == (encoding == "GBK")


def test_a_lying_cpg_is_found_out(tmp_path):
    write_shapefile(tmp_path / "a.shp", communities(名称=["甲社区", "乙社区"]), "GBK")
    (tmp_path / "a.cpg").write_text("UTF-8")
    layers = read_town(tmp_path, communities=tmp_path / "a.shp")
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]


def test_western_text_is_not_taken_for_chinese(tmp_path):
    frame = streets(name=["Rue de l'Église", "Allée Guérin"], fclass=["primary", "path"])
    write_shapefile(tmp_path / "a.shp", frame, "ISO-8859-1")
    layers = read_town(tmp_path, streets=tmp_path / "a.shp")
    assert sorted(layers.streets["name"]) == ["Allée Guérin", "Rue de l'Église"]


def test_chinese_names_cut_within_a_character_are_read(tmp_path):
    write_shapefile(
        tmp_path / "a.shp", communities(社区名称=["甲社区", "乙社区"]), "UTF-8", cpg=True
    )
    with pytest.raises(UnicodeDecodeError):
        pyogrio.read_dataframe(tmp_path / "a.shp")
    layers = read_town(tmp_path, communities=tmp_path / "a.shp")
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]


def test_an_encoding_that_does_not_fit_is_an_error(tmp_path):
    write_shapefile(tmp_path / "a.shp", communities(名称=["甲社区", "乙社区"]), "GBK")
    rules = {"encoding": {"communities": "utf-8"}}
    with pytest.raises(InputError, match="cannot be read as utf-8"):
        read_town(tmp_path, rules, communities=tmp_path / "a.shp")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (VRT, "a.geojson"),
        (VRT, "a.gpkg"),
        (VRT, "a.shp"),
        (POLYGLOT, "a.json"),
        ("lon,lat\n1,2\n", "a.geojson"),
    ],
)
def test_disguised_files_are_refused(tmp_path, text, name):
    path = tmp_path / name
    path.write_text(text)
    if name.endswith("shp"):
        for suffix in (".shx", ".dbf"):
            path.with_suffix(suffix).write_bytes(bytes(100))
    with pytest.raises(InputError, match=r"content is not that of|incomplete"):
        read_town(tmp_path, households=path)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("https://example.org/a.gpkg", "addresses are not read"),
        ("/vsicurl/http://example.org/a.gpkg", "virtual paths"),
        ("GPKG:/tmp/a.gpkg:b", "addresses are not read"),
        ("missing.gpkg", "no such file"),
    ],
)
def test_paths_that_are_no_files(tmp_path, path, message):
    with pytest.raises(InputError, match=message):
        read_town(tmp_path, households=path)


def test_folders_empty_files_and_other_kinds_are_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.gdb").mkdir()
    (tmp_path / "a.xyz").write_text("1 2 3")
    (tmp_path / "empty.gpkg").touch()
    (tmp_path / "a.kml").write_text("<kml/>")
    for name, message in (
        ("folder", "not a file"),
        ("folder.gdb", "not that of a file geodatabase"),
        ("empty.gpkg", "empty"),
        ("a.kml", "KML is not read"),
        ("a.xyz", "kind"),
    ):
        with pytest.raises(InputError, match=message):
            read_town(tmp_path, households=tmp_path / name)


def test_a_torn_geopackage_names_the_file(tmp_path):
    households().to_file(tmp_path / "a.gpkg")
    whole = (tmp_path / "a.gpkg").read_bytes()
    (tmp_path / "a.gpkg").write_bytes(whole[:5000])
    with pytest.raises(InputError, match=r"cannot be read.*a\.gpkg") as caught:
        read_town(tmp_path, households=tmp_path / "a.gpkg")
    assert "重新导出" in caught.value.say("zh")


@pytest.mark.parametrize("suffix", [".dbf", ".shx"])
def test_a_shapefile_without_a_part_is_refused(tmp_path, suffix):
    write_shapefile(tmp_path / "a.shp", households(), "UTF-8")
    (tmp_path / "a.shp").with_suffix(suffix).unlink()
    with pytest.raises(InputError, match=f"the {suffix} file is missing"):
        read_town(tmp_path, households=tmp_path / "a.shp")


@pytest.mark.parametrize("suffix", [".shp", ".dbf", ".shx"])
def test_a_shapefile_cut_short_is_refused(tmp_path, suffix):
    write_shapefile(tmp_path / "a.shp", households(), "UTF-8")
    part = (tmp_path / "a.shp").with_suffix(suffix)
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(InputError, match="incomplete"):
        read_town(tmp_path, households=tmp_path / "a.shp")


def test_a_shapefile_with_fewer_attribute_rows_is_refused(tmp_path):
    write_shapefile(tmp_path / "a.shp", households(), "UTF-8")
    write_shapefile(tmp_path / "b.shp", households(户数=[1]), "UTF-8")
    (tmp_path / "b.dbf").replace(tmp_path / "a.dbf")
    with pytest.raises(InputError, match="3 shapes, 1 rows"):
        read_town(tmp_path, households=tmp_path / "a.shp")


def test_several_layers_and_none_named(tmp_path):
    path = tmp_path / "city.gpkg"
    households().to_file(path, layer="住户")
    streets().to_file(path, layer="道路")
    with pytest.raises(InputError, match="2 layers and none named: 住户, 道路"):
        read_town(tmp_path, households=path)
    with pytest.raises(InputError, match="no layer '楼'; the layers are: 住户, 道路"):
        read_town(tmp_path, households=f"{path}::楼")
    assert read_town(tmp_path, households=f"{path}::住户").households_in == 207


def test_an_empty_layer_is_refused(tmp_path):
    households().iloc[:0].to_file(tmp_path / "a.gpkg")
    with pytest.raises(InputError, match="the layer has no rows"):
        read_town(tmp_path, households=tmp_path / "a.gpkg")


def feature(coordinates, **properties):
    geometry = {"type": "Polygon", "coordinates": [coordinates]}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_an_open_ring_names_the_feature(tmp_path):
    closed = [[117.0, 36.1], [117.1, 36.1], [117.1, 36.2], [117.0, 36.1]]
    features = [feature(closed, name="a"), feature(closed[:3], name="b")]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(InputError, match=r"ring of the polygon is not closed.*row 2"):
        read_town(tmp_path, communities=path)


def test_geojson_without_crs_is_wgs84_unless_told(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(households().to_crs(4490).set_crs(None, allow_override=True).to_json())
    assert '"crs"' not in path.read_text()
    assert read_town(tmp_path, households=path).households_in == 207
    assert (
        read_town(tmp_path, {"crs": {"households": "4490"}}, households=path).households_in == 207
    )


def test_geojson_in_metres_without_crs_is_refused_with_a_remedy(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(households().set_crs(None, allow_override=True).to_json())
    with pytest.raises(InputError, match=r'crs=."households": "4548'):
        read_town(tmp_path, households=path)
    layers = read_town(tmp_path, {"crs": {"households": "EPSG:4548"}}, households=path)
    assert layers.households_in == 207


def test_geojson_that_names_its_crs_is_believed(tmp_path):
    path = tmp_path / "a.geojson"
    path.write_text(households().to_json())
    assert read_town(tmp_path, households=path).households_in == 207
    with pytest.raises(InputError, match=r'Leave out crs."households".: the file says EPSG:4548'):
        read_town(tmp_path, {"crs": {"households": "4490"}}, households=path)


def test_parquet_without_geometry_is_a_table(tmp_path):
    points = households().to_crs(4326)
    table = pd.DataFrame({"户数": [1, 2, 3], "lon": points.geometry.x, "lat": points.geometry.y})
    table.to_parquet(tmp_path / "a.parquet")
    layers = read_town(tmp_path, households=tmp_path / "a.parquet")
    assert layers.households_in == 6
    assert "EPSG:4326" in notes(layers, "crs")


def test_progress_names_every_layer(tmp_path):
    told = []
    inputs = write_town(tmp_path)
    read_layers(ReadRules(inputs=inputs), on_progress=told.append)
    assert [line.split(":")[0] for line in told] == ["communities", "streets", "households"]


def test_inspect_tells_layers_columns_and_problems(tmp_path):
    path = tmp_path / "city.gpkg"
    frame = households(户数=[1, 2], 小区=["东苑", "西苑"]).to_crs(4490)
    frame.geometry = [None, frame.geometry.iloc[1]]
    frame.to_file(path, layer="住户")
    streets().to_file(path, layer="道路")
    points, lines = inspect_file(str(path))
    assert (points.layer, points.rows, points.crs[:9]) == ("住户", 2, "EPSG:4490")
    assert points.understood["households"]["households"] == "户数"
    assert {problem.en for problem in points.problems} == {
        "the CRS does not measure metres",
        "1 rows without geometry",
    }
    assert lines.understood["streets"] == {"class": "等级", "name": "路名"}
    assert lines.problems == ()


def test_inspect_lists_a_layer_that_cannot_be_loaded(tmp_path):
    path = tmp_path / "city.gpkg"
    households().to_file(path, layer="住户")
    households().iloc[:0].to_file(path, layer="空")
    _, empty = inspect_file(str(path))
    assert empty.unreadable
    assert empty.problems[0].zh.startswith("图层没有任何记录〔文件 ")


def test_inspect_reads_tables(tmp_path):
    (tmp_path / "a.csv").write_bytes("小区名称,户数\n东苑,3\n".encode("gb18030"))
    (info,) = inspect_file(str(tmp_path / "a.csv"))
    assert (info.rows, info.encoding, info.columns) == (1, "gb18030", ("小区名称", "户数"))
    assert info.understood["households"]["key"] == "小区名称"


def test_a_crs_with_heights_is_flattened(tmp_path):
    whole = write_town(tmp_path)
    frame = gpd.read_parquet(whole["communities"][0].path).set_crs(
        "EPSG:4548+5737", allow_override=True
    )
    frame.to_parquet(tmp_path / "a.parquet")
    inputs = whole | {"communities": (Source(path=str(tmp_path / "a.parquet")),)}
    layers = read_layers(ReadRules(inputs=inputs))
    assert layers.crs.equals(CRS)
