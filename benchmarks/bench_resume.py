"""Kill a run at random moments, run it again, and compare the bytes with an undisturbed run.

::

    python -m benchmarks.bench_resume --settings gridgeo.toml --times 10 -- --by township --jobs 2

Each time the run goes on in the same folder until it is killed (SIGKILL, the whole session or
the parent alone, in turn); then it runs to its end. Every file but ``run.json`` must be the same.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np

from benchmarks.measure import gridgeo_command

TIMES = "run.json"


def main() -> None:
    """Measure an undisturbed run, disturb others, and say whether any byte differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path("out/bench_resume"))
    parser.add_argument("options", nargs="*", default=["--by", "township", "--jobs", "2"])
    given = parser.parse_args()
    shutil.rmtree(given.folder, ignore_errors=True)
    calm, tried = given.folder / "calm", given.folder / "tried"
    start = time.perf_counter()
    run(given.settings, calm, given.options)
    whole = time.perf_counter() - start
    print(f"undisturbed: {whole:.1f} s, {len(files(calm))} files")
    moments = np.random.default_rng(given.seed).uniform(0.0, whole / 2, given.times)
    for number, moment in enumerate(moments):
        done = disturb(given.settings, tried, given.options, moment, alone=bool(number % 2))
        print(f"killed after {moment:5.1f} s: {done} parts finished", flush=True)
    run(given.settings, tried, given.options)
    ours, theirs = files(calm), files(tried)
    differ = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
    print(f"{len(differ)} files differ {differ[:5]}")
    raise SystemExit(bool(differ))


def run(settings: Path, out: Path, options: list[str]) -> None:
    """Run to the end."""
    command = gridgeo_command("partition", settings, "--out", out, *options)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  (our own)


def disturb(settings: Path, out: Path, options: list[str], moment: float, *, alone: bool) -> int:
    """Start a run, kill it after so many seconds; return how many parts are finished."""
    command = gridgeo_command("partition", settings, "--out", out, *options)
    process = subprocess.Popen(  # noqa: S603  (our own)
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
        process.wait()
    return len([path for path in out.glob("parts/*/part.json") if path.parent.name[0] != "."])


def files(folder: Path) -> dict[str, str]:
    """Return the hash of every file that may not differ, by its path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != TIMES
    }


if __name__ == "__main__":
    main()
