"""Which pieces of ground hold more than fits a grid, and the lines that cut them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.cells import cell_lines
from gridgeo.atoms.faces import Faces
from gridgeo.atoms.ground import Ground, Index
from gridgeo.atoms.ties import join_groups
from gridgeo.atoms.units import find_hamlets
from gridgeo.config import AtomRules
from gridgeo.model import Layers
from gridgeo.place import households_in, place_points


@dataclass(frozen=True, kw_only=True)
class Heavy:
    """The rule by which pieces are too heavy: `limits` are households of a grid by community.

    ``fine`` says that what cannot be met is tried again with smaller pieces.
    """

    layers: Layers
    rules: AtomRules
    limits: Index
    fine: bool

    def of(self, ground: Ground) -> NDArray[np.bool_]:
        """Whether a piece is to be cut: neither dedicated nor a compound that stays whole."""
        held = households_in(self.layers.households, ground.polygons)
        share = self.rules.finer_share if self.fine else self.rules.heavy_share
        limit = self.limits[ground.community]
        crowded = held > share * limit
        vast = shapely.area(ground.polygons) > self.rules.heavy_area_m2
        vast &= held > self.rules.cell_share * limit
        whole = (ground.compound >= 0) & (held <= self._whole(ground.community))
        return (crowded | vast) & (ground.facility < 0) & ~whole & ground.free

    def join_groups(self, faces: Faces, ground: Ground) -> Faces:
        """Join the faces of pieces of ground that divide a group which fits a grid."""
        homes = self.layers.households
        return join_groups(
            faces,
            homes.geometry.to_numpy(),
            homes["households"].to_numpy(),
            homes["group"].to_numpy(dtype=object),
            limits=self._whole(ground.community[faces.parent]),
        )

    def cell_lines(self, ground: Ground) -> NDArray[Any]:
        """Return the lines between the cells of all heavy pieces."""
        homes = self.layers.households
        points = homes.geometry.to_numpy()
        households = homes["households"].to_numpy()
        groups = homes["group"].to_numpy(dtype=object)
        placed = place_points(points, ground.polygons)
        order = np.argsort(placed, kind="stable")
        first = np.searchsorted(placed[order], np.arange(len(ground) + 1))
        buildings = self.layers.buildings.geometry.to_numpy()
        tree = shapely.STRtree(buildings)
        lines = [np.empty(0, dtype=object)]
        for piece in np.flatnonzero(self.of(ground)):
            rows = order[first[piece] : first[piece + 1]]
            polygon = ground.polygons[piece]
            named = groups[rows]
            if polygon.area > self.rules.heavy_area_m2 and (named == "").all():
                named = find_hamlets(points[rows])
            lines.append(
                cell_lines(
                    polygon,
                    points[rows],
                    households[rows],
                    named,
                    buildings[np.sort(tree.query(polygon, predicate="intersects"))],
                    cap=self._cap(ground.community[piece]),
                    limit=int(self._whole(ground.community[piece])),
                )
            )
        return np.concatenate(lines)

    def _whole(self, community: Any) -> Index:
        """Households up to which a compound or a group stays whole."""
        whole: Index = np.floor(self.rules.compound_share * self.limits[community])
        return whole.astype(np.int64)

    def _cap(self, community: int) -> int:
        """Return the most households of a cell."""
        share = self.rules.finer_share / 2 if self.fine else self.rules.cell_share
        return max(1, int(share * self.limits[community]))
