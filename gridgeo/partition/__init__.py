"""Partition: atoms into contiguous grids within the band, with a verdict for each community.

The package can be called: ``gridgeo.partition(layers, settings)`` runs the whole job, because that
is the name users look for, and a subpackage hides a function of the same name.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gridgeo.partition.adjust import Adjusted, adjust_atoms
from gridgeo.partition.change import Change, adjust_labels
from gridgeo.partition.dissolve import dissolve, union_of
from gridgeo.partition.graph import Ground, lay_out
from gridgeo.partition.halt import Halt
from gridgeo.partition.inherit import Inherited, inherit_grids
from gridgeo.partition.price import TERMS, count_parts, price_grids
from gridgeo.partition.problem import Problem, Solution
from gridgeo.partition.refine import solve
from gridgeo.partition.stage import partition_atoms
from gridgeo.partition.verdicts import judge_grid
from gridgeo.partition.warm import warm_up

if TYPE_CHECKING:
    from gridgeo.partition.estimator import BandedRegions

__all__ = [
    "TERMS",
    "Adjusted",
    "BandedRegions",
    "Change",
    "Ground",
    "Halt",
    "Inherited",
    "Problem",
    "Solution",
    "adjust_atoms",
    "adjust_labels",
    "count_parts",
    "dissolve",
    "inherit_grids",
    "judge_grid",
    "lay_out",
    "partition_atoms",
    "price_grids",
    "solve",
    "union_of",
    "warm_up",
]


class _CallableStage(ModuleType):
    """The package, callable as `gridgeo.pipeline.partition`."""

    def __call__(self, layers: Any, settings: Any = None, **options: Any) -> Any:
        """Cut communities into grids; see `gridgeo.pipeline.partition`."""
        return import_module("gridgeo.pipeline").partition(layers, settings, **options)


def __getattr__(name: str) -> Any:
    """Import scikit-learn only for the estimator."""
    if name != "BandedRegions":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("gridgeo.partition.estimator").BandedRegions


sys.modules[__name__].__class__ = _CallableStage
