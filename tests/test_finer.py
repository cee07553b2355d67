"""Communities that coarse atoms cannot meet are met with finer ones."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point, box

import gridgeo as gg
from benchmarks.synthetic import draw_city
from gridgeo.atoms import Cutter, cut_blocks
from gridgeo.config import AtomRules, Codes, DedicatedRules, ReadRules
from gridgeo.dedicated import choose_dedicated
from gridgeo.geometry import households_in
from gridgeo.model import Layers
from gridgeo.read import layers_from_frames

CRS = "EPSG:4547"
X, Y = 500_000.0, 4_000_000.0


def three_blocks(*, per_block: int, houses: int = 24) -> dict[str, gpd.GeoDataFrame]:
    """Return a community of three street blocks in a row, each with rows of small houses."""
    streets = [LineString([(X + at, Y - 5), (X + at, Y + 205)]) for at in (200, 400)]
    rng = np.random.default_rng(3)
    points, counts = [], []
    for block in range(3):
        xy = rng.uniform(20, 180, (houses, 2)) + np.array([X + 200 * block, Y])
        points += [Point(p) for p in xy]
        counts += [per_block // houses] * houses
    return {
        "communities": gpd.GeoDataFrame(
            {"code": ["420102001001"], "name": ["三街社区"]},
            geometry=[box(X, Y, X + 600, Y + 200)],
            crs=CRS,
        ),
        "streets": gpd.GeoDataFrame({"highway": ["residential"] * 2}, geometry=streets, crs=CRS),
        "households": gpd.GeoDataFrame({"households": counts}, geometry=points, crs=CRS),
    }


def test_three_blocks_of_240_make_two_grids_when_they_are_cut_finer():
    plan = gg.partition_layers(three_blocks(per_block=240))
    assert plan.summary["verdicts"]["in_band"] == 1
    assert min(plan.grids["households"]) >= 300
    assert plan.grids["households"].sum() == 720
    assert plan.summary["area_difference_m2"] < 1e-5
    assert not [f for f in plan.findings if f.severity == "error"]


def test_without_finer_atoms_the_same_town_is_impossible():
    never = gg.Settings(atoms=AtomRules(finer_share=0.5))
    plan = gg.partition_layers(three_blocks(per_block=240), never)
    assert plan.summary["verdicts"]["impossible"] == 1
    assert (plan.communities["proof"] != "").all()


def test_blocks_that_fit_are_not_cut():
    plan = gg.partition_layers(three_blocks(per_block=168))
    assert plan.summary["atoms"] == 3
    assert plan.grids["verdict"].tolist() == ["over"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_neighbours_of_a_finer_community_keep_their_grids(jobs):
    """The second community is met at once: trying the first again must not touch it."""
    town = three_blocks(per_block=240)
    beside = three_blocks(per_block=216)
    far = {role: frame.set_geometry(frame.translate(0, 200)) for role, frame in beside.items()}
    far["communities"] = far["communities"].assign(code="420102001002", name="北街社区")
    both = {role: gpd.pd.concat([town[role], far[role]], ignore_index=True) for role in town}
    alone = gg.partition_layers(far, gg.Settings(codes=Codes()), jobs=jobs)
    plan = gg.partition_layers(both, gg.Settings(codes=Codes()), jobs=jobs)
    ours = plan.grids[plan.grids["community"] == "420102001002"]
    assert ours["households"].tolist() == alone.grids["households"].tolist()
    assert plan.summary["verdicts"]["in_band"] == 2
    assert plan.summary["area_difference_m2"] < 1e-5


def test_finer_ground_is_a_coverage_that_changes_no_other_community():
    """Only communities 0 and 2 of a synthetic town are cut anew; the others keep every piece."""
    town = synthetic_town()
    cutter = cutter_of(town)
    coarse = cutter.cut()
    fine = cutter.cut_finer(coarse, [0, 2])
    others = ~np.isin(coarse.community, [0, 2])
    kept = fine.take(~np.isin(fine.community, [0, 2]))
    assert len(fine) > len(coarse)
    assert shapely.coverage_is_valid(fine.polygons)
    assert len(kept) == others.sum()
    assert shapely.hausdorff_distance(kept.polygons, coarse.polygons[others]).max() < 1e-6
    assert (kept.is_cell == coarse.is_cell[others]).all()
    assert (np.diff(fine.community) >= 0).all()
    assert fine.free.all()
    for ground in (coarse, fine):
        atoms = cutter.atoms_of(ground)
        assert atoms.frame["households"].sum() == town.households["households"].sum()
        inner = atoms.borders[atoms.borders["right"] >= 0]
        around = (
            atoms.borders.groupby("left")["border_m"]
            .sum()
            .add(inner.groupby("right")["border_m"].sum(), fill_value=0)
        )
        np.testing.assert_allclose(around, shapely.length(ground.polygons))


def test_finer_ground_of_no_community_is_the_same_ground():
    cutter = cutter_of(synthetic_town())
    ground = cutter.cut()
    assert shapely.equals(cutter.cut_finer(ground, []).polygons, ground.polygons).all()


def synthetic_town() -> Layers:
    (frames,) = draw_city(5_000, seed=4)
    return layers_from_frames(frames, ReadRules())


def cutter_of(layers: Layers) -> Cutter:
    rules = AtomRules()
    limits = np.full(len(layers.communities), 500)
    blocks = cut_blocks(layers, rules, limits=limits)
    held = households_in(layers.households, blocks.faces.polygons)
    considered = choose_dedicated(layers, blocks.faces.polygons, held, DedicatedRules())
    return Cutter(layers=layers, blocks=blocks, considered=considered, rules=rules, limits=limits)
