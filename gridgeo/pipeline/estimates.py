"""Layers that count residents and no households: households are estimated while grids are made.

Blocks are cut, and inhabited ground is told from open ground, by households. Where residents alone
are known, each row stands for as many households as its share of a grid; the plan counts none.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.config import Band
from gridgeo.model import Atoms, Layers

if TYPE_CHECKING:
    import geopandas as gpd


def estimates_needed(layers: Layers, band: Band) -> bool:
    """Return whether the profile is ``residents`` and no layer counts a household."""
    given = (layers.households, layers.atoms)
    counted = sum(int(frame["households"].sum()) for frame in given if frame is not None)
    return band.profile == "residents" and counted == 0


def estimated(layers: Layers, band: Band) -> Layers:
    """Return the layers with households in proportion to residents: as many grids hold them."""
    return replace(
        layers,
        households=_estimated(layers.households, band),
        atoms=None if layers.atoms is None else _estimated(layers.atoms, band),
    )


def _estimated(frame: gpd.GeoDataFrame, band: Band) -> gpd.GeoDataFrame:
    share = band.upper / band.residents_upper
    households = np.ceil(np.nan_to_num(frame["residents"].to_numpy(np.float64)) * share)
    return frame.assign(households=households.astype(np.int64))


def without_estimates(atoms: Atoms) -> Atoms:
    """Return the atoms without a household."""
    return replace(atoms, frame=atoms.frame.assign(households=np.int64(0)))
