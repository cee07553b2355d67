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


@pytest.fixture
def copy(tmp_path):
    skipped = shutil.ignore_patterns("__pycache__", "assets")
    shutil.copytree(Path(gridgeo.__file__).parent, tmp_path / "gridgeo", ignore=skipped)
    return tmp_path


def call(copy, **more):
    """Return what `CALL` prints with the copy of the package: the result, and hits of the cache."""
    inherited = {k: v for k, v in os.environ.items() if k != "NUMBA_CACHE_DIR"}
    finished = subprocess.run(
        [sys.executable, "-c", CALL],
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


def test_a_package_that_cannot_be_written_is_cached_for_the_user(copy):
    (copy / "gridgeo" / "partition" / "__pycache__").write_text("no folder", encoding="utf-8")
    user = {"HOME": str(copy), "XDG_CACHE_HOME": str(copy / "cache")}
    assert call(copy, **user) == ("True", "0")
    assert call(copy, **user) == ("True", "1")
    assert list((copy / "cache").rglob("*.nbi"))
