"""The formats of planning bureaus: read right, or refused by name with a way that works."""

import json
import shutil
import stat
import zipfile

import geopandas as gpd
import pyogrio
import pytest
from builders_files import write_mapinfo, write_zip
from builders_read import CRS, X, Y, communities, households, notes, read_town, town
from shapely import Point

from gridgeo.errors import InputError
from gridgeo.read import inspect_file

CODES = ["370102001001", "370102001002"]
VRT = (
    '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{secret}</SrcDataSource>'
    "</OGRVRTLayer></OGRVRTDataSource>"
)


def latin():
    """Return the communities with names of columns that every format keeps."""
    return communities(CODE=CODES, NAME=["甲社区", "乙社区"])


def names_of(layers):
    return sorted(layers.communities["name"])


def write(path, frame=None):
    frame = latin() if frame is None else frame
    if path.suffix in (".tab", ".mif"):
        write_mapinfo(path, frame)
    elif path.suffix == ".zip":
        frame.to_file(path.with_suffix(".shp"))
        write_zip(path, [path.with_suffix(".shp")])
    elif path.suffix == ".gdb":
        pyogrio.write_dataframe(frame, path, driver="OpenFileGDB", layer="社区")
    else:
        pyogrio.write_dataframe(frame, path)
    return path


# Read (case 26)


@pytest.mark.parametrize("suffix", [".tab", ".mif", ".gdb", ".zip", ".fgb"])
def test_every_format_is_read_and_inspected(tmp_path, suffix):
    path = write(tmp_path / f"a{suffix}")
    rules = {"crs": {"communities": "4548"}} if suffix in (".tab", ".mif") else {}
    layers = read_town(tmp_path, rules, communities=path)
    assert names_of(layers) == ["乙社区", "甲社区"]
    assert layers.communities.area.round(-1).tolist() == [10000.0, 10000.0]
    (info,) = inspect_file(str(path))
    assert (info.rows, "Polygon 2" in info.geometry) == (2, True)


def test_a_geodatabase_with_several_layers_needs_a_name(tmp_path):
    path = tmp_path / "city.gdb"
    for name, frame in (("社区", latin()), ("住户", households(户数=[1.0, 200.0, 6.0]))):
        pyogrio.write_dataframe(frame, path, driver="OpenFileGDB", layer=name, append=path.exists())
    with pytest.raises(InputError, match="2 layers and none named: 社区, 住户"):
        read_town(tmp_path, communities=path)
    layers = read_town(tmp_path, communities=f"{path}::社区", households=f"{path}::住户")
    assert (names_of(layers), layers.households_in) == (["乙社区", "甲社区"], 207)


@pytest.mark.parametrize("part", [".dat", ".map", ".mid"])
def test_a_mapinfo_table_without_a_part_is_refused(tmp_path, part):
    path = write(tmp_path / ("a.mif" if part == ".mid" else "a.tab"))
    copy = tmp_path / f"copy{part}"
    shutil.copy(path.with_suffix(part), copy)
    path.with_suffix(part).unlink()
    with pytest.raises(InputError, match=f"the {part} file is missing"):
        read_town(tmp_path, communities=path)
    shutil.copy(copy, path.with_suffix(part))
    rules = {"crs": {"communities": "4548"}}
    assert len(read_town(tmp_path, rules, communities=path).communities) == 2


@pytest.mark.parametrize("part", [".dat", ".id", ".mif", ".mid"])
def test_a_mapinfo_table_cut_short_is_refused(tmp_path, part):
    frame = households(HH=list(range(1, 40)), NAME=[f"第{n}楼" for n in range(39)])
    path = write(tmp_path / ("a.tab" if part in (".dat", ".id") else "a.mif"), frame)
    whole = path.with_suffix(part).read_bytes()
    path.with_suffix(part).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"incomplete|cut short"):
        read_town(tmp_path, {"crs": {"households": "4548"}}, households=path)
    path.with_suffix(part).write_bytes(whole)
    layers = read_town(tmp_path, {"crs": {"households": "4548"}}, households=path)
    assert layers.households_in == sum(range(1, 40))


# GeoJSON in all its spellings


def features():
    text = json.loads(households(户数=[120, 80, 7]).to_crs(4326).to_json(drop_id=True))
    return text["features"]


def esri(features):
    return {
        "geometryType": "esriGeometryPoint",
        "spatialReference": {"wkid": 4490},
        "fields": [{"name": "户数", "type": "esriFieldTypeInteger"}],
        "features": [
            {"attributes": one["properties"],
             "geometry": dict(zip("xy", one["geometry"]["coordinates"], strict=True))}
            for one in features
        ],
    }  # fmt: skip


def topology(features):
    return {
        "type": "Topology",
        "objects": {
            "h": {
                "type": "GeometryCollection",
                "geometries": [{**one["geometry"], "properties": one["properties"]}
                               for one in features],
            }
        },
        "arcs": [],
    }  # fmt: skip


