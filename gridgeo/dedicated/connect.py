"""Dedicated ground must leave the rest of its community connected where it can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from gridgeo.bands import Bands
from gridgeo.dedicated.considered import refuse
from gridgeo.model import Atoms
from gridgeo.text import Text

TOO_NARROW = Text("too small or too narrow for an atom", "范围过小或过窄，未形成单元")


@dataclass(frozen=True)
class _Cut:
    """A piece with too few households that one facility cuts off from the rest."""

    facility: int
    households: int


def keep_connected(atoms: Atoms, bands: Bands) -> Atoms:
    """Give up dedicated grids that would cut off a piece with too few households for a grid.

    They "may" become dedicated (可), so the community around them goes first: where the ground
    of a facility separates fewer households than the lower limit from the rest, the facility
    stays an ordinary part of its community, smallest facility first, and its entry in
    ``considered`` says so. Facilities that no atom was left for are refused too.
    """
    facility = atoms.frame["facility"].to_numpy().copy()
    considered = atoms.considered
    graph = _graph(atoms)
    for community in np.unique(atoms.frame["community"]):
        members = np.flatnonzero(atoms.frame["community"] == community)
        lower = bands.of(community).lower
        while cut := _first_cut(graph.subgraph(members.tolist()), facility, atoms, lower):
            facility[members[facility[members] == cut.facility]] = -1
            if not (facility == cut.facility).any():
                considered = refuse(considered, cut.facility, _cuts_off(cut.households))
    for row in np.flatnonzero(considered["dedicated"]):
        if not (facility == row).any():
            considered = refuse(considered, int(row), TOO_NARROW)
    return replace(atoms, frame=atoms.frame.assign(facility=facility), considered=considered)


def _graph(atoms: Atoms) -> nx.Graph[int]:
    inner = atoms.borders[(atoms.borders["right"] >= 0) & atoms.borders["passable"]]
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(atoms.frame)))
    graph.add_edges_from(zip(inner["left"].tolist(), inner["right"].tolist(), strict=True))
    return graph


def _first_cut(
    graph: nx.Graph[int], facility: NDArray[np.int64], atoms: Atoms, lower: int
) -> _Cut | None:
    households = atoms.frame["households"].to_numpy()
    ordinary = [n for n in sorted(graph) if facility[n] < 0]
    pieces = [sorted(p) for p in nx.connected_components(graph.subgraph(ordinary))]
    if len(pieces) < 2:
        return None
    piece_of = {n: i for i, piece in enumerate(pieces) for n in piece}
    for number, piece in sorted(enumerate(pieces), key=lambda entry: entry[1]):
        held = int(households[piece].sum())
        if 0 < held < lower:
            for around in _facilities_around(graph, piece, facility, atoms):
                ground = [n for n in sorted(graph) if facility[n] == around]
                beyond = {piece_of.get(n) for g in ground for n in graph[g]} - {None, number}
                if beyond:
                    return _Cut(facility=around, households=held)
    return None


def _facilities_around(
    graph: nx.Graph[int], piece: list[int], facility: NDArray[np.int64], atoms: Atoms
) -> Iterator[int]:
    around = {int(facility[n]) for member in piece for n in graph[member]} - {-1}
    area = atoms.considered["area_m2"].to_numpy()
    yield from sorted(around, key=lambda f: (round(float(area[f]), 2), f))


def _cuts_off(households: int) -> Text:
    return Text(
        f"passes, but its grid would cut off {households} households from their community",
        f"达到阈值，但单独成网格会使 {households} 户与本社区其余部分隔断，故不单设",
    )
