"""The same thing twice is counted once, and said: layers, homes, facilities."""

import geopandas as gpd
import pandas as pd
import pytest
from builders_read import CRS, X, Y, town, write_town
from builders_shifted import city, shifted
from shapely import Point, box

from gridgeo.config import ReadRules, Source
from gridgeo.read import layers_from_frames, read_layers, stream_layers, survey_layers

PLACES = [(X + 10 + 18 * n, Y + 10 + 9 * n) for n in range(10)]
COUNTS = [12, 30, 7, 44, 51, 8, 16, 23, 5, 60]


def homes(counts=None, *, shift=0.0, ending="", **columns):
    counts = COUNTS if counts is None else counts
    names = {"名称": [f"{n}号{ending}" for n in range(len(counts))]}
    points = [Point(x + shift, y) for x, y in PLACES[: len(counts)]]
    return gpd.GeoDataFrame({"户数": counts} | names | columns, geometry=points, crs=CRS)


def read(*layers, **more):
    return layers_from_frames(town(households=list(layers), **more), ReadRules())


def warnings(layers):
    return [note.message.en for note in layers.notes if note.warning]


def test_the_same_homes_in_two_layers_count_once_and_are_listed():
    layers = read(homes(), homes(shift=3.0, ending="楼"))
    assert layers.households_in == sum(COUNTS) == layers.households["households"].sum()
    (warning,) = warnings(layers)
    assert "10 of 10 rows of households are homes that households has too" in warning
    assert "their 256 households are counted once" in warning
    assert sorted(r.row for r in layers.rejects) == list(range(1, 11))
    assert {r.households for r in layers.rejects} == {0}


def test_homes_that_only_one_of_two_layers_has_count(tmp_path):
    more = pd.concat([homes(), homes([9, 4], shift=1.0).assign(geometry=_elsewhere())])
    layers = read(homes(COUNTS[:9]), more.reset_index(drop=True))
    assert layers.households_in == sum(COUNTS) + 13
    assert len(layers.rejects) == 9


def _elsewhere():
    return gpd.GeoSeries([Point(X + 150, Y + 90), Point(X + 30, Y + 90)], crs=CRS).to_numpy()


def test_outlines_and_the_points_in_them_are_the_same_homes():
    shapes = [box(X + 40 * n, Y, X + 40 * (n + 1), Y + 100) for n in range(5)]
    points = homes()
    sums = [int(points[points.within(shape)]["户数"].sum()) for shape in shapes]
    outlines = gpd.GeoDataFrame({"户数": sums}, geometry=shapes, crs=CRS)
    for given in ((points, outlines), (outlines, points)):
        layers = read(*given)
        assert (layers.households_in, len(layers.households)) == (sum(COUNTS), 10)
        assert "5 of 5 rows" in warnings(layers)[0]


@pytest.mark.parametrize(
    ("other", "total"),
    [
        (homes([count + 1 for count in COUNTS]), 2 * sum(COUNTS) + 10),
        (homes(shift=40.0), 2 * sum(COUNTS)),
        (homes([*COUNTS[:4], *(count + 2 for count in COUNTS[4:])]), 2 * sum(COUNTS) + 12),
    ],
)
def test_homes_at_other_places_or_with_other_counts_are_others(other, total):
    layers = read(homes(), other)
    assert layers.households_in == total
    assert not any("counted once" in text for text in warnings(layers))


def test_single_households_of_one_building_under_other_names_are_others():
    one, two = homes([1] * 10), homes([1] * 10, ending="乙")
    assert read(one, two).households_in == 20
    assert read(one, one.copy()).households_in == 10
    bare = homes([1] * 10).drop(columns="名称")
    crowded = bare.set_geometry(gpd.GeoSeries([bare.geometry.iloc[0]] * 10, crs=CRS))
    assert read(crowded, crowded.copy()).households_in == 20
    assert read(bare, bare.copy()).households_in == 10


def test_a_table_joined_by_names_and_points_are_the_same_homes(tmp_path):
    shapes = [box(x - 5, y - 5, x + 5, y + 5) for x, y in PLACES]
    names = [f"小区{n}" for n in range(10)]
    places = gpd.GeoDataFrame({"小区名称": names}, geometry=shapes, crs=CRS)
    table = pd.DataFrame({"小区名称": names, "户数": COUNTS})
    layers = read(homes(), table, compounds=places)
    assert layers.households_in == sum(COUNTS)
    assert "10 of 10 rows" in warnings(layers)[0]


@pytest.mark.parametrize("role", ["communities", "streets", "households"])
def test_a_layer_named_twice_is_read_once(tmp_path, monkeypatch, role):
    inputs = write_town(tmp_path)
    once = read_layers(ReadRules(inputs=inputs))
    monkeypatch.chdir(tmp_path)
    twice = (*inputs[role], Source(path=f"./town_{role}.parquet"))
    layers = read_layers(ReadRules(inputs={**inputs, role: twice}))
    assert layers.households_in == once.households_in
    assert len(layers.streets) == len(once.streets)
    assert any("is named twice and read once" in text for text in warnings(layers))


def facility_layers(*rows):
    frames = [
        gpd.GeoDataFrame({"类别": [kind], "设施名称": [name], **more}, geometry=[shape], crs=CRS)
        for kind, name, shape, more in rows
    ]
    return layers_from_frames(town(facilities=frames), ReadRules())


