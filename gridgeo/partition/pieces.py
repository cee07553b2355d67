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
from gridgeo.words import STREETS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.model import Atoms
    from gridgeo.partition.problem import Problem, Solution


@dataclass(frozen=True, kw_only=True)
class Join:
    """A link that was added across a barrier, for the sake of a piece with these households."""

    pair: int
    households: int


@dataclass(frozen=True, kw_only=True)
class Solved:
    """One piece with households: its atoms' positions, its problem and the best that was found.

    ``cut_off_by`` says what lies between the piece and the rest of its community, None where
    nothing does.
    """

    members: NDArray[np.int64]
    problem: Problem
    solution: Solution
    names: tuple[str, ...]
    cut_off_by: Text | None


def find_pieces(ground: Ground) -> NDArray[np.int64]:
    """Return for each atom the number of its linked piece, -1 where a facility takes it."""
    piece = connected(ground, ground.basic & ground.linked)
    return np.where(ground.facility < 0, piece, -1)


def join_pieces(ground: Ground, band: Band) -> tuple[Ground, NDArray[np.int64], list[Join]]:
    """Link pieces that hold households but cannot be in band alone, across the weakest barriers.

    The lightest of a community is joined first.

    Returns
    -------
    tuple
        The ground with these links, the piece of each atom (-1: dedicated), what was joined.
    """
    piece = find_pieces(ground)
    divided = divided_pairs(ground, piece)
    joins: list[Join] = []
    for pairs in split_by(ground.community[ground.left[divided]]).values():
        while True:
            ends = piece[np.r_[ground.left[divided[pairs]], ground.right[divided[pairs]]]]
            wanting = _wanting(ground, band, piece, np.unique(ends))
            tried = (join_across(ground, piece, number) for number in wanting)
            joined = next((found for found in tried if found), None)
            if joined is None:
                break
            ground, piece, join = joined
            joins.append(join)
    return ground, piece, joins


def divided_pairs(ground: Ground, piece: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pairs of basic atoms that lie in different pieces."""
    apart = piece[ground.left] != piece[ground.right]
    return np.flatnonzero(ground.basic & ~ground.linked & apart)


def join_across(
    ground: Ground, piece: NDArray[np.int64], number: int
) -> tuple[Ground, NDArray[np.int64], Join] | None:
    """Link one piece to another over the barrier that is easiest to cross, None without any.

    Pieces with households come first, then motorway before rail before water, then the longest
    border.
    """
    divided = divided_pairs(ground, piece)
    ends = piece[np.column_stack([ground.left[divided], ground.right[divided]])]
    options = divided[(ends == number).any(axis=1)]
    if not options.size:
        return None
    ends = np.column_stack([ground.left[options], ground.right[options]])
    other = np.where(piece[ends[:, 0]] == number, ends[:, 1], ends[:, 0])
    empty = ~np.isin(piece[other], piece[ground.households > 0])
    x, y = (np.round(a[ends].sum(axis=1), 3) for a in (ground.x, ground.y))
    length = np.round(ground.border_m[options], 3)
    pair = int(options[np.lexsort((y, x, -length, -ground.barrier[options], empty))[0]])
    linked = ground.linked.copy()
    linked[pair] = True
    both = piece[[ground.left[pair], ground.right[pair]]]
    households = int(ground.households[piece == number].sum())
    joined = np.where(np.isin(piece, both), both.min(), piece)
    return replace(ground, linked=linked), joined, Join(pair=pair, households=households)


def _wanting(
    ground: Ground, band: Band, piece: NDArray[np.int64], numbers: NDArray[np.int64]
) -> list[int]:
    """Return the pieces that cannot be in band alone, the lightest first."""
    found = []
    for number in numbers:
        members = piece == number
        households = ground.households[members]
        if households.sum() and not numbers_of_grids(band, households, ground.residents[members]):
            west, south = (round(float(a[members].min()), 3) for a in (ground.x, ground.y))
            found.append((int(households.sum()), west, south, int(number)))
    return [number for *_, number in sorted(found)]


def report_joins(atoms: Atoms, ground: Ground, joins: list[Join]) -> tuple[Finding, ...]:
    """Return a finding for every link that was added across a barrier."""
    return tuple(_finding(atoms, ground, join) for join in joins)


def _finding(atoms: Atoms, ground: Ground, join: Join) -> Finding:
    left, right = int(ground.left[join.pair]), int(ground.right[join.pair])
    rows = atoms.borders[(atoms.borders["left"] == left) & (atoms.borders["right"] == right)]
    where = shapely.union_all(rows.geometry.to_numpy())
    name = STREETS[CROSSED_BY_STREETS_ONLY[ground.barrier[join.pair]]]
    alone = Text(
        f"A piece with {join.households} households cannot be in band alone: linked across "
        f"{name.en}",
        f"{join.households} 户的一片单独无法达标，跨{name.zh}与相邻部分相连",
    )
    empty = Text(
        f"A piece without households was joined across {name.en}",
        f"无住户的一片跨{name.zh}并入相邻网格",
    )
    return Finding(
        rule="straddles_barrier",
        severity="info",
        message=alone if join.households else empty,
        where=where,
        amount=float(join.households),
        unit="households",
    )
