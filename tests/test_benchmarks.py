"""The benchmarks' synthetic cities, and how cost is measured."""

import importlib
import sys

import geopandas as gpd
import numpy as np
import pytest
import shapely

from benchmarks.bench_ablation import SEAMS, without
from benchmarks.bench_read import FORMATS, write_homes
from benchmarks.bench_scale import Run, growth, table
from benchmarks.measure import Cost, run_measured
from benchmarks.synthetic import write_city
from gridgeo.config import SCHEMES, ReadRules, Source, read_settings
from gridgeo.pipeline import run
from gridgeo.read import read_layers

LAYERS = (
    "communities",
    "streets",
    "barriers",
    "households",
    "compounds",
    "buildings",
    "facilities",
)


def layers(settings):
    path = settings.with_name("city.gpkg")
    return {layer: gpd.read_file(path, layer=layer) for layer in LAYERS}


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return layers(write_city(tmp_path_factory.mktemp("town"), 80_000))


def test_a_small_city_runs_through_and_keeps_its_households(tmp_path):
    settings = write_city(tmp_path, 10_000, seed=3)
    households = int(layers(settings)["households"]["户数"].sum())
    plan = run(read_settings(settings))
    assert plan.summary["households"] == {
        "in": households,
        "in_grids": households,
        "listed": 0,
    }
    assert 8_000 < households < 12_500
    assert plan.summary["findings"]["error"] == 0
    assert plan.summary["in_band_share"] > 0.9


def test_communities_are_a_coverage_of_bounded_sizes_with_the_codes_of_their_townships(town):
    communities, homes = town["communities"], town["households"]
    outlines = communities.geometry.to_numpy()
    assert shapely.coverage_is_valid(outlines)
    home, community = shapely.STRtree(outlines).query(homes.geometry, predicate="within")
    assert (home == np.arange(len(homes))).all()
    held = np.bincount(community, homes["户数"])
    assert np.median(held) == pytest.approx(1900, rel=0.15)
    assert (held > 700).all()
    assert (held < 3500).all()
    assert communities["社区编码"].is_unique
    assert all(SCHEMES["cn15"].accepts_community(code) for code in communities["社区编码"])
    assert communities["社区编码"].str[:9].value_counts().between(10, 25).all()


def test_streets_have_four_ranks_and_some_cross_the_river_and_the_railway(town):
    streets, barriers = town["streets"], town["barriers"].set_index("类型")
    assert set(streets["道路等级"]) == {"主干路", "次干路", "支路", "巷"}
    for kind in ("河流", "铁路"):
        crossing = streets[streets.intersects(barriers.loc[[kind]].union_all())]
        assert 0 < len(crossing) < 0.1 * len(streets)
    assert not town["buildings"].intersects(barriers.union_all()).any()


def test_the_same_numbers_give_the_same_city_and_another_seed_another(tmp_path):
    first, again, other = (
        layers(write_city(tmp_path / name, 5_000, seed=seed))
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    for layer in LAYERS:
        assert first[layer].equals(again[layer])
    assert not first["households"]["户数"].equals(other["households"]["户数"])


def test_cost_is_of_the_command_with_its_processes(tmp_path):
    hold = "import time; held = b'x' * 80_000_000; time.sleep(0.4)"
    start = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}])"
    cost = run_measured([sys.executable, "-c", start], makes=tmp_path)
    assert cost.process_mb > 75
    assert cost.total_mb > cost.process_mb
    assert cost.wall_s > cost.cpu_s > 0


def test_a_command_that_fails_is_an_error_with_its_last_words(tmp_path):
    with pytest.raises(RuntimeError, match="no luck"):
        run_measured([sys.executable, "-c", "raise OSError('no luck')"], makes=tmp_path / "nothing")


def test_the_growth_exponent_is_the_slope_in_logarithms():
    runs = [
        Run(n, n // 400, 1.0, Cost(n**1.5 / 1e4, 1.0, n / 1e3, n / 1e3)) for n in (10**4, 10**6)
    ]
    assert "wall_s 1.50 (last step 1.50); cpu_s 0.00" in growth(runs)
    assert growth(runs[:1]) == ""
    assert table(runs).count("\n") == 3


@pytest.mark.parametrize("component", SEAMS)
def test_a_component_is_off_inside_the_block_only(component):
    seams = [
        (importlib.import_module(f"gridgeo.partition.{module}"), name)
        for module, name, _ in SEAMS[component]
    ]
    before = [getattr(place, name) for place, name in seams]
    with without(component):
        assert all(
            getattr(place, name) is not one
            for (place, name), one in zip(seams, before, strict=True)
        )
    assert [getattr(place, name) for place, name in seams] == before


@pytest.mark.parametrize("kind", FORMATS)
def test_homes_are_the_same_in_every_format(tmp_path, kind):
    path = write_homes(tmp_path, kind, 40)
    named = {"communities": "communities.parquet", "streets": "streets.parquet", "households": path}
    inputs = {role: (Source(path=str(tmp_path / name)),) for role, name in named.items()}
    crs = {"households": "4548"} if path.suffix in (".csv", ".xlsx") else {}
    homes = read_layers(ReadRules(inputs=inputs, crs=crs)).households
    few = gpd.read_parquet(tmp_path / "few.parquet")
    assert len(homes) == 40
    assert homes["households"].sum() > few["户数"].sum() > 0
    assert homes["name"].str.startswith("幸福路").all()
