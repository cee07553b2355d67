"""The ground of one run: blocks, facilities and atoms, each made once and when it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gridgeo.atoms import Blocks, Cutter, Ground, cut_blocks, take_atoms
from gridgeo.bands import Bands, bands_of
from gridgeo.codes import community_codes
from gridgeo.config import Settings
from gridgeo.dedicated import choose_dedicated, keep_connected, yield_to_locked
from gridgeo.model import Atoms, Layers
from gridgeo.place import households_in


@dataclass(frozen=True, kw_only=True)
class Job:
    """The ground of one run: what is cut once, however fine the atoms.

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
        held = households_in(self.layers.households, ground)
        if given is not None:
            held = held + given["households"].to_numpy(dtype=np.int64)
        chosen = choose_dedicated(self.layers, ground, held, self.settings.dedicated)
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
    def ground(self) -> Ground:
        """The blocks as they are cut at first."""
        return self.cutter.cut()

    def atoms(self) -> Atoms:
        """Return the atoms."""
        if self.layers.atoms is None:
            atoms = self.cutter.atoms_of(self.ground)
        else:
            atoms = take_atoms(self.layers, self.considered, self.settings.atoms)
        return keep_connected(atoms, self.bands(atoms))

    def finer_atoms(self, communities: Collection[int]) -> Atoms:
        """Return the atoms, with finer ones in some communities (positions)."""
        finer = self.cutter.cut_finer(self.ground, communities)
        atoms = self.cutter.atoms_of(finer)
        return keep_connected(atoms, self.bands(atoms))
