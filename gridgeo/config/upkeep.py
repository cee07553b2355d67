"""How grids are numbered, mended, and done in parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gridgeo.config.limits import at_least, one_of
from gridgeo.schemes import CodeScheme, scheme_of

PARTS = ("none", "township", "tile")


@dataclass(frozen=True, kw_only=True, slots=True)
class Codes:
    """How grids are numbered: the scheme, and where dedicated and open grids start."""

    scheme: Literal["cn15", "plain", "cjt349", "template"] = "cn15"
    #: the pattern of codes, for scheme template; the 6-digit code in front, for scheme cjt349
    template: str = ""
    object_code: str = ""
    #: first sequence number of dedicated grids; 0 lets them follow the basic grids
    dedicated_start: int = 801
    open_start: int = 901
    #: CSV or XLSX with two columns, community name (or own code) and 12-digit code
    mapping: str = ""
    #: register of codes (.gpkg, .parquet, .csv): codes carry on from it, and are checked against it
    register: str = ""

    def __post_init__(self) -> None:
        for name in ("dedicated_start", "open_start"):
            at_least(f"codes.{name}", getattr(self, name), 0)
        self.code_scheme  # noqa: B018  (an unknown scheme or wrong pattern is told at once)

    @property
    def code_scheme(self) -> CodeScheme:
        """The scheme as a value."""
        return scheme_of(self.scheme, template=self.template, object_code=self.object_code)


@dataclass(frozen=True, kw_only=True, slots=True)
class RepairRules:
    """What `gridgeo repair` mends by itself; what is larger is left and listed."""

    #: gaps, overlaps and crumbs narrower than this everywhere are mended: no house fits in ...
    width_m: float = 5.0
    #: ... and so are those no larger than this
    area_m2: float = 200.0
    #: no grid gains or loses more than this share of its area
    most_share: float = 0.1
    #: rings that cross themselves are made valid where that changes the area by no more
    ring_share: float = 0.01

    def __post_init__(self) -> None:
        for name in self.__slots__:
            at_least(f"repair.{name}", getattr(self, name), 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class PartRules:
    """How an area too large for one process is cut into parts that are done one by one.

    A ``township`` is what the column ``communities.township`` says, else the first 9 digits of
    the 12-digit community code; a community belongs to the ``tile`` of its representative point.
    """

    by: Literal["none", "township", "tile"] = "none"
    #: side of a tile
    tile_m: float = 10_000.0

    def __post_init__(self) -> None:
        one_of("parts.by", self.by, PARTS)
        at_least("parts.tile_m", self.tile_m, 100)
