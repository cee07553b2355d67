"""Laws of the whole job on towns by number, and examples of it.

Each town is partitioned once, and all laws are checked on that plan: ``scripts/laws`` takes more.
"""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from builders_city import CODES, block_city, grids_by_household, random_city, settings
from builders_varied import FEATURES, Town, varied_town
from laws import (
    LAWS,
    Case,
    assert_same,
    broken_laws,
)
from shapely import MultiPolygon
from shapely.affinity import translate

from gridgeo.config import Band, ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.model import Finding
from gridgeo.pipeline import partition_layers, run, verify
from gridgeo.wording import Text


def check(town, folder):
    try:
        broken = broken_laws(Case.of(town, folder))
    except Exception as error:
        error.add_note(f"{town}: no plan was made")
        raise
    if broken:
        raise ExceptionGroup(f"{town}: {len(broken)} laws are broken", broken)


def test_the_laws_hold_in_a_town(town_seed, tmp_path):
    check(varied_town(town_seed), tmp_path)


def test_a_town_that_broke_a_law_when_it_was_moved(tmp_path):
    city = random_city(503802, schools=True, residents=True)
    check(Town("moved", city, move=(2_792, -2_146)), tmp_path)


@pytest.mark.parametrize("buildings", [False, True])
def test_the_laws_hold_where_there_are_no_streets_and_a_warning_says_so(tmp_path, buildings):
    villages = Town("villages", random_city(7, buildings=buildings).without("streets"))
    check(villages, tmp_path)
    layers = villages.city.layers()
    (said,) = (note for note in layers.notes if note.topic == "streets")
    assert said.warning
    assert said.message.en.startswith("warning: no streets given")


def test_lanes_cut_blocks_without_vertices_beside_each_other(tmp_path):
    case = Case.of(Town("apart", random_city(173, river=True, compounds=True)), tmp_path)
    xy = np.unique(shapely.get_coordinates(case.plan.atoms.geometry.to_numpy()), axis=0)
    vertices = shapely.points(xy)
    one, other = shapely.STRtree(vertices).query(vertices, predicate="dwithin", distance=1e-4)
    assert (one == other).all()
    assert not broken_laws(case)


def test_towns_of_every_run_have_each_feature_and_lack_it():
    towns = [varied_town(seed) for seed in range(25)]
    for feature in FEATURES:
        assert 2 <= sum(feature in town.features for town in towns) <= 20, feature
    profiles = {town.settings.band.profile for town in towns}
    assert profiles == {"households", "residents", "either"}


