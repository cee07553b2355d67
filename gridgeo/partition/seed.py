"""Where the search starts: grown grids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.kernel import AREA, HOUSEHOLDS, MOMENT_X, MOMENT_Y, Web, compiled, draw

if TYPE_CHECKING:
    from numpy.typing import NDArray


@compiled
def scatter(web: Web, k: int, rng: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return `k` different atoms, each the farthest from those before it of a random sample."""
    n = web.mass.shape[0]
    x = web.mass[:, MOMENT_X] / web.mass[:, AREA]
    y = web.mass[:, MOMENT_Y] / web.mass[:, AREA]
    chosen = np.empty(k, np.int32)
    far = np.full(n, np.inf)
    for i in range(k):
        best = int(draw(rng) * n)
        for _ in range(7):
            v = int(draw(rng) * n)
            if far[v] > far[best]:
                best = v
        while far[best] < 0.0:
            best = (best + 1) % n
        chosen[i] = best
        for v in range(n):
            far[v] = min(far[v], (x[v] - x[best]) ** 2 + (y[v] - y[best]) ** 2)
        far[best] = -1.0
    return chosen


@compiled
def grow(web: Web, k: int, rng: NDArray[np.uint64]) -> NDArray[np.int32]:
    """Return a labelling of connected grids 0..k-1, the lightest that can grow growing first.

    The graph must be connected by its links and hold at least `k` atoms.
    """
    n = web.mass.shape[0]
    labels = np.full(n, -1, np.int32)
    weight = np.empty(k)
    member = np.full(n, -1, np.int32)
    last = scatter(web, k, rng)
    for g in range(k):
        labels[last[g]] = g
        weight[g] = web.mass[last[g], HOUSEHOLDS]
    left = n - k
    while left:
        g = int(np.argmin(weight))
        v = nearest(web, labels, member, last[g])
        if v < 0:
            weight[g] = np.inf
            continue
        labels[v] = g
        weight[g] += web.mass[v, HOUSEHOLDS] + 1e-6
        member[v] = last[g]
        last[g] = v
        left -= 1
    return labels


@compiled
def nearest(web: Web, labels: NDArray[np.int32], member: NDArray[np.int32], last: int) -> int:
    """Return the free atom that shares most with the grid whose members end at `last`, or -1."""
    best, most = -1, -np.inf
    u = last
    while u >= 0:
        for p in range(web.start[u], web.start[u + 1]):
            v = web.neighbour[p]
            if web.linked[p] and labels[v] < 0:
                shared = 0.0
                for q in range(web.start[v], web.start[v + 1]):
                    if labels[web.neighbour[q]] == labels[u]:
                        shared += web.weight[q]
                if shared > most:
                    best, most = v, shared
        u = member[u]
    return best
