"""What is computed once per run: blocks, facilities, atoms, and the planners' constraints.

Each is made when it is first needed. Outlines and lines that planners drew become constraints on
single atoms: must-link, cannot-link, locked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.atoms import Blocks, Cutter, PieceCoverage, cut_blocks, join_links, take_atoms
from gridgeo.codes import community_codes
from gridgeo.config import Settings
from gridgeo.dedicated import (
    choose_dedicated,
    keep_connected,
    leave_homes,
    refuse_remnants,
    refuse_unfit,
    yield_to_locked,
)
from gridgeo.geometry import assign_points, households_in
from gridgeo.model import Atoms, Bands, Constraints, Finding, Layers, bands_of
from gridgeo.wording import Text


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """What is computed once per run, however fine the atoms are cut.

    Atoms that are cut from streets follow the outlines of the grids ``along``, too.
    """

    layers: Layers
    settings: Settings
    mapping: Mapping[str, str]
    along: gpd.GeoDataFrame | None = None

    def bands(self, atoms: Atoms) -> Bands:
        """Return the band of each community of these atoms."""
        return self._bands(atoms.communities)

    def _bands(self, communities: gpd.GeoDataFrame) -> Bands:
        if not self.settings.community:
            return Bands(usual=self.settings.band)
        scheme = self.settings.codes.code_scheme
        codes = community_codes(communities, scheme, mapping=self.mapping)
        return bands_of(self.settings, communities, codes)

    @cached_property
    def limits(self) -> NDArray[np.int64]:
        """The households that a grid of each community can hold."""
        communities = self.layers.communities
        bands = self._bands(communities)
        return np.array([bands.of(place).upper for place in range(len(communities))])

    @cached_property
    def blocks(self) -> Blocks:
        """What streets, barriers and community borders enclose."""
        layers = self.layers
        if self.along is not None:
            drawn = [self.along[["name", "geometry"]]]
            drawn += [] if layers.locked is None else [layers.locked]
            outlines = gpd.GeoDataFrame(pd.concat(drawn[::-1], ignore_index=True), crs=layers.crs)
            layers = replace(layers, locked=outlines)
        return cut_blocks(layers, self.settings.atoms, limits=self.limits)

    @cached_property
    def street_blocks(self) -> Blocks:
        """The blocks without the grids `along`: what a facility fills, however grids were drawn."""
        if self.along is None or not len(self.layers.facilities):
            return self.blocks
        return cut_blocks(self.layers, self.settings.atoms, limits=self.limits)

    @cached_property
    def considered(self) -> gpd.GeoDataFrame:
        """Every facility with the verdict on it."""
        given = self.layers.atoms
        ground = self.street_blocks.faces.polygons if given is None else given.geometry.to_numpy()
        households = households_in(self.layers.households, ground)
        if given is not None:
            households = households + given["households"].to_numpy(dtype=np.int64)
        chosen = choose_dedicated(self.layers, ground, households, self.settings.dedicated)
        if given is None:
            lower, thresholds = self.settings.band.lower, self.settings.dedicated.thresholds
            chosen = leave_homes(chosen, self.layers, lower, self.settings.atoms, thresholds)
        chosen = refuse_unfit(chosen, self.layers, self.settings.dedicated)
        return yield_to_locked(chosen, self.layers.locked)

    @cached_property
    def cutter(self) -> Cutter:
        """What cuts the blocks into atoms."""
        return Cutter(
            layers=self.layers,
            blocks=self.blocks,
            considered=self.considered,
            rules=self.settings.atoms,
            limits=self.limits,
        )

    @cached_property
    def ground(self) -> PieceCoverage:
        """The blocks as they are cut at first."""
        return self.cutter.cut()

    def atoms(self) -> Atoms:
        """Return the atoms."""
        if self.layers.atoms is None:
            atoms = self.cutter.atoms_of(self.ground)
        else:
            atoms = take_atoms(self.layers, self.considered, self.settings.atoms)
        return self._connected(atoms)

    def finer_atoms(self, communities: Collection[int]) -> Atoms:
        """Return the atoms, with finer ones in some communities (positions)."""
        finer = self.cutter.cut_finer(self.ground, communities)
        return self._connected(self.cutter.atoms_of(finer))

    def _connected(self, atoms: Atoms) -> Atoms:
        """Return the atoms joined by links, with dedicated ground that cuts nothing off."""
        joined = join_links(atoms, self.layers.links, reach_m=self.settings.read.link_m)
        kept = keep_connected(joined, self.bands(joined))
        return refuse_remnants(kept, self.layers.facilities, self.settings.dedicated)


def constraints_of(layers: Layers, atoms: Atoms) -> Constraints:
    """Return what the layers ``together``, ``apart`` and ``locked`` ask of the atoms.

    Atoms with a point inside a polygon, or at the two ends of a line, stay together; atoms at the
    two ends of a line stay apart. A locked polygon keeps the atoms with a point inside it, in the
    community with most of them; of several polygons over an atom the first in reading order
    counts. A line that does not have two atoms at its ends, and a polygon without any, is a
    finding ``tie_unplaced``.
    """
    polygons = atoms.frame.geometry.to_numpy()
    inner = shapely.point_on_surface(polygons)
    findings: list[Finding] = []
    together = []
    for shape, name in _rows(layers.together):
        if shapely.get_dimensions(shape) == 2:
            group = np.flatnonzero(shapely.intersects(shape, inner))
        else:
            group = _ends(shape, polygons)
        if group.size > 1:
            together.append(group)
        elif not group.size or shapely.get_dimensions(shape) == 1:
            findings.append(_unplaced(_TOGETHER, shape, name))
    apart = []
    for shape, name in _rows(layers.apart):
        pair = _ends(shape, polygons)
        if pair.size == 2:
            apart.append(pair)
        else:
            findings.append(_unplaced(_APART, shape, name))
    locked, names = _locked(layers, atoms, inner, findings)
    return Constraints(
        together=tuple(together),
        apart=np.array(apart, dtype=np.int64).reshape(-1, 2) if apart else None,
        locked=locked,
        names=names,
        findings=tuple(findings),
    )


def _locked(
    layers: Layers, atoms: Atoms, inner: NDArray[Any], findings: list[Finding]
) -> tuple[NDArray[np.int64] | None, tuple[str, ...]]:
    if layers.locked is None or not len(layers.locked):
        return None, ()
    shapes = layers.locked.geometry.to_numpy()
    locked = assign_points(inner, shapes)
    community = atoms.frame["community"].to_numpy()
    area = shapely.area(atoms.frame.geometry.to_numpy())
    for number, (shape, name) in enumerate(_rows(layers.locked)):
        members = locked == number
        if not members.any():
            findings.append(_unplaced(_LOCKED, shape, name))
            continue
        main = int(np.argmax(np.bincount(community[members], weights=np.round(area[members], 2))))
        locked[members & (community != main)] = -1
    return locked, tuple(layers.locked["name"])


def _ends(line: Any, polygons: NDArray[Any]) -> NDArray[np.int64]:
    """Return the different atoms at the ends of a line."""
    ends = shapely.get_point(line, [0, -1])
    atom = assign_points(ends, polygons)
    return np.unique(atom[atom >= 0])


def _rows(frame: gpd.GeoDataFrame | None) -> list[tuple[Any, str]]:
    if frame is None:
        return []
    return list(zip(frame.geometry, frame["name"], strict=True))


_TOGETHER = Text("what should stay together", "要求同属一格的标注")
_APART = Text("what should stay apart", "要求分属两格的标注")
_LOCKED = Text("a locked grid", "锁定网格")


def _unplaced(what: Text, shape: Any, name: str) -> Finding:
    called = Text(f" ({name})", f"（{name}）") if name else Text("", "")
    return Finding(
        rule="tie_unplaced",
        severity="warning",
        message=what
        + called
        + Text(": it does not meet the atoms it needs", "：未落在所需的单元上，未起作用"),
        where=shape,
        amount=1.0,
        unit="rows",
    )
