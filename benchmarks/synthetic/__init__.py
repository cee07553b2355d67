"""Synthetic cities of any size, for measuring: see `write_city`."""

from benchmarks.synthetic.write import write_city

__all__ = ["write_city"]
