"""Atoms from blocks: dedicated ground carved out, heavy blocks cut into cells, borders tabled."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.blocks import Blocks, tidier
from gridgeo.atoms.borders import tabulate_borders
from gridgeo.atoms.carve import carve_outlines
from gridgeo.atoms.cells import cell_lines
from gridgeo.atoms.crossings import find_crossings
from gridgeo.atoms.faces import Faces, cut_areas
from gridgeo.atoms.lines import OVERSHOOT_M, close_gaps
from gridgeo.atoms.named import ON_LINE_M
from gridgeo.atoms.segments import Polygons, coverage_edges
from gridgeo.atoms.slivers import Tidy
from gridgeo.atoms.ties import join_groups
from gridgeo.atoms.units import find_hamlets
from gridgeo.config import AtomRules
from gridgeo.model import Atoms, Layers
from gridgeo.place import count_in, households_in, place_points

Index = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A coverage on its way to atoms: community, facility (-1) and compound (-1) of each piece."""

    polygons: Polygons
    community: Index
    facility: Index
    compound: Index
    is_cell: NDArray[np.bool_]

    def divided(self, polygons: Polygons, origin: Index) -> Ground:
        """Return the ground in pieces; `origin` is the old position of each piece."""
        parts = np.bincount(origin, minlength=len(self.polygons))
        return Ground(
            polygons=polygons,
            community=self.community[origin],
            facility=self.facility[origin],
            compound=self.compound[origin],
            is_cell=self.is_cell[origin] | (parts[origin] > 1),
        )


def build_atoms(
    layers: Layers,
    blocks: Blocks,
    considered: gpd.GeoDataFrame,
    rules: AtomRules,
    *,
    limits: Index,
    finer: Collection[int] = (),
) -> Atoms:
    """Return the atoms of the blocks: see `gridgeo.model.Atoms`.

    Parameters
    ----------
    layers
        Households, compounds, buildings and streets.
    blocks
        As `cut_blocks` made them.
    considered
        Facilities in the order of ``layers.facilities``; those that are `dedicated` are carved
        out along their geometry.
    limits
        Households that a grid of each community can hold.
    finer
        Communities (positions) whose blocks are cut finer, by ``rules.finer_share``.
    """
    tidy = tidier(layers, blocks.named, rules)
    ground = _carve_facilities(_ground(blocks), considered, tidy, rules)
    heavy = _Heavy(layers=layers, rules=rules, limits=limits, finer=tuple(finer))
    ground = _carve_compounds(ground, layers, heavy.of(ground), tidy, rules)
    lanes = _lanes_in(ground, heavy.of(ground), blocks.lanes, rules)
    ground = _cut(ground, lanes, tidy, join=heavy.join_groups)
    ground = _cut(ground, heavy.cell_lines(ground), tidy)
    return _finish(ground, layers, blocks, considered)


def _ground(blocks: Blocks) -> Ground:
    nowhere = np.full(len(blocks.faces), -1)
    return Ground(
        polygons=blocks.faces.polygons,
        community=blocks.faces.parent,
        facility=nowhere,
        compound=nowhere,
        is_cell=np.zeros(len(nowhere), dtype=bool),
    )


def _carve_facilities(
    ground: Ground, considered: gpd.GeoDataFrame, tidy: Tidy, rules: AtomRules
) -> Ground:
    chosen = np.flatnonzero(considered["dedicated"])
    outlines = considered.geometry.to_numpy()[chosen]
    everywhere = np.ones(len(ground.polygons), dtype=bool)
    carved = carve_outlines(ground.polygons, outlines, everywhere, tidy, rules)
    facility = np.full(len(carved.outline), -1)
    taken = carved.outline >= 0
    facility[taken] = chosen[carved.outline[taken]]
    pieces = replace(ground.divided(carved.polygons, carved.origin), facility=facility)
    return replace(pieces, is_cell=np.zeros(len(facility), dtype=bool))


def _carve_compounds(
    ground: Ground,
    layers: Layers,
    heavy: NDArray[np.bool_],
    tidy: Tidy,
    rules: AtomRules,
) -> Ground:
    outlines = layers.compounds.geometry.to_numpy()
    carved = carve_outlines(ground.polygons, outlines, heavy, tidy, rules)
    pieces = ground.divided(carved.polygons, carved.origin)
    return replace(pieces, compound=carved.outline)


