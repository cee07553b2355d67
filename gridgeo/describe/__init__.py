"""Words about grids: their names, what bounds them, what they contain."""

from __future__ import annotations

from gridgeo.describe.bounds import (
    bounded_by,
    neighbours,
)
from gridgeo.describe.contents import (
    contains,
    name_grids,
)

__all__ = [
    "bounded_by",
    "contains",
    "name_grids",
    "neighbours",
]
