"""From streets, barriers and households to atoms, the pieces that grids are made of."""

from __future__ import annotations

from gridgeo.atoms.blocks import (
    Blocks,
    cut_blocks,
)
from gridgeo.atoms.build import (
    Cutter,
)
from gridgeo.atoms.communities import (
    closed_gaps,
    repair_communities,
)
from gridgeo.atoms.faces import (
    PieceCoverage,
)
from gridgeo.atoms.given import (
    prepare_pieces,
    take_atoms,
)
from gridgeo.atoms.given_notes import (
    without_atoms,
)
from gridgeo.atoms.links import (
    called,
    join_links,
)

__all__ = [
    "Blocks",
    "Cutter",
    "PieceCoverage",
    "called",
    "closed_gaps",
    "cut_blocks",
    "join_links",
    "prepare_pieces",
    "repair_communities",
    "take_atoms",
    "without_atoms",
]
