"""The console at the start: lines of compiled libraries are kept off it, conflicts are reported."""

from __future__ import annotations

import os
import sys

from gridgeo.distribution import conflict
from gridgeo.text import LANGS


def own_console() -> None:
    """Let ``sys.stdout`` write where it did, and descriptor 1 nowhere.

    HiGHS 1.12, which SciPy 1.17 and 1.18 bring, writes one line left over from its development
    to descriptor 1 (``transformNewIntegerFeasibleSolution tmpSolver.run();``), whatever its
    options say: https://github.com/ERGO-Code/HiGHS/issues/2783. Nothing happens where
    ``sys.stdout`` is not descriptor 1, as in a notebook.
    """
    said = sys.stdout
    if said is None or not hasattr(said, "reconfigure") or said.fileno() != 1:
        return
    said.flush()
    sys.stdout = os.fdopen(
        os.dup(1),
        "w",
        buffering=1 if said.line_buffering else -1,
        encoding=said.encoding,
        errors="replace",
    )
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def warn_of_conflict() -> None:
    """Warn in both languages, as none is known yet, where another project's gridgeo is there."""
    warning = conflict()
    if warning is not None:
        for lang in LANGS:
            sys.stderr.write(f"{warning.say(lang)}\n")
