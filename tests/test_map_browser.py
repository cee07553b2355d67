"""The map and the report in a real browser, with no network at all."""

import dataclasses

import pytest
from builders_plan import build_plan
from test_diff import side

from gridgeo.adjust import compare_sides
from gridgeo.config import Settings
from gridgeo.maps import changes_page, map_page, visible
from gridgeo.model import Finding, Note, Reject
from gridgeo.report.page import _report_page
from gridgeo.wording import Text

PAYLOADS = (
    "<script>document.title='PWNED'</script>",
    "<img src=x onerror=\"document.title='PWNED'\">",
    "</script><script>document.title='PWNED'</script>",
    "`${document.title='PWNED'}`{{7*7}}{%x%}{#y#}",
    '"\';${document.title="PWNED"}//\\',
    "\u202e甲\u2066乙\u200b",
)
MAP = "Object.values(window).find(value => value instanceof L.Map)"
LAYERS = (
    "Object.values(window)"
    ".filter(value => window.L && value instanceof L.GeoJSON)"
    ".flatMap(layer => layer.getLayers())"
)
SHOWN = f"""kind => {LAYERS}.filter(layer => layer[kind] && layer.feature).map(layer => {{
    const parent = Object.values(window)
        .find(value => value instanceof L.GeoJSON && value.hasLayer(layer));
    if (!parent[kind]()) return null;
    return parent[kind]().getContent()(layer);
}}).filter(node => node).map(node => {{
    document.body.appendChild(node);
    return node.innerText;
}})"""


def hostile_plan(lang="zh"):
    """Return the plan with a payload in every text that comes from data."""
    plan = build_plan(lang=lang)
    free = ("name", "community_name", "bounded_by", "contains", "reason", "group", "proof")

    def spoil(frame):
        columns = {
            column: [PAYLOADS[(row + shift) % 6] for row in range(len(frame))]
            for shift, column in enumerate(free)
            if column in frame.columns
        }
        return frame.assign(**columns)

    return dataclasses.replace(
        plan,
        **{
            name: spoil(getattr(plan, name))
            for name in ("communities", "grids", "households", "considered", "streets", "atoms")
        },
        findings=tuple(
            Finding(
                rule=text,
                severity="error",
                message=Text(text, text),
                grids=(text,),
                where=plan.grids.geometry[0],
                unit=text,
                amount=1.0,
            )
            for text in PAYLOADS
        ),
        rejects=tuple(Reject(*[text] * 2, 1, *[text] * 2, Text(text, text)) for text in PAYLOADS),
        notes=tuple(Note(text, Text(text, text)) for text in PAYLOADS),
        summary=plan.summary | {"name": "".join(PAYLOADS), "attribution": "".join(PAYLOADS)},
        run={"inputs": {text: text for text in PAYLOADS}},
    )


def coloured_pixels(page):
    return page.evaluate(
        """() => [...document.querySelectorAll('.leaflet-overlay-pane canvas')].map(canvas => {
            const copy = document.createElement('canvas');
            copy.width = canvas.width; copy.height = canvas.height;
            const pen = copy.getContext('2d', { willReadFrequently: true });
            pen.drawImage(canvas, 0, 0);
            const data = pen.getImageData(0, 0, copy.width, copy.height);
            const seen = new Set(); let drawn = 0;
            for (let i = 0; i < data.data.length; i += 4) {
                if (data.data[i + 3] > 0) {
                    drawn += 1;
                    seen.add(data.data[i] << 16 | data.data[i + 1] << 8 | data.data[i + 2]);
                }
            }
            return [drawn, seen.size];
        })"""
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_map_draws_its_grids(opened, lang):
    page = opened(map_page(build_plan(lang=lang)))
    drawn = page.evaluate(
        f"() => {LAYERS}.filter(layer => layer.feature && layer.feature.properties.code)"
        ".map(layer => layer.feature.properties.code)"
    )
    assert len(drawn) == 5
    ((pixels, colours),) = coloured_pixels(page)
    assert pixels > 50_000
    assert colours > 20  # five verdicts, streets, hatching


def test_a_click_on_a_grid_tells_all_about_it(opened):
    page = opened(map_page(build_plan()))
    point = page.evaluate(
        f"() => {{ const map = {MAP}; const grid = {LAYERS}.find(layer => layer.feature &&"
        " layer.feature.properties.code === '420102001001002');"
        " const p = map.latLngToContainerPoint(grid.getBounds().getCenter());"
        " return [p.x + 25, p.y + 25]; }"
    )
    page.mouse.click(*point)
    page.wait_for_selector(".leaflet-popup-content td")
    told = page.inner_text(".leaflet-popup-content")
    for part in ("420102001001002", "第1网格", "510", "1,300", "偏大", "北至中山大道", "如意小区"):
        assert part in told


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (390, 844)])
@pytest.mark.parametrize("adjusting", [False, True])
def test_panels_do_not_lie_over_each_other(opened, size, adjusting):
    page = opened(map_page(build_plan()))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.reload()
    page.evaluate("() => { document.querySelector('.gg-findings').open = true; }")
    if adjusting:
        page.keyboard.press("e")
    boxes = [
        page.query_selector(selector).bounding_box()
        for selector in (
            ".gg-title",
            ".gg-work",
            ".gg-legend",
            ".leaflet-control-layers",
            ".leaflet-control-scale",
            ".leaflet-control-zoom",
        )
    ]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = (
                one["x"] + one["width"] <= other["x"]
                or other["x"] + other["width"] <= one["x"]
                or one["y"] + one["height"] <= other["y"]
                or other["y"] + other["height"] <= one["y"]
            )
            assert apart, (one, other)


