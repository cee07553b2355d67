"""Proofs that a community cannot be in band.

``arithmetic``: no number of grids fits the totals; ``atom``: no connected set around one unit is
in band; ``disconnected``: no number of grids fits a piece that no link joins to the rest;
``exhausted``: all connected subgraphs were enumerated.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridgeo.model import deciding_counts
from gridgeo.partition.band import (
    exceeds_band,
    possible_grid_counts,
    residents_known,
    total_residents,
)
from gridgeo.partition.problem import canonical_order
from gridgeo.wording import Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.pieces import SolvedPiece
    from gridgeo.partition.problem import Problem

#: sets tried around one atom before the proof gives up
_MAX_SETS_TRIED = 5000


def is_ruled_out(problem: Problem, band: Band) -> bool:
    """Tell whether the totals of a piece, or one of its atoms, rule the band out."""
    households, residents = problem.households, problem.residents
    counts = possible_grid_counts(band, households, residents)
    possible = problem.grids in counts if problem.grids is not None else bool(counts)
    return not possible or bool(exceeds_band(band, households, residents).any())


def unplaceable_atoms(band: Band, problem: Problem) -> list[int]:
    """Return the atoms that are in no connected set in band.

    One such atom proves that no partition of the piece is in band. An atom above the limits is
    the simple case; one of 281 households between neighbours of 250 is another. An atom with more
    than `_MAX_SETS_TRIED` sets to try is not claimed.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> from gridgeo.partition import Problem
    >>> street = Problem(
    ...     households=np.array([200, 281, 240, 120]), residents=np.full(4, np.nan),
    ...     edges=np.array([[0, 1], [2, 3]], dtype=np.int32), cut_m=np.ones(2),
    ...     straddle_m=np.zeros(2), linked=np.ones(2, dtype=bool), x=np.arange(4.0),
    ...     y=np.zeros(4), area=np.ones(4))
    >>> unplaceable_atoms(Band(upper=400), street)
    [0, 1]
    """
    ordered, order = canonical_order(problem)
    neighbours: dict[int, list[int]] = defaultdict(list)
    for a, b in ordered.edges[ordered.linked].tolist():
        neighbours[a].append(b)
        neighbours[b].append(a)
    counts = _counts(ordered)
    reached: set[int] = set()
    for v in range(order.size):
        if v not in reached:
            reached |= _grown_in_band(band, counts, neighbours, v)
    left = [v for v in range(order.size) if v not in reached]
    return sorted(int(order[v]) for v in left if not _has_set_in_band(band, counts, neighbours, v))


def _counts(problem: Problem) -> list[tuple[float, float, bool]]:
    """Return households, residents and whether these are unknown, atom by atom."""
    is_known = residents_known(problem.households, problem.residents)
    people = np.nan_to_num(problem.residents)
    return list(
        zip(problem.households.tolist(), people.tolist(), (~is_known).tolist(), strict=True)
    )


def _grown_in_band(
    band: Band, counts: list[tuple[float, float, bool]], neighbours: dict[int, list[int]], v: int
) -> set[int]:
    """Return a set in band that grows from `v` by the lightest neighbour, or the empty set.

    Every atom of such a set lies in a connected set in band; for the others `_has_set_in_band`
    has to search.
    """
    frontier = [(counts[v], v)]
    seen, inside = {v}, set()
    total = (0.0, 0.0, False)
    while frontier:
        (households, residents, unknown), u = heapq.heappop(frontier)
        inside.add(u)
        total = (total[0] + households, total[1] + residents, total[2] or unknown)
        fits, grows = _band_state(band, [total])
        if fits:
            return inside
        if not grows:
            break
        for t in neighbours[u]:
            if t not in seen:
                seen.add(t)
                heapq.heappush(frontier, (counts[t], t))
    return set()


def _has_set_in_band(
    band: Band, counts: list[tuple[float, float, bool]], neighbours: dict[int, list[int]], v: int
) -> bool:
    """Tell whether a connected set with `v` is in band, or too many would have to be tried."""
    if not _component_reaches_band(band, counts, neighbours, v):
        return False
    pending = [(frozenset([v]), frozenset[int]())]
    tried = 0
    while pending:
        inside, excluded = pending.pop()
        tried += 1
        fits, grows = _band_state(band, [counts[u] for u in inside])
        if fits or tried > _MAX_SETS_TRIED:
            return True
        if not grows:
            continue
        around = sorted({t for u in inside for t in neighbours[u]} - inside - excluded)
        for i, t in enumerate(around):
            pending.append((inside | {t}, excluded | frozenset(around[:i])))
    return False


def _component_reaches_band(
    band: Band, counts: list[tuple[float, float, bool]], neighbours: dict[int, list[int]], v: int
) -> bool:
    """Tell whether the connected component of `v` reaches a lower limit of the band."""
    component = {v}
    pending = [v]
    while pending:
        fresh = set(neighbours[pending.pop()]) - component
        component |= fresh
        pending += fresh
    households, residents = (sum(counts[u][i] for u in component) for i in (0, 1))
    return households >= band.lower or (
        band.profile != "households" and residents >= band.residents_lower
    )


def _band_state(band: Band, counts: list[tuple[float, float, bool]]) -> tuple[bool, bool]:
    """Return whether a set is in band, and whether a larger one still could be."""
    households = sum(h for h, _, _ in counts)
    residents = sum(p for _, p, _ in counts)
    unknown = any(u for _, _, u in counts)
    deciding = deciding_counts(band, households, math.nan if unknown else residents)
    fits = any(one.verdict == "in_band" for one in deciding)
    return fits, households < band.upper or any(one.amount < one.upper for one in deciding)


#: units that a reason names, the heaviest first
_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The kind of a proof, and what it states."""

    kind: str
    reasons: tuple[Reason, ...]


