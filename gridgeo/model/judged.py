"""How the counts of a grid compare with the band: the one definition that every command uses.

1. Households decide, unless the profile is ``residents``; where residents are unknown they decide
   under that profile, too.
2. Residents decide where they are known, unless the profile is ``households``.
3. Counts are in band where one of the measures that decide lies within its limits.
4. Otherwise the distance is that of the households where these decide and are known, else that of
   the residents.
5. No verdict is given where no count that decides is known.

The kernels of the search compute the same in compiled code, and ``band.js`` in the map page; tests
compare both with `judge_counts`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gridgeo.config import Band

_Measure = Literal["households", "residents"]
_Verdict = Literal["in_band", "under", "over", ""]


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedCount:
    """A count compared with its limits.

    Parameters
    ----------
    measure
        What is counted.
    amount, lower, upper
        The count (NaN where unknown) and its limits, both of them inside.
    """

    measure: _Measure
    amount: float
    lower: int
    upper: int

    @property
    def verdict(self) -> _Verdict:
        """Return ``in_band``, ``under``, ``over``, or ``""`` where the count is unknown."""
        if math.isnan(self.amount):
            return ""
        if self.amount < self.lower:
            return "under"
        return "over" if self.amount > self.upper else "in_band"

    @property
    def off(self) -> float:
        """Return by how much the count is above (positive) or below the band; NaN if unknown."""
        return float(self.amount - min(max(self.amount, self.lower), self.upper))


def deciding_counts(band: Band, households: float, residents: float) -> tuple[JudgedCount, ...]:
    """Return the counts that decide by rules 1 and 2: one or two, households first.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> [one.measure for one in deciding_counts(Band(), 400, 900)]
    ['households', 'residents']
    >>> [one.measure for one in deciding_counts(Band(profile="residents"), 400, float("nan"))]
    ['households']
    """
    known = not math.isnan(residents)
    counts = []
    if band.profile != "residents" or not known:
        counts.append(
            JudgedCount(measure="households", amount=households, lower=band.lower, upper=band.upper)
        )
    if band.profile != "households" and known:
        counts.append(
            JudgedCount(
                measure="residents",
                amount=residents,
                lower=band.residents_lower,
                upper=band.residents_upper,
            )
        )
    return tuple(counts)


def judge_counts(band: Band, households: float, residents: float) -> JudgedCount:
    """Return how a grid with these counts compares with `band`, by the measure that decides.

    Parameters
    ----------
    households, residents
        What the grid contains; NaN where unknown.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> nan = float("nan")
    >>> judge_counts(Band(), 520, nan).verdict, judge_counts(Band(), 520, nan).off
    ('over', 20.0)
    >>> judge_counts(Band(), 250, 900).measure, judge_counts(Band(), 250, 900).verdict
    ('residents', 'in_band')
    >>> judge_counts(Band(profile="residents"), 400, nan).verdict
    'in_band'
    >>> judge_counts(Band(), nan, nan).verdict
    ''
    """
    counts = deciding_counts(band, households, residents)
    within = [one for one in counts if one.verdict == "in_band"]
    known = [one for one in counts if one.verdict]
    return (within or known or counts)[0]


def is_small(band: Band, households: float, residents: float) -> bool:
    """Tell whether a community is below the lower limit, and so may be one grid."""
    return deciding_counts(band, households, residents)[0].verdict == "under"


def exceeds(band: Band, households: float, residents: float) -> bool:
    """Tell whether what has these counts is more than any grid in band can contain."""
    return all(one.verdict == "over" for one in deciding_counts(band, households, residents))
