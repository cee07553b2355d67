"""Links (bridges, underpasses, gates): lines across barriers that join their two sides."""

import geopandas as gpd
import pytest
from shapely import LineString, Point, box

import gridgeo as gg
from gridgeo.config import Codes, ReadRules, Settings
from gridgeo.pipeline.stages import make_atoms
from gridgeo.read import layers_from_frames

CRS = "EPSG:4548"
X, Y = 500_000, 4_000_000
PLAIN = Settings(codes=Codes(scheme="plain"))


def line(*points, **columns):
    shape = LineString([(X + x, Y + y) for x, y in points])
    return gpd.GeoDataFrame({k: [v] for k, v in columns.items()}, geometry=[shape], crs=CRS)


def town(**more):
    """Two banks of a river of 20 m, 200 households each: neither bank is enough for a grid."""
    return {
        "communities": gpd.GeoDataFrame(
            {"名称": ["甲社区"]}, geometry=[box(X, Y, X + 420, Y + 200)], crs=CRS
        ),
        "streets": line((0, 100), (150, 100), 等级="支路"),
        "barriers": gpd.GeoDataFrame(
            {"类型": ["水系"]}, geometry=[box(X + 200, Y - 10, X + 220, Y + 210)], crs=CRS
        ),
        "households": gpd.GeoDataFrame(
            {"户数": [200, 200]}, geometry=[Point(X + 90, Y + 50), Point(X + 330, Y + 50)], crs=CRS
        ),
        **more,
    }


@pytest.mark.parametrize(
    ("link", "joined"),
    [
        (None, False),
        (line((190, 60), (230, 60), name="人行桥"), True),
        (line((160, 20), (160, 180), name="不过河"), False),
    ],
    ids=["no link", "a footbridge", "a path along the bank"],
)
def test_a_link_across_water_makes_its_border_passable(link, joined):
    frames = town() if link is None else town(links=link)
    layers = layers_from_frames(frames, ReadRules())
    borders = make_atoms(layers, Settings()).borders
    water = borders[(borders["street_class"] == "water") & (borders["right"] >= 0)]
    assert len(water)
    assert water["passable"].any() == joined


def test_links_cut_nothing_and_are_listed():
    plain, linked = (
        layers_from_frames(frames, ReadRules())
        for frames in (town(), town(links=line((190, 60), (230, 60), name="人行桥")))
    )
    same = [len(make_atoms(layers, Settings()).frame) for layers in (plain, linked)]
    assert same[0] == same[1]
    told = [str(note.message.en) for note in linked.notes if note.topic == "links"]
    assert len(told) == 1
    assert "1 links join what barriers part" in told[0]
    assert "人行桥 1" in told[0]


def test_a_grid_over_a_linked_river_straddles_nothing():
    linked = town(links=line((190, 60), (230, 60), name="人行桥"))
    rules = [
        {finding.rule for finding in gg.partition_layers(frames, PLAIN).findings}
        for frames in (town(), linked)
    ]
    assert "barriers_respected" in rules[0]
    assert "barriers_respected" not in rules[1]
