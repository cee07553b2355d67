"""Every way in which input is refused names the place and the remedy."""

import geopandas as gpd
import numpy as np
import pandas as pd
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
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from gridgeo.config import ReadRules
from gridgeo.errors import InputError, SettingsError
from gridgeo.read import layers_from_frames


def with_shapes(frame, shapes):
    return frame.set_geometry(gpd.GeoSeries(shapes, crs=CRS))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        (
            ["5", "-2", "-3"],
            r"2 rows hold no whole number.*-2 1, -3 1.*row 2, field 户数, value -2",
        ),
        ([5, -6, -1], "row 2"),
        (["三百", "1", "两户"], "row 1.*value 三百"),
        ([1.5, 2.0, np.inf], "row 1"),
        (["-", "约50户", ""], "row 2.*value 约50户"),
    ],
)
def test_counts_of_which_most_are_none_are_an_error(counts, message):
    with pytest.raises(InputError, match=message) as caught:
        read(households=households(户数=counts))
    assert "非负整数" in caught.value.say("zh")


@pytest.mark.parametrize(
    ("counts", "row"),
    [
        ([5, 6, -1], 3),
        (["约50户", "1", "2"], 1),
        (["1", "2.5", "3"], 2),
        ([1.0, 2.0, np.inf], 3),
        (["1", "1e12", "3"], 2),
    ],
)
def test_rows_whose_count_is_none_are_rejects(counts, row):
    layers = read(households=households(户数=counts))
    (reject,) = layers.rejects
    assert (reject.row, reject.field, reject.value) == (row, "户数", str(counts[row - 1]))
    assert reject.reason.zh == "户数不是非负整数"
    good = [float(count) for at, count in enumerate(counts, start=1) if at != row]
    assert len(layers.households) == 2
    assert layers.households_in == sum(good)


def test_a_count_that_is_none_in_a_layer_of_shapes_is_an_error():
    frames = town(buildings=buildings(户数=["5", "约50户", "7"]))
    del frames["households"]
    with pytest.raises(InputError, match=r"row 2, field 户数, value 约50户"):
        layers_from_frames(frames, ReadRules())


def test_empty_counts_are_rejects_or_what_the_rules_say():
    frame = households(户数=[5, None, 7])
    layers = read(households=frame)
    (reject,) = layers.rejects
    assert (reject.row, reject.field, reject.reason.zh) == (2, "户数", "户数为空")
    assert layers.households_in == 12
    layers = read({"missing_households": 2}, households=frame)
    assert (layers.rejects, layers.households_in) == ((), 14)


def test_mostly_empty_counts_are_an_error():
    with pytest.raises(
        InputError, match=r"2 of 3 rows have no household count.*missing_households"
    ):
        read(households=households(户数=[5, None, None]))


def test_a_missing_count_column_lists_the_columns_there_are():
    with pytest.raises(
        InputError, match=r"households.households; the columns are: 楼, 备注"
    ) as caught:
        read(households=households(楼=[1, 2], 备注=["", ""]))
    assert caught.value.say("zh").startswith("找不到“户数”列；现有的列：楼, 备注〔图层 ")
    assert caught.value.remedy.zh.startswith("请用 --column households.households=列名 指明")


def test_a_table_without_coordinates_and_key_says_so():
    with pytest.raises(InputError, match="no coordinates, and no key") as caught:
        read(households=pd.DataFrame({"户数": [3, 4], "备注": ["", ""]}), compounds=compounds())
    assert "表中没有坐标，也没有可与小区、楼栋或门牌关联的名称、编码列" in caught.value.say("zh")


def test_an_explicit_column_that_is_not_there():
    rules = {"columns": {"streets.class": "RANK"}}
    with pytest.raises(InputError, match=r"no column 'RANK' for streets.class; .*等级, 路名"):
        read(rules)


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("households.househods", "Did you mean households.households"),
        ("streets.klass", "streets.class"),
        ("communities.zzz", "communities.name"),
    ],
)
def test_unknown_column_settings(key, remedy):
    with pytest.raises(SettingsError, match=remedy):
        read({"columns": {key: "x"}})


def test_nobody_anywhere_is_an_error():
    with pytest.raises(InputError, match="no row holds any household"):
        read(households=households(户数=[0, 0]))


