"""The figures of a plan, as ``summary.json`` gives them."""

from __future__ import annotations

from typing import Any

import geopandas as gpd

from gridgeo.config import Settings
from gridgeo.model import COMMUNITY_VERDICTS, GRID_VERDICTS, SEVERITIES, Finding

#: Communities whose grids cannot be asked to be in band.
EXCUSED = ("small", "impossible")


def summarise(
    *,
    settings: Settings,
    grids: gpd.GeoDataFrame,
    communities: gpd.GeoDataFrame,
    atoms: gpd.GeoDataFrame,
    findings: tuple[Finding, ...],
    households: dict[str, int],
    street_share: float | None,
    area_difference_m2: float,
) -> dict[str, Any]:
    """Return the figures that judge a plan.

    ``in_band_share`` is over all basic grids, ``in_band_share_where_possible`` over those of
    communities that are neither small nor proved impossible; None where there is none.
    """
    basic = grids[grids["kind"] == "basic"]
    excused = communities.loc[communities["verdict"].isin(EXCUSED), "code"]
    asked = basic[~basic["community"].isin(excused)]
    verdicts = communities["verdict"].value_counts()
    by_grid = grids["verdict"].value_counts()
    found = [finding.severity for finding in findings]
    return {
        "name": settings.title,
        "attribution": settings.attribution,
        "communities": len(communities),
        "atoms": len(atoms),
        "grids": len(grids),
        "basic": len(basic),
        "dedicated": int((grids["kind"] == "dedicated").sum()),
        "open": int((grids["kind"] == "open").sum()),
        "verdicts": {name: int(verdicts.get(name, 0)) for name in COMMUNITY_VERDICTS},
        "grid_verdicts": {name: int(by_grid.get(name, 0)) for name in GRID_VERDICTS},
        "in_band_share": _share_in_band(basic),
        "in_band_share_where_possible": _share_in_band(asked),
        "street_share": None if street_share is None else round(street_share, 4),
        "households": households,
        "residents": _total(basic["residents"]),
        "area_difference_m2": round(area_difference_m2, 6),
        "findings": {severity: found.count(severity) for severity in SEVERITIES},
    }


def _share_in_band(grids: gpd.GeoDataFrame) -> float | None:
    return round(float((grids["verdict"] == "in_band").mean()), 4) if len(grids) else None


def _total(residents: Any) -> int | None:
    return None if residents.isna().all() else round(float(residents.sum()))
