"""Links that join what does not touch: exclaves, gates in barriers, bridges over lakes."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import LineString, MultiPolygon, Point, box

import gridgeo as gg
from gridgeo.adjust import Edit, try_edits
from gridgeo.config import Codes, ReadRules, Settings, Source
from gridgeo.geometry import polygons_along
from gridgeo.maps.data import atom_data
from gridgeo.model import Plan
from gridgeo.partition import build_atom_graph
from gridgeo.pipeline.stages import make_atoms
from gridgeo.read import layers_from_frames

CRS = "EPSG:4548"
X, Y = 500_000, 4_000_000
PLAIN = Settings(codes=Codes(scheme="plain"), lang="en")


def layer(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def ground(west, south, east, north):
    return box(X + west, Y + south, X + east, Y + north)


def line(*points):
    return LineString([(X + x, Y + y) for x, y in points])


def point(x, y):
    return Point(X + x, Y + y)


ROAD = line((150, 60), (340, 60))


def village(links=None, **more):
    """A village with an exclave 200 m away in the ground of another; 200 households in each."""
    frames = {
        "communities": layer(
            [
                MultiPolygon([ground(0, 0, 200, 200), ground(300, 0, 400, 200)]),
                ground(200, -100, 300, 200),
            ],
            编码=["A01", "A02"],
            名称=["甲村", "乙村"],
        ),
        "streets": layer([line((0, 100), (200, 100))], 等级=["支路"]),
        "households": layer(
            [point(90, 50), point(90, 150), point(350, 50), point(250, 50)],
            户数=[100] * 2 + [200, 400],
        ),
    }
    if links is not None:
        frames["links"] = links
    return {**frames, **more}


def river(links=None, *, width=20):
    """Two banks of a river, 200 households each."""
    frames = {
        "communities": layer([ground(0, 0, 400 + width, 200)], 名称=["甲社区"]),
        "streets": layer([line((0, 100), (150, 100))], 等级=["支路"]),
        "barriers": layer([ground(200, -10, 200 + width, 210)], 类型=["水系"]),
        "households": layer([point(90, 50), point(310 + width, 50)], 户数=[200, 200]),
    }
    return frames if links is None else {**frames, "links": links}


def plan_of(frames) -> Plan:
    return gg.partition_layers(frames, PLAIN)


def rules(plan, *names):
    return [found for found in plan.findings if found.rule in names]


def test_a_village_road_puts_an_exclave_in_one_grid_with_its_village():
    alone, joined = plan_of(village()), plan_of(village(layer([ROAD], name=["村道"])))
    assert alone.grids["community_name"].tolist().count("甲村") > 1
    (grid,) = joined.grids[joined.grids["community_name"] == "甲村"].itertuples()
    assert (grid.households, grid.verdict) == (400, "in_band")
    assert grid.geometry.geom_type == "MultiPolygon"
    assert not [found for found in joined.findings if found.severity == "error"]
    assert not rules(joined, "one_part", "link_unplaced")
    (used,) = rules(joined, "link_joins")
    assert used.grids == (grid.code,)
    assert used.where.equals(ROAD)
    assert "村道" in used.message.en


def test_without_the_road_the_advice_is_to_give_it_as_a_link():
    frames = village()
    advice = " ".join(plan_of(frames).communities["reason"])
    assert "setting `links`" in advice
    assert "underpass" not in advice


def written(folder, frames):
    """Return settings whose inputs are the frames as files."""
    for role, frame in frames.items():
        frame.to_file(folder / "town.gpkg", layer=role)
    inputs = {role: (Source.parse(f"{folder}/town.gpkg::{role}"),) for role in frames}
    return replace(PLAIN, read=ReadRules(inputs=inputs))


def test_verify_counts_parts_that_a_link_joins_as_one(tmp_path):
    frames = village(layer([ROAD], name=["村道"]))
    settings = written(tmp_path, frames)
    plan = gg.run(settings)
    plan.grids.to_file(tmp_path / "grids.gpkg", layer="grids")
    bare = {role: source for role, source in settings.read.inputs.items() if role != "links"}
    for inputs, broken in ((settings.read.inputs, False), (bare, True)):
        given = replace(settings, read=ReadRules(inputs=inputs))
        judged = gg.verify(f"{tmp_path}/grids.gpkg::grids", given)
        assert bool(rules(judged, "one_part")) == broken
        assert bool(rules(judged, "link_joins")) != broken
        assert bool([f for f in judged.findings if f.severity == "error"]) == broken


@pytest.mark.parametrize(
    ("shape", "reason", "severity"),
    [
        (line((20, 20), (60, 60)), "unit that it begins in", "info"),
        (line((20, 50), (20, 150)), "joined without it", "info"),
        (line((100, 150), (100, 400)), "reaches no unit", "warning"),
        (line((150, 60), (250, 60)), "different communities", "warning"),
        (point(100, 50), "no water", "warning"),
    ],
    ids=["one unit", "joined already", "nowhere", "another community", "no barrier"],
)
def test_a_link_that_joins_nothing_is_listed_with_its_reason(shape, reason, severity):
    plan = plan_of(village(layer([shape], name=["某路"])))
    (found,) = rules(plan, "link_unplaced")
    assert reason in found.message.en
    assert found.severity == severity
    assert found.where.equals(shape)
    assert not rules(plan, "link_joins")


@pytest.mark.parametrize("gate", [(210, 60), (195, 60), (222, 140)], ids=["on it", "west", "east"])
@pytest.mark.parametrize("kind", ["water", "rail"])
def test_a_point_joins_what_the_nearest_barrier_parts_there(gate, kind):
    frames = river(layer([point(*gate)], name=["闸桥"]))
    if kind == "rail":
        frames["barriers"] = layer([line((210, -10), (210, 210))], 类型=["铁路"])
    plan = plan_of(frames)
    assert plan.grids["households"].tolist() == [400]
    assert rules(plan, "link_joins")[0].grids == (plan.grids["code"].iloc[0],)
    assert not rules(plan, "barriers_respected", "straddles_barrier")


def test_a_bridge_over_a_lake_joins_its_two_shores():
    lake = river(layer([line((180, 60), (440, 60))], name=["栈桥"]), width=220)
    borders = make_atoms(layers_from_frames(lake, ReadRules()), PLAIN).borders
    atoms = make_atoms(layers_from_frames(lake, ReadRules()), PLAIN).frame
    linked = borders[borders["link"]]
    homes = atoms["households"].to_numpy()
    both = (homes[linked["left"]] > 0) & (homes[linked["right"]] > 0)
    assert both.any()
    assert (linked["border_m"] == 0).all()
    assert linked["passable"].all()


def test_the_graph_and_the_map_know_links_as_neighbours():
    plan = plan_of(village(layer([ROAD], name=["村道"])))
    layers = layers_from_frames(village(layer([ROAD], name=["村道"])), ReadRules())
    ground_ = build_atom_graph(make_atoms(layers, PLAIN), PLAIN.weights)
    assert ground_.border_m[ground_.linked].min() == 0
    (edge,) = [e for e in plan.graph().edges(data=True) if e[2]["border_m"] == 0]
    assert edge[2]["passable"]
    data = atom_data(plan)
    assert len(data["links"]) == 1
    assert len(data["left"]) >= (~plan.borders["link"]).sum()
    assert sorted(data["links"][0]) == sorted(edge[:2])


def test_edits_may_move_an_atom_over_a_link_and_the_list_of_links_follows():
    link = layer([ROAD], name=["村道"])
    frames = village(link)
    frames["households"] = layer(
        [point(90, 50), point(90, 150), point(350, 50), point(250, 50)], 户数=[350, 350, 300, 400]
    )
    plan = plan_of(frames)
    assert rules(plan, "link_joins")[0].grids == ()
    exclave = int(np.flatnonzero(plan.atoms.geometry.centroid.x > X + 320)[0])
    village_grid = plan.atoms["grid"].iloc[
        int(np.flatnonzero(plan.atoms.geometry.intersects(point(90, 50)))[0])
    ]
    trial = try_edits(plan).do(Edit(do="move", atoms=(exclave,), to=village_grid))
    assert trial.grids.loc[village_grid, "parts"] == 1
    moved = trial.apply()
    assert rules(moved, "link_joins")[0].grids == (village_grid,)
    assert not rules(moved, "one_part")


def test_adjust_proposes_nothing_for_a_plan_with_links(tmp_path):
    settings = written(tmp_path, village(layer([ROAD], name=["村道"])))
    plan = gg.run(settings)
    plan.grids.to_file(tmp_path / "grids.gpkg", layer="grids")
    change = gg.adjust_grids(f"{tmp_path}/grids.gpkg::grids", settings)
    assert not len(change.proposals)
    assert not [found for found in change.plan.findings if found.severity == "error"]


def test_the_order_of_links_and_their_direction_change_nothing():
    roads = [ROAD, line((150, 160), (340, 160)), line((20, 20), (60, 60))]
    back = [LineString(list(road.coords)[::-1]) for road in roads]
    one = plan_of(village(layer(roads, name=["a", "b", "c"])))
    other = plan_of(village(layer(back[::-1], name=["c", "b", "a"])))
    pd.testing.assert_series_equal(one.atoms["grid"], other.atoms["grid"])


def test_a_line_meets_polygons_in_its_order_and_reaches_those_beside_its_ends():
    row = shapely.STRtree([box(0, 0, 10, 10), box(10, 0, 20, 10), box(40, 0, 50, 10)])
    assert polygons_along(LineString([(45, 5), (5, 5)]), row, 0).tolist() == [2, 1, 0]
    assert polygons_along(LineString([(22, 5), (38, 5)]), row, 1).tolist() == []
    assert polygons_along(LineString([(22, 5), (38, 5)]), row, 3).tolist() == [1, 2]
    assert polygons_along(LineString([(20, 5), (40, 5)]), row, 0).tolist() == [1, 2]
