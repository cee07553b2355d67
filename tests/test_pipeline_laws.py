"""Laws of the whole job on random towns."""

from dataclasses import replace

import hypothesis
import numpy as np
import pytest
import shapely
from builders_city import CODES, City, block_city, grids_by_household, random_city, settings
from hypothesis import Phase, example, given
from hypothesis import strategies as st

from gridgeo.config import Band, ReadRules, Source
from gridgeo.model import layer_frame
from gridgeo.pipeline import partition_layers, run, verify

few = hypothesis.settings(
    max_examples=4, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate]
)
FEATURES = ("river", "carriageways", "compounds", "buildings", "schools", "residents")
cities = st.builds(
    random_city, seed=st.integers(0, 2**16), **{name: st.booleans() for name in FEATURES}
)
#: findings that may be errors on no plan of ours
HARD = ("fills_community", "no_overlap", "inside_community", "households_once", "codes_unique")


def by_kind(plan, kind):
    return plan.grids[plan.grids["kind"] == kind]


@few
@given(cities)
def test_households_residents_and_area_are_conserved(city):
    layers = city.layers()
    plan = partition_layers(layers, settings())
    told = plan.summary["households"]
    assert told["in"] == city.frames["households"]["户数"].sum()
    assert told["in"] == told["in_grids"] + told["listed"]
    assert told["in_grids"] == plan.grids["households"].sum() == plan.atoms["households"].sum()
    inside = plan.households["grid"] != ""
    assert told["listed"] == plan.households.loc[~inside, "households"].sum()
    residents = layers.households["residents"]
    if residents.notna().any():
        within = plan.households.loc[inside, "residents"].sum()
        assert plan.grids["residents"].sum() == within == plan.communities["residents"].sum()
    assert plan.summary["area_difference_m2"] < 1e-4
    np.testing.assert_allclose(plan.grids["area_m2"].sum(), plan.communities.area.sum())


@few
@example(random_city(173, river=True, compounds=True))  # two atoms differ by 2e-10 m at a vertex
@given(cities)
def test_grids_are_single_polygons_inside_one_community_with_every_household_in_its_grid(city):
    plan = partition_layers(city.layers(), settings())
    shapes = plan.grids.set_index("code").geometry
    assert shapes.is_valid.all()
    assert (by_kind(plan, "basic").geom_type == "Polygon").all()
    assert plan.grids["code"].is_unique
    assert set(plan.grids["community"]) <= set(plan.communities["code"])
    homes = plan.households[plan.households["grid"] != ""]
    own = shapes.loc[homes["grid"]].to_numpy()
    assert shapely.dwithin(homes.geometry.to_numpy(), own, 0.01).all()
    sums = homes.groupby("grid")["households"].sum().reindex(shapes.index, fill_value=0)
    assert (sums.to_numpy() == plan.grids.set_index("code")["households"]).all()
    assert not [f for f in plan.findings if f.severity == "error"]


@few
@given(cities)
def test_every_grid_and_community_has_a_verdict_that_fits_its_numbers(city):
    plan = partition_layers(city.layers(), settings())
    band = settings().band
    basic = by_kind(plan, "basic")
    fits = basic["households"].between(band.lower, band.upper)
    fits |= basic["residents"].between(band.residents_lower, band.residents_upper)
    assert (fits == (basic["verdict"] == "in_band")).all()
    assert (plan.grids["verdict"] != "").all()
    small = plan.communities["verdict"] == "small"
    assert (plan.communities.loc[small, "households"] < band.lower).all()
    told = plan.communities.set_index("code")["grids"]
    assert (told == basic["community"].value_counts().reindex(told.index, fill_value=0)).all()
    unmet = plan.communities["verdict"].isin(["impossible", "not_found"])
    assert (plan.communities.loc[unmet, "reason"] != "").all()
    assert (by_kind(plan, "open")["households"] == 0).all()


@few
@given(cities, st.integers(0, 99))
def test_the_order_of_rows_changes_no_byte(city, seed):
    plan = partition_layers(city.layers(), settings())
    other = partition_layers(city.shuffled(seed).layers(), settings())
    assert_same(plan, other)


@few
@example(random_city(503802, schools=True, residents=True), 2_792, -2_146)
@given(cities, st.integers(-5_000, 5_000), st.integers(-5_000, 5_000))
def test_moving_the_town_by_whole_metres_changes_no_grouping(city, dx, dy):
    plan = partition_layers(city.layers(), settings())
    moved = partition_layers(city.moved(dx, dy).layers(), settings())
    assert grids_by_household(moved) == grids_by_household(plan)
    assert moved.grids["name"].tolist() == plan.grids["name"].tolist()
    np.testing.assert_allclose(moved.grids["area_m2"], plan.grids["area_m2"])


@few
@given(cities, st.sampled_from([2, 5]))
def test_the_number_of_threads_changes_no_byte(city, jobs):
    layers = city.layers()
    assert_same(
        partition_layers(layers, settings()), partition_layers(layers, settings(), jobs=jobs)
    )


@few
@given(cities)
def test_grids_as_ready_made_atoms_give_the_same_grids(city):
    plan = partition_layers(city.without("facilities").layers(), settings())
    grids = plan.grids.assign(户数=plan.grids["households"], 人口=plan.grids["residents"])
    columns = ["户数", "community", "geometry"]
    columns += ["人口"] if plan.grids["residents"].notna().any() else []
    communities = plan.communities.rename(columns={"code": "编码", "name": "名称"})
    again = City(
        {
            "communities": communities[["编码", "名称", "geometry"]],
            "atoms": grids[columns].rename(columns={"community": "社区编码"}),
        }
    )
    if not (plan.grids["verdict"] == "in_band").all():
        hypothesis.reject()
    plan_again = partition_layers(again.layers(), settings())
    assert plan_again.grids["code"].tolist() == plan.grids["code"].tolist()
    assert plan_again.grids["households"].tolist() == plan.grids["households"].tolist()
    assert plan_again.grids.geometry.geom_equals(plan.grids.geometry).all()


@few
@given(cities)
def test_the_layers_given_are_not_changed(city):
    layers = city.layers()
    before = {role: frame.copy() for role, frame in vars(layers).items() if hasattr(frame, "crs")}
    frames = {role: frame.copy() for role, frame in before.items() if hasattr(frame, "columns")}
    partition_layers(layers, settings())
    for role, frame in frames.items():
        assert getattr(layers, role).equals(frame), role


def assert_same(plan, other):
    for layer in ("communities", "grids", "atoms", "borders", "households", "considered"):
        mine, its = (layer_frame(layer, getattr(p, layer)) for p in (plan, other))
        assert mine.drop(columns="geometry").equals(its.drop(columns="geometry")), layer
        assert mine.geometry.to_wkb().equals(its.geometry.to_wkb()), layer
    assert [f.message for f in plan.findings] == [f.message for f in other.findings]
    assert plan.summary == other.summary


# --- examples -----------------------------------------------------------------------------------


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
