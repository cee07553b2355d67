"""Benchmarks: what they measured, and on which machine, stands in ``docs/benchmarks.md``."""
