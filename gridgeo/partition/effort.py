"""What each effort spends, in iterations: any machine gives the same plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """The iterations of the search of one piece of ground."""

    #: proposed moves of one start, per atom
    moves_per_atom: int
    #: independent starts at most; two that end alike are enough
    starts: int
    #: turns of repair, and fresh cuts per grid in each, while bands are missed
    repairs: int = 8
    cuts: int = 40


EFFORTS: Mapping[str, Effort] = MappingProxyType(
    {
        "fast": Effort(moves_per_atom=300, starts=1),
        "normal": Effort(moves_per_atom=600, starts=4),
        "best": Effort(moves_per_atom=6000, starts=8),
    }
)
