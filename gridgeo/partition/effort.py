"""What each effort spends, in iterations: any machine gives the same plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """The iterations of the search of one piece of ground.

    A start proposes `per_pair` moves per atom times the square of the grids that it makes, but not
    more than `most`; over many atoms not more than `moves_per_start` in all, though `least` per
    atom in any case. Few grids need few moves, and many atoms must not take for ever.
    """

    per_pair: int
    most: int
    moves_per_start: int
    least: int
    #: independent starts at most; two that end alike are enough
    starts: int
    #: turns of repair, and fresh cuts per grid in each, while bands are missed
    repairs: int = 2
    cuts: int = 40
    #: rounds of reheating the best few and combining all grids seen so far
    rounds: int = 0
    #: labellings that are reheated, how often each in a round, and with what share of a
    #: start's moves
    elite: int = 4
    reheats: int = 6
    reheat_share: float = 0.1

    def moves_per_atom(self, atoms: int, grids: int) -> int:
        """Return the proposals per atom of one start.

        Examples
        --------
        >>> effort = EFFORTS["fast"]
        >>> effort.moves_per_atom(120, 3), effort.moves_per_atom(10_000, 250)
        (180, 200)
        """
        large = max(self.least, min(self.most, self.moves_per_start // atoms))
        return min(self.per_pair * grids * grids, large)


EFFORTS: Mapping[str, Effort] = MappingProxyType(
    {
        "fast": Effort(per_pair=20, most=600, moves_per_start=300_000, least=200, starts=1),
        "normal": Effort(
            per_pair=25,
            most=2000,
            moves_per_start=4_000_000,
            least=700,
            starts=4,
            rounds=1,
            elite=3,
        ),
        "best": Effort(
            per_pair=400,
            most=40_000,
            moves_per_start=16_000_000,
            least=2000,
            starts=8,
            repairs=8,
            rounds=4,
            elite=6,
            reheats=10,
            reheat_share=0.05,
        ),
    }
)
