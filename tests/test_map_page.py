"""The map page as text: the same each time, nothing to fetch, nothing lost."""

import dataclasses
import hashlib
import html
import json
import re

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from builders_plan import build_plan
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Template
from shapely import Point

from gridgeo.maps import build_map, label_data, map_page, plan_data, plan_title, scorecard, visible
from gridgeo.maps.assets import _asset, _manifest, as_script, esc, head
from gridgeo.maps.data import _sequence_of
from gridgeo.maps.features import features, light_coverage
from gridgeo.maps.layers import household_layer
from gridgeo.maps.style import legend
from gridgeo.model import layer_frame
from gridgeo.report.page import _report_page
from gridgeo.storage import fingerprint


@given(st.text())
def test_escaped_text_is_inert_and_comes_back(value):
    escaped = esc(value)
    assert not set(escaped) & set("<>\"'`$\\{}")
    assert html.unescape(escaped) == visible(value) or "\r" in value or "\x00" in value


@given(st.recursive(st.text() | st.integers(), lambda some: st.lists(some, max_size=3)))
def test_data_for_scripts_passes_through_jinja_unchanged(value):
    script = as_script({"key": value})
    assert Template(script).render() == script
    assert not set(script) & set("<>&'")
    assert json.loads(script) == _visible_in({"key": value})


def _visible_in(value):
    if isinstance(value, dict):
        return {key: _visible_in(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_visible_in(item) for item in value]
    return visible(value) if isinstance(value, str) else value


@given(st.floats(113, 115), st.floats(29, 31))
def test_features_are_rounded_to_ten_centimetres(longitude, latitude):
    made = features(gpd.GeoSeries([Point(longitude, latitude)], crs=4326))
    ((x, y),) = [feature["geometry"]["coordinates"] for feature in made["features"]]
    assert (x, y) == (round(x, 6), round(y, 6))
    assert abs(x - longitude) <= 1e-6
    assert abs(y - latitude) <= 1e-6


def test_rows_without_geometry_are_left_out_with_their_properties():
    shapes = gpd.GeoSeries([Point(1, 1), None, Point(2, 2)], crs=4326)
    made = features(shapes, {"name": ["a", "b", "c"]})["features"]
    assert [feature["properties"]["name"] for feature in made] == ["a", "c"]


def test_only_great_coverages_are_simplified(monkeypatch):
    grids = build_plan().grids.geometry
    assert light_coverage(grids) is grids
    monkeypatch.setattr("gridgeo.maps.features._MANY_VERTICES", 3)
    lighter = light_coverage(grids)
    assert lighter.area.sum() == pytest.approx(grids.area.sum())


def test_a_page_with_simplified_outlines_is_still_of_its_plan(monkeypatch):
    monkeypatch.setattr("gridgeo.maps.features._MANY_VERTICES", 3)
    plan = build_plan()
    wavy = plan.grids.set_geometry(plan.grids.geometry.segmentize(20))
    plan = dataclasses.replace(plan, grids=wavy)
    assert fingerprint(plan) in map_page(plan)


def test_the_page_is_the_same_each_time():
    assert map_page(build_plan()) == map_page(build_plan())
    assert _report_page(build_plan()) == _report_page(build_plan())


@pytest.mark.parametrize("page", [map_page, _report_page])
def test_the_page_fetches_nothing(page):
    text = page(build_plan())
    assert not re.findall(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", text.replace("a href=", ""))
    assert not re.findall(r"url\((?!#|data:)", text)
    assert "@import" not in text
    assert "sourceMappingURL" not in text
    policy = text.index("Content-Security-Policy")
    assert policy < min(
        text.index(tag) if tag in text else len(text) for tag in ("<script", "<style")
    )
    assert "default-src 'none'" in text[policy : policy + 120]


def test_vendored_files_are_those_of_npm():
    recorded = _manifest()
    assert set(recorded) >= {"leaflet.js", "leaflet.css", "LEAFLET-LICENSE.txt"}
    for name, digest in recorded.items():
        assert hashlib.sha256(_asset(name)).hexdigest() == digest, name


def test_the_licence_of_leaflet_travels_with_the_page():
    assert "Volodymyr Agafonkin" in head("")
    assert "BSD 2-Clause" in head("") or "Redistribution and use" in head("")


def test_build_map_gives_a_folium_map_that_renders_in_a_notebook():
    made = build_map(build_plan())
    assert isinstance(made, folium.Map)
    assert "cdn.jsdelivr" not in made._repr_html_()


def test_a_map_without_anything_but_grids():
    plan = build_plan()
    empty = {
        name: layer_frame(name, crs=plan.grids.crs)
        for name in ("communities", "atoms", "borders", "households", "considered")
    }
    empty |= {name: layer_frame(name, crs=plan.grids.crs) for name in ("streets", "barriers")}
    text = map_page(dataclasses.replace(plan, **empty, findings=(), summary={}))
    assert "420102001001001" in text


def test_a_plan_without_grids_has_a_map_and_a_report_too():
    plan = build_plan()
    empty = layer_frame("grids", crs=plan.grids.crs)
    bare = dataclasses.replace(plan, grids=empty, findings=())
    assert "gridgeo.title" in map_page(bare)
    assert "<h1>" in _report_page(bare)


def test_communities_without_codes_and_twins_of_a_code_have_a_map():
    plan = build_plan()
    unnamed = plan.communities.assign(code="", name="")
    grids = plan.grids.assign(community="")
    data = plan_data(dataclasses.replace(plan, communities=unnamed, grids=grids))
    assert set(data["grids"]["community"]) == {-1}
    twins = plan.grids.assign(code=plan.grids["code"].iloc[0])
    assert "gridgeo.title" in map_page(dataclasses.replace(plan, grids=twins))


def test_many_households_are_drawn_as_counts_per_atom():
    plan = build_plan()
    assert "= gridgeo.countLayer()" not in map_page(plan)
    rules = dataclasses.replace(plan.settings.map, household_points=6)
    many = dataclasses.replace(plan, settings=dataclasses.replace(plan.settings, map=rules))
    assert "= gridgeo.countLayer()" in map_page(many)
    (left,) = household_layer(many).data["features"]
    assert left["properties"]["count"] == 7  # what is in no grid stays a point


def test_listed_households_are_marked():
    rows = [feature["properties"] for feature in household_layer(build_plan()).data["features"]]
    assert [row["listed"] for row in rows] == [False] * 6 + [True]


def test_the_legend_counts_every_grid():
    plan = build_plan()
    grids = legend(plan)["groups"][0]["entries"]
    assert sum(int(entry["count"]) for entry in grids) == len(plan.grids)


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        ("either", "达标（300–500 户或 800–1,200 人）"),
        ("households", "达标（300–500 户）"),
        ("residents", "达标（800–1,200 人）"),
    ],
)
def test_the_legend_names_the_band_of_the_profile(profile, told):
    plan = build_plan()
    band = dataclasses.replace(plan.settings.band, profile=profile)
    plan = dataclasses.replace(plan, settings=dataclasses.replace(plan.settings, band=band))
    assert told in json.dumps(legend(plan), ensure_ascii=False)


