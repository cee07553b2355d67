"""Which layers are read, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gridgeo.config.limits import one_of

#: The layers that a planner may give.
ROLES = (
    "communities",
    "streets",
    "barriers",
    "households",
    "compounds",
    "buildings",
    "parcels",
    "addresses",
    "facilities",
    "atoms",
    "allowed_gaps",
    "together",
    "apart",
    "locked",
)


DATUMS = ("gcj02", "bd09")
#: The layer that `gridgeo verify` judges; it has columns and a CRS like the others.
GRIDS = "grids"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One layer of one file; `kind` is the facility category given for the whole file.

    Examples
    --------
    >>> Source.parse("city.gpkg::streets")
    Source(path='city.gpkg', layer='streets', kind='')
    """

    path: str
    layer: str = ""
    kind: str = ""

    @classmethod
    def parse(cls, text: str, *, kind: str = "") -> Source:
        """Read ``PATH[::LAYER]``."""
        path, _, layer = text.partition("::")
        return cls(path=path, layer=layer, kind=kind)

    def __str__(self) -> str:
        return f"{self.path}::{self.layer}" if self.layer else self.path


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadRules:
    """Which layers are read, and how: columns, CRS, datum and encoding by role.

    ``columns`` maps ``role.field`` (``communities.code``, ``households.households`` ...) to the
    name of a column; ``crs`` maps a role to what its files lack; ``datum`` to ``gcj02`` or
    ``bd09``; ``missing_households`` is what an empty count means (an empty count is a reject
    without it).
    """

    inputs: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    crs: Mapping[str, str] = field(default_factory=dict)
    datum: Mapping[str, str] = field(default_factory=dict)
    encoding: Mapping[str, str] = field(default_factory=dict)
    missing_households: int | None = None

    def __post_init__(self) -> None:
        for role in self.inputs:
            one_of("inputs", role, ROLES)
        for key in ("crs", "datum", "encoding"):
            for role in getattr(self, key):
                one_of(key, role, (*ROLES, GRIDS))
        for name in self.columns:
            one_of("columns", name.partition(".")[0], (*ROLES, GRIDS))
        for role, datum in self.datum.items():
            one_of(f"datum.{role}", datum, DATUMS)
