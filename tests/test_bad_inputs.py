"""A good town broken in one way each, as docs/robustness.md lists them: what comes of it."""

import json
import os
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from builders_books import patch, write_any
from builders_files import write_shapefile
from builders_read import X, Y, communities, compounds, households, notes, read, streets
from shapely import LineString, MultiPolygon, Polygon, box

from gridgeo.errors import InputError
from gridgeo.read import inspect_file

TOTAL = 207
ROOT = Path(__file__).parents[1]


def changed(frame, row, shape):
    """Return a layer with another shape in one row."""
    shapes = list(frame.geometry)
    shapes[row] = shape
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes, crs=frame.crs)


def warnings(layers):
    return "\n".join(note.message.en for note in layers.notes if note.warning)


def written(path, frame, **options):
    frame.to_file(path, **options)
    return path


def test_vertices_that_repeat_change_nothing():
    ring = [(X, Y), (X, Y), (X + 100, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100), (X, Y)]
    layers = read(communities=changed(communities(), 0, Polygon(ring)))
    assert layers.communities.is_valid.all()
    assert layers.communities.area.tolist() == [10_000, 10_000]
    line = LineString([(X + 50, Y), (X + 50, Y), (X + 50, Y + 100), (X + 50, Y + 100)])
    assert read(streets=changed(streets(), 0, line)).streets.length.tolist() == [100, 100]


def test_a_spike_is_cut_off_and_told():
    ring = [(X, Y), (X + 100, Y), (X + 100, Y + 100), (X, Y + 100), (X - 30, Y + 100), (X, Y + 100)]
    layers = read(communities=changed(communities(), 0, Polygon(ring)))
    assert layers.communities.area.tolist() == [10_000, 10_000]
    assert layers.communities.total_bounds[0] == X
    assert "1 invalid polygons repaired" in notes(layers, "geometry")


def test_rings_that_run_the_other_way_are_the_same_ground():
    turned = communities()
    turned.geometry = shapely.orient_polygons(turned.geometry.to_numpy(), exterior_cw=True)
    assert read(communities=turned).communities.geometry.area.tolist() == [10_000, 10_000]


@pytest.mark.parametrize("far", [1e12, 1e300])
def test_coordinates_of_no_place_are_an_error(tmp_path, far):
    shapes = communities().geometry.translate(far, 0)
    path = written(tmp_path / "a.gpkg", communities().set_geometry(shapes))
    with pytest.raises(InputError, match="the coordinates"):
        read(communities=str(path))


def test_layers_in_different_crs_lie_on_each_other(tmp_path):
    paths = {
        "streets": written(tmp_path / "s.gpkg", streets().to_crs(4326)),
        "households": written(tmp_path / "h.shp", households().to_crs(4527)),
        "compounds": written(tmp_path / "c.gpkg", compounds().to_crs(3857)),
    }
    layers = read(**{role: str(path) for role, path in paths.items()})
    assert layers.households_in == TOTAL
    for role, frame in (("streets", streets()), ("compounds", compounds())):
        mine = getattr(layers, role).geometry.union_all()
        assert mine.hausdorff_distance(frame.geometry.union_all()) < 0.01


def test_an_empty_outline_is_put_aside_with_its_households():
    outlines = compounds(小区名称=["东苑", "西苑"], 户数=[30, 12])
    frame = changed(outlines, 0, Polygon())
    layers = read(compounds=frame, households=frame)
    assert layers.households_in == 42
    assert (1, "POLYGON EMPTY", 30) in [(r.row, r.value, r.households) for r in layers.rejects]


def test_mixed_points_and_outlines_of_homes_all_count():
    frame = changed(households(), 1, box(X + 40, Y + 30, X + 60, Y + 50))
    assert read(households=frame).households["households"].sum() == TOTAL


def test_columns_that_were_cut_to_one_name_keep_both(tmp_path):
    fields = {b"HH": 4, b"remark_of_": 4, b"remark_of_\0": 4}
    rows = [[str(n).encode(), b"a", b"b"] for n in (120, 80, 7)]
    path = write_shapefile(tmp_path / "a.shp", households(), fields, rows)
    layers = read(households=str(path))
    assert layers.households_in == TOTAL
    (info,) = inspect_file(str(path))
    assert info.columns == ("HH", "remark_of_", "remark_of__2")


def damaged(folder, value):
    """Return a shapefile with another x of its second point."""
    path = written(folder / "a.shp", households())
    raw = bytearray(path.read_bytes())
    raw[100 + 28 + 12 : 100 + 28 + 20] = struct.pack("<d", value)
    path.write_bytes(raw)
    return str(path)


@pytest.mark.parametrize("value", [float("nan"), 1e300])
def test_a_damaged_coordinate_of_a_shapefile_is_a_reject(tmp_path, value):
    layers = read(households=damaged(tmp_path, value))
    assert layers.households_in == TOTAL
    assert [(reject.row, reject.households) for reject in layers.rejects] == [(2, 80)]


def test_an_infinite_coordinate_of_a_shapefile_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"coordinates that are no numbers.*rows 2"):
        read(households=damaged(tmp_path, float("inf")))


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".fgb", ".parquet", ".xlsx", ".zip"])
@pytest.mark.parametrize("share", [0.0, 0.4])
def test_a_file_that_was_cut_short_is_an_error_that_names_it(tmp_path, suffix, share):
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        households().to_parquet(path)
    elif suffix == ".xlsx":
        write_any(path, {"户数": [["户数", "x", "y"], [120, X + 20, Y + 40]]})
    elif suffix == ".zip":
        shape = written(tmp_path / "b.shp", households())
        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("b.*"):
                archive.write(part, part.name)
        shape.unlink()
    else:
        written(path, households())
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(InputError, match=f"a{suffix}") as caught:
        read({"crs": {"households": "4548"}}, households=str(path))
    assert caught.value.remedy is not None


