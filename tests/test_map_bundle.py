"""The linker of the page's modules: what it joins, and what it refuses rather than guess."""

import json
import re
from pathlib import Path

import pytest

import gridgeo
from gridgeo.maps.bundle import GCJ02, MAP, TILES, _link, _LinkError, _parse, linked

PACKAGE = Path(gridgeo.__file__).parent
SOURCES = sorted((PACKAGE / "maps" / "assets" / "src").glob("*.js"))
MODULES = {
    "main.js": """import { one, two as second } from "./lib/numbers.js";
import { Counter } from "./lib/counter.js";
export { one } from "./lib/numbers.js";

/**
 * Comments of whole lines stay behind: import { nothing } from "./nowhere.js";
 */
// so do these
const hidden = 10; // but not these
export function sum() {
  const counter = new Counter();
  counter.add(one, second, hidden);
  return counter.sum;
}
""",
    "lib/numbers.js": 'export const one = 1;\nexport const two = 2;\nexport const text = "// a";\n',
    "lib/counter.js": """import {
  one,
} from "./numbers.js";
const hidden = one;
export class Counter {
  sum = hidden - one;
  add(...numbers) { for (const n of numbers) this.sum += n; }
}
export {};
""",
    "other.js": 'import { one } from "./lib/numbers.js";\nexport const other = one + 1;\n',
}


@pytest.fixture
def modules(tmp_path):
    for name, text in MODULES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_linked_modules_run_and_hide_what_they_do_not_export(modules, browser):
    script = _link("app", ("main.js", "other.js"), modules)
    page = browser.new_page()
    page.set_content(f"<script>{script}</script>")
    told = page.evaluate("() => [Object.keys(app).sort(), app.sum(), app.one, app.other]")
    assert told == [["one", "other", "sum"], 13, 1, 2]
    assert page.evaluate("() => typeof hidden + typeof Counter + typeof one") == "undefined" * 3
    page.close()


def test_each_module_stands_once_after_those_that_it_needs(modules):
    script = _link("app", ("main.js", "other.js"), modules)
    order = re.findall(r"^// (\S+)$", script, re.MULTILINE)
    assert order == ["lib/numbers.js", "lib/counter.js", "main.js", "other.js"]
    assert "nowhere" not in script
    assert "so do these" not in script
    assert "but not these" in script
    assert '"// a"' in script


@pytest.mark.parametrize(
    "line",
    [
        'import all from "./a.js";',
        'import * as all from "./a.js";',
        'import "./a.js";',
        "import { a } from './a.js'",
        'import { default as a, "b c" as d } from "./a.js";',
        "export default 1;",
        "export let a = 1;",
        "export const { a, b } = c;",
        "export * from './a.js';",
        "export { a };",
        'const a = await import("./a.js");',
        'const a = "</script>";',
    ],
)
def test_forms_that_are_not_known_are_refused(line):
    with pytest.raises(_LinkError, match=r"a\.js: this cannot be linked"):
        _parse("a.js", f"const x = 1;\n{line}\n")


def test_a_circle_of_imports_is_refused(tmp_path):
    for one, other in (("a", "b"), ("b", "a")):
        text = f'import {{ {other} }} from "./{other}.js";\nexport const {one} = {other};\n'
        (tmp_path / f"{one}.js").write_text(text)
    with pytest.raises(_LinkError, match=r"circle of imports: a\.js > b\.js > a\.js"):
        _link("app", ("a.js",), tmp_path)


def test_a_page_carries_its_modules_and_no_others():
    page = linked("gridgeo", (MAP,))
    order = re.findall(r"^// (\S+)$", page, re.MULTILINE)
    assert order[-1] == MAP
    own = {path.relative_to(PACKAGE).as_posix() for path in SOURCES}
    assert own - set(order) == {TILES, GCJ02, "maps/assets/src/data_types.js"}
    widget = linked("gridgeo", ("notebook/assets/desk.js",))
    assert MAP not in widget
    assert "import " not in widget
    for script in (page, widget, linked("gridgeo", (MAP, TILES, GCJ02))):
        assert "@typedef" not in script
        assert "</" not in script


def test_the_npm_tools_are_locked_and_name_no_registry():
    root = PACKAGE.parent
    lock = (root / "package-lock.json").read_text("utf-8")
    packages = json.loads(lock)["packages"]
    wanted = json.loads((root / "package.json").read_text("utf-8"))["devDependencies"]
    assert packages[""]["devDependencies"] == wanted
    assert all("integrity" in one for name, one in packages.items() if name)
    assert "resolved" not in lock
    assert all(re.fullmatch(r"[\d.]+", version) for version in wanted.values())
