"""Inputs stay as they are, and every file that a layer is read from has its hash."""

import hashlib
import shutil
import sqlite3

import pyogrio
import pytest
from builders_files import write_mapinfo
from builders_read import communities, households, read_town, write_town

from gridgeo.config import ReadRules, Source
from gridgeo.pipeline import input_hashes
from gridgeo.read import inspect_file, layer_hashes, stream_layers, survey_layers


def snapshot(folder):
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def with_edits(folder, mode):
    """Write a GeoPackage with edits that stand in its -wal or, undone, in its -journal."""
    made = folder / "made.gpkg"
    households().to_file(made, layer="h")
    database = sqlite3.connect(made)
    for (name,) in database.execute(
        "select name from sqlite_master where type = 'trigger'"
    ).fetchall():
        database.execute(f'drop trigger "{name}"')
    database.commit()
    database.execute(f"pragma journal_mode = {mode}")
    if mode == "wal":
        database.execute("pragma wal_autocheckpoint = 0")
        database.execute('update h set "户数" = 10')
        database.commit()
    else:
        database.execute("pragma cache_size = 1")
        database.execute('update h set "户数" = 99')
        database.execute("pragma cache_spill = 1")
        database.execute("create table big as with recursive n(x) as "
                         "(select 1 union all select x + 1 from n where x < 9000) "
                         "select x, hex(randomblob(200)) y from n")  # fmt: skip
    inputs = folder / "inputs"
    inputs.mkdir()
    for end in ("", "-wal", "-shm", "-journal"):
        if (folder / f"made.gpkg{end}").exists():
            shutil.copy(folder / f"made.gpkg{end}", inputs / f"homes.gpkg{end}")
    database.rollback()
    database.close()
    return inputs / "homes.gpkg"


@pytest.mark.parametrize(("mode", "total"), [("wal", 30), ("delete", 207)])
def test_a_geopackage_with_a_journal_is_read_with_it_and_left_alone(tmp_path, mode, total):
    path = with_edits(tmp_path, mode)
    assert len(list(path.parent.iterdir())) > 1
    before = snapshot(path.parent)
    assert read_town(tmp_path, households=f"{path}::h").households_in == total
    inspect_file(str(path))
    assert snapshot(path.parent) == before


def test_it_is_left_alone_when_read_batch_by_batch(tmp_path):
    path = with_edits(tmp_path, "wal")
    before = snapshot(path.parent)
    inputs = {**write_town(tmp_path), "households": (Source(path=str(path), layer="h"),)}
    survey = survey_layers(ReadRules(inputs=inputs))
    assert sum(batch.households for batch in stream_layers(survey, rows=2)) == 30
    assert snapshot(path.parent) == before


def test_a_geopackage_in_wal_mode_alone_gets_no_files_beside_it(tmp_path):
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    path = inputs / "homes.gpkg"
    households().to_file(path)
    with sqlite3.connect(path) as database:
        database.execute("pragma journal_mode = wal")
    database.close()
    before = snapshot(inputs)
    folder = inputs.stat().st_mtime_ns
    assert read_town(tmp_path, households=path).households_in == 207
    assert (snapshot(inputs), inputs.stat().st_mtime_ns) == (before, folder)


@pytest.mark.parametrize("suffix", [".shp", ".tab", ".gdb", ".geojson", ".fgb"])
def test_no_format_is_changed_by_reading(tmp_path, suffix):
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    path = inputs / f"a{suffix}"
    frame = households(HH=[1.0, 200.0, 6.0]).to_crs(4326)
    if suffix == ".tab":
        write_mapinfo(path, frame)
    elif suffix == ".geojson":
        path.write_bytes(frame.to_json().encode("utf-16"))
    else:
        pyogrio.write_dataframe(
            frame, path, **({"driver": "OpenFileGDB"} if suffix == ".gdb" else {})
        )
    for file in [*inputs.rglob("*"), inputs]:
        file.chmod(0o555)
    before = snapshot(inputs)
    try:
        assert read_town(tmp_path, households=path).households_in == 207
        inspect_file(str(path))
        assert snapshot(inputs) == before
    finally:
        inputs.chmod(0o755)


# Hashes


def hashes(path):
    return input_hashes(ReadRules(inputs={"households": (Source(path=str(path)),)}))


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf", ".prj", ".cpg"])
def test_each_part_of_a_shapefile_has_a_hash(tmp_path, part):
    path = tmp_path / "a.shp"
    households(HH=[1, 2, 3]).to_file(path)
    path.with_suffix(".txt").write_text("beside it, and no part of it")
    before = hashes(path)
    assert set(before) == {
        str(path.with_suffix(s)) for s in (".shp", ".shx", ".dbf", ".prj", ".cpg")
    }
    file = path.with_suffix(part)
    file.write_bytes(file.read_bytes() + b" ")
    assert {name for name, digest in hashes(path).items() if digest != before[name]} == {str(file)}


def test_journals_and_the_files_of_a_geodatabase_are_hashed(tmp_path):
    path = with_edits(tmp_path, "wal")
    assert list(hashes(path)) == [str(path), f"{path}-wal"]
    database = tmp_path / "city.gdb"
    pyogrio.write_dataframe(communities(), database, driver="OpenFileGDB", layer="a")
    before = hashes(database)
    assert list(before) == [str(database)]
    table = next(database.glob("a00000009.gdbtable"))
    table.write_bytes(table.read_bytes() + b" ")
    assert hashes(database) != before


def test_a_file_that_is_not_there_has_no_hash(tmp_path):
    assert layer_hashes(str(tmp_path / "a.shp")) == {}
