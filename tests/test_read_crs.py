"""Reference systems that say nothing or something wrong, datums, rows in the wrong place."""

import json

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from builders_read import X, Y, communities, households, notes, read, read_town, streets, town
from builders_shifted import city, shifted
from shapely import LineString, Point, box

from gridgeo.config import ReadRules
from gridgeo.errors import InputError
from gridgeo.read import inspect_file, layers_from_frames

ROWS = 40


def many_households(count=ROWS):
    points = [Point(X + 5 + 190 * n / count, Y + 30 + n) for n in range(count)]
    return gpd.GeoDataFrame({"户数": [10] * count}, geometry=points, crs="EPSG:4548")


def labelled(frame, crs):
    return frame.set_crs(crs, allow_override=True)


# A CRS that says nothing (case 07)

NOTHING = {
    "esri.shp": 'GEOGCS["GCS_Unknown",DATUM["D_Unknown",SPHEROID["Unknown",6378137,298.257]],'
    'PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]',
    "local.shp": 'LOCAL_CS["Nonearth",UNIT["Meter",1],AXIS["X",EAST],AXIS["Y",NORTH]]',
    "undefined.shp": 'GEOGCS["Undefined",DATUM["undefined",SPHEROID["undefined",6378137,298]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]',
}


@pytest.mark.parametrize("name", NOTHING)
def test_a_crs_that_says_nothing_is_asked_for_and_taken(tmp_path, name):
    path = tmp_path / name
    communities(code=["1", "2"]).to_file(path)
    path.with_suffix(".prj").write_text(NOTHING[name])
    with pytest.raises(InputError, match=r'no coordinate reference system.*crs=."communities": "'):
        read_town(tmp_path, communities=path)
    layers = read_town(tmp_path, {"crs": {"communities": "4548"}}, communities=path)
    assert layers.crs.to_epsg() == 4548
    assert inspect_file(str(path))[0].crs == ""


@pytest.mark.parametrize(
    ("right", "wrong", "removed"),
    [(b"Gauss_Kruger", b"Gauqs_Kruger", False), (b"3_Degree", b"3\xb0Degree", True)],
)
def test_a_damaged_prj_is_told_and_the_way_out_works(tmp_path, right, wrong, removed):
    path = tmp_path / "a.shp"
    communities(code=["1", "2"]).to_file(path)
    prj = path.with_suffix(".prj")
    prj.write_bytes(prj.read_bytes().replace(right, wrong))
    with pytest.raises(InputError, match=r"Remove its \.prj.* crs" if removed else "crs="):
        read_town(tmp_path, communities=path)
    if removed:
        prj.unlink()
    layers = read_town(tmp_path, {"crs": {"communities": "4548"}}, communities=path)
    assert len(layers.communities) == 2


def test_geoparquet_with_a_null_crs_has_none(tmp_path):
    path = tmp_path / "a.parquet"
    communities().set_crs(None, allow_override=True).to_parquet(path)
    with pytest.raises(InputError, match="no coordinate reference system"):
        read_town(tmp_path, communities=path)
    rules = {"crs": {"communities": "4548"}}
    layers = read_town(tmp_path, rules, communities=path)
    assert "the file says" not in notes(layers, "crs")


def test_geoparquet_without_a_crs_key_is_in_degrees_unless_told(tmp_path):
    path = tmp_path / "a.parquet"
    for crs in (4326, 4548):
        households().to_crs(crs).to_parquet(path)
        table = pq.read_table(path)
        meta = dict(table.schema.metadata)
        geo = json.loads(meta[b"geo"])
        del geo["columns"]["geometry"]["crs"]
        meta[b"geo"] = json.dumps(geo).encode()
        pq.write_table(table.replace_schema_metadata(meta), path)
        rules = {"crs": {"households": "4548"}} if crs == 4548 else {}
        layers = read_town(tmp_path, rules, households=path)
        assert len(layers.households) == 3
        assert "warning" not in notes(layers, "crs")


# A wrong CRS: what the message advises works (case 08)


@pytest.mark.parametrize(
    ("role", "wrong", "advice"),
    [
        ("households", 4490, "4548"),
        ("households", 4526, "4548"),
        ("streets", 4549, "4548"),
        ("communities", 4490, "4547"),
        ("communities", 4525, "4547"),
    ],
)
def test_the_advice_about_a_wrong_label_can_be_followed(role, wrong, advice):
    frame = labelled(town()[role], wrong)
    with pytest.raises(InputError, match=rf'crs=."{role}": ".*{advice}'):
        read(**{role: frame})
    layers = read({"crs": {role: "4548"}}, **{role: frame})
    assert layers.households_in == 207
    assert f"warning: {role}: read as EPSG:4548" in notes(layers, "crs")
    assert f"the file says EPSG:{wrong}" in notes(layers, "crs")


def test_a_zone_that_stands_before_the_easting_is_named():
    prefixed = households()
    prefixed = labelled(prefixed.set_geometry(prefixed.translate(39_000_000, 0)), 4490)
    with pytest.raises(InputError, match=r'crs=."households": "4527". if it is .*zone 39'):
        read(households=prefixed)
    assert read({"crs": {"households": "4527"}}, households=prefixed).households_in == 207


