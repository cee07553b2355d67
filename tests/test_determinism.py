"""Same input, settings, seed: the same bytes, whatever process, threads, row order and place."""

import os
import re
import subprocess
import sys
from pathlib import Path

from builders_city import random_city

ROOT = Path(__file__).parents[1]
FEATURES = {"river": True, "carriageways": True, "compounds": True, "schools": True}


def run(folder, city, *, hash_seed, jobs, **place):
    """Run the command line in a process of its own; return the bytes of every file but run.json."""
    city.write(folder)
    layers = [part for role in sorted(city.frames) for part in (f"--{role}", f"{role}.gpkg")]
    command = "from gridgeo.cli import main; main()"
    told = subprocess.run(
        [sys.executable, "-c", command, "partition", *layers, "--out", "out", "--jobs", str(jobs)],
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(ROOT), **place},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    files = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    files.pop("run.json")
    # a file with its rows in another order has another hash, and the report tells the hashes
    files["report.html"], hashes = re.subn(rb"\b[0-9a-f]{64}\b", b"", files["report.html"])
    assert hashes == len(city.frames)
    return {**files, "stdout": told.stdout.encode()}


def test_hash_seed_threads_row_order_locale_and_time_zone_change_no_byte(tmp_path):
    city = random_city(5, buildings=True, residents=True, **FEATURES)
    first = run(tmp_path / "first", city, hash_seed=0, jobs=1, TZ="UTC", LC_ALL="C.UTF-8")
    assert len(first) == 7
    assert all(first.values())
    place = {"TZ": "Pacific/Chatham", "LC_ALL": "C"}
    other = run(tmp_path / "other", city.shuffled(3), hash_seed=4242, jobs=2, **place)
    assert other.keys() == first.keys()
    assert [file for file in first if first[file] != other[file]] == []