@pytest.mark.parametrize("missing", ["communities", "households"])
def test_layers_that_must_be_given(missing):
    frames = {role: frame for role, frame in town().items() if role != missing}
    with pytest.raises(InputError, match=f"no {missing} given.*Give {missing}: "):
        layers_from_frames(frames, ReadRules())


def test_an_unknown_layer_has_a_suggestion():
    with pytest.raises(InputError, match=r"no layer 'street'.*streets"):
        layers_from_frames({"street": streets()}, ReadRules())


@pytest.mark.parametrize("role", ["communities", "streets", "households"])
def test_a_missing_crs_offers_the_option(role):
    frame = town()[role].set_crs(None, allow_override=True)
    with pytest.raises(InputError, match=f'no coordinate reference system.*crs=."{role}": '):
        read(**{role: frame})
    assert read({"crs": {role: "EPSG:4548"}}, **{role: frame}).households_in == 207


def test_a_crs_that_contradicts_a_right_one_is_to_be_left_out():
    with pytest.raises(InputError, match=r'Leave out crs."streets".: the file says EPSG:4548'):
        read({"crs": {"streets": "4549"}})
    assert read().households_in == 207
    with pytest.raises(SettingsError, match="no such coordinate reference system: 99"):
        read({"crs": {"streets": "99"}})


def test_layers_far_away_are_an_error():
    far = with_shapes(streets(), streets().translate(80_000, 0))
    with pytest.raises(InputError, match=r"coordinates .* the communities lie"):
        read(streets=far)


def test_zone_prefixed_eastings_are_an_error():
    prefixed = with_shapes(communities(), communities().translate(39_000_000, 0))
    with pytest.raises(InputError, match="zone-prefixed") as caught:
        read(communities=prefixed)
    assert "带号" in caught.value.say("zh")


def test_swapped_communities_are_an_error():
    frame = communities().to_crs(4490)
    swapped = frame.geometry.map(lambda shape: Polygon([(y, x) for x, y in shape.exterior.coords]))
    with pytest.raises(InputError, match="swapped"):
        read(communities=frame.set_geometry(gpd.GeoSeries(swapped, crs=4490)))


def test_coordinates_that_are_no_numbers_name_the_rows():
    shapes = [Point(X, Y), Point(np.inf, 1), Point(1, np.nan)]
    with pytest.raises(InputError, match=r"2 rows have coordinates.*rows 2, 3"):
        read(households=with_shapes(households(), shapes))


def test_rows_without_geometry_are_rejects_with_their_households():
    shapes = [None, Point(), Point(X + 1, Y + 1)]
    layers = read(households=with_shapes(households(), shapes))
    assert [(r.row, r.households, r.value) for r in layers.rejects] == [
        (1, 120, "NULL"),
        (2, 80, "POINT EMPTY"),
    ]
    assert layers.households_in == 207


def test_a_layer_without_any_usable_geometry_is_an_error():
    with pytest.raises(InputError, match="no row has usable geometry: NULL 3"):
        read(households=with_shapes(households(), [None, None, None]))
    with pytest.raises(InputError, match="no row has usable geometry: Point 3"):
        read(streets=households())


def test_wrong_types_are_rejects():
    shapes = [LineString([(X, Y), (X + 9, Y)]), streets().geometry.iloc[1]]
    mixed = with_shapes(
        households(户数=[4, 5, 6]), [shapes[0], Point(X, Y), box(X, Y, X + 2, Y + 2)]
    )
    layers = read(households=mixed)
    assert [(r.row, r.value, r.households) for r in layers.rejects] == [(1, "LineString", 4)]
    assert layers.households.geometry.geom_type.tolist() == ["Point", "Point"]


def test_collections_give_their_parts():
    part = compounds().geometry.iloc[0]
    mixed = GeometryCollection([part, Point(X, Y)])
    layers = read(compounds=with_shapes(compounds(), [mixed, compounds().geometry.iloc[1]]))
    assert layers.compounds.area.sum() == pytest.approx(compounds().area.sum())
    assert layers.rejects == ()


def test_a_small_self_crossing_is_repaired_with_a_note():
    crossing = Polygon([(X, Y), (X + 100, Y), (X + 100, Y + 100), (X + 1, Y + 100), (X, Y + 99),
                        (X, Y + 100), (X + 1, Y + 99.5), (X, Y + 99)])  # fmt: skip
    assert not crossing.is_valid
    frame = with_shapes(communities(), [crossing, communities().geometry.iloc[1]])
    layers = read(communities=frame)
    assert layers.communities.is_valid.all()
    assert "1 invalid polygons repaired" in notes(layers, "geometry")


