"""Every error of reading names its place and a remedy, and who follows the remedy can read on."""

import ast
from pathlib import Path

import pytest
import remedies_files
import remedies_layers
import remedies_rows
import remedies_tables
from builders_remedies import CASES, fail, mend, origin

import gridgeo

MODULES = (remedies_files, remedies_layers, remedies_rows,
           remedies_tables)  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_who_does_what_an_error_advises_can_read(tmp_path, name):
    steps, error = fail(CASES[name], tmp_path)
    assert error.remedy.en != error.remedy.zh
    assert mend(steps, error) > 0


def errors_of(room):
    """Return where the code of a room makes an error: file, first and last line."""
    return [
        (str(file), node.lineno, node.end_lineno)
        for file in sorted(Path(gridgeo.__file__).parent.joinpath(room).glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("InputError", "SettingsError")
    ]


def test_every_error_of_the_rooms_that_read_has_a_case(tmp_path, monkeypatch):
    known = origin(monkeypatch)
    made = set()
    for number, one in enumerate(CASES.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        steps, error = fail(one, folder)
        steps.close()
        made.add(known[id(error)])
    missing = [
        f"{file}:{first}"
        for room in ("formats", "read", "tables")
        for file, first, last in errors_of(room)
        if not any(at == file and first <= line <= last for at, line in made)
    ]
    assert missing == []
