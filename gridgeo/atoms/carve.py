"""Outlines of facilities, compounds and locked grids, carved out of the blocks.

Outlines follow the streets beside them: a thin strip between an outline and a street belongs to
the outline. Locked grids are areas of their own: nothing that cuts or joins atoms crosses their
borders. A compound (小区) is carved out, or kept undivided in its block like a building.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.faces import (
    Faces,
    Tidy,
    absorb_slivers,
    cut_areas,
    is_thin,
    link_cells,
    merge_faces,
    merge_linked,
)
from gridgeo.atoms.lines import close_gaps, explode
from gridgeo.config import AtomRules
from gridgeo.geometry import (
    Polygons,
    assign_points,
    coverage_edges,
    households_in,
    midway_between,
    opened,
)
from gridgeo.model import Layers

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgeo.geometry import Edges

_Index = NDArray[np.int64]

#: A line that runs nearer to the wall of a compound than this does not divide it.
_ALONG_WALL_M = 1.0
#: Ground on the other side of a line that is smaller than this is no part of a compound.
_LEAST_PART_M2 = 1.0


@dataclass(frozen=True, kw_only=True)
class Compounds:
    """The compounds of some layers.

    ``carved`` are the positions of those that become separate pieces: more than one cell
    holds, and room enough for a block. The others that stay whole are ``undivided`` together by the
    cell they lie in, as a building is: their outlines, none inside another.
    """

    outlines: Polygons
    carved: _Index
    undivided: Polygons

    @classmethod
    def of(cls, layers: Layers, rules: AtomRules, *, undivided: _Index, caps: _Index) -> Compounds:
        """Sort the compounds by what one that stays whole, and a cell, hold in each community."""
        outlines = layers.compounds.geometry.to_numpy()
        areas = layers.communities.geometry.to_numpy()
        area = assign_points(shapely.point_on_surface(outlines), areas)
        households = households_in(layers.households, outlines)
        carved = households > np.append(caps, caps.min(initial=0))[area]
        carved[carved] = ~is_thin(outlines[carved], rules)
        fits = households <= np.append(undivided, undivided.min(initial=0))[area]
        return cls(
            outlines=outlines,
            carved=np.flatnonzero(carved),
            undivided=outermost(outlines[fits & ~carved]),
        )

    def keep_whole(self, faces: Faces) -> Faces:
        """Join the faces of one parent that divide a compound that is held together."""
        inner = shapely.buffer(self.undivided, -_ALONG_WALL_M)
        compound, face = shapely.STRtree(faces.polygons).query(inner, predicate="intersects")
        shared = shapely.intersection(inner[compound], faces.polygons[face])
        part = shapely.area(shared) > _LEAST_PART_M2
        compound, face = compound[part], face[part]
        if len(np.unique(compound)) == len(compound):
            return faces
        _, unit = np.unique(compound * len(faces) + faces.parent[face], return_inverse=True)
        places = shapely.point_on_surface(shared[part])
        return merge_linked(faces, link_cells(faces, face, unit, places))


def outermost(outlines: Polygons) -> Polygons:
    """Return the outlines without those whose inner point lies in a larger one."""
    large_first = outlines[np.argsort(-np.round(shapely.area(outlines), 2), kind="stable")]
    inner, around = shapely.STRtree(large_first).query(
        shapely.point_on_surface(large_first), predicate="intersects"
    )
    owner = np.arange(len(large_first))
    np.minimum.at(owner, inner, around)
    outer: Polygons = large_first[owner == np.arange(len(large_first))]
    return outer


def outside(things: NDArray[Any], outlines: Polygons) -> NDArray[Any]:
    """Return the buildings whose inner point lies in none of the outlines."""
    if not len(outlines) or not len(things):
        return things
    inner = shapely.point_on_surface(things)
    return things[assign_points(inner, outlines) < 0]


#: Strips thinner than this between an outline and what lies beside it belong to the outline.
_ALONG_M = 1.0
#: Smaller strips are rounding of the overlay.
_STRIP_M2 = 0.01
_AS_DRAWN = AtomRules(sliver_radius_m=_ALONG_M, sliver_area_m2=0.0, sliver_households=1)


def cut_out(areas: Polygons, locked: gpd.GeoDataFrame | None) -> tuple[Polygons, NDArray[np.int64]]:
    """Divide communities into their locked grids and the rest.

    Returns
    -------
    tuple
        Polygons that fill the areas, and the area that each lies in. A strip thinner than
        1 m beside an outline belongs to it; of overlapping polygons the smallest counts.

    Examples
    --------
    >>> import geopandas as gpd
    >>> drawn = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 99.5)])
    >>> grounds, area = cut_out(np.array([shapely.box(0, 0, 300, 100)]), drawn)
    >>> shapely.area(grounds).tolist(), area.tolist()
    ([20000.0, 10000.0], [0, 0])
    """
    if locked is None or not len(locked):
        return areas, np.arange(len(areas))
    outlines = _closed(areas, locked.geometry.to_numpy())
    pieces = cut_areas(areas, explode(shapely.boundary(outlines)))
    faces, member = absorb_slivers(
        pieces, pieces.parent, np.zeros(len(pieces), np.int64), _AS_DRAWN, _lengths
    )
    by_size = np.argsort(np.round(shapely.area(pieces.polygons), 2), kind="stable")
    largest = np.full(len(faces), -1)
    largest[member[by_size]] = by_size
    inner = shapely.point_on_surface(pieces.polygons[largest])
    return _merged(faces, assign_points(inner, outlines))


def _closed(areas: Polygons, outlines: Polygons) -> Polygons:
    """Return the outlines with the thin strips between them and the borders of their areas."""
    outlines = outlines.copy()
    area, outline = shapely.STRtree(outlines).query(areas, predicate="intersects")
    for place in np.unique(area):
        members = outline[area == place]
        rest = shapely.difference(areas[place], shapely.union_all(outlines[members]))
        core = shapely.buffer(rest, -_ALONG_M / 2, join_style="mitre")
        wide = shapely.buffer(core, _ALONG_M / 2, join_style="mitre")
        strips = shapely.get_parts(shapely.difference(rest, wide))
        for strip in strips[shapely.area(strips) > _STRIP_M2]:
            shared = shapely.length(shapely.intersection(strip, outlines[members]))
            if shared.max() > _ALONG_M:
                nearest = members[int(np.argmax(np.round(shared, 3)))]
                outlines[nearest] = shapely.union(outlines[nearest], strip)
    return outlines


def _lengths(edges: Edges) -> NDArray[np.float64]:
    length: NDArray[np.float64] = edges.length
    return length


def _merged(faces: Faces, lock: NDArray[np.int64]) -> tuple[Polygons, NDArray[Any]]:
    """Join the faces of one community that lie in the same locked grid, or in none."""
    key = np.column_stack([faces.parent, lock])
    known, group = np.unique(key, axis=0, return_inverse=True)
    merged = merge_faces(faces.polygons, group.ravel())
    parts, origin = shapely.get_parts(merged, return_index=True)
    return parts, known[origin, 0]


#: Outlines nearer to the block's edge than this follow the edge.
_ALONG_EDGE_M = 0.5
#: Ends of outlines are joined to the edge of the block over at most this distance.
_TO_EDGE_M = 3.0
#: Cracks between overlaid parts up to twice this width are closed.
_CRACK_M = 0.1
#: A strip nearer to an outline than this lies beside it.
_BESIDE_M = 0.1
#: A part of an outline smaller than this share of it is left to its block, unless it is most of it.
_STRAY_SHARE = 0.05
_MOST_OF_BLOCK = 0.5
#: Borders of neighbours that differ by less, as overlays leave them, are one line.
_SAME_M = 0.001
#: Outlines that are drawn twice differ by less than this.
_SLIVER_M = 4.0


@dataclass(frozen=True, kw_only=True)
class _Carved:
    """Pieces of faces: the face that each came from, and the outline it belongs to (or -1)."""

    polygons: Polygons
    origin: NDArray[np.int64]
    outline: NDArray[np.int64]


def carve_outlines(
    polygons: Polygons,
    outlines: NDArray[Any],
    divisible: NDArray[np.bool_],
    tidy: Tidy,
    rules: AtomRules,
    *,
    between: NDArray[Any] | None = None,
) -> _Carved:
    """Divide a coverage along `outlines`; a smaller outline wins over a larger one around it.

    A strip of the rest of a face that is thinner than ``strip_m`` and lies along an outline
    belongs to the outline, so that outlines end on streets and not beside them.

    Parameters
    ----------
    polygons
        A valid coverage.
    outlines
        Polygons; they may overlap, and reach beyond the coverage.
    divisible
        The faces that outlines may divide.
    tidy
        Absorbs the slivers of each face.
    between
        Lines along which strips are divided among the outlines that they lie between.
    """
    lines = np.empty(0, dtype=object) if between is None else between
    grown = _grow(polygons, outlines, divisible, rules, lines)
    if not grown:
        size = len(polygons)
        return _Carved(polygons=polygons, origin=np.arange(size), outline=np.full(size, -1))
    cuts = np.concatenate([_cut_lines(face, parts) for face, _, parts in grown])
    closed = close_gaps(cuts, coverage_edges(polygons).lines, tolerance_m=_TO_EDGE_M)
    pieces = cut_areas(polygons, np.concatenate([cuts, closed.pieces]))
    number = np.concatenate([numbers for _, numbers, _ in grown])
    taken = np.concatenate([parts for *_, parts in grown])
    inside = assign_points(shapely.point_on_surface(pieces.polygons), taken)
    return _tidied(pieces, np.where(inside >= 0, number[inside], -1), tidy)


def _tidied(pieces: Faces, outline: NDArray[np.int64], tidy: Tidy) -> _Carved:
    """Absorb slivers; the largest piece of each new face says whose it is."""
    faces, member = tidy(pieces, pieces.parent)
    by_size = np.argsort(np.round(shapely.area(pieces.polygons), 2), kind="stable")
    largest = np.full(len(faces), -1)
    largest[member[by_size]] = outline[by_size]
    return _Carved(polygons=faces.polygons, origin=faces.parent, outline=largest)


def _grow(
    polygons: Polygons,
    outlines: NDArray[Any],
    divisible: NDArray[np.bool_],
    rules: AtomRules,
    between: NDArray[Any],
) -> list[tuple[Any, NDArray[np.int64], Polygons]]:
    """Return (face, outlines, what of the face each outline takes), the smallest outline first."""
    small_first = np.argsort(np.round(shapely.area(outlines), 2), kind="stable")
    outline, face = shapely.STRtree(polygons).query(outlines[small_first], predicate="intersects")
    order = np.lexsort((outline, face))
    order = order[divisible[face[order]]]
    blocks, first = np.unique(face[order], return_index=True)
    grown, tree = [], shapely.STRtree(between)
    for block, mine in zip(polygons[blocks], np.split(outline[order], first[1:]), strict=False):
        near = between[np.sort(tree.query(block, predicate="intersects"))]
        numbers, parts = _share_block(block, small_first[mine], outlines, rules, near)
        if len(numbers):
            grown.append((block, numbers, parts))
    return grown


def _share_block(
    block: Any,
    numbers: NDArray[np.int64],
    outlines: NDArray[Any],
    rules: AtomRules,
    between: NDArray[Any],
) -> tuple[NDArray[np.int64], Polygons]:
    """Return the outlines that take ground of a block, and what each of them takes."""
    takers: list[np.int64] = []
    parts: list[Any] = []
    rest = block
    for number in numbers:
        part = shapely.intersection(rest, outlines[number])
        size = outlines[number].area
        kept = min(_STRAY_SHARE * size, _MOST_OF_BLOCK * block.area)
        if part.area > max(min(rules.sliver_area_m2, 0.5 * size), kept):
            part = _without_slivers(part) if parts else part
            takers.append(number)
            parts.append(part)
            rest = shapely.difference(rest, part)
    shapes = np.array(parts, dtype=object)
    if parts:
        strips = _shared(_strips(rest, rules), shapes, between)
        receiver = _longest_beside(strips, shapes)
        shapes = np.array([_solid(one, strips[receiver == i]) for i, one in enumerate(shapes)])
    return np.array(takers, dtype=np.int64), shapes


def _without_slivers(part: Any) -> Any:
    """Return what a smaller outline left of a larger one, without slivers along the smaller one."""
    wide = opened(part, _SLIVER_M)
    return part if shapely.is_empty(wide) else wide


def _shared(strips: NDArray[Any], parts: NDArray[Any], between: NDArray[Any]) -> NDArray[Any]:
    """Return strips divided among the parts that they lie beside: midway, or along lines given."""
    strip, part = shapely.STRtree(parts).query(strips, predicate="dwithin", distance=_BESIDE_M)
    beside = np.bincount(strip, minlength=len(strips))
    if not (beside > 1).any():
        return strips
    if not len(between):
        several = np.unique(part[beside[strip] > 1])
        between = midway_between(parts[several], several).lines
    pieces = cut_areas(strips[beside > 1], between).polygons
    return np.concatenate([strips[beside <= 1], pieces])


def _longest_beside(strips: NDArray[Any], parts: NDArray[Any]) -> NDArray[np.int64]:
    """Return for each strip the part that it lies beside over the greatest length, or -1."""
    strip, part = shapely.STRtree(parts).query(strips, predicate="dwithin", distance=_BESIDE_M)
    swollen = shapely.buffer(parts, _BESIDE_M, join_style="mitre")
    along = shapely.intersection(shapely.boundary(strips[strip]), swollen[part])
    order = np.lexsort((-part, np.round(shapely.length(along), 2), strip))
    receiver = np.full(len(strips), -1)
    receiver[strip[order]] = part[order]
    return receiver


def _strips(rest: Any, rules: AtomRules) -> NDArray[Any]:
    """Return what opening (erode, then dilate) takes away from `rest`, and its small pieces."""
    half = rules.strip_m / 2
    core = shapely.get_parts(shapely.buffer(rest, -half, join_style="mitre"))
    wide = shapely.union_all(shapely.buffer(core, half, join_style="mitre"))
    pieces = shapely.get_parts(shapely.intersection(rest, wide))
    kept = pieces[shapely.area(pieces) >= rules.sliver_area_m2]
    removed = shapely.difference(rest, shapely.union_all(kept)) if len(kept) else rest
    strips: NDArray[Any] = shapely.get_parts(removed)
    return strips[shapely.area(strips) > 0]


def _solid(part: Any, strips: NDArray[Any]) -> Any:
    """Return the union without the hairline cracks that overlays leave between its parts."""
    union = shapely.union_all(np.append(strips, part))
    swollen = shapely.buffer(union, _CRACK_M, join_style="mitre")
    return shapely.buffer(swollen, -_CRACK_M, join_style="mitre")


def _cut_lines(block: Any, parts: Polygons) -> NDArray[Any]:
    """Return the lines along which `parts` are cut out of `block`, away from its edge, each once.

    Of a line that stood there twice, neither end would be free to be closed at the edge.
    """
    edge = shapely.buffer(shapely.boundary(block), _ALONG_EDGE_M)
    rims = shapely.union_all(shapely.boundary(parts), grid_size=_SAME_M)
    inside = shapely.intersection(shapely.difference(rims, edge), block)
    lines = shapely.get_parts(shapely.line_merge(inside))
    lines = lines[shapely.get_type_id(lines) == 1]
    kept: NDArray[Any] = shapely.simplify(lines[shapely.length(lines) > _ALONG_EDGE_M], 0.5)
    return kept