def test_homes_with_one_number_twice_all_count():
    frame = households(户数=[120, 80, 7], 编号=["A1", "A1", "A2"])
    layers = read(households=frame)
    assert layers.households["households"].sum() == TOTAL
    assert layers.rejects == ()


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".ods"])
def test_zeros_before_a_code_stay(tmp_path, suffix):
    rows = [["编码", "户数"], ["007", 30], ["0370102001001", 12]]
    path = tmp_path / f"a{suffix}"
    if suffix == ".csv":
        path.write_text("\n".join(f"{a},{b}" for a, b in rows), encoding="utf-8")
    else:
        write_any(path, {"户数": rows})
    layers = read(households=str(path), compounds=compounds(编码=["007", "0370102001001"]))
    assert sorted(layers.households["households"]) == [12, 30]


@pytest.mark.parametrize(
    ("cell", "count"), [("３００", 300), ("1,200", 1200), ("１，２００", 1200), (" 7 ", 7)]
)
def test_wide_digits_and_thousands_are_read_and_told(tmp_path, cell, count):
    (tmp_path / "a.tsv").write_text(f"小区名称\t户数\n东苑\t{cell}\n西苑\t1\n", encoding="utf-8")
    layers = read(households=str(tmp_path / "a.tsv"), compounds=compounds())
    assert layers.households_in == count + 1
    assert ("full-width digits" in notes(layers, "numbers")) == (cell.strip() != "7")


@pytest.mark.parametrize("cell", ["三百", "12.5", "-3", "30户", "约30"])
def test_other_spellings_of_a_count_are_rejects_with_row_and_value(tmp_path, cell):
    rows = ["小区名称,户数", f"东苑,{cell}", "西苑,1", "西苑,2"]
    (tmp_path / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    layers = read(households=str(tmp_path / "a.csv"), compounds=compounds())
    assert [(reject.row, reject.value) for reject in layers.rejects] == [(2, cell)]


def test_a_line_break_within_a_cell_is_part_of_its_text(tmp_path):
    text = '小区名称,户数,备注\n东苑,30,"一\n二"\n西苑,12,\n'
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    layers = read(households=str(tmp_path / "a.csv"), compounds=compounds())
    assert (layers.households_in, layers.rejects) == (42, ())


_ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("member", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_entities_in_a_workbook_are_not_expanded(tmp_path, member):
    rows = [["小区名称", "户数"], ["东苑", 30]]
    path = write_any(tmp_path / "a.xlsx", {"户数": rows})
    root = "workbook" if "workbook" in member else "worksheet"
    patch(path, f"<{root} ", f"{_ENTITIES}<{root} ", member)
    assert read(households=str(path), compounds=compounds()).households_in == 30


def test_a_community_of_islands_is_one_community():
    islands = MultiPolygon([box(X, Y, X + 60, Y + 100), box(X + 70, Y, X + 100, Y + 100)])
    layers = read(communities=changed(communities(), 0, islands))
    assert layers.communities.area.tolist() == [9_000, 10_000]
    assert layers.households_in == TOTAL


@pytest.mark.parametrize(
    "name", ["某 县（2024年）数据", "a" * 120 + "/" + "b" * 120, "it's #1 %20 & x"]
)
@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".csv"])
def test_folders_of_any_name_are_read(tmp_path, name, suffix):
    folder = tmp_path / name
    folder.mkdir(parents=True)
    path = folder / f"住户 表{suffix}"
    if suffix == ".csv":
        text = "户数,x,y\n" + "".join(
            f"{n},{point.x},{point.y}\n"
            for n, point in zip(households()["户数"], households().geometry, strict=True)
        )
        path.write_text(text, encoding="utf-8")
    else:
        written(path, households())
    rules = {"crs": {"households": "4548"}} if suffix == ".csv" else {}
    assert read(rules, households=str(path)).households_in == TOTAL


@pytest.mark.parametrize("suffix", [".gpkg", ".shp", ".geojson"])
def test_files_and_folders_that_cannot_be_written_are_read(tmp_path, suffix):
    path = written(tmp_path / f"a{suffix}", households())
    for part in tmp_path.iterdir():
        part.chmod(0o444)
    tmp_path.chmod(0o555)
    try:
        assert read(households=str(path)).households_in == TOTAL
    finally:
        tmp_path.chmod(0o755)


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "cp437", "utf-8"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_console_of_any_encoding_is_written_to(tmp_path, encoding, lang):
    path = written(tmp_path / "东苑.gpkg", compounds(小区名称=["𠮷苑", "é"], 户数=["✓", "30"]))
    done = subprocess.run(
        [sys.executable, "-c", "from gridgeo.cli import main; main()", "inspect", str(path),
         "--lang", lang],
        env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)},
        capture_output=True, check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    assert done.returncode in (0, 2)
    assert done.stdout.strip()


def test_geojson_that_is_no_json_names_the_file(tmp_path):
    text = json.dumps(json.loads(households().to_crs(4326).to_json()))
    for spoilt in (text.replace('"type"', "type", 1), text + "}", text.replace("Point", "Punkt")):
        (tmp_path / "a.geojson").write_text(spoilt, encoding="utf-8")
        with pytest.raises(InputError, match=r"a\.geojson"):
            read(households=str(tmp_path / "a.geojson"))
