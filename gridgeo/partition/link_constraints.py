"""Must-link and cannot-link constraints: must-link groups are contracted to units.

Cannot-link pairs stay in the graph for the search; `report_unmet_links` reports what is not met.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgeo.model import Finding
from gridgeo.partition.atom_graph import AtomGraph, sum_by
from gridgeo.partition.problem import number_by_first
from gridgeo.wording import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from gridgeo.model import Atoms, Constraints


class _Contraction(NamedTuple):
    """The graph of the units, and the unit of each atom."""

    graph: AtomGraph
    unit: NDArray[np.int64]


def contract_must_links(graph: AtomGraph, ties: Constraints) -> _Contraction:
    """Return the graph in which every must-link group is contracted to one unit.

    Groups that share an atom are one. A group is contracted as far as its atoms share borders
    (barriers among them) in one community; dedicated and locked atoms are not.
    `report_unmet_links` reports what could not be met.
    """
    unit = _units(graph, ties)
    graph = _contract(graph, unit)
    if ties.apart is None:
        return _Contraction(graph, unit)
    ends = unit[ties.apart]
    return _Contraction(replace(graph, cannot_links=ends[ends[:, 0] != ends[:, 1]]), unit)


def _units(graph: AtomGraph, ties: Constraints) -> NDArray[np.int64]:
    """Return the unit of each atom, numbered in the order of their first atoms."""
    n = graph.community.size
    wanted = [np.column_stack([group[:-1], group[1:]]) for group in ties.together]
    group = _components(n, np.concatenate([np.empty((0, 2), dtype=np.int64), *wanted]))
    inside = graph.basic & (group[graph.left] == group[graph.right])
    return number_by_first(_components(n, np.column_stack([graph.left, graph.right])[inside]))


def _components(n: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    graph = coo_array((np.ones(len(pairs), dtype=np.int8), pairs.T), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _contract(graph: AtomGraph, unit: NDArray[np.int64]) -> AtomGraph:
    """Return the graph of the units; the location of a unit is its centroid."""
    n = int(unit.max()) + 1 if unit.size else 0
    if n == unit.size:
        return graph
    _, first = np.unique(unit, return_index=True)
    area = sum_by(unit, graph.area, n)
    ends = np.sort(unit[np.column_stack([graph.left, graph.right])], axis=1)
    between = np.flatnonzero(ends[:, 0] != ends[:, 1])
    key, pair = np.unique(ends[between, 0] * n + ends[between, 1], return_inverse=True)
    border, cut, straddle, linked = (
        sum_by(pair, a[between], key.size)
        for a in (graph.border_m, graph.cut_m, graph.straddle_m, graph.linked)
    )
    barrier = np.full(key.size, -1)
    np.maximum.at(barrier, pair, graph.barrier[between])
    basic = np.zeros(key.size, dtype=bool)
    basic[pair] = graph.basic[between]
    return AtomGraph(
        community=graph.community[first],
        facility=graph.facility[first],
        locked=graph.locked[first],
        households=np.bincount(unit, weights=graph.households).astype(np.int64),
        residents=_residents_of_units(graph, unit),
        x=sum_by(unit, graph.area * graph.x, n) / area,
        y=sum_by(unit, graph.area * graph.y, n) / area,
        area=area,
        left=key // n,
        right=key % n,
        border_m=border,
        cut_m=cut,
        straddle_m=straddle,
        linked=linked > 0,
        barrier=np.where(linked > 0, -1, barrier),
        basic=basic,
        cannot_links=graph.cannot_links,
        rim=np.bincount(unit, graph.rim) > 0,
    )


def _residents_of_units(graph: AtomGraph, unit: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the residents of each unit, NaN where those of an inhabited atom are unknown."""
    unknown = np.isnan(graph.residents)
    people = np.bincount(unit, weights=np.nan_to_num(graph.residents))
    lacking = np.bincount(unit, weights=unknown & (graph.households > 0)) > 0
    nothing = np.bincount(unit, weights=~unknown) == 0
    return np.where(lacking | nothing, np.nan, people)


def unit_names(names: NDArray[np.object_], unit: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the name of each unit: those of its atoms, each once."""
    order = np.argsort(unit, kind="stable")
    groups = np.split(names[order], np.cumsum(np.bincount(unit))[:-1])
    return np.array([" + ".join(n for n in dict.fromkeys(g) if n) for g in groups], dtype=object)


def report_unmet_links(
    atoms: Atoms, ties: Constraints, unit: NDArray[np.int64], labels: NDArray[np.int64]
) -> tuple[Finding, ...]:
    """Return a finding for each must-link or cannot-link that is not met.

    Parameters
    ----------
    unit, labels
        The unit and the grid of each atom. Only atoms of a group that are neither dedicated nor
        locked count, unless there are no others.
    """
    locked = np.full(unit.size, -1) if ties.locked is None else ties.locked
    free = (locked < 0) & (atoms.frame["facility"].to_numpy() < 0)
    findings = []
    for group in ties.together:
        members = group[free[group]] if free[group].any() else group
        if np.unique(labels[members]).size > 1:
            findings.append(_not_together(atoms, members))
    for one, other in () if ties.apart is None else ties.apart:
        if labels[one] == labels[other]:
            bound = unit[one] == unit[other] or locked[one] >= 0
            why = _FORCED_TOGETHER if bound else _NOT_FOUND
            findings.append(_not_apart(atoms, np.array([one, other]), why))
    return tuple(findings)


_FORCED_TOGETHER = Text(
    "other settings put them together (a locked grid, or units that stay together)",
    "其他要求使其同属一格（锁定网格或须在一起的单元）",
)
_NOT_FOUND = Text("no division that parts them was found", "未找到能将其分开的划法")


def _not_apart(atoms: Atoms, pair: NDArray[np.int64], why: Text) -> Finding:
    return Finding(
        rule="apart_unmet",
        severity="warning",
        message=Text(
            "two units that must not share a grid do: ", "要求分属两格的单元仍在同一网格："
        )
        + why,
        where=_union_of(atoms, pair),
        amount=1.0,
        unit="pairs",
    )


def _not_together(atoms: Atoms, members: NDArray[np.int64]) -> Finding:
    community = atoms.frame["community"].to_numpy()[members]
    several = np.unique(community).size > 1
    facility = (atoms.frame["facility"].to_numpy()[members] >= 0).all()
    why = Text("they share no border", "彼此不相邻")
    if several:
        why = Text("they lie in different communities", "分属不同社区")
    elif facility:
        why = Text("they are dedicated ground", "属于专属网格用地")
    return Finding(
        rule="together_unmet",
        severity="warning",
        message=Text(
            f"{members.size} units that should stay in one grid cannot all: ",
            f"要求同属一格的 {members.size} 个单元无法全部合在一起：",
        )
        + why,
        where=_union_of(atoms, members),
        amount=float(members.size),
        unit="units",
    )


def _union_of(atoms: Atoms, members: NDArray[np.int64]) -> BaseGeometry:
    graph: BaseGeometry = shapely.union_all(atoms.frame.geometry.to_numpy()[members])
    return graph
