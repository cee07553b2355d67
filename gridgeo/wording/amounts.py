"""Amounts and limits in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gridgeo.wording.text import Text

if TYPE_CHECKING:
    from gridgeo.config import Band


def count_text(households: int, residents: float) -> Text:
    """Return households and, where known, residents in words.

    Examples
    --------
    >>> count_text(620, float("nan")).zh
    '620 户'
    >>> count_text(620, 1500).en
    '620 households, 1,500 residents'
    """
    text = Text(f"{households:,} households", f"{households:,} 户")
    if math.isnan(residents):
        return text
    return text + Text(f", {residents:,.0f} residents", f"、{residents:,.0f} 人")


def band_text(band: Band) -> Text:
    """Return the band of the profile in words.

    Examples
    --------
    >>> from gridgeo.config import Band
    >>> band_text(Band()).zh
    '300–500 户或 800–1,200 人'
    """
    households = Text(
        f"{band.lower:,}-{band.upper:,} households", f"{band.lower:,}–{band.upper:,} 户"
    )
    residents = Text(
        f"{band.residents_lower:,}-{band.residents_upper:,} residents",
        f"{band.residents_lower:,}–{band.residents_upper:,} 人",
    )
    if band.profile == "either":
        return households + Text(" or ", "或 ") + residents
    return households if band.profile == "households" else residents


def upper_text(band: Band, residents: float) -> Text:
    """Return the upper limits that an atom with these residents can exceed, in words."""
    households = Text(f"{band.upper:,} households", f"{band.upper:,} 户")
    people = Text(f"{band.residents_upper:,} residents", f"{band.residents_upper:,} 人")
    if band.profile == "households" or math.isnan(residents):
        return households
    return people if band.profile == "residents" else households + Text(" and ", "和 ") + people
