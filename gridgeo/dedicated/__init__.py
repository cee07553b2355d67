"""Which facilities become dedicated grids (专属网格), on what ground, and why."""

from gridgeo.dedicated.choose import choose_dedicated
from gridgeo.dedicated.connect import keep_connected
from gridgeo.dedicated.considered import yield_to_locked

__all__ = ["choose_dedicated", "keep_connected", "yield_to_locked"]
