"""Where the households of a plan live, as points: what moves when its grids change."""

from __future__ import annotations

import geopandas as gpd

from gridgeo.model import Plan
from gridgeo.place import points_of


def homes_of(plan: Plan) -> gpd.GeoDataFrame | None:
    """Return points with households: the household points, else one point in each atom.

    Points that the plan lists as being in no grid are left out; None where there are neither.
    """
    inside = plan.households[plan.households["reason"] == ""]
    if len(inside):
        return inside[["households", "geometry"]].reset_index(drop=True)
    if len(plan.atoms):
        return points_of(plan.atoms)
    return None
