"""The numbered stages of the package docstring against the code and the page of the docs."""

import ast
import importlib
import re
from pathlib import Path

import pytest

import gridgeo.partition

ROOT = Path(__file__).parents[1]
ROOM = ROOT / "gridgeo" / "partition"
NAMED = re.compile(r"`((?:(?:minimal_change|certificates)\.)?\w+\.\w+)`")
PAGES = {
    "docstring": gridgeo.partition.__doc__,
    "how-it-works.md": (ROOT / "docs" / "how-it-works.md").read_text(encoding="utf-8"),
}


def stages(text):
    """Return what stands first in each numbered line that begins with a name of the package."""
    return re.findall(r"(?m)^ ?(\d+)\. `(\w+\.\w+)`", text)


def functions():
    """Return, for each function of the room, the names that it refers to."""
    found = {}
    for file in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
                used |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
                found.setdefault(node.name, set()).update(used)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_the_stages_are_numbered_without_a_gap(page):
    numbers = [int(number) for number, _ in stages(PAGES[page])]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 5


def test_the_docs_number_the_same_stages():
    assert stages(PAGES["how-it-works.md"]) == stages(PAGES["docstring"])


def test_every_stage_is_a_function_of_the_room():
    for name in NAMED.findall(gridgeo.partition.__doc__):
        module, _, function = name.rpartition(".")
        if not function.endswith("repair_search"):
            assert callable(
                getattr(importlib.import_module(f"gridgeo.partition.{module}"), function)
            )


def test_every_stage_is_reached_from_the_entry():
    calls, reached, left = functions(), set(), ["partition_atoms"]
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += calls.get(name, set()) & set(calls)
    assert {name.partition(".")[2] for _, name in stages(gridgeo.partition.__doc__)} <= reached
