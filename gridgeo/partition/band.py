"""The band: which numbers of grids can be in band at all, and amounts and limits in words.

Under ``either`` one grid may meet the band by households and the next by residents. For k1 grids
by households and k2 by residents, `possible_grid_counts` tests whether *fractions* of atoms could
do it: the second kind then has any amount of residents between ``k2 * residents_lower`` and ``k2 *
residents_upper``, and the households that go with them lie between those of the atoms with most
residents per household and those of the atoms with fewest. Where fractions cannot, whole connected
atoms cannot either, so a number that is left out is proved impossible.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridgeo.config import Band
    from gridgeo.partition.problem import Problem


def residents_known(
    households: NDArray[np.int64], residents: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell for each atom whether its residents are known; an atom without households has none."""
    is_known: NDArray[np.bool_] = ~np.isnan(residents) | (households == 0)
    return is_known


def count_by(
    labels: NDArray[np.integer],
    grids: int,
    households: NDArray[np.int64],
    residents: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return households and residents of each grid; NaN where any of its atoms is unknown."""
    unknown = np.bincount(labels, weights=~residents_known(households, residents), minlength=grids)
    people = np.bincount(labels, weights=np.nan_to_num(residents), minlength=grids)
    counted = np.bincount(labels, weights=households, minlength=grids).astype(np.int64)
    return counted, np.where(unknown > 0, np.nan, people)


def ideal_grid_count(band: Band, households: float, residents: float) -> float:
    """Return the (fractional) number of grids with a mean grid in the middle of the band.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> ideal_grid_count(Band(profile="households"), 1200, float("nan"))
    3.0
    """
    by_households = 2 * households / (band.lower + band.upper)
    by_residents = 2 * residents / (band.residents_lower + band.residents_upper)
    if band.profile == "households" or math.isnan(residents):
        return by_households
    return by_residents if band.profile == "residents" else (by_households + by_residents) / 2


def possible_grid_counts(
    band: Band, households: NDArray[np.int64], residents: NDArray[np.float64]
) -> tuple[int, ...]:
    """Return the numbers of grids that the totals allow, nearest to the middle of the band first.

    Parameters
    ----------
    households, residents
        int64[n], float64[n] with NaN where unknown: the atoms of one piece.

    Returns
    -------
    tuple of int
        Empty where the totals prove that no partition is in band (the proof ``arithmetic``).

    Examples
    --------
    >>> import numpy as np
    >>> from gridgeo.config import Band
    >>> possible_grid_counts(Band(), np.array([500, 700]), np.array([np.nan, np.nan]))
    (3, 4)
    >>> possible_grid_counts(Band(), np.array([250, 290]), np.array([np.nan, np.nan]))
    ()
    """
    is_known = residents_known(households, residents)
    people = np.where(is_known, np.nan_to_num(residents), 0.0)
    whole = float(people.sum()) if is_known.all() else math.nan
    counts = _counts_by_measure(band, households, people, is_known)
    near = ideal_grid_count(band, float(households.sum()), whole)
    return tuple(sorted(counts, key=lambda k: (abs(k - near), k)))


#: The mean grid has this share of the area that the largest may have.
_MEAN_OF_MOST = 0.85


def grid_counts_of(problem: Problem, band: Band) -> tuple[int, ...]:
    """Return the possible numbers of grids of a problem, none but its own where that is fixed."""
    counts = possible_grid_counts(band, problem.households, problem.residents)
    return tuple(
        k for k in _within_reach_first(counts, problem, band) if problem.grids in {None, k}
    )


def _within_reach_first(counts: tuple[int, ...], problem: Problem, band: Band) -> tuple[int, ...]:
    """Return numbers of grids in their order, those first that come nearest to the limits.

    So many grids that their mean is well below the area that a grid may have, and no larger than
    the square whose diagonal is the walk.
    """
    most = [band.most_area_ha * 10_000.0 * _MEAN_OF_MOST, band.most_walk_m**2 / 2]
    least = min((area for area in most if area > 0), default=math.inf)
    needed = math.ceil(float(problem.area.sum()) / least)
    return tuple(sorted(counts, key=lambda k: max(needed - k, 0)))


def _counts_by_measure(
    band: Band,
    households: NDArray[np.int64],
    people: NDArray[np.float64],
    is_known: NDArray[np.bool_],
) -> set[int]:
    total, persons = int(households.sum()), float(people.sum())
    counts: set[int] = set()
    by_households = band.profile != "residents" or not is_known.all()
    if by_households:
        counts |= _counts_within(total, band.lower, band.upper)
    if band.profile == "households":
        return counts
    if is_known.all():
        counts |= _counts_within(persons, band.residents_lower, band.residents_upper)
    if by_households:
        counts |= _mixed_counts(band, total, households[is_known], people[is_known])
    return counts


def _counts_within(amount: float, lower: int, upper: int) -> set[int]:
    return set(range(max(1, math.ceil(amount / upper)), math.floor(amount / lower) + 1))


def _mixed_counts(
    band: Band, total: int, households: NDArray[np.int64], people: NDArray[np.float64]
) -> set[int]:
    """Return the numbers k1 + k2 of grids by households and by residents."""
    order = np.argsort(people / np.maximum(households, 1e-9), kind="stable")
    most = _cumulative(people[order], households[order])
    order = order[people[order] > 0][::-1]
    fewest = _cumulative(people[order], households[order])
    possible: set[int] = set()
    for k2 in range(1, math.floor(people.sum() / band.residents_lower) + 1):
        low = float(np.interp(k2 * band.residents_lower, *fewest))
        high = float(np.interp(min(k2 * band.residents_upper, people.sum()), *most))
        first = max(1, math.ceil((total - high) / band.upper - 1e-9))
        last = math.floor((total - low) / band.lower + 1e-9)
        possible |= {k1 + k2 for k1 in range(first, last + 1)}
    return possible


def _cumulative(
    people: NDArray[np.float64], households: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return (
        np.concatenate([[0.0], np.cumsum(people)]),
        np.concatenate([[0.0], np.cumsum(households.astype(float))]),
    )


def exceeds_band(
    band: Band, households: NDArray[np.int64], residents: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell for each atom of a piece whether it alone exceeds the band."""
    is_known = residents_known(households, residents)
    over = np.ones(households.size, dtype=bool)
    if band.profile != "residents" or not is_known.all():
        over &= households > band.upper
    if band.profile != "households":
        over &= ~is_known | (np.nan_to_num(residents) > band.residents_upper)
    return over


def apportion(
    band: Band, grids: int, pieces: list[tuple[NDArray[np.int64], NDArray[np.float64]]]
) -> list[int]:
    """Apportion `grids` grids among pieces: return the number of each.

    Each piece has at least one and at most one per atom, whatever `grids` says. Then each gets
    the fewest that the band allows it, then no more than the most that it allows; what is left
    is apportioned by Sainte-Laguë's divisors.

    Parameters
    ----------
    pieces
        Households and residents of the atoms of each.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> unknown = np.full(21, np.nan)
    >>> pieces = [(np.full(9, 100), unknown[:9]), (np.full(21, 100), unknown)]
    >>> apportion(Band(), 7, pieces), apportion(Band(), 9, pieces), apportion(Band(), 1, pieces)
    ([2, 5], [3, 6], [1, 1])
    """
    sizes = np.array([households.size for households, _ in pieces])
    possible = [possible_grid_counts(band, *piece) or (1,) for piece in pieces]
    fewest, most = ([limit(numbers) for numbers in possible] for limit in (min, max))
    weight = np.array([float(households.sum()) for households, _ in pieces])
    numbers = np.ones(sizes.size, dtype=np.int64)
    for _ in range(min(grids, int(sizes.sum())) - sizes.size):
        quotient = weight / (2 * numbers + 1)
        order = np.lexsort((-quotient, numbers >= most, numbers >= fewest, numbers >= sizes))
        numbers[order[0]] += 1
    return [int(number) for number in numbers]


def total_residents(households: NDArray[np.int64], residents: NDArray[np.float64]) -> float:
    """Return the total of residents, NaN where those of any atom are unknown."""
    is_known = residents_known(households, residents)
    return float(np.nan_to_num(residents).sum()) if is_known.all() else float("nan")
