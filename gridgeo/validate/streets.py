"""Check on borders: grids are bounded by streets (街巷定界); shares are exact, without buffers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridgeo.geometry import polygonal, precision_m
from gridgeo.model import Finding
from gridgeo.validate.assignment import texts
from gridgeo.validate.case import Case, not_checked
from gridgeo.wording import Text

if TYPE_CHECKING:
    import geopandas as gpd


def _length_near(lines: NDArray[Any], others: NDArray[Any], distance: float) -> NDArray[np.float64]:
    """Return for each line the metres of it that lie within `distance` of any of `others`.

    Exact but for rounding: for two straight segments the near part of one is an interval, found
    in closed form; intervals on a segment are joined before they are summed.

    Parameters
    ----------
    lines
        LineStrings or MultiLineStrings.
    others
        Lines, or polygons, which count by their outline.

    Examples
    --------
    >>> from shapely import LineString
    >>> border, street = LineString([(0, 0), (100, 0)]), LineString([(40, 3), (60, 3)])
    >>> _length_near(np.array([border]), np.array([street]), 5.0).tolist()
    [28.0]
    """
    pieces, line = _segments(lines)
    streets, _ = _segments(_outlines(others))
    tree = shapely.STRtree(np.asarray(shapely.linestrings(streets), dtype=object))
    piece, street = tree.query(shapely.linestrings(pieces), predicate="dwithin", distance=distance)
    start, end = _near_part(pieces[piece], streets[street], distance)
    near_m = _once(piece, start, end)
    return np.bincount(line[piece], near_m, minlength=len(lines)).astype(np.float64)


def _segments(lines: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the straight segments of `lines`, shape (n, 2, 2), and the line of each."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    points, part = shapely.get_coordinates(parts, return_index=True)
    joined = np.flatnonzero((part[1:] == part[:-1]) & (points[1:] != points[:-1]).any(axis=1))
    ends = np.stack([points[joined], points[joined + 1]], axis=1)
    return ends, owner[part[joined]]


def _outlines(geometry: NDArray[Any]) -> NDArray[Any]:
    dimension = shapely.get_dimensions(geometry)
    flat = geometry[dimension >= 1]
    area = dimension[dimension >= 1] == 2
    return np.concatenate([flat[~area], shapely.boundary(flat[area])])


def _near_part(
    pieces: NDArray[np.float64], streets: NDArray[np.float64], distance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the interval, in metres along each piece, within `distance` of its street.

    What is near to a segment is a rectangle and two discs, and convex: the interval reaches
    from the first entry into any of the three to the last exit.
    """
    along, length = _directions(streets)
    course, reach = _directions(pieces)
    x, y = _turned(pieces[:, 0] - streets[:, 0], along)
    dx, dy = _turned(course, along)
    low, high = _slab(x, dx, np.zeros_like(length), length)
    below, above = _slab(y, dy, np.full_like(length, -distance), np.full_like(length, distance))
    entries = [(np.maximum(low, below), np.minimum(high, above))]
    entries += [_disc(x - centre, y, dx, dy, distance) for centre in (0.0, length)]
    start = np.minimum.reduce([np.where(a <= b, a, np.inf) for a, b in entries])
    end = np.maximum.reduce([np.where(a <= b, b, -np.inf) for a, b in entries])
    return np.clip(start, 0.0, reach), np.clip(end, 0.0, reach)


def _directions(ends: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    step = ends[:, 1] - ends[:, 0]
    length = np.hypot(step[:, 0], step[:, 1])
    return step / length[:, None], length


def _turned(
    vector: NDArray[np.float64], along: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    return (vector * along).sum(axis=1), (vector * across).sum(axis=1)


def _slab(
    start: NDArray[np.float64],
    step: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where ``start + s * step`` is between `low` and `high`; empty as (inf, -inf)."""
    level = np.abs(step) < 1e-12
    inside = (low <= start) & (start <= high)
    safe = np.where(level, 1.0, step)
    first, last = (low - start) / safe, (high - start) / safe
    enter = np.where(level, np.where(inside, -np.inf, np.inf), np.minimum(first, last))
    leave = np.where(level, np.where(inside, np.inf, -np.inf), np.maximum(first, last))
    return enter, leave


def _disc(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    dx: NDArray[np.float64],
    dy: NDArray[np.float64],
    radius: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middle = -(x * dx + y * dy)
    half = radius**2 - (x * dy - y * dx) ** 2
    root = np.sqrt(np.maximum(half, 0.0))
    return np.where(half >= 0, middle - root, np.inf), np.where(half >= 0, middle + root, -np.inf)


def _once(
    piece: NDArray[np.intp], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what each interval adds to those before it on the same piece, in given order."""
    frame = pd.DataFrame({"piece": piece, "start": start, "end": end})
    frame = frame.sort_values(["piece", "start", "end"])
    reached = frame.groupby("piece")["end"].cummax().groupby(frame["piece"]).shift()
    added = frame["end"] - np.fmax(frame["start"], reached.fillna(-np.inf))
    return added.clip(lower=0.0).reindex(range(len(piece))).to_numpy()


#: A border within this distance of a street or barrier follows it.
_TOLERANCE_M = 12.0
#: A grid that follows less than this share of its inner border is named.
_LEAST_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class _InnerBorders:
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
    tolerance_m: float = _TOLERANCE_M,
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
    return _whole_share(case.ground, group, lines, _TOLERANCE_M)


def on_streets(case: Case) -> Iterator[Finding]:
    """Grids follow streets or barriers along half of their inner border at least (街巷定界).

    One finding a community names the grids that do not, and shows the borders that do not.
    """
    lines = _lines(case.subject.streets, case.subject.barriers)
    if len(lines) == 0:
        yield not_checked("on_streets", Text("streets and barriers", "街道和阻隔"))
        return
    group = np.where(case.basic, case.parents, -1)
    borders = _inner_borders(case.ground, group, lines, _TOLERANCE_M)
    strays = _share(borders, len(group)) < _LEAST_SHARE
    off = (strays[borders.left] | strays[borders.right]) & (
        borders.street_m < _LEAST_SHARE * borders.border_m
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
    borders = _inner_borders(ground, group, lines, tolerance_m)
    total = borders.border_m.sum()
    return float(borders.street_m.sum() / total) if total > 0 else None


def _share(borders: _InnerBorders, size: int) -> NDArray[np.float64]:
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


def _inner_borders(
    ground: NDArray[Any], group: NDArray[np.intp], lines: NDArray[Any], tolerance_m: float
) -> _InnerBorders:
    """Measure the borders between pieces of one group (-1: in none) against `lines`."""
    left, right = shapely.STRtree(ground).query(ground, predicate="intersects")
    inner = (left < right) & (group[left] == group[right]) & (group[left] >= 0)
    left, right = left[inner], right[inner]
    rims = shapely.boundary(ground)
    shared = shapely.intersection(rims[left], rims[right], grid_size=precision_m(rims))
    line = _lines_of(shared)
    real = shapely.length(line) > 0
    line = line[real]
    return _InnerBorders(
        left=left[real],
        right=right[real],
        line=line,
        border_m=shapely.length(line),
        street_m=_length_near(line, lines, tolerance_m),
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
