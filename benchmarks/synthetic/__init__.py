"""Synthetic cities of any size, for measuring: see `write_city`."""

from benchmarks.synthetic.write import draw_city, write_city

__all__ = ["draw_city", "write_city"]
