"""Communities that overlap or leave gaps between each other are repaired, with a report."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gridgeo.config import AtomRules
from gridgeo.errors import InputError
from gridgeo.model import Finding
from gridgeo.text import Text

#: A change of area below this is rounding, not a repair worth telling.
TOLD_M2 = 0.01


def repair_communities(
    communities: gpd.GeoDataFrame, rules: AtomRules
) -> tuple[gpd.GeoDataFrame, tuple[Finding, ...]]:
    """Return communities that share their borders vertex by vertex, and what was changed.

    A valid coverage is returned as it is: cleaning one makes crumbs. Otherwise gaps up to
    ``repair_gap_m`` are closed and overlaps given to the community with the longest border;
    each community whose outline changed is a finding with the changed area. No community
    vanishes: one that would is an error.

    Raises
    ------
    InputError
        A community lies wholly inside others.
    """
    outlines = communities.geometry.to_numpy()
    if shapely.coverage_is_valid(outlines, gap_width=rules.repair_gap_m):
        return communities, ()
    cleaned = shapely.coverage_clean(  # type: ignore[attr-defined]  # stubs are of 2.1
        outlines, gap_width=rules.repair_gap_m, snapping_distance=rules.repair_snap_m
    )
    _none_vanished(communities, cleaned)
    changed = shapely.area(shapely.symmetric_difference(outlines, cleaned))
    findings = tuple(
        _repaired(communities.iloc[i], outlines[i], cleaned[i], changed[i])
        for i in np.flatnonzero(changed > TOLD_M2)
    )
    return communities.set_geometry(gpd.GeoSeries(cleaned, crs=communities.crs)), findings


def _none_vanished(communities: gpd.GeoDataFrame, cleaned: np.ndarray) -> None:
    lost = np.flatnonzero(shapely.is_empty(cleaned) | (shapely.area(cleaned) == 0))
    if len(lost):
        names = ", ".join(_title(communities.iloc[i]) for i in lost)
        raise InputError(
            Text(
                f"these communities lie wholly inside others: {names}",
                f"以下社区完全落在其他社区之内：{names}",
            ),
            layer="communities",
            rule="communities do not overlap",
            remedy=Text("Cut them out of the community around them", "请先把它们从外围社区中扣除"),
        )


def _repaired(community: Any, before: Any, after: Any, changed_m2: float) -> Finding:
    title = _title(community)
    return Finding(
        rule="communities_repaired",
        severity="warning",
        message=Text(
            f"the outline of {title} overlapped its neighbours or left gaps: "
            f"{changed_m2:,.2f} m2 were given to one side",
            f"{title}的边界与相邻社区重叠或留有缝隙，已修复 {changed_m2:,.2f} 平方米",
        ),
        where=shapely.symmetric_difference(before, after),
        amount=float(changed_m2),
        unit="m2",
    )


def _title(community: Any) -> str:
    return str(community["name"] or community["code"] or "?")