def prove_impossible(band: Band, pieces: list[SolvedPiece]) -> list[Proof]:
    """Return the proofs that a community cannot be in band, of the simplest kind only."""
    missing = [piece for piece in pieces if piece.solution.missed]
    households = np.concatenate([piece.problem.households for piece in pieces])
    residents = np.concatenate([piece.problem.residents for piece in pieces])
    found = [
        _arithmetic(band, households, residents, _fixed(pieces)),
        *(_oversized(band, p) for p in missing),
    ]
    if len(pieces) > 1:
        found += [_disconnected(band, piece) for piece in missing]
    if not any(found):
        found = [_unplaceable(band, piece) for piece in missing]
    if not any(found):
        found = [_exhausted(band, piece) for piece in missing if piece.solution.exact]
    return [proof for proof in found if proof]


def _fixed(pieces: list[SolvedPiece]) -> int | None:
    """Return the number of grids of some pieces, None where it is free."""
    numbers = [piece.problem.grids for piece in pieces]
    return None if None in numbers else sum(number or 0 for number in numbers)


def _arithmetic(
    band: Band,
    households: NDArray[np.int64],
    residents: NDArray[np.float64],
    fixed: int | None,
) -> Proof | None:
    numbers = possible_grid_counts(band, households, residents)
    stated = {
        "households": int(households.sum()),
        "residents": total_residents(households, residents),
        "band": band,
    }
    if numbers and fixed not in {None, *numbers}:
        reason = Reason("not_this_number_of_grids", stated | {"grids": fixed})
    elif numbers:
        return None
    else:
        reason = Reason("no_number_of_grids", stated)
    return Proof(kind="arithmetic", reasons=(reason,))


def _oversized(band: Band, piece: SolvedPiece) -> Proof | None:
    problem = piece.problem
    big = np.flatnonzero(exceeds_band(band, problem.households, problem.residents))
    codes = ["group_too_large" if together else "atom_too_large" for together in piece.contracted]
    return _atom_proof(band, piece, big.tolist(), codes)


def _unplaceable(band: Band, piece: SolvedPiece) -> Proof | None:
    atoms = unplaceable_atoms(band, piece.problem)
    return _atom_proof(band, piece, atoms, ["atom_fits_nowhere"] * len(piece.contracted))


def _atom_proof(band: Band, piece: SolvedPiece, atoms: list[int], codes: list[str]) -> Proof | None:
    """Return the proof by some atoms, with the heaviest of them named."""
    if not atoms:
        return None
    problem = piece.problem
    ranked = sorted(atoms, key=lambda v: (-problem.households[v], problem.x[v], problem.y[v]))
    reasons = [Reason(codes[v], unit_values(piece, v) | {"band": band}) for v in ranked[:_NAMED]]
    if len(ranked) > _NAMED:
        reasons.append(Reason("such_atoms", {"atoms": len(ranked)}))
    return Proof(kind="atom", reasons=tuple(reasons))


def unit_values(piece: SolvedPiece, v: int) -> dict[str, Any]:
    """Return the name of a unit, its coordinates and its counts, as a reason states them."""
    problem = piece.problem
    return {
        "name": piece.names[v],
        "x": float(problem.x[v]),
        "y": float(problem.y[v]),
        "households": int(problem.households[v]),
        "residents": float(problem.residents[v]),
    }


def _disconnected(band: Band, piece: SolvedPiece) -> Proof | None:
    problem = piece.problem
    if possible_grid_counts(band, problem.households, problem.residents):
        return None
    stated = {
        "households": int(problem.households.sum()),
        "residents": total_residents(problem.households, problem.residents),
        "band": band,
        "by": piece.cut_off_by,
    }
    code = "piece_cut_off" if piece.cut_off_by else "piece_apart"
    return Proof(kind="disconnected", reasons=(Reason(code, stated),))


def _exhausted(band: Band, piece: SolvedPiece) -> Proof:
    stated = {
        "atoms": piece.problem.households.size,
        "band": band,
        "distance": math.ceil(piece.solution.distance),
    }
    return Proof(kind="exhausted", reasons=(Reason("exhausted", stated),))
