"""Fuzz the reading of every format: ``python -m scripts.fuzz --count 400 [FORMAT ...]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from scripts.fuzz.runs import fuzz
from scripts.fuzz.towns import FORMATS


def main() -> None:
    """Print how the inputs of each format ended; exit with 1 where one ended as none may."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", default=FORMATS)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    faults: list[str] = []
    for kind in given.formats:
        with tempfile.TemporaryDirectory() as folder:
            tally = fuzz(kind, given.count, given.seed, Path(folder))
        ends = ", ".join(f"{end} {n}" for end, n in sorted(tally.ends.items()))
        print(f"{kind:9} {ends}; rows reached {tally.reached}; {tally.seconds:.0f} s", flush=True)
        for fault in tally.faults:
            print(f"  {fault}", flush=True)
        faults += tally.faults
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
