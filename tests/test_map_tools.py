"""The tools of the map page in a real browser: search, filter, findings, measure, compare, keys."""

import json
from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pytest
import shapely
from builders_city import block_city, settings
from builders_packed import numbers
from builders_plan import build_plan
from hypothesis import given
from hypothesis import strategies as st

import gridgeo as gg
from gridgeo.maps import atom_data, map_page, plan_data
from gridgeo.maps.features import PER_DEGREE
from gridgeo.maps.overlays import _changed_ground
from gridgeo.storage import fingerprint
from gridgeo.wording import page_words


@cache
def city():
    return gg.partition_layers(block_city(6, 4, per_block=100).frames, settings(lang="zh"))


def bounds(page):
    return page.evaluate(
        "() => { const b = gridgeo.page.map.getBounds();"
        " return [[b.getSouth(), b.getWest()], [b.getNorth(), b.getEast()]]; }"
    )


def inside(small, large):
    return np.all(np.array(small[0]) >= large[0]) and np.all(np.array(small[1]) <= large[1])


def on_map(page, *names):
    return {
        name
        for name in names
        if page.evaluate("n => gridgeo.page.map.hasLayer(gridgeo.page.layers[n])", name)
    }


def test_search_by_code_name_and_street_zooms(opened):
    plan = build_plan()
    page = opened(map_page(plan))
    before = bounds(page)
    for asked, kind, place in (
        ("001001002", "网格", plan_data(plan)["grids"]["bounds"][1]),
        ("临江", "社区（村）", plan_data(plan)["communities"]["bounds"][1]),
        ("中山", "道路", None),
    ):
        page.fill(".gg-search input", asked)
        told = page.inner_text(".gg-search li")
        assert kind in told
        assert asked in told
        page.press(".gg-search input", "Enter")
        assert bounds(page) != before
        assert place is None or inside(place, bounds(page))
    page.fill(".gg-search input", "没有这个")
    assert page.inner_text(".gg-search li") == "未找到"


def test_a_grid_that_is_found_is_outlined_and_so_are_all_of_a_community(opened):
    plan = build_plan()
    page = opened(map_page(plan))
    corners = (
        "() => gridgeo.page.flashed.getLayers().map(l => l.getLatLngs().flat(9).length)",
        (
            "code => gridgeo.page.layers.grids.getLayers()"
            ".filter(l => l.feature.properties.code === code)"
            ".map(l => l.getLatLngs().flat(9).length)"
        ),
    )
    for row, code in enumerate(plan.grids["code"]):
        page.evaluate(
            "row => { const grid = gridgeo.page.data.grids[row];"
            " gridgeo.page.zoomTo(grid.bounds, [grid.code]); }",
            row,
        )
        assert page.evaluate(corners[0]) == page.evaluate(corners[1], code), code
    page.fill(".gg-search input", "临江")
    page.press(".gg-search input", "Enter")
    own = plan.grids.loc[plan.grids["community"] == "420102001002", "code"]
    assert page.evaluate(corners[0]) == [page.evaluate(corners[1], code)[0] for code in own]


def test_the_buttons_of_leaflet_speak_the_language_of_the_page(opened):
    page = opened(map_page(build_plan()))
    told = [
        page.get_attribute(f".leaflet-control-{name}", "title")
        for name in ("layers-toggle", "zoom-in", "zoom-out")
    ]
    assert told == ["图层", "放大", "缩小"]


def test_the_legend_filters_by_verdict(opened):
    page = opened(map_page(build_plan()))
    styles = (
        "() => Object.fromEntries(gridgeo.page.layers.grids.getLayers()"
        ".map(l => [l.feature.properties.verdict, l.options.fillOpacity]))"
    )
    before = page.evaluate(styles)
    page.click(".gg-legend tr[data-verdict=over]")
    faded = page.evaluate(styles)
    assert {name for name in faded if faded[name] != before[name]} == {"over"}
    assert page.get_attribute(".gg-legend tr[data-verdict=over]", "aria-checked") == "false"
    page.click(".gg-legend tr[data-verdict=over]")
    assert page.evaluate(styles) == before


def test_findings_are_listed_and_zoom_to_their_place(opened):
    plan = build_plan()
    page = opened(map_page(plan))
    page.click(".gg-findings summary")
    page.wait_for_selector(".gg-findings .gg-row")
    rows = page.query_selector_all(".gg-findings .gg-row")
    assert len(rows) == len(plan.findings)
    places = plan_data(plan)["findings"]["bounds"]
    placed = next(n for n, place in enumerate(places) if place)
    rows[placed].click()
    assert inside(places[placed], bounds(page))


def test_measuring_two_points_gives_their_distance(opened):
    page = opened(map_page(build_plan()))
    page.keyboard.press("d")
    page.mouse.click(600, 400)
    page.mouse.click(700, 400)
    metres = page.evaluate(
        "() => { const m = gridgeo.page.map; return m.distance("
        "m.containerPointToLatLng([600, 400]), m.containerPointToLatLng([700, 400])); }"
    )
    assert page.inner_text(".gg-message") == f"{round(metres)} m"
    page.mouse.click(700, 500)
    assert "公顷" in page.inner_text(".gg-message")
    page.keyboard.press("Escape")
    assert page.inner_text(".gg-message") == ""
    page.wait_for_selector(".gg-measured", state="detached")


