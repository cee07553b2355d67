"""Where the examples of docstrings run: beside ``out``, the plan of a small town."""

import pytest
from builders_city import block_city, settings

import gridgeo as gg
from gridgeo.report import save_plan


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    """Return a folder with the plan ``out`` of a town of 24 blocks of 100 households."""
    folder = tmp_path_factory.mktemp("town")
    save_plan(
        gg.partition_layers(block_city(6, 4, per_block=100).frames, settings()), folder / "out"
    )
    return folder


@pytest.fixture(autouse=True)
def _example(request, monkeypatch):
    if isinstance(request.node, pytest.DoctestItem) and '"out' in request.node.dtest.docstring:
        monkeypatch.chdir(request.getfixturevalue("town"))
