"""Pieces: the connected components of a community's atoms, and barrier links between them.

A piece whose totals cannot be in band alone is linked to another across the weakest barrier. Links
that the final grids really need are reported as findings. Pieces without households join an
adjacent grid or become open ground.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.model import CROSSED_BY_STREETS_ONLY, Finding
from gridgeo.partition.atom_graph import AtomGraph, label_components, positions_by, problem_of
from gridgeo.partition.band import possible_grid_counts
from gridgeo.wording import STREETS, Reason, Text, join

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridgeo.config import Band, OpenGround, Weights
    from gridgeo.model import Atoms, Bands
    from gridgeo.partition.problem import Problem, Solution

    Solver = Callable[[NDArray[np.int64], Problem, Band], Solution]


@dataclass(frozen=True, kw_only=True)
class BarrierLink:
    """Pairs that were linked across a barrier because of a piece with these households.

    ``existing`` where a grid of the previous partition joined them already.
    """

    pairs: NDArray[np.int64]
    households: int
    existing: bool = False


def _easiest_first(graph: AtomGraph, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return barrier pairs in order: motorway, rail, water; then the longest border."""
    ends = np.column_stack([graph.left[pairs], graph.right[pairs]])
    x, y = (np.round(a[ends].sum(axis=1), 3) for a in (graph.x, graph.y))
    length = np.round(graph.border_m[pairs], 3)
    return pairs[np.lexsort((y, x, -length, -graph.barrier[pairs]))]


def report_barrier_links(
    atoms: Atoms,
    graph: AtomGraph,
    labels: NDArray[np.int64],
    joins: list[BarrierLink],
    unit: NDArray[np.int64],
) -> tuple[Finding, ...]:
    """Return a finding for every added link without which a grid would fall apart."""
    link_of = {int(pair): barrier_link for barrier_link in joins for pair in barrier_link.pairs}
    needed = _needed(graph, labels, np.array(sorted(link_of), dtype=np.int64))
    ends = np.append(unit, -1)[atoms.borders[["left", "right"]].to_numpy(np.int64)]
    ends = np.sort(ends, axis=1)
    return tuple(_finding(atoms, graph, pair, link_of[pair], ends) for pair in needed)


def _needed(graph: AtomGraph, labels: NDArray[np.int64], added: NDArray[np.int64]) -> list[int]:
    """Return the fewest of the added links that keep the grids connected, the easiest first."""
    same = labels[graph.left] == labels[graph.right]
    kept = graph.linked & graph.basic & same
    kept[added] = False
    component = label_components(graph, kept)
    needed = []
    for pair in _easiest_first(graph, added[same[added]]):
        one, other = component[graph.left[pair]], component[graph.right[pair]]
        if one != other:
            component[component == other] = one
            needed.append(int(pair))
    return needed


def _finding(
    atoms: Atoms, graph: AtomGraph, pair: int, link: BarrierLink, ends: NDArray[np.int64]
) -> Finding:
    between = np.array([graph.left[pair], graph.right[pair]])
    rows = atoms.borders[(ends == between).all(axis=1)]
    name = STREETS[CROSSED_BY_STREETS_ONLY[graph.barrier[pair]]]
    alone = Text(
        f"A piece with {link.households:,} households cannot be in band alone: its grid crosses "
        f"{name.en} here",
        f"{link.households:,} 户的一片单独无法达标，其网格在此跨越{name.zh}",
    )
    empty = Text(
        f"A piece without households was joined across {name.en}",
        f"无住户的一片跨{name.zh}并入相邻网格",
    )
    kept = Text(
        f"An existing grid crosses {name.en} here and was kept",
        f"原有网格在此跨越{name.zh}，予以保留",
    )
    return Finding(
        rule="straddles_barrier",
        severity="info",
        message=kept if link.existing else alone if link.households else empty,
        where=shapely.union_all(rows.geometry.to_numpy()),
        amount=float(link.households),
        unit="households",
    )


