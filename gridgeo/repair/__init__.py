"""Mends in a partition what has one right answer, and lists what has not."""

from gridgeo.repair.mend import Repair, repair_grids
from gridgeo.repair.town import Mend, Town

__all__ = ["Mend", "Repair", "Town", "repair_grids"]
