"""From streets, barriers and households to atoms, the pieces that grids are made of."""

from gridgeo.atoms.blocks import Blocks, cut_blocks
from gridgeo.atoms.build import Cutter
from gridgeo.atoms.communities import repair_communities
from gridgeo.atoms.given import take_atoms
from gridgeo.atoms.ground import Ground
from gridgeo.atoms.pieces import lay_pieces
from gridgeo.atoms.pieces_told import without_atoms

__all__ = [
    "Blocks",
    "Cutter",
    "Ground",
    "cut_blocks",
    "lay_pieces",
    "repair_communities",
    "take_atoms",
    "without_atoms",
]
