"""Enclaves: pieces of the other atoms that a grid encloses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.compilation import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917


@compiled
def enclosed_atoms(
    indptr: NDArray[np.int32],
    neighbour: NDArray[np.int32],
    borders: NDArray[np.bool_],
    outer: NDArray[np.uint8],
    inside: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return which atoms not `inside` reach no outer atom.

    Arcs are as in a CSR graph; `borders` tells which of them are common borders, crossed or not.
    """
    seen = inside.copy()
    queue = np.empty(outer.size, np.int32)
    tail = 0
    for v in range(outer.size):
        if outer[v] and not seen[v]:
            seen[v] = True
            queue[tail] = v
            tail += 1
    _reach(indptr, neighbour, borders, seen, queue, tail)
    return ~seen


@compiled
def count_enclosed(
    indptr: NDArray[np.int32],
    neighbour: NDArray[np.int32],
    borders: NDArray[np.bool_],
    outer: NDArray[np.uint8],
    inside: NDArray[np.bool_],
) -> int:
    """Return how many connected pieces the `enclosed_atoms` are."""
    seen = ~enclosed_atoms(indptr, neighbour, borders, outer, inside)
    queue = np.empty(outer.size, np.int32)
    pieces = 0
    for v in range(outer.size):
        if not seen[v]:
            pieces += 1
            seen[v] = True
            queue[0] = v
            _reach(indptr, neighbour, borders, seen, queue, 1)
    return pieces


@compiled
def _reach(
    indptr: NDArray[np.int32],
    neighbour: NDArray[np.int32],
    borders: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    queue: NDArray[np.int32],
    tail: int,
) -> None:
    """Mark all atoms that are reached from the first `tail` of the queue."""
    head = 0
    while head < tail:
        v = queue[head]
        head += 1
        for p in range(indptr[v], indptr[v + 1]):
            u = neighbour[p]
            if borders[p] and not seen[u]:
                seen[u] = True
                queue[tail] = u
                tail += 1
