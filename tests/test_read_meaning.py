"""What columns and values mean: streets, barriers, facilities, atoms, counts of buildings."""

import numpy as np
import pyproj
import pytest
from builders_read import (
    CRS,
    X,
    Y,
    buildings,
    communities,
    compounds,
    households,
    notes,
    read,
    streets,
    town,
)
from shapely import LineString, Point, Polygon, box

from gridgeo.config import CATEGORIES, ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.model import BORDER_CLASSES
from gridgeo.read import layers_from_frames, read_grids, read_layers
from gridgeo.read.columns import candidates
from gridgeo.read.vocabulary import (
    _BARRIERS,
    _CATEGORY,
    _STREETS,
    NO_BARRIER,
    NO_STREET,
    barrier_class,
    category,
    street_class,
)


def test_the_vocabulary_speaks_the_words_of_the_model():
    assert set(_STREETS.values()) - {NO_STREET} < set(BORDER_CLASSES)
    assert set(_BARRIERS.values()) - {NO_BARRIER} == {"water", "rail", "wall"}
    assert set(_CATEGORY.values()) == set(CATEGORIES)
    assert all(_CATEGORY[name] == name for name in CATEGORIES)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("motorway_link", "motorway"),
        ("快速路", "motorway"),
        ("trunk", "arterial"),
        ("城市主干道", "arterial"),
        ("次干路", "collector"),
        ("tertiary", "collector"),
        ("residential", "local"),
        ("支路", "local"),
        ("胡同", "lane"),
        ("小区内部道路", "lane"),
        ("footway", "lane"),
        ("Living Street", "local"),
        ("subway", NO_STREET),
        ("在建道路", NO_STREET),
        ("light_rail", "rail"),
        (1.0, "arterial"),
        ("4", "lane"),
        ("xyz", ""),
        ("", ""),
    ],
)
def test_street_classes(value, name):
    assert street_class(str(value)) == name


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("WETAREA", "water"),
        ("河流水面", "water"),
        ("RAIL-ACTIVE", "rail"),
        ("铁路用地", "rail"),
        ("RAIL-ABANDON", NO_BARRIER),
        ("retaining_wall", "wall"),
        ("围墙", "wall"),
        ("tree_row", ""),
    ],
)
def test_barrier_classes(value, name):
    assert barrier_class(value) == name


@pytest.mark.parametrize(
    ("value", "column", "name"),
    [
        ("kindergarten", "", "school"),
        ("实验小学", "", "school"),
        ("社区卫生服务中心", "", "hospital"),
        ("公共卫生间", "", ""),
        ("科技产业园区", "", "business_park"),
        ("城市公园", "", "green_park"),
        ("商业写字楼", "", "office"),
        ("commercial", "landuse", "business_park"),
        ("commercial", "building", "office"),
        ("lawyer", "office", "office"),
        ("government", "office", "institution"),
        ("school;library", "", "school"),
        ("restaurant", "", ""),
        ("yes", "building", ""),
        ("企事业单位", "", "institution"),
    ],
)
def test_categories(value, column, name):
    assert category(value, column) == name


@pytest.mark.parametrize(
    ("columns", "aliases", "best"),
    [
        (["hh_2020", "HH"], ["hh", "hh*"], "HH"),
        (["社区名"], ["社区名称"], "社区名"),
        (["户数（户）"], ["户数"], "户数（户）"),
        (["b", "a"], ["a", "b"], "a"),
    ],
)
def test_best_column(columns, aliases, best):
    assert candidates(columns, aliases)[0] == best


def test_equally_good_columns_are_said_aloud():
    layers = read(households=households(units=[1, 2], 户数=[3, 4], households_2010=[5, 6]))
    assert layers.households_in == 7
    assert "households = 户数 (also possible: households: units)" in notes(layers, "columns")


def test_streets_with_rails_ferries_tunnels_and_levels():
    frame = streets(
        kind_detail=[
            "primary",
            None,
            "subway",
            "pier",
            "footway",
            "light_rail",
            "rail",
            "residential",
        ],
        kind=["road", "ferry", "rail", "path", "path", "rail", "rail", "road"],
        is_tunnel=[None, None, None, None, "building_passage", "no", "yes", "0"],
        layer=["", "", "", "", "", "1", "-1", "-2"],
    )
    layers = read(streets=frame)
    assert layers.streets["street_class"].tolist() == ["arterial", "lane", "local"]
    assert layers.streets["cuts"].tolist() == [True, False, False]
    assert layers.barriers["street_class"].tolist() == ["rail"]
    said = notes(layers, "streets")
    assert "3 rows are no streets on the ground and are left out: ferry 1, pier 1, subway 1" in said
    assert "2 rows are railways" in said


