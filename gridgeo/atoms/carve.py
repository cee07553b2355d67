"""Outlines of facilities and compounds are carved out of the blocks, made to follow streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.atoms.faces import Faces, cut_areas
from gridgeo.atoms.lines import close_gaps
from gridgeo.atoms.segments import Polygons, coverage_edges
from gridgeo.atoms.slivers import Tidy
from gridgeo.config import AtomRules
from gridgeo.place import place_points

#: Outlines nearer to the block's edge than this follow the edge.
ALONG_EDGE_M = 0.5
#: Ends of outlines are joined to the edge of the block over at most this distance.
TO_EDGE_M = 3.0
#: Cracks between overlaid parts up to twice this width are closed.
CRACK_M = 0.1
#: A strip nearer to an outline than this lies beside it.
BESIDE_M = 0.1
#: A part of an outline smaller than this share of it, in another block, is left to that block.
STRAY_SHARE = 0.05


@dataclass(frozen=True, kw_only=True)
class Carved:
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
) -> Carved:
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
        return Carved(polygons=polygons, origin=np.arange(size), outline=np.full(size, -1))
    cuts = np.concatenate([_cut_lines(face, part) for _, face, part in grown])
    closed = close_gaps(cuts, coverage_edges(polygons).lines, tolerance_m=TO_EDGE_M)
    pieces = cut_areas(polygons, np.concatenate([cuts, closed.pieces]))
    number = np.array([number for number, *_ in grown])
    inside = place_points(
        shapely.point_on_surface(pieces.polygons), np.array([part for *_, part in grown])
    )
    return _tidied(pieces, np.where(inside >= 0, number[inside], -1), tidy)


def _tidied(pieces: Faces, outline: NDArray[np.int64], tidy: Tidy) -> Carved:
    """Absorb slivers; the largest piece of each new face says whose it is."""
    faces, member = tidy(pieces, pieces.parent)
    by_size = np.argsort(np.round(shapely.area(pieces.polygons), 2), kind="stable")
    largest = np.full(len(faces), -1)
    largest[member[by_size]] = outline[by_size]
    return Carved(polygons=faces.polygons, origin=faces.parent, outline=largest)


def _grow(
    polygons: Polygons,
    outlines: NDArray[Any],
    divisible: NDArray[np.bool_],
    rules: AtomRules,
    between: NDArray[Any],
) -> list[tuple[int, Any, Any]]:
    """Return (outline, face, part of the face that the outline takes), smallest outline first."""
    small_first = np.argsort(np.round(shapely.area(outlines), 2), kind="stable")
    outline, face = shapely.STRtree(polygons).query(outlines[small_first], predicate="intersects")
    order = np.lexsort((outline, face))
    order = order[divisible[face[order]]]
    blocks, first = np.unique(face[order], return_index=True)
    grown, tree = [], shapely.STRtree(between)
    for block, mine in zip(polygons[blocks], np.split(outline[order], first[1:]), strict=False):
        grown += [
            (int(number), block, part)
            for number, part in _share_block(
                block,
                small_first[mine],
                outlines,
                rules,
                between[np.sort(tree.query(block, predicate="intersects"))],
            )
        ]
    return grown


def _share_block(
    block: Any,
    numbers: NDArray[np.int64],
    outlines: NDArray[Any],
    rules: AtomRules,
    between: NDArray[Any],
) -> list[tuple[int, Any]]:
    rest, parts = block, []
    for number in numbers:
        part = shapely.intersection(rest, outlines[number])
        least = min(rules.sliver_area_m2, 0.5 * outlines[number].area)
        if part.area > max(least, STRAY_SHARE * outlines[number].area):
            parts.append((int(number), part))
            rest = shapely.difference(rest, outlines[number])
    if not parts:
        return []
    strips = _strips(rest, rules)
    if len(between) and len(strips) and len(parts) > 1:
        strips = cut_areas(strips, between).polygons
        taker = _longest_beside(strips, np.array([part for _, part in parts]))
    else:
        taker = _first_beside(strips, parts)
    return [(number, _solid(part, strips[taker == i])) for i, (number, part) in enumerate(parts)]


def _first_beside(strips: NDArray[Any], parts: list[tuple[int, Any]]) -> NDArray[np.int64]:
    """Return for each strip the first part that it lies beside, or -1."""
    near = np.array([shapely.dwithin(strips, part, BESIDE_M) for _, part in parts])
    first: NDArray[np.int64] = np.where(near.any(axis=0), near.argmax(axis=0), -1)
    return first


def _longest_beside(strips: NDArray[Any], parts: NDArray[Any]) -> NDArray[np.int64]:
    """Return for each strip the part that it lies beside over the greatest length, or -1."""
    strip, part = shapely.STRtree(parts).query(strips, predicate="dwithin", distance=BESIDE_M)
    swollen = shapely.buffer(parts, BESIDE_M, join_style="mitre")
    along = shapely.intersection(shapely.boundary(strips[strip]), swollen[part])
    order = np.lexsort((-part, np.round(shapely.length(along), 2), strip))
    taker = np.full(len(strips), -1)
    taker[strip[order]] = part[order]
    return taker


def _strips(rest: Any, rules: AtomRules) -> NDArray[Any]:
    """Return what opening (erode, then dilate) takes away from `rest`, and its small pieces."""
    half = rules.strip_m / 2
    core = shapely.get_parts(shapely.buffer(rest, -half, join_style="mitre"))
    wide = shapely.union_all(shapely.buffer(core, half, join_style="mitre"))
    pieces = shapely.get_parts(shapely.intersection(rest, wide))
    kept = pieces[shapely.area(pieces) >= rules.sliver_area_m2]
    gone = shapely.difference(rest, shapely.union_all(kept)) if len(kept) else rest
    strips: NDArray[Any] = shapely.get_parts(gone)
    return strips[shapely.area(strips) > 0]


def _solid(part: Any, strips: NDArray[Any]) -> Any:
    """Return the union without the hairline cracks that overlays leave between its parts."""
    whole = shapely.union_all(np.append(strips, part))
    swollen = shapely.buffer(whole, CRACK_M, join_style="mitre")
    return shapely.buffer(swollen, -CRACK_M, join_style="mitre")


def _cut_lines(block: Any, part: Any) -> NDArray[Any]:
    """Return the lines along which `part` is cut out of `block`, away from its edge."""
    edge = shapely.buffer(shapely.boundary(block), ALONG_EDGE_M)
    inside = shapely.intersection(shapely.difference(shapely.boundary(part), edge), block)
    lines = shapely.get_parts(shapely.line_merge(inside))
    lines = lines[shapely.get_type_id(lines) == 1]
    kept: NDArray[Any] = shapely.simplify(lines[shapely.length(lines) > ALONG_EDGE_M], 0.5)
    return kept
