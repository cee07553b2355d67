"""Errors of files: where they are, their kind, their parts, their text, archives."""

import json
import os
import shutil
import zipfile

import geopandas as gpd
import pyogrio
import pytest
from builders_files import write_mapinfo, write_shapefile, write_zip
from builders_read import communities, households, read_town
from builders_remedies import case, told

from gridgeo.formats import opening

HOMES = {"crs": {"households": "4548"}}
HERE = {"crs": {"communities": "4548"}}


def write(path, frame=None, **options):
    pyogrio.write_dataframe(households() if frame is None else frame, path, **options)
    return path


def mapinfo(path):
    return write_mapinfo(path, households(HH=[120, 80, 7], NAME=["甲", "乙", "丙"]))


@case(r"addresses are not read \[file https://a.cn/b.gpkg\]")
def address(folder):
    path = write(folder / "b.gpkg")
    yield lambda: read_town(folder, households="https://a.cn/b.gpkg")
    yield lambda: read_town(folder, households=path)


@case(r"virtual paths are not read \[file /vsizip/")
def virtual_path(folder):
    path = write(folder / "b.shp")
    yield lambda: read_town(folder, households=f"/vsizip/{folder}/b.zip/b.shp")
    yield lambda: read_town(folder, households=path)


@case(r"no such file \[file .*hoems.gpkg")
def wrong_name(folder):
    path = write(folder / "homes.gpkg")
    yield lambda: read_town(folder, households=folder / "hoems.gpkg")
    yield lambda: read_town(folder, households=path)


@case(r"not a file \[file .*\.gpkg")
def a_folder(folder):
    (folder / "homes.gpkg").mkdir()
    yield lambda: read_town(folder, households=folder / "homes.gpkg")
    yield lambda: read_town(folder, households=write(folder / "homes.gpkg" / "a.gpkg"))


@case(r"the file is empty \[file .*homes.csv")
def empty_file(folder):
    (folder / "homes.csv").touch()
    yield lambda: read_town(folder, households=folder / "homes.csv")
    yield lambda: read_town(folder, households=write(folder / "homes.gpkg"))


@case(r"a file geodatabase is a folder, and this is a file \[file .*Give the folder")
def geodatabase_as_file(folder):
    inner = folder / "inner.gdb"
    inner.write_bytes(b"x")
    yield lambda: read_town(folder, households=inner)
    whole = folder / "a.gdb"
    write(whole, households(户数=[120.0, 80.0, 7.0]), driver="OpenFileGDB", layer="homes")
    yield lambda: read_town(folder, households=whole)


@case(r"GML is not read \[file .*ogr2ogr -f GPKG new.gpkg homes.gml")
def another_format(folder):
    path = write(folder / "homes.gml", driver="GML")
    yield lambda: read_town(folder, households=path)
    write(folder / "new.gpkg", pyogrio.read_dataframe(path))
    yield lambda: read_town(folder, HOMES, households=folder / "new.gpkg")


@case(r"files of kind '.doc' are not read \[file .*homes.doc\]. Give one of .gpkg")
def unknown_format(folder):
    (folder / "homes.doc").write_bytes(b"x")
    yield lambda: read_town(folder, households=folder / "homes.doc")
    yield lambda: read_town(folder, households=write(folder / "homes.gpkg"))


@case(r"the file cannot be read \(.*\) \[file .*homes.gpkg")
def torn(folder):
    path = write(folder / "homes.gpkg")
    path.write_bytes(path.read_bytes()[:2000])
    yield lambda: read_town(folder, households=path)
    path.unlink()
    yield lambda: read_town(folder, households=write(path))


@case(r"the coordinate reference system of the file is damaged \[file .*Remove its .prj")
def damaged_prj(folder):
    path = folder / "a.shp"
    communities(code=["1", "2"]).to_file(path)
    prj = path.with_suffix(".prj")
    prj.write_bytes(prj.read_bytes().replace(b"3_Degree", b"3\xb0Degree"))
    yield lambda: read_town(folder, communities=path)
    prj.unlink()
    yield lambda: read_town(folder, HERE, communities=path)


@case(r"there is no encoding 'utf9' \[file .*homes.csv\]. Give utf-8, gb18030 or big5")
def unknown_encoding(folder):
    path = folder / "homes.csv"
    path.write_text("户数,x,y\n120,500020,4000040\n87,500050,4000040\n", encoding="gb18030")
    yield lambda: read_town(folder, HOMES | {"encoding": {"households": "utf9"}}, households=path)
    rules = HOMES | {"encoding": {"households": "gb18030"}}
    yield lambda: read_town(folder, rules, households=path)


