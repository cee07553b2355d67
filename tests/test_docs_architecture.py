"""docs/architecture.md: every name and every file on it is there."""

import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`(gridgeo(?:\.\w+)+)`", TEXT)) - {"gridgeo.toml"})
PATHS = sorted(set(re.findall(r"`((?:gridgeo|tests)/[\w./]+)`", TEXT)))


def found(name):
    """Return what a dotted name stands for."""
    parts = name.split(".")
    for i in range(len(parts), 0, -1):
        try:
            value = import_module(".".join(parts[:i]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[i:]:
            value = getattr(value, attribute)
        return value
    raise AssertionError(name)


@pytest.mark.parametrize("name", NAMES)
def test_names_are_there(name):
    assert found(name) is not None


@pytest.mark.parametrize("path", PATHS)
def test_files_are_there(path):
    assert (ROOT / path).exists()


def test_every_room_is_in_the_table():
    rooms = {path.parent.name for path in (ROOT / "gridgeo").glob("*/__init__.py")}
    table = TEXT[TEXT.index("| rooms") : TEXT.index("Laws, each")]
    assert set(re.findall(r"`(\w+)`", table)) == rooms | {"errors"}


def test_the_page_names_enough_to_be_of_use():
    assert len(NAMES) > 40
    assert len(PATHS) > 5
