"""Saving and loading a plan: the same comes back, the same bytes are written."""

import dataclasses
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from builders_plan import build_plan
from defusedxml.ElementTree import fromstring
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

from gridgeo.config import (
    Band,
    Codes,
    DedicatedRules,
    ReadRules,
    Search,
    Settings,
    Source,
    Threshold,
)
from gridgeo.errors import InputError
from gridgeo.model import SCHEMA, Finding, Note, Plan, Reject, layer_frame
from gridgeo.report import (
    finding_frame,
    findings_of,
    load_plan,
    note_frame,
    notes_of,
    reject_frame,
    save_plan,
    settings_frame,
    settings_of,
)
from gridgeo.report.documents import write_summary
from gridgeo.report.geopackage import write_geopackage
from gridgeo.report.records import rejects_of
from gridgeo.report.save import WRITERS
from gridgeo.wording import Text

OUTPUTS = sorted(name for name, _ in WRITERS)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Return the folder of a saved plan, for tests that only read it."""
    return save_plan(build_plan(), tmp_path_factory.mktemp("saved") / "out")


@pytest.fixture
def copied(saved, tmp_path):
    """Return a copy of the folder of a saved plan, for tests that damage it."""
    return Path(shutil.copytree(saved, tmp_path / "out"))


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


# --- laws

quick = settings(max_examples=25, deadline=None)

texts = st.builds(Text, st.text(max_size=8), st.text(max_size=8))
advice = st.builds(Text, st.text(max_size=8), st.text(min_size=1, max_size=8))
codes = st.text("0123456789C-", min_size=1, max_size=6)
findings = st.builds(
    Finding,
    rule=st.sampled_from(["in_band", "no_overlap"]),
    severity=st.sampled_from(["error", "warning", "info"]),
    message=texts,
    grids=st.lists(codes, max_size=3).map(tuple),
    amount=st.none() | st.floats(0, 1e9),
    unit=st.sampled_from(["", "m2"]),
    advice=st.none() | advice,
)
words = st.text(max_size=8)
rejects = st.builds(
    Reject, words, words, st.integers(1, 10**9), words, words, texts, st.integers(0, 9999)
)


@quick
@given(st.lists(findings, max_size=4))
def test_findings_come_back_from_their_table(found):
    assert findings_of(finding_frame(found, "zh", None)) == tuple(found)


@quick
@given(st.lists(rejects, max_size=4))
def test_rejects_come_back_from_their_table(given_rejects):
    assert rejects_of(reject_frame(given_rejects, "en")) == tuple(given_rejects)


@quick
@given(st.lists(st.builds(Note, words, texts), max_size=4))
def test_notes_come_back_from_their_table(given_notes):
    assert notes_of(note_frame(given_notes, "en")) == tuple(given_notes)


@quick
@given(
    lower=st.integers(1, 400),
    seed=st.integers(0, 10**6),
    area=st.none() | st.floats(1, 1e6),
    lang=st.sampled_from(["zh", "en"]),
    column=st.text(max_size=6),
)
def test_settings_come_back_from_their_table(lower, seed, area, lang, column):
    made = Settings(
        band=Band(lower=lower, profile="residents"),
        search=Search(seed=seed),
        dedicated=DedicatedRules(thresholds={"school": Threshold(area_m2=area)}),
        codes=Codes(scheme="plain"),
        read=ReadRules(
            inputs={"facilities": (Source(path="a.gpkg", layer="校", kind="school"),)},
            columns={"households.households": column},
            missing_households=0,
        ),
        lang=lang,
    )
    assert settings_of(settings_frame(made)) == made


@settings(max_examples=5, deadline=None)
@given(st.permutations(range(5)))
def test_layer_frames_keep_rows_and_order(tmp_path_factory, order):
    plan = build_plan()
    shuffled = plan.grids.iloc[order]
    assert_geodataframe_equal(
        layer_frame("grids", shuffled), plan.grids.iloc[order].reset_index(drop=True)
    )


# --- round trip


def test_everything_comes_back(saved):
    plan, back = build_plan(), load_plan(saved)
    for name in SCHEMA:
        assert_geodataframe_equal(getattr(back, name), getattr(plan, name))
    for name in ("settings", "findings", "rejects", "notes", "summary", "run"):
        assert getattr(back, name) == getattr(plan, name), name


def test_a_loaded_plan_is_saved_as_the_same_bytes(saved, tmp_path):
    assert digests(save_plan(load_plan(saved), tmp_path / "again")) == digests(saved)


def test_equal_runs_give_equal_bytes_whatever_the_hash_seed(saved, tmp_path):
    """In another process, seconds later, under another hash seed and time zone."""
    script = (
        "import sys; sys.path.insert(0, sys.argv[2]);"
        "from builders_plan import build_plan; from gridgeo.report import save_plan;"
        "save_plan(build_plan(), sys.argv[1])"
    )
    here = str(Path(__file__).parent)
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Etc/GMT+7"}
    command = [sys.executable, "-c", script, str(tmp_path / "second"), here]
    subprocess.run(command, check=True, env=environment, cwd=Path(here).parent)
    assert digests(saved) == digests(tmp_path / "second")


def test_an_empty_plan_is_saved_too(tmp_path):
    """A file of grids that was only verified has no atoms, streets or households."""
    plan = build_plan()
    bare = dataclasses.replace(
        plan,
        **{
            name: layer_frame(name, crs=plan.grids.crs)
            for name in SCHEMA
            if name not in ("grids", "communities")
        },
        findings=(),
        rejects=(),
        notes=(),
        summary={},
        run={},
    )
    back = load_plan(save_plan(bare, tmp_path / "out"))
    assert back.findings == back.rejects == back.notes == ()
    for name in SCHEMA:
        assert_geodataframe_equal(getattr(back, name), getattr(bare, name))


def test_a_plan_without_grids_is_saved_too(tmp_path):
    crs = build_plan().grids.crs
    nothing = {name: layer_frame(name, crs=crs) for name in SCHEMA}
    plan = Plan(
        **nothing, settings=Settings(), findings=(), rejects=(), notes=(), summary={}, run={}
    )
    assert load_plan(save_plan(plan, tmp_path / "out")).grids.empty


# --- the files


def test_the_folder_holds_every_output_and_nothing_stands_beside_it(saved):
    assert sorted(path.name for path in saved.iterdir()) == OUTPUTS
    assert [path.name for path in saved.parent.iterdir()] == ["out"]


def test_the_geopackage_has_its_layers_and_styles(saved):
    layers = set(pyogrio.list_layers(saved / "plan.gpkg")[:, 0])
    assert layers >= {*SCHEMA, "findings", "rejects", "notes", "settings", "layer_styles"}
    styles = pyogrio.read_dataframe(saved / "plan.gpkg", layer="layer_styles")
    assert set(styles["f_table_name"]) >= {"grids", "communities", "streets", "households"}
    assert "considered" not in set(styles["f_table_name"])  # points and polygons
    assert styles["useAsDefault"].all()
    grids = styles.set_index("f_table_name").loc["grids", "styleQML"]
    assert 'attr="verdict"' in grids
    assert 'label="达标"' in grids


def test_styles_are_well_formed(saved):
    styles = pyogrio.read_dataframe(saved / "plan.gpkg", layer="layer_styles")
    for qml in styles["styleQML"]:
        tree = fromstring(qml, forbid_dtd=False)
        symbols = {symbol.get("name") for symbol in tree.iter("symbol")}
        assert {category.get("symbol") for category in tree.iter("category")} <= symbols


def test_writing_leaves_the_clock_of_gdal_alone(tmp_path):
    write_geopackage(build_plan(), tmp_path / "plan.gpkg")
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_geojson_is_in_degrees(saved):
    text = (saved / "grids.geojson").read_text(encoding="utf-8")
    grids = json.loads(text)["features"]
    assert len(grids) == 5
    assert grids[0]["properties"]["code"] == "420102001001001"
    assert grids[3]["properties"]["residents"] is None
    for grid in grids:
        for longitude, latitude in grid["geometry"]["coordinates"][0]:
            assert 114 < longitude < 115
            assert 30 < latitude < 31
            assert round(longitude, 7) == longitude
    assert gpd.read_file(saved / "grids.geojson").crs.to_epsg() == 4326


def test_summary_keeps_its_order_and_has_no_nan(tmp_path):
    plan, path = build_plan(), tmp_path / "summary.json"
    strange = plan.summary | {"share": float("nan"), "count": pd.Series([3]).iloc[0]}
    write_summary(dataclasses.replace(plan, summary=strange), path)
    read = json.loads(path.read_text(encoding="utf-8"))
    assert list(read) == [*strange, "approval"]
    assert read["share"] is None
    assert read["count"] == 3


def test_files_carry_no_time_of_writing(saved):
    with zipfile.ZipFile(saved / "grids.xlsx") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {2000}
    database = sqlite3.connect(saved / "plan.gpkg")
    stamps = {row[0] for row in database.execute("SELECT last_change FROM gpkg_contents")}
    database.close()
    assert stamps == {"2000-01-01T00:00:00.000Z"}


# --- loading what is not a plan


def test_loading_needs_a_plan(tmp_path):
    with pytest.raises(InputError, match="holds no plan"):
        load_plan(tmp_path)


def test_loading_a_torn_geopackage_says_so(copied):
    whole = (copied / "plan.gpkg").read_bytes()
    (copied / "plan.gpkg").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(InputError, match="cannot be read"):
        load_plan(copied)


def test_settings_of_another_version_are_named(copied):
    database = sqlite3.connect(copied / "plan.gpkg")
    database.execute("UPDATE settings SET key = 'band.colour' WHERE key = 'band.lower'")
    database.commit()
    database.close()
    with pytest.raises(InputError, match=r"not understood.*colour"):
        load_plan(copied)


def test_loading_without_summary_says_so(copied):
    (copied / "summary.json").unlink()
    with pytest.raises(InputError, match=r"cannot be read.*summary\.json"):
        load_plan(copied)
