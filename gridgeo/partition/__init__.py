"""Partition: atoms into contiguous grids within the band, with a verdict for each community."""

from gridgeo.partition.dissolve import dissolve
from gridgeo.partition.problem import Problem, Solution
from gridgeo.partition.refine import solve
from gridgeo.partition.stage import partition_atoms
from gridgeo.partition.warm import warm_up

__all__ = ["Problem", "Solution", "dissolve", "partition_atoms", "solve", "warm_up"]
