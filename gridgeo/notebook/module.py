"""The script and the style of the widget: Leaflet and tools of the map page, in one module.

Everything stands inside the module, so two widgets, or a folium map beside one, do not meet.
"""

from __future__ import annotations

from importlib.resources import files

from gridgeo.maps.vendored import script_of, style_of

_ASSETS = files("gridgeo.notebook") / "assets"
#: Scripts of the map page that the widget uses, in the order in which they are run.
TOOLS = ("page.js", "packed.js", "atoms.js", "edit_draw.js")


def script() -> str:
    """Return an ES module whose default export draws the widget; it fetches nothing."""
    tools = "\n".join(script_of(name) for name in TOOLS)
    return f"""const L = (function () {{
const exports = {{}}, module = {{ exports: exports }}, define = undefined;
{script_of("leaflet.js")}
return module.exports.noConflict();
}})();
function tools() {{
{tools}
{_text("desk.js")}
return gridgeo;
}}
export default {{ render: function (given) {{ return tools().desk(given.model, given.el); }} }};
"""


def style() -> str:
    """Return the style of the widget."""
    return f"{style_of('leaflet.css')}\n{_text('desk.css')}"


def _text(name: str) -> str:
    return (_ASSETS / name).read_text(encoding="utf-8")