@case(r"the text cannot be read as utf-8 \[file .*a.shp.*rows 1, 2.*value .*gb18030")
def wrong_encoding(folder):
    rows = [["甲社区".encode("gbk")], ["乙社区".encode("gbk")]]
    path = write_shapefile(folder / "a.shp", communities(), {b"NAME": 20}, rows)
    wrong = {"encoding": {"communities": "utf-8"}}
    error = yield lambda: read_town(folder, wrong, communities=path)
    yield lambda: read_town(folder, told(error), communities=path)
    yield lambda: read_town(folder, communities=path)


@case(r"the text cannot be read as .*Export the layer again as UTF-8")
def lost_text(folder):
    fields = {b"HH": 4, b"NAME": 10}
    rows = [[b"120", b"\xb8\xb8\xb8\xb8"], [b"80", b"\x81\xff"], [b"7", b"\x81\xb8\x81"]]
    path = write_shapefile(folder / "a.shp", households(), fields, rows, cpg="GBK")
    yield lambda: read_town(folder, households=path)
    new = folder / "b.shp"
    households(HH=[120, 80, 7], NAME=["甲", "乙", "丙"]).to_file(new, encoding="UTF-8")
    yield lambda: read_town(folder, households=new)


# Parts of a layer


@case(r"the .dbf file is missing \[file .*\]. Copy all files of the shapefile")
def part_missing(folder):
    (folder / "whole").mkdir()
    path = write(folder / "whole" / "a.shp", households(HH=[120, 80, 7]))
    shutil.copy(path, folder)
    shutil.copy(path.with_suffix(".shx"), folder)
    yield lambda: read_town(folder, households=folder / "a.shp")
    for part in path.parent.iterdir():
        shutil.copy(part, folder)
    yield lambda: read_town(folder, households=folder / "a.shp")


@case(r"the shapefile is incomplete: 3 shapes, 2 rows of attributes \[file .*a.shp")
def rows_missing(folder):
    path = write(folder / "a.shp", households(HH=[120, 80, 7]))
    write(folder / "b.shp", households(HH=[120, 80]))
    whole = path.with_suffix(".dbf").read_bytes()
    shutil.copy(folder / "b.dbf", folder / "a.dbf")
    yield lambda: read_town(folder, households=path)
    path.with_suffix(".dbf").write_bytes(whole)
    yield lambda: read_town(folder, households=path)


@case(r"the .map file is missing|the .dat file is missing \[file .*Copy all files of the table")
def part_of_a_table_missing(folder):
    path = mapinfo(folder / "a.tab")
    whole = path.with_suffix(".dat").read_bytes()
    path.with_suffix(".dat").unlink()
    yield lambda: read_town(folder, HOMES, households=path)
    path.with_suffix(".dat").write_bytes(whole)
    yield lambda: read_town(folder, HOMES, households=path)


@case(r"the .dat file is cut short: 3 rows are announced \[file .*a.tab")
def table_cut_short(folder):
    path = mapinfo(folder / "a.tab")
    whole = path.with_suffix(".dat").read_bytes()
    path.with_suffix(".dat").write_bytes(whole[:-20])
    yield lambda: read_town(folder, HOMES, households=path)
    path.with_suffix(".dat").write_bytes(whole)
    yield lambda: read_town(folder, HOMES, households=path)


@case(r"the table refers to other tables or programs \[file .*Save a copy .* native MapInfo table")
def table_of_tables(folder):
    mapinfo(folder / "a.tab")
    (folder / "view.tab").write_text('!table\n!version 300\nOpen Table "a" Hide\nCreate View v As')
    yield lambda: read_town(folder, HOMES, households=folder / "view.tab")
    yield lambda: read_town(folder, HOMES, households=folder / "a.tab")


@case(r"the file is incomplete: 3 rows are there, and 2 can be read \[file .*a.geojsonl, row 2")
def line_broken(folder):
    path = write(folder / "a.geojsonl", households().to_crs(4326), driver="GeoJSONSeq")
    whole = path.read_text(encoding="utf-8")
    lines = whole.splitlines(keepends=True)
    path.write_text(lines[0] + lines[1][:40] + "\n" + lines[2], encoding="utf-8")
    yield lambda: read_town(folder, households=path)
    path.write_text(whole, encoding="utf-8")
    yield lambda: read_town(folder, households=path)


@case(r"the content is not that of a .geojson file \[file .*a.geojson\]. Export the layer again")
def disguised(folder):
    path = folder / "a.geojson"
    path.write_text("<OGRVRTDataSource></OGRVRTDataSource>")
    yield lambda: read_town(folder, households=path)
    path.unlink()
    yield lambda: read_town(folder, households=write(path, households().to_crs(4326)))


