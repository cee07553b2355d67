from dataclasses import replace

import numpy as np
import pytest
import shapely
from builders_city import areas, block_city, facilities, frame, settings
from shapely import LineString, Point, box
from shapely.affinity import translate

import gridgeo as gg
from gridgeo.config import Band, Override, Source
from gridgeo.errors import SettingsError
from gridgeo.model import by_code
from gridgeo.pipeline import constraints_of, make_atoms
from gridgeo.province import run_chunks
from gridgeo.report import load_plan

BY_HOUSEHOLDS = Band(profile="households")


def plan_of(city, **parts):
    return gg.partition_layers(city.frames, settings(**{"band": BY_HOUSEHOLDS} | parts))


def grid_at(plan, x, y):
    """Return the code of the grid at a place in metres from the builders' origin."""
    point = frame([Point(x, y)]).geometry.iloc[0]
    return plan.grids.loc[plan.grids.intersects(point), "code"].iloc[0]


def rules_of(plan):
    return {f.rule for f in plan.findings if f.severity != "info"}


def test_what_is_drawn_together_shares_a_grid_and_what_is_drawn_apart_does_not():
    city = block_city(6, 4, per_block=60)
    plan = plan_of(
        city.with_layers(
            together=frame([box(10, 10, 1190, 190), LineString([(100, 300), (100, 700)])]),
            apart=frame([LineString([(900, 500), (900, 700)])]),
        )
    )
    assert len({grid_at(plan, x, 100) for x in range(100, 1200, 200)}) == 1
    assert grid_at(plan, 900, 500) != grid_at(plan, 900, 700)
    assert set(plan.grids["verdict"]) == {"in_band"}
    unmet = [f for f in plan.findings if f.rule == "together_unmet"]
    assert bool(unmet) == (grid_at(plan, 100, 300) != grid_at(plan, 100, 700))


def test_what_meets_no_atom_is_said():
    city = block_city().with_layers(
        together=frame([box(9000, 0, 9100, 100), LineString([(50, 50), (60, 60)])]),
        apart=frame([LineString([(50, 50), (9000, 60)])]),
        locked=areas(box(-500, -500, -400, -400), names=["远处"]),
    )
    layers = city.layers()
    ties = constraints_of(layers, make_atoms(layers, settings()))
    assert [f.rule for f in ties.findings] == ["tie_unplaced"] * 4
    told = [f.message.zh for f in ties.findings]
    assert "锁定网格（远处）：未落在所需的单元上，未起作用" in told
    assert (ties.together, ties.apart) == ((), None)


def test_a_locked_grid_stays_as_drawn():
    city = block_city(6, 4, per_block=60)
    drawn = box(150, 130, 620, 560)
    city = city.with_layers(locked=areas(drawn, names=["老城网格"]))
    plan = plan_of(city)
    (kept,) = plan.grids[plan.grids["name"] == "老城网格"].itertuples()
    outline = frame([drawn]).geometry.iloc[0]
    assert shapely.symmetric_difference(kept.geometry, outline).area < 1e-6
    assert "已锁定，保持不变" in kept.reason
    assert "error" not in {f.severity for f in plan.findings}
    assert plan.grids["households"].sum() == 6 * 4 * 60
    again = plan_of(city.shuffled(3))
    assert again.grids["households"].tolist() == plan.grids["households"].tolist()


def test_a_lock_a_little_inside_its_community_reaches_its_border():
    city = block_city(6, 4).with_layers(locked=areas(box(0.6, 0.6, 600, 400)))
    layers = city.layers()
    atoms = make_atoms(layers, settings())
    ties = constraints_of(layers, atoms)
    held = atoms.frame[ties.locked == 0]
    assert held.area.sum() == pytest.approx(600 * 400, abs=1e-6)
    assert atoms.frame.area.sum() == pytest.approx(1200 * 800, abs=1e-6)


def test_a_facility_in_a_locked_grid_is_part_of_it():
    school = facilities(("学校", "一小", box(220, 220, 380, 380), {"占地面积": 25_600}))
    city = block_city(6, 4).with_layers(facilities=school, locked=areas(box(200, 0, 600, 600)))
    plan = plan_of(city)
    (told,) = plan.considered.itertuples()
    assert not told.dedicated
    assert told.reason == "达到阈值，但位于锁定的网格内，故不单设"
    assert "dedicated" not in set(plan.grids["kind"])


