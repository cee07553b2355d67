"""Links: bridges, underpasses, gates and village roads that join what barriers and gaps part.

They cut nothing. A point is a gate or bridge on the nearest barrier: it becomes the line across.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgeo.geometry import union
from gridgeo.model import CROSSED_BY_STREETS_ONLY
from gridgeo.read.columns import find_all, note_columns
from gridgeo.read.context import RawLayer, ReadLog, StudyArea, tally
from gridgeo.read.geometry import POINTS, gather, lines, of_type, to_study_area
from gridgeo.read.lines import STREET_COLUMNS
from gridgeo.read.values import texts
from gridgeo.wording import Text

LINK_COLUMNS = ("name",)
#: A line across a polygon of water runs this far past its two banks.
_PAST_M = 3.0
#: Water as wide as this is no longer crossed by a bridge that is given as a point.
_WIDEST_M = 2_000.0
#: The shortest way across water is looked for in so many directions.
_DIRECTIONS = 36


def clean_links(raws: Sequence[RawLayer], study_area: StudyArea) -> gpd.GeoDataFrame:
    """Return name and geometry of bridges, underpasses, gates and roads: lines, and points."""
    frames = [_clean_layer(raw, study_area) for raw in raws]
    for raw, frame in zip(raws, frames, strict=True):
        listed = tally(frame["name"][frame["name"] != ""])
        study_area.log.note(
            "links",
            Text(
                f"{raw}: {len(frame)} links join what barriers part, and cut nothing"
                + (f": {listed}" if listed else ""),
                f"{raw.zh}：{len(frame)} 条通道连通屏障两侧，不参与切分"
                + (f"：{listed}" if listed else ""),
            ),
        )
    return gather(frames, LINK_COLUMNS, study_area.crs)


def _clean_layer(raw: RawLayer, study_area: StudyArea) -> gpd.GeoDataFrame:
    columns = find_all(raw, "name", study_area.rules)[:1]
    note_columns(raw, {"name": columns[0]} if columns else {}, study_area.log)
    name = texts(raw, columns[0] if columns else None, study_area.log)
    projected = to_study_area(raw, study_area)
    is_point = projected.geom_type.isin(["Point", "MultiPoint"])
    parts = []
    if is_point.any():
        points = of_type(projected[is_point], raw, study_area, POINTS)
        parts.append(points.explode(index_parts=False))
    if not is_point.all():
        parts.append(lines(projected[~is_point], raw, study_area))
    frames = [part[["geometry"]].join(name.rename("name")) for part in parts]
    return gather(frames, LINK_COLUMNS, study_area.crs)


def across_barriers(
    links: gpd.GeoDataFrame,
    streets: gpd.GeoDataFrame,
    barriers: gpd.GeoDataFrame,
    *,
    reach_m: float,
    log: ReadLog | None = None,
) -> gpd.GeoDataFrame:
    """Return the links with points as lines across the nearest water, railway or motorway.

    A point stays one where none of these lies within `reach_m`.
    """
    geometry = links.geometry.to_numpy().copy()
    points = np.flatnonzero(shapely.get_type_id(geometry) == shapely.GeometryType.POINT)
    if not len(points):
        return links
    frames = [frame[["street_class", "geometry"]] for frame in (barriers, streets[streets["cuts"]])]
    every = pd.concat(frames, ignore_index=True)
    every = every[every["street_class"].isin(CROSSED_BY_STREETS_ONLY)]
    shapes, kinds = every.geometry.to_numpy(), every["street_class"].to_numpy(dtype=object)
    tree = shapely.STRtree(shapes)
    for row in points.tolist():
        near = np.sort(tree.query_nearest(geometry[row], max_distance=max(reach_m, 1e-3)))
        if len(near):
            around = tree.query(geometry[row], predicate="dwithin", distance=_WIDEST_M)
            others = shapes[around[kinds[around] != kinds[near[0]]]]
            geometry[row] = _across(geometry[row], shapes[near[0]], union(others), reach_m)
    left = int((shapely.get_type_id(geometry) == shapely.GeometryType.POINT).sum())
    if log is not None and left:
        log.caution(
            "links",
            Text(
                f"{left} points of links lie by no water, railway or motorway (within "
                f"{reach_m:g} m) and join nothing",
                f"{left} 个点状通道附近 {reach_m:g} 米内没有水系、铁路或快速路，未起作用",
            ),
        )
    return links.set_geometry(gpd.GeoSeries(geometry, index=links.index, crs=links.crs))


def _across(point: Any, barrier: Any, others: Any, reach_m: float) -> Any:
    """Return the line across a barrier at the place nearest to a point, up to `others`."""
    flat = shapely.get_dimensions(barrier) == 2
    line = _across_ground(point, barrier) if flat else _across_line(point, barrier, reach_m)
    if line is None or not shapely.intersects(line, others):
        return point if line is None else line
    kept = shapely.get_parts(shapely.difference(line, others))
    return kept[np.argmin(shapely.distance(kept, shapely.shortest_line(barrier, point)))]


def _across_line(point: Any, barrier: Any, reach_m: float) -> Any:
    at = shapely.line_locate_point(barrier, point)
    middle, before, after = (
        shapely.get_coordinates(shapely.line_interpolate_point(barrier, max(place, 0.0)))[0]
        for place in (at, at - 0.5, at + 0.5)
    )
    along = (after - before) / max(float(np.hypot(*(after - before))), 1e-9)
    step = np.array([-along[1], along[0]]) * reach_m
    return shapely.LineString([middle - step, middle + step])


def _across_ground(point: Any, water: Any) -> Any:
    """Return the shortest line through a place in a polygon from bank to bank, None for none."""
    place = _inside(point, water)
    at = shapely.get_coordinates(place)[0]
    angles = np.arange(_DIRECTIONS) * np.pi / _DIRECTIONS
    steps = np.column_stack([np.cos(angles), np.sin(angles)]) * _WIDEST_M
    rays = shapely.linestrings(np.stack([at - steps, at + steps], axis=1))
    parts = shapely.get_parts(shapely.intersection(rays, water))
    through = parts[shapely.dwithin(parts, place, 1e-3)]
    through = through[shapely.length(through) > 0]
    if not len(through):
        return None
    shortest = through[np.argmin(np.round(shapely.length(through), 3))]
    length = shapely.length(shortest)
    if length >= _WIDEST_M:
        return None
    first, last = shapely.get_coordinates(shortest)[[0, -1]]
    past = (last - first) / length * _PAST_M
    return shapely.LineString([first - past, last + past])


def _inside(point: Any, water: Any) -> Any:
    """Return the point, or the place in the water that is nearest to it, a little off the bank."""
    if shapely.contains_properly(water, point):
        return point
    here = shapely.get_coordinates(shapely.shortest_line(point, water))
    gap = here[1] - here[0]
    distance = float(np.hypot(*gap))
    for step in (1.0, 0.1, 0.01):
        tried = shapely.Point(here[1] + gap / max(distance, 1e-9) * step)
        if distance > 0 and shapely.contains_properly(water, tried):
            return tried
    return shapely.Point(here[1])


def ways_of(streets: gpd.GeoDataFrame, links: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the streets, and the links that are lines as lanes that cut nothing."""
    if links is None or not len(links):
        return streets
    there = links[shapely.get_dimensions(links.geometry.to_numpy()) == 1]
    ways = there.assign(street_class="lane", cuts=False)
    return gather([streets, ways], STREET_COLUMNS, streets.crs)