def test_a_large_self_crossing_stops_communities_and_rejects_buildings():
    tie = Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    with pytest.raises(InputError, match=r"crosses itself.*row 1"):
        read(communities=with_shapes(communities(), [tie, communities().geometry.iloc[1]]))
    shapes = [tie, *buildings().geometry.iloc[1:]]
    layers = read(buildings=with_shapes(buildings(), shapes))
    assert [(r.row, r.reason.en) for r in layers.rejects] == [
        (1, "the polygon crosses itself or has no area")
    ]
    assert len(layers.buildings) == 2


def test_polygons_without_area_are_rejects():
    flat = Polygon([(X, Y), (X + 1, Y), (X, Y)])
    layers = read(compounds=with_shapes(compounds(), [flat, compounds().geometry.iloc[1]]))
    assert [reject.row for reject in layers.rejects] == [1]


def test_twin_communities_name_both():
    with pytest.raises(InputError, match=r"same code: 1 甲 / 1 乙 \[rows 1, 2\]"):
        read(communities=communities(编码=["1", "1"], 名称=["甲", "乙"]))
    twins = with_shapes(communities(), [communities().geometry.iloc[0]] * 2)
    with pytest.raises(
        InputError, match=r"same outline: 370102001001 甲社区 / 370102001002 乙社区"
    ):
        read(communities=twins)


def test_heights_are_flattened_and_multipolygons_kept():
    tall = MultiPolygon([Polygon([(X, Y, 5), (X + 9, Y, 5), (X + 9, Y + 9, 5)])])
    layers = read(compounds=with_shapes(compounds(), [tall, compounds().geometry.iloc[1]]))
    assert not layers.compounds.has_z.any()


def test_invisible_characters_are_removed_and_said():
    frame = communities(名称=["甲\u200b社区", "乙\u202e社区"], 编码=["1 2", "3"])
    layers = read(communities=frame)
    assert layers.communities["name"].tolist() == ["甲社区", "乙社区"]
    assert layers.communities["code"].tolist() == ["12", "3"]
    assert "invisible characters removed from 2 values of 名称" in notes(layers, "text")


def test_residents_beside_others_count_as_none_and_fractions_stay():
    layers = read(households=households(户数=[1, 2, 3], 人口=[2.5, None, 4]))
    assert layers.households["residents"].tolist() == [2.5, 0.0, 4.0]
    assert "1 rows without residents" in notes(layers, "households")
    assert read().households["residents"].isna().all()
    with pytest.raises(InputError, match="field 人口, value -4"):
        read(households=households(户数=[1, 2], 人口=[3, -4]))


def test_residents_alone_keep_a_row():
    frame = households(户数=[0, 0, 4], 人口=[90, 0, 8])
    layers = read(households=frame)
    assert layers.households[["households", "residents"]].to_numpy().tolist() == [[0, 90], [4, 8]]
    assert "1 rows with 0 households left out" in notes(layers, "households")


def test_a_facility_file_of_no_category(tmp_path):
    shapes = pd.concat([buildings(n=[1, 2, 3])])
    with pytest.raises(InputError, match=r"no column for facilities.kind; the columns are: n"):
        read(facilities=shapes)


def test_barriers_of_no_class_offer_both_remedies():
    with pytest.raises(InputError, match=r"neither|no row says whether it is water, rail or wall"):
        read(barriers=streets(foo=["a", "b"]))


def test_communities_without_any_geometry_or_with_bad_coordinates():
    with pytest.raises(InputError, match=r"no row has usable geometry: NULL 2.*communities"):
        read(communities=with_shapes(communities(), [None, None]))
    with np.errstate(invalid="ignore"):
        torn = Polygon([(X, Y), (X + 9, np.nan), (X + 9, Y + 9)])
    with pytest.raises(InputError, match=r"1 rows have coordinates that are no numbers.*rows 2"):
        read(communities=with_shapes(communities(), [communities().geometry.iloc[0], torn]))


def test_notes_speak_chinese():
    layers = read(compounds=compounds(户数=[1, 2]))
    said = [note.message.zh for note in layers.notes]
    assert "户数取自 住户；小区 中的户数不重复使用" in said
    assert "道路：类别 = 等级，名称 = 路名" in said
