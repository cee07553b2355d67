"""Which facilities become dedicated grids (专属网格), on what ground, and why."""

from __future__ import annotations

from gridgeo.dedicated.choose import (
    choose_dedicated,
    keep_connected,
    yield_to_locked,
)
from gridgeo.dedicated.homes import (
    leave_homes,
)
from gridgeo.dedicated.unfit import (
    refuse_remnants,
    refuse_unfit,
)

__all__ = [
    "choose_dedicated",
    "keep_connected",
    "leave_homes",
    "refuse_remnants",
    "refuse_unfit",
    "yield_to_locked",
]
