"""Which facilities become dedicated grids (专属网格), on what ground, and why."""

from __future__ import annotations

from gridgeo.dedicated.choose import (
    choose_dedicated,
    keep_connected,
    yield_to_locked,
)

__all__ = [
    "choose_dedicated",
    "keep_connected",
    "yield_to_locked",
]
