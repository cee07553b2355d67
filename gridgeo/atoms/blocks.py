"""Blocks: the faces between streets, barriers and community borders.

Communities that overlap or leave gaps between them are repaired first. Slivers between dual
carriageways, ramps and roundabouts join the neighbouring block.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.carve import cut_out
from gridgeo.atoms.communities import repair_communities
from gridgeo.atoms.covered import join_covered, streets_that_cut_nothing
from gridgeo.atoms.faces import Faces, Tidy, absorb_slivers, cut_areas, sort_faces
from gridgeo.atoms.lines import (
    NamedLines,
    areas_met,
    close_gaps,
    explode,
    find_crossings,
)
from gridgeo.config import AtomRules
from gridgeo.geometry import Edges, assign_points, coverage_edges, households_in
from gridgeo.model import BORDER_CLASSES, Finding, Layers, Note
from gridgeo.wording import Text

#: Streets of these classes only cut blocks that are too heavy.
_LANE = "lane"
#: Streets of these classes inside a compound that stays whole do not cut it.
_INNER_CLASSES = ("local", "lane")
#: How gladly a sliver gives up its border with a neighbour, by the class of that border.
_GIVES_UP = dict(zip(BORDER_CLASSES, (0.1, 0.1, 0.1, 0.4, 0.6, 0.8, 0.9, 1.0, 2.0), strict=True))


@dataclass(frozen=True, kw_only=True)
class Blocks:
    """The blocks of repaired communities, and what later cuts need.

    ``faces.parent`` is the position of the community, ``area`` the number of the ground (of a
    community, or of a locked grid) that each face lies in. ``lanes`` are the lines left for blocks
    that are too heavy; ``named`` all lines that give a border its class and name; ``crossings``
    the points where streets cross barriers.
    """

    communities: gpd.GeoDataFrame
    faces: Faces
    area: NDArray[np.int64]
    lanes: NDArray[Any]
    named: NamedLines
    crossings: NDArray[Any]
    notes: tuple[Note, ...]
    findings: tuple[Finding, ...]


def cut_blocks(layers: Layers, rules: AtomRules, *, limits: NDArray[np.int64]) -> Blocks:
    """Cut the communities into blocks along streets and barriers.

    Parameters
    ----------
    layers
        Communities, streets, barriers, compounds and households in one metre CRS.
    limits
        Households that a grid of each community may have: compounds with no more stay whole, up
        to ``compound_share`` of it.
    """
    communities, repaired = repair_communities(layers.communities, rules, layers.households)
    areas = communities.geometry.to_numpy()
    joined, covered = join_covered(layers.streets, rules)
    streets = joined[joined["cuts"]]
    lane = (streets["street_class"] == _LANE).to_numpy()
    undivided = _undivided_compounds(layers, areas, rules.compound_share * limits)
    cutting = np.concatenate(
        [
            _outside(streets[~lane], undivided),
            explode(layers.barriers.geometry.to_numpy()),
        ]
    )
    closed = close_gaps(cutting, coverage_edges(areas).lines, tolerance_m=rules.close_gap_m)
    grounds, area = cut_out(areas, layers.locked)
    faces = cut_areas(grounds, np.concatenate([cutting, closed.pieces]))
    named = NamedLines.gather(streets, layers.barriers)
    blocks, _ = tidier(layers, named, rules)(faces, faces.parent)
    blocks = sort_faces(Faces(polygons=blocks.polygons, parent=area[blocks.parent]))
    notes = (
        *covered,
        _gaps_note(closed.gap_m, closed.dangling),
        _slivers_note(len(faces), len(blocks)),
    )
    return Blocks(
        communities=communities,
        faces=blocks,
        area=assign_points(shapely.point_on_surface(blocks.polygons), grounds),
        lanes=_outside(streets[lane], undivided),
        named=named,
        crossings=find_crossings(layers.streets, layers.barriers),
        notes=notes,
        findings=(*repaired, *streets_that_cut_nothing(joined, areas, blocks.polygons)),
    )


def tidier(layers: Layers, named: NamedLines, rules: AtomRules) -> Tidy:
    """Return the function that absorbs the slivers of some faces of these layers."""
    weigh = weigher(named)

    def tidy(faces: Faces, area: NDArray[np.int64]) -> tuple[Faces, NDArray[np.int64]]:
        households = households_in(layers.households, faces.polygons)
        return absorb_slivers(faces, area, households, rules, weigh)

    return tidy


def weigher(named: NamedLines) -> Callable[[Edges], NDArray[np.float64]]:
    """Return the function that says how gladly edges are given up, by the streets on them."""
    factor = np.array([_GIVES_UP[c] for c in BORDER_CLASSES])

    def weigh(edges: Edges) -> NDArray[np.float64]:
        rank, _ = named.of(edges)
        weight: NDArray[np.float64] = edges.length * factor[rank]
        return weight

    return weigh


def _undivided_compounds(layers: Layers, areas: NDArray[Any], limits: NDArray[Any]) -> NDArray[Any]:
    compounds = layers.compounds.geometry.to_numpy()
    area = assign_points(shapely.point_on_surface(compounds), areas)
    limit = np.append(limits, limits.min(initial=np.inf))[area]
    undivided: NDArray[Any] = compounds[households_in(layers.households, compounds) <= limit]
    return undivided


def _outside(streets: gpd.GeoDataFrame, compounds: NDArray[Any]) -> NDArray[Any]:
    """Return the street lines without what minor streets run inside a whole compound."""
    lines = streets.geometry.to_numpy().copy()
    minor = np.flatnonzero(streets["street_class"].isin(_INNER_CLASSES))
    inner = shapely.buffer(compounds, -1.0)
    row, met = areas_met(lines[minor], inner)
    lines[minor[row]] = shapely.difference(lines[minor[row]], met)
    return explode(lines[~shapely.is_empty(lines)])


def _gaps_note(gap_m: NDArray[np.float64], dangling: int) -> Note:
    longest = float(gap_m.max()) if len(gap_m) else 0.0
    return Note(
        "gaps",
        Text(
            f"{len(gap_m)} of {dangling} dangling street ends were closed (longest gap "
            f"{longest:.2f} m)",
            f"{dangling} 处断头路端中有 {len(gap_m)} 处已延伸闭合（最长缺口 {longest:.2f} 米）",
        ),
    )


def _slivers_note(faces: int, blocks: int) -> Note:
    return Note(
        "slivers",
        Text(
            f"{faces} faces between the streets, {faces - blocks} slivers absorbed: "
            f"{blocks} blocks",
            f"街道围合 {faces} 个面，其中 {faces - blocks} 个碎片并入相邻街区，"
            f"得到 {blocks} 个街区",
        ),
    )