@dataclass(frozen=True, kw_only=True)
class SolvedPiece:
    """One piece with households: the positions of its atoms, its problem and its solution.

    ``cut_off_by`` is what lies between the piece and the rest of its community, None for nothing;
    ``contracted`` tells which units contract several atoms (must-links). These and the names are
    for verdicts, and known once all pieces are solved.
    """

    members: NDArray[np.int64]
    problem: Problem
    solution: Solution
    names: tuple[str, ...] = ()
    cut_off_by: Text | None = None
    contracted: tuple[bool, ...] = ()


def _find_pieces(graph: AtomGraph) -> NDArray[np.int64]:
    """Return the piece of each atom, -1 for dedicated and locked ones."""
    piece = label_components(graph, graph.basic & graph.linked)
    return np.where((graph.facility < 0) & (graph.locked < 0), piece, -1)


def join_pieces(
    graph: AtomGraph, bands: Bands
) -> tuple[AtomGraph, NDArray[np.int64], list[BarrierLink]]:
    """Link pieces with households that cannot be in band alone, across the weakest barriers.

    The lightest of a community is joined first.

    Returns
    -------
    tuple
        The graph with these links, the piece of each atom (-1: dedicated), the barrier links.
    """
    piece = _find_pieces(graph)
    divided = _divided_pairs(graph, piece)
    joins: list[BarrierLink] = []
    for community, pairs in positions_by(graph.community[graph.left[divided]]).items():
        band = bands.of(community)
        while True:
            ends = piece[np.r_[graph.left[divided[pairs]], graph.right[divided[pairs]]]]
            wanting = _impossible_alone(graph, band, piece, np.unique(ends))
            tried = (_link_across(graph, piece, number) for number in wanting)
            joined = next((found for found in tried if found), None)
            if joined is None:
                break
            graph, piece, barrier_link = joined
            joins.append(barrier_link)
    return graph, piece, joins


