"""Geometry of every kind: arcs, surfaces of 3D models, points by the dozen, odd GeoPackages."""

import math
import sqlite3
import struct

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from builders_files import write_dbf
from builders_read import X, Y, buildings, communities, compounds, households, notes, read_town
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPoint, Point

from gridgeo.formats.wkb import plain_geometry


def wkb(kind, *parts, points=None):
    head = struct.pack("<BI", 1, kind)
    if points is not None:
        return head + struct.pack("<I", len(points)) + b"".join(
            struct.pack("<2d", *point) for point in points
        )  # fmt: skip
    return head + struct.pack("<I", len(parts)) + b"".join(parts)


def polygon(ring, kind=3):
    return struct.pack("<BII", 1, kind, 1) + struct.pack("<I", len(ring)) + b"".join(
        struct.pack("<2d", *point) for point in ring
    )  # fmt: skip


def half_disc(x, y, radius):
    """Return a compound curve: an arc from left over the top to the right, and a line back."""
    arc = wkb(8, points=[(x - radius, y), (x, y + radius), (x + radius, y)])
    line = wkb(2, points=[(x + radius, y), (x - radius, y)])
    return wkb(10, wkb(9, arc, line))


def write_blobs(path, frame, blobs, *, declared="GEOMETRY"):
    """Write a GeoPackage of which the geometry is this WKB."""
    frame.to_file(path, layer="a")
    database = sqlite3.connect(path)
    for (name,) in database.execute(
        "select name from sqlite_master where type = 'trigger'"
    ).fetchall():
        database.execute(f'drop trigger "{name}"')
    for at, blob in enumerate(blobs, start=1):
        stored = b"GP\x00\x01" + struct.pack("<i", 4548) + blob
        database.execute("update a set geom = ? where fid = ?", (stored, at))
    database.execute("update gpkg_geometry_columns set geometry_type_name = ?", (declared,))
    database.commit()
    database.close()
    return path


# Arcs


@given(st.floats(1, 1000), st.floats(0, 6), st.floats(0.2, 6), st.floats(0.1, 0.9), st.booleans())
def test_an_arc_is_the_same_from_either_end_and_lies_on_its_circle(radius, start, turn, part, back):
    ways = [start, start + part * turn, start + turn]
    ends = [(radius * math.cos(way), radius * math.sin(way)) for way in ways[:: -1 if back else 1]]
    (there,), curves, _ = plain_geometry([wkb(8, points=ends)])
    (again,), _, _ = plain_geometry([wkb(8, points=ends[::-1])])
    assert curves == 1
    assert list(there.coords) == list(again.coords)[::-1]
    off = [abs(math.hypot(*point) - radius) for point in there.coords]
    assert max(off) < 1e-6 * radius
    assert math.isclose(there.length, radius * turn, rel_tol=1e-3)


def test_a_full_circle_and_points_on_a_line():
    (ring, line), _, _ = plain_geometry([
        wkb(10, wkb(8, points=[(0, 0), (20, 0), (0, 0)])),
        wkb(8, points=[(0, 0), (5, 0), (9, 0)]),
    ])  # fmt: skip
    assert math.isclose(ring.area, math.pi * 100, rel_tol=1e-3)
    assert list(line.coords) == [(0, 0), (5, 0), (9, 0)]


def test_curved_polygons_of_a_geopackage_are_linearised_and_that_is_said(tmp_path):
    blobs = [half_disc(X + 40, Y + 20, 30), wkb(12, half_disc(X + 140, Y + 20, 30))]
    path = write_blobs(tmp_path / "a.gpkg", compounds(), blobs, declared="CURVEPOLYGON")
    layers = read_town(tmp_path, compounds=path)
    assert layers.compounds.area.round(-1).tolist() == [1410.0, 1410.0]
    assert "2 shapes have arcs" in notes(layers, "geometry")


def test_curved_streets_of_a_geopackage_are_linearised(tmp_path):
    arc = wkb(8, points=[(X, Y + 50), (X + 50, Y + 100), (X + 100, Y + 50)])
    mixed = wkb(11, arc, wkb(2, points=[(X + 100, Y + 50), (X + 200, Y + 50)]))
    frame = gpd.GeoDataFrame({"等级": ["支路"]}, geometry=[Point(X, Y)], crs="EPSG:4548")
    path = write_blobs(tmp_path / "a.gpkg", frame, [mixed], declared="MULTICURVE")
    layers = read_town(tmp_path, streets=path)
    assert math.isclose(layers.streets.length.sum(), math.pi * 50 + 100, rel_tol=1e-3)
    assert "1 shapes have arcs" in notes(layers, "geometry")


# Surfaces of 3D models


