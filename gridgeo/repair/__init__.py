"""Repairs in a partition what has one right answer, and lists what has not."""

from __future__ import annotations

from gridgeo.repair.faces import (
    Mend,
    Town,
)
from gridgeo.repair.mend import (
    Repair,
    repair_partition,
)

__all__ = [
    "Mend",
    "Repair",
    "Town",
    "repair_partition",
]