def test_unknown_ranks_count_as_local_and_are_listed():
    layers = read(streets=streets(等级=["主干道", "甲", "甲", ""]))
    assert layers.streets["street_class"].value_counts().to_dict() == {"local": 3, "arterial": 1}
    assert "3 rows of unknown class count as local: 甲 2, (empty) 1" in notes(layers, "streets")
    layers = read(streets=streets(foo=[1, 2]))
    assert "no column of street classes understood" in notes(layers, "streets")


def test_an_explicit_rank_column():
    rules = {"columns": {"streets.class": "MajorRoad"}}
    layers = read(rules, streets=streets(MajorRoad=[1.0, 2.0, np.nan], type=["path"] * 3))
    assert layers.streets["street_class"].tolist() == ["arterial", "collector", "local"]


def test_streets_are_single_lines_with_length():
    both = LineString([(X, Y), (X, Y)])
    line = LineString([(X + 5, Y), (X + 5, Y + 9), (X + 9, Y + 9)])
    frame = streets(等级=["支路", "支路"]).set_geometry([both.union(line), both], crs=CRS)
    layers = read(streets=frame)
    assert layers.streets.geom_type.tolist() == ["LineString"]


def test_barriers_by_file_and_by_value(tmp_path):
    water = buildings(kind=["river", "swimming_pool", "lake"], layer=["-1", "", ""])
    rails = streets(
        TYPE=["RAIL-ACTIVE", "RAIL-ABANDON", None], GRADE=["At-Grade", "", "Below-Grade"]
    )
    walls = streets(barrier=["city_wall", "bollard", "tree_row"])
    inputs = {}
    for role, frame in town().items():
        frame.to_parquet(tmp_path / f"{role}.parquet")
        inputs[role] = (Source(path=str(tmp_path / f"{role}.parquet")),)
    for name, frame in (("water", water), ("rail", rails), ("", walls)):
        frame.to_parquet(tmp_path / f"b{name}.parquet")
        source = Source(path=str(tmp_path / f"b{name}.parquet"), kind=name)
        inputs["barriers"] = (*inputs.get("barriers", ()), source)
    layers = read_layers(ReadRules(inputs=inputs))
    assert layers.barriers["street_class"].value_counts().to_dict() == {
        "water": 2,
        "rail": 1,
        "wall": 1,
    }
    assert [(reject.row, reject.value) for reject in layers.rejects] == [(3, "tree_row")]
    said = notes(layers, "barriers")
    assert "1 rows lie underground" in said
    assert "RAIL-ABANDON 1" in said
    assert "bollard 1" in said


@pytest.mark.parametrize(
    ("role", "match"), [("barriers", "no kind"), ("facilities", "no category")]
)
def test_a_kind_that_is_none(tmp_path, role, match):
    inputs = {}
    for name, frame in town(**{role: streets() if role == "barriers" else buildings()}).items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
        kind = "castle" if name == role else ""
        inputs[name] = (Source(path=str(tmp_path / f"{name}.parquet"), kind=kind),)
    with pytest.raises(InputError, match=match):
        read_layers(ReadRules(inputs=inputs))


def test_facilities_take_the_first_tag_that_tells():
    frame = buildings(
        amenity=["restaurant", None, "school"],
        building=["office", "industrial", "yes"],
        名称=["甲楼", "乙厂", "丙校"],
        学生数=[None, None, "1,250"],
        面积=[1, 2, 3],
    )
    layers = read(facilities=frame)
    assert layers.facilities["kind"].tolist() == ["office", "business_park", "school"]
    assert layers.facilities["people"].tolist()[2] == 1250
    assert layers.facilities["area_m2"].isna().all()
    explicit = read({"columns": {"facilities.area": "面积"}}, facilities=frame)
    assert explicit.facilities["area_m2"].tolist() == [1, 2, 3]


def test_facilities_of_no_category_are_counted():
    frame = households(kind=["parking", "医院", "parking"], 占地面积=["9,000㎡", "8000", ""])
    layers = read(facilities=frame)
    assert layers.facilities[["kind", "area_m2"]].to_numpy().tolist() == [["hospital", 8000.0]]
    assert "2 rows are of no category" in notes(layers, "facilities")
    assert "1 values of 占地面积 are no sizes" in notes(layers, "numbers")


