"""The band that grids should lie in, and what single communities have of their own."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from gridgeo.config.limits import at_least, one_of
from gridgeo.errors import SettingsError
from gridgeo.text import Text

Profile = Literal["either", "households", "residents"]
PROFILES = ("either", "households", "residents")


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """The range that a basic grid should lie in, by households or by residents.

    300-500 households or about 1,000 residents (±20 %), by the municipal notice §2.2. Under
    ``either`` a grid is in band when it meets one of the two measures; residents count only
    where they are known.
    """

    lower: int = 300
    upper: int = 500
    residents_lower: int = 800
    residents_upper: int = 1200
    profile: Profile = "either"

    def __post_init__(self) -> None:
        one_of("band.profile", self.profile, PROFILES)
        for low, high in (("lower", "upper"), ("residents_lower", "residents_upper")):
            at_least(f"band.{low}", getattr(self, low), 1)
            if getattr(self, low) > getattr(self, high):
                raise SettingsError(
                    Text(
                        f"the lower limit {getattr(self, low)} is above the upper limit "
                        f"{getattr(self, high)}",
                        f"下限 {getattr(self, low)} 高于上限 {getattr(self, high)}",
                    ),
                    key=f"band.{low}, band.{high}",
                    remedy=Text("Swap or correct the two numbers", "请对调或更正这两个数"),
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """What one community has instead of ``[band]``; None where ``[band]`` holds.

    ``grids`` fixes its number of basic grids.
    """

    lower: int | None = None
    upper: int | None = None
    residents_lower: int | None = None
    residents_upper: int | None = None
    profile: Profile | None = None
    grids: int | None = None

    def __post_init__(self) -> None:
        self.of(Band(lower=1, upper=10**9, residents_lower=1, residents_upper=10**9))
        if self.grids is not None:
            at_least("community.grids", self.grids, 1)

    def of(self, band: Band) -> Band:
        """Return `band` with what this community has of its own.

        Examples
        --------
        >>> Override(lower=290).of(Band()).lower
        290
        """
        named = {f.name: getattr(self, f.name) for f in fields(Band)}
        return replace(band, **{k: value for k, value in named.items() if value is not None})
