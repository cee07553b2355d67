"""A proved bound for the solver instances of a folder that have few grids.

::

    python -m benchmarks.bench_bound FOLDER --turns 200

For each instance the metres that the best division of `--seeds` runs cuts, a lower bound on what
any division into as many grids in band cuts, the gap between the two, and the seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.instances import BAND, problem_of
from benchmarks.measure import markdown
from gridgeo.config import Search
from gridgeo.partition import Cancellation, solve
from gridgeo.partition.certificates import certify_by_bound

HEAD = ("instance", "k", "cut", "share", "bound", "gap", "seconds")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--grids", type=int, default=5, help="the most grids of an instance")
    parser.add_argument("--turns", type=int, default=200, help="sets that are priced at most")
    parser.add_argument("--seeds", type=int, default=4)
    print(markdown(HEAD, list(_rows(parser.parse_args()))))


def _rows(given: argparse.Namespace) -> Iterator[tuple[str, ...]]:
    for path in sorted(given.folder.glob("*.npz")):
        problem = replace(problem_of(np.load(path)), balance_m=0.0, compactness=0.0)
        if problem.grids is None or problem.grids > given.grids:
            continue
        started = time.perf_counter()
        searches = (Search(effort="best", seed=seed + 1) for seed in range(given.seeds))
        found = [solve(problem, BAND, search) for search in searches]
        met = sorted((s for s in found if not s.failed), key=lambda s: s.cost)
        told = certify_by_bound(problem, BAND, met[0], given.turns, Cancellation())
        cost, bound = told.cost, told.bound
        yield (
            path.stem,
            str(problem.grids),
            f"{cost:.1f}",
            f"{cost / problem.cut_m.sum():.4f}",
            f"{bound:.1f}",
            f"{max(0.0, (cost - bound) / cost):.2%}",
            f"{time.perf_counter() - started:.0f}",
        )


if __name__ == "__main__":
    main()