def _lanes_in(
    ground: Ground, heavy: NDArray[np.bool_], lanes: NDArray[Any], rules: AtomRules
) -> NDArray[Any]:
    """Return what lanes run inside heavy pieces, and the closed gaps at their ends."""
    blocks = shapely.buffer(ground.polygons[heavy], OVERSHOOT_M)
    block, lane = shapely.STRtree(lanes).query(blocks, predicate="intersects")
    inside = shapely.get_parts(shapely.intersection(lanes[lane], blocks[block]))
    inside = inside[shapely.length(inside) > 2 * OVERSHOOT_M]
    if not len(inside):
        return inside
    edges = coverage_edges(ground.polygons).lines
    closed = close_gaps(inside, edges, tolerance_m=rules.close_gap_m)
    return np.concatenate([inside, closed.pieces])


def _cut(
    ground: Ground,
    lines: NDArray[Any],
    tidy: Tidy,
    join: Callable[[Faces, Ground], Faces] | None = None,
) -> Ground:
    if not len(lines):
        return ground
    faces, _ = tidy(cut_areas(ground.polygons, lines))
    faces = join(faces, ground) if join else faces
    return ground.divided(faces.polygons, faces.parent)


@dataclass(frozen=True, kw_only=True)
class _Heavy:
    """Which pieces of ground hold more than fits, and the lines that cut them into cells."""

    layers: Layers
    rules: AtomRules
    limits: Index
    finer: tuple[int, ...]

    def of(self, ground: Ground) -> NDArray[np.bool_]:
        """Whether a piece is to be cut: neither dedicated nor a compound that stays whole."""
        held = households_in(self.layers.households, ground.polygons)
        fine = np.isin(ground.community, self.finer)
        share = np.where(fine, self.rules.finer_share, self.rules.heavy_share)
        limit = self.limits[ground.community]
        crowded = held > share * limit
        vast = shapely.area(ground.polygons) > self.rules.heavy_area_m2
        vast &= held > self.rules.cell_share * limit
        whole = (ground.compound >= 0) & (held <= self._whole(ground.community))
        return (crowded | vast) & (ground.facility < 0) & ~whole

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
        heavy = np.flatnonzero(self.of(ground))
        households = self.layers.households
        placed = place_points(households.geometry.to_numpy(), ground.polygons)
        order = np.argsort(placed, kind="stable")
        first = np.searchsorted(placed[order], np.arange(len(ground.polygons) + 1))
        buildings = self.layers.buildings.geometry.to_numpy()
        tree = shapely.STRtree(buildings)
        lines = [np.empty(0, dtype=object)]
        for piece in heavy:
            rows = households.iloc[order[first[piece] : first[piece + 1]]]
            polygon = ground.polygons[piece]
            points, groups = rows.geometry.to_numpy(), rows["group"].to_numpy()
            if polygon.area > self.rules.heavy_area_m2 and (groups == "").all():
                groups = find_hamlets(points)
            lines.append(
                cell_lines(
                    polygon,
                    points,
                    rows["households"].to_numpy(),
                    groups,
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
        fine = community in self.finer
        share = self.rules.finer_share / 2 if fine else self.rules.cell_share
        return max(1, int(share * self.limits[community]))


def _finish(ground: Ground, layers: Layers, blocks: Blocks, considered: gpd.GeoDataFrame) -> Atoms:
    x, y = np.round(shapely.get_coordinates(shapely.centroid(ground.polygons)), 2).T
    order = np.lexsort((y, x, ground.community))
    polygons = ground.polygons[order]
    placed = place_points(layers.households.geometry.to_numpy(), polygons)
    households, residents = (
        count_in(placed, layers.households[c].to_numpy(), len(polygons))
        for c in ("households", "residents")
    )
    known = layers.households["residents"].notna().any()
    compound = ground.compound[order]
    names = np.append(layers.compounds["name"].to_numpy(dtype=object), "")
    frame = gpd.GeoDataFrame(
        {
            "community": ground.community[order],
            "households": households.astype(np.int64),
            "residents": residents if known else np.full(len(polygons), np.nan),
            "kind": np.where(ground.is_cell[order], "cell", "block"),
            "facility": ground.facility[order],
            "name": names[compound],
        },
        geometry=polygons,
        crs=layers.crs,
    )
    crossings = find_crossings(layers.streets, layers.barriers)
    return Atoms(
        frame=frame,
        borders=tabulate_borders(
            polygons, blocks.named, crossings, crs=layers.crs, within_m=ON_LINE_M
        ),
        communities=blocks.communities,
        placed=placed,
        considered=considered,
        notes=blocks.notes,
        findings=blocks.findings,
    )