def test_buildings_then_compounds_say_the_households():
    frames = town(
        buildings=buildings(户数=[3, None, 0]),
        compounds=compounds(小区=["东", "西"], 户数=[10, 20]),
    )
    del frames["households"]
    layers = layers_from_frames(frames, ReadRules())
    assert (layers.households_in, len(layers.households)) == (3, 1)
    assert "households are counted from buildings; the counts of compounds" in notes(layers)
    frames["buildings"] = buildings()
    layers = layers_from_frames(frames, ReadRules())
    assert layers.households["households"].tolist() == [13, 7, 10]
    assert layers.households["group"].tolist() == ["西", "西", "东"]


def test_unusable_buildings_keep_their_households_in_the_rejects():
    frames = town(buildings=buildings(户数=[3, 4, 5]))
    del frames["households"]
    frames["buildings"].geometry = [None, *buildings().geometry.iloc[1:]]
    layers = layers_from_frames(frames, ReadRules())
    assert [(reject.row, reject.households) for reject in layers.rejects] == [(1, 3)]
    assert (layers.households_in, layers.households["households"].sum()) == (12, 9)


def test_floors_come_from_height_where_unknown():
    layers = read(buildings=buildings(层数=[4, None, None], height=[99, 17.5, None]))
    assert layers.buildings["floors"].tolist()[:2] == [4, 6]
    assert np.isnan(layers.buildings["floors"].iloc[2])
    assert "storeys of 1 buildings taken from their height" in notes(layers, "buildings")


def atoms(**columns):
    frame = communities(H_CNT=[300, 0], P_CNT=[900, None])
    return frame.assign(**columns)


def test_given_atoms_need_no_streets_and_keep_empty_ones():
    frames = {"communities": communities(), "atoms": atoms(编码=["370102001002", "370102001001"])}
    layers = layers_from_frames(frames, ReadRules())
    assert layers.atoms["households"].tolist() == [300, 0]
    assert layers.atoms["residents"].tolist() == [900, 0]
    assert layers.atoms["community"].tolist() == ["370102001002", "370102001001"]
    assert (layers.households_in, len(layers.households)) == (300, 0)
    assert layers.households["households"].dtype == "int64"


def test_atoms_with_strange_communities_go_by_overlap():
    frames = {"communities": communities(), "atoms": atoms(社区=["甲社区", "丁社区"])}
    layers = layers_from_frames(frames, ReadRules())
    assert layers.atoms["community"].tolist() == ["甲社区", ""]
    assert "1 atoms name a community that is not given" in notes(layers, "atoms")
    rules = ReadRules(columns={"atoms.community": "n"})
    with pytest.raises(InputError, match="no value of 'n' is a community"):
        layers_from_frames({**frames, "atoms": atoms(n=["x", "y"])}, rules)


def test_atoms_with_empty_counts_or_none():
    frames = {"communities": communities(), "atoms": atoms(H_CNT=[1, None])}
    with pytest.raises(InputError, match=r"1 atoms have no household count.*row 2, field H_CNT"):
        layers_from_frames(frames, ReadRules())
    assert layers_from_frames(frames, ReadRules(missing_households=0)).households_in == 1
    frames["atoms"] = communities()
    with pytest.raises(InputError, match=r"atoms.households; the columns are: 编码, 名称"):
        layers_from_frames(frames, ReadRules())
    layers = layers_from_frames(town(atoms=communities()), ReadRules())
    assert (layers.households_in, layers.atoms["households"].sum()) == (207, 0)


def test_grids_are_read_as_they_stand(tmp_path):
    tie = Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])
    frame = communities(网格编码=["1", "2", "3"][:2], 户数=[310, None])
    frame = frame.set_geometry([tie, box(X, Y, X + 1, Y + 1)], crs=CRS)
    frame.loc[2] = ["3", 5, Point(X, Y)]
    frame.loc[3] = ["4", 6, None]
    frame.to_file(tmp_path / "g.gpkg")
    source = Source(path=str(tmp_path / "g.gpkg"))
    file = read_grids(source, crs=pyproj.CRS(CRS), rules=ReadRules())
    grids = file.grids
    assert grids.columns.tolist() == [
        "code", "name", "kind", "community", "households", "residents", "row",
        "geometry",
    ]  # fmt: skip
    assert grids.geometry.iloc[0].equals_exact(tie)
    assert grids["code"].tolist() == ["1", "2", "4"]
    assert grids["row"].tolist() == [0, 1, 3]
    assert grids.geometry.isna().tolist() == [False, False, True]
    assert grids["households"].isna().tolist() == [False, True, False]
    assert [reject.row for reject in file.rejects] == [3]
    assert len(file.original) == 4
    assert "code = 网格编码" in file.notes[0].message.en
