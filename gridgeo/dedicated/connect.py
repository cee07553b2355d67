"""Dedicated ground must leave the rest of its community connected where it can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from gridgeo.bands import Bands
from gridgeo.dedicated.considered import refuse
from gridgeo.model import Atoms
from gridgeo.text import Text

Index = NDArray[np.int64]

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
    community = atoms.frame["community"].to_numpy()
    considered = atoms.considered
    graph = _graph(atoms)
    for place in np.unique(community[facility >= 0]):
        members = np.flatnonzero(community == place)
        within, lower = graph[members][:, members], bands.of(int(place)).lower
        while cut := _first_cut(within, members, facility[members], atoms, lower):
            facility[members[facility[members] == cut.facility]] = -1
            if not (facility == cut.facility).any():
                considered = refuse(considered, cut.facility, _cuts_off(cut.households))
    for row in np.flatnonzero(considered["dedicated"]):
        if not (facility == row).any():
            considered = refuse(considered, int(row), TOO_NARROW)
    return replace(atoms, frame=atoms.frame.assign(facility=facility), considered=considered)


def _graph(atoms: Atoms) -> csr_array:
    """Return which atoms are neighbours, both ways."""
    inner = atoms.borders[(atoms.borders["right"] >= 0) & atoms.borders["passable"]]
    left, right = inner["left"].to_numpy(), inner["right"].to_numpy()
    size = len(atoms.frame)
    both = (np.concatenate([left, right]), np.concatenate([right, left]))
    return coo_array((np.ones(2 * len(inner), dtype=bool), both), shape=(size, size)).tocsr()


def _first_cut(
    graph: csr_array, members: Index, facility: Index, atoms: Atoms, lower: int
) -> _Cut | None:
    """Return the first cut among the `members` (atoms) of one community, in their `graph`."""
    ordinary = np.flatnonzero(facility < 0)
    count, found = connected_components(graph[ordinary][:, ordinary], directed=False)
    if count < 2:
        return None
    piece = np.full(len(members), -1)
    piece[ordinary] = found
    households = atoms.frame["households"].to_numpy()[members]
    held = np.bincount(found, households[ordinary], count).astype(np.int64)
    for number in np.flatnonzero((held > 0) & (held < lower)):
        for around in _facilities_around(graph, piece == number, facility, atoms):
            beyond = np.unique(piece[_beside(graph, facility == around)])
            if np.setdiff1d(beyond, [-1, number]).size:
                return _Cut(facility=around, households=int(held[number]))
    return None


def _facilities_around(
    graph: csr_array, piece: NDArray[np.bool_], facility: Index, atoms: Atoms
) -> Iterator[int]:
    around = set(facility[_beside(graph, piece)].tolist()) - {-1}
    area = atoms.considered["area_m2"].to_numpy()
    yield from sorted(around, key=lambda f: (round(float(area[f]), 2), f))


def _beside(graph: csr_array, piece: NDArray[np.bool_]) -> Index:
    """Return the neighbours of the atoms of a piece."""
    beside: Index = np.unique(graph[np.flatnonzero(piece)].indices)
    return beside


def _cuts_off(households: int) -> Text:
    return Text(
        f"passes, but its grid would cut off {households} households from their community",
        f"达到阈值，但单独成网格会使 {households} 户与本社区其余部分隔断，故不单设",
    )
