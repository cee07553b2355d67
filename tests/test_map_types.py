"""The data that Python writes into pages: field by field as `data_types.js` declares them."""

import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from builders_plan import build_plan
from test_map_edit import city, pair

import gridgeo
from gridgeo.adjust import Edit
from gridgeo.config import MapRules
from gridgeo.maps import atom_data, build_map, label_data, plan_data
from gridgeo.maps.base import TileLayer, tiles_of
from gridgeo.maps.style import legend
from gridgeo.model import layer_frame
from gridgeo.notebook import Editor

SOURCE = Path(gridgeo.__file__).parent / "maps" / "assets" / "src" / "data_types.js"
COMMENT = re.compile(r"/\*\*(.*?)\*/", re.DOTALL)
OBJECT = re.compile(r"@typedef \{object\} (\w+)")
ALIAS = re.compile(r"@typedef \{(?!object\})(.+)\} (\w+)$", re.MULTILINE)
FIELD = re.compile(r"@property \{(.+?)\} (\[?)(\w+)\]?")


@cache
def declared():
    """Return the declared objects, name to fields (type, optional), and the other types."""
    objects, aliases = {}, {}
    for comment in COMMENT.findall(SOURCE.read_text("utf-8")):
        if (name := OBJECT.search(comment)) is not None:
            fields = FIELD.findall(comment)
            objects[name[1]] = {field: (kind, bool(mark)) for kind, mark, field in fields}
        elif (alias := ALIAS.search(comment)) is not None and "@template" not in comment:
            aliases[alias[2]] = alias[1]
    return objects, aliases


def split(text, sign):
    """Return the parts of a type between `sign` outside of brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([<") - (letter in ")]>")
        if letter == sign and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def problems(value, kind, where="data"):
    """Return where a value is not of a declared type."""
    objects, aliases = declared()
    kind = aliases.get(kind, kind)
    if len(options := split(kind, "|")) > 1:
        tried = [problems(value, option, where) for option in options]
        return [] if [] in tried else [f"{where}: {value!r} is not {kind}"]
    if kind in objects:
        return problems_of_fields(value, objects[kind], where)
    parts = parts_of(value, kind)
    if parts is None:
        return [] if is_plain(value, kind) else [f"{where}: {value!r} is not {kind}"]
    return [p for key, one, item in parts for p in problems(one, item, f"{where}{key}")]


def parts_of(value, kind):
    """Return the parts of an array, a tuple or a record with the type of each; None otherwise."""
    record = re.fullmatch(r"Record<string, (.+)>", kind)
    if record is not None and isinstance(value, dict):
        return [(f".{key}", one, record[1]) for key, one in value.items()]
    if not isinstance(value, (list, tuple)):
        return None
    if kind.endswith("[]"):
        item = re.sub(r"^\((.*)\)$", r"\1", kind[:-2])
        return [(f"[{n}]", one, item) for n, one in enumerate(value)]
    items = split(kind[1:-1], ",") if kind.startswith("[") else []
    if len(items) != len(value):
        return None
    return [(f"[{n}]", one, item) for n, (one, item) in enumerate(zip(value, items, strict=True))]


def is_plain(value, kind):
    plain = {"string": str, "number": (int, float), "boolean": bool}
    if kind in plain:
        return isinstance(value, plain[kind]) and (kind == "boolean") == isinstance(value, bool)
    return (kind == "null" or kind[0] == '"') and value == json.loads(kind)


def problems_of_fields(value, fields, where):
    wanted = {name for name, (_, optional) in fields.items() if not optional}
    found = [f"{where}.{name} is not declared" for name in value.keys() - fields.keys()]
    found += [f"{where}.{name} is missing" for name in wanted - value.keys()]
    for name in sorted(value.keys() & fields.keys()):
        found += problems(value[name], fields[name][0], f"{where}.{name}")
    return found


def columns_are_as_long_as_each_other(table):
    return len({len(column) for column in table.values()}) == 1


PLANS = {
    "small": build_plan,
    "city": city,
    "no residents": lambda: replace(build_plan(), grids=build_plan().grids.assign(residents=None)),
    "no grids": lambda: replace(
        build_plan(), grids=layer_frame("grids", crs=build_plan().grids.crs), findings=()
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_what_python_writes_is_what_the_page_declares(name):
    plan = PLANS[name]()
    data = {"plan": "0123", **plan_data(plan)}
    assert problems(data, "PlanData") == []
    assert problems(atom_data(plan), "AtomData") == []
    assert problems(label_data(plan), "LabelData") == []
    assert problems(legend(plan, compared=True), "LegendData") == []
    tables = [data["grids"], data["communities"], data["findings"], *label_data(plan).values()]
    assert all(map(columns_are_as_long_as_each_other, tables))


def test_what_stands_beside_the_map_is_what_the_page_declares():
    plan = build_plan()
    panels = next(c for c in build_map(plan)._children.values() if c._name == "Panels")
    assert problems(json.loads(panels.title), "TitleData") == []
    assert problems(json.loads(panels.legend), "LegendData") == []
    assert problems(panels.bounds, "Bounds") == []
    tiles = TileLayer(tiles_of(MapRules(tiles="gaode")), "zh")
    assert problems(json.loads(tiles.data), "TileData") == []


def test_what_the_widget_sends_is_what_it_declares():
    editor = Editor(city())
    atom, _, to = pair()
    assert problems(editor.data, "EditorData") == []
    assert problems(editor.state, "EditorState") == []
    editor.do(Edit(do="move", atoms=(atom,), to=to))
    editor.do(Edit(do="split", atoms=(atom,), grid="+1"))
    assert editor.state["rows"]
    assert problems(editor.state, "EditorState") == []


def test_every_type_is_used_and_a_wrong_field_is_found():
    objects, aliases = declared()
    text = SOURCE.read_text("utf-8")
    roots = {"PlanData", "AtomData", "LabelData", "TitleData", "LegendData", "TileData"}
    roots |= {"EditorData", "EditorState"}
    for name in objects.keys() | aliases.keys() - roots:
        assert name in roots or len(re.findall(rf"\b{name}\b", text)) > 1, name
    data = {"plan": "0123", **plan_data(build_plan())}
    assert problems(data | {"more": 1}, "PlanData") == ["data.more is not declared"]
    assert problems(data | {"locked": [1]}, "PlanData") == ["data.locked[0]: 1 is not string"]
    del data["editable"]
    assert problems(data, "PlanData") == ["data.editable is missing"]
    assert problems([[1.0, 2.0]], "Bounds") != []
    assert problems("both", '"either" | "households"') != []
