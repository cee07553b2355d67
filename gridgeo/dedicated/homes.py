"""Homes inside the outline of a dedicated facility stay in basic grids where that leaves one piece.

Dedicated grids are exempt from the band because nobody is meant to live in them. A campus often
holds compounds and clusters of homes; what can be taken out of its outline is taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from gridgeo.geometry import (
    assign_points,
    households_in,
    midway_between,
    opened,
    parts_between,
    simplify_coverage,
)
from gridgeo.wording import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridgeo.config import AtomRules, Threshold
    from gridgeo.model import Layers

#: A compound lies in an outline when this share of it does.
_INSIDE = 0.9
#: An outline that keeps this share of itself as one piece is still usable.
_USABLE = 0.6
#: Homes this near to each other are one cluster; its ground reaches no farther around them.
_CLUSTER_M = 30.0
#: A block between paths of which the homes take this share is theirs as a whole.
_FULL = 0.6
#: The ground of a cluster is straightened by triangles of this many metres squared at most.
_STRAIGHT_M = 9.0


def leave_homes(
    considered: gpd.GeoDataFrame,
    layers: Layers,
    lower: int,
    rules: AtomRules,
    thresholds: Mapping[str, Threshold],
) -> gpd.GeoDataFrame:
    """Return the facilities with compounds and clusters of homes taken out of dedicated outlines.

    Compounds of which at least 90 % lie inside, and clusters of at least `lower` households, or of
    more than may live in a facility of the category, the largest first, as long as the rest is one
    piece of at least 60 % of the outline. What it would surround, with fewer households than a
    grid needs, stays inside.
    """
    chosen = np.flatnonzero(considered["dedicated"].to_numpy(dtype=bool))
    outlines = considered.geometry.to_numpy().copy()
    reasons = considered[["reason_en", "reason_zh"]].to_numpy(dtype=object)
    for row in chosen.tolist():
        most = thresholds[str(considered["kind"].iat[row])].homes
        least = lower if most is None else min(lower, most + 1)
        homes = _homes_in(outlines[row], layers, least)
        rest, left = _without(outlines[row], homes, lower, rules)
        if left:
            outlines[row] = rest
            told = _left_text(left)
            reasons[row] = [reasons[row, 0] + told.en, reasons[row, 1] + told.zh]
    return considered.assign(
        reason_en=reasons[:, 0],
        reason_zh=reasons[:, 1],
    ).set_geometry(gpd.GeoSeries(outlines, index=considered.index, crs=considered.crs))


def _left_text(households: list[int]) -> Text:
    return Text(
        f"; {len(households)} places with {sum(households):,} households inside stay basic",
        f"；范围内 {len(households)} 处住宅共 {sum(households):,} 户仍归基础网格",
    )


def _homes_in(outline: Any, layers: Layers, lower: int) -> list[tuple[int, Any]]:
    """Return households and ground of what is to be taken out, the most households first."""
    compounds = layers.compounds.geometry.to_numpy()
    near = compounds[np.sort(shapely.STRtree(compounds).query(outline, predicate="intersects"))]
    share = shapely.area(shapely.intersection(near, outline)) / shapely.area(near)
    inside = near[share >= _INSIDE]
    counts = households_in(layers.households, inside)
    found = [(int(n), ground) for n, ground in zip(counts, inside, strict=True) if n > 0]
    found += _clusters(outline, layers, inside, lower)
    return sorted(found, key=lambda one: (-one[0], one[1].bounds))


def _clusters(
    outline: Any, layers: Layers, compounds: NDArray[Any], lower: int
) -> list[tuple[int, Any]]:
    """Return the clusters of homes in an outline, outside its compounds, of `lower` and more."""
    points = layers.households.geometry.to_numpy()
    rows = np.sort(shapely.STRtree(points).query(outline, predicate="contains"))
    rows = rows[assign_points(points[rows], compounds) < 0]
    if layers.households["households"].to_numpy()[rows].sum() < lower:
        return []
    buildings = layers.buildings.geometry.to_numpy()
    house = assign_points(points[rows], buildings)
    footprints = points[rows].copy()
    footprints[house >= 0] = buildings[house[house >= 0]]
    swollen = shapely.union_all(shapely.buffer(footprints, _CLUSTER_M / 2))
    clusters = shapely.get_parts(shapely.intersection(swollen, outline))
    large = np.flatnonzero(households_in(layers.households, clusters) >= lower)
    if not len(large):
        return []
    cluster = assign_points(points[rows], clusters)
    grounds = _grounds_of(
        outline, [footprints[cluster == number] for number in large.tolist()], layers
    )
    counts = households_in(layers.households, grounds)
    return [(int(n), g) for n, g in zip(counts, grounds, strict=True) if n >= lower]


def _grounds_of(outline: Any, clusters: list[NDArray[Any]], layers: Layers) -> NDArray[np.object_]:
    """Return the ground of each cluster of homes (footprints, points) in an outline.

    It ends at the streets around the homes, paths included, and in the middle of the gaps to
    other buildings, straightened; at most 30 m from the homes.
    """
    homes = np.concatenate([np.empty(0, dtype=object), *clusters])
    owner = np.repeat(np.arange(len(clusters)), [len(some) for some in clusters])
    buildings = layers.buildings.geometry.to_numpy()
    around = np.sort(shapely.STRtree(buildings).query(outline, predicate="intersects"))
    attached = shapely.STRtree(homes).query(buildings[around], predicate="intersects")[0]
    others = np.delete(buildings[around], np.unique(attached))
    between = midway_between(
        np.concatenate([homes, others]),
        np.concatenate([owner, np.full(len(others), len(clusters))]),
    )
    streets = layers.streets[layers.streets["cuts"].to_numpy(dtype=bool)].geometry.to_numpy()
    streets = streets[shapely.STRtree(streets).query(outline, predicate="intersects")]
    blocks = parts_between(outline, streets)
    pieces = parts_between(outline, np.concatenate([streets, between.lines]))
    middle = shapely.point_on_surface(pieces)
    piece_owner, piece_block = between.owner_at(middle), assign_points(middle, blocks)
    grounds = []
    for number in range(len(clusters)):
        mine = homes[owner == number]
        reach = shapely.union_all(shapely.buffer(mine, _CLUSTER_M, join_style="mitre"))
        inhabited = np.unique(shapely.STRtree(blocks).query(mine, predicate="intersects")[1])
        here = pieces[(piece_owner == number) & np.isin(piece_block, inhabited)]
        near = shapely.intersection(blocks[inhabited], shapely.union_all(here))
        near = shapely.intersection(near, reach)
        full = shapely.area(near) >= _FULL * shapely.area(blocks[inhabited])
        grounds.append(shapely.union_all(np.where(full, blocks[inhabited], near)))
    rest = shapely.difference(outline, shapely.union_all(grounds))
    coverage = np.array([*grounds, rest], dtype=object)
    return simplify_coverage(coverage, _STRAIGHT_M, rim=False)[:-1]


def _without(
    outline: Any, homes: list[tuple[int, Any]], lower: int, rules: AtomRules
) -> tuple[Any, list[int]]:
    """Return the outline without the homes that leave it usable, and the households of these."""
    rest, left = outline, []
    for households, ground in homes:
        tried = _largest(opened(shapely.difference(rest, ground), rules.strip_m))
        if tried is None or tried.area < _USABLE * outline.area:
            continue
        if households < lower and _surrounds(tried, ground):
            continue
        rest = tried
        left.append(households)
    return rest, left


def _largest(ground: Any) -> Any:
    parts = shapely.get_parts(ground)
    parts = parts[shapely.area(parts) > 0]
    return parts[np.argmax(np.round(shapely.area(parts), 2))] if len(parts) else None


def _surrounds(outer: Any, ground: Any) -> bool:
    """Tell whether some ground lies in a hole of a polygon."""
    return bool(shapely.contains(shapely.Polygon(outer.exterior), ground.representative_point()))
