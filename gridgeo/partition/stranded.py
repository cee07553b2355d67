"""Atoms that no grid in the band can hold, proved by trying every connected set around them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from gridgeo.partition.band import known
from gridgeo.partition.problem import in_order

if TYPE_CHECKING:
    from gridgeo.config import Band
    from gridgeo.partition.problem import Problem

#: sets tried around one atom before nothing is claimed about it
TRIED = 5000


def stranded_atoms(band: Band, problem: Problem) -> list[int]:
    """Return the atoms that lie in no connected set within the band.

    One such atom proves that no partition of the piece is in band. An atom above the limits is
    the plain case; one of 281 households between neighbours of 250 is another. Where more than
    `TRIED` sets would have to be looked at, an atom is not claimed.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> from gridgeo.partition.problem import Problem
    >>> street = Problem(
    ...     households=np.array([200, 281, 240, 120]), residents=np.full(4, np.nan),
    ...     edges=np.array([[0, 1], [2, 3]], dtype=np.int32), cut_m=np.ones(2),
    ...     straddle_m=np.zeros(2), linked=np.ones(2, dtype=bool), x=np.arange(4.0),
    ...     y=np.zeros(4), area=np.ones(4))
    >>> stranded_atoms(Band(upper=400), street)
    [0, 1]
    """
    ordered, order = in_order(problem)
    beside: dict[int, list[int]] = defaultdict(list)
    for a, b in ordered.edges[ordered.linked].tolist():
        beside[a].append(b)
        beside[b].append(a)
    counts = _counts(ordered)
    return sorted(int(order[v]) for v in range(order.size) if not _reaches(band, counts, beside, v))


def _counts(problem: Problem) -> list[tuple[float, float, bool]]:
    """Return households, residents and whether these are unknown, atom by atom."""
    told = known(problem.households, problem.residents)
    people = np.nan_to_num(problem.residents)
    return list(zip(problem.households.tolist(), people.tolist(), (~told).tolist(), strict=True))


def _reaches(
    band: Band, counts: list[tuple[float, float, bool]], beside: dict[int, list[int]], v: int
) -> bool:
    """Tell whether some connected set with `v` is in band, or too many would have to be tried."""
    waiting = [(frozenset([v]), frozenset[int]())]
    tried = 0
    while waiting:
        inside, barred = waiting.pop()
        tried += 1
        fits, grows = _state(band, [counts[u] for u in inside])
        if fits or tried > TRIED:
            return True
        if not grows:
            continue
        around = sorted({t for u in inside for t in beside[u]} - inside - barred)
        for i, t in enumerate(around):
            waiting.append((inside | {t}, barred | frozenset(around[:i])))
    return False


def _state(band: Band, held: list[tuple[float, float, bool]]) -> tuple[bool, bool]:
    """Return whether a set is in band, and whether a larger one still could be."""
    households = sum(h for h, _, _ in held)
    residents = sum(p for _, p, _ in held)
    unknown = any(u for _, _, u in held)
    by_households = band.profile != "residents" or unknown
    by_residents = band.profile != "households" and not unknown
    fits = by_households and band.lower <= households <= band.upper
    fits |= by_residents and band.residents_lower <= residents <= band.residents_upper
    return fits, households < band.upper or (by_residents and residents < band.residents_upper)
