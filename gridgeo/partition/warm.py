"""Compiling ahead of the first run."""

from __future__ import annotations

import numpy as np

from gridgeo.config import Band, Search
from gridgeo.partition.bound import bounded
from gridgeo.partition.certify import solve_certified
from gridgeo.partition.halt import Halt
from gridgeo.partition.problem import Problem


def warm_up() -> None:
    """Compile every kernel and leave it in the cache on disk; half a minute the first time.

    Meant for set-up: without it the first run compiles.
    """
    search = Search(effort="fast")
    solve_certified(_street(24), Band(lower=295, upper=305, profile="households"), search)
    wide = Band(lower=300, upper=640, profile="households")
    met = solve_certified(_street(24), wide, Search())
    bounded(_street(24), wide, met, 1, Halt())
    solve_certified(_street(4), Band(), search)


def _street(atoms: int) -> Problem:
    """Return atoms in a row, light and heavy in turn, which no search can bring into a band."""
    row = np.arange(atoms)
    return Problem(
        households=np.where(row % 2, 290, 20).astype(np.int64),
        residents=np.full(atoms, np.nan),
        edges=np.column_stack([row[:-1], row[1:]]).astype(np.int32),
        cut_m=np.full(atoms - 1, 50.0),
        straddle_m=np.zeros(atoms - 1),
        linked=np.ones(atoms - 1, dtype=bool),
        x=row.astype(np.float64) * 100.0,
        y=np.zeros(atoms),
        area=np.full(atoms, 1e4),
    )
