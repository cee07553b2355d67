"""Layers read in batches are the layers read whole."""

import geopandas as gpd
import pandas as pd
import pytest
from builders_city import City, block_city, random_city

from gridgeo.config import ReadRules, Source
from gridgeo.errors import InputError
from gridgeo.read import layers_of, read_layers, stream_layers, survey_layers

ROLES = ("communities", "streets", "barriers", "households", "compounds", "buildings", "facilities")


def rules(folder, inputs, **more):
    return ReadRules(
        inputs={
            role: tuple(Source(path=str(folder / source.path)) for source in sources)
            for role, sources in inputs.items()
        },
        **more,
    )


def streamed(told, *, rows):
    """Return the layers put together from batches, the survey, and the households counted."""
    survey, frames, total = survey_layers(told), {}, 0
    for batch in stream_layers(survey, rows=rows):
        frames.setdefault(batch.role, []).append(batch.frame)
        total += batch.households
    whole = {role: pd.concat(parts) for role, parts in frames.items()}
    whole["communities"] = survey.communities
    return layers_of(whole, survey.crs, given_atoms="atoms" in whole), survey, total


@pytest.mark.parametrize("rows", [1, 7, 100_000])
@pytest.mark.parametrize("ending", ["gpkg", "parquet"])
def test_batches_are_the_layers_whatever_their_size(tmp_path, ending, rows):
    city = random_city(3, river=True, compounds=True, buildings=True, schools=True)
    small = city.with_layers(
        households=city.frames["households"].iloc[:40], buildings=city.frames["buildings"].iloc[:20]
    )
    told = rules(tmp_path, small.write(tmp_path, ending))
    layers = read_layers(told)
    parts, survey, total = streamed(told, rows=rows)
    assert total == layers.households_in
    assert survey.rejects == layers.rejects
    for role in ROLES:
        assert getattr(parts, role).equals(getattr(layers, role)), role
        assert getattr(parts, role).crs == layers.crs


def test_rejects_name_the_rows_of_the_file(tmp_path):
    homes = block_city().frames["households"].copy()
    homes.loc[17, "户数"] = None
    inputs = block_city().with_layers(households=homes).write(tmp_path)
    told = rules(tmp_path, inputs)
    _, survey, _ = streamed(told, rows=5)
    assert survey.rejects == read_layers(told).rejects
    assert [reject.row for reject in survey.rejects] == [18]


def test_households_joined_by_a_key_find_their_compound(tmp_path):
    city = random_city(3, compounds=True)
    inputs = city.without("households").write(tmp_path)
    names = city.frames["compounds"]["名称"]
    table = pd.DataFrame({"小区名称": [*names, "无此小区"], "户数": [310, 320, 330, 340, 9]})
    table.to_csv(tmp_path / "homes.csv", index=False)
    told = rules(tmp_path, inputs | {"households": (Source(path="homes.csv"),)})
    parts, survey, total = streamed(told, rows=2)
    layers = read_layers(told)
    assert parts.households.equals(layers.households)
    assert total == layers.households_in == 1309
    assert survey.rejects == layers.rejects


def test_a_layer_may_have_batches_far_away_but_not_all_of_them(tmp_path):
    city = block_city()
    streets = city.frames["streets"]
    away = streets.set_geometry(streets.translate(90_000, 0))
    both = gpd.GeoDataFrame(pd.concat([away, streets], ignore_index=True), crs=streets.crs)
    parts, _, _ = streamed(
        rules(tmp_path, city.with_layers(streets=both).write(tmp_path)), rows=len(away)
    )
    assert len(parts.streets) == len(both)
    told = rules(tmp_path / "b", City(city.frames | {"streets": away}).write(tmp_path / "b"))
    with pytest.raises(InputError, match="not where"):
        streamed(told, rows=3)


def test_the_township_of_a_community_is_read_where_a_column_says_it(tmp_path):
    city = block_city()
    town = city.frames["communities"].assign(所属街道="大智街道")
    told = rules(tmp_path, city.with_layers(communities=town).write(tmp_path))
    assert survey_layers(told).communities["township"].tolist() == ["大智街道"]
    named = rules(tmp_path, told.inputs, columns={"communities.township": "编码"})
    assert survey_layers(named).communities["township"].tolist() == ["420102001001"]
