"""Compiled kernels, and those of connectivity: a grid without an atom, and what a grid encloses.

Kernels are cached on disk; the cache of each follows all kernels of the package.
"""

from __future__ import annotations

import hashlib
import pickle
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import numba
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

# Compiled functions take their arguments by position.
# ruff: noqa: PLR0917

_P = ParamSpec("_P")
_R = TypeVar("_R")


def _hash_kernel_files() -> str:
    """Return the SHA-256 of all files of this package that contain kernels."""
    sources = (file.read_bytes() for file in sorted(Path(__file__).parent.rglob("*.py")))
    kernels = (source for source in sources if b"@compiled" in source)
    return hashlib.sha256(b"".join(kernels)).hexdigest()


_KERNEL_FILES = _hash_kernel_files()


def compiled(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Compile `function` with numba: cached on disk, without the interpreter lock.

    A kernel contains the code of the kernels that it calls, but numba compares only the kernel's
    own file with its cache. So the stamp of the cache covers all files with kernels.
    """
    kernel: Callable[_P, _R] = numba.njit(cache=True, nogil=True)(function)
    file = getattr(getattr(kernel, "_cache", None), "_cache_file", None)
    if file is not None:  # None with NUMBA_DISABLE_JIT
        file._source_stamp = (file._source_stamp, _KERNEL_FILES)
        file._load_index = partial(_load_or_forget, file._load_index)
    return kernel


def _load_or_forget(load: Callable[[], dict[Any, Any]]) -> dict[Any, Any]:
    """Return the index of a cache, empty where an earlier version wrote types that are no more.

    Numba reads those types before it compares the stamp.
    """
    try:
        return load()
    except (AttributeError, ImportError, pickle.UnpicklingError):
        return {}


@compiled
def stays_connected(
    indptr: NDArray[np.int32],
    neighbour: NDArray[np.int32],
    linked: NDArray[np.uint8],
    labels: NDArray[np.int32],
    scratch: NDArray[np.int32],
    v: int,
) -> bool:
    """Tell whether the grid of atom `v` stays connected, and not empty, without it.

    A breadth-first search from one neighbour of `v` in the grid ends as soon as it has reached the
    others, which it mostly does within a few steps. `scratch` is 2 n zeros and is left so.
    """
    wanted, first = 0, -1
    for p in range(indptr[v], indptr[v + 1]):
        u = neighbour[p]
        if linked[p] and labels[u] == labels[v]:
            scratch[u] = 1
            wanted += 1
            first = u
    if wanted <= 1:
        if wanted == 1:
            scratch[first] = 0
        return wanted == 1
    queue = labels.size
    scratch[queue] = first
    scratch[v] = scratch[first] = 2
    head, tail, found = 0, 1, 1
    while found < wanted and head < tail:
        u = scratch[queue + head]
        head += 1
        for p in range(indptr[u], indptr[u + 1]):
            t = neighbour[p]
            if linked[p] and scratch[t] != 2 and labels[t] == labels[v]:
                found += scratch[t]
                scratch[t] = 2
                scratch[queue + tail] = t
                tail += 1
    for i in range(queue, queue + tail):
        scratch[scratch[i]] = 0
        scratch[i] = 0
    for p in range(indptr[v], indptr[v + 1]):
        scratch[neighbour[p]] = 0
    scratch[v] = 0
    return found == wanted


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
