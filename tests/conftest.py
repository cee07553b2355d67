"""Property tests: the same examples every time; ``--hypothesis-profile explore`` looks further."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, settings

_SLOW_MACHINES = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("same", derandomize=True, **_SLOW_MACHINES)
settings.register_profile("explore", max_examples=500, **_SLOW_MACHINES)
settings.load_profile("same")
pytest.register_assert_rewrite("laws")
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the tests marked long, too")
    parser.addoption("--towns", type=int, default=25, help="towns on which all laws are checked")
    parser.addoption("--seed", type=int, default=0, help="the number of the first of them")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)


def pytest_generate_tests(metafunc):
    if "town_seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--seed")
        seeds = range(first, first + metafunc.config.getoption("--towns"))
        metafunc.parametrize("town_seed", seeds)


@pytest.fixture(scope="session")
def browser():
    """Return Chromium with nothing that would call home."""
    if os.environ.get("GRIDGEO_NO_BROWSER") == "1":
        pytest.skip("GRIDGEO_NO_BROWSER=1")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  (only where it is used)

    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("chromium is not installed: install it, or set GRIDGEO_NO_BROWSER=1 to skip")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=list(SWITCHES))
        yield started
        started.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Open HTML from a file; the test fails when a request leaves or the console complains."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(5_000)
    requests, complaints = [], []

    def show(html):
        path = tmp_path / "page.html"
        path.write_text(html, encoding="utf-8")
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield show
    context.close()
    left = [url for url in requests if not url.startswith(("file:", "data:", "blob:"))]
    assert left == []
    assert complaints == []