def test_the_sheet_of_keys_opens_and_closes(opened):
    page = opened(map_page(build_plan(lang="en")))
    page.keyboard.press("?")
    assert "measure" in page.inner_text(".gg-sheet")
    page.keyboard.press("Escape")
    assert page.query_selector(".gg-sheet") is None


def test_printing_leaves_out_the_tools(opened):
    page = opened(map_page(build_plan()))
    page.emulate_media(media="print")
    assert not page.is_visible(".gg-work")
    assert page.is_visible(".gg-legend")


def test_atoms_are_read_only_when_they_are_switched_on(opened):
    page = opened(map_page(city()))
    assert page.evaluate("() => !gridgeo.atomsAreRead()")
    label = page.locator(".leaflet-control-layers-overlays label", has_text="基本单元")
    label.locator("input").check()
    assert page.evaluate("() => gridgeo.page.atoms().count") == len(city().atoms)
    drawn = page.evaluate(
        "() => { const c = document.querySelector('.leaflet-atoms-pane canvas');"
        " return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some(v => v > 0); }"
    )
    assert drawn


def test_the_page_finds_the_atom_under_every_point(opened):
    plan = city()
    page = opened(map_page(plan))
    points = gpd.GeoSeries(
        shapely.point_on_surface(plan.atoms.geometry.to_numpy()), crs=plan.atoms.crs
    )
    degrees = shapely.get_coordinates(points.to_crs(4326).to_numpy()).tolist()
    found = page.evaluate(
        "points => points.map(p => gridgeo.atomAt(gridgeo.page.atoms(),"
        " gridgeo.localOf(gridgeo.page.atoms(), L.latLng(p[1], p[0]))))",
        degrees,
    )
    assert found == list(range(len(plan.atoms)))
    own = page.evaluate(
        "() => [...Array(gridgeo.page.atoms().count).keys()].map(n => gridgeo.atomAt("
        "gridgeo.page.atoms(), gridgeo.middleOf(gridgeo.page.atoms(), n)))"
    )
    assert own == found


def test_arcs_lead_back_to_the_vertices():
    plan = city()
    data = atom_data(plan)
    ends = gpd.GeoSeries(plan.borders.geometry, crs=plan.borders.crs).to_crs(4326).total_bounds
    whole = [np.cumsum(np.reshape(numbers(arc), (-1, 2)), axis=0) for arc in data["arcs"]]
    degrees = (np.concatenate(whole) + data["origin"]) / PER_DEGREE
    assert np.allclose([*degrees.min(axis=0), *degrees.max(axis=0)], ends, atol=data["unit"])
    assert sum(data["metres"]) == pytest.approx(plan.borders["border_m"].sum(), abs=1)


def test_comparing_two_partitions_shows_what_changed(opened):
    plan = city()
    old = plan.grids.dissolve(np.arange(len(plan.grids)) // 2).reset_index(drop=True)
    page = opened(map_page(plan, old=old))
    changes = _changed_ground(plan, old)
    shown = page.evaluate("() => gridgeo.page.layers.changes.getLayers().length")
    assert shown == len(changes) > 0
    button = page.locator("button", has_text="对比")
    assert "原网格界" in page.inner_text(".gg-legend")
    assert "原网格界" not in map_page(plan)
    for said, there in (
        ("仅原网格", {"old"}),
        ("仅现网格", {"grids", "outline", "labels"}),
        ("现网格与变化", {"old", "changes", "grids", "outline", "labels"}),
    ):
        page.keyboard.press("c")
        assert on_map(page, "old", "changes", "grids", "outline", "labels") == there
        assert page.inner_text(".gg-message") == said
        assert ("gg-on" in button.get_attribute("class")) == ("old" in there)
    button.click()
    page.keyboard.press("e")
    assert on_map(page, "old", "changes", "labels") == {"labels"}
    page.keyboard.press("e")
    assert on_map(page, "grids", "outline") == {"grids", "outline"}


def test_a_new_numbering_alone_is_no_change():
    plan = city()
    renamed = plan.grids.assign(code=[f"old {n}" for n in range(len(plan.grids))])
    assert _changed_ground(plan, renamed).empty


def test_all_ground_that_moves_is_told_with_its_households():
    plan = city()
    old = plan.grids.dissolve(plan.grids["community"]).reset_index(drop=True)
    changes = _changed_ground(plan, old)
    kept = plan.grids["households"].max()
    assert changes["households"].sum() == plan.grids["households"].sum() - kept


def test_a_saved_plan_has_the_same_fingerprint(tmp_path):
    plan = city()
    plan.save(tmp_path / "plan")
    assert fingerprint(gg.load(tmp_path / "plan")) == fingerprint(plan)


@given(st.sampled_from(["grid", "households"]), st.integers(0, 5))
def test_any_change_to_an_atom_changes_the_fingerprint(column, row):
    plan = build_plan()
    atoms = plan.atoms.copy()
    value = atoms.loc[row, column]
    atoms.loc[row, column] = value + (1 if column == "households" else "9")
    assert fingerprint(replace(plan, atoms=atoms)) != fingerprint(plan)


def test_both_languages_have_every_word():
    zh, en = page_words("zh"), page_words("en")
    assert zh.keys() == en.keys()
    for key in zh:
        assert {*json.dumps(zh[key])} & {"{"} == {*json.dumps(en[key])} & {"{"}, key