@case(r"the file is being written by another program \[file .*homes.gpkg\]. Close it there")
def being_written(folder):
    path = write(folder / "homes.gpkg")
    journal = path.with_name("homes.gpkg-wal")
    journal.write_bytes(b"x")

    def read_while_written():
        copy = shutil.copyfile

        def copy_slowly(one, to):
            copy(one, to)
            os.utime(path)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(opening.shutil, "copyfile", copy_slowly)
            read_town(folder, households=path)

    yield read_while_written
    journal.unlink()
    yield lambda: read_town(folder, households=path)


@case(r"the ring of the polygon is not closed \[file .*a.geojson, row 2\]. Repeat the first point")
def open_ring(folder):
    path = write(folder / "a.geojson", communities().to_crs(4326))
    content = json.loads(path.read_text(encoding="utf-8"))
    ring = content["features"][1]["geometry"]["coordinates"][0]
    start = ring.pop()
    path.write_text(json.dumps(content), encoding="utf-8")
    yield lambda: read_town(folder, communities=path)
    ring.append(start)
    path.write_text(json.dumps(content), encoding="utf-8")
    yield lambda: read_town(folder, communities=path)


# Archives


def unpacked(folder):
    """Return a shapefile as it stands in an archive that was unpacked."""
    return write(folder / "a.shp", households(HH=[120, 80, 7]))


@case(r"the archive cannot be read \(.*\) \[file .*a.zip\]. Unpack it yourself")
def archive_torn(folder):
    path = write_zip(folder / "a.zip", [unpacked(folder)])
    path.write_bytes(path.read_bytes()[:-30])
    yield lambda: read_town(folder, households=path)
    yield lambda: read_town(folder, households=folder / "a.shp")


@case(r"the archive has a password \[file .*a.zip\]. Unpack it yourself")
def archive_locked(folder):
    path = write_zip(folder / "a.zip", [unpacked(folder)])
    raw = bytearray(path.read_bytes())
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + at] |= 1
    path.write_bytes(raw)
    yield lambda: read_town(folder, households=path)
    yield lambda: read_town(folder, households=folder / "a.shp")


@case(r"a path out of its folder or a link: ../a\.\w+ \[file .*a.zip\]. Unpack it yourself")
def archive_leads_out(folder):
    path = write_zip(folder / "a.zip", [unpacked(folder)], folder="../")
    yield lambda: read_town(folder, households=path)
    yield lambda: read_town(folder, households=folder / "a.shp")


@case(r"too large when unpacked: 1 files, 67,108,864 bytes \[file .*a.zip\]. Unpack it yourself")
def archive_too_large(folder):
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", bytes(64 << 20))
    yield lambda: read_town(folder, households=folder / "a.zip")
    yield lambda: read_town(folder, households=unpacked(folder))


@case(r"the archive holds no layer \[file .*a.zip\]. Pack the .shp with its .shx, .dbf and .prj")
def archive_without_layer(folder):
    path = unpacked(folder)
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.write(path.with_suffix(".dbf"), "a.dbf")
    yield lambda: read_town(folder, households=folder / "a.zip")
    write_zip(folder / "a.zip", [path])
    yield lambda: read_town(folder, households=folder / "a.zip")


# Layers within a file


@case(r"2 layers and none named: homes, old \[file .*a.gpkg\]. Name one as PATH::LAYER")
def no_layer_named(folder):
    path = write(folder / "a.gpkg", layer="homes")
    write(path, layer="old", append=True)
    yield lambda: read_town(folder, households=path)
    yield lambda: read_town(folder, households=f"{path}::homes")


@case(r"no layer 'hoems'; the layers are: homes, old \[file .*a.gpkg\]. Name one as PATH::LAYER")
def wrong_layer_named(folder):
    path = write(folder / "a.gpkg", layer="homes")
    write(path, layer="old", append=True)
    yield lambda: read_town(folder, households=f"{path}::hoems")
    yield lambda: read_town(folder, households=f"{path}::homes")


@case(r"the layer has no rows \[file .*a.gpkg, layer homes\]. Give a layer with content")
def no_rows(folder):
    path = folder / "a.gpkg"
    empty = gpd.GeoDataFrame({"户数": []}, geometry=[], crs=4548)
    write(path, empty, layer="homes", geometry_type="Point")
    write(path, layer="more", append=True)
    yield lambda: read_town(folder, households=f"{path}::homes")
    yield lambda: read_town(folder, households=f"{path}::more")
