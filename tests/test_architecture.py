"""How the code is laid out: who may import whom, what is exported, how long files are."""

import ast
import importlib
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import networkx as nx
import pytest

import gridgeo

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "gridgeo").rglob("*.py"))
PACKAGES = sorted(
    f"gridgeo.{found.name}" for found in pkgutil.iter_modules(gridgeo.__path__) if found.ispkg
)
LONGEST = 400
HEAVY = ("folium", "geopandas", "numba", "numpy", "pandas", "shapely", "sklearn", "fiona", "scipy")


MOST_FILES = 35
#: Names that one file uses and that are public all the same: where something new is added.
SEAMS = {
    "gridgeo.maps.page.LAYERS",
    "gridgeo.report.save.WRITERS",
    "gridgeo.report.styles.STYLES",
    "gridgeo.report.workbook.SHEETS",
    "gridgeo.wording.headers.COLUMNS",
    "gridgeo.wording.rules.RULEBOOK",
}


def python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_stages_import_only_what_the_contracts_allow():
    told = python("-c", "from importlinter.cli import lint_imports_command as c; c()")
    assert told.returncode == 0, told.stdout
    assert "0 broken" in told.stdout


@pytest.mark.parametrize("name", ["gridgeo", *PACKAGES])
def test_all_is_complete_and_every_name_in_it_is_there(name):
    package = importlib.import_module(name)
    tree = ast.parse(Path(package.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gridgeo")
        for alias in node.names
    }
    if name != "gridgeo":  # which imports more than it offers
        assert sorted(package.__all__) == sorted({*package.__all__} | imported)
    assert all(getattr(package, exported) is not None for exported in package.__all__)
    called = [getattr(package, exported) for exported in package.__all__]
    assert all(one.__doc__ for one in called if isinstance(one, type | FunctionType))


def test_what_gridgeo_exports_can_be_called_whatever_was_imported_before():
    for package in PACKAGES:
        importlib.import_module(package)
    assert [name for name in gridgeo.__all__ if not callable(getattr(gridgeo, name))] == []


@pytest.mark.parametrize(("old", "new"), [("partition", "layers"), ("adjust", "grids")])
def test_calls_of_earlier_versions_name_the_new_function(old, new):
    code = f"import gridgeo; gridgeo.{old}()"
    assert f"gridgeo.{old}_{new}(...)" in python("-c", code).stderr


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'partitoin'"):
        gridgeo.partitoin  # noqa: B018


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_are_short_and_say_what_they_are(file):
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST
    assert ast.get_docstring(ast.parse(text))


def test_beside_the_rooms_stand_only_the_errors():
    loose = {found.name for found in pkgutil.iter_modules(gridgeo.__path__) if not found.ispkg}
    assert loose == {"errors"}


def test_a_room_has_no_more_files_than_one_can_know():
    for package in PACKAGES:
        room = ROOT / package.replace(".", "/")
        assert len(list(room.rglob("*.py"))) <= MOST_FILES, package


def test_no_files_import_each_other_in_a_circle():
    graph = nx.DiGraph()
    for file in FILES:
        module = _module(file)
        graph.add_edges_from((module, found) for found, _ in _gridgeo_imports(file))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    circles = [sorted(one) for one in nx.strongly_connected_components(graph) if len(one) > 1]
    assert circles == []


def test_rooms_see_each_other_through_their_doors_only():
    past = [
        (_module(file), module)
        for file in FILES
        if file.name != "__init__.py" or file.parent != ROOT / "gridgeo"
        for module, _ in _gridgeo_imports(file, types=True)
        if module.count(".") > 1 and module.split(".")[1] != file.relative_to(ROOT).parts[1]
    ]
    assert past == []


def test_a_door_and_a_file_of_a_room_have_different_names():
    for package in PACKAGES:
        files = {file.stem for file in (ROOT / package.replace(".", "/")).glob("*.py")}
        assert not files & set(importlib.import_module(package).__all__), package


def test_what_one_file_uses_is_private():
    shared = {found for file in FILES for found in _gridgeo_imports(file, types=True)}
    alone = {
        f"{_module(file)}.{name}"
        for file in FILES
        if file.name != "__init__.py" and file.parent.name != "cli"  # typer reads names there
        for name in _public_names(file)
        if (_module(file), name) not in shared
    }
    stages = importlib.import_module("gridgeo.partition").__doc__  # it names what each stage calls
    named = {f"gridgeo.partition.{name}" for name in re.findall(r"`([\w.]+)`", stages)}
    assert alone - SEAMS - named == set()


def _module(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _gridgeo_imports(file, *, types=False):
    """Yield the modules of gridgeo that a file imports, anywhere in it, with the names."""
    modules = {_module(one) for one in FILES}
    left = [_tree(file)]
    while left:
        node = left.pop()
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            left.extend(node.body if types else node.orelse)
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gridgeo"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner, "") if inner in modules else (node.module, alias.name)
        left.extend(ast.iter_child_nodes(node))


def _public_names(file):
    """Yield the names that a file defines, but for commands, which the command line calls."""
    for node in _tree(file).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.decorator_list:
            yield from _public(node.name)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            marks = {ast.unparse(mark).split("(")[0] for mark in node.decorator_list}
            yield from () if "app.command" in marks else _public(node.name)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                yield from _public(getattr(target, "id", "_"))
        elif isinstance(node, ast.AnnAssign):
            yield from _public(getattr(node.target, "id", "_"))


def _public(name):
    return [] if name.startswith("_") else [name]


def test_only_maps_imports_folium_and_only_the_command_line_prints():
    for file in FILES:
        parts = file.relative_to(ROOT).parts
        names = {node.id for node in ast.walk(_tree(file)) if isinstance(node, ast.Name)}
        assert "print" not in names, file
        if "folium" in _imports(file):
            assert parts[1] == "maps" or parts[1:] == ("model", "values.py"), file
        if _imports(file) & {"rich", "typer"}:
            assert parts[1] == "cli", file


def _tree(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def _imports(file):
    found = set()
    for node in ast.walk(_tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(
    "arguments", [["--help"], ["partition", "--help"], ["verify", "--help"]], ids=" ".join
)
def test_help_imports_nothing_heavy(arguments):
    code = (
        "import json, sys\n"
        "from gridgeo.cli import app\n"
        f"try: app({arguments!r})\n"
        "except SystemExit: pass\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    told = python("-c", code)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout.splitlines()[-1]) == []
    assert "Usage" in told.stdout


def test_importing_gridgeo_is_light():
    told = python("-c", "import gridgeo, sys; print([m for m in sys.modules if 'pandas' in m])")
    assert told.stdout.strip() == "[]"
