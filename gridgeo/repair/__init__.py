"""Repairs the defects of a partition that have one right answer, and lists the others."""

from __future__ import annotations

from gridgeo.repair.faces import (
    DrawnPartition,
    RepairRecord,
)
from gridgeo.repair.passes import (
    Repair,
    repair_geometry,
)

__all__ = [
    "DrawnPartition",
    "Repair",
    "RepairRecord",
    "repair_geometry",
]
