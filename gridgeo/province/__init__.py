"""Chunked runs: an area is cut into chunks that are run one by one, by any number of workers."""

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
