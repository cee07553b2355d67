"""Other numbers of grids: a grid is split, or dissolved among its neighbours."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from gridgeo.partition.change.scene import Scene


def settled(scene: Scene, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels with each atom of -1 given to the grid that it shares most with.

    Atoms that touch no grid yet wait until a neighbour has one; where no atom has one, all are
    one new grid.
    """
    labels = labels.copy()
    if (labels < 0).all():
        return np.full_like(labels, scene.grids)
    web = scene.web
    while (labels < 0).any():
        given = {}
        for v in np.flatnonzero(labels < 0).tolist():
            shared: dict[int, float] = {}
            for p in range(web.start[v], web.start[v + 1]):
                g = int(labels[web.neighbour[p]])
                if web.linked[p] and g >= 0:
                    shared[g] = shared.get(g, 0.0) + float(web.weight[p])
            if shared:
                given[v] = max(shared, key=lambda g: (shared[g], -g))
        for v, g in given.items():
            labels[v] = g
    return labels


def in_one_piece(scene: Scene, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labels with -1 for all but the heaviest connected part of each grid."""
    kept = np.full_like(labels, -1)
    held = scene.problem.households
    for grid in np.unique(labels[labels >= 0]).tolist():
        parts = parts_of(scene.beside, np.flatnonzero(labels == grid).tolist())
        best = max(parts, key=lambda part: (held[part].sum(), len(part), -part[0]))
        kept[best] = grid
    return kept


def parts_of(beside: list[list[int]], atoms: Iterable[int]) -> list[list[int]]:
    """Return the connected parts of some atoms, each ascending, by their lowest atom."""
    left = set(atoms)
    parts = []
    for first in sorted(left):
        if first not in left:
            continue
        left.discard(first)
        part, waiting = [first], [first]
        while waiting:
            for t in beside[waiting.pop()]:
                if t in left:
                    left.discard(t)
                    part.append(t)
                    waiting.append(t)
        parts.append(sorted(part))
    return parts


def split(scene: Scene, labels: NDArray[np.int64], grid: int) -> NDArray[np.int64] | None:
    """Return the labels with about half of a grid as a new one, both connected.

    None where the grid has one atom only.
    """
    atoms = np.flatnonzero(labels == grid).tolist()
    if len(atoms) < 2:
        return None
    inside = set(atoms)
    far = _spread(scene, inside, _spread(scene, inside, atoms[0])[-1])
    held = scene.problem.households
    half, taken = held[atoms].sum() / 2, [far[0]]
    for v in far[1:-1]:
        if held[taken].sum() + held[v] / 2 > half:
            break
        taken.append(v)
    divided = labels.copy()
    divided[taken] = max(scene.grids, int(labels.max()) + 1)
    stranded = in_one_piece(scene, np.where(divided == grid, grid, -1))
    divided[(divided == grid) & (stranded < 0)] = int(divided.max())
    return divided


def _spread(scene: Scene, inside: set[int], first: int) -> list[int]:
    """Return the atoms inside in the order in which a walk from `first` meets them."""
    met, waiting = {first}, deque([first])
    order = []
    while waiting:
        v = waiting.popleft()
        order.append(v)
        for t in scene.beside[v]:
            if t in inside and t not in met:
                met.add(t)
                waiting.append(t)
    return order


def dissolved(scene: Scene, labels: NDArray[np.int64], grid: int) -> NDArray[np.int64]:
    """Return the labels with the atoms of a grid given to its neighbours."""
    return settled(scene, np.where(labels == grid, -1, labels))
