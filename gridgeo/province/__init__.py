"""A province: cut into chunks that are done one by one, by any number of workers, and resumed."""

from __future__ import annotations

from gridgeo.province.run import (
    Province,
    load_part,
    run_parts,
)

__all__ = [
    "Province",
    "load_part",
    "run_parts",
]
