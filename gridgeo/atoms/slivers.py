"""Faces between dual carriageways, ramps and roundabouts join the neighbour they belong to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.atoms.faces import Faces, merge_faces
from gridgeo.atoms.segments import Edges, Polygons, coverage_edges
from gridgeo.config import AtomRules

Counts = NDArray[np.int64]
Weights = NDArray[np.float64]
#: Says how much each edge weighs when a sliver chooses its neighbour.
Weigh = Callable[[Edges], Weights]
#: Absorbs the slivers of some faces: returns what `absorb_slivers` returns.
Tidy = Callable[[Faces, Counts], tuple[Faces, Counts]]
#: How gladly a sliver gives up its border with ground of another parent, against its own.
GIVES_UP_OTHER = 0.1


def is_thin(polygons: Polygons, rules: AtomRules) -> NDArray[np.bool_]:
    """Whether a polygon is too small or too narrow to be a block.

    Thin: area under ``sliver_area_m2`` or an inscribed circle under ``sliver_radius_m``. The
    circle is only computed where area and perimeter leave it open.
    """
    area, around = shapely.area(polygons), shapely.length(polygons)
    radius = rules.sliver_radius_m
    thin = (area < rules.sliver_area_m2) | (area < np.pi * radius**2)
    open_question = np.flatnonzero(~thin & (area < around * radius))
    circles = shapely.maximum_inscribed_circle(polygons[open_question], tolerance=0.5)
    thin[open_question] = shapely.length(circles) < radius
    return thin


def absorb_slivers(
    faces: Faces, home: Counts, households: Counts, rules: AtomRules, weigh: Weigh
) -> tuple[Faces, Counts]:
    """Merge thin faces with fewer than ``sliver_households`` into a neighbour of the same home.

    In rounds: every sliver beside a real face joins the one with which it shares the greatest
    `weigh`ed border, so that the border that remains is the stronger street; where no sliver has
    a real face beside it any more, slivers join each other. Slivers without any neighbour stay.
    Neighbours of the same parent are preferred; a face keeps its parent when it takes slivers.

    Returns
    -------
    tuple
        The faces left, and for each old face the position of the one that it is part of now.
    """
    member = np.arange(len(faces))
    fresh = np.ones(len(faces), dtype=bool)
    sliver = np.zeros(len(faces), dtype=bool)
    while True:
        few = fresh & (households < rules.sliver_households)
        sliver[few] = is_thin(faces.polygons[few], rules)
        target = _targets(faces, home, sliver, weigh)
        if (target < 0).all():
            return faces, member
        group = _groups(target)
        _, first = np.unique(group, return_index=True)
        keeps = np.lexsort((sliver, group))[np.cumsum(np.bincount(group)) - np.bincount(group)]
        faces = Faces(polygons=merge_faces(faces.polygons, group), parent=faces.parent[keeps])
        home = home[first]
        member = group[member]
        households = np.bincount(group, households).astype(np.int64)
        fresh = np.bincount(group) > 1
        sliver = sliver[first] & ~fresh


def _targets(faces: Faces, home: Counts, sliver: NDArray[np.bool_], weigh: Weigh) -> Counts:
    """Return for each face the neighbour that it joins in this round, or -1."""
    target = np.full(len(faces), -1)
    if not sliver.any():
        return target
    edges = _edges_within(faces, home, np.isin(home, home[sliver]))
    edges = edges.take(sliver[edges.left] | sliver[edges.right])
    source = np.concatenate([edges.left, edges.right])
    beside = np.concatenate([edges.right, edges.left])
    own = faces.parent[edges.left] == faces.parent[edges.right]
    weight = np.tile(weigh(edges) * np.where(own, 1.0, GIVES_UP_OTHER), 2)
    pairs = pd.DataFrame({"source": source, "beside": beside, "weight": weight})
    pairs = pairs[sliver[pairs["source"]]]
    real = pairs[~sliver[pairs["beside"]]]
    shared = (real if len(real) else pairs).groupby(["source", "beside"])["weight"].sum()
    best = shared.round(6).reset_index().sort_values(["source", "weight", "beside"])
    best = best.drop_duplicates("source", keep="last")
    target[best["source"]] = best["beside"]
    return target


def _edges_within(faces: Faces, home: Counts, which: NDArray[np.bool_]) -> Edges:
    """Return the edges between two of the faces `which` that have the same home."""
    rows = np.flatnonzero(which)
    edges = coverage_edges(faces.polygons[rows])
    edges = edges.take(edges.inner)
    edges = replace(edges, left=rows[edges.left], right=rows[edges.right])
    return edges.take(home[edges.left] == home[edges.right])


def _groups(target: Counts) -> Counts:
    """Return the number of the group that each face is in after the joins."""
    joins = np.flatnonzero(target >= 0)
    size = len(target)
    links = coo_array((np.ones(len(joins)), (joins, target[joins])), shape=(size, size))
    _, group = connected_components(links, directed=False)
    return np.asarray(group, dtype=np.int64)
