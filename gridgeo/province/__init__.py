"""A province: cut into chunks that are done one by one, by any number of workers, and resumed."""

from __future__ import annotations

from gridgeo.province.run import (
    Province,
    load_chunk,
    run_chunks,
)

__all__ = [
    "Province",
    "load_chunk",
    "run_chunks",
]