def test_ready_made_atoms_can_be_locked():
    shapes = [translate(box(0, 0, 100, 100), 100 * i, 0) for i in range(8)]
    city = block_city(4, 1).with_layers(
        atoms=frame(shapes, 户数=[100] * 8, 名称=[f"{i}" for i in range(8)]),
        locked=areas(box(90, -20, 410, 120)),
    )
    city = replace(city, frames={r: f for r, f in city.frames.items() if r != "households"})
    plan = plan_of(city)
    assert plan.atoms.groupby("grid")["name"].apply("".join).tolist() == ["0", "123", "4567"]


def test_a_community_with_its_own_band_is_judged_by_it(tmp_path):
    city = block_city(3, 3, per_block=60)
    assert rules_of(plan_of(city, community={"甲社区": Override(upper=540)})) == set()
    usual = plan_of(city)
    assert (usual.communities["proof"][0], rules_of(usual)) == ("arithmetic", {"in_band"})
    plan = plan_of(city, community={"甲社区": Override(upper=540, grids=1)})
    assert plan.communities["verdict"].tolist() == ["in_band"]
    assert plan.grids["households"].tolist() == [540]
    assert plan.summary["mean_deviation"] == pytest.approx(120 / 420, abs=1e-4)
    plan.save(tmp_path / "plan")
    assert load_plan(tmp_path / "plan").settings == plan.settings
    city = city.write(tmp_path / "in")
    inputs = {
        role: (replace(s[0], path=str(tmp_path / "in" / s[0].path)),) for role, s in city.items()
    }
    read = replace(settings().read, inputs={"communities": inputs["communities"]})
    grids = Source(path=str(tmp_path / "plan" / "plan.gpkg"), layer="grids")
    told = gg.verify(grids, replace(plan.settings, read=read))
    assert told.grids["verdict"].tolist() == ["in_band"]
    assert "in_band" not in {f.rule for f in told.findings}
    told = gg.verify(grids, replace(plan.settings, read=read, community={}))
    assert told.grids["verdict"].tolist() == ["over"]
    assert "in_band" in {f.rule for f in told.findings}


def test_a_community_that_is_not_there_is_refused():
    city = block_city()
    with pytest.raises(SettingsError) as told:
        plan_of(city, community={"甲社": Override(lower=200)})
    assert told.value.say("zh") == "没有社区“甲社”〔设置项 community.甲社〕。是否想写 甲社区？"
    town = city.layers().communities
    twice = town.loc[[0, 0]].reset_index(drop=True)
    with pytest.raises(SettingsError, match="2 communities are called '甲社区'"):
        by_code(settings(community={"甲社区": Override(lower=200)}), twice, ["1", "2"])


def test_the_limit_of_its_community_says_how_fine_atoms_are():
    city = block_city(2, 2, per_block=200)
    atoms = {
        upper: len(make_atoms(city.layers(), settings(community=own)).frame)
        for upper, own in ((500, {}), (250, {"420102001001": Override(lower=100, upper=250)}))
    }
    assert atoms[250] > atoms[500]


def test_parts_know_the_rules_of_their_communities(tmp_path):
    city = block_city(3, 3, per_block=60).with_layers(locked=areas(box(0, 0, 200, 600)))
    inputs = {
        role: (replace(s[0], path=str(tmp_path / s[0].path)),)
        for role, s in city.write(tmp_path).items()
    }
    base = settings(band=BY_HOUSEHOLDS, community={"甲社区": Override(lower=150)})
    by = replace(base.parts, by="township")
    chosen = replace(base, read=replace(base.read, inputs=inputs), parts=by)
    whole = gg.run(replace(chosen, parts=base.parts))
    province = run_chunks(chosen, tmp_path / "out")
    assert province.summary["grids"] == whole.summary["grids"]
    assert sorted(whole.grids["households"]) == [180, 360]
    assert np.isin(whole.grids["verdict"], ["in_band"]).all()
