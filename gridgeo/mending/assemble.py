"""Faces back to grids, with the vertices that the borders need and no others."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gridgeo.mending.faces import Faces

#: A vertex this near to the line between its neighbours lies on it.
STRAIGHT_M = 1e-5
#: Two vertices this near to each other are one corner.
DOUBLED_M = 1e-3


def assemble(faces: Faces, owners: list[tuple[int, ...]], grids: NDArray[Any]) -> dict[int, Any]:
    """Return the grids that `owners` (of each face) make up, by position, as MultiPolygons.

    Of the vertices that noding has put on the borders only those stay at which a border turns, or
    that a grid had there before: what was not changed has its own vertices as before.

    Parameters
    ----------
    faces, owners
        The faces and the grids that hold each.
    grids
        The grids of the whole town as they were.
    """
    held: dict[int, list[int]] = {}
    for face, own in enumerate(owners):
        for grid in own:
            held.setdefault(grid, []).append(face)
    rows = sorted(held)
    ground = np.array([shapely.union_all(faces.polygon[held[row]]) for row in rows], dtype=object)
    return dict(zip(rows, _straightened(ground, grids[rows]), strict=True))


def vertices(ground: Any) -> NDArray[np.complex128]:
    """Return the distinct vertices (``x + iy``) of `ground`."""
    point = shapely.get_coordinates(ground)
    return np.unique(point[:, 0] + 1j * point[:, 1])


def _straightened(ground: NDArray[Any], before: NDArray[Any]) -> NDArray[Any]:
    parts, owner = shapely.get_parts(ground, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    point, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.r_[ring[1:] != ring[:-1], True]
    at, ring = (point[:, 0] + 1j * point[:, 1])[~last], ring[~last]
    needed = (_off_line(at, ring) > STRAIGHT_M) | _doubled(at, ring)
    for row, grid in enumerate(before):
        own = np.flatnonzero(owner[part[ring]] == row)
        needed[own] |= np.isin(at[own], vertices(grid))
    keep = np.isin(at, at[needed])
    keep |= (np.bincount(ring, keep) < 3)[ring]
    made = _rings(at[keep], ring[keep])
    inner = np.r_[False, part[1:] == part[:-1]]
    whole = [
        shapely.Polygon(made[own[0]], [made[hole] for hole in own[1:]])
        for own in np.split(np.arange(len(part)), np.flatnonzero(~inner)[1:])
    ]
    out = np.array(ground, dtype=object)
    for row in range(len(ground)):
        own_parts = [whole[at] for at in np.flatnonzero(owner == row)]
        out[row] = shapely.MultiPolygon(own_parts)
    return out


def _off_line(at: NDArray[np.complex128], ring: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how far each vertex lies from the line between its neighbours in its ring."""
    first = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    final = np.r_[first[1:], len(ring)] - 1
    before, after = np.arange(len(at)) - 1, np.arange(len(at)) + 1
    before[first], after[final] = final, first
    step, arm = at[after] - at[before], at - at[before]
    along = np.clip((arm * step.conj()).real / np.maximum(np.abs(step) ** 2, 1e-300), 0.0, 1.0)
    return np.asarray(np.abs(arm - along * step), dtype=np.float64)


def _doubled(at: NDArray[np.complex128], ring: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Tell which vertices have the next one so near that each would hide the other's corner."""
    final = np.flatnonzero(np.r_[ring[1:] != ring[:-1], True])
    first = np.r_[0, final[:-1] + 1]
    after = np.arange(len(at)) + 1
    after[final] = first
    return np.asarray(np.abs(at[after] - at) < DOUBLED_M)


def _rings(at: NDArray[np.complex128], ring: NDArray[np.intp]) -> NDArray[Any]:
    closed = np.concatenate([[*own, own[0]] for own in _split(at, ring)])
    size = np.bincount(ring)
    index = np.repeat(np.arange(len(size)), size + 1)
    xy = np.column_stack([closed.real, closed.imag])
    return np.asarray(shapely.linearrings(xy, indices=index), dtype=object)


def _split(at: NDArray[np.complex128], ring: NDArray[np.intp]) -> list[NDArray[np.complex128]]:
    return np.split(at, np.flatnonzero(ring[1:] != ring[:-1]) + 1)
