"""What became of the grids of one partition in another, as it is saved, mapped and submitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.config import Settings
    from gridgeo.model import Note, Reject


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two partitions of one area, grid by grid; frames are in one projected metre CRS.

    ============ =======================================================================
    changes      change, old_code (of the grid that it continues, ``""`` for none), new_code
                 (``""`` for a retired grid), name, kind, community, community_name,
                 households_before, households, households_in, households_out, area_before_m2,
                 area_m2, area_in_m2, area_out_m2, predecessors, successors (codes joined by
                 ``;``), reason, geometry: one row for each new grid by code, then one for each
                 retired grid; households_out are those of the old grid that it continues, or is
    crosswalk    old_code, new_code (``""``: in none), households, share_of_old, share_of_new,
                 area_m2, moved (whether they changed grids), geometry (the shared ground)
    before       code, name, change, goes_on_as, households, area_m2, geometry: the old grids
    ============ =======================================================================

    `summary` has the figures (`gridgeo.codes.Difference`), ``grids_before``, ``grids`` and
    ``households``.
    """

    settings: Settings
    changes: gpd.GeoDataFrame
    crosswalk: gpd.GeoDataFrame
    before: gpd.GeoDataFrame
    summary: dict[str, Any]
    notes: tuple[Note, ...] = ()
    rejects: tuple[Reject, ...] = ()
    run: dict[str, Any] = field(default_factory=dict)
