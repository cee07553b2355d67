"""Check on borders: grids are bounded by streets (街巷定界)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.model import Finding
from gridgeo.text import Text
from gridgeo.validate.case import Case, not_checked, texts
from gridgeo.validate.ground import polygonal
from gridgeo.validate.nearness import length_near

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

#: A border within this distance of a street or barrier follows it.
TOLERANCE_M = 12.0
#: A grid that follows less than this share of its inner border is named.
LEAST_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class InnerBorders:
    """Borders between two basic grids of one community, and the metres of them on streets."""

    left: NDArray[np.intp]
    right: NDArray[np.intp]
    border_m: NDArray[np.float64]
    street_m: NDArray[np.float64]


def street_share(
    grids: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    *,
    tolerance_m: float = TOLERANCE_M,
) -> float | None:
    """Return the share of inner border metres that follow a street or barrier.

    Inner borders are those between two basic grids of one community; they follow a street where
    they lie within `tolerance_m` of it. Polygon barriers count by their outline.

    Parameters
    ----------
    grids
        kind, community and geometry in a projected metre CRS.
    streets, barriers
        Geometry in the same CRS; None or empty where there are none.

    Returns
    -------
    float or None
        Between 0 and 1; None where there are no streets and barriers, or no such border.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString, box
    >>> grids = gpd.GeoDataFrame({"kind": "basic", "community": "A"}, index=[0, 1],
    ...                          geometry=[box(0, 0, 50, 40), box(50, 0, 90, 40)])
    >>> streets = gpd.GeoDataFrame(geometry=[LineString([(51, -9), (51, 8)])])
    >>> round(street_share(grids, streets, None), 3)
    0.499
    """
    lines = _lines(streets, barriers)
    community = pd.factorize(pd.Series(texts(grids["community"])))[0]
    basic = ~np.isin(texts(grids["kind"]), ("dedicated", "open"))
    ground = polygonal(grids.geometry.to_numpy())
    borders = inner_borders(ground, np.where(basic, community, -1), lines, tolerance_m)
    total = borders.border_m.sum()
    return float(borders.street_m.sum() / total) if len(lines) and total > 0 else None


def on_streets(case: Case) -> Iterator[Finding]:
    """Grids follow streets or barriers along half of their inner border at least (街巷定界)."""
    lines = _lines(case.subject.streets, case.subject.barriers)
    if len(lines) == 0:
        yield not_checked("on_streets", Text("streets and barriers", "街道和阻隔"))
        return
    group = np.where(case.basic, case.parents, -1)
    borders = inner_borders(case.ground, group, lines, TOLERANCE_M)
    ends = np.concatenate([borders.left, borders.right])
    border_m, street_m = (
        np.bincount(ends, np.tile(metres, 2), minlength=len(group)).astype(np.float64)
        for metres in (borders.border_m, borders.street_m)
    )
    share = np.divide(street_m, border_m, out=np.ones_like(border_m), where=border_m > 0)
    for row in np.flatnonzero(share < LEAST_SHARE):
        handle = case.handles[row]
        off = border_m[row] - street_m[row]
        yield Finding(
            rule="on_streets",
            severity="warning",
            message=Text(
                f"grid {handle} follows streets along {share[row]:.0%} of its inner border; "
                f"{off:,.0f} m do not",
                f"网格 {handle} 的内部边界只有 {share[row]:.0%} 沿街道，{off:,.0f} 米不沿街",
            ),
            grids=(handle,),
            where=case.ground[row],
            amount=float(off),
            unit="m",
        )


def inner_borders(
    ground: NDArray[Any], group: NDArray[np.intp], lines: NDArray[Any], tolerance_m: float
) -> InnerBorders:
    """Measure the borders between pieces of one group (-1: in none) against `lines`."""
    left, right = shapely.STRtree(ground).query(ground, predicate="intersects")
    inner = (left < right) & (group[left] == group[right]) & (group[left] >= 0)
    left, right = left[inner], right[inner]
    rims = shapely.boundary(ground)
    shared = shapely.intersection(rims[left], rims[right])
    border_m = shapely.length(shared)
    real = border_m > 0
    left, right, shared, border_m = left[real], right[real], shared[real], border_m[real]
    street_m = length_near(shared, lines, tolerance_m) if len(lines) else np.zeros(len(left))
    return InnerBorders(left=left, right=right, border_m=border_m, street_m=street_m)


def _lines(*layers: gpd.GeoDataFrame | None) -> NDArray[Any]:
    found = [layer.geometry.to_numpy() for layer in layers if layer is not None]
    lines: NDArray[Any] = np.concatenate([np.zeros(0, dtype=object), *found])
    there = ~shapely.is_missing(lines) & ~shapely.is_empty(lines)
    return np.asarray(lines[there], dtype=object)
