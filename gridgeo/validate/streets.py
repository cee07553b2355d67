"""Checks on borders: grids are bounded by streets (街巷定界), and no border runs beside one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import polygonal
from gridgeo.ground import BESIDE_M, NEAR_M, length_near
from gridgeo.model import Finding
from gridgeo.validate.assignment import texts
from gridgeo.validate.borders import inner_borders
from gridgeo.validate.case import Case, not_checked
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd


#: A border that long beside a street is a warning.
_LONG_BESIDE_M = 100.0
#: A grid that follows less than this share of its inner border is named.
_LEAST_SHARE = 0.5


def street_share(
    grids: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame | None,
    barriers: gpd.GeoDataFrame | None,
    *,
    tolerance_m: float = NEAR_M,
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
    lines = _lines(streets, barriers)
    borders = inner_borders(ground, np.where(basic, community, -1))
    return _share(lines, borders.border_m, length_near(borders.line, lines, tolerance_m))


def share_on_streets(case: Case) -> float | None:
    """Return the share of inner border metres of a case that follow a street or barrier."""
    lines = _lines(case.subject.streets, case.subject.barriers)
    return _share(lines, case.inner_borders.border_m, case.follows.street_m)


def on_streets(case: Case) -> Iterator[Finding]:
    """Grids follow streets or barriers along half of their inner border at least (街巷定界).

    One finding a community names the grids that do not, and shows the borders that do not.
    """
    lines = _lines(case.subject.streets, case.subject.barriers)
    if len(lines) == 0:
        yield not_checked("on_streets", Text("streets and barriers", "街道和阻隔"))
        return
    group = np.where(case.basic, case.parents, -1)
    borders, border_m, street_m = (
        case.inner_borders,
        case.inner_borders.border_m,
        case.follows.street_m,
    )
    ends = np.concatenate([borders.left, borders.right])
    of_grid_m, on_street_m = (
        np.bincount(ends, np.tile(metres, 2), minlength=len(group))
        for metres in (border_m, street_m)
    )
    strays = on_street_m < _LEAST_SHARE * of_grid_m
    off = (strays[borders.left] | strays[borders.right]) & (street_m < _LEAST_SHARE * border_m)
    for place in np.unique(group[strays]):
        here = off & (group[borders.left] == place)
        metres = float((border_m - street_m)[here].sum())
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


def _share(lines: NDArray[Any], border_m: NDArray[Any], street_m: NDArray[Any]) -> float | None:
    total = border_m.sum()
    return float(street_m.sum() / total) if len(lines) and total > 0 else None


def _astray(community: str, count: int, grids: int, metres: float) -> Text:
    return Text(
        f"in community {community}, {count} of {grids} basic grids follow streets along less than "
        f"half of their inner border; {metres:,.0f} m of border follow none",
        f"社区“{community}”的 {grids} 个基础网格中，有 {count} 个的内部边界不足一半沿街道；"
        f"共 {metres:,.0f} 米边界不沿街",
    )


def borders_on_ground(case: Case) -> Iterator[Finding]:
    """No border runs through open ground where a street lies beside it.

    A border between two basic grids that follows nothing (`gridgeo.wording.FOLLOWED`) should lie
    on a street within 60 m that runs side by side with it for 20 m or more, at an angle under 20
    degrees: a warning from 100 m on, else an info. Tunnels do not count. Without streets there is
    nothing to follow.
    """
    steps, borders = case.open_beside_streets, case.inner_borders
    for border in np.unique(steps.line):
        here = steps.at(steps.line == border)
        metres = float(here.length_m.sum())
        grids = case.named([borders.left[border], borders.right[border]])
        yield Finding(
            rule="borders_on_ground",
            severity="warning" if metres >= _LONG_BESIDE_M else "info",
            message=Text(
                f"the border between grids {grids[0]} and {grids[1]} runs through open ground for "
                f"{metres:,.0f} m, beside a street at most {BESIDE_M:.0f} m away",
                f"网格 {grids[0]} 与 {grids[1]} 之间有 {metres:,.0f} 米边界穿过空地，"
                f"而 {BESIDE_M:.0f} 米以内有并行的街巷",
            ),
            grids=grids,
            where=shapely.line_merge(shapely.MultiLineString(here.geometry.tolist())),
            amount=metres,
            unit="m",
        )


def _lines(*layers: gpd.GeoDataFrame | None) -> NDArray[Any]:
    found = [layer.geometry.to_numpy() for layer in layers if layer is not None]
    lines: NDArray[Any] = np.concatenate([np.zeros(0, dtype=object), *found])
    there = ~shapely.is_missing(lines) & ~shapely.is_empty(lines)
    return np.asarray(lines[there], dtype=object)