CAMPUS = box(X + 10, Y + 10, X + 60, Y + 60)


@pytest.mark.parametrize(
    ("point", "outline", "place", "left"),
    [
        (("学校", "第一小学"), ("学校", "第一小学"), Point(X + 30, Y + 30), 1),
        (("school", "第一小学"), ("学校", ""), Point(X + 30, Y + 30), 2),
        (("小学", "第一小学"), ("学校", "第一 小学"), Point(X + 30, Y + 30), 1),
        (("学校", "第一小学"), ("学校", "第一小学"), Point(X + 75, Y + 30), 1),
        (("学校", ""), ("学校", "第一小学"), Point(X + 75, Y + 30), 2),
        (("学校", "附属幼儿园"), ("学校", "第一小学"), Point(X + 30, Y + 30), 2),
        (("医院", "第一小学"), ("学校", "第一小学"), Point(X + 30, Y + 30), 2),
    ],
)
def test_a_facility_as_point_and_as_outline_counts_once(point, outline, place, left):
    layers = facility_layers((*point, place, {"学生数": [900]}), (*outline, CAMPUS, {}))
    assert len(layers.facilities) == left
    assert len(warnings(layers)) == 2 - left
    if left == 1:
        (facility,) = layers.facilities.to_dict("records")
        assert (facility["people"], facility["geometry"].geom_type) == (900.0, "Polygon")
        assert facility["name"].replace(" ", "") == "第一小学"
        assert "1 facilities stand there as points and as outlines" in warnings(layers)[0]


def test_a_layer_named_twice_is_streamed_once(tmp_path):
    inputs = write_town(tmp_path)
    twice = {role: (*sources, *sources) for role, sources in inputs.items()}
    survey = survey_layers(ReadRules(inputs=twice))
    total = sum(batch.households for batch in stream_layers(survey))
    assert total == read_layers(ReadRules(inputs=inputs)).households_in
    assert sum(note.warning for note in survey.notes) == 3


# Read in batches


def streamed(folder, frames):
    inputs = {}
    for role, given in frames.items():
        for number, frame in enumerate(given if isinstance(given, list) else [given]):
            path = folder / f"{role}{number}.parquet"
            frame.to_parquet(path)
            inputs[role] = (*inputs.get(role, ()), Source(path=str(path)))
    told = ReadRules(inputs=inputs)
    survey = survey_layers(told)
    batches = list(stream_layers(survey, rows=50))
    said = [note.message.en for note in survey.notes if note.warning]
    return batches, said, survey, read_layers(told)


def test_the_same_homes_in_two_layers_are_streamed_once(tmp_path):
    frames = town(households=[homes(), homes(shift=3.0)])
    batches, said, survey, layers = streamed(tmp_path, frames)
    assert sum(batch.households for batch in batches) == layers.households_in == sum(COUNTS)
    assert said == warnings(layers)
    assert survey.rejects == layers.rejects


def test_a_facility_as_point_and_as_outline_in_two_layers_is_streamed_once(tmp_path):
    shapes = {"points": Point(X + 30, Y + 30), "outlines": CAMPUS}
    schools = [
        gpd.GeoDataFrame({"类型": ["学校"], "名称": ["一中"]}, geometry=[shape], crs=CRS)
        for shape in shapes.values()
    ]
    batches, said, _, layers = streamed(tmp_path, town(facilities=schools))
    assert sum(len(batch.frame) for batch in batches if batch.role == "facilities") == 1
    assert said == warnings(layers)


@pytest.mark.parametrize("role", ["households", "streets"])
def test_a_layer_in_gcj02_is_suspected_where_layers_are_streamed(tmp_path, role):
    frames = city(7)
    _, said, _, _ = streamed(tmp_path, frames)
    assert said == []
    _, said, _, layers = streamed(tmp_path, {**frames, role: shifted(frames[role])})
    for one in (said, warnings(layers)):
        assert [f"--datum {role}=gcj02" in text for text in one] == [True]


def test_homes_at_the_same_places_with_other_counts_are_warned_of():
    layers = read(homes(), homes([count + n % 2 for n, count in enumerate(COUNTS)]))
    assert layers.households_in == 2 * sum(COUNTS) + 5
    told = "10 of 10 rows of households stand where households has rows, with other counts"
    assert told in "".join(warnings(layers))
    flats = homes().loc[[n for n in range(10) for _ in range(2)]]
    flats = flats.assign(户数=[count // 2 + n * (count % 2) for count in COUNTS for n in (0, 1)])
    assert told in "".join(warnings(read(homes(), flats)))
    assert not any(
        "stand where" in text for text in warnings(read(homes(), homes(COUNTS[::-1], shift=4)))
    )


def test_a_layer_that_was_appended_to_itself_is_warned_of():
    twice = pd.concat([homes(), homes()])
    layers = read(twice)
    assert layers.households_in == 2 * sum(COUNTS)
    assert "each row stands there 2 times" in "".join(warnings(layers))
    for frame in (twice.assign(户数=1), homes(), twice.iloc[:13]):
        assert not any("each row stands there" in text for text in warnings(read(frame)))
