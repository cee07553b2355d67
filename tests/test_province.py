"""A province in parts is the province at once; what is finished is kept; nothing is lost."""

import json
import pickle
import shutil
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from builders_city import City, areas, facilities, frame, grids_by_household
from builders_province import HIGH, TIMES, WIDE, _in_turn, files, province, run_here, settings_in
from shapely import box

from gridgeo.config import Band, Codes
from gridgeo.errors import InputError, OutputError
from gridgeo.pipeline import stages
from gridgeo.province import load_chunk, run_chunks
from gridgeo.province.division import Outlines, between_chunks
from gridgeo.province.split import FORMAT, input_key, split
from gridgeo.province.task import run_chunk, tasks_of
from gridgeo.storage import read_json
from gridgeo.wording import CARDS

TOWNS = ["420102001", "420102002", "420102003"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the settings of the province and the folder of an undisturbed run."""
    folder = tmp_path_factory.mktemp("province")
    told = settings_in(folder, province())
    run = run_here(told, folder / "out")
    return told, folder / "out", run


def read(folder, layer):
    return pd.concat(
        [gpd.read_parquet(path) for path in sorted(folder.glob(f"parts/*/{layer}.parquet"))],
        ignore_index=True,
    )


# --- laws ----------------------------------------------------------------------------------------


def test_parts_are_the_whole_grid_for_grid(whole):
    told, folder, run = whole
    plan = stages.run(told)
    grids = gpd.read_file(folder / "grids.gpkg", layer="grids").sort_values("code")
    assert grids["code"].tolist() == plan.grids["code"].tolist()
    for column in ("households", "verdict", "name", "kind", "bounded_by", "community", "reason"):
        assert grids[column].fillna("").tolist() == plan.grids[column].tolist(), column
    apart = shapely.symmetric_difference(
        grids.geometry.to_numpy(), plan.grids.geometry.to_numpy(), grid_size=1e-9
    )
    assert shapely.area(apart).max() < 1e-6
    homes = dict(zip(*(read(folder, "households")[c] for c in ("name", "grid")), strict=True))
    assert homes == grids_by_household(plan)
    same = ("communities", "atoms", "grids", "basic", "dedicated", "verdicts", "grid_verdicts",
            "in_band_share", "in_band_share_where_possible", "households", "residents")  # fmt: skip
    assert {name: run.summary[name] for name in same} == {name: plan.summary[name] for name in same}
    assert run.summary["street_share"] == pytest.approx(plan.summary["street_share"], abs=2e-4)


def test_every_household_is_used_or_listed_once(whole):
    told, folder, run = whole
    given = gpd.read_file(told.read.inputs["households"][0].path)
    found = read(folder, "households")
    assert sorted(found["name"]) == sorted(given["地址"])
    assert found["households"].sum() == given["户数"].sum() == run.summary["households"]["in"]
    assert sorted(found.loc[found["grid"] == "", "households"]) == [7, 9]
    assert run.summary["households"]["listed"] == 16


def test_the_same_bytes_for_any_number_of_processes_and_any_order_of_rows(whole, tmp_path):
    _, folder, _ = whole
    shuffled = settings_in(tmp_path, province().shuffled(4))
    run_chunks(shuffled, tmp_path / "out", jobs=2)
    ours, theirs = files(folder), files(tmp_path / "out")
    paths = {  # the manifest names the files that were read, by path and hash
        path for path in ours if path not in ("manifest.json", "input/index.json")
    }
    assert {path for path in paths if ours[path] != theirs.get(path)} == set()
    assert ours.keys() == theirs.keys()


def test_running_again_changes_nothing_and_does_nothing(whole, monkeypatch):
    told, folder, run = whole
    before = files(folder)
    monkeypatch.setattr("gridgeo.province.run.run_on_processes", None)  # no part is left to do
    again = run_chunks(told, folder)
    assert files(folder) == before
    assert again.summary == run.summary
    assert json.loads((folder / TIMES).read_text(encoding="utf-8"))["parts"] == {}


def test_parts_that_are_gone_or_spoilt_are_done_again(whole, tmp_path):
    told, folder, _ = whole
    shutil.copytree(folder, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "parts" / TOWNS[1])
    spoilt = tmp_path / "out" / "parts" / TOWNS[0] / "grids.parquet"
    spoilt.write_bytes(spoilt.read_bytes()[:-9])
    (tmp_path / "out" / "parts" / ".gridgeo-new-left").mkdir()
    (tmp_path / "out" / "manifest.json").unlink()
    run_here(told, tmp_path / "out")
    assert files(tmp_path / "out") == files(folder)
    times = json.loads((tmp_path / "out" / TIMES).read_text(encoding="utf-8"))
    assert sorted(times["parts"]) == TOWNS[:2]


def test_what_a_worker_had_begun_when_it_was_lost_is_swept(whole, tmp_path, monkeypatch):
    told, folder, _ = whole
    shutil.copytree(folder, tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / "parts" / TOWNS[1])

    def losing(tasks, *, jobs):
        for task in tasks:
            begun = task.folder.with_name(f".{task.name}.gridgeo-new-lost")
            begun.mkdir()
            (begun / "atoms.parquet").write_bytes(b"half")
            yield run_chunk(task)

    monkeypatch.setattr("gridgeo.province.run.run_on_processes", losing)
    run_chunks(told, tmp_path / "out")
    assert files(tmp_path / "out") == files(folder)


def test_parts_of_an_older_format_are_done_again(whole, monkeypatch):
    told, folder, _ = whole
    index = read_json(folder / "input" / "index.json")
    assert all(task.done() for task in tasks_of(index, told, folder))
    ours = input_key(told)
    for module in ("split", "task"):
        monkeypatch.setattr(f"gridgeo.province.{module}.FORMAT", FORMAT - 1)
    assert input_key(told) != ours
    assert not any(task.done() for task in tasks_of(index, told, folder))


def test_parts_with_other_cards_are_of_another_format():
    # Cards of parts are joined one by one: whoever changes them raises FORMAT.
    cards = ["complete", "households", "no_overlap", "one_piece", "in_band", "on_streets"]
    assert (FORMAT, list(CARDS)) == (3, [*cards, "dedicated", "codes"])


# --- what is written -----------------------------------------------------------------------------


def test_the_combined_files_hold_all_parts_in_order(whole):
    _, folder, run = whole
    package = gpd.read_file(folder / "grids.gpkg", layer="grids")
    table = gpd.read_parquet(folder / "grids.parquet")
    assert table["code"].tolist() == package["code"].tolist() == sorted(package["code"])
    assert table.crs == package.crs
    assert pq.ParquetFile(folder / "grids.parquet").num_row_groups == len(TOWNS)
    geo = json.loads(pq.read_metadata(folder / "grids.parquet").metadata[b"geo"])
    assert geo["columns"]["geometry"]["bbox"] == list(table.total_bounds)
    layers = {name for name, _ in pyogrio.list_layers(folder / "grids.gpkg")}
    assert {"grids", "communities", "findings", "rejects", "layer_styles"} <= layers
    assert [part["name"] for part in run.chunks] == TOWNS


def test_the_manifest_tells_of_every_part(whole):
    _, folder, run = whole
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert list(manifest["parts"]) == TOWNS
    assert sum(part["households"]["in"] for part in manifest["parts"].values()) == 4816
    assert sum(part["grids"] for part in manifest["parts"].values()) == run.summary["grids"]
    assert {path.name for path in folder.iterdir()} == {
        *("input", "parts", "grids.gpkg", "grids.parquet", "report.html", "summary.json"),
        *("manifest.json", TIMES),
    }


def test_a_part_is_a_plan_that_can_be_saved(whole, tmp_path):
    _, folder, _ = whole
    plan = load_chunk(folder, TOWNS[0])
    assert set(plan.grids["community"]) == {"420102001001", "420102001002"}
    assert plan.summary["grids"] == len(plan.grids)
    assert (plan.save(tmp_path / "one") / "map.html").is_file()
    with pytest.raises(InputError, match="420102001, 420102002"):
        load_chunk(folder, "nowhere")


def test_the_report_has_a_row_for_each_part(whole):
    _, folder, _ = whole
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert all(name in page for name in TOWNS)
    assert "4,816" in page


# --- how it is divided ---------------------------------------------------------------------------


def divided(tmp_path, city, **rules):
    """Divide a town without doing its parts; return the index and the folder of the parts."""
    told = settings_in(tmp_path, city, **rules)
    index = split(told, tmp_path / "out", key="any")
    return index, tmp_path / "out" / "input" / "parts"


def test_tiles_where_there_are_no_townships(tmp_path):
    city = province(2)
    plain = city.frames["communities"].assign(编码=["甲", "乙", "丙", "丁"])
    index, folder = divided(
        tmp_path, city.with_layers(communities=plain), by="tile", codes=Codes(scheme="plain")
    )
    assert list(index["parts"]) == ["x750y4232", "x751y4232"]
    held = gpd.read_parquet(folder / "x750y4232" / "communities.parquet")
    assert held["code"].tolist() == ["甲", "乙"]


def test_a_column_of_townships_goes_before_the_code_where_it_is_named(tmp_path):
    city = province(2)
    town = city.frames["communities"].assign(街道=["东街", "东街", "西 街/", "东街"])
    index, _ = divided(tmp_path / "a", city.with_layers(communities=town))
    assert list(index["parts"]) == TOWNS[:2]
    told = settings_in(tmp_path / "b", city.with_layers(communities=town))
    named = replace(told, read=replace(told.read, columns={"communities.township": "街道"}))
    assert list(split(named, tmp_path / "b", key="any")["parts"]) == ["东街", "西_街_"]


def test_communities_without_a_township_are_named(tmp_path):
    town = province(2).frames["communities"].assign(编码=["1", "2", "3", "4"])
    with pytest.raises(InputError, match=r"4 communities have neither .* 1社区, 1, 2社区"):
        divided(tmp_path, province(2).with_layers(communities=town), codes=Codes(scheme="plain"))


def test_a_part_holds_what_lies_near_it_and_households_only_once(tmp_path):
    city = province(2)
    near, far = box(WIDE + 50, 10, WIDE + 90, 50), box(WIDE + 150, 10, WIDE + 190, 50)
    school = box(WIDE - 40, 100, WIDE + 40, 180)
    index, folder = divided(
        tmp_path,
        city.with_layers(
            buildings=areas(near, far, names=["近", "远"]),
            facilities=facilities(
                ("学校", "跨界", school), ("学校", "界外", box(5000, 0, 5100, 100))
            ),
        ),
    )
    first, second = (
        {path.stem: gpd.read_parquet(path) for path in sorted((folder / name).iterdir())}
        for name in TOWNS[:2]
    )
    assert first["buildings"]["name"].tolist() == ["近"]
    assert sorted(second["buildings"]["name"]) == ["近", "远"]
    assert first["facilities"]["name"].tolist() == ["跨界"]
    assert sorted(second["facilities"]["name"]) == ["界外", "跨界"]
    names = [*first["households"]["name"], *second["households"]["name"]]
    assert sorted(names) == sorted(city.frames["households"]["地址"])
    assert index["households"] == sum(part["households"] for part in index["parts"].values())


def test_communities_that_overlap_across_parts_are_repaired_before_they_are_divided(tmp_path):
    city = province(2)
    town = city.frames["communities"].copy()
    wider = shapely.set_precision(town.geometry[1].buffer(0.5, join_style="mitre"), 1e-3)
    town.loc[1, "geometry"] = wider
    _, folder = divided(tmp_path, city.with_layers(communities=town))
    held = [gpd.read_parquet(folder / name / "communities.parquet") for name in TOWNS[:2]]
    assert shapely.coverage_is_valid(pd.concat(held).geometry.to_numpy())
    findings = gpd.read_parquet(folder.parent / "findings.parquet")
    assert "communities_repaired" in set(findings["rule"])


def test_ready_made_atoms_belong_to_one_part_each(tmp_path):
    pieces = [box(x, 0, x + 200, HIGH) for x in range(0, int(2 * WIDE), 200)]
    lone = box(9000, 0, 9100, 100)
    atoms = frame([*pieces, lone], 户数=350, 编号=[f"{n}" for n in range(len(pieces) + 1)])
    city = City({"communities": province(2).frames["communities"], "atoms": atoms})
    index, folder = divided(tmp_path, city)
    assert index["given_atoms"]
    assert [part["households"] for part in index["parts"].values()] == [1400, 1750]
    held = gpd.read_parquet(folder / TOWNS[0] / "atoms.parquet")
    assert set(held["community"]) == {"420102001001", "420102001002"}
    only_first = City({**city.frames, "atoms": atoms.iloc[:4]})
    index, folder = divided(tmp_path / "b", only_first)
    assert list(index["parts"]) == TOWNS[:1]
    findings = gpd.read_parquet(folder.parent / "findings.parquet")
    assert findings["rule"].tolist() == ["community_without_atoms"]


# --- between the parts ---------------------------------------------------------------------------


def test_parts_that_overlap_or_leave_a_gap_are_findings():
    left, right = box(0, 0, 100, 100), box(99, 0, 200, 100)
    outlines = Outlines()
    for part, shape in (("a", left), ("b", right), ("c", box(200.5, 0, 300, 100))):
        outlines.add(part, gpd.GeoDataFrame(geometry=[shape], crs=4547))
    told = between_chunks(outlines, 2.0)
    assert [(f.rule, round(f.amount, 3)) for f in told] == [
        ("parts_overlap", 100.0),
        ("parts_gap", 50.0),
    ]
    assert "分片 a 与 b 的社区相互重叠" in told[0].message.zh
    outlines.chunks[2] = "b"
    assert [f.rule for f in between_chunks(outlines, 0.1)] == ["parts_overlap"]


# --- what cannot be done -------------------------------------------------------------------------


def test_a_folder_that_holds_other_files_or_another_run_is_refused(whole):
    told, folder, _ = whole
    before = files(folder)
    with pytest.raises(OutputError, match=r"other files: communities\.gpkg"):
        run_chunks(told, folder.parent)
    with pytest.raises(OutputError, match="is a file"):
        run_chunks(told, folder / "grids.gpkg")
    other = replace(told, band=Band(lower=200, upper=400))
    with pytest.raises(OutputError, match=r"finished run of other .*overwrite=True"):
        run_chunks(other, folder)
    assert files(folder) == before


def test_a_finished_run_stays_until_the_next_one_is_finished(whole, tmp_path, monkeypatch):
    told, folder, _ = whole
    out = shutil.copytree(folder, tmp_path / "out")
    before = files(out)
    other = replace(told, band=Band(lower=200, upper=400))

    def stopped(tasks, *, jobs):
        yield run_chunk(tasks[0])
        raise KeyboardInterrupt

    monkeypatch.setattr("gridgeo.province.run.run_on_processes", stopped)
    with pytest.raises(KeyboardInterrupt):
        run_chunks(other, out, overwrite=True)
    assert files(out) == before
    monkeypatch.setattr("gridgeo.province.run.run_on_processes", _in_turn)
    run_chunks(other, out, overwrite=True)
    run_here(other, tmp_path / "anew")
    assert files(out) == files(tmp_path / "anew")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["anew", "out"]


def test_a_part_that_cannot_be_done_costs_only_itself(whole, tmp_path):
    told, folder, _ = whole
    shutil.copytree(folder, tmp_path / "out")
    for name in TOWNS[:2]:
        shutil.rmtree(tmp_path / "out" / "parts" / name)
    held = tmp_path / "out" / "input" / "parts" / TOWNS[0] / "streets.parquet"
    held.write_bytes(b"")
    with pytest.raises(InputError, match=r"1 of 3 parts .*\(420102001\).* not what was written"):
        run_here(told, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out" / "parts").iterdir()) == TOWNS[1:]


def test_a_worker_of_another_version_does_nothing(whole):
    told, folder, _ = whole
    index = json.loads((folder / "input" / "index.json").read_text(encoding="utf-8"))
    task = tasks_of(index, told, folder)[0]
    outcome = run_chunk(replace(task, version="0.0.1"))
    assert "started with 0.0.1" in str(outcome.error)
    assert str(pickle.loads(pickle.dumps(outcome)).error) == str(outcome.error)
