"""Units are clustered into cells: Ward's tree over neighbours, cut where it holds few enough."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

Labels = NDArray[np.int64]
#: A cluster with less than this share of the cap is a crumb.
CRUMB_SHARE = 0.25


def cluster_units(
    centre: NDArray[np.float64],
    households: NDArray[np.int64],
    pairs: NDArray[np.int64],
    *,
    cap: int,
) -> Labels:
    """Return a cluster for each unit: neighbours that hold together at most `cap` households.

    A unit that alone holds more is a cluster of its own. `centre` is (n, 2) in metres, `pairs`
    (m, 2) the neighbouring units.
    """
    size = len(centre)
    ones = np.ones(len(pairs))
    links = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(size, size)).tocsr()
    count, component = connected_components(links, directed=False)
    labels = np.full(size, -1)
    for number in range(count):
        members = np.flatnonzero(component == number)
        part = _cut_tree(
            centre[members], households[members], links[members][:, members], cap
        )
        labels[members] = labels.max() + 1 + part
    return _merge_crumbs(labels, households, pairs, cap)


def _cut_tree(
    centre: NDArray[np.float64], households: NDArray[np.int64], links: csr_array, cap: int
) -> Labels:
    size = len(centre)
    if size == 1 or households.sum() <= cap:
        return np.zeros(size, dtype=np.int64)
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415  (2.6 s to import)

    tree = AgglomerativeClustering(
        n_clusters=None, distance_threshold=0.0, linkage="ward", connectivity=links + links.T
    ).fit(centre - centre.mean(axis=0))
    total = np.concatenate([households, np.zeros(size - 1, dtype=np.int64)])
    for step, (a, b) in enumerate(tree.children_):
        total[size + step] = total[a] + total[b]
    labels = np.full(2 * size - 1, -1)
    fresh = 0
    for node in range(2 * size - 2, -1, -1):
        if labels[node] < 0 and (node < size or total[node] <= cap):
            labels[node] = fresh
            fresh += 1
        if node >= size:
            labels[tree.children_[node - size]] = labels[node]
    return labels[:size]


def _merge_crumbs(
    labels: Labels, households: NDArray[np.int64], pairs: NDArray[np.int64], cap: int
) -> Labels:
    """Join each crumb, smallest first, to the neighbour with the fewest households."""
    labels = labels.copy()
    total = np.bincount(labels, households).astype(np.int64)
    beside: dict[int, set[int]] = {n: set() for n in range(len(total))}
    for a, b in labels[pairs]:
        if a != b:
            beside[a].add(b)
            beside[b].add(a)
    for crumb in np.argsort(total, kind="stable"):
        if total[crumb] >= CRUMB_SHARE * cap:
            continue
        room = [n for n in sorted(beside[crumb]) if total[crumb] + total[n] <= cap]
        if not room and total[crumb] == 0:
            room = sorted(beside[crumb])
        if room:
            host = min(room, key=lambda n: (total[n], n))
            labels[labels == crumb] = host
            total[host] += total[crumb]
            for other in beside.pop(crumb):
                beside[other].discard(crumb)
                if other != host:
                    beside[other].add(host)
                    beside[host].add(other)
            total[crumb] = cap
    return np.asarray(np.unique(labels, return_inverse=True)[1], dtype=np.int64)
