"""What an analyst does with values in Python: make, list, copy, pickle and compare them."""

import copy
import pickle
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from builders_city import block_city, settings
from builders_plan import build_plan
from hypothesis import given
from hypothesis import strategies as st

import gridgeo as gg
from gridgeo.config import (
    AtomRules,
    Band,
    ChunkRules,
    Codes,
    DedicatedRules,
    MapRules,
    OpenGround,
    Override,
    ReadRules,
    RepairRules,
    Search,
    Settings,
    Source,
    Threshold,
    Weights,
)
from gridgeo.wording import Text

KINDS = (
    AtomRules,
    Band,
    ChunkRules,
    Codes,
    DedicatedRules,
    MapRules,
    OpenGround,
    Override,
    ReadRules,
    RepairRules,
    Search,
    Settings,
    Threshold,
    Weights,
)


def test_the_public_names_are_listed_and_nothing_else():
    code = "import gridgeo; gridgeo.run; import gridgeo.cli; print(*dir(gridgeo))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == sorted(gg.__all__) == dir(gg)


@pytest.mark.parametrize(
    ("make", "key", "told"),
    [
        (lambda: Band(lower="300"), "band.lower", "'300' is not a whole number .* such as 300"),
        (lambda: Band(lower=300.0), "band.lower", "300.0 is not a whole number"),
        (lambda: Band(upper=True), "band.upper", "True is not a whole number .* such as 500"),
        (lambda: Band(profile=3), "band.profile", "Choose one of either, households, residents"),
        (lambda: Override(grids=2.0), "community.grids", "2.0 is not a whole number"),
        (lambda: Search(seed=1.5), "search.seed", "1.5 is not a whole number"),
        (lambda: Search(seconds="9"), "search.seconds", "'9' is not a number"),
        (lambda: Weights(cut={"rail": "1"}), "weights.cut.rail", "'1' is not a number"),
        (lambda: Weights(cut=[1]), "weights.cut", r"\[1\] is not a table"),
        (lambda: Weights(cut={3: 1.0}), "weights.cut", "3 is not text"),
        (lambda: Settings(band=(300, 500)), "band", r"\(300, 500\) is not a Band"),
        (lambda: Settings(title=None), "title", "None is not text"),
        (lambda: Settings(community={"a": 3}), "community.a", "3 is not a Override"),
        (lambda: ReadRules(inputs={"streets": "a.gpkg"}), "read.inputs.streets", "not a list"),
        (lambda: DedicatedRules(thresholds={"school": 5}), "dedicated.thresholds.school", "5 is"),
        (lambda: Source(path=3), "inputs.path", "3 is not text"),
    ],
)
def test_a_setting_of_the_wrong_type_is_refused_when_it_is_made(make, key, told):
    with pytest.raises(gg.SettingsError, match=told) as error:
        make()
    assert error.value.place["key"] == key
    assert error.value.remedy


@given(st.data())
def test_no_field_takes_what_is_of_no_type_that_it_has(data):
    kind = data.draw(st.sampled_from(KINDS))
    name = data.draw(st.sampled_from([f.name for f in fields(kind)]))
    with pytest.raises(gg.SettingsError, match=name):
        kind(**{name: data.draw(st.sampled_from([object(), b"300", {1, 2}, 1j, [None]]))})


def test_numbers_of_numpy_and_paths_are_taken_as_ours():
    band = Band(lower=np.int64(250))
    assert (band, type(band.lower)) == (Band(lower=250), int)
    assert type(AtomRules(close_gap_m=np.float64(3.5)).close_gap_m) is float
    assert Source(path=Path("a.gpkg")) == Source(path="a.gpkg")


def test_what_is_in_settings_cannot_be_changed():
    given = {"rail": 0.5}
    weights = Weights(cut=given)
    given["rail"] = 9.0
    assert weights.cut["rail"] == 0.5
    with pytest.raises(TypeError, match="does not support item assignment"):
        Settings().read.columns["a.b"] = "c"


COPIES = (copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value)))


@pytest.mark.parametrize("again", COPIES)
def test_settings_are_copied_pickled_and_compared(again):
    made = Settings(
        community={"甲": Override(upper=540)},
        weights=Weights(cut={"rail": 0.1}),
        read=ReadRules(inputs={"streets": (Source(path="a.gpkg", layer="s"),)}),
    )
    assert again(made) == made != replace(made, band=Band(upper=501))
    assert hash(again(made)) == hash(made)
    assert eval(repr(made)) == made


@pytest.mark.parametrize("again", COPIES)
def test_plans_are_copied_pickled_and_compared(again):
    plan = build_plan()
    other = again(plan)
    assert other == plan
    assert replace(other, run={"seconds": 7.0}) == plan
    grids = other.grids.assign(households=other.grids["households"] + 1)
    assert replace(other, grids=grids) != plan
    assert replace(other, grids=other.grids.to_crs(4326)) != plan
    assert replace(other, findings=()) != plan
    assert replace(other, summary={}) != plan
    assert plan != "a plan"
    assert is_dataclass(plan)


def test_findings_are_a_frame_too():
    plan = build_plan()
    frame = plan.findings_frame()
    assert frame["rule"].tolist() == [finding.rule for finding in plan.findings]
    assert frame["message"].tolist() == [finding.message.zh for finding in plan.findings]
    assert frame.crs == plan.grids.crs
    assert replace(plan, findings=()).findings_frame().empty


def test_frames_files_and_plans_are_sources(tmp_path):
    frames = block_city(columns=4, rows=3).frames
    rules = settings()
    plan = gg.partition_layers(frames, rules)
    for role, frame in frames.items():
        frame.to_file(tmp_path / f"{role}.gpkg", layer=role)
    named = {role: f"{tmp_path / role}.gpkg::{role}" for role in frames}
    assert gg.partition_layers(named, rules).grids.equals(plan.grids)
    several = {role: [Path(f"{tmp_path / role}.gpkg")] for role in frames}
    assert gg.partition_layers(several, rules).grids.equals(plan.grids)
    inputs = {role: (Source.parse(text),) for role, text in named.items()}
    rules = replace(rules, read=ReadRules(inputs=inputs))
    plan.grids.to_file(tmp_path / "grids.gpkg", layer="grids")
    drawn = [plan, plan.grids, f"{tmp_path}/grids.gpkg::grids", Path(tmp_path / "grids.gpkg")]
    judged = [gg.verify(grids, rules) for grids in drawn]
    assert all(one.grids.equals(judged[0].grids) for one in judged)
    assert gg.repair_grids(plan, rules).grids.geometry.equals(plan.grids.geometry)
    assert gg.adjust_grids(plan, rules).plan.grids["code"].tolist() == plan.grids["code"].tolist()


def test_an_error_in_python_speaks_of_arguments_and_the_language_of_the_settings():
    missing = Settings(read=ReadRules(inputs={"communities": (Source(path="missing.gpkg"),)}))
    with pytest.raises(gg.InputError) as caught:
        gg.run(missing)
    assert str(caught.value) == caught.value.say("zh")
    with pytest.raises(gg.InputError, match="no such file"):
        gg.run(replace(missing, lang="en"))
    error = gg.InputError(Text("a", "甲"), remedy=Text("Give --column a.b=C or --jobs 2", "乙"))
    assert str(error) == 'a. Give columns={"a.b": "C"} or jobs 2'
    assert error.say("en") == "a. Give --column a.b=C or --jobs 2"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
