"""The cache of compiled kernels follows the kernels that they call."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gridgeo

CALL = """
import numpy as np
from gridgeo.partition.anneal import metropolis_accepts
print(metropolis_accepts(1.0, 1e12, np.ones(1, dtype=np.uint64)))
print(sum(metropolis_accepts.stats.cache_hits.values()))
"""

LINKS = """
import numpy as np
from gridgeo.partition.kernel import CSRGraph, count_unmet_cannot_links
empty = np.empty(0, dtype=np.int32)
pairs = np.empty((0, 2), dtype=np.int32)
graph = CSRGraph(*[empty] * (len(CSRGraph._fields) - 1), pairs)
print(count_unmet_cannot_links(graph, empty))
print(sum(count_unmet_cannot_links.stats.cache_hits.values()))
"""


@pytest.fixture
def copy(tmp_path):
    skipped = shutil.ignore_patterns("__pycache__", "assets")
    shutil.copytree(Path(gridgeo.__file__).parent, tmp_path / "gridgeo", ignore=skipped)
    return tmp_path


def call(copy, code=CALL, **more):
    """Return what `code` prints with the copy of the package: the result, and hits of the cache."""
    inherited = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    finished = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=copy,
        env={**inherited, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", **more},
    )
    return tuple(finished.stdout.split())


def test_a_changed_callee_changes_what_its_caller_does(copy):
    assert call(copy) == ("True", "0")
    assert call(copy) == ("True", "1")
    kernel = copy / "gridgeo" / "partition" / "kernel.py"
    source = kernel.read_text(encoding="utf-8")
    drawn = "return float(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)"
    assert drawn in source
    kernel.write_text(source.replace(drawn, drawn + " + 1.0"), encoding="utf-8")
    assert call(copy) == ("False", "0")
    assert call(copy) == ("False", "1")


def test_a_cache_with_types_of_another_version_is_written_anew(copy):
    assert call(copy, LINKS) == ("0", "0")
    assert call(copy, LINKS) == ("0", "1")
    for file in (copy / "gridgeo" / "partition").rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        file.write_text(source.replace("CSRGraph", "SparseGraph"), encoding="utf-8")
    assert call(copy, LINKS.replace("CSRGraph", "SparseGraph")) == ("0", "0")
    assert call(copy, LINKS.replace("CSRGraph", "SparseGraph")) == ("0", "1")


def test_a_package_that_cannot_be_written_is_cached_for_the_user(copy):
    (copy / "gridgeo" / "partition" / "__pycache__").write_text("no folder", encoding="utf-8")
    user = {"HOME": str(copy), "XDG_CACHE_HOME": str(copy / "cache")}
    assert call(copy, **user) == ("True", "0")
    assert call(copy, **user) == ("True", "1")
    assert list((copy / "cache").rglob("*.nbi"))
