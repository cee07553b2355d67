"""Pieces of ground that barriers divide, and which of them must be joined across a barrier."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridgeo.model import CROSSED_BY_STREETS_ONLY, Finding
from gridgeo.partition.band import numbers_of_grids
from gridgeo.partition.graph import Ground, connected, split_by
from gridgeo.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.model import Atoms

BARRIER_NAMES = {
    "water": Text("water", "水系"),
    "rail": Text("a railway", "铁路"),
    "motorway": Text("a motorway", "高速公路"),
}


@dataclass(frozen=True, kw_only=True)
class Join:
    """A link that was added across a barrier, for the sake of a piece with these households."""

    pair: int
    households: int


def find_pieces(ground: Ground) -> NDArray[np.int64]:
    """Return for each atom the number of its linked piece, -1 where a facility takes it."""
    piece = connected(ground, ground.basic & ground.linked)
    return np.where(ground.facility < 0, piece, -1)


def join_pieces(ground: Ground, band: Band) -> tuple[Ground, NDArray[np.int64], list[Join]]:
    """Link pieces that hold households but cannot be in band alone, across the weakest barriers.

    The lightest such piece is joined first, over the barrier that is easiest to cross (motorway,
    rail, water; then the longest border), to a piece with households if it borders one.

    Returns
    -------
    tuple
        The ground with these links, the piece of each atom (-1: dedicated), what was joined.
    """
    piece = find_pieces(ground)
    divided = np.flatnonzero(ground.basic & ~ground.linked)
    across = divided[piece[ground.left[divided]] != piece[ground.right[divided]]]
    joins: list[Join] = []
    by_community = split_by(ground.community[ground.left[across]])
    for members in by_community.values():
        piece, joined = _join_community(ground, band, piece, across[members])
        joins += joined
    linked = ground.linked.copy()
    linked[[join.pair for join in joins]] = True
    return replace(ground, linked=linked), piece, joins


def _join_community(
    ground: Ground, band: Band, piece: NDArray[np.int64], across: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[Join]]:
    """Join the pieces of one community; `across` are its pairs between different pieces."""
    piece = piece.copy()
    joins: list[Join] = []
    while True:
        left, right = piece[ground.left[across]], piece[ground.right[across]]
        across = across[left != right]
        wanting = _wanting(ground, band, piece, np.unique(np.r_[left, right]))
        for number, households in wanting:
            options = across[
                (piece[ground.left[across]] == number) | (piece[ground.right[across]] == number)
            ]
            if options.size:
                pair = int(options[_easiest(ground, piece, options, number)])
                joins.append(Join(pair=pair, households=households))
                ends = piece[ground.left[pair]], piece[ground.right[pair]]
                piece[np.isin(piece, ends)] = min(ends)
                break
        else:
            return piece, joins


def _wanting(
    ground: Ground, band: Band, piece: NDArray[np.int64], numbers: NDArray[np.int64]
) -> list[tuple[int, int]]:
    """Return (piece, households) of those that cannot be in band alone, the lightest first."""
    found = []
    for number in numbers:
        members = piece == number
        households = ground.households[members]
        if households.sum() and not numbers_of_grids(band, households, ground.residents[members]):
            found.append((int(households.sum()), round(float(ground.x[members].min()), 3), number))
    return [(int(number), households) for households, _, number in sorted(found)]


def _easiest(
    ground: Ground, piece: NDArray[np.int64], options: NDArray[np.int64], number: int
) -> int:
    ends = np.column_stack([ground.left[options], ground.right[options]])
    other = np.where(piece[ends[:, 0]] == number, ends[:, 1], ends[:, 0])
    inhabited = np.isin(piece[other], np.unique(piece[ground.households > 0]))
    x, y = (np.round(a[ends].sum(axis=1), 3) for a in (ground.x, ground.y))
    length = np.round(ground.border_m[options], 3)
    return int(np.lexsort((y, x, -length, -ground.barrier[options], ~inhabited))[0])


def report_joins(atoms: Atoms, ground: Ground, joins: list[Join]) -> tuple[Finding, ...]:
    """Return a finding for every link that was added across a barrier."""
    return tuple(_finding(atoms, ground, join) for join in joins)


def _finding(atoms: Atoms, ground: Ground, join: Join) -> Finding:
    left, right = int(ground.left[join.pair]), int(ground.right[join.pair])
    rows = atoms.borders[(atoms.borders["left"] == left) & (atoms.borders["right"] == right)]
    where = shapely.union_all(rows.geometry.to_numpy())
    name = BARRIER_NAMES[CROSSED_BY_STREETS_ONLY[ground.barrier[join.pair]]]
    what = Text(
        f"A piece with {join.households} households cannot stand alone: joined across {name.en}",
        f"{join.households} 户的一片无法单独成网格，跨{name.zh}并入相邻部分",
    )
    return Finding(
        rule="straddles_barrier",
        severity="info",
        message=what,
        where=where,
        amount=float(join.households),
        unit="households",
    )
