"""How the counts of a grid stand to the band: the one definition that every command uses.

1. Households decide, unless the profile is ``residents``; where residents are unknown they decide
   under that profile, too.
2. Residents decide where they are known, unless the profile is ``households``.
3. Counts are in band where one of the measures that decide lies within its limits.
4. Otherwise the distance is that of the households where these decide and are known, else that of
   the residents.
5. Nothing is claimed where no count that decides is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gridgeo.config import Band


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """Counts judged by a band.

    Parameters
    ----------
    verdict
        ``in_band``, ``under``, ``over``, or ``""`` where the count that decides is unknown.
    measure
        What the verdict speaks of.
    amount, lower, upper
        The count and its limits, in households or residents.
    """

    verdict: Literal["in_band", "under", "over", ""]
    measure: Literal["households", "residents"]
    amount: float
    lower: int
    upper: int

    @property
    def off(self) -> float:
        """Return by how much the count is above (positive) or below the band; NaN if unknown."""
        return float(self.amount - min(max(self.amount, self.lower), self.upper))


def judge_counts(band: Band, households: float, residents: float) -> Judged:
    """Return how a grid with these counts stands to `band`.

    Parameters
    ----------
    households, residents
        What the grid holds; NaN where unknown.

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
    by_households = _judged(households, band.lower, band.upper, "households")
    by_residents = _judged(residents, band.residents_lower, band.residents_upper, "residents")
    deciding = measures(band, residents)
    judged = [one for one in (by_households, by_residents) if one.measure in deciding]
    for one in judged:
        if one.verdict == "in_band":
            return one
    return next((one for one in judged if one.verdict), judged[0])


def measures(band: Band, residents: float) -> tuple[str, ...]:
    """Return which counts decide, the one that distances are in first.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> measures(Band(), 900.0), measures(Band(profile="residents"), float("nan"))
    (('households', 'residents'), ('households',))
    """
    known = not math.isnan(residents)
    return tuple(
        name
        for name, decides in (
            ("households", band.profile != "residents" or not known),
            ("residents", band.profile != "households" and known),
        )
        if decides
    )


def _judged(
    amount: float, lower: int, upper: int, measure: Literal["households", "residents"]
) -> Judged:
    verdict: Literal["in_band", "under", "over", ""] = (
        ""
        if math.isnan(amount)
        else "under" if amount < lower else "over" if amount > upper else "in_band"
    )
    return Judged(verdict=verdict, measure=measure, amount=amount, lower=lower, upper=upper)
