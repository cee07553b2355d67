"""Partition: cut the atoms of each community into contiguous grids within the band.

`stage.partition_atoms` runs the stages, from the problem to the certificate. Stages 4 to 9 are for
one connected piece of a community: together they are `solver.solve`.

 1. `atom_graph.build_atom_graph`: atoms are nodes; links join atoms across borders that can be
    crossed.
 2. `link_constraints.contract_must_links`: each must-link group becomes one unit; cannot-link pairs
    are kept for the search.
 3. `pieces.join_pieces`: connected components are pieces; one whose totals cannot be in band alone
    is linked to another across the weakest barrier.
 4. `connected_subgraphs.list_if_few`: in a piece with few of them, all connected subgraphs in band
    are enumerated, and `set_partitioning.solve_set_partitioning` finds the optimum. Then stages 5
    to 9 are not needed.
 5. `search.candidate_grid_counts`: the numbers of grids that the totals allow, nearest to the
    middle of the band first; each is tried until one is in band. At most 16 atoms are solved by
    `set_partitioning.partition_few_atoms`, and stages 6 to 8 are not needed.
 6. `search.run_start`: a start of the multistart. `anneal.grow_regions` grows regions from seeds,
    `anneal.anneal` flips atoms at the borders, `recombination.recombine` merges adjacent grids and
    cuts them anew along random spanning trees. Two starts that end alike are enough; so is one
    for a large piece that is ruled out before the search.
 7. `search.repair_bands`: while bands are missed, recombination around the grids out of band; at
    last a search with higher penalties.
 8. `search.improve_elite_pool`: the best labellings are reheated, and
    `search_context.improve_from_pool` picks the cheapest grids of all that were met.
 9. `certificates.certify`: ``optimal`` or ``exhausted`` where stage 4's enumeration ends in the
    budget of the effort; at effort ``best``, adjacent grids are made pairwise optimal, and
    `certificates.certify_by_bound` proves a lower bound by column generation
    (`certificates.pricing.price_exactly` solves its pricing problem). The search knows nothing of
    these proofs.
10. `pieces.join_pieces_out_of_band`: a piece still out of band is linked to a neighbour across a
    barrier, and stages 4 to 9 run on both together.
11. `assemble.assemble`: labels of basic, locked, dedicated and open grids
    (`pieces.assign_open_ground`); verdicts (`verdicts.judge_community`) with proofs
    (`proofs.prove_impossible`) and remedies (`remedy.remedies`).

Where a previous partition is given, `minimal_change.piece.adjust_labels` takes the place of stages
4 to 9: see `minimal_change.repair_search`.
"""

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
from gridgeo.partition.solver import (
    solve,
)
from gridgeo.partition.stage import (
    partition_atoms,
    warm_up,
)
from gridgeo.partition.verdicts import (
    COST_TERMS,
    Verdict,
    count_parts,
    dissolve,
    grid_costs,
    judge_grid,
    union_of,
)

if TYPE_CHECKING:
    from gridgeo.partition.estimator import BandedRegions, ComponentVerdict

__all__ = [
    "COST_TERMS",
    "Adjusted",
    "AtomGraph",
    "BandedRegions",
    "Cancellation",
    "ComponentVerdict",
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
    if name not in {"BandedRegions", "ComponentVerdict"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("gridgeo.partition.estimator"), name)