def test_the_legend_counts_and_the_layers_switch(opened):
    page = opened(map_page(build_plan()))
    legend = page.inner_text(".gg-legend")
    assert "达标（300–500 户或 800–1,200 人）" in legend
    for box in page.query_selector_all(".leaflet-control-layers-overlays input"):
        box.uncheck()
    assert coloured_pixels(page) == [[0, 0]]
    for box in page.query_selector_all(".leaflet-control-layers-overlays input"):
        box.check()
    assert coloured_pixels(page)[0][0] > 50_000


def test_hostile_names_are_only_text_on_the_map(opened):
    plan = hostile_plan()
    page = opened(map_page(plan))
    expected = visible("".join(PAYLOADS))
    assert page.title().startswith(expected)
    assert expected in page.inner_text(".gg-title h1")
    page.evaluate("() => { document.querySelector('.gg-findings').open = true; }")
    page.wait_for_selector(".gg-findings .gg-row")
    page.query_selector(".gg-findings .gg-row").click()
    listed = page.inner_text(".gg-findings")
    popups, tooltips = (
        "\n".join(page.evaluate(SHOWN, f"get{kind}")) for kind in ("Popup", "Tooltip")
    )
    for number, payload in enumerate(PAYLOADS):
        text = visible(payload)
        assert text in popups
        assert text in listed
        if number == len(plan.grids):  # no grid is called so
            continue
        assert text in tooltips
        page.fill(".gg-search input", text)
        assert text in page.inner_text(".gg-search li")
        page.press(".gg-search input", "Enter")
    for box in page.query_selector_all(".leaflet-control-layers-overlays input"):
        box.check()
    page.wait_for_timeout(200)
    assert page.title().startswith(expected)
    assert page.evaluate("document.querySelectorAll('.leaflet-container img').length") == 0


def test_hostile_names_are_only_text_in_a_comparison(opened):
    told = compare_sides(side([0, 1, 2, 3, 4, 5] * 2), side([0, 0, 2, 3, 4, 5] * 2), Settings())

    def spoil(frame, *columns):
        count = len(frame)
        return frame.assign(**{c: [PAYLOADS[n % 6] for n in range(count)] for c in columns})

    told = dataclasses.replace(
        told,
        changes=spoil(told.changes, "name", "old_code", "new_code", "reason"),
        crosswalk=spoil(told.crosswalk, "old_code", "new_code"),
        settings=Settings(title="".join(PAYLOADS), attribution="".join(PAYLOADS)),
    )
    page = opened(changes_page(told))
    expected = visible("".join(PAYLOADS))
    popups = "\n".join(page.evaluate(SHOWN, "getPopup"))
    for payload in PAYLOADS[:5]:
        assert visible(payload) in popups
    assert page.inner_text(".gg-title").count(expected) == 2
    assert page.title().startswith(expected)
    assert page.evaluate("document.querySelectorAll('.leaflet-container img').length") == 0


def test_hostile_names_are_only_text_in_the_report(opened):
    page = opened(_report_page(hostile_plan()))
    expected = visible("".join(PAYLOADS))
    assert page.inner_text("h1").startswith(expected)
    shown = page.inner_text("body")
    for payload in PAYLOADS:
        assert shown.count(visible(payload)) >= 8
    assert not page.title().startswith("PWNED")
    assert page.evaluate("document.querySelectorAll('script, img').length") == 0


def test_the_report_draws_its_figures(opened):
    page = opened(_report_page(build_plan()))
    sizes = page.evaluate(
        "() => [...document.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect().height)"
    )
    assert len(sizes) == 6  # the map, three distributions, a map a community
    assert min(sizes) > 100
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