def dump(value):
    return json.dumps(value, ensure_ascii=False)


SPELLINGS = {
    "lines.geojson": lambda f: "\n".join(map(dump, f)),
    "lines.geojsonl": lambda f: "\r\n".join(map(dump, f)) + "\r\n",
    "lines.ndjson": lambda f: "\n\n".join(map(dump, f)) + "\n",
    "sequence.geojsons": lambda f: "".join(f"\x1e{dump(one)}\n" for one in f),
    "list.json": dump,
    "indented.geojson": lambda f: "\n  " + json.dumps(
        {"features": f, "type": "FeatureCollection"}, indent=4, ensure_ascii=False),
    "esri.json": lambda f: dump(esri(f)),
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_geojson_in_every_spelling(tmp_path, name, encoding):
    path = tmp_path / name
    path.write_bytes(SPELLINGS[name](features()).encode(encoding))
    layers = read_town(tmp_path, households=path)
    assert sorted(layers.households["households"]) == [7, 80, 120]


def test_an_answer_that_a_server_cut_short_is_warned_of(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(dump({**esri(features()), "exceededTransferLimit": True}))
    assert "a part of the rows only" in notes(read_town(tmp_path, households=path), "file")


@pytest.mark.parametrize("name", ["a.topojson", "a.json"])
def test_topojson_is_read_once_its_crs_is_said(tmp_path, name):
    path = tmp_path / name
    path.write_text(dump(topology(features())))
    missing = r'no coordinate reference system.*crs=."households": "4490'
    with pytest.raises(InputError, match=missing):
        read_town(tmp_path, households=path)
    layers = read_town(tmp_path, {"crs": {"households": "4490"}}, households=path)
    assert layers.households_in == 207


def test_a_bad_line_of_geojson_lines_names_its_row(tmp_path):
    lines = [dump(one) for one in features()]
    path = tmp_path / "a.geojsonl"
    path.write_text("\n".join([lines[0], lines[1][:-9], lines[2]]))
    with pytest.raises(InputError, match=r"incomplete.*row 2"):
        read_town(tmp_path, households=path)


# Archives


def test_a_zip_of_several_shapefiles_needs_a_name(tmp_path):
    latin().to_file(tmp_path / "社区.shp")
    households().rename(columns={"户数": "HH"}).to_file(tmp_path / "homes.shp")
    path = write_zip(tmp_path / "a.zip", [tmp_path / "社区.shp", tmp_path / "homes.shp"], "下发/")
    with pytest.raises(InputError, match="2 layers and none named: homes, 社区"):
        read_town(tmp_path, communities=path)
    layers = read_town(tmp_path, communities=f"{path}::社区", households=f"{path}::homes")
    assert (names_of(layers), layers.households_in) == (["乙社区", "甲社区"], 207)
    assert [info.layer for info in inspect_file(str(path))] == ["homes", "社区"]


@pytest.mark.parametrize("inner", ["a.gpkg", "a.geojson", "city.gdb"])
def test_a_zip_of_other_layers(tmp_path, inner):
    made = write(tmp_path / inner, latin().to_crs(4326))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for file in sorted(made.iterdir()) if made.is_dir() else [made]:
            archive.write(file, file.relative_to(tmp_path))
        archive.writestr("readme.txt", "x")
    layers = read_town(tmp_path, communities=tmp_path / "b.zip")
    assert names_of(layers) == ["乙社区", "甲社区"]


def link(archive):
    info = zipfile.ZipInfo("a.shp")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(info, "/etc/passwd")


@pytest.mark.parametrize(
    ("fill", "message"),
    [
        (lambda archive: archive.writestr("a.shp", bytes(64 << 20)), "too large when unpacked"),
        (lambda archive: archive.writestr("../a.shp", b"x"), "path out of its folder"),
        (lambda archive: archive.writestr("/tmp/a.shp", b"x"), "path out of its folder"),
        (lambda archive: archive.writestr("..\\a.shp", b"x"), "path out of its folder"),
        (link, "path out of its folder"),
        (lambda archive: archive.writestr("a.txt", b"x"), "holds no layer"),
        (lambda archive: archive.writestr("b.zip", b"PK"), "holds no layer"),
    ],
)
def test_archives_beyond_the_limits_are_refused(tmp_path, fill, message):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        fill(archive)
    with pytest.raises(InputError, match=message):
        read_town(tmp_path, communities=tmp_path / "a.zip")
    assert {file.name for file in tmp_path.parent.glob("a.*")} == set()


def test_what_was_refused_packed_is_read_unpacked(tmp_path):
    path = write(tmp_path / "a.zip")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="Unpack it yourself"):
        read_town(tmp_path, communities=path)
    assert names_of(read_town(tmp_path, communities=tmp_path / "a.shp")) == ["乙社区", "甲社区"]


# Refused by name, and what is advised works

REFUSED = {
    "a.kml": ("KML", {"driver": "KML"}),
    "a.gml": ("GML", {"driver": "GML"}),
    "a.gpx": ("GPX", {"driver": "GPX"}),
    "a.dxf": ("DXF", {"driver": "DXF"}),
    "a.sqlite": ("SQLite", {"driver": "SQLite"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_formats_are_refused_with_a_conversion_that_works(tmp_path, name):
    kind, how = REFUSED[name]
    frame = gpd.GeoDataFrame(geometry=town()["streets"].geometry).to_crs(4326)
    layer = "tracks" if name == "a.gpx" else None
    pyogrio.write_dataframe(frame, tmp_path / name, layer=layer,
                            **({"geometry_type": "MultiLineString", "promote_to_multi": True,
                                "FORCE_GPX_TRACK": "YES"} if layer else {}), **how)  # fmt: skip
    with pytest.raises(InputError, match=f"{kind}.* is not read.*ogr2ogr -f GPKG new.gpkg {name}"):
        read_town(tmp_path, streets=tmp_path / name)
    read = pyogrio.read_dataframe(tmp_path / name, layer=layer)  # what ogr2ogr does
    shapes = gpd.GeoSeries(read.geometry.to_numpy(), crs=4326)
    gpd.GeoDataFrame({"等级": "支路"}, index=shapes.index, geometry=shapes).to_file(
        tmp_path / "new.gpkg"
    )
    assert len(read_town(tmp_path, streets=tmp_path / "new.gpkg").streets) == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.osm", "OSM XML.*ogr2ogr.*new.gpkg::lines"),
        ("a.osm.pbf", "OSM PBF.*ogr2ogr"),
        ("a.dwg", "DWG.*Save it as DXF"),
        ("a.kmz", "KMZ.*QGIS"),
        ("a.rar", "RAR.*Unpack"),
        ("a.dbf", "part of a shapefile.*Give the .shp"),
        ("a.mid", "part of a MapInfo table"),
        ("a.mdb", "MDB.*ArcGIS"),
    ],
)
def test_other_formats_are_named(tmp_path, name, told):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError, match=told) as caught:
        read_town(tmp_path, streets=tmp_path / name)
    assert caught.value.say("zh") != str(caught.value)


# The gate


@pytest.mark.parametrize(
    "name", ["a.tab", "a.mif", "a.fgb", "a.gpkg", "a.geojsonl", "a.topojson", "a.zip", "a.parquet"]
)
def test_a_virtual_file_reads_nothing_under_any_name(tmp_path, name):
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    (tmp_path / name).write_text(VRT.format(secret=secret))
    with pytest.raises(InputError, match=r"not that of|cannot be read|missing"):
        read_town(tmp_path, households=tmp_path / name)


@pytest.mark.parametrize("inner", ["a.geojson", "a.tab", "a.gpkg"])
def test_a_virtual_file_reads_nothing_inside_an_archive(tmp_path, inner):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(inner, VRT.format(secret="/etc/passwd"))
    with pytest.raises(InputError, match=r"not that of|cannot be read|missing"):
        read_town(tmp_path, households=tmp_path / "a.zip")


@pytest.mark.parametrize(
    "text",
    [
        '!table\n!version 300\n!charset Neutral\nOpen Table "/etc/x" Hide\nCreate View a As',
        "!table\n!version 300\nDefinition Table\n  Type LINKED\n  Fields 1\n    A Char (5) ;\n",
        '!table\nDefinition Table\n  Type NATIVE\n"\\IsSeamless" = "TRUE"\nend_metadata\n',
    ],
)
def test_mapinfo_tables_that_refer_to_others_are_refused(tmp_path, text):
    (tmp_path / "a.tab").write_text(text)
    with pytest.raises(InputError, match=r"refers to other tables.*native MapInfo table"):
        read_town(tmp_path, households=tmp_path / "a.tab")


def test_a_geodatabase_with_a_link_in_it_is_refused(tmp_path):
    path = write(tmp_path / "a.gdb")
    table = next(path.glob("a00000009.gdbtable"))
    table.rename(tmp_path / "elsewhere")
    table.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="file geodatabase"):
        read_town(tmp_path, communities=path)


def test_a_geodatabase_that_is_a_file_is_told_from_a_folder(tmp_path):
    (tmp_path / "a.gdb").write_bytes(b"x")
    with pytest.raises(InputError, match="a file geodatabase is a folder"):
        read_town(tmp_path, communities=tmp_path / "a.gdb")


def test_a_table_of_points_in_mapinfo_without_text_is_read(tmp_path):
    frame = gpd.GeoDataFrame({"HH": [5]}, geometry=[Point(X + 20, Y + 20)], crs=CRS)
    path = write_mapinfo(tmp_path / "a.tab", frame)
    layers = read_town(tmp_path, {"crs": {"households": "4548"}}, households=path)
    assert layers.households_in == 5
    assert "encoding" not in notes(layers, "encoding")