# --- every law can be broken -------------------------------------------------------------------


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Return a town with a river and residents where every grid is in band."""
    town = Town("sound", random_city(1, residents=True, river=True))
    return Case.of(town, tmp_path_factory.mktemp("sound"))


@pytest.fixture(scope="module")
def case_of_atoms(tmp_path_factory):
    return Case.of(varied_town(8), tmp_path_factory.mktemp("atoms"))


def with_column(frame, name, value, row=0):
    changed = frame.copy()
    changed[name] = changed[name].to_numpy(copy=True)
    changed.loc[changed.index[row], name] = value
    return changed


def with_shape(frame, shape, row=0):
    shapes = frame.geometry.to_numpy().copy()
    shapes[row] = shape
    return frame.set_geometry(shapes, crs=frame.crs)


def a_grid_less(plan):
    return replace(plan, grids=plan.grids.iloc[1:].reset_index(drop=True))


def a_grid_shifted(plan):
    return replace(plan, grids=with_shape(plan.grids, translate(plan.grids.geometry[0], 3, 2)))


def a_grid_in_two_parts(plan):
    first = plan.grids.geometry[0]
    parts = MultiPolygon([first, translate(first, 9_000, 0)])
    return replace(plan, grids=with_shape(plan.grids, parts))


def a_home_less(plan):
    return replace(plan, households=plan.households.iloc[1:].reset_index(drop=True))


def a_home_in_another_grid(plan):
    there = np.flatnonzero(plan.households["grid"] == plan.grids["code"].iloc[0])[0]
    code = plan.grids["code"].iloc[-1]
    return replace(plan, households=with_column(plan.households, "grid", code, there))


def residents_added(plan):
    more = plan.grids["residents"].iloc[0] + 9
    return replace(plan, grids=with_column(plan.grids, "residents", more))


def a_verdict_turned(plan):
    return replace(plan, grids=with_column(plan.grids, "verdict", "over"))


def a_reason_less(plan):
    communities = with_column(plan.communities, "verdict", "impossible")
    return replace(plan, communities=with_column(communities, "reason", ""))


def an_outline_grown(plan):
    grown = shapely.buffer(plan.communities.geometry[0], 1.0)
    return replace(plan, communities=with_shape(plan.communities, grown))


def a_code_changed(plan):
    return replace(plan, grids=with_column(plan.grids, "code", plan.grids["community"][0] + "099"))


def borders_closed(plan):
    return replace(plan, borders=plan.borders.assign(passable=False), findings=())


def an_atom_less(plan):
    return replace(plan, atoms=plan.atoms.iloc[1:].reset_index(drop=True))


def an_atom_shifted(plan):
    return replace(plan, atoms=with_shape(plan.atoms, translate(plan.atoms.geometry[0], 1e-4, 0)))


def an_error_found(plan):
    found = Finding(rule="no_overlap", severity="error", message=Text("x", "x"))
    return replace(plan, findings=(found, *plan.findings))


def a_code_twice(plan):
    return replace(plan, grids=with_column(plan.grids, "code", plan.grids["code"].iloc[1]))


#: Laws of what is read again, not of the plan.
READING = ("files_are_read_as_frames", "a_saved_plan_comes_back", "layers_are_not_changed")
#: What breaks each other law; a law without a line here fails.
BREAKS = {
    "households_are_conserved": a_home_less,
    "residents_are_conserved": residents_added,
    "grids_fill_their_communities": a_grid_less,
    "ground_of_communities_changes_only_as_listed": an_outline_grown,
    "each_atom_given_is_kept_or_listed": an_atom_less,
    "atoms_are_a_coverage": an_atom_shifted,
    "grids_do_not_overlap": a_grid_shifted,
    "each_basic_grid_is_one_valid_polygon": a_grid_in_two_parts,
    "grids_are_connected_without_crossing_barriers": borders_closed,
    "each_household_is_in_one_grid_or_listed": a_home_in_another_grid,
    "verdicts_fit_the_counts": a_verdict_turned,
    "each_community_has_a_verdict_and_a_reason": a_reason_less,
    "no_plan_breaks_a_hard_rule": an_error_found,
    "what_is_delivered_passes_verification": a_grid_shifted,
    "order_of_rows_and_threads_change_no_byte": a_verdict_turned,
    "moving_the_town_by_whole_metres_changes_no_grouping": a_home_in_another_grid,
    "grids_given_as_atoms_come_back": a_code_changed,
    "a_plan_differs_in_nothing_from_itself": a_code_twice,
    "there_is_nothing_to_repair": a_grid_shifted,
}


@pytest.mark.parametrize(
    "law", [law for law in LAWS if law.__name__ not in READING], ids=lambda law: law.__name__
)
def test_each_law_is_broken_by_a_broken_plan(law, case, case_of_atoms):
    broken = case_of_atoms if law.__name__ == "each_atom_given_is_kept_or_listed" else case
    law(broken)
    with pytest.raises((AssertionError, InputError)):
        law(replace(broken, plan=BREAKS[law.__name__](broken.plan)))


@pytest.mark.parametrize("name", READING)
def test_each_law_of_reading_is_broken_by_what_is_read(name, case, monkeypatch):
    law = next(law for law in LAWS if law.__name__ == name)
    law(case)
    fewer = replace(case.layers, households=case.layers.households.iloc[1:])
    monkeypatch.setattr("laws.load_plan", lambda _: a_home_less(case.plan))
    with pytest.raises(AssertionError):
        law(case if name == "a_saved_plan_comes_back" else replace(case, layers=fewer))


# --- examples ----------------------------------------------------------------------------------


def test_frames_and_layers_give_the_same_plan():
    city = random_city(11, schools=True)
    assert_same(
        partition_layers(city.frames, settings()), partition_layers(city.layers(), settings())
    )


def test_files_give_the_same_plan_as_frames(tmp_path, monkeypatch):
    city = random_city(12, river=True)
    monkeypatch.chdir(tmp_path)
    inputs = city.write(tmp_path)
    plan = run(settings(read=ReadRules(inputs=inputs)))
    direct = partition_layers(city.frames, settings())
    assert grids_by_household(plan) == grids_by_household(direct)
    assert sorted(plan.run["inputs"]) == sorted(f"{role}.gpkg" for role in inputs)
    assert set(plan.run["seconds"]) == {"read", "atoms", "partition", "codes", "validate"}
    assert plan.run["peak_mb"] > 10


def test_what_we_deliver_passes_our_own_verification(tmp_path, monkeypatch):
    city = random_city(13, schools=True, compounds=True)
    monkeypatch.chdir(tmp_path)
    inputs = city.write(tmp_path)
    rules = settings(read=ReadRules(inputs={r: inputs[r] for r in ("communities", "households")}))
    plan = run(settings(read=ReadRules(inputs=inputs)))
    plan.grids.to_file("ours.gpkg", layer="grids")
    judged = verify(Source(path="ours.gpkg"), rules)
    assert [f.message.en for f in judged.findings if f.severity == "error"] == []
    assert judged.summary["households"]["in_grids"] == plan.summary["households"]["in_grids"]
    assert judged.summary["in_band_share"] == plan.summary["in_band_share"]
    assert grids_by_household(judged) == grids_by_household(plan)


@pytest.mark.parametrize(
    ("per_block", "verdict", "grids"), [(70, "in_band", 1), (30, "small", 1), (120, "in_band", 2)]
)
def test_the_number_of_grids_follows_the_households(per_block, verdict, grids):
    plan = partition_layers(block_city(3, 2, per_block=per_block).layers(), settings())
    assert plan.communities["verdict"].tolist() == [verdict]
    assert len(plan.grids) == grids


def test_another_band_gives_other_grids():
    city = block_city(4, 2, per_block=60)
    plan = partition_layers(city.layers(), settings(band=Band(lower=100, upper=140)))
    assert len(plan.grids) == 4
    assert plan.grids["households"].between(100, 140).all()


def test_communities_without_codes_take_them_from_a_table(tmp_path):
    city = block_city()
    plain = city.frames["communities"].drop(columns="编码")
    table = tmp_path / "codes.csv"
    table.write_text(f"名称,编码\n甲社区,{CODES[4]}\n", encoding="utf-8")
    chosen = settings()
    chosen = replace(chosen, codes=replace(chosen.codes, mapping=str(table)))
    plan = partition_layers(city.with_layers(communities=plain).layers(), chosen)
    assert plan.grids["code"].tolist() == [f"{CODES[4]}001"]


def test_progress_is_told_by_stage():
    told = []
    partition_layers(
        block_city().layers(),
        settings(),
        on_progress=lambda stage, done, total: told.append((stage, done, total)),
    )
    stages = list(dict.fromkeys(stage for stage, *_ in told))
    assert stages == ["atoms", "partition", "codes", "validate"]
    assert all(done <= total for _, done, total in told)
