"""The ground of a community divided among places: blocks whole where they can be, else halfway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.geometry.edges import parts_between
from gridgeo.geometry.nearest import midway_between
from gridgeo.geometry.overlay import polygonal

#: A place takes part in a block from this share of the smaller of the two on.
_LEAST_SHARE = 0.05


def divide_ground(
    outline: Any,
    places: NDArray[Any],
    owner: NDArray[np.intp],
    lines: Sequence[Any] | NDArray[Any] = (),
) -> dict[int, Any]:
    """Return the ground of each owner: together the whole `outline`, without overlaps.

    The outline is cut along `lines` into blocks. A block in which all places are of one owner is
    his; in one with places of several each takes what is nearest, and the places themselves; one
    without places joins the neighbour that it shares the longest border with.

    Parameters
    ----------
    outline
        A community (polygonal).
    places
        Points or polygons that lie in it at least in part; those of two owners should not overlap
        (else the first has the ground).
    owner
        For each place the number of its owner.

    Examples
    --------
    >>> from shapely import LineString, Point, box
    >>> doors = np.array([Point(10, 50), Point(70, 50)])
    >>> ground = divide_ground(box(0, 0, 100, 100), doors, np.array([0, 1]))
    >>> [round(shape.area) for shape in ground.values()]
    [4000, 6000]
    >>> ground = divide_ground(box(0, 0, 100, 100), doors, np.array([0, 1]),
    ...                        [LineString([(60, -10), (60, 110)])])
    >>> [round(shape.area) for shape in ground.values()]
    [6000, 4000]
    """
    pieces, of = [], []
    bare = []
    for block in _blocks(outline, lines):
        inside = _inside(block, places)
        owners = np.unique(owner[inside])
        if len(owners) == 0:
            bare.append(block)
        elif len(owners) == 1:
            pieces.append(block)
            of.append(int(owners[0]))
        else:
            for face, one in _faces(block, places[inside], owner[inside]):
                pieces.append(face)
                of.append(one)
    _join_bare(bare, pieces, of)
    shapes, numbers = np.array(pieces, dtype=object), np.array(of, dtype=np.intp)
    return {int(one): shapely.union_all(shapes[numbers == one]) for one in np.unique(numbers)}


def _blocks(outline: Any, lines: Sequence[Any] | NDArray[Any]) -> list[Any]:
    """Return the pieces that the lines cut the outline into."""
    (ground,) = polygonal(np.array([outline], dtype=object))
    if not len(lines):
        return [part for part in shapely.get_parts(ground) if part.area > 0]
    inner = shapely.intersection(np.asarray(lines, dtype=object), ground)
    return list(parts_between(ground, inner[~shapely.is_empty(inner)]))


def _inside(block: Any, places: NDArray[Any]) -> NDArray[np.intp]:
    """Return the places that take part in a block."""
    near = np.flatnonzero(shapely.intersects(block, places))
    area = shapely.area(places[near])
    shared = shapely.area(shapely.intersection(block, places[near]))
    least = _LEAST_SHARE * np.minimum(area, block.area)
    inner = shapely.intersects(block, shapely.point_on_surface(places[near]))
    taking: NDArray[np.intp] = near[inner | ((area > 0) & (shared > least))]
    return taking


def _faces(block: Any, places: NDArray[Any], owner: NDArray[np.intp]) -> list[tuple[Any, int]]:
    """Return the faces of a block, each with its owner: in a place its own, else the nearest."""
    between = midway_between(shapely.intersection(places, block), owner)
    flat = shapely.area(places) > 0
    lines = np.concatenate([between.lines, shapely.boundary(places[flat])])
    faces = parts_between(block, shapely.intersection(lines, block))
    inner = shapely.point_on_surface(faces)
    owners = between.owner_at(inner)
    place, face = shapely.STRtree(inner).query(places[flat], predicate="intersects")
    owners[face[::-1]] = owner[flat][place[::-1]]
    return list(zip(faces, owners.tolist(), strict=True))


def _join_bare(bare: list[Any], pieces: list[Any], of: list[int]) -> None:
    """Give blocks without places to neighbours, those with the longest shared border first."""
    if not bare or not pieces:
        return
    known, everything = len(pieces), np.array([*pieces, *bare], dtype=object)
    block, other = shapely.STRtree(everything).query(everything[known:], predicate="intersects")
    block += known
    rims = shapely.boundary(everything)
    metres = shapely.length(shapely.intersection(rims[block], everything[other]))
    order = np.lexsort((other, block, -metres))
    block, other = block[order], other[order]
    owner = np.append(np.array(of), np.full(len(bare), -1))
    while (owner < 0).any():
        ready = np.flatnonzero((owner[block] < 0) & (owner[other] >= 0))
        if len(ready):
            owner[block[ready[0]]] = owner[other[ready[0]]]
        else:
            lost = np.flatnonzero(owner < 0)[0]
            placed = np.flatnonzero(owner >= 0)
            nearest = shapely.STRtree(everything[placed]).nearest(everything[lost])
            owner[lost] = owner[placed[nearest]]
    pieces += bare
    of += owner[known:].tolist()
