"""Check on borders: grids are bounded by streets (街巷定界)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gridgeo.grain import grain_m
from gridgeo.model import Finding
from gridgeo.text import Text
from gridgeo.validate.case import Case, not_checked
from gridgeo.validate.ground import polygonal
from gridgeo.validate.nearness import length_near
from gridgeo.validate.values import texts

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
    line: NDArray[Any]
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
    community = pd.factorize(pd.Series(texts(grids["community"])))[0]
    basic = ~np.isin(texts(grids["kind"]), ("dedicated", "open"))
    ground = polygonal(grids.geometry.to_numpy())
    return _whole_share(
        ground, np.where(basic, community, -1), _lines(streets, barriers), tolerance_m
    )


def share_on_streets(case: Case) -> float | None:
    """Return the share of inner border metres of a case that follow a street or barrier."""
    group = np.where(case.basic, case.parents, -1)
    lines = _lines(case.subject.streets, case.subject.barriers)
    return _whole_share(case.ground, group, lines, TOLERANCE_M)


def on_streets(case: Case) -> Iterator[Finding]:
    """Grids follow streets or barriers along half of their inner border at least (街巷定界).

    One finding a community names the grids that do not, and shows the borders that do not.
    """
    lines = _lines(case.subject.streets, case.subject.barriers)
    if len(lines) == 0:
        yield not_checked("on_streets", Text("streets and barriers", "街道和阻隔"))
        return
    group = np.where(case.basic, case.parents, -1)
    borders = inner_borders(case.ground, group, lines, TOLERANCE_M)
    strays = _share(borders, len(group)) < LEAST_SHARE
    off = (strays[borders.left] | strays[borders.right]) & (
        borders.street_m < LEAST_SHARE * borders.border_m
    )
    for place in np.unique(group[strays]):
        here = off & (group[borders.left] == place)
        metres = float((borders.border_m - borders.street_m)[here].sum())
        grids = np.flatnonzero(strays & (group == place))
        yield Finding(
            rule="on_streets",
            severity="warning",
            message=_astray(case.community_names[place], len(grids), sum(group == place), metres),
            grids=case.named(grids),
            where=shapely.MultiLineString(shapely.get_parts(borders.line[here]).tolist()),
            amount=metres,
            unit="m",
        )


def _whole_share(
    ground: NDArray[Any], group: NDArray[np.intp], lines: NDArray[Any], tolerance_m: float
) -> float | None:
    if len(lines) == 0:
        return None
    borders = inner_borders(ground, group, lines, tolerance_m)
    total = borders.border_m.sum()
    return float(borders.street_m.sum() / total) if total > 0 else None


def _share(borders: InnerBorders, size: int) -> NDArray[np.float64]:
    """Return by grid the share of its inner border on streets, 1 where it has none."""
    ends = np.concatenate([borders.left, borders.right])
    border_m, street_m = (
        np.bincount(ends, np.tile(metres, 2), minlength=size).astype(np.float64)
        for metres in (borders.border_m, borders.street_m)
    )
    return np.divide(street_m, border_m, out=np.ones_like(border_m), where=border_m > 0)


def _astray(community: str, count: int, grids: int, metres: float) -> Text:
    return Text(
        f"in community {community}, {count} of {grids} basic grids follow streets along less than "
        f"half of their inner border; {metres:,.0f} m of border follow none",
        f"社区“{community}”的 {grids} 个基础网格中，有 {count} 个的内部边界不足一半沿街道；"
        f"共 {metres:,.0f} 米边界不沿街",
    )


def inner_borders(
    ground: NDArray[Any], group: NDArray[np.intp], lines: NDArray[Any], tolerance_m: float
) -> InnerBorders:
    """Measure the borders between pieces of one group (-1: in none) against `lines`."""
    left, right = shapely.STRtree(ground).query(ground, predicate="intersects")
    inner = (left < right) & (group[left] == group[right]) & (group[left] >= 0)
    left, right = left[inner], right[inner]
    rims = shapely.boundary(ground)
    shared = shapely.intersection(rims[left], rims[right], grid_size=grain_m(rims))
    line = _lines_of(shared)
    real = shapely.length(line) > 0
    line = line[real]
    return InnerBorders(
        left=left[real],
        right=right[real],
        line=line,
        border_m=shapely.length(line),
        street_m=length_near(line, lines, tolerance_m),
    )


def _lines_of(geometry: NDArray[Any]) -> NDArray[Any]:
    """Return the lines among the parts of each geometry, as one MultiLineString each."""
    parts, owner = shapely.get_parts(geometry, return_index=True)
    lines = shapely.get_dimensions(parts) == 1
    out = np.full(len(geometry), shapely.MultiLineString(), dtype=object)
    if lines.any():
        shapely.multilinestrings(parts[lines], indices=owner[lines], out=out)
    return out


def _lines(*layers: gpd.GeoDataFrame | None) -> NDArray[Any]:
    found = [layer.geometry.to_numpy() for layer in layers if layer is not None]
    lines: NDArray[Any] = np.concatenate([np.zeros(0, dtype=object), *found])
    there = ~shapely.is_missing(lines) & ~shapely.is_empty(lines)
    return np.asarray(lines[there], dtype=object)