def test_the_scorecard_tells_what_is_known_and_nothing_else():
    figures = dict(scorecard(build_plan(lang="en")))
    assert figures["Basic grids"] == "4"
    assert figures["Basic grids in band"] == "25.0%"
    assert figures["Households given"] == "1,247"
    assert figures["Findings"] == "error 1, warning 1"
    bare = dict(scorecard(dataclasses.replace(build_plan(lang="en"), summary={})))
    assert "Basic grids in band" not in bare
    assert bare["Households"] == "1,240"


def test_the_title_is_the_name_or_a_few_communities():
    plan = build_plan()
    assert plan_title(plan) == "江汉 · 网格划分方案"
    told = dataclasses.replace(plan, summary={"name": "江汉街道网格划分方案"})
    assert plan_title(told) == "江汉街道网格划分方案"
    assert plan_title(dataclasses.replace(plan, summary={})) == "江汉社区、临江社区 · 网格划分方案"


def test_labels_stand_inside_what_they_name():
    plan = build_plan()
    data = label_data(plan)
    assert sorted(data["grids"]["number"]) == ["001", "001", "002", "003", "801"]
    assert data["streets"]["name"] == ["中山大道"] * 2
    degrees = plan.grids.to_crs(4326)
    for label in pd.DataFrame(data["grids"]).itertuples():
        inside = degrees[degrees.contains(Point(label.longitude, label.latitude))]
        assert inside["code"].tolist() == [label.code]
        assert _sequence_of(label.code) == label.number
        assert label.room_m == 150
    assert all(abs(angle) < np.pi / 2 for angle in data["streets"]["angle"])
