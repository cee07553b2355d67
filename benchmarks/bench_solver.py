"""The solver against its peers on the instances of a folder.

::

    python -m benchmarks.bench_solver FOLDER --effort normal --peers metis kahip

Every solver gets the same instance and its k. ``both`` is the share of grids in band and
connected, ``cut`` the share of inner border metres that are cut, ``ratio`` this cut by that of
the best valid METIS. Of a peer's settings the best valid labelling counts, else its best one.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.instances import BAND, Instance, problem_of, score
from benchmarks.measure import markdown
from benchmarks.peers import PEERS, Peer, installed
from gridgeo.config import EFFORT_NAMES, Search, how_to_install
from gridgeo.partition import solve, warm_up

HEAD = ("instance", "k", "solver", "both", "cut", "seconds", "ratio to METIS")


def main() -> None:
    """Print one table and the mean ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--effort", nargs="+", choices=EFFORT_NAMES, default=["normal"])
    parser.add_argument("--peers", nargs="*", choices=sorted(PEERS), default=["metis"])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    peers, absent = installed(given.peers)
    warm_up()
    rows = []
    for path in sorted(given.folder.glob("*.npz"), key=_by_size):
        with np.load(path) as arrays:
            instance = dict(arrays)
        measured = [(name, *run_peer(peer, instance)) for name, peer in peers.items()]
        measured += run_ours(instance, given.effort, seed=given.seed, jobs=given.jobs)
        metis = [cut for name, both, cut, _ in measured if name == "metis" and both == 1.0]
        for name, both, cut, seconds in measured:
            ratio = cut / metis[0] if metis else float("nan")
            told = (f"{both:.3f}", f"{cut:.4f}", f"{seconds:.2f}", f"{ratio:.3f}")
            rows.append((path.stem, int(instance["k"]), name, *told))
    print(markdown(HEAD, rows))
    for effort in given.effort:
        ratios = np.array([float(row[-1]) for row in rows if row[2] == f"gridgeo {effort}"])
        print(
            f"\ngridgeo {effort}: mean ratio {np.nanmean(ratios):.3f}, most {np.nanmax(ratios):.3f}"
        )
    for name in absent:
        print(f"\n{name} is not installed: {how_to_install('peers')}")


def _by_size(path: Path) -> tuple[str, int, str]:
    kind, _, rest = path.stem.partition("_k")
    number = rest.partition("_")[0]
    return kind, int(number) if number.isdigit() else 0, path.stem


def run_ours(
    instance: Instance, efforts: list[str], *, seed: int, jobs: int
) -> Iterator[tuple[str, float, float, float]]:
    """Yield name, both, cut and seconds of our solver at each effort."""
    for effort in efforts:
        start = time.perf_counter()
        search = Search(effort=effort, seed=seed)
        labels = solve(problem_of(instance), BAND, search, certificate=False, jobs=jobs).labels
        yield f"gridgeo {effort}", *score(instance, labels), time.perf_counter() - start


def run_peer(peer: Peer, instance: Instance) -> tuple[float, float, float]:
    """Return both and cut of the best labelling of a peer, and the seconds of all of them."""
    start = time.perf_counter()
    scores = [score(instance, labels) for labels in peer(instance)]
    seconds = time.perf_counter() - start
    valid = [found for found in scores if found[0] == 1.0]
    both, cut = min(valid or scores, key=lambda found: (-found[0], found[1]))
    return both, cut, seconds


if __name__ == "__main__":
    main()
