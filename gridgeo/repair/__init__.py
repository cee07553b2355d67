"""Repairs in a partition what has one right answer, and lists what has not."""

from __future__ import annotations

from gridgeo.repair.faces import (
    DrawnPartition,
    RepairRecord,
)
from gridgeo.repair.passes import (
    Repair,
    repair_grids,
)

__all__ = [
    "DrawnPartition",
    "Repair",
    "RepairRecord",
    "repair_grids",
]
