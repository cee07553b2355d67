"""Mends in a partition what has one right answer, and lists what has not."""

from gridgeo.mending.mend import Repair, repair_grids
from gridgeo.mending.town import Mend, Town

__all__ = ["Mend", "Repair", "Town", "repair_grids"]