def test_polyhedral_surfaces_and_tins_of_a_geopackage_are_footprints(tmp_path):
    ring = [(X + 5, Y + 5), (X + 25, Y + 5), (X + 25, Y + 15), (X + 5, Y + 15), (X + 5, Y + 5)]
    wall = [(X + 5, Y + 5), (X + 25, Y + 5), (X + 25, Y + 5), (X + 5, Y + 5)]
    box = wkb(15, polygon(ring), polygon(wall), polygon(ring))
    first = [(X + 40, Y), (X + 60, Y), (X + 60, Y + 10), (X + 40, Y)]
    second = [(X + 40, Y), (X + 60, Y + 10), (X + 40, Y + 10), (X + 40, Y)]
    tin = wkb(16, polygon(first, 17), polygon(second, 17))
    frame = buildings().head(2)
    path = write_blobs(tmp_path / "a.gpkg", frame, [box, tin])
    layers = read_town(tmp_path, buildings=path)
    assert layers.buildings.area.tolist() == [200.0, 200.0]
    assert "2 surfaces of a 3D model" in notes(layers, "geometry")


def test_a_multipatch_of_rings_alone_is_a_footprint(tmp_path):
    x, y = X + 10, Y + 10
    corners = [(x, y), (x, y + 20), (x + 20, y + 20), (x + 20, y), (x, y)]
    floor, roof = [(*c, 0.0) for c in corners], [(*c, 30.0) for c in corners]
    wall = [(x, y, 0.0), (x, y, 30.0), (x, y + 20, 30.0), (x, y + 20, 0.0), (x, y, 0.0)]
    points = [*floor, *roof, *wall]
    record = struct.pack("<i4d2i", 31, x, y, x + 20, y + 20, 3, 15)
    record += struct.pack("<3i3i", 0, 5, 10, 2, 2, 2)
    record += b"".join(struct.pack("<2d", *p[:2]) for p in points)
    record += struct.pack("<2d", 0, 30) + struct.pack("<15d", *[p[2] for p in points])

    def head(words):
        return struct.pack(">i5ii", 9994, 0, 0, 0, 0, 0, words) + struct.pack(
            "<ii8d", 1000, 31, x, y, x + 20, y + 20, 0, 30, 0, 0
        )

    buildings().head(1).to_file(tmp_path / "a.shp")
    (tmp_path / "a.shp").write_bytes(
        head(54 + len(record) // 2) + struct.pack(">ii", 1, len(record) // 2) + record
    )
    (tmp_path / "a.shx").write_bytes(head(54) + struct.pack(">ii", 50, len(record) // 2))
    write_dbf(tmp_path / "a.dbf", {b"FLOORS": 4}, [[b"6"]])
    layers = read_town(tmp_path, buildings=tmp_path / "a.shp")
    assert layers.buildings.area.tolist() == [400.0]
    assert "1 surfaces of a 3D model" in notes(layers, "geometry")


# Points by the dozen, measures, mixtures


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet"])
def test_rows_with_several_points_count_once_and_are_named(tmp_path, suffix):
    shapes = [MultiPoint([(X + 20, Y + 40)]), MultiPoint([(X + 50, Y + 40), (X + 60, Y + 50)]),
              Point(X + 80, Y + 40)]  # fmt: skip
    frame = households().set_geometry(gpd.GeoSeries(shapes, crs="EPSG:4548"))
    path = tmp_path / f"a{suffix}"
    frame.to_file(path) if suffix == ".gpkg" else frame.to_parquet(path)
    layers = read_town(tmp_path, households=path)
    assert sorted(layers.households["households"]) == [7, 80, 120]
    assert "1 rows have several points" in notes(layers, "geometry")
    assert "rows 2" in notes(layers, "geometry")


@pytest.mark.parametrize(("kind", "extra"), [(1001, (7.0,)), (2001, (1.5,)), (3001, (7.0, 1.5))])
def test_heights_and_measures_are_left_out(tmp_path, kind, extra):
    blobs = [
        struct.pack(f"<BI{2 + len(extra)}d", 1, kind, X + 20 + n, Y + 40, *extra) for n in range(3)
    ]
    path = write_blobs(tmp_path / "a.gpkg", households(), blobs)
    layers = read_town(tmp_path, households=path)
    assert layers.households_in == 207
    assert [shapely.to_wkt(one) for one in layers.households.geometry] == [
        f"POINT ({X + 20 + n:.0f} {Y + 40:.0f})" for n in range(3)
    ]


# What SQLite lets stand


def altered(path, *statements):
    households(户数=[120, 80, 7], 名称=["甲", "乙", "丙"]).to_file(path, layer="a")
    database = sqlite3.connect(path)
    for (name,) in database.execute(
        "select name from sqlite_master where type = 'trigger'"
    ).fetchall():
        database.execute(f'drop trigger "{name}"')
    for statement in statements:
        database.execute(statement)
    database.commit()
    database.close()
    return path


def test_text_in_a_number_column_is_read_as_it_stands(tmp_path):
    path = altered(tmp_path / "a.gpkg", "update a set 户数 = '1,200' where fid = 2")
    layers = read_town(tmp_path, households=path)
    assert sorted(layers.households["households"]) == [7, 120, 1200]
    assert "1 values of 户数 are not of its type" in notes(layers, "numbers")


def test_a_fraction_in_a_whole_number_column_is_not_cut(tmp_path):
    path = altered(tmp_path / "a.gpkg", "update a set 户数 = 12.7 where fid = 2")
    layers = read_town(tmp_path, households=path)
    assert [(one.row, one.value) for one in layers.rejects] == [(2, "12.7")]
    assert sorted(layers.households["households"]) == [7, 120]


def test_blobs_that_are_no_geometry_are_rejects_with_their_households(tmp_path):
    path = altered(tmp_path / "a.gpkg", "update a set geom = x'00' where fid = 1",
                   "update a set geom = null where fid = 2")  # fmt: skip
    layers = read_town(tmp_path, households=path)
    assert [(one.row, one.households) for one in layers.rejects] == [(1, 120), (2, 80)]
    assert layers.households_in == 207


def test_a_view_and_a_wrong_row_count_are_read(tmp_path):
    path = altered(
        tmp_path / "a.gpkg",
        "update gpkg_ogr_contents set feature_count = 99",
        "create view v as select fid as OGC_FID, geom, 户数 from a where 户数 > 10",
        "insert into gpkg_contents (table_name, data_type, identifier, srs_id)"
        " values ('v', 'features', 'v', 4548)",
        "insert into gpkg_geometry_columns values ('v', 'geom', 'POINT', 4548, 0, 0)",
    )
    assert read_town(tmp_path, households=f"{path}::a").households_in == 207
    assert read_town(tmp_path, households=f"{path}::v").households_in == 200


# Whole numbers stay whole beside gaps (case 13)


@pytest.mark.parametrize("suffix", [".gpkg", ".parquet", ".fgb"])
def test_long_codes_stay_whole_where_one_is_missing(tmp_path, suffix):
    frame = compounds(小区编码=pd.array([370102001001000001, None], dtype="Int64"))
    path = tmp_path / f"a{suffix}"
    frame.to_parquet(path) if suffix == ".parquet" else pyogrio.write_dataframe(frame, path)
    table = tmp_path / "homes.csv"
    table.write_text("小区编码,户数\n370102001001000001,50\n370102001001000002,30\n")
    layers = read_town(tmp_path, compounds=path, households=table)
    assert layers.households["households"].sum() == 50
    assert [(one.row, one.households) for one in layers.rejects] == [(3, 30)]


# Geometry types of Parquet's own (case 14)


class Wkb(pa.ExtensionType):
    """The Arrow type that Parquet writes as its own geometry type."""

    def __init__(self, meta: str = "") -> None:
        self.meta = meta
        super().__init__(pa.binary(), "geoarrow.wkb")

    def __arrow_ext_serialize__(self) -> bytes:
        return self.meta.encode()

    @classmethod
    def __arrow_ext_deserialize__(cls, _storage: pa.DataType, raw: bytes) -> "Wkb":
        return cls(raw.decode())


@pytest.fixture
def native_type():
    pa.register_extension_type(Wkb())
    yield Wkb
    pa.unregister_extension_type("geoarrow.wkb")


@pytest.mark.parametrize(
    ("meta", "crs", "given"),
    [
        ('{"crs": "EPSG:4548", "crs_type": "authority_code"}', 4548, ""),
        ('{"edges": "spherical"}', 4326, ""),
        ("{}", 4326, ""),
        ("{}", 4548, "4548"),
    ],
)
def test_parquets_own_geometry_type_is_read(tmp_path, native_type, meta, crs, given):
    frame = communities().to_crs(crs)
    shapes = pa.array(list(frame.geometry.to_wkb()), pa.binary())
    table = pa.table({
        "编码": ["370102001001", "370102001002"],
        "名称": ["甲社区", "乙社区"],
        "shape": pa.ExtensionArray.from_storage(native_type(meta), shapes),
    })  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet", store_schema=False)
    rules = {"crs": {"communities": given}} if given else {}
    layers = read_town(tmp_path, rules, communities=tmp_path / "a.parquet")
    assert layers.communities.area.round(2).tolist() == [10000.0, 10000.0]
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]


def test_geoparquet_in_arrow_encoding_is_read(tmp_path):
    households().to_parquet(tmp_path / "a.parquet", geometry_encoding="geoarrow")
    assert read_town(tmp_path, households=tmp_path / "a.parquet").households_in == 207
