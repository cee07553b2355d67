"""A coverage on its way from blocks to atoms."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.faces import Faces, merge_faces
from gridgeo.atoms.segments import Polygons

Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A valid coverage: of each piece the community, block, facility (-1) and compound (-1).

    ``settled`` is -1 for pieces that may be cut; of the others it is their position in the
    ground that they come from.
    """

    polygons: Polygons
    community: Index
    block: Index
    facility: Index
    compound: Index
    settled: Index
    is_cell: NDArray[np.bool_]

    @classmethod
    def of(cls, blocks: Faces) -> Ground:
        """Return the ground of uncut blocks; their parents are the communities."""
        nowhere = np.full(len(blocks), -1)
        return cls(
            polygons=blocks.polygons,
            community=blocks.parent,
            block=np.arange(len(blocks)),
            facility=nowhere,
            compound=nowhere,
            settled=nowhere,
            is_cell=np.zeros(len(blocks), dtype=bool),
        )

    def __len__(self) -> int:
        return len(self.polygons)

    @property
    def free(self) -> NDArray[np.bool_]:
        """Which pieces may be cut."""
        return self.settled < 0

    def take(self, rows: Index | NDArray[np.bool_]) -> Ground:
        """Return some of the pieces."""
        return Ground(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def beside(self, other: Ground) -> Ground:
        """Return the pieces of both."""
        return Ground(
            **{
                field.name: np.concatenate([getattr(self, field.name), getattr(other, field.name)])
                for field in fields(self)
            }
        )

    def divided(self, polygons: Polygons, origin: Index) -> Ground:
        """Return the ground in pieces; `origin` is the old position of each piece."""
        parts = np.bincount(origin, minlength=len(self))
        return Ground(
            polygons=polygons,
            community=self.community[origin],
            block=self.block[origin],
            facility=self.facility[origin],
            compound=self.compound[origin],
            settled=self.settled[origin],
            is_cell=self.is_cell[origin] | (parts[origin] > 1),
        )

    def in_reading_order(self) -> Ground:
        """Return the pieces by community, from west to east."""
        x, y = np.round(shapely.get_coordinates(shapely.centroid(self.polygons)), 2).T
        return self.take(np.lexsort((y, x, self.community)))

    def whole_blocks(self) -> Ground:
        """Return the blocks of these pieces uncut again, with every vertex of their rims."""
        block, number = np.unique(self.block, return_inverse=True)
        _, first = np.unique(number, return_index=True)
        blocks = merge_faces(self.polygons, number)
        whole = Ground.of(Faces(polygons=blocks, parent=self.community[first]))
        return replace(whole, block=block)
