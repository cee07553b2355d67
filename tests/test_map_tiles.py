"""Background tiles of the map: off by default, one host, and GCJ-02 moves the drawing alone."""

import base64
from dataclasses import replace

import numpy as np
import pytest
import shapely
from builders_plan import build_plan
from test_map_edit import Desk, city, pair

from gridgeo.config import PROVIDERS, MapRules, Settings
from gridgeo.errors import SettingsError
from gridgeo.maps import map_page
from gridgeo.maps.assets import _CONTENT_POLICY
from gridgeo.maps.base import _KNOWN, tiles_of
from gridgeo.maps.bundle import GCJ02, TILES
from gridgeo.maps.style import grid_style
from gridgeo.read.datums import _gcj02

HOST = "https://tiles.example.org"
ADDRESS = HOST + "/{z}/{x}/{y}.png?tk={key}"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
#: WGS 84 and GCJ-02 of Shanghai, Shenzhen and Beijing, as the tests of eviltransform give them.
PUBLISHED = (
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
)
OPACITY = "() => gridgeo.page.layers.grids.getLayers()[0].options.fillOpacity"


def with_tiles(plan, **rules):
    return replace(plan, settings=replace(plan.settings, map=MapRules(**rules)))


@pytest.fixture
def online(browser, tmp_path):
    """Open HTML where any host answers with a tile, or `dead` with nothing; note who was asked."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(5_000)
    asked, errors = [], []

    def show(html, *, dead=False):
        def answer(route):
            if route.request.url.startswith(("file:", "data:", "blob:")):
                route.continue_()
                return
            asked.append(route.request.url)
            if dead:
                route.abort("internetdisconnected")
            else:
                route.fulfill(body=PIXEL, content_type="image/png")

        context.route("**/*", answer)
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path.as_uri())
        page.asked = asked
        return page

    yield show
    context.close()
    assert errors == []


def shifted_in(page, places):
    return page.evaluate(
        "places => places.map(([lng, lat]) => gridgeo.drawnAt(lng, lat)).map(p => [p.lng, p.lat])",
        np.array(places).tolist(),
    )


# --- off ---------------------------------------------------------------------------------------


def test_without_tiles_the_page_knows_nothing_of_them():
    page = map_page(build_plan())
    assert Settings().map.tiles == ""
    assert f'content="{_CONTENT_POLICY}"' in page
    assert "https://" not in _CONTENT_POLICY
    for path in (TILES, GCJ02):
        assert path not in page
        assert path in map_page(with_tiles(build_plan(), tiles="gaode"))
    unused = with_tiles(build_plan(), tiles_key="k", tiles_credit="c", tiles_datum="gcj02")
    assert map_page(unused) == page


# --- on ----------------------------------------------------------------------------------------


def test_only_the_host_of_the_tiles_is_asked_and_allowed(online):
    rules = {"tiles": ADDRESS, "tiles_key": "a&b/'\"<", "tiles_credit": "<b>市测绘院</b>"}
    html = map_page(with_tiles(build_plan(), **rules))
    page = online(html)
    page.wait_for_selector(".leaflet-tile-loaded")
    assert page.asked
    assert all(url.startswith(HOST + "/") for url in page.asked)
    assert all(url.endswith("?tk=a%26b%2F%27%22%3C") for url in page.asked)
    assert f"img-src data: blob: {HOST}; font-src" in html
    assert page.inner_text(".leaflet-control-attribution") == "<b>市测绘院</b>"
    outcome = page.evaluate(
        "() => new Promise(done => { const image = new Image();"
        " image.onload = () => done('loaded'); image.onerror = () => done('refused');"
        " image.src = 'https://elsewhere.example.org/0/0/0.png'; })"
    )
    assert outcome == "refused"
    assert not any("elsewhere" in url for url in page.asked)
    veiled = page.evaluate(OPACITY)
    label = page.locator(".leaflet-control-layers-overlays label", has_text="底图")
    label.locator("input").uncheck()
    assert page.evaluate(OPACITY) > veiled
    assert page.query_selector(".leaflet-control-attribution") is None


def test_the_page_works_where_the_tiles_do_not_load(online):
    plan = city()
    page = online(map_page(with_tiles(plan, tiles="gaode")), dead=True)
    page.wait_for_selector(".leaflet-control-attribution:has-text('底图未能加载')")
    assert page.evaluate(OPACITY) == grid_style(plan.grids["verdict"][0])["fillOpacity"]
    desk = Desk(page)
    atom, _, to = pair()
    desk.aim(to)
    desk.click(atom)
    assert desk.grid_of(atom) == to


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_has_one_host_a_credit_and_a_datum(name):
    tiles = tiles_of(MapRules(tiles=name, tiles_key="k"))
    assert all(address.startswith(tiles.host + "/") for address in tiles.addresses)
    assert all(part in address for address in tiles.addresses for part in ("{x}", "{y}", "{z}"))
    assert "{key}" not in "".join(tiles.addresses)
    assert tiles.credit.zh
    assert set(_KNOWN) == set(PROVIDERS)


# --- GCJ-02 ------------------------------------------------------------------------------------


def test_the_shift_of_the_page_is_that_of_the_reader_and_as_published(online):
    page = online(map_page(with_tiles(build_plan(), tiles="gaode")))
    true = [place for place, _ in PUBLISHED]
    np.testing.assert_allclose(shifted_in(page, true), [there for _, there in PUBLISHED], atol=1e-6)
    lng, lat = np.meshgrid(np.linspace(73.1, 137.3, 40), np.linspace(1.7, 55.3, 40))
    many = np.column_stack([lng.ravel(), lat.ravel()])
    np.testing.assert_allclose(shifted_in(page, many), _gcj02(many), rtol=0, atol=1e-9)
    paris = [[2.35, 48.85]]
    assert shifted_in(page, paris) == paris


def test_a_click_comes_back_to_the_place_that_was_drawn(online):
    page = online(
        map_page(with_tiles(build_plan(), tiles=ADDRESS, tiles_key="k", tiles_datum="gcj02"))
    )
    back = page.evaluate(
        "places => places.map(([lng, lat]) => { const crs = gridgeo.page.map.options.crs;"
        " const at = crs.pointToLatLng(crs.latLngToPoint(L.latLng(lat, lng), 18), 18);"
        " return [at.lng, at.lat]; })",
        [list(place) for place, _ in PUBLISHED],
    )
    np.testing.assert_allclose(back, [place for place, _ in PUBLISHED], rtol=0, atol=1e-9)
    drawn = page.evaluate(
        "() => { const c = L.CRS.EPSG3857.latLngToPoint(L.latLng(39.911954, 116.377817), 18);"
        " const at = L.Projection.SphericalMercator.unproject("
        "L.CRS.EPSG3857.transformation.untransform(c, 256 * 2 ** 18)); return [at.lng, at.lat]; }"
    )
    np.testing.assert_allclose(drawn, PUBLISHED[2][1], atol=1e-6)


def test_edits_and_lengths_are_the_same_on_shifted_tiles(online, tmp_path):
    plan = city()
    atom, _, to = pair()
    exports, metres, places = [], [], []
    for rules in ({}, {"tiles": "gaode"}):
        page = online(map_page(with_tiles(plan, **rules)))
        desk = Desk(page)
        places.append(page.evaluate("() => Math.round(gridgeo.page.atoms().boxes[0].maxX * 1e3)"))
        points = shapely.get_coordinates(
            plan.atoms.geometry.representative_point().to_crs(4326).to_numpy()
        )
        found = page.evaluate(
            "points => points.map(p => gridgeo.atomAt(gridgeo.page.atoms(),"
            " gridgeo.localOf(gridgeo.page.atoms(), L.latLng(p[1], p[0]))))",
            points.tolist(),
        )
        assert found == list(range(len(plan.atoms)))
        desk.aim(to)
        desk.click(atom)
        exports.append(desk.export(tmp_path / f"{len(exports)}.json").read_bytes())
        page.keyboard.press("Control+z")
        metres.append(
            page.evaluate(
                "([a, b]) => gridgeo.page.map.distance([a[1], a[0]], [b[1], b[0]])",
                points[:2].tolist(),
            )
        )
    assert exports[0] == exports[1]
    assert metres[0] == metres[1]
    assert places[0] != places[1]  # what is drawn did move


# --- what the settings refuse ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "key"),
    [
        ({"tiles": "tianditu"}, "map.tiles_key"),
        ({"tiles": ADDRESS}, "map.tiles_key"),
        ({"tiles": "osm"}, "map.tiles"),
        ({"tiles": "https://tiles.example.org/{z}/{x}.png"}, "map.tiles"),
        ({"tiles": "https://{s}.example.org/{z}/{x}/{y}.png"}, "map.tiles"),
        ({"tiles": "https://a.org;script-src *//{z}/{x}/{y}"}, "map.tiles"),
        ({"tiles": "javascript://a.org/{z}/{x}/{y}"}, "map.tiles"),
        ({"tiles_datum": "bd09"}, "map.tiles_datum"),
    ],
)
def test_tiles_that_cannot_be_are_refused(rules, key):
    with pytest.raises(SettingsError) as caught:
        MapRules(**rules)
    assert caught.value.place["key"] == key
