"""What became of links: which grids they join, and which of them join nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridgeo.atoms import called
from gridgeo.geometry import polygons_along
from gridgeo.model import Finding
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from gridgeo.model import Plan


def links_of(plan: Plan) -> gpd.GeoDataFrame | None:
    """Return name and line of the links of a plan that join atoms, None where there are none."""
    if "link" not in plan.borders.columns or not plan.borders["link"].any():
        return None
    rows = plan.borders[plan.borders["link"].to_numpy(dtype=bool)]
    named = rows[["street_name", "geometry"]].rename(columns={"street_name": "name"})
    return named.drop_duplicates().reset_index(drop=True)


def links_joining(plan: Plan) -> tuple[Finding, ...]:
    """Return a finding for every link that joins atoms: with the grids that need it, if any."""
    if links_of(plan) is None:
        return ()
    rows = plan.borders[plan.borders["link"].to_numpy(dtype=bool)]
    grid = plan.atoms["grid"].to_numpy(dtype=object)
    ends = rows[["left", "right"]].to_numpy(np.int64)
    same = grid[ends[:, 0]] == grid[ends[:, 1]]
    link = rows.assign(at=shapely.to_wkb(rows.geometry)).groupby(["street_name", "at"]).ngroup()
    findings = []
    for number in range(int(link.max()) + 1):
        here = np.flatnonzero(link == number)
        inside = tuple(sorted(set(grid[ends[here[same[here]], 0]]) - {""}))
        name, line = rows["street_name"].iloc[here[0]], rows.geometry.iloc[here[0]]
        findings.append(_joins(str(name), line, inside))
    return tuple(findings)


def drawn_links(
    grids: NDArray[Any], handles: NDArray[Any], links: gpd.GeoDataFrame | None, reach_m: float
) -> tuple[Finding, ...]:
    """Return a finding for every link over grids that somebody drew: what it joins, if anything.

    Parameters
    ----------
    grids, handles
        Their valid ground, and what each is called.
    """
    if links is None or not len(links):
        return ()
    parts, grid = shapely.get_parts(grids, return_index=True)
    tree = shapely.STRtree(parts)
    findings = []
    for name, line in zip(links["name"], links.geometry, strict=True):
        ends = shapely.get_point(line, [0, -1])
        if not all(end and len(tree.query(end, "dwithin", reach_m)) for end in ends):
            findings.append(_joins_nothing(name, line))
            continue
        steps = np.unique(polygons_along(line, tree, reach_m))
        met, times = np.unique(grid[steps], return_counts=True)
        whole = met if len(steps) == 1 else met[times > 1]
        findings.append(_joins(name, line, tuple(sorted(str(handles[row]) for row in whole))))
    return tuple(findings)


def _joins(name: str, line: Any, grids: tuple[str, ...]) -> Finding:
    link, listed = called(name), ", ".join(grids)
    used = Finding(
        rule="link_joins",
        severity="info",
        message=Text(
            f"{link.en} joins places of grid {listed}", f"{link.zh}连通网格 {listed} 内的两处"
        ),
    )
    free = Finding(
        rule="link_joins",
        severity="info",
        message=Text(
            f"{link.en} is open to use, and no grid needs it",
            f"{link.zh}可用，目前没有网格需要它",
        ),
    )
    found = used if grids else free
    return replace(found, grids=grids, where=line, amount=float(shapely.length(line)), unit="m")


def _joins_nothing(name: str, line: Any) -> Finding:
    link = called(name)
    return Finding(
        rule="link_unplaced",
        severity="warning",
        message=Text(
            f"{link.en} joins nothing: an end of it reaches no grid",
            f"{link.zh}未起作用：有一端未落在任何网格上",
        ),
        where=line,
        amount=float(shapely.length(line)),
        unit="m",
    )
