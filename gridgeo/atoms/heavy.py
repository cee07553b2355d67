"""Which pieces of ground hold more than fits a grid, and the lines that cut them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.carve import Compounds, outermost, outside
from gridgeo.atoms.cells import cell_lines, find_hamlets
from gridgeo.atoms.faces import Faces, Index, PieceCoverage, join_groups
from gridgeo.config import AtomRules
from gridgeo.geometry import Polygons, assign_points, households_in
from gridgeo.model import Layers


@dataclass(frozen=True, kw_only=True)
class _HeavyPiece:
    """A piece of ground to cut; `outlines` in it, or of pieces `beside` it, are not divided."""

    piece: int
    beside: Index = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    outlines: Polygons


@dataclass(frozen=True, kw_only=True)
class Subdivision:
    """Cuts pieces with too many households; `limits` are households of a grid by community.

    ``fine``: communities that missed the band are tried again with smaller pieces.
    """

    layers: Layers
    rules: AtomRules
    limits: Index
    fine: bool

    @cached_property
    def compounds(self) -> Compounds:
        """The compounds that are carved out, and those that cells hold together."""
        every = np.arange(len(self.limits))
        caps = np.array([self._cap(int(community)) for community in every], dtype=np.int64)
        return Compounds.of(
            self.layers, self.rules, undivided=self._undivided_limit(every), caps=caps
        )

    @cached_property
    def buildings(self) -> Polygons:
        """What no cell border divides: buildings, and the compounds that are held together."""
        counts = self.compounds.undivided
        return np.concatenate([outside(self.layers.buildings.geometry.to_numpy(), counts), counts])

    def of(self, ground: PieceCoverage) -> NDArray[np.bool_]:
        """Whether a piece is to be cut: neither dedicated nor a compound that stays whole.

        Ground between compounds is cut as if it held them, so that no piece of it lies between
        more households than fit a grid.
        """
        households = households_in(self.layers.households, ground.polygons)
        beside, compound = _beside_compounds(ground)
        around = households + np.bincount(beside, households[compound], len(ground)).astype(
            np.int64
        )
        share = self.rules.finer_share if self.fine else self.rules.heavy_share
        limit = self.limits[ground.community]
        crowded = around > share * limit
        vast = shapely.area(ground.polygons) > self.rules.heavy_area_m2
        vast &= households > self.rules.cell_share * limit
        undivided = (ground.compound >= 0) & (households <= self._undivided_limit(ground.community))
        return (crowded | vast) & (ground.facility < 0) & ~undivided & ground.free

    def join_groups(self, faces: Faces, ground: PieceCoverage) -> Faces:
        """Join the faces of pieces of ground that divide a group or compound that fits a grid."""
        households = self.layers.households
        joined = join_groups(
            faces,
            households.geometry.to_numpy(),
            households["households"].to_numpy(),
            households["group"].to_numpy(dtype=object),
            limits=self._undivided_limit(ground.community[faces.parent]),
        )
        return self.compounds.keep_whole(joined)

    def lines_between(self, ground: PieceCoverage, heavy: NDArray[np.bool_]) -> NDArray[Any]:
        """Return lines between the compounds that are to be carved out of the `heavy` pieces."""
        outlines = outermost(self.compounds.outlines[self.compounds.carved])
        piece, outline = shapely.STRtree(outlines).query(ground.polygons, predicate="intersects")
        several = heavy & (np.bincount(piece, minlength=len(ground)) > 1)
        sites = [
            _HeavyPiece(piece=int(n), outlines=outlines[np.sort(outline[piece == n])])
            for n in np.flatnonzero(several)
        ]
        return self._lines(ground, sites)

    def cell_lines(self, ground: PieceCoverage) -> NDArray[Any]:
        """Return the lines between the cells of all heavy pieces."""
        piece, compound = _beside_compounds(ground)
        sites = []
        for n in np.flatnonzero(self.of(ground)):
            beside = compound[piece == n]
            sites.append(_HeavyPiece(piece=int(n), beside=beside, outlines=ground.polygons[beside]))
        return self._lines(ground, sites)

    def _lines(self, ground: PieceCoverage, sites: list[_HeavyPiece]) -> NDArray[Any]:
        counted = self.layers.households
        points = counted.geometry.to_numpy()
        households = counted["households"].to_numpy()
        groups = counted["group"].to_numpy(dtype=object)
        assigned = assign_points(points, ground.polygons)
        order = np.argsort(assigned, kind="stable")
        first = np.searchsorted(assigned[order], np.arange(len(ground) + 1))
        buildings = self.buildings
        tree = shapely.STRtree(buildings)
        lines = [np.empty(0, dtype=object)]
        for site in sites:
            pieces = [site.piece, *site.beside]
            rows = np.concatenate([order[first[n] : first[n + 1]] for n in pieces])
            polygon = ground.polygons[site.piece]
            around = shapely.union_all(ground.polygons[pieces]) if len(pieces) > 1 else polygon
            near = buildings[np.sort(tree.query(around, predicate="intersects"))]
            named = groups[rows]
            if polygon.area > self.rules.heavy_area_m2 and (named == "").all():
                named = find_hamlets(points[rows])
            lines.append(
                cell_lines(
                    around,
                    points[rows],
                    households[rows],
                    named,
                    np.concatenate([outside(near, site.outlines), site.outlines]),
                    cap=self._cap(ground.community[site.piece]),
                    limit=int(self._undivided_limit(ground.community[site.piece])),
                    within=polygon,
                )
            )
        return np.concatenate(lines)

    def _undivided_limit(self, community: Any) -> Index:
        """Households up to which a compound or a group stays whole."""
        limit: Index = np.floor(self.rules.compound_share * self.limits[community])
        return limit.astype(np.int64)

    def _cap(self, community: int) -> int:
        """Return the most households of a cell."""
        share = self.rules.finer_share / 2 if self.fine else self.rules.cell_share
        return max(1, int(share * self.limits[community]))


def _beside_compounds(ground: PieceCoverage) -> tuple[Index, Index]:
    """Return pairs of pieces of one block: ground of no compound, and a compound beside it."""
    compounds = np.flatnonzero((ground.compound >= 0) & ground.free)
    others = np.flatnonzero((ground.compound < 0) & (ground.facility < 0) & ground.free)
    others = others[np.isin(ground.block[others], ground.block[compounds])]
    left, right = shapely.STRtree(ground.polygons[compounds]).query(
        ground.polygons[others], predicate="intersects"
    )
    piece, compound = others[left], compounds[right]
    shared = shapely.intersection(ground.polygons[piece], ground.polygons[compound])
    beside = (ground.block[piece] == ground.block[compound]) & (shapely.length(shared) > 0)
    order = np.lexsort((compound[beside], piece[beside]))
    return piece[beside][order], compound[beside][order]
