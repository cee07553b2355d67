"""Columns that keep houses together are known by their values, and can be told to mean nothing."""

import builders_city as city
import pytest
from builders_read import households, notes, town
from shapely import box

import gridgeo as gg
from gridgeo.config import ReadRules
from gridgeo.read import layers_from_frames


def read(rules=None, **columns):
    given = town(households=households(**columns))
    return layers_from_frames(given, ReadRules(columns=rules or {}))


def groups(layers):
    return layers.households["group"].tolist()


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("building", ["yes", "apartments", "yes"]),
        ("building", ["Residential", "YES", "House"]),
        ("building", ["semidetached_house", "static_caravan", "static_caravan"]),
        ("楼栋", ["住宅", "商住楼", "住宅"]),
        ("楼栋", ["是", "否", "是"]),
        ("楼栋", ["1", "2", "1"]),
        ("楼栋号", ["1号楼", "2号楼", "1号楼"]),
        ("building_name", ["A", "B", "A"]),
        ("小区", ["住宅", "其他", "其他"]),
        ("group", ["unknown", "other", "other"]),
    ],
)
def test_types_answers_and_numbers_are_no_groups(column, values):
    layers = read(户数=[5, 6, 7], **{column: values})
    assert groups(layers) == ["", "", ""]
    (warning,) = [note for note in layers.notes if note.warning]
    assert warning.topic == "groups"
    assert f"values of {column} are types or numbers" in warning.message.en
    assert "households = 户数" in notes(layers, "columns")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("村民小组", ["一组", "二组", "一组"]),
        ("小组", ["3", "4", "3"]),
        ("小区名称", ["东苑", "西苑", "东苑"]),
        ("building", ["East Court", "West Court", "East Court"]),
        ("楼栋", ["东苑1号楼", "东苑2号楼", "东苑1号楼"]),
    ],
)
def test_names_keep_houses_together_and_the_largest_group_is_told(column, values):
    layers = read(户数=[5, 6, 7], **{column: values})
    assert groups(layers) == values
    told = notes(layers, "groups")
    assert f"{column} keeps houses together in 1 groups, the largest {values[0]}" in told
    assert "(2 rows, 12 households)" in told
    assert "--column households.group= undoes it" in told
    assert len(layers.guessed) == 1
    layers = read({"households.group": ""}, 户数=[5, 6, 7], **{column: values})
    assert groups(layers) == ["", "", ""]
    assert (notes(layers, "groups"), layers.guessed) == ("", ())


def test_a_column_with_names_is_taken_rather_than_one_with_types():
    layers = read(户数=[5, 6, 7], building=["yes"] * 3, compound=["East", "West", "East"])
    assert groups(layers) == ["East", "West", "East"]


def test_building_numbers_are_names_together_with_the_compound():
    layers = read(户数=[5, 6, 7], 楼栋=["1号楼", "1号楼", "2号楼"], 小区=["东苑", "西苑", "东苑"])
    assert groups(layers) == ["东苑 1号楼", "西苑 1号楼", "东苑 2号楼"]


def test_single_types_among_names_keep_nothing_together():
    layers = read(户数=[5, 6, 7, 8], 小区=["东苑", "其他", "西苑", "其他"])
    assert groups(layers) == ["东苑", "", "西苑", ""]
    assert "其他 2" in notes(layers, "groups")


def test_a_column_that_is_named_is_taken_and_types_in_it_are_warned_of():
    layers = read({"households.group": "building"}, 户数=[5, 6, 7], building=["yes"] * 3)
    assert (groups(layers), layers.guessed) == (["yes"] * 3, ())
    (warning,) = [note.message.en for note in layers.notes if note.warning]
    assert "largest yes (3 rows, 18 households)" in warning
    assert "look like types" in warning
    assert "undoes" not in warning


def _tied_town(column, values):
    """Return a block of 45 houses of 18 households; those of one value stand in every corner."""
    places = [(x, y) for x in range(30, 280, 30) for y in range(40, 280, 50)]
    rows = [(x + 10, y + 10, 18) for x, y in places]
    told = [values[n % len(values)] for n in range(len(rows))]
    lines = [("支路", "路", [(0, y), (300, y)]) for y in (0, 300)]
    lines += [("支路", "路", [(x, 0), (x, 300)]) for x in (0, 300)]
    return {
        "communities": city.communities(box(0, 0, 300, 300)),
        "streets": city.streets(*lines),
        "households": city.households(*rows).assign(**{column: told}),
    }


def test_a_column_of_types_proves_nothing():
    plan = gg.partition_layers(_tied_town("building", ["yes", "apartments"]), city.settings())
    (community,) = plan.communities.to_dict("records")
    assert (community["verdict"], community["proof"]) == ("in_band", "")


def test_a_proof_that_rests_on_a_guessed_column_names_it_and_how_to_undo_it():
    frames = _tied_town("小组", ["甲组", "乙组"])
    plan = gg.partition_layers(frames, city.settings(lang="en"))
    (community,) = plan.communities.to_dict("records")
    assert community["proof"] != ""
    assert "小组 of households, which was guessed" in community["reason"]
    assert "--column households.group=" in community["reason"]
    undone = city.settings(lang="en", read=ReadRules(columns={"households.group": ""}))
    plan = gg.partition_layers(frames, undone)
    (community,) = plan.communities.to_dict("records")
    assert (community["verdict"], community["proof"]) == ("in_band", "")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("小区", ["住宅小区", "商品房小区", "住宅小区"]),
        ("小区", ["非小区", "无物业小区", "其他小区"]),
        ("小区", ["散户", "未命名", "散户"]),
        ("小区", ["老旧小区", "老旧小区", "老旧小区"]),
        ("building", ["residential;yes", "apartments, flats", "residential;yes"]),
        ("building", ["B1", "B1", "B2"]),
        ("楼栋", ["2栋3单元", "2栋3单元", "1栋1单元"]),
        ("小区", ["类型1", "类型1", "类型2"]),
    ],
)
def test_other_types_and_numbers_are_no_groups(column, values):
    layers = read(户数=[5, 6, 7], **{column: values})
    assert groups(layers) == ["", "", ""]
    assert f"values of {column} are types or numbers and no names" in notes(layers, "groups")


@pytest.mark.parametrize(
    "name", ["东苑小区", "高层花园", "民房新村", "一区", "B区", "Block House Court"]
)
def test_names_with_a_type_in_them_are_groups(name):
    assert groups(read(户数=[5, 6, 7], 小区=[name, name, "西苑"])) == [name, name, "西苑"]