def _divided_pairs(graph: AtomGraph, piece: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pairs of basic atoms that lie in different pieces."""
    different = piece[graph.left] != piece[graph.right]
    return np.flatnonzero(graph.basic & ~graph.linked & different)


def _link_across(
    graph: AtomGraph, piece: NDArray[np.int64], number: int
) -> tuple[AtomGraph, NDArray[np.int64], BarrierLink] | None:
    """Link one piece to another along the barrier between them; None where there is none.

    The other piece is one with households if there is any, and the one whose border is easiest to
    cross (see `_easiest_first`). The cost of straddling the barrier decides where, and how often,
    grids really cross it.
    """
    divided = _divided_pairs(graph, piece)
    ends = piece[np.column_stack([graph.left[divided], graph.right[divided]])]
    options = _easiest_first(graph, divided[(ends == number).any(axis=1)])
    if not options.size:
        return None
    ends = piece[np.column_stack([graph.left[options], graph.right[options]])]
    other = np.where(ends[:, 0] == number, ends[:, 1], ends[:, 0])
    inhabited = np.isin(other, piece[graph.households > 0])
    both = np.array([number, other[np.argmax(inhabited)]])
    between = options[other == both[1]]
    linked = graph.linked.copy()
    linked[between] = True
    joined = np.where(np.isin(piece, both), both.min(), piece)
    households = int(graph.households[piece == number].sum())
    return replace(graph, linked=linked), joined, BarrierLink(pairs=between, households=households)


def _impossible_alone(
    graph: AtomGraph, band: Band, piece: NDArray[np.int64], numbers: NDArray[np.int64]
) -> list[int]:
    """Return the pieces that cannot be in band alone, the lightest first."""
    found = []
    for number in numbers:
        members = piece == number
        households = graph.households[members]
        if households.sum() and not possible_grid_counts(
            band, households, graph.residents[members]
        ):
            west, south = (round(float(a[members].min()), 3) for a in (graph.x, graph.y))
            found.append((int(households.sum()), west, south, int(number)))
    return [number for *_, number in sorted(found)]


def join_pieces_out_of_band(
    graph: AtomGraph,
    piece: NDArray[np.int64],
    solved: dict[int, SolvedPiece],
    *,
    weights: Weights,
    bands: Bands,
    solver: Solver,
) -> tuple[AtomGraph, NDArray[np.int64], dict[int, SolvedPiece], list[BarrierLink]]:
    """Link a piece that misses bands across a barrier where fewer bands are missed together.

    The totals of such a piece allow it to stand alone, its atoms do not. The lightest is tried
    first; a link that does not help is dropped.
    """
    solved, joins = dict(solved), []
    pending = _pieces_out_of_band(graph, solved)
    while pending:
        number = pending.pop(0)
        joined = _link_across(graph, piece, number)
        if number not in solved or joined is None or not solved[number].solution.missed:
            continue
        joined_graph, joined_piece, barrier_link = joined
        pair = barrier_link.pairs[0]
        parts = np.unique(piece[[graph.left[pair], graph.right[pair]]]).tolist()
        inside = joined_piece == parts[0]
        members = np.flatnonzero(inside)
        pairs = np.flatnonzero(inside[graph.left] & inside[graph.right])
        fixed = [solved[part].problem.grids for part in parts if part in solved]
        grids = None if None in fixed else sum(number or 0 for number in fixed)
        problem = problem_of(joined_graph, members, pairs, weights, grids)
        band = bands.of(joined_graph.community[members[0]])
        solution = solver(members, problem, band)
        separate = [solved[part].solution for part in parts if part in solved]
        before = sum(a.missed for a in separate), sum(a.distance for a in separate)
        if (solution.missed, solution.distance) < before:
            graph, piece = joined_graph, joined_piece
            solved = {n: done for n, done in solved.items() if n not in parts}
            solved[parts[0]] = SolvedPiece(members=members, problem=problem, solution=solution)
            joins.append(barrier_link)
            pending.append(parts[0])
    return graph, piece, solved, joins


def _pieces_out_of_band(graph: AtomGraph, solved: dict[int, SolvedPiece]) -> list[int]:
    """Return the pieces that miss bands, the lightest first, then west to east."""
    keys = [
        (int(done.problem.households.sum()), round(float(graph.x[done.members].min()), 3), number)
        for number, done in solved.items()
        if done.solution.missed
    ]
    return [number for *_, number in sorted(keys)]


def assign_open_ground(
    graph: AtomGraph, piece: NDArray[np.int64], labels: NDArray[np.int64], rule: OpenGround
) -> tuple[NDArray[np.int64], list[BarrierLink]]:
    """Assign pieces without households to an adjacent grid, or make them open grids.

    Parameters
    ----------
    piece
        The piece of each atom, -1 for dedicated ones.
    labels
        The grid of each atom; -1 in pieces without households. Locked grids take nothing.

    Returns
    -------
    tuple
        Labels, those of open grids above all others, and the links across barriers that the
        joined pieces need. A piece smaller than ``area_m2`` joins the grid that it shares most
        border with, a dedicated one only where there is no other; of those that no grid can take
        the largest becomes an open grid, which others can then join.
    """
    labels = labels.copy()
    joins: list[BarrierLink] = []
    pairs = positions_by(graph.community[graph.left])
    pending = list(positions_by(np.where(labels < 0, piece, -1)).values())
    for community, positions in positions_by(
        np.array([graph.community[atoms[0]] for atoms in pending], dtype=np.int64)
    ).items():
        pairs_here = pairs.get(community, np.empty(0, dtype=np.int64))
        joins += _assign(graph, [pending[i] for i in positions], pairs_here, labels, rule)
    return labels, joins


def _assign(
    graph: AtomGraph,
    pending: list[NDArray[np.int64]],
    pairs: NDArray[np.int64],
    labels: NDArray[np.int64],
    rule: OpenGround,
) -> list[BarrierLink]:
    """Label the pending pieces of one community in place; return the barrier links."""
    joins = []
    while pending:
        hosts = [_host(graph, atoms, pairs, labels, rule) for atoms in pending]
        for atoms, host in zip(pending, hosts, strict=True):
            if host:
                labels[atoms] = host[0]
                joins.append(host[1])
        if not any(hosts):
            largest = max(pending, key=lambda atoms: _size(graph, atoms))
            labels[largest] = labels.max() + 1
        pending = [atoms for atoms in pending if labels[atoms[0]] < 0]
    return joins


def _size(graph: AtomGraph, atoms: NDArray[np.int64]) -> tuple[float, float, float]:
    area = round(float(graph.area[atoms].sum()), 2)
    return area, -round(float(graph.x[atoms].min()), 3), -round(float(graph.y[atoms].min()), 3)


def _host(
    graph: AtomGraph,
    atoms: NDArray[np.int64],
    pairs: NDArray[np.int64],
    labels: NDArray[np.int64],
    rule: OpenGround,
) -> tuple[int, BarrierLink] | None:
    """Return the grid that a small piece joins, and the barrier link; None where it cannot."""
    if graph.area[atoms].sum() >= rule.area_m2:
        return None
    pairs, other = _pairs_around(graph, atoms, pairs)
    labelled = (labels[other] >= 0) & (graph.locked[other] < 0)
    basic_hosts = labelled & (graph.facility[other] < 0)
    chosen = basic_hosts if basic_hosts.any() else labelled
    if not chosen.any():
        return None
    grids, inverse = np.unique(labels[other[chosen]], return_inverse=True)
    shared = np.round(np.bincount(inverse, weights=graph.border_m[pairs[chosen]]), 3)
    x, y = (np.round([a[labels == g].min() for g in grids], 3) for a in (graph.x, graph.y))
    host = int(grids[np.lexsort((y, x, -shared))[0]])
    across = pairs[(labels[other] == host) & graph.basic[pairs]]
    return host, BarrierLink(pairs=across, households=0)


def _pairs_around(
    graph: AtomGraph, atoms: NDArray[np.int64], pairs: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return those of the pairs with one atom in a piece, and the other atom of each."""
    left, right = (np.isin(a[pairs], atoms) for a in (graph.left, graph.right))
    pairs, inside = pairs[left != right], left[left != right]
    return pairs, np.where(inside, graph.right[pairs], graph.left[pairs])


def open_reason(graph: AtomGraph, atoms: NDArray[np.int64], names: list[Text]) -> Reason:
    """Return why a piece is an open grid."""
    by = cut_off_by(graph, atoms, names)
    alone = (graph.community == graph.community[atoms[0]]).sum() == len(atoms)
    code = "open_cut_off" if by else "open_community" if alone else "open_apart"
    return Reason(code, {"area": float(graph.area[atoms].sum()), "by": by})


def cut_off_by(graph: AtomGraph, atoms: NDArray[np.int64], names: list[Text]) -> Text | None:
    """Return what lies between these atoms and the rest of their community, None for nothing."""
    pairs, other = _pairs_around(graph, atoms, np.arange(graph.left.size))
    barriers = graph.barrier[pairs[graph.basic[pairs]]]
    cuts = [STREETS[CROSSED_BY_STREETS_ONLY[b]] for b in np.unique(barriers[barriers >= 0])]
    taken = other[~graph.basic[pairs]]
    facilities = np.unique(graph.facility[taken])
    cuts += [
        Text(f"the dedicated grid {names[f].en}", f"专属网格“{names[f].zh}”")
        for f in facilities[facilities >= 0]
    ]
    if (graph.locked[taken] >= 0).any():
        cuts.append(Text("a locked grid", "锁定的网格"))
    return join(cuts, en=" and ", zh="、") if cuts else None
