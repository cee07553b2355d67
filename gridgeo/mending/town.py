"""What is mended, what is known around it, and what is said of each change."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.grain import grain_m

if TYPE_CHECKING:
    from gridgeo.config import RepairRules
    from gridgeo.text import Text

#: Pieces narrower than this are rounding of the coordinates, not ground.
NOISE_M = 1e-4
#: Pieces this near to each other touch.
TOUCH_M = 0.01


def _none() -> NDArray[Any]:
    return np.zeros(0, dtype=object)


@dataclass(frozen=True, kw_only=True)
class Town:
    """A partition to be mended; all geometry is in one projected metre CRS.

    Parameters
    ----------
    grids
        Geometry of each grid as delivered: null, empty and invalid ones included.
    community
        Position in `outlines` of the community of each grid, -1 where it is not known.
    outlines
        Valid polygonal ground of the communities; none where they are not given: then gaps are
        the holes of the partition.
    points
        Household points; a piece that holds one is never moved.
    allowed
        Ground that may belong to no grid (rivers, lakes).
    frozen, unreadable
        Which grids cannot be used (no geometry, or rings that cannot be read), and the ground
        that may be theirs: nothing is mended there. Found by `gridgeo.mending.rings`.
    """

    grids: NDArray[Any]
    community: NDArray[np.intp]
    outlines: NDArray[Any] = field(default_factory=_none)
    points: NDArray[Any] = field(default_factory=_none)
    allowed: Any = field(default_factory=shapely.Polygon)
    frozen: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_))
    unreadable: Any = field(default_factory=shapely.Polygon)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the grids."""
        return shapely.STRtree(self.grids)

    @cached_property
    def grain(self) -> float:
        """The grid of overlays."""
        return grain_m(self.grids, self.outlines)

    @cached_property
    def homes(self) -> shapely.STRtree:
        """Index of the household points."""
        return shapely.STRtree(self.points)

    @cached_property
    def rank(self) -> NDArray[np.intp]:
        """Place of each grid in an order that the order of rows does not change."""
        keys = np.column_stack([shapely.area(self.grids), shapely.bounds(self.grids)])
        rank = np.empty(len(keys), dtype=np.intp)
        rank[np.lexsort(np.nan_to_num(keys).T)] = np.arange(len(keys))
        return rank

    def inhabited(self, pieces: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which of `pieces` hold household points."""
        held = np.zeros(len(pieces), dtype=np.bool_)
        held[self.homes.query(pieces, predicate="intersects")[0]] = True
        return held


@dataclass(frozen=True, kw_only=True)
class Mend:
    """One change of one grid, or one defect that was left as it was.

    Parameters
    ----------
    what
        ``ring``, ``gap``, ``overlap``, ``outside``, ``part`` or ``vertices``.
    grids
        Positions of the grid that was changed, then of the others concerned.
    done
        False where the defect was left.
    amount, unit
        m2, or number of vertices.
    where
        The ground or the points concerned.
    reason
        Why it was left, else what was done.
    """

    what: str
    grids: tuple[int, ...]
    done: bool
    amount: float
    unit: str
    where: Any
    reason: Text


def real(pieces: Any) -> Any:
    """Return which `pieces` are ground, not rounding: their mean width is above 0.1 mm."""
    return 2 * shapely.area(pieces) > NOISE_M * shapely.length(pieces)


def small(pieces: NDArray[Any], rules: RepairRules) -> NDArray[np.bool_]:
    """Return which `pieces` are narrower than ``width_m`` everywhere, or at most ``area_m2``.

    Examples
    --------
    >>> from gridgeo.config import RepairRules
    >>> small(shapely.box(0, 0, [900.0, 900.0, 9.0], [4.0, 6.0, 9.0]), RepairRules())
    array([ True, False,  True])
    """
    fits = shapely.area(pieces) <= rules.area_m2
    wide = np.flatnonzero(~fits)
    fits[wide] = shapely.is_empty(shapely.buffer(pieces[wide], -rules.width_m / 2))
    return np.asarray(fits, dtype=np.bool_)
