"""Partition: atoms into contiguous grids within the band, with a verdict for each community."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from gridgeo.partition.atom_graph import (
    AtomGraph,
    build_atom_graph,
)
from gridgeo.partition.band import (
    count_by,
)
from gridgeo.partition.grid_attributes import (
    COST_TERMS,
    count_parts,
    dissolve,
    grid_costs,
    union_of,
)
from gridgeo.partition.minimal_change.piece import (
    MinimalChange,
    adjust_labels,
)
from gridgeo.partition.minimal_change.stage import (
    Adjusted,
    Inherited,
    adjust_atoms,
    inherit_grids,
)
from gridgeo.partition.problem import (
    Cancellation,
    Problem,
    Solution,
)
from gridgeo.partition.search import (
    solve,
)
from gridgeo.partition.stage import (
    partition_atoms,
    warm_up,
)
from gridgeo.partition.verdicts import (
    Verdict,
    judge_grid,
)

if TYPE_CHECKING:
    from gridgeo.partition.estimator import BandedRegions

__all__ = [
    "COST_TERMS",
    "Adjusted",
    "AtomGraph",
    "BandedRegions",
    "Cancellation",
    "Inherited",
    "MinimalChange",
    "Problem",
    "Solution",
    "Verdict",
    "adjust_atoms",
    "adjust_labels",
    "build_atom_graph",
    "count_by",
    "count_parts",
    "dissolve",
    "grid_costs",
    "inherit_grids",
    "judge_grid",
    "partition_atoms",
    "solve",
    "union_of",
    "warm_up",
]


def __getattr__(name: str) -> Any:
    """Import scikit-learn only for the estimator."""
    if name != "BandedRegions":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("gridgeo.partition.estimator").BandedRegions