def test_longitude_and_latitude_swapped_throughout_are_to_be_swapped_back():
    degrees = households().to_crs(4490)
    swapped = degrees.set_geometry(
        gpd.GeoSeries(
            shapely.transform(degrees.geometry.to_numpy(), lambda c: c[:, ::-1]), crs=4490
        )
    )
    with pytest.raises(InputError, match="Swap longitude and latitude"):
        read(households=swapped)
    assert read(households=degrees).households_in == 207


def test_a_layer_of_another_town_has_no_advice_that_would_not_help():
    far = households().to_crs(4490)
    far = far.set_geometry(far.translate(8, -3))
    with pytest.raises(InputError, match="Correct the coordinates"):
        read(households=far)


# Datums


@pytest.mark.parametrize("crs", [4214, 2436, 4610, 2385])
def test_beijing_and_xian_are_warned_of_against_cgcs2000(crs):
    layers = read(households=labelled(households().to_crs(4490), 4490).to_crs(crs))
    said = notes(layers, "datum")
    assert "warning: households" in said
    assert "no exact conversion is known" in said


@pytest.mark.parametrize("crs", [4326, 4490, 32650, 3857, 4527])
def test_wgs84_and_cgcs2000_are_not_warned_of(crs):
    assert notes(read(households=households().to_crs(crs)), "datum") == ""


def test_a_datum_with_its_parameters_is_not_warned_of():
    text = (
        "+proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=krass "
        "+towgs84=15.8,-154.4,-82.3 +units=m +no_defs"
    )
    assert notes(read(households=households().to_crs(text)), "datum") == ""


# One row in the wrong place is a reject


@pytest.mark.parametrize(
    "moved",
    [
        lambda c: c[:, ::-1],
        lambda c: c + np.array([1.0, 0.0]),
        lambda c: c + np.array([0.0, 95.0]),
        lambda c: c * 1000,
    ],
)
@pytest.mark.parametrize("role", ["households", "streets"])
def test_one_row_elsewhere_is_a_reject(role, moved):
    frame = (many_households() if role == "households" else streets()).to_crs(4490)
    shapes = frame.geometry.to_numpy().copy()
    shapes[1] = shapely.transform(shapes[1], moved)
    layers = read(**{role: frame.set_geometry(gpd.GeoSeries(shapes, crs=4490))})
    assert [(one.row, one.field, one.households) for one in layers.rejects] == [
        (2, "geometry", 10 if role == "households" else 0)
    ]
    assert "rows 2" in notes(layers, "geometry")
    if role == "households":
        assert (layers.households["households"].sum(), layers.households_in) == (390, 400)


def test_a_community_elsewhere_is_an_error_that_names_the_row():
    shapes = [box(X + 100 * n, Y, X + 100 * n + 90, Y + 90) for n in range(6)]
    frame = gpd.GeoDataFrame({"名称": list("甲乙丙丁戊己")}, geometry=shapes, crs="EPSG:4548")
    frame = frame.to_crs(4490)
    shapes = frame.geometry.to_numpy().copy()
    shapes[3] = shapely.transform(shapes[3], lambda c: c[:, ::-1])
    with pytest.raises(InputError, match="rows 4"):
        read(communities=frame.set_geometry(gpd.GeoSeries(shapes, crs=4490)))
    assert len(read(communities=frame).communities) == 6


def test_streets_of_a_whole_province_are_no_strays():
    lines = [LineString([(X + 9000 * n, Y), (X + 9000 * n, Y + 100)]) for n in range(30)]
    frame = gpd.GeoDataFrame({"等级": ["支路"] * 30}, geometry=lines, crs="EPSG:4548")
    assert read(streets=frame).rejects == ()


# GCJ-02 is suspected from the offset to the streets


@pytest.mark.parametrize("seed", [1, 2])
def test_households_shifted_by_gcj02_are_suspected_and_not_moved(seed):
    given = city(seed)
    assert notes(layers_from_frames(given, ReadRules()), "datum") == ""
    wrong = {**given, "households": shifted(given["households"])}
    layers = layers_from_frames(wrong, ReadRules())
    assert "--datum households=gcj02" in notes(layers, "datum")
    assert layers.households.geometry.iloc[0].distance(
        wrong["households"].union_all()
    ) < 1e-6  # fmt: skip
    mended = layers_from_frames(wrong, ReadRules(datum={"households": "gcj02"}))
    assert "warning" not in notes(mended, "datum")


def test_streets_shifted_by_gcj02_are_suspected():
    given = city(5)
    wrong = {**given, "streets": shifted(given["streets"])}
    assert "--datum streets=gcj02" in notes(layers_from_frames(wrong, ReadRules()), "datum")
    mended = layers_from_frames(wrong, ReadRules(datum={"streets": "gcj02"}))
    assert "warning" not in notes(mended, "datum")


def test_another_shift_is_not_taken_for_gcj02():
    given = city(4)
    moved = given["households"]
    moved = moved.set_geometry(moved.translate(-300, 420))
    layers = layers_from_frames({**given, "households": moved}, ReadRules())
    assert notes(layers, "datum") == ""
