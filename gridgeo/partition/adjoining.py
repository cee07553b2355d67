"""Which communities adjoin some ground, and what each of them holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.bands import Bands
    from gridgeo.config import Band
    from gridgeo.model import Atoms
    from gridgeo.partition.graph import Ground


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """A community that shares a border: its name, band, and what lives outside dedicated grids.

    ``residents`` is NaN where those of any atom are unknown.
    """

    name: str
    band: Band
    households: int
    residents: float


@dataclass(frozen=True, kw_only=True)
class Region:
    """All communities, and the borders between atoms of two of them."""

    communities: tuple[Neighbour, ...]
    #: unit, community on the other side, metres
    unit: NDArray[np.int64]
    other: NDArray[np.int64]
    border_m: NDArray[np.float64]

    def around(self, units: NDArray[np.int64]) -> list[Neighbour]:
        """Return the communities that adjoin these units, the longest border first."""
        inside = np.isin(self.unit, units)
        shared = np.bincount(self.other[inside], self.border_m[inside], len(self.communities))
        order = np.lexsort((np.arange(shared.size), -np.round(shared, 3)))
        return [self.communities[c] for c in order if shared[c] > 0]


def survey(atoms: Atoms, ground: Ground, unit: NDArray[np.int64], bands: Bands) -> Region:
    """Return the region of these atoms; `ground` is by unit, `unit` that of each atom."""
    names = atoms.communities["name"].tolist()
    size = len(names)
    free = (ground.facility < 0) & (ground.locked < 0)
    told = known(ground.households, ground.residents)
    households = np.bincount(ground.community[free], ground.households[free], size)
    residents = np.bincount(ground.community[free], np.nan_to_num(ground.residents[free]), size)
    unknown = np.bincount(ground.community[free], ~told[free], size) > 0
    left, right = (atoms.borders[side].to_numpy(np.int64) for side in ("left", "right"))
    community = ground.community[unit]
    across = (right >= 0) & (community[left] != community[right])
    ends = np.concatenate([left[across], right[across]])
    others = np.concatenate([right[across], left[across]])
    return Region(
        communities=tuple(
            Neighbour(
                name=name,
                band=bands.of(c),
                households=int(households[c]),
                residents=float("nan") if unknown[c] else float(residents[c]),
            )
            for c, name in enumerate(names)
        ),
        unit=unit[ends],
        other=community[others],
        border_m=np.tile(atoms.borders["border_m"].to_numpy(np.float64)[across], 2),
    )
