"""Atoms from blocks.

Facilities and compounds are carved out of the blocks, and blocks with too many households are cut
into cells.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.blocks import Blocks, tidier, weigher
from gridgeo.atoms.borders import tabulate_borders
from gridgeo.atoms.buildings import keep_buildings_whole
from gridgeo.atoms.carve import carve_outlines
from gridgeo.atoms.faces import Faces, Index, PieceCoverage, Tidy, cut_areas
from gridgeo.atoms.heavy import Subdivision
from gridgeo.atoms.lines import ON_LINE_M, OVERSHOOT_M, areas_met, close_gaps
from gridgeo.atoms.thin import give_away_thin_parts
from gridgeo.config import AtomRules
from gridgeo.geometry import assign_points, count_in, coverage_edges
from gridgeo.ground import Lines
from gridgeo.model import Atoms, Layers

#: A thin part is attached to what it was cut from over no more than so many widths.
_NECK = 1.5


@dataclass(frozen=True, kw_only=True)
class Cutter:
    """How the blocks of some layers become atoms.

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
        Households that a grid of each community may have.
    """

    layers: Layers
    blocks: Blocks
    considered: gpd.GeoDataFrame
    rules: AtomRules
    limits: Index

    def cut(self) -> PieceCoverage:
        """Return the blocks with dedicated ground carved out and heavy ones cut."""
        return self._cut(PieceCoverage.of(self.blocks.faces), fine=False).in_reading_order()

    def cut_finer(self, ground: PieceCoverage, communities: Collection[int]) -> PieceCoverage:
        """Return `ground` with the blocks of some communities (positions) cut again, finer.

        Other communities keep their pieces, in their order; those beside a finer one get the
        vertices where cuts end on the border between them.
        """
        again = np.isin(ground.community, list(communities))
        blocks = ground.take(again).whole_blocks()
        _, row = shapely.STRtree(ground.polygons).query(blocks.polygons, predicate="intersects")
        rows = np.setdiff1d(row, np.flatnonzero(again))
        around = replace(ground.take(rows), fixed=rows)
        cut = self._cut(blocks.beside(around), fine=True)
        polygons = ground.polygons.copy()
        polygons[cut.fixed[~cut.free]] = cut.polygons[~cut.free]
        kept = replace(ground, polygons=polygons).take(~again)
        both = kept.beside(cut.take(cut.free).in_reading_order())
        return both.take(np.argsort(both.community, kind="stable"))

    def atoms_of(self, ground: PieceCoverage) -> Atoms:
        """Return the pieces as atoms with counts and borders: see `gridgeo.model.Atoms`."""
        neck_m = _NECK * self.rules.thin_part_m
        return _finish(ground, self.layers, self.blocks, self.considered, neck_m)

    def _cut(self, ground: PieceCoverage, *, fine: bool) -> PieceCoverage:
        layers, rules = self.layers, self.rules
        tidy = tidier(layers, self.blocks.named, rules)
        heavy = Subdivision(layers=layers, rules=rules, limits=self.limits, fine=fine)
        ground = _carve_facilities(ground, self.considered, tidy, rules)
        ground = _carve_compounds(ground, heavy, self.blocks.lanes, tidy)
        lanes = _lanes_in(ground, heavy.of(ground), self.blocks.lanes, rules)
        ground = _cut_along(ground, lanes, tidy, join=heavy.join_groups)
        ground = _cut_along(ground, heavy.cell_lines(ground), tidy)
        ground = give_away_thin_parts(
            ground,
            weigher(self.blocks.named),
            rules,
            locked=self._locked(ground),
            area=self.blocks.area[ground.block],
            households=layers.households,
        )
        buildings = layers.buildings.geometry.to_numpy()
        return keep_buildings_whole(ground, buildings, layers.households, self.limits, rules)

    def _locked(self, ground: PieceCoverage) -> NDArray[np.bool_]:
        """Whether a piece lies in a grid that planners locked."""
        locked = self.layers.locked
        if locked is None or not len(locked):
            return np.zeros(len(ground), dtype=bool)
        inner = shapely.point_on_surface(ground.polygons)
        within: NDArray[np.bool_] = assign_points(inner, locked.geometry.to_numpy()) >= 0
        return within


def _carve_facilities(
    ground: PieceCoverage, considered: gpd.GeoDataFrame, tidy: Tidy, rules: AtomRules
) -> PieceCoverage:
    chosen = np.flatnonzero(considered["dedicated"])
    outlines = considered.geometry.to_numpy()[chosen]
    carved = carve_outlines(ground.polygons, outlines, ground.free, tidy, rules)
    pieces = ground.divided(carved.polygons, carved.origin)
    facility = np.append(chosen, -1)[carved.outline]
    return replace(
        pieces,
        facility=np.where(pieces.free, facility, pieces.facility),
        is_cell=pieces.is_cell & ~pieces.free,
    )


def _carve_compounds(
    ground: PieceCoverage, heavy: Subdivision, lanes: NDArray[Any], tidy: Tidy
) -> PieceCoverage:
    """Carve out compounds; what lies between two is divided along lanes, and as cells are."""
    chosen = heavy.compounds.carved
    if not len(chosen):
        return ground
    outlines = heavy.compounds.outlines[chosen]
    divisible = heavy.of(ground)
    between = np.concatenate([lanes, heavy.lines_between(ground, divisible)])
    carved = carve_outlines(
        ground.polygons, outlines, divisible, tidy, heavy.rules, between=between
    )
    pieces = ground.divided(carved.polygons, carved.origin)
    compound = np.append(chosen, -1)[carved.outline]
    return replace(pieces, compound=np.where(pieces.free, compound, pieces.compound))


def _lanes_in(
    ground: PieceCoverage, heavy: NDArray[np.bool_], lanes: NDArray[Any], rules: AtomRules
) -> NDArray[Any]:
    """Return what lanes run inside heavy pieces, and the closed gaps at their ends."""
    blocks = shapely.buffer(ground.polygons[heavy], OVERSHOOT_M)
    # one piece of a lane through all its blocks: noding two at their border moves the crossing
    lane, through = areas_met(lanes, blocks)
    inside = shapely.get_parts(shapely.intersection(lanes[lane], through))
    inside = inside[shapely.length(inside) > 2 * OVERSHOOT_M]
    if not len(inside):
        return inside
    edges = coverage_edges(ground.polygons).lines
    closed = close_gaps(inside, edges, tolerance_m=rules.close_gap_m).pieces
    # an end past the rim of its block is no gap
    ends = shapely.get_point(closed, 0)
    short, _ = shapely.STRtree(ground.polygons[heavy]).query(ends, predicate="intersects")
    return np.concatenate([inside, closed[np.unique(short)]])


def _cut_along(
    ground: PieceCoverage,
    lines: NDArray[Any],
    tidy: Tidy,
    join: Callable[[Faces, PieceCoverage], Faces] | None = None,
) -> PieceCoverage:
    if not len(lines):
        return ground
    cut = cut_areas(ground.polygons, lines)
    faces, _ = tidy(cut, _grounds_of_compounds(ground)[cut.parent])
    faces = join(faces, ground) if join else faces
    return ground.divided(faces.polygons, faces.parent)


def _grounds_of_compounds(ground: PieceCoverage) -> Index:
    """Return for each piece the lowest of those that it may give its slivers to.

    Undivided ground of a block with compounds may; else every piece is alone.
    """
    alone = np.arange(len(ground))
    open_to = ground.free & (ground.facility < 0)
    open_to &= np.isin(ground.block, ground.block[open_to & (ground.compound >= 0)])
    first = np.full(ground.block.max(initial=-1) + 1, len(ground))
    np.minimum.at(first, ground.block[open_to], alone[open_to])
    return np.where(open_to, first[ground.block], alone)


def _finish(
    ground: PieceCoverage,
    layers: Layers,
    blocks: Blocks,
    considered: gpd.GeoDataFrame,
    neck_m: float,
) -> Atoms:
    polygons = ground.polygons
    atom = assign_points(layers.households.geometry.to_numpy(), polygons)
    households, residents = (
        count_in(atom, layers.households[c].to_numpy(), len(polygons))
        for c in ("households", "residents")
    )
    known = layers.households["residents"].notna().any()
    frame = gpd.GeoDataFrame(
        {
            "community": ground.community,
            "households": households.astype(np.int64),
            "residents": residents if known else np.full(len(polygons), np.nan),
            "kind": np.where(ground.is_cell, "cell", "block"),
            "facility": ground.facility,
            "name": _names(ground.compound, layers, atom),
        },
        geometry=polygons,
        crs=layers.crs,
    )
    return Atoms(
        frame=frame,
        borders=tabulate_borders(
            polygons,
            blocks.named,
            blocks.crossings,
            Lines.of(layers),
            crs=layers.crs,
            within_m=ON_LINE_M,
            neck_m=neck_m,
        ),
        communities=blocks.communities,
        household_atom=atom,
        considered=considered,
        notes=blocks.notes,
        findings=blocks.findings,
    )


def _names(compound: Index, layers: Layers, piece: Index) -> NDArray[np.object_]:
    """Return the name of the compound of each piece, else the one group of all its households."""
    names = np.append(layers.compounds["name"].to_numpy(dtype=object), "")[compound]
    groups = layers.households["group"].groupby(piece)
    alone = groups.first()[groups.nunique() == 1].drop(-1, errors="ignore")
    nameless = alone.index[names[alone.index] == ""]
    names[nameless] = alone[nameless]
    return names
